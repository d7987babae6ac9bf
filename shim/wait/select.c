/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * select.c - select(2), pselect(2)
 *
 * What this room is for
 *   Bitmaps without one of our descriptors go to libc untouched. Others become
 *   a poll array, one entry per descriptor that has a bit, and the answers
 *   become bits again. Bitmaps are as long as `nfds` says, which may be more
 *   than FD_SETSIZE.
 *
 * Never      writes a bitmap or errno before the answer is known.
 * Follows    select(2): Linux writes the time that is left to select()'s
 *            timeout, and leaves pselect()'s alone.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "fd/fdtab.h"
#include "pollset.h"
#include "ground/real.h"
#include "ground/ret.h"
#include "ground/shim.h"

int __select(int nfds, fd_set *in, fd_set *out, fd_set *ex, struct timeval *tv);

/* fs/select.c: POLLIN_SET, POLLOUT_SET, POLLEX_SET. */
enum {
	READABLE = POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR,
	WRITABLE = POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR,
	EXCEPTIONAL = POLLPRI,
	WORD_BITS = 8 * sizeof(unsigned long),
};

/* The three bitmaps of one call. */
struct bitmaps {
	unsigned long *in;
	unsigned long *out;
	unsigned long *ex;
	int nfds;
};

static bool has(const unsigned long *map, int fd)
{
	return map &&
	       (map[(size_t)fd / WORD_BITS] >> ((size_t)fd % WORD_BITS) & 1);
}

static unsigned long word_of(const unsigned long *map, size_t i)
{
	return map ? map[i] : 0;
}

/* The next number from `fd` on that has a bit in any map, or nfds. */
static int next_bit(const struct bitmaps *b, int fd)
{
	while (fd < b->nfds) {
		size_t i = (size_t)fd / WORD_BITS;
		unsigned long w = word_of(b->in, i) | word_of(b->out, i) |
				  word_of(b->ex, i);

		w &= ~0ul << ((size_t)fd % WORD_BITS);
		if (w) {
			fd = (int)(i * WORD_BITS) + __builtin_ctzl(w);
			return fd < b->nfds ? fd : b->nfds;
		}
		fd = (int)((i + 1) * WORD_BITS);
	}
	return b->nfds;
}

static bool is_ours(const struct bitmaps *b)
{
	for (int fd = next_bit(b, 0); fd < b->nfds; fd = next_bit(b, fd + 1))
		if (fdtab_get(fd) & FDTAB_SOCK)
			return true;
	return false;
}

static size_t count_bits(const struct bitmaps *b)
{
	size_t n = 0;

	for (int fd = next_bit(b, 0); fd < b->nfds; fd = next_bit(b, fd + 1))
		n++;
	return n;
}

static void to_pollfds(const struct bitmaps *b, struct pollfd *fds)
{
	for (int fd = next_bit(b, 0); fd < b->nfds; fd = next_bit(b, fd + 1))
		*fds++ = (struct pollfd){
			.fd = fd,
			.events = (short)((has(b->in, fd) ? READABLE : 0) |
					  (has(b->out, fd) ? WRITABLE : 0) |
					  (has(b->ex, fd) ? EXCEPTIONAL : 0)),
		};
}

/* How many bits these answers are; -EBADF when one is not open. */
static int count_answers(const struct bitmaps *b, const struct pollfd *fds,
			 size_t n)
{
	int bits = 0;

	for (size_t i = 0; i < n; i++) {
		short r = fds[i].revents;

		if (fds[i].fd < 0)
			continue;
		if (r & POLLNVAL)
			return -EBADF;
		bits += has(b->in, fds[i].fd) && (r & READABLE);
		bits += has(b->out, fds[i].fd) && (r & WRITABLE);
		bits += has(b->ex, fds[i].fd) && (r & EXCEPTIONAL);
	}
	return bits;
}

static void set_bit(unsigned long *map, int fd)
{
	map[(size_t)fd / WORD_BITS] |= 1ul << ((size_t)fd % WORD_BITS);
}

static void clear_map(unsigned long *map, int nfds)
{
	if (map)
		memset(map, 0,
		       ((size_t)nfds + WORD_BITS - 1) / WORD_BITS *
			       sizeof(*map));
}

