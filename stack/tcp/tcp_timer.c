/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_timer.c - what happened, told to the timers
 *
 * What this room is for
 *   One deadline per purpose (enum tcp_deadline), one timer in the heap per
 *   conn. The upper half turns events into deadlines, the lower half is what
 *   is done when one has passed.
 *
 * Comes in   events from all rooms of TCP; stack.c when the timer fires.
 * Goes out   resends through tcp_recover.c and tcp_out.c; ends conns that
 *            nobody answers.
 * Never      reads a clock.
 * Lock       the stack lock is held.
 * Follows    RFC 6298 5, RFC 1122 4.2.2.17 and 4.2.3.6, RFC 5482.
 */
#include "tcp_timer.h"

#include <errno.h>

#include "tcp_fsm.h"
#include "tcp_listen.h"
#include "tcp_out.h"
#include "tcp_priv.h"
#include "tcp_recover.h"
#include "tcp_tail.h"
#include "tcp_tw.h"

#define ORPHAN_US SEC(120)  /* without any progress; Linux: about 100 s */
#define ACK_HELD_US MSEC(1) /* a program that waits reads sooner */
#define LATE_LEAST_US 500u  /* what is on its way comes with others */
#define RETRY_FIRST_US 250  /* the device's queue drains in less */
#define RETRY_LAST_US MSEC(16)

int tcp_timer_init(struct tcp_conn *c)
{
	for (int i = 0; i < TCP_NTIMERS; i++)
		c->deadline[i] = USECS_NEVER;
	return timer_init(&c->eng->timers, &c->timed.timer, TIMER_TCP);
}

void tcp_timer_fini(struct tcp_conn *c)
{
	timer_fini(&c->eng->timers, &c->timed.timer);
}

/* The heap follows the earliest deadline, if there is one. */
static void follow_deadlines(struct tcp_conn *c)
{
	usecs next = USECS_NEVER;

	for (int i = 0; i < TCP_NTIMERS; i++)
		next = MIN(next, c->deadline[i]);
	if (next != USECS_NEVER)
		timer_start(&c->eng->timers, &c->timed.timer, next);
	else
		timer_stop(&c->eng->timers, &c->timed.timer);
}

bool tcp_timer_catch_up(struct timer *timer)
{
	struct tcp_timed *timed = container_of(timer, struct tcp_timed, timer);
	struct tcp_conn *c = container_of(timed, struct tcp_conn, timed);
	usecs before = timer->when;

	if (timed->is_time_wait)
		return false;
	follow_deadlines(c);
	return !timer_is_armed(timer) || timer->when != before;
}

void tcp_timer_rebuild(struct tcp_conn *c)
{
	timer_rebuild(&c->eng->timers, &c->timed.timer);
	follow_deadlines(c);
}

void tcp_timer_on_finish(struct tcp_conn *c)
{
	for (int i = 0; i < TCP_NTIMERS; i++)
		c->deadline[i] = USECS_NEVER;
	timer_stop(&c->eng->timers, &c->timed.timer);
}

/* The heap is only touched when the new deadline comes first. */
static void start(struct tcp_conn *c, enum tcp_deadline which, usecs when)
{
	c->deadline[which] = when;
	if (!timer_is_armed(&c->timed.timer) || c->timed.timer.when > when)
		timer_start(&c->eng->timers, &c->timed.timer, when);
}

static void stop(struct tcp_conn *c, enum tcp_deadline which)
{
	c->deadline[which] = USECS_NEVER;
}

static bool is_waiting(const struct tcp_conn *c, enum tcp_deadline which)
{
	return c->deadline[which] != USECS_NEVER;
}

/* RFC 5482: not later than the user's patience lasts. */
static usecs before_user_timeout(const struct tcp_conn *c, usecs when)
{
	usecs limit = c->stall_since + MSEC(c->user_timeout_ms);

	return c->user_timeout_ms && limit < when ? limit : when;
}

static bool is_user_timeout(const struct tcp_conn *c)
{
	return c->user_timeout_ms &&
	       c->eng->now >= c->stall_since + MSEC(c->user_timeout_ms);
}

static void start_rexmit(struct tcp_conn *c)
{
	usecs when = c->eng->now + tcp_rtt_rto_us(&c->rtt);

	start(c, TCP_T_REXMIT, before_user_timeout(c, when));
}

/* RFC 6298 5.1. */
void tcp_timer_on_sent(struct tcp_conn *c)
{
	stop(c, TCP_T_PERSIST);
	if (is_waiting(c, TCP_T_REXMIT))
		return;
	c->stall_since = c->eng->now;
	start_rexmit(c);
}

/* RFC 6298 5.2, 5.3. */
void tcp_timer_on_progress(struct tcp_conn *c)
{
	c->retries = 0;
	c->probe_shift = 0;
	c->stall_since = c->eng->now;
	if (tcp_flight(c) > 0 && !c->probing)
		start_rexmit(c);
	else
		stop(c, TCP_T_REXMIT);
	if (c->is_orphan && is_waiting(c, TCP_T_LINGER) &&
	    c->state != TCPS_FIN_WAIT_2)
		tcp_timer_on_orphan(c);
}

