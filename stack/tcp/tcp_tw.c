/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_tw.c - connections that are over, but remembered
 *
 * What this room is for
 *   Answers what the last segments of a connection still cause, and lets a new
 *   connection of the same tuple begin when it is certain that it is new.
 *
 * Comes in   tcp_in.c finds a binding with BINDING_TIME_WAIT.
 * Goes out   ACKs through tcp_reply.c.
 * Never      holds buffers, or counts a reset (RFC 1337).
 * Lock       the stack lock is held.
 * Follows    RFC 9293 3.10.7.4, RFC 1337, RFC 6191.
 * Proved by  tcp_listen_test.c and tcp_timer_test.c
 */
#include "tcp_tw.h"

#include "tcp_reply.h"

/* Strange segments are answered this often, lest two hosts never fall silent
 * (Linux: tcp_invalid_ratelimit). */
#define TW_OOW_US MSEC(500)

/* Linux: the time stamp must have changed, in its unit of a second. */
#define TW_YIELD_US SEC(1)

static struct tcp_tw *tw_of(struct list *link)
{
	return list_entry(link, struct tcp_tw, link);
}

void tcp_tw_init(struct tcp *t)
{
	list_init(&t->time_wait);
	t->ntime_wait = 0;
	t->time_wait_timer.is_time_wait = true;
	t->time_wait_timer.is_ready =
		timer_init(&t->eng->timers, &t->time_wait_timer.timer,
			   TIMER_TCP) == 0;
}

static void forget(struct tcp *t, struct tcp_tw *w)
{
	list_remove(&w->link);
	t->ntime_wait--;
	ports_release(&t->ports, &w->b);
	arena_free(t->eng->arena, w);
}

void tcp_tw_fini(struct tcp *t)
{
	while (!list_is_empty(&t->time_wait))
		forget(t, tw_of(t->time_wait.next));
	if (t->time_wait_timer.is_ready)
		timer_fini(&t->eng->timers, &t->time_wait_timer.timer);
	t->time_wait_timer.is_ready = false;
}

/* The timer belongs to the oldest; it may fire early, never late. */
static void arm(struct tcp *t)
{
	struct timer *timer = &t->time_wait_timer.timer;
	struct list *oldest = list_first(&t->time_wait);

	if (!oldest)
		timer_stop(&t->eng->timers, timer);
	else if (!timer_is_armed(timer))
		timer_start(&t->eng->timers, timer, tw_of(oldest)->until);
}

void tcp_tw_claim(struct tcp *t)
{
	t->ntime_wait =
		arena_claim_list(t->eng->arena, &t->time_wait, ARENA_OTHER,
				 offsetof(struct tcp_tw, link));
}

void tcp_tw_rebuild(struct tcp *t)
{
	list_for_each (it, &t->time_wait)
		ports_restore(&t->ports, &tw_of(it)->b);
	if (t->time_wait_timer.is_ready)
		timer_rebuild(&t->eng->timers, &t->time_wait_timer.timer);
	if (t->time_wait_timer.is_ready)
		arm(t);
}

void tcp_tw_on_timer(struct tcp *t)
{
	struct list *oldest;

	MUST_HOLD(&t->eng->lock);
	while ((oldest = list_first(&t->time_wait)) &&
	       tw_of(oldest)->until <= t->eng->now)
		forget(t, tw_of(oldest));
	arm(t);
}

/* Above everything that the old connection sent (RFC 6191, as Linux). */
static tcp_seq next_iss(const struct tcp_tw *w)
{
	return w->snd_nxt + 65535 + 2;
}

static bool yield(struct ports_yield *ports, struct binding *b)
{
	struct tcp_tw_yield *y =
		container_of(ports, struct tcp_tw_yield, ports);
	struct tcp_tw *w = container_of(b, struct tcp_tw, b);
	usecs since = w->until - LIMIT_TIME_WAIT_US;

	if (!w->ts_ok || y->tcp->eng->now < since + TW_YIELD_US ||
	    !(inet_is_loopback(&b->key.remote) ||
	      inet_equal(&b->key.local, &b->key.remote)))
		return false;
	y->has_iss = true;
	y->iss = next_iss(w);
	forget(y->tcp, w);
	return true;
}

void tcp_tw_yield_init(struct tcp_tw_yield *y, struct tcp *t)
{
	*y = (struct tcp_tw_yield){.ports = {yield}, .tcp = t};
}

static void restart(struct tcp *t, struct tcp_tw *w)
{
	w->until = t->eng->now + LIMIT_TIME_WAIT_US;
	list_remove(&w->link);
	list_push(&t->time_wait, &w->link);
}

