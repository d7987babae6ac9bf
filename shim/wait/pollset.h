/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * pollset.h - one poll array as two: the stack's members and the kernel's
 *
 * What this room is for
 *   Splits what the program gave to poll() (or select.c made of its bitmaps)
 *   and puts the answers back in the program's order. An epoll descriptor with
 *   stack members stands on both sides: it is ready when either says so.
 *
 *   A set lives on the caller's stack; a big one gets its arrays from mmap,
 *   because poll() may be called in signal handlers.
 *
 * Never      decides what a descriptor is: fdtab.h knows.
 */
#ifndef SHIM_POLLSET_H
#define SHIM_POLLSET_H

#include "ground/shim.h"

enum { POLLSET_INLINE = 64 };

struct pollset {
	struct stack_pollee *socks;
	struct pollfd *kernel;
	uint8_t *sides; /* per entry of the program: which arrays it is in */
	size_t nsocks;
	size_t nkernel;
	void *mapped; /* or NULL: the arrays below are used */
	size_t mapped_bytes;
	struct stack_pollee inline_socks[POLLSET_INLINE];
	struct pollfd inline_kernel[POLLSET_INLINE];
	uint8_t inline_sides[POLLSET_INLINE];
};

/* Does any of the descriptors belong to the stack? (Not const, because libc
 * says that poll() only writes, and the compiler believes it.) */
bool pollset_is_ours(struct pollfd *fds, size_t n);

/* Room for n entries: 0 or -ENOMEM. Then pollset_fini() is due. */
int pollset_init(struct pollset *set, size_t n);
void pollset_fini(struct pollset *set);

/* Distributes the entries. */
void pollset_split(struct pollset *set, const struct pollfd *fds, size_t n);

/* Writes all n revents; returns how many are not 0. */
int pollset_merge(const struct pollset *set, struct pollfd *fds, size_t n);

/*
 * All of it: splits, sleeps, merges. As poll(2), with stack_poll()'s deadline
 * and mask; a count or -errno. Frees what it used, also when cancelled.
 */
int pollset_wait(struct pollfd *fds, size_t n, uint64_t deadline_us,
		 const sigset_t *mask);

/* The deadline of a span that ppoll(2) and pselect(2) take, UINT64_MAX without
 * one. 0 or -EINVAL. */
int pollset_read_timeout(const struct timespec *timeout, uint64_t *deadline_us);

/* A span of time, rounded up to microseconds, as a deadline; never UINT64_MAX
 * but for a span beyond all days. */
uint64_t pollset_deadline(uint64_t sec, uint64_t nsec);

#endif
