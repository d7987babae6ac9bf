/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * turn.c - one turn of the engine: in with the lock, out with the news
 *
 * What this room is for
 *   See turn.h. The order in turn_settle() matters: timers first, because they
 *   send; then what was looped back, which may cause answers; then the ACKs
 *   and data that all of it made possible; at last the news, once.
 *
 * Goes out   eth.c for frames; each room for its timers; tcp_flush().
 * Never      sleeps or reads entropy. The clock comes from driver.c.
 */

#include "turn.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

#include "net/addr.h"
#include "ground/critical.h"
#include "net/auto6.h"
#include "net/dhcp4.h"
#include "net/dhcp6.h"
#include "process/driver.h"
#include "link/eth.h"
#include "net/ipv4ll.h"
#include "link/link.h"
#include "ground/log.h"
#include "ground/must.h"
#include "netlink/nl_watch.h"
#include "process/recover.h"
#include "transport/packet_ring.h"
#include "ground/sys.h"

struct stack *turn_stack;
uint32_t turn_die_after;

enum {
	SETTLE_ROUNDS = 16,   /* of looped-back frames and their answers */
	SETTLE_TIMERS = 4096, /* expired at once; the rest waits a turn */
	SETTLE_LATE = 16,     /* put right before a sleep */
	FRAME_HEADROOM = 64,
	TRIM_TURNS = 500, /* in LIMIT_TRIM_US: that is work */
	DIE_WITHIN_NS = 30000,
};

#define TRIM_PAUSE_US MSEC(2) /* others may have the lock */

/* A timer of the kernel kills the process at an instruction that nobody chose:
 * mostly in this turn, and otherwise in one of the next. */
static void die_soon(const struct stack *st)
{
	struct sigevent how = {.sigev_notify = SIGEV_SIGNAL,
			       .sigev_signo = SIGKILL};
	uint64_t within = rand_siphash(&st->eng.hash_key, &st->eng.now,
				       sizeof(st->eng.now)) %
			  DIE_WITHIN_NS;
	struct itimerspec when = {.it_value.tv_nsec = (long)within + 1};
	int id;

	if (sys_call3(SYS_timer_create, CLOCK_MONOTONIC, (long)&how,
		      (long)&id) == 0)
		sys_call6(SYS_timer_settime, id, 0, (long)&when, 0, 0, 0);
}

struct stack *turn_enter_at(usecs now)
{
	struct stack *st = turn_stack;
	bool inherited;

	critical_enter();
	inherited = lock_take(&st->eng.lock) == LOCK_INHERITED;
	if (now > st->eng.now)
		st->eng.now = now;
	if (UNLIKELY(inherited))
		recover_after_death(st);
	if (UNLIKELY(turn_die_after) && --turn_die_after == 0)
		die_soon(st);
	return st;
}

struct stack *turn_enter(void)
{
	return turn_enter_at(driver_now());
}

void turn_leave(struct stack *st)
{
	struct wakes wakes;
	bool earlier;

	turn_settle(st);
	wakes_take(&wakes);
	earlier = driver_must_hear_of(turn_next(st));
	lock_release(&st->eng.lock);
	if (wakes.n)
		wakes_fire(&wakes);
	if (earlier)
		driver_nudge();
	critical_leave();
}

/*
 * After a flood memory lies about that nobody needs. A while later it goes
 * back, unless there is work: then the pages will be wanted again, and touching
 * them anew costs more than a frame. The timer is armed by what was freed, so a
 * stack that is idle for long is not woken.
 */
static void want_trim(struct stack *st)
{
	st->trim_turns++;
	if (LIKELY(arena_slack(st->eng.arena) < LIMIT_SLACK) ||
	    timer_is_armed(&st->trim))
		return;
	st->trim_turns = 0;
	timer_start(&st->eng.timers, &st->trim, st->eng.now + LIMIT_TRIM_US);
}

static void trim(struct stack *st)
{
	bool is_idle = st->trim_turns < TRIM_TURNS;

	st->trim_turns = 0;
	if (!is_idle)
		timer_start(&st->eng.timers, &st->trim,
			    st->eng.now + LIMIT_TRIM_US);
	else if (!arena_trim(st->eng.arena))
		timer_start(&st->eng.timers, &st->trim,
			    st->eng.now + TRIM_PAUSE_US);
}