void tcp_tw_take(struct tcp_conn *c)
{
	struct tcp *t = c->tcp;
	struct engine *eng = t->eng;
	struct ports_tuple key = c->b.key;
	uint32_t flags = c->b.flags;
	bool is_auto = c->b.is_auto;
	struct tcp_tw *w = NULL;

	/* Without a name it was taken by somebody who died of it. */
	if (!c->b.is_bound)
		return;
	if (t->time_wait_timer.is_ready && t->ntime_wait < LIMIT_TIME_WAIT)
		w = arena_zalloc(eng->arena, sizeof(*w), ARENA_OTHER);
	if (!w)
		return;

	ports_release(&t->ports, &c->b);
	binding_init(&w->b);
	w->b.flags = (flags & ~(uint32_t)BINDING_LISTENING) | BINDING_TIME_WAIT;
	w->b.user = c->b.user;
	/* Its port stays free for connections to others. */
	w->b.is_auto = is_auto;
	if (ports_adopt(&t->ports, &w->b, &key) != 0) {
		arena_free(eng->arena, w);
		c->b.key = key;
		return;
	}
	c->b.key = key; /* The program may still ask for its name. */
	w->snd_nxt = c->snd_nxt;
	w->rcv_nxt = c->rcv_nxt;
	w->rcv_wnd = tcp_rcv_wnd(c);
	w->rcv_wscale = c->rcv_wscale;
	w->ts_ok = c->ts_ok;
	w->ts_recent = c->ts_recent;
	w->ts_offset = c->ts_offset;
	w->manner = *tcp_manner_of(c, &key.remote);
	w->until = eng->now + LIMIT_TIME_WAIT_US;
	list_push(&t->time_wait, &w->link);
	t->ntime_wait++;
	arm(t);
}

static void send_ack(struct tcp *t, struct tcp_tw *w)
{
	struct tcp_reply r = {
		.key = w->b.key,
		.seq = w->snd_nxt,
		.ack = w->rcv_nxt,
		.window = (uint16_t)MIN(w->rcv_wnd >> w->rcv_wscale, 65535u),
		.flags = TCP_ACK,
		.manner = w->manner,
	};

	if (w->ts_ok) {
		r.opt.has_ts = true;
		r.opt.tsval = (uint32_t)(t->eng->now / 1000) + w->ts_offset;
		r.opt.tsecr = w->ts_recent;
	}
	tcp_reply_send(t, &r);
}

static void send_ack_limited(struct tcp *t, struct tcp_tw *w)
{
	if (w->oow_ack_at && t->eng->now - w->oow_ack_at < TW_OOW_US)
		return;
	w->oow_ack_at = t->eng->now;
	send_ack(t, w);
}

/* RFC 6191 2: newer by time stamp, or by sequence number where equal. */
static bool is_new_syn(const struct tcp_tw *w, const struct tcp_seg *s)
{
	uint8_t what = s->flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN);

	if (what != TCP_SYN)
		return false;
	if (w->ts_ok && s->opt.has_ts && s->opt.tsval != w->ts_recent)
		return seq_gt(s->opt.tsval, w->ts_recent);
	return seq_gt(s->seq, w->rcv_nxt);
}

enum verdict tcp_tw_input(struct tcp *t, struct binding *b,
			  const struct tcp_seg *s, bool *reopen,
			  tcp_seq *reopen_iss)
{
	struct tcp_tw *w = container_of(b, struct tcp_tw, b);
	bool is_old_ts;

	*reopen = is_new_syn(w, s);
	if (*reopen) {
		/* The listener's SYN-ACK uses it. */
		*reopen_iss = next_iss(w);
		forget(t, w);
		return DONE;
	}

	is_old_ts =
		w->ts_ok && s->opt.has_ts && seq_lt(s->opt.tsval, w->ts_recent);
	/* RFC 1337: a reset does not end the wait. */
	if (s->flags & TCP_RST)
		return DROP_TCP_RST;
	if (s->flags & TCP_SYN) {
		send_ack_limited(t, w);
		return DROP_TCP_SYN;
	}
	/* The repeated FIN: our last ACK was lost. */
	if ((s->flags & TCP_FIN) && tcp_seg_end(s) == w->rcv_nxt &&
	    !is_old_ts) {
		restart(t, w);
		send_ack(t, w);
		return DONE;
	}
	if (s->len > 0 || s->seq != w->rcv_nxt) {
		send_ack_limited(t, w);
		return DROP_TCP_STATE;
	}
	return DONE;
}