void tcp_timer_on_tail(struct tcp_conn *c, usecs when)
{
	if (when == USECS_NEVER)
		stop(c, TCP_T_TAIL);
	else
		start(c, TCP_T_TAIL, when);
}

/* RFC 8985 7.3: the timeout begins anew. */
void tcp_timer_on_tail_probe(struct tcp_conn *c)
{
	start_rexmit(c);
}

void tcp_timer_on_late(struct tcp_conn *c, uint32_t us)
{
	if (us == 0)
		stop(c, TCP_T_LATE);
	else
		start(c, TCP_T_LATE, c->eng->now + MAX(us, LATE_LEAST_US));
}

static void start_persist(struct tcp_conn *c)
{
	usecs wait = (usecs)tcp_rtt_rto_us(&c->rtt) << MIN(c->probe_shift, 16);
	usecs when = c->eng->now + MIN(wait, LIMIT_RTO_MAX_US);

	start(c, TCP_T_PERSIST, before_user_timeout(c, when));
}

void tcp_timer_on_blocked(struct tcp_conn *c)
{
	if (is_waiting(c, TCP_T_PERSIST))
		return;
	stop(c, TCP_T_REXMIT);
	if (c->probe_shift == 0)
		c->stall_since = c->eng->now;
	start_persist(c);
}

void tcp_timer_on_unblocked(struct tcp_conn *c)
{
	stop(c, TCP_T_PERSIST);
	c->probe_shift = 0;
}

void tcp_timer_on_ack_owed(struct tcp_conn *c)
{
	if (!is_waiting(c, TCP_T_DELACK))
		start(c, TCP_T_DELACK, c->eng->now + LIMIT_DELACK_US);
}

void tcp_timer_on_ack_held(struct tcp_conn *c)
{
	usecs when = c->eng->now + ACK_HELD_US;

	if (c->deadline[TCP_T_DELACK] > when)
		start(c, TCP_T_DELACK, when);
}

void tcp_timer_on_ack_sent(struct tcp_conn *c)
{
	stop(c, TCP_T_DELACK);
}

void tcp_timer_on_heard(struct tcp_conn *c)
{
	c->last_rx = c->eng->now;
	c->keep_sent = 0;
}

void tcp_timer_on_keepalive(struct tcp_conn *c)
{
	if (c->keepalive && tcp_fsm_is_synchronized(c))
		start(c, TCP_T_KEEPALIVE,
		      MAX(c->last_rx + SEC(c->keepidle), c->eng->now));
	else
		stop(c, TCP_T_KEEPALIVE);
}

void tcp_timer_on_corked(struct tcp_conn *c)
{
	if (!is_waiting(c, TCP_T_CORK))
		start(c, TCP_T_CORK, c->eng->now + LIMIT_CORK_US);
}

void tcp_timer_on_uncorked(struct tcp_conn *c)
{
	stop(c, TCP_T_CORK);
}

void tcp_timer_on_device_full(struct tcp_conn *c)
{
	c->retry_us = MIN(MAX(c->retry_us * 2, RETRY_FIRST_US), RETRY_LAST_US);
	if (!is_waiting(c, TCP_T_RETRY))
		start(c, TCP_T_RETRY, c->eng->now + c->retry_us);
}

void tcp_timer_on_orphan(struct tcp_conn *c)
{
	start(c, TCP_T_LINGER, c->eng->now + ORPHAN_US);
}

void tcp_timer_on_fin_wait_2(struct tcp_conn *c)
{
	usecs wait = c->linger2 ? SEC(c->linger2) : LIMIT_FIN_WAIT_2_US;

	start(c, TCP_T_LINGER, c->eng->now + wait);
}

void tcp_timer_on_half_open(struct tcp_conn *c, usecs when)
{
	if (when == USECS_NEVER)
		stop(c, TCP_T_LISTEN);
	else
		start(c, TCP_T_LISTEN, when);
}

/* Below: what is done when a deadline has passed. */

/* Nobody answers. What the network said about it tells more than "timeout". */
static void give_up(struct tcp_conn *c, bool with_reset)
{
	int error = c->soft_error ? c->soft_error : ETIMEDOUT;

	if (with_reset)
		tcp_reset(c, error);
	else
		tcp_finish(c, error);
}

static void on_syn_overdue(struct tcp_conn *c)
{
	uint32_t limit = c->syncnt ? c->syncnt : LIMIT_TCP_SYN_RETRIES;

	if (c->retries >= limit || is_user_timeout(c)) {
		stats_add(&c->eng->stats, STAT_TCP_ATTEMPT_FAILS, 1);
		give_up(c, false);
		return;
	}
	if (c->retries++ == 0)
		tcp_cc_on_syn_lost(&c->cc);
	tcp_rtt_on_syn_timeout(&c->rtt);
	c->rtt_at = 0; /* Karn: which of them will be answered? */
	(void)tcp_refresh_path(c, true);
	tcp_out_syn(c);
	start_rexmit(c);
}

