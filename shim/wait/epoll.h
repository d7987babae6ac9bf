/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * epoll.h - which epoll descriptors are known to have no kernel members
 *
 * What this room is for
 *   A wait on an epoll with stack members only need not ask the kernel. The
 *   kernel is asked once, when an epoll gets its first stack member, and from
 *   then on epoll_ctl() knows.
 */
#ifndef SHIM_EPOLL_H
#define SHIM_EPOLL_H

#include "fd/fdtab.h"

/* Kernel member(s) come to this epoll by another way than epoll_ctl(): a
 * socket that becomes the kernel's. Call before they are added. */
void epoll_note_kernel_member(int epfd);

/* An epoll is about to get a second descriptor: it gets its set now, so that
 * both have the same. Returns the word it has then. */
fdtab_word epoll_before_dup(int fd, fdtab_word word);

#endif
