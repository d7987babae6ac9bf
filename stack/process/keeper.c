/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * keeper.c - who delivers when the last process of a stack has gone
 *
 * What this room is for
 *   See keeper.h. A round is: look who lives, bury who does not when nobody
 *   else is there to do it, drive or only keep the promise of who did, sleep.
 *
 *   A living family has its undertaker. The keeper looks after deaths only
 *   when the undertaker's lock is free: there was one process without a thread
 *   for that, or there is none any more.
 *
 * Never      polls the link while a member lives; starts a thread.
 * Lock       as each function says.
 * Proved by  integration/keeper.sh
 */

#include "keeper.h"

#include <errno.h>

#include "socket/bell.h"
#include "driver.h"
#include "ground/log.h"
#include "ground/sys.h"
#include "pidfds.h"
#include "socket/turn.h"

#define KEEP_PAUSE_MAX_US MSEC(50)

static int (*start_one)(void);

void stack_set_keeper_hook(int (*start)(void))
{
	start_one = start;
}

/* --- in the processes of the family --------------------------------------- */

static void tell(void)
{
	uint32_t number = __atomic_load_n(&turn_stack->family.keeper_bell,
					  __ATOMIC_ACQUIRE);

	if (number)
		bell_ring(number);
}

static int keeper_now(void)
{
	struct stack *st = turn_enter();
	int pid = st->family.keeper;

	turn_leave(st);
	return pid;
}

void stack_need_keeper(void)
{
	if (turn_stack)
		keeper_need();
}

void keeper_need(void)
{
	int seen = keeper_now();
	struct stack *st;
	int pid;

	if (!start_one)
		return;
	if (seen && family_is_alive(seen)) {
		tell();
		return;
	}
	pid = start_one();
	if (pid < 0)
		log_info("no keeper: who ends last has to deliver itself");
	st = turn_enter();
	if (st->family.keeper == seen)
		st->family.keeper = MAX(pid, 0);
	turn_leave(st);
}

bool keeper_takes_over(void)
{
	int pid = keeper_now();

	if (!pid || !family_is_alive(pid))
		return false;
	tell();
	return true;
}

/* --- in the keeper -------------------------------------------------------- */

/* Who lives? */
enum others {
	OTHERS_LIVE, /* and drive */
	OTHERS_END,  /* alive, but on their way out */
	OTHERS_GONE,
};

static struct bell *bell;
static bool drives;  /* since the last round */
static usecs alone;  /* since when nobody lives */
static usecs nap_us; /* until the next look at what is left */

static uint32_t new_bell(void)
{
	return __atomic_fetch_add(&turn_stack->next_bell, 1, __ATOMIC_RELAXED);
}

int stack_keep_begin(void)
{
	int pid = sys_getpid();
	int seen = keeper_now();
	struct stack *st;
	int ret = -EBUSY;

	if (seen && seen != pid && family_is_alive(seen))
		return -EBUSY;
	bell = bell_get(new_bell);
	if (!bell)
		return -EMFILE;
	st = turn_enter();
	if (st->family.keeper == seen || st->family.keeper == pid) {
		st->family.keeper = pid;
		__atomic_store_n(&st->family.keeper_bell, bell->number,
				 __ATOMIC_RELEASE);
		ret = 0;
	}
	turn_leave(st);
	return ret;
}

/* False: it has ended. Otherwise its end will be heard of. */
static bool lives(uint32_t i, int pid)
{
	if (!pidfds_watch(i, pid))
		return false;
	if (!pidfds_has_ended(i))
		return true;
	pidfds_forget(i);
	return false;
}

static int pid_at(struct stack *st, uint32_t i)
{
	int pid;

	turn_enter();
	pid = st->family.pids[i];
	turn_leave(st);
	return pid;
}

/* The dead one's entry may have gone to somebody else meanwhile. */
static void bury(struct stack *st, uint32_t i, int pid)
{
	enum lock_taken taken;

	if (!lock_try(&st->family.burying, &taken))
		return;
	if (pid_at(st, i) == pid) {
		log_info("process %d is gone; the keeper buries it", pid);
		family_bury(st, i);
		/* The promise may have been its own. */
		driver_step(false, bell->number);
	}
	lock_release(&st->family.burying);
}

static enum others look(struct stack *st)
{
	enum others found = OTHERS_GONE;
	int pids[LIMIT_FAMILY];
	bool leaving[LIMIT_FAMILY];
	int highest;

	turn_enter();
	highest = st->family.highest;
	for (int i = 1; i <= highest; i++) {
		pids[i] = st->family.pids[i];
		leaving[i] = st->family.leaving[i];
	}
	turn_leave(st);

	for (int i = 1; i <= highest; i++) {
		if (!pids[i])
			pidfds_forget((uint32_t)i);
		else if (!lives((uint32_t)i, pids[i]))
			bury(st, (uint32_t)i, pids[i]);
		else if (!leaving[i])
			found = OTHERS_LIVE;
		else if (found == OTHERS_GONE)
			found = OTHERS_END;
	}
	return found;
}

