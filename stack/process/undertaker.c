/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * undertaker.c - noticing that a process of the family is gone
 *
 * What this room is for
 *   See undertaker.h. A process that ends is seen by its process descriptor
 *   (pidfds.h).
 *
 * Never      polls by the clock.
 * Follows    pthread_mutexattr_setrobust(3).
 * Proved by  integration/family.sh, integration/kill_campaign.sh
 */

#include "undertaker.h"

#include <string.h>

#include "socket/bell.h"
#include "driver.h"
#include "ground/log.h"
#include "ground/sys.h"
#include "pidfds.h"
#include "socket/turn.h"
#include "thread.h"

static int started;
static struct bell *bell;

static void bury(uint32_t i)
{
	log_info("process %d is gone", turn_stack->family.pids[i]);
	pidfds_forget(i);
	family_bury(turn_stack, i);
	driver_inherit();
}

/* Watches who has come, forgets who was replaced. */
static void follow_family(void)
{
	struct family *f = &turn_stack->family;
	int pids[LIMIT_FAMILY];
	int highest;

	turn_enter();
	__atomic_store_n(&f->undertaker_bell, bell->number, __ATOMIC_RELEASE);
	memcpy(pids, f->pids, sizeof(pids));
	highest = f->highest;
	turn_leave(turn_stack);

	for (uint32_t i = 1; i <= (uint32_t)highest; i++) {
		if (i == family_self())
			continue;
		if (!pids[i])
			pidfds_forget(i);
		else if (!pidfds_watch(i, pids[i]))
			bury(i);
	}
}

/* How long to sleep: NULL, for ever, unless descriptors may be in flight. */
static struct timespec *patience(struct timespec *ts)
{
	usecs wait;

	turn_enter();
	wait = turn_stack->family.ask_again;
	turn_leave(turn_stack);
	*ts = (struct timespec){(time_t)(wait / USECS_PER_SEC),
				(long)(wait % USECS_PER_SEC) * 1000};
	return wait ? ts : NULL;
}

/* Sleeps until somebody comes or goes. */
static void keep_watch(void)
{
	struct pollfd fds[LIMIT_FAMILY];
	uint32_t who[LIMIT_FAMILY];
	struct timespec ts;
	nfds_t n;
	int ret;

	fds[0] = (struct pollfd){bell->fd, POLLIN, 0};
	n = 1 + pidfds_list(fds + 1, who + 1);
	ret = bell_poll(bell, fds, n, patience(&ts), NULL);
	if (ret == 0)
		family_ask(turn_stack);
	if (ret <= 0)
		return;
	if (fds[0].revents)
		bell_silence(bell);
	for (nfds_t k = 1; k < n; k++) {
		if (fds[k].revents & POLLIN)
			bury(who[k]);
		else if (fds[k].revents) /* closed behind our back */
			pidfds_forget(who[k]);
	}
}

static void *run(void *arg)
{
	(void)arg;
	sys_call6(SYS_prctl, 15 /* PR_SET_NAME */, (long)"nsshim-family", 0, 0,
		  0, 0);
	if (lock_take(&turn_stack->family.burying) == LOCK_INHERITED)
		driver_inherit();
	for (;;) {
		follow_family();
		keep_watch();
	}
	return NULL;
}

static uint32_t new_bell(void)
{
	return __atomic_fetch_add(&turn_stack->next_bell, 1, __ATOMIC_RELAXED);
}

void undertaker_start(void)
{
	if (__atomic_load_n(&started, __ATOMIC_ACQUIRE) ||
	    __atomic_exchange_n(&started, 1, __ATOMIC_ACQ_REL))
		return;
	bell = bell_get(new_bell);
	if (!bell) {
		log_warn("no descriptor left to notice deaths with");
		return;
	}
	if (thread_start(run, NULL) < 0)
		log_warn("no thread to notice deaths with");
}

void undertaker_tell(void)
{
	uint32_t number = __atomic_load_n(&turn_stack->family.undertaker_bell,
					  __ATOMIC_ACQUIRE);

	if (number)
		bell_ring(number);
}

void undertaker_after_fork_in_child(void)
{
	pidfds_after_fork_in_child();
	started = 0;
	bell = NULL;
}