/* RFC 6298 5.4 to 5.6. */
static void on_rexmit(struct tcp_conn *c)
{
	uint32_t limit =
		c->is_orphan ? LIMIT_TCP_ORPHAN_RETRIES : LIMIT_TCP_RETRIES;

	if (!tcp_fsm_is_synchronized(c)) {
		on_syn_overdue(c);
		return;
	}
	if (tcp_flight(c) == 0)
		return;
	/* A peer that answers with a closed window is alive. */
	if (c->snd_wnd == 0 && c->last_rx > c->stall_since && !c->is_orphan)
		limit = UINT32_MAX;
	if (c->retries >= limit || is_user_timeout(c)) {
		give_up(c, is_user_timeout(c));
		return;
	}
	c->retries++;
	stats_add(&c->eng->stats, STAT_TCP_RTO_TIMEOUTS, 1);
	(void)tcp_refresh_path(c, true);
	tcp_recover_on_rto(c);
	tcp_rtt_on_timeout(&c->rtt);
	start_rexmit(c);
	tcp_output(c);
}

/*
 * RFC 1122 4.2.2.17: as long as the peer answers, for ever. Any ACK clears
 * retries; only the interval keeps growing.
 */
static void on_persist(struct tcp_conn *c)
{
	uint32_t limit =
		c->is_orphan ? LIMIT_TCP_ORPHAN_RETRIES : LIMIT_TCP_RETRIES;

	if (c->retries >= limit || is_user_timeout(c)) {
		give_up(c, true);
		return;
	}
	c->retries++;
	c->probe_shift += c->probe_shift < 16;
	(void)tcp_refresh_path(c, true);
	tcp_out_window_probe(c);
	if (c->state != TCPS_CLOSED)
		start_persist(c);
}

/* RFC 1122 4.2.3.6. */
static void on_keepalive(struct tcp_conn *c)
{
	usecs now = c->eng->now;
	usecs due = c->last_rx + SEC(c->keepidle) +
		    SEC(c->keepintvl) * c->keep_sent;
	bool is_dead;

	if (!c->keepalive || !tcp_fsm_is_synchronized(c))
		return;
	/* Data in flight, or probes of a window, test the peer already. */
	if (tcp_flight(c) > 0 || is_waiting(c, TCP_T_PERSIST)) {
		start(c, TCP_T_KEEPALIVE, now + SEC(c->keepidle));
		return;
	}
	if (due > now) {
		start(c, TCP_T_KEEPALIVE, due);
		return;
	}
	is_dead = c->user_timeout_ms
			  ? c->keep_sent > 0 &&
				    now - c->last_rx >= MSEC(c->user_timeout_ms)
			  : c->keep_sent >= c->keepcnt;
	if (is_dead) {
		give_up(c, true);
		return;
	}
	c->keep_sent++;
	tcp_out_keepalive(c);
	start(c, TCP_T_KEEPALIVE, now + SEC(c->keepintvl));
}

static void on_linger(struct tcp_conn *c)
{
	if (!c->is_orphan)
		return;
	stats_add(&c->eng->stats, STAT_TCP_ORPHANS_KILLED, 1);
	if (c->state == TCPS_FIN_WAIT_2)
		tcp_finish(c, 0);
	else
		tcp_reset(c, ETIMEDOUT);
}

static void on_due(struct tcp_conn *c, enum tcp_deadline which)
{
	switch (which) {
	case TCP_T_REXMIT:
		on_rexmit(c);
		break;
	case TCP_T_TAIL:
		tcp_tail_on_timer(c);
		break;
	case TCP_T_LATE:
		tcp_recover_on_late(c);
		break;
	case TCP_T_PERSIST:
		on_persist(c);
		break;
	case TCP_T_DELACK:
		/* Nobody spoke in time: the dialogue is over (Linux). */
		c->pingpong = c->pingpong && c->ack_segs >= 2;
		tcp_ack_soon(c);
		break;
	case TCP_T_KEEPALIVE:
		on_keepalive(c);
		break;
	case TCP_T_CORK:
		c->cork_expired = true;
		tcp_mark_dirty(c);
		break;
	case TCP_T_RETRY:
		tcp_mark_dirty(c);
		break;
	case TCP_T_LINGER:
		on_linger(c);
		break;
	case TCP_T_LISTEN:
		tcp_listen_on_timer(c);
		break;
	case TCP_NTIMERS:
		break;
	}
}

void tcp_on_timer(struct timer *timer)
{
	struct tcp_timed *timed = container_of(timer, struct tcp_timed, timer);
	struct tcp_conn *c = container_of(timed, struct tcp_conn, timed);
	usecs now;

	if (timed->is_time_wait) {
		tcp_tw_on_timer(
			container_of(timed, struct tcp, time_wait_timer));
		return;
	}
	MUST_HOLD(&c->eng->lock);

	tcp_work_on(c->tcp, c);
	now = c->eng->now;
	for (int i = 0; i < TCP_NTIMERS; i++) {
		if (c->deadline[i] > now)
			continue;
		c->deadline[i] = USECS_NEVER;
		on_due(c, (enum tcp_deadline)i);
	}

	/* The earliest of what is left, and of what was just begun. */
	follow_deadlines(c);
	tcp_work_on(c->tcp, NULL);
}