static void expire(struct timer *t)
{
	switch ((enum timer_kind)t->kind) {
	case TIMER_TCP:
		tcp_on_timer(t);
		break;
	case TIMER_NEIGH:
		neigh_on_timer(container_of(t, struct neigh, timer));
		break;
	case TIMER_REASM:
		reasm_on_timer(container_of(t, struct reasm, timer));
		break;
	case TIMER_TRIM:
		trim(container_of(t, struct stack, trim));
		break;
	case TIMER_IFACE:
		addr_on_timer(container_of(t, struct iface, timer));
		break;
	case TIMER_MCAST:
		mcast_on_timer(t);
		break;
	case TIMER_RING:
		packet_ring_on_timer(
			container_of(t, struct packet_ring, timer));
		break;
	case TIMER_DHCP4:
		dhcp4_on_timer(container_of(t, struct dhcp4, timer));
		break;
	case TIMER_IPV4LL:
		ipv4ll_on_timer(container_of(t, struct ipv4ll, timer));
		break;
	case TIMER_DHCP6:
		dhcp6_on_timer(container_of(t, struct dhcp6, timer));
		break;
	case TIMER_AUTO6:
		auto6_on_timer(container_of(t, struct auto6, timer));
		break;
	case TIMER_PMTU:
	case TIMER_NONE:
	case TIMER_TEST:
		break;
	}
}

static void run_timers(struct stack *st)
{
	struct timer *t;
	int n = 0;

	while (n++ < SETTLE_TIMERS &&
	       (t = timer_pop_due(&st->eng.timers, st->eng.now)))
		expire(t);
}

/* True when frames were handled, and so more may have come. */
static bool run_loopback(struct stack *st)
{
	struct link *l;
	struct pkt *p;
	int n = 0;

	if (!st->loop || st->net.nifs == 0)
		return false;
	l = link_by_handle(st->net.ifs[0].link);
	while (l && n < LIMIT_LOOP_BATCH && (p = link_take(l))) {
		p->stamp = st->eng.now;
		eth_input(&st->net.ifs[0], p);
		n++;
	}
	st->loop_more = n == LIMIT_LOOP_BATCH;
	return n > 0;
}

void turn_settle(struct stack *st)
{
	int rounds = 0;

	net_settle(&st->net);
	run_timers(st);
	do {
		tcp_flush(&st->tcp);
		if (!run_loopback(st))
			break;
	} while (++rounds < SETTLE_ROUNDS);
	if (rounds == SETTLE_ROUNDS)
		st->loop_more = true;
	nl_watch_settle(st);
	if (!list_is_empty(&st->eng.news))
		sock_collect_news(st);
	want_trim(st);
}

/* A frame buffer for what this link may deliver. */
static struct pkt *frame_buffer(struct stack *st, const struct link *l)
{
	size_t room = l->caps & (LINK_TSO4 | LINK_TSO6 | LINK_MERGES)
			      ? PKT_FRAME_MAX
			      : l->mtu + FRAME_HEADROOM;

	return pkt_new(st->eng.arena, room + FRAME_HEADROOM, 0);
}

static bool read_link(struct stack *st, struct iface *ifp, struct link *l,
		      const uint32_t *until)
{
	size_t bytes = 0;

	link_turn(l, st->eng.now);
	for (int n = 0; n < LIMIT_RX_BATCH && bytes < LIMIT_RX_BYTES; n++) {
		struct pkt *p = frame_buffer(st, l);

		if (!p) {
			st->eng.stats.drops[DROP_NO_MEMORY]++;
			return false;
		}
		p->stamp = st->eng.now;
		if (link_recv(l, p) < 0) {
			pkt_free(st->eng.arena, p);
			return false;
		}
		p->ifp = ifp;
		bytes += p->len;
		eth_input(ifp, p);
		if (!until)
			continue;
		turn_settle(st);
		if (*until)
			return false;
	}
	return true;
}

bool turn_read_links(struct stack *st, const uint32_t *until)
{
	bool more = false;

	for (uint32_t i = 1; i < st->net.nifs; i++) {
		struct iface *ifp = &st->net.ifs[i];
		struct link *l = link_by_handle(ifp->link);

		if (l && read_link(st, ifp, l, until))
			more = true;
	}
	return more;
}

usecs turn_next(struct stack *st)
{
	usecs next = timer_next(&st->eng.timers);

	if (st->loop_more)
		return st->eng.now;
	for (uint32_t i = 1; i < st->net.nifs; i++) {
		struct link *l = link_by_handle(st->net.ifs[i].link);
		usecs due;

		if (!l)
			continue;
		due = link_next(l);
		if (due < next)
			next = due;
	}
	return next;
}

usecs turn_next_for_sleep(struct stack *st)
{
	for (int n = 0; n < SETTLE_LATE; n++) {
		struct timer *t = timer_first(&st->eng.timers);

		if (!t || t->kind != TIMER_TCP || !tcp_timer_catch_up(t))
			break;
	}
	return turn_next(st);
}

/* --- signals ------------------------------------------------------------- */

void stack_set_deliver_hook(void (*deliver)(void))
{
	critical_deliver = deliver;
}

bool stack_is_inside(void)
{
	return critical.depth > 0;
}

void stack_put_aside(void)
{
	critical.pending = 1;
}

void stack_put_aside_done(void)
{
	critical.pending = 0;
}

void stack_interrupt(void)
{
	critical.interrupts++;
	driver_interrupt();
}

uint32_t stack_interrupts(void)
{
	return critical.interrupts;
}
