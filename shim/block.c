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

#include "raw.h"
#include "signal.h"

static void arm(struct block *b)
{
	uint64_t timeout = stack_timeout_us(b->sock, b->way == BLOCK_SENDING);

	b->is_armed = true;
	b->deadline_us = UINT64_MAX;
	if (timeout != UINT64_MAX)
		b->deadline_us = stack_now() + timeout;
}

static bool may_go_on(const struct block *b, struct signal_counts before)
{
	struct signal_counts now = signal_counts();

	return b->deadline_us == UINT64_MAX && now.other == before.other &&
	       now.restarting != before.restarting;
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
	struct signal_counts before = signal_counts();
	int err;

	if (!b->is_armed)
		arm(b);

	err = stack_wait(b->sock, events, b->deadline_us);
	if (err == -ETIMEDOUT)
		return -EAGAIN;
	if (err == -EINTR && may_go_on(b, before))
		return 0;
	if (UNLIKELY(err == -EBADF))
		stay_if_ending();
	return err;
}
