/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * open.c - open(2), openat(2), fopen(3) of /proc/net and /etc/resolv.conf
 *
 * What this room is for
 *   Tools read interfaces, routes, sockets and counters as text under
 *   /proc/net. What is about TCP/IP there is the stack's: the program gets a
 *   file in memory with what the stack says at that moment. The same for the
 *   name servers, where the stack has others than the host: dig, c-ares and
 *   many languages read /etc/resolv.conf themselves. Every other path goes to
 *   libc after a look at its first letters.
 *
 * Never      allocates or resolves for another path: malloc implementations
 *            call open() while they initialise.
 * Follows    proc(5), resolv.conf(5), open(2).
 * Proved by  integration/console.sh, integration/lookup_tools.sh
 */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "process/fork.h"
#include "names/lookup.h"
#include "ground/raw.h"
#include "ground/real.h"
#include "ground/ret.h"
#include "ground/shim.h"

/* Names that fortified programs and libraries call. */
int __open(const char *path, int flags, ...);
int __open64(const char *path, int flags, ...);
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int dir, const char *path, int flags);
int __openat64_2(int dir, const char *path, int flags);

enum {
	PIECE = 16 << 10, /* what the stack writes in one turn */
	TEXT_SIZE = 4096, /* of a resolv.conf: servers, domains, options */
	PID_DIGITS = 10,
};

/* Behind "/proc/": "net/", "self/net/", "thread-self/net/", "PID/net/" with
 * our own PID. What follows, or NULL. */
static const char *net_part(const char *path)
{
	static const char *const ways[] = {"net/", "self/net/",
					   "thread-self/net/"};
	long pid = 0;
	int n = 0;

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (!strncmp(path, ways[i], strlen(ways[i])))
			return path + strlen(ways[i]);
	for (; n < PID_DIGITS && path[n] >= '0' && path[n] <= '9'; n++)
		pid = pid * 10 + path[n] - '0';
	if (n == 0 || strncmp(path + n, "/net/", 5) != 0 ||
	    pid != raw1(SYS_getpid, 0))
		return NULL;
	return path + n + 5;
}

static bool write_all(int fd, const char *buf, size_t len)
{
	while (len > 0) {
		long n = raw3(SYS_write, fd, (long)buf, (long)len);

		if (n <= 0)
			return false;
		buf += n;
		len -= (size_t)n;
	}
	return true;
}

/* An empty file in memory, or -errno. */
static int open_empty(const char *name, int flags)
{
	return (int)raw3(SYS_memfd_create, (long)name,
			 flags & O_CLOEXEC ? MFD_CLOEXEC : 0, 0);
}

/* A file in memory with all that the stack says. -ENOENT: not the stack's. */
static int open_net(const char *name, int flags)
{
	struct stack_proc_place place = {{0}};
	char piece[PIECE];
	ssize_t n = stack_proc_read(name, &place, piece, sizeof(piece));
	int fd;

	if (n < 0)
		return (int)n;
	fd = open_empty(name, flags);
	if (fd < 0)
		return fd;
	while (n > 0) {
		if (!write_all(fd, piece, (size_t)n))
			break;
		n = stack_proc_read(name, &place, piece, sizeof(piece));
	}
	raw3(SYS_lseek, fd, 0, SEEK_SET);
	return fd;
}

static bool is_proc(const char *path)
{
	return !strncmp(path, "/proc/", 6);
}

/* -ENOENT: the host's file holds for the program, too. */
static int open_resolv_conf(int flags)
{
	char text[TEXT_SIZE];
	struct resolve_conf conf;
	size_t len;
	int fd;

	if (!lookup_has_own_servers() || !lookup_conf(&conf))
		return -ENOENT;
	len = resolve_conf_print(&conf, text, sizeof(text));
	fd = open_empty("resolv.conf", flags);
	if (fd < 0)
		return fd;
	(void)!write_all(fd, text, len);
	raw3(SYS_lseek, fd, 0, SEEK_SET);
	return fd;
}

/* Under /proc/ or /etc/ at least: does the stack know better? */
static bool is_ours(const char *path, int flags, int *fd)
{
	const char *name = is_proc(path) ? net_part(path + 6) : NULL;

	if (!name && strcmp(path, "/etc/resolv.conf") != 0)
		return false;
	if ((flags & O_ACCMODE) != O_RDONLY || !shim_is_ready() ||
	    fork_is_vfork_child())
		return false;
	if (!name)
		*fd = open_resolv_conf(flags);
	else
		*fd = stack_is_up() ? open_net(name, flags) : -ENOENT;
	return *fd != -ENOENT;
}

static inline bool is_watched(const char *path)
{
	return path &&
	       UNLIKELY(path[0] == '/' && (path[1] == 'p' || path[1] == 'e') &&
			(is_proc(path) || !strncmp(path, "/etc/", 5)));
}

SHIM_EXPORT int open(const char *path, int flags, ...)
{
	va_list ap;
	int fd, mode;

	va_start(ap, flags);
	mode = va_arg(ap, int);
	va_end(ap);
	if (is_watched(path) && is_ours(path, flags, &fd))
		return (int)shim_ret(fd);
	return real.open(path, flags, mode);
}

SHIM_EXPORT int openat(int dir, const char *path, int flags, ...)
{
	va_list ap;
	int fd, mode;

	va_start(ap, flags);
	mode = va_arg(ap, int);
	va_end(ap);
	if (is_watched(path) && is_ours(path, flags, &fd))
		return (int)shim_ret(fd);
	return real.openat(dir, path, flags, mode);
}

/* All files are large here, and a missing mode is nothing that a fortified
 * program would have got so far with. */
SHIM_ALIAS(open, open64);
SHIM_ALIAS(open, __open);
SHIM_ALIAS(open, __open64);
SHIM_ALIAS(openat, openat64);

SHIM_EXPORT int __open_2(const char *path, int flags)
{
	return open(path, flags, 0);
}

SHIM_EXPORT int __openat_2(int dir, const char *path, int flags)
{
	return openat(dir, path, flags, 0);
}

SHIM_ALIAS(__open_2, __open64_2);
SHIM_ALIAS(__openat_2, __openat64_2);

/* libc's fopen() opens inside libc. NULL: not ours, or no memory. */
static FILE *fopen_ours(const char *path, const char *mode)
{
	FILE *f;
	int fd;

	if (mode[0] != 'r' || strchr(mode, '+') ||
	    !is_ours(path, strchr(mode, 'e') ? O_CLOEXEC : 0, &fd))
		return NULL;
	if (fd < 0) {
		shim_ret(fd);
		return NULL;
	}
	f = REAL(fdopen)(fd, mode);
	if (!f)
		raw1(SYS_close, fd);
	return f;
}

SHIM_EXPORT FILE *fopen(const char *path, const char *mode)
{
	FILE *f = is_watched(path) ? fopen_ours(path, mode) : NULL;

	return f ? f : REAL(fopen)(path, mode);
}

SHIM_EXPORT FILE *fopen64(const char *path, const char *mode)
{
	FILE *f = is_watched(path) ? fopen_ours(path, mode) : NULL;

	return f ? f : REAL(fopen64)(path, mode);
}
