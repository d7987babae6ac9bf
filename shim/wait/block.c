/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * block.c - sleeping until one of our sockets can go on
 *
 * What this room is for
 *   See block.h. Whether an interrupted call goes on is decided from the
 *   handlers that ran in this thread meanwhile: an untimed call goes on when
 *   every one of them was installed with SA_RESTART. When none of the ones we
 *   know ran, an unknown one did (installed inside libc), and -EINTR is the
 *   safe answer.
 *
 * Follows    signal(7), "Interruption of system calls".
 */

#include "block.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "ground/raw.h"
#include "signal.h"

static void arm(struct block *b)
{
	uint64_t timeout = stack_timeout_us(b->sock, b->way == BLOCK_SENDING);

	b->is_armed = true;
	b->deadline_us = UINT64_MAX;
	if (timeout != UINT64_MAX)
		b->deadline_us = stack_now() + timeout;
}

/*
 * Who sleeps in what: [a] a sock_id, or 0. The closer who finds a sleeper marks
 * its seat and leaves the close to it. Seats are taken from the front, so that
 * few are looked at.
 */
enum { SEATS = 1024 };
#define TO_CLOSE ((sock_id)1 << 63)

static sock_id seats[SEATS];
static int seats_used; /* [a] none at or above this was ever taken */

/* With all seats taken a close simply comes at once. */
static void take_seat(struct block *b)
{
	for (int i = 0; i < SEATS; i++) {
		sock_id nobody = 0;
		int used = __atomic_load_n(&seats_used, __ATOMIC_RELAXED);

		while (i >= used && !__atomic_compare_exchange_n(
					    &seats_used, &used, i + 1, true,
					    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			;
		if (__atomic_compare_exchange_n(&seats[i], &nobody, b->sock,
						false, __ATOMIC_ACQ_REL,
						__ATOMIC_RELAXED)) {
			b->seat = i + 1;
			return;
		}
	}
}

static bool hand_over(sock_id s)
{
	int used = __atomic_load_n(&seats_used, __ATOMIC_ACQUIRE);

	/* Nobody will wake up any more. */
	if (__atomic_load_n(&shim_ender, __ATOMIC_ACQUIRE))
		return false;
	for (int i = 0; i < used; i++) {
		sock_id seen = s;

		if (__atomic_compare_exchange_n(&seats[i], &seen, s | TO_CLOSE,
						false, __ATOMIC_ACQ_REL,
						__ATOMIC_RELAXED))
			return true;
	}
	return false;
}

void block_close(sock_id s)
{
	uint64_t linger = stack_linger_us(s);

	if (hand_over(s))
		return;
	if (linger != UINT64_MAX && linger != 0)
		stack_close_wait(s, stack_now() + linger);
	stack_close(s);
}

void block_leave_seat(struct block *b)
{
	sock_id old =
		__atomic_exchange_n(&seats[b->seat - 1], 0, __ATOMIC_ACQ_REL);

	b->seat = 0;
	if (old & TO_CLOSE)
		block_close(b->sock);
}

/* Among them those that a handler left by a jump. */
void block_end(void)
{
	for (int i = 0; i < SEATS; i++) {
		sock_id seen = __atomic_load_n(&seats[i], __ATOMIC_ACQUIRE);

		if (seen & TO_CLOSE)
			stack_close(seen & ~TO_CLOSE);
	}
}

void block_after_fork_in_child(void)
{
	memset(seats, 0, sizeof(seats));
}

static void leave_when_cancelled(void *b)
{
	block_done(b);
}

static bool has_other_run(const struct block *b)
{
	return signal_counts.other != b->before.other;
}

static bool may_go_on(const struct block *b, uint32_t restarted)
{
	return b->deadline_us == UINT64_MAX && !has_other_run(b) &&
	       signal_counts.restarting != restarted;
}

__attribute__((noinline)) static int
sleep_in_seat(struct block *b, uint32_t events, uint32_t since)
{
	int err;

	pthread_cleanup_push(leave_when_cancelled, b);
	err = stack_wait_since(b->sock, events, b->deadline_us, since);
	pthread_cleanup_pop(0);
	return err;
}

/* The end of the process closed this thread's socket: with the kernel, it would
 * not have lived to see that. */
static void stay_if_ending(void)
{
	long ender = __atomic_load_n(&shim_ender, __ATOMIC_ACQUIRE);

	if (!ender || ender == raw1(SYS_gettid, 0))
		return;
	for (;;)
		raw6(SYS_ppoll, 0, 0, 0, 0, 0, 0);
}

int block_wait(struct block *b, uint32_t events)
{
	uint32_t restarted = signal_counts.restarting;
	uint32_t since = stack_interrupts();
	int err;

	/* A handler that ran since the call began interrupts it, too. */
	if (has_other_run(b))
		return -EINTR;
	if (!b->is_armed)
		arm(b);

	if (!b->seat)
		take_seat(b);
	err = sleep_in_seat(b, events, since);
	if (err == -ETIMEDOUT)
		return -EAGAIN;
	if (err == -EINTR && may_go_on(b, restarted))
		return 0;
	if (UNLIKELY(err == -EBADF))
		stay_if_ending();
	return err;
}