/* What is left, once nobody is there. */
struct rest {
	bool sending;  /* data or FINs that are not acknowledged */
	bool closing;  /* peers that have not closed yet; unsent packets */
	uint32_t held; /* sockets that somebody outside the family holds */
};

static struct rest count_rest(struct stack *st)
{
	struct tcp_conn *c = NULL;
	struct rest r;

	turn_enter();
	r.sending = tcp_any_sending(&st->tcp);
	r.closing = arena_count(st->eng.arena, ARENA_PKT) > 0;
	while (!r.closing && (c = arena_next(st->eng.arena, ARENA_CONN, c)))
		r.closing = tcp_get_state(c) == TCPS_FIN_WAIT_2;
	r.held = st->nsocks;
	turn_leave(st);
	return r;
}

/* From here on nobody keeps, unless somebody has come this very moment. */
static bool give_up(struct stack *st)
{
	bool is_empty = true;

	turn_enter();
	for (int i = 1; i <= st->family.highest; i++)
		is_empty &= st->family.pids[i] == 0;
	if (is_empty) {
		st->family.keeper = 0;
		__atomic_store_n(&st->family.keeper_bell, 0, __ATOMIC_RELEASE);
	}
	turn_leave(st);
	return is_empty;
}

/* The last thing is to give back what the network lent. Once that was said, a
 * moment is needed for it to get out. */
static bool leave(struct stack *st)
{
	bool has_said;

	turn_enter();
	has_said = net_leave(&st->net);
	turn_leave(st);
	if (!has_said)
		return give_up(st);
	alone = driver_now();
	nap_us = 0;
	return false;
}

/* A device that was removed takes nothing more. */
static bool has_links(void)
{
	struct pollfd fds[LIMIT_IFACES];

	return driver_links(fds) > 0;
}

static bool is_over(struct stack *st, usecs give_up_at)
{
	usecs now = driver_now();
	struct rest r = count_rest(st);

	nap_us = nap_us ? MIN(2 * nap_us, KEEP_PAUSE_MAX_US) : MSEC(1);
	if (!has_links())
		return give_up(st);
	if (now >= give_up_at)
		return leave(st);
	if (r.sending && now - alone < LIMIT_KEEPER_US)
		return false;
	if (r.closing && now - alone < LIMIT_KEEPER_CLOSING_US)
		return false;
	if (!r.held)
		return leave(st);
	/* Whoever holds them tells nobody when it ends. */
	family_bury(st, 0);
	nap_us = LIMIT_KEEPER_ASK_US;
	return false;
}

/* Sleeps on the caller's descriptors, the bell, the members, the links. */
static void sleep_until(struct pollfd *fds, size_t n, usecs until)
{
	struct pollfd all[STACK_KEEP_FDS + 1 + LIMIT_FAMILY + LIMIT_IFACES];
	usecs now = driver_now();
	usecs left = until > now ? until - now : 0;
	struct timespec ts = {(time_t)(left / USECS_PER_SEC),
			      (long)(left % USECS_PER_SEC) * 1000};
	size_t at = n;

	for (size_t i = 0; i < n; i++)
		all[i] = fds[i];
	all[at++] = (struct pollfd){bell->fd, POLLIN, 0};
	at += pidfds_list(all + at, NULL);
	if (drives)
		at += driver_links(all + at);
	if (sys_ppoll(all, at, until == USECS_NEVER ? NULL : &ts, NULL) < 0)
		all[n].revents = 0;
	if (all[n].revents)
		bell_silence(bell);
	for (size_t i = 0; i < n; i++)
		fds[i].revents = all[i].revents;
}

/* When to look again at the latest: the promise, if it is this process's. */
static usecs keep_promise(struct stack *st, bool was_driving)
{
	if (drives || was_driving ||
	    __atomic_load_n(&st->family.watch_bell, __ATOMIC_RELAXED) ==
		    bell->number)
		return driver_step(drives, bell->number);
	return USECS_NEVER;
}

/* From then on our addresses may be somebody else's: the next program's, that
 * is given the same ones on another device. */
static void tell_net(struct stack *st, bool is_leaving)
{
	turn_enter();
	st->net.is_leaving = is_leaving;
	turn_leave(st);
}

bool stack_keep(struct pollfd *fds, size_t n, bool stay, uint64_t give_up_at)
{
	struct stack *st = turn_stack;
	enum others who = look(st);
	bool was_driving = drives;
	usecs until, now;

	for (size_t i = 0; i < n; i++)
		fds[i].revents = 0;
	drives = who != OTHERS_LIVE;
	tell_net(st, who == OTHERS_GONE && !stay);
	until = keep_promise(st, was_driving);
	now = driver_now();
	if (who != OTHERS_GONE || stay) {
		alone = 0;
		nap_us = 0;
	} else {
		if (!alone)
			alone = now;
		if (is_over(st, give_up_at))
			return false;
		until = MIN(until, now + nap_us);
	}
	sleep_until(fds, n, until);
	return true;
}

bool stack_keep_is_alone(void)
{
	return alone != 0;
}
