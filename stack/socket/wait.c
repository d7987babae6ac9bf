/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * wait.c - the calls of the counter that sleep
 *
 * What this room is for
 *   stack_wait(), stack_poll() and stack_epoll_wait(): link watches to what is
 *   waited for, sleep (driver.c), look again, take the watches off. All three
 *   are cancellation points and leave nothing behind.
 *
 *   The order that loses no wake-up: under the lock, link the watches and set
 *   the waiter's word to 0, and look at the readiness; only then sleep until
 *   the word is not 0.
 *
 * Follows    poll(2), epoll_wait(2), signal(7) on what is restarted (the shim
 *            decides; here -EINTR is always an answer).
 */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "process/driver.h"
#include "epset.h"
#include "ground/limits.h"
#include "ground/sys.h"
#include "turn.h"

enum { ALWAYS = POLLERR | POLLHUP | POLLNVAL };

/* Readiness asked without the lock. */
static uint32_t ready_bits(sock_id id)
{
	struct sock_slot *slot = sock_slot_of(turn_stack, id);
	uint32_t ready;

	if (!slot)
		return POLLNVAL;
	ready = sock_slot_ready(slot);
	if (__atomic_load_n(&slot->generation, __ATOMIC_ACQUIRE) !=
	    id >> SOCK_INDEX_BITS)
		return POLLNVAL;
	return ready;
}

uint32_t stack_ready(sock_id id)
{
	return ready_bits(id);
}

static int look(struct stack_pollee *socks, size_t n)
{
	int found = 0;

	for (size_t i = 0; i < n; i++) {
		socks[i].revents =
			ready_bits(socks[i].sock) & (socks[i].events | ALWAYS);
		found += socks[i].revents != 0;
	}
	return found;
}

/* Everything that one sleeping call holds. */
struct sleep {
	struct driver_sleep how; /* with the waiter */
	struct stack_pollee *socks;
	size_t n;
};

/*
 * The listener, of who sleeps in accept(). As in Linux, a new connection wakes
 * one of those.
 */
static struct sock *accepts_from(struct stack *st, const struct sleep *z)
{
	struct sock *s = NULL;

	if (z->how.for_one)
		s = sock_find(st, z->socks[0].sock);
	if (s && s->conn && tcp_get_state(s->conn) == TCPS_LISTEN)
		return s;
	return NULL;
}

/* Cancelled after it was woken for a connection? */
static void leave_to_others(struct stack *st, const struct sleep *z)
{
	struct sock *s = accepts_from(st, z);

	if (s)
		readiness_pass_on(&s->readiness, EPOLLIN);
}

static void end_sleep(void *arg)
{
	struct sleep *z = arg;
	struct stack *st;

	if (z->how.scratch)
		free(z->how.scratch);
	if (!z->how.waiter)
		return;
	st = turn_enter();
	waiter_free(st->eng.arena, z->how.waiter);
	leave_to_others(st, z);
	turn_leave(st);
}

/* Links the watches. 1: something is ready already; 0; -ENOMEM. */
static int link_watches(struct driver_sleep *how, struct stack *st)
{
	struct sleep *z = container_of(how, struct sleep, how);

	tcp_ack_silent(&st->tcp);
	how->waiter = waiter_new(st->eng.arena, z->n);
	if (!how->waiter)
		return -ENOMEM;
	for (size_t i = 0; i < z->n; i++) {
		struct readiness *r = epset_readiness(st, z->socks[i].sock);

		if (r)
			waiter_watch(how->waiter, i, r,
				     z->socks[i].events | ALWAYS);
	}
	if (accepts_from(st, z))
		how->waiter->watches[0].exclusive = true;
	return look(z->socks, z->n) > 0;
}

/* Woken for something: the watches have served. */
static void unlink_watches(struct driver_sleep *how, struct stack *st)
{
	struct sleep *z = container_of(how, struct sleep, how);

	if (look(z->socks, z->n) == 0)
		return;
	waiter_free(st->eng.arena, how->waiter);
	how->waiter = NULL;
}

