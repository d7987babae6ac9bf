/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * undertaker.c - noticing that a process of the family is gone
 *
 * What this room is for
 *   See undertaker.h. A process that ends is seen by its process descriptor,
 *   which becomes readable even before anybody has waited for it.
 *
 * Never      polls by the clock.
 * Follows    pidfd_open(2), pthread_mutexattr_setrobust(3).
 * Proved by  integration/family.sh, integration/kill_campaign.sh
 */

#include "undertaker.h"

#include <errno.h>
#include <string.h>

#include "socket/bell.h"
#include "driver.h"
#include "ground/log.h"
#include "socket/ownfd.h"
#include "ground/sys.h"
#include "socket/turn.h"
#include "thread.h"

static int started;
static struct bell *bell;

/* One for each entry of the family, 0: none. Of this process. */
static int watched[LIMIT_FAMILY]; /* pid */
static int pidfds[LIMIT_FAMILY];

static void forget(uint32_t i)
{
	if (!watched[i])
		return;
	watched[i] = 0;
	ownfd_forget(&pidfds[i]);
	sys_close(pidfds[i]);
}

/* False when the process is gone already. */
static bool watch(uint32_t i, int pid)
{
	int fd = (int)sys_call3(SYS_pidfd_open, pid, 0, 0);

	if (fd == -ESRCH)
		return false;
	if (fd < 0) {
		log_warn("cannot watch process %d: %s", pid, strerror(-fd));
		return true;
	}
	pidfds[i] = fd;
	watched[i] = pid;
	ownfd_adopt(&pidfds[i]);
	return true;
}

static void bury(uint32_t i)
{
	log_info("process %d is gone", turn_stack->family.pids[i]);
	forget(i);
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
		if (pids[i] == watched[i] || i == family_self())
			continue;
		forget(i);
		if (pids[i] && !watch(i, pids[i]))
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
	nfds_t n = 1;
	int ret;

	fds[0] = (struct pollfd){bell->fd, POLLIN, 0};
	for (uint32_t i = 1; i < LIMIT_FAMILY; i++) {
		if (!watched[i])
			continue;
		who[n] = i;
		fds[n++] = (struct pollfd){pidfds[i], POLLIN, 0};
	}
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
			forget(who[k]);
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
	for (uint32_t i = 0; i < LIMIT_FAMILY; i++)
		forget(i);
	started = 0;
	bell = NULL;
}
