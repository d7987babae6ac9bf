/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * epoll_kick.h - threads that sleep in the kernel while their epoll changes
 *
 * What this room is for
 *   As long as an epoll has no stack member, epoll_wait() on it sleeps in the
 *   kernel. When another thread then adds the first one, those sleepers would
 *   never hear of it. They are counted, and an event of ours in the kernel's
 *   epoll brings them back; the last one out takes it off again.
 *
 * Never      costs a wait more than two additions.
 */
#ifndef SHIM_EPOLL_KICK_H
#define SHIM_EPOLL_KICK_H

#include <sys/epoll.h>

/* Around a sleep in the kernel. Between enter and the sleep, the table must be
 * looked at once more. */
void epoll_kick_enter(int epfd);
void epoll_kick_leave(int epfd);

/* The table says now that `epfd` is the stack's, too. */
void epoll_kick_sleepers(int epfd);

/* Takes our event out of the n that came; returns how many are left. */
int epoll_kick_filter(struct epoll_event *events, int n);

#endif