/* The waiter goes back to sleep after it was woken for nothing. */
static int again(struct sleep *z)
{
	struct stack *st = turn_enter();
	int ret;

	__atomic_store_n(&z->how.waiter->word, 0, __ATOMIC_SEQ_CST);
	ret = look(z->socks, z->n);
	turn_leave(st);
	return ret;
}

static int count_kernel(const struct pollfd *kernel, size_t n)
{
	int found = 0;

	for (size_t i = 0; i < n; i++)
		found += kernel[i].revents != 0;
	return found;
}

/* Sleeps until a socket or a kernel entry is ready: 0, or -errno. Nothing was
 * ready a moment ago, and when it returns somebody else may have been faster.
 */
static int sleep_until_ready(struct sleep *z)
{
	struct driver_sleep *how = &z->how;
	int ret;

	how->begin = link_watches;
	how->end = unlink_watches;
	for (;;) {
		ret = driver_sleep(how);
		if (ret < 0 && ret != -EINTR)
			return ret;
		if (!how->waiter || look(z->socks, z->n) || again(z) ||
		    count_kernel(how->kernel, how->nkernel))
			return 0;
		if (ret < 0)
			return ret;
	}
}

/* A set may say it is ready when its members no longer are: have it look. */
static void settle_sets(const struct stack_pollee *socks, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct sock_slot *slot =
			sock_slot_of(turn_stack, socks[i].sock);
		struct epset *set;
		struct stack *st;

		if (!slot || slot->kind != SOCK_KIND_EPSET ||
		    !(ready_bits(socks[i].sock) & EPOLLIN))
			continue;
		st = turn_enter();
		set = epset_find(st, socks[i].sock);
		if (set)
			epset_settle(set);
		turn_leave(st);
	}
}

/* What there is now, without sleeping. */
static int poll_now(struct stack_pollee *socks, size_t nsocks,
		    struct pollfd *kernel, size_t nkernel, const sigset_t *mask)
{
	struct timespec zero = {0, 0};
	int found, ret;

	settle_sets(socks, nsocks);
	found = look(socks, nsocks);
	if (!nkernel && (found || !mask))
		return found;
	/* With something to report, pending signals stay pending. */
	ret = sys_ppoll(kernel, nkernel, &zero, found ? NULL : mask);
	if (ret < 0)
		return found ? found : ret;
	return found + ret;
}

/* The same, and whatever happens (the thread may be cancelled), what the sleep
 * holds is given back. */
static int guarded_sleep(struct stack_pollee *socks, size_t n,
			 const struct driver_sleep *how)
{
	struct sleep z = {*how, socks, n};
	int ret;

	KEEP_IN_MEMORY(&z);
	pthread_cleanup_push(end_sleep, &z);
	ret = sleep_until_ready(&z);
	pthread_cleanup_pop(1);
	return ret;
}

int stack_poll(struct stack_pollee *socks, size_t nsocks, struct pollfd *kernel,
	       size_t nkernel, uint64_t deadline_us, const sigset_t *mask)
{
	struct driver_sleep how = {.kernel = kernel,
				   .nkernel = nkernel,
				   .deadline = deadline_us,
				   .mask = mask,
				   .since = stack_interrupts()};
	int found, ret;

	/* What lies in the device counts as arrived; and who comes by here
	 * all the time keeps the stack thread asleep. */
	driver_poke();
	for (;;) {
		found = poll_now(socks, nsocks, kernel, nkernel, mask);
		if (found || deadline_us == 0)
			return found;

		if (nkernel > DRIVER_FEW) {
			how.scratch = calloc(nkernel + DRIVER_SCRATCH,
					     sizeof(*kernel));
			if (!how.scratch)
				return -ENOMEM;
		}
		ret = guarded_sleep(socks, nsocks, &how);
		if (ret < 0 && ret != -ETIMEDOUT && ret != -EINTR)
			return ret;
		settle_sets(socks, nsocks);
		found = look(socks, nsocks) + count_kernel(kernel, nkernel);
		if (found)
			return found;
		if (ret < 0)
			return ret == -EINTR ? ret : 0;
	}
}

int stack_wait(sock_id id, uint32_t events, uint64_t deadline_us)
{
	return stack_wait_since(id, events, deadline_us, stack_interrupts());
}

