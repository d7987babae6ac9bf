/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * pollset.c - one poll array as two: the stack's members and the kernel's
 *
 * What this room is for
 *   The walk out and the walk back, in the same order, so that no index has to
 *   be kept: one byte per entry says which arrays it went to, because a
 *   descriptor may be closed and given out again while we sleep.
 *
 * Follows    poll(2): negative numbers are skipped and answered 0; POLLRDNORM
 *            is POLLIN and POLLWRNORM is POLLOUT under another name.
 */
#include "pollset.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>

#include "fd/fdtab.h"

enum side { SIDE_STACK = 1, SIDE_KERNEL = 2 };

bool pollset_is_ours(struct pollfd *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fds[i].fd >= 0 && (fdtab_get(fds[i].fd) & FDTAB_SOCK))
			return true;
	return false;
}

int pollset_init(struct pollset *set, size_t n)
{
	char *block;

	set->mapped = NULL;
	set->nsocks = 0;
	set->nkernel = 0;
	set->socks = set->inline_socks;
	set->kernel = set->inline_kernel;
	set->sides = set->inline_sides;
	if (n <= POLLSET_INLINE)
		return 0;

	set->mapped_bytes = n * (sizeof(*set->socks) + sizeof(*set->kernel) +
				 sizeof(*set->sides));
	block = mmap(NULL, set->mapped_bytes, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (block == MAP_FAILED)
		return -ENOMEM;
	set->mapped = block;
	set->socks = (void *)block;
	set->kernel = (void *)(set->socks + n);
	set->sides = (void *)(set->kernel + n);
	return 0;
}

void pollset_fini(struct pollset *set)
{
	if (set->mapped)
		munmap(set->mapped, set->mapped_bytes);
	set->mapped = NULL;
}

/* What the stack is asked for, when the program asks for `events`. */
static uint32_t to_stack(short events)
{
	uint32_t asked = (uint16_t)events;

	if (asked & POLLRDNORM)
		asked |= POLLIN;
	if (asked & POLLWRNORM)
		asked |= POLLOUT;
	return asked & (POLLIN | POLLOUT | POLLPRI | POLLRDHUP);
}

/* The stack's answer in the words of the question. */
static short from_stack(uint32_t ready, short events)
{
	uint32_t always = POLLERR | POLLHUP | POLLNVAL;

	if (ready & POLLIN)
		ready |= POLLRDNORM;
	if (ready & POLLOUT)
		ready |= POLLWRNORM;
	return (short)(ready & ((uint16_t)events | always));
}

void pollset_split(struct pollset *set, const struct pollfd *fds, size_t n)
{
	set->nsocks = 0;
	set->nkernel = 0;
	for (size_t i = 0; i < n; i++) {
		fdtab_word w =
			fds[i].fd < 0 ? FDTAB_KERNEL : fdtab_get(fds[i].fd);

		set->sides[i] = 0;
		if (w & FDTAB_SOCK) {
			set->socks[set->nsocks++] = (struct stack_pollee){
				.sock = fdtab_id(w),
				.events = to_stack(fds[i].events),
			};
			set->sides[i] |= SIDE_STACK;
		}
		if (!fdtab_is_sock(w)) {
			set->kernel[set->nkernel++] = fds[i];
			set->sides[i] |= SIDE_KERNEL;
		}
	}
}

int pollset_merge(const struct pollset *set, struct pollfd *fds, size_t n)
{
	const struct stack_pollee *sock = set->socks;
	const struct pollfd *kernel = set->kernel;
	int count = 0;

	for (size_t i = 0; i < n; i++) {
		fds[i].revents = 0;
		if (set->sides[i] & SIDE_STACK)
			fds[i].revents |=
				from_stack((sock++)->revents, fds[i].events);
		if (set->sides[i] & SIDE_KERNEL)
			fds[i].revents |= (kernel++)->revents;
		count += fds[i].revents != 0;
	}
	return count;
}

static void fini_when_cancelled(void *set)
{
	pollset_fini(set);
}

int pollset_wait(struct pollfd *fds, size_t n, uint64_t deadline_us,
		 const sigset_t *mask)
{
	struct pollset set;
	int ret;

	ret = pollset_init(&set, n);
	if (ret < 0)
		return ret;
	pollset_split(&set, fds, n);

	pthread_cleanup_push(fini_when_cancelled, &set);
	ret = stack_poll(set.socks, set.nsocks, set.kernel, set.nkernel,
			 deadline_us, mask);
	pthread_cleanup_pop(0);

	if (ret >= 0)
		ret = pollset_merge(&set, fds, n);
	pollset_fini(&set);
	return ret;
}

uint64_t pollset_deadline(uint64_t sec, uint64_t nsec)
{
	uint64_t span_us;

	if (sec == 0 && nsec == 0)
		return 0;
	/* 292 years: beyond all sums that could overflow. */
	if (sec > INT64_MAX / 1000000000)
		return UINT64_MAX;
	span_us = sec * 1000000 + (nsec + 999) / 1000;
	return stack_now() + span_us;
}

int pollset_read_timeout(const struct timespec *timeout, uint64_t *deadline_us)
{
	*deadline_us = UINT64_MAX;
	if (!timeout)
		return 0;
	if (timeout->tv_sec < 0 || timeout->tv_nsec < 0 ||
	    timeout->tv_nsec >= 1000000000)
		return -EINVAL;
	*deadline_us = pollset_deadline((uint64_t)timeout->tv_sec,
					(uint64_t)timeout->tv_nsec);
	return 0;
}
