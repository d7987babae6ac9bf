/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * epoll.h - which epoll descriptors are known to have no kernel members
 *
 * What this room is for
 *   A wait on an epoll with stack members only need not ask the kernel. That
 *   is known of descriptors that epoll_create() gave us and that got no kernel
 *   member since; of all others it is not, and the kernel is asked.
 */
#ifndef SHIM_EPOLL_H
#define SHIM_EPOLL_H

/* Kernel member(s) come to this epoll by another way than epoll_ctl(): a
 * socket that becomes the kernel's. Call before they are added. */
void epoll_note_kernel_member(int epfd);

#endif