int stack_wait_since(sock_id id, uint32_t events, uint64_t deadline_us,
		     uint32_t since)
{
	struct stack_pollee p = {id, events, 0};
	struct driver_sleep how = {
		.deadline = deadline_us, .for_one = true, .since = since};
	int ret;

	if (look(&p, 1))
		return p.revents & POLLNVAL ? -EBADF : 0;
	ret = guarded_sleep(&p, 1, &how);
	if (look(&p, 1))
		return p.revents & POLLNVAL ? -EBADF : 0;
	return ret;
}

/* Data and FIN acknowledged: nothing that a lingering close waits for. */
static bool is_flushed(struct stack *st, sock_id id)
{
	struct sock *s = sock_find(st, id);

	return !s || !s->conn || !tcp_is_sending(s->conn);
}

int stack_close_wait(sock_id id, uint64_t deadline_us)
{
	int ret = 0;

	while (ret == 0) {
		struct stack_pollee p = {id, EPOLLOUT | EPOLLERR, 0};
		struct driver_sleep how = {
			.deadline = MIN(deadline_us, driver_now() + MSEC(10)),
			.since = stack_interrupts()};
		struct stack *st = turn_enter();
		bool flushed = is_flushed(st, id);

		turn_leave(st);
		if (flushed)
			return 0;
		if (driver_now() >= deadline_us)
			return -ETIMEDOUT;
		p.events = 0;
		ret = guarded_sleep(&p, 1, &how);
		if (ret == -ETIMEDOUT)
			ret = 0;
	}
	return ret;
}

/* --- epoll --------------------------------------------------------------- */

static int harvest(sock_id ep, struct epoll_event *events, int max)
{
	struct epset *set;
	struct stack *st;
	int n;

	if (max == 0 || !ready_bits(ep))
		return 0;
	st = turn_enter();
	set = epset_find(st, ep);
	n = set ? epset_harvest(set, events, max) : -EBADF;
	turn_leave(st);
	return n;
}

static int ask_kernel(int epfd, struct epoll_event *events, int max)
{
	if (max == 0 || epfd < 0)
		return 0;
	return sys_epoll_pwait(epfd, events, max, 0, NULL);
}

/*
 * Both kinds, without sleeping. Who is asked first may fill the array, be it
 * of one element; so they take turns, and neither side starves.
 */
static int collect(sock_id ep, int kernel_epfd, struct epoll_event *events,
		   int max)
{
	static __thread unsigned int turns;
	bool kernel_first = kernel_epfd >= 0 && turns++ % 2;
	int n, ret;

	n = kernel_first ? ask_kernel(kernel_epfd, events, max)
			 : harvest(ep, events, max);
	if (n < 0)
		return n;
	ret = kernel_first ? harvest(ep, events + n, max - n)
			   : ask_kernel(kernel_epfd, events + n, max - n);
	if (ret < 0)
		return n ? n : ret;
	return n + ret;
}

int stack_epoll_wait(sock_id ep, int kernel_epfd, struct epoll_event *events,
		     int max, uint64_t deadline_us, const sigset_t *mask)
{
	struct stack_pollee p = {ep, EPOLLIN, 0};
	struct pollfd kernel = {kernel_epfd, POLLIN, 0};
	struct driver_sleep how = {.kernel = &kernel,
				   .nkernel = kernel_epfd >= 0,
				   .deadline = deadline_us,
				   .mask = mask,
				   .since = stack_interrupts()};
	int n, ret;

	driver_poke();
	n = collect(ep, kernel_epfd, events, max);
	for (;;) {
		if (n != 0 || deadline_us == 0)
			return n;
		kernel.revents = 0;
		ret = guarded_sleep(&p, 1, &how);
		if (ret < 0) {
			n = collect(ep, kernel_epfd, events, max);
			if (n != 0 || ret == -ETIMEDOUT)
				return n;
			return ret;
		}
		/* Who slept has looked at the links, and at the kernel's. */
		n = collect(ep, kernel.revents ? kernel_epfd : -1, events, max);
	}
}

bool stack_epoll_is_ready(sock_id ep)
{
	return ready_bits(ep) & EPOLLIN;
}

uint64_t stack_now(void)
{
	return driver_now();
}
