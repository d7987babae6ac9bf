/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * real.h - libc's own functions
 *
 * What this room is for
 *   The functions we stand in front of, found once with dlsym(RTLD_NEXT). Two
 *   lists, because malloc implementations call read and open while they
 *   initialise, and dlsym calls malloc:
 *
 *   REAL_RAW   thin system calls. real.NAME is never NULL: before start-up it
 *              is a version of ours that goes straight to the kernel, so these
 *              hooks never resolve anything.
 *   REAL_LIBC  everything else: REAL(NAME) finds them when start-up has not.
 *
 *   real.* is called with libc's rules: -1 and errno, cancellation points.
 */
#ifndef SHIM_REAL_H
#define SHIM_REAL_H

#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "shim.h"

/* libc's headers declare it for fortified programs only. */
int __vdprintf_chk(int fd, int flag, const char *fmt, va_list ap);

#define REAL_RAW(X)                                                            \
	X(accept)                                                              \
	X(accept4)                                                             \
	X(bind)                                                                \
	X(close)                                                               \
	X(connect)                                                             \
	X(dup)                                                                 \
	X(dup2)                                                                \
	X(dup3)                                                                \
	X(fcntl)                                                               \
	X(getpeername)                                                         \
	X(getsockname)                                                         \
	X(getsockopt)                                                          \
	X(ioctl)                                                               \
	X(listen)                                                              \
	X(lseek)                                                               \
	X(mmap)                                                                \
	X(open)                                                                \
	X(openat)                                                              \
	X(pread)                                                               \
	X(pwrite)                                                              \
	X(read)                                                                \
	X(readv)                                                               \
	X(recv)                                                                \
	X(recvfrom)                                                            \
	X(recvmmsg)                                                            \
	X(recvmsg)                                                             \
	X(send)                                                                \
	X(sendfile)                                                            \
	X(sendmmsg)                                                            \
	X(sendmsg)                                                             \
	X(sendto)                                                              \
	X(setsockopt)                                                          \
	X(shutdown)                                                            \
	X(socket)                                                              \
	X(socketpair)                                                          \
	X(write)                                                               \
	X(writev)

#define REAL_LIBC(X)                                                           \
	X(close_range)                                                         \
	X(copy_file_range)                                                     \
	X(preadv)                                                              \
	X(preadv2)                                                             \
	X(pwritev)                                                             \
	X(pwritev2)                                                            \
	X(sigaction)                                                           \
	X(splice)                                                              \
	X(syscall)                                                             \
	X(tee)                                                                 \
	X(setsid)                                                              \
	X(daemon)                                                              \
	X(_Fork)                                                               \
	X(clone)                                                               \
	X(vfork)                                                               \
	X(vmsplice)                                                            \
	X(execve)                                                              \
	X(execveat)                                                            \
	X(execvpe)                                                             \
	X(fexecve)                                                             \
	X(posix_spawn)                                                         \
	X(popen)                                                               \
	X(posix_spawnp)                                                        \
	X(system)                                                              \
	/* waiting */                                                          \
	X(epoll_create)                                                        \
	X(epoll_create1)                                                       \
	X(epoll_ctl)                                                           \
	X(epoll_pwait)                                                         \
	X(epoll_pwait2)                                                        \
	X(epoll_wait)                                                          \
	X(poll)                                                                \
	X(ppoll)                                                               \
	X(pselect)                                                             \
	X(select)                                                              \
	/* names and interfaces */                                             \
	X(freeaddrinfo)                                                        \
	X(freeifaddrs)                                                         \
	X(getaddrinfo)                                                         \
	X(gethostbyaddr)                                                       \
	X(gethostbyaddr_r)                                                     \
	X(gethostbyname)                                                       \
	X(gethostbyname2)                                                      \
	X(gethostbyname2_r)                                                    \
	X(gethostbyname_r)                                                     \
	X(getifaddrs)                                                          \
	X(getnameinfo)                                                         \
	X(if_freenameindex)                                                    \
	X(if_indextoname)                                                      \
	X(if_nameindex)                                                        \
	X(if_nametoindex)                                                      \
	/* stdio */                                                            \
	X(fclose)                                                              \
	X(fdopen)                                                              \
	X(fileno)                                                              \
	X(fileno_unlocked)                                                     \
	X(fopen)                                                               \
	X(fopen64)                                                             \
	X(vdprintf)                                                            \
	X(__vdprintf_chk)

struct real {
#define X(name) __typeof__(name) *name;
	REAL_RAW(X)
	REAL_LIBC(X)
#undef X
};

extern struct real real;

/* For the functions of REAL_LIBC. */
#define REAL(name)                                                             \
	(*(LIKELY(real.name != NULL) ? real.name : (real_find(), real.name)))

/* Finds them all. Harmless to call again, from any thread. A function this libc
 * does not have stays NULL. */
void real_find(void);

#endif