/* Only after this may `has()` no longer be asked about the question. */
static void write_answers(const struct bitmaps *b, const struct pollfd *fds,
			  size_t n)
{
	clear_map(b->in, b->nfds);
	clear_map(b->out, b->nfds);
	clear_map(b->ex, b->nfds);
	for (size_t i = 0; i < n; i++) {
		int r = fds[i].revents & fds[i].events;

		if (fds[i].fd < 0)
			continue;
		/* The questions overlap in POLLERR only. */
		if (b->in && (r & READABLE) &&
		    (fds[i].events & READABLE & ~POLLERR))
			set_bit(b->in, fds[i].fd);
		if (b->out && (r & WRITABLE) &&
		    (fds[i].events & WRITABLE & ~POLLERR))
			set_bit(b->out, fds[i].fd);
		if (b->ex && (r & EXCEPTIONAL))
			set_bit(b->ex, fds[i].fd);
	}
}

/*
 * poll always reports errors and hang-ups; select only to those who asked to
 * read or write. Such an entry is taken out, so that we do not spin on it.
 */
static void mute_unasked(struct pollfd *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fds[i].fd >= 0 && fds[i].revents)
			fds[i].fd = -1;
}

static int wait_for(const struct bitmaps *b, struct pollfd *fds, size_t n,
		    uint64_t deadline_us, const sigset_t *mask)
{
	int bits;
	int ret;

	to_pollfds(b, fds);
	for (;;) {
		ret = pollset_wait(fds, n, deadline_us, mask);
		if (ret < 0)
			return ret;
		bits = count_answers(b, fds, n);
		if (bits < 0)
			return bits;
		if (bits > 0 || ret == 0)
			break;
		mute_unasked(fds, n);
	}
	write_answers(b, fds, n);
	return bits;
}

struct mapping {
	void *at;
	size_t bytes;
};

static void unmap(void *mapping)
{
	struct mapping *m = mapping;

	munmap(m->at, m->bytes);
}

static int wait_for_many(const struct bitmaps *b, size_t n,
			 uint64_t deadline_us, const sigset_t *mask)
{
	struct mapping m = {.bytes = n * sizeof(struct pollfd)};
	int ret;

	m.at = mmap(NULL, m.bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (m.at == MAP_FAILED)
		return -ENOMEM;
	pthread_cleanup_push(unmap, &m);
	ret = wait_for(b, m.at, n, deadline_us, mask);
	pthread_cleanup_pop(1);
	return ret;
}

static int do_select(const struct bitmaps *b, uint64_t deadline_us,
		     const sigset_t *mask)
{
	struct pollfd fds[POLLSET_INLINE];
	size_t n = count_bits(b);

	if (n > POLLSET_INLINE)
		return wait_for_many(b, n, deadline_us, mask);
	return wait_for(b, fds, n, deadline_us, mask);
}

/* The kernel looks at no more bits than there can be descriptors. */
static int clamp(int nfds)
{
	struct rlimit limit;

	if (nfds > FD_SETSIZE && getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
	    (rlim_t)nfds > limit.rlim_cur)
		return (int)limit.rlim_cur;
	return nfds;
}

static void write_time_left(struct timeval *tv, uint64_t deadline_us)
{
	/* Some time has always passed, if less than a microsecond. */
	uint64_t now = stack_now() + 1;
	uint64_t left = deadline_us > now ? deadline_us - now : 0;

	tv->tv_sec = (time_t)(left / 1000000);
	tv->tv_usec = (suseconds_t)(left % 1000000);
}

SHIM_EXPORT int select(int nfds, fd_set *in, fd_set *out, fd_set *ex,
		       struct timeval *tv)
{
	struct bitmaps b = {(void *)in, (void *)out, (void *)ex, clamp(nfds)};
	uint64_t deadline_us = UINT64_MAX;
	int ret;

	if (!is_ours(&b))
		return REAL(select)(nfds, in, out, ex, tv);

	if (tv) {
		if (tv->tv_sec < 0 || tv->tv_usec < 0)
			return (int)shim_ret(-EINVAL);
		deadline_us = pollset_deadline(
			(uint64_t)tv->tv_sec + (uint64_t)tv->tv_usec / 1000000,
			(uint64_t)tv->tv_usec % 1000000 * 1000);
	}
	ret = do_select(&b, deadline_us, NULL);
	if (tv && deadline_us != UINT64_MAX)
		write_time_left(tv, deadline_us);
	return (int)shim_ret(ret);
}

SHIM_EXPORT int pselect(int nfds, fd_set *in, fd_set *out, fd_set *ex,
			const struct timespec *timeout, const sigset_t *mask)
{
	struct bitmaps b = {(void *)in, (void *)out, (void *)ex, clamp(nfds)};
	uint64_t deadline_us;
	int ret;

	if (!is_ours(&b))
		return REAL(pselect)(nfds, in, out, ex, timeout, mask);

	ret = pollset_read_timeout(timeout, &deadline_us);
	if (ret == 0)
		ret = do_select(&b, deadline_us, mask);
	return (int)shim_ret(ret);
}

SHIM_ALIAS(select, __select);
