/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * guard.c - wakes the stack thread, unless its program comes back in time
 *
 * What this room is for
 *   See guard.h. It is read, and not polled: ppoll(2) refuses more descriptors
 *   than RLIMIT_NOFILE, which a program may have set to 0.
 */

#include "guard.h"

#include <errno.h>
#include <sys/timerfd.h>

#include "ground/sys.h"
#include "socket/ownfd.h"

/* For timers 0 means: stopped. */
#define AT_ONCE_NS 1

int guard_open(struct guard *g)
{
	int ret = sys_timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	if (ret < 0)
		return ret;
	*g = (struct guard){.fd = ret};
	return ownfd_adopt(&g->fd);
}

void guard_close(struct guard *g)
{
	if (g->fd) {
		ownfd_forget(&g->fd);
		sys_close(g->fd);
	}
	*g = (struct guard){.fd = 0};
}

static void set(const struct guard *g, uint64_t ns)
{
	struct itimerspec when = {
		.it_value = {(time_t)(ns / 1000000000),
			     (long)(ns % 1000000000)},
	};

	sys_timerfd_settime(g->fd, &when);
}

static bool move(struct guard *g, int from, int to)
{
	return __atomic_compare_exchange_n(&g->state, &from, to, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/* For who did not mean to wake: somebody else may, since the state was moved,
 * and have set the timer before this. */
static void set_unless_it_wakes(struct guard *g, uint64_t ns)
{
	set(g, ns);
	if (UNLIKELY(__atomic_load_n(&g->state, __ATOMIC_SEQ_CST) ==
		     GUARD_WAKES))
		set(g, AT_ONCE_NS);
}

void guard_sleep(struct guard *g)
{
	uint64_t times;

	while (sys_read(g->fd, &times, sizeof(times)) == -EINTR)
		;
	__atomic_store_n(&g->state, GUARD_STOPPED, __ATOMIC_SEQ_CST);
}

bool guard_start(struct guard *g, usecs how_long)
{
	if (!move(g, GUARD_STOPPED, GUARD_STARTED))
		return false;
	set_unless_it_wakes(g, how_long * 1000);
	return true;
}

void guard_stop(struct guard *g)
{
	if (__atomic_load_n(&g->state, __ATOMIC_RELAXED) == GUARD_STARTED &&
	    move(g, GUARD_STARTED, GUARD_STOPPED))
		set_unless_it_wakes(g, 0);
}

void guard_wake(struct guard *g)
{
	__atomic_store_n(&g->state, GUARD_WAKES, __ATOMIC_SEQ_CST);
	set(g, AT_ONCE_NS);
}
