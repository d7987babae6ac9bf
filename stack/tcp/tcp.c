/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp.c - a connection's life: open, bind, listen, connect, close, free
 *
 * What this room is for
 *   Who holds a connection, and when it goes. Two may hold it: the protocol,
 *   while its state is not CLOSED, and the program, until tcp_close(). The last
 *   to let go puts it on the dirty list; tcp_flush() frees it.
 *
 * Comes in   the socket floor's verbs; resets and timeouts from other rooms.
 * Goes out   SYNs, FINs and resets through tcp_out.c.
 * Lock       the stack lock is held.
 * Follows    RFC 9293 3.9.1, 3.10.1, 3.10.4, 3.10.5; RFC 6528; RFC 2525 2.17.
 * Proved by  tcp_fsm_test.c and tcp_user_test.c
 */
#define LOG_ROOM LOG_ROOM_TCP

#include "tcp.h"

#include <errno.h>
#include <string.h>

#include "net/addr_select.h"
#include "tcp_filter.h"
#include "tcp_fsm.h"
#include "tcp_listen.h"
#include "tcp_out.h"
#include "tcp_priv.h"
#include "tcp_reasm.h"
#include "tcp_recover.h"
#include "tcp_scarce.h"
#include "tcp_timer.h"
#include "tcp_tw.h"
#include "tcp_window.h"

/* What keys are derived for. The port rooms use protocol numbers. */
enum purpose {
	PURPOSE_TCP_ISS = 0x7463702,
	PURPOSE_TCP_COOKIE = 0x7463703,
};

void tcp_init(struct tcp *t, struct engine *eng, struct net *net)
{
	memset(t, 0, sizeof(*t));
	t->eng = eng;
	t->net = net;
	ports_init(&t->ports, eng, IP_PROTO_TCP);
	t->iss_key = rand_derive(&eng->rand, PURPOSE_TCP_ISS);
	t->cookie_key = rand_derive(&eng->rand, PURPOSE_TCP_COOKIE);
	list_init(&t->dirty);
	list_init(&t->hungry);
	tcp_filter_init(t);
	tcp_tw_init(t);
}

static void set_defaults(struct tcp_conn *c)
{
	c->sndbuf = LIMIT_TCP_SNDBUF_START;
	c->rcvbuf = LIMIT_TCP_RCVBUF_START;
	c->notsent_lowat = UINT32_MAX;
	c->keepidle = LIMIT_KEEPIDLE_US / USECS_PER_SEC;
	c->keepintvl = LIMIT_KEEPINTVL_US / USECS_PER_SEC;
	c->keepcnt = LIMIT_KEEPCNT;
	c->cc.algo = TCP_CC_DEFAULT;
	c->v4.pmtudisc = c->v6.pmtudisc = 1; /* IP_PMTUDISC_WANT */
	c->mss = c->peer_mss = c->adv_mss = TCP_MSS_UNSAID4;
}

int tcp_new(struct tcp *t, void *owner, struct tcp_conn **out)
{
	struct engine *eng = t->eng;
	struct tcp_conn *c;

	MUST_HOLD(&eng->lock);
	c = arena_zalloc(eng->arena, sizeof(*c), ARENA_MAKING);
	if (!c)
		return -ENOBUFS;
	c->tcp = t;
	c->eng = eng;
	if (tcp_timer_init(c) != 0) {
		arena_free(eng->arena, c);
		return -ENOBUFS;
	}
	news_init(&c->news);
	c->news.owner = owner;
	list_init(&c->dirty);
	list_init(&c->hungry);
	list_init(&c->in_queue);
	binding_init(&c->b);
	byteq_init(&c->sndq, eng->arena);
	byteq_init(&c->rcvq, eng->arena);
	tcp_rtt_init(&c->rtt);
	set_defaults(c);
	t->nconns++;
	arena_made(eng->arena, c, ARENA_CONN);
	*out = c;
	return 0;
}

void tcp_begin(struct tcp_conn *c)
{
	tcp_work_on(c->tcp, c);
}

void tcp_set_owner(struct tcp_conn *c, void *owner)
{
	c->news.owner = owner;
}

void tcp_set_user(struct tcp_conn *c, uint32_t uid)
{
	c->b.user = uid;
}

/* The only place where a conn is freed. */
static void reap(struct tcp_conn *c)
{
	struct tcp *t = c->tcp;

	MUST(c->state == TCPS_CLOSED && !c->listener);
	list_remove(&c->dirty);
	list_remove(&c->hungry);
	if (t->silent == c)
		t->silent = NULL;
	news_forget(&c->news);
	ports_release(&t->ports, &c->b);
	tcp_timer_fini(c);
	byteq_clear(&c->sndq);
	byteq_clear(&c->rcvq);
	tcp_reasm_clear(c);
	tcp_recover_fini(c);
	tcp_filter_drop(c);
	t->nconns--;
	arena_free(t->eng->arena, c);
}

void tcp_fini(struct tcp *t)
{
	struct engine *eng = t->eng;
	struct tcp_conn *c;

	while ((c = arena_next(eng->arena, ARENA_CONN, NULL))) {
		if (c->state == TCPS_LISTEN)
			tcp_listen_close(c);
		if (tcp_is_queued(c))
			tcp_listen_remove(c);
		if (c->state != TCPS_CLOSED)
			tcp_fsm_on_finish(c);
		reap(c);
	}
	tcp_tw_fini(t);
	ports_fini(&t->ports);
}

/* Out of the demultiplexer's sight, yet able to tell its name. */
static void leave_tables(struct tcp_conn *c)
{
	struct ports_tuple name = c->b.key;

	ports_release(&c->tcp->ports, &c->b);
	c->b.key = name;
}

void tcp_finish(struct tcp_conn *c, int error)
{
	uint32_t news =
		NEWS_CLOSED | NEWS_END_OF_INPUT | NEWS_WRITABLE | NEWS_READABLE;

	if (c->state == TCPS_CLOSED)
		return;
	log_debug("tcp %u-%u finished, error %d", c->b.key.lport,
		  c->b.key.rport, error);
	tcp_timer_on_finish(c);
	if (c->state == TCPS_TIME_WAIT)
		tcp_tw_take(c);
	tcp_fsm_on_finish(c);
	if (c->b.is_bound || c->b.is_connected)
		leave_tables(c);
	byteq_clear(&c->sndq);
	tcp_reasm_clear(c);
	tcp_recover_fini(c);
	c->snd_nxt = c->snd_una;
	c->ack_now = c->starved = false;
	list_remove(&c->hungry);
	if (error) {
		c->error = (int16_t)error;
		news |= NEWS_ERROR;
	}
	tcp_tell(c, news);
	if (c->is_orphan) {
		c->tcp->norphans--;
		byteq_clear(&c->rcvq);
		tcp_mark_dirty(c);
	}
}

void tcp_reset(struct tcp_conn *c, int error)
{
	if (tcp_fsm_is_synchronized(c) || c->state == TCPS_SYN_RCVD)
		tcp_out_reset(c);
	tcp_finish(c, error);
}

int tcp_bind(struct tcp_conn *c, const struct endpoint *local)
{
	const struct net *net = c->tcp->net;
	int err;

	MUST_HOLD(&c->eng->lock);
	if (c->state != TCPS_CLOSED || c->b.is_bound)
		return -EINVAL;
	if (!inet_is_any(&local->addr) && !inet_is_multicast(&local->addr) &&
	    !net_is_local(net, &local->addr) &&
	    !net_is_broadcast(net, &local->addr))
		return -EADDRNOTAVAIL;
	err = ports_bind(&c->tcp->ports, &c->b, local);
	c->was_bound = err == 0;
	return err;
}

int tcp_listen(struct tcp_conn *c, uint32_t backlog)
{
	struct endpoint any = {.port = 0};
	struct tcp_listener *l;
	int err;

	MUST_HOLD(&c->eng->lock);
	backlog = MIN(backlog, (uint32_t)LIMIT_BACKLOG);
	if (c->state == TCPS_LISTEN) {
		c->listener->backlog = backlog;
		return 0;
	}
	if (c->state != TCPS_CLOSED)
		return -EINVAL;
	if (!c->b.is_bound) {
		if (!(c->b.flags & BINDING_IS6))
			any.addr = inet_from4(ip4_make(0, 0, 0, 0));
		err = tcp_bind(c, &any);
		if (err)
			return err;
	}
	err = ports_may_listen(&c->tcp->ports, &c->b);
	if (err)
		return err;
	l = arena_zalloc(c->eng->arena, sizeof(*l), ARENA_OTHER);
	if (!l)
		return -ENOBUFS;
	for (uint32_t i = 0; i < ARRAY_LEN(l->waiting); i++)
		list_init(&l->waiting[i]);
	list_init(&l->accept);
	list_init(&l->acked);
	l->backlog = backlog;
	c->listener = l;
	c->b.flags |= BINDING_LISTENING;
	tcp_fsm_on_listen(c);
	return 0;
}

struct tcp_conn *tcp_accept(struct tcp_conn *listener)
{
	struct tcp_conn *child;

	MUST_HOLD(&listener->eng->lock);
	if (listener->state != TCPS_LISTEN ||
	    list_is_empty(&listener->listener->accept))
		return NULL;
	child = list_entry(listener->listener->accept.next, struct tcp_conn,
			   in_queue);
	tcp_listen_remove(child);
	tcp_listen_on_room(listener);
	return child;
}

/* As if it had never been connected; what the program set stays. */
static void forget_protocol(struct tcp_conn *c)
{
	c->ts_ok = c->sack_ok = c->wscale_ok = c->was_connected = false;
	c->fin_sent = c->fin_acked = c->peer_fin = false;
	c->ack_now = c->send_more = c->cwnd_limited = false;
	c->was_full = c->probing = c->pingpong = false;
	c->urg_valid = c->urg_seen = c->urg_sending = false;
	c->has_recover = c->can_undo = c->can_eifel = false;
	c->frto = c->frto_new = false;
	c->ecn_asked = c->ecn_ok = c->ecn_echo = false;
	c->ecn_cwr = c->ecn_cut = false;
	c->rxt_force = c->window_blocked = c->cork_expired = false;
	c->recv_shut = c->send_shut = false;
	c->recovery = TCP_RECOVER_NONE;
	c->dupacks = c->retries = c->probe_shift = 0;
	c->ack_segs = c->max_flight = 0;
	c->max_wnd = c->snd_wnd = 0;
	c->rcv_nxt = c->rcv_adv = 0;
	c->last_rx = c->last_tx = c->last_data_rx = 0;
	c->oow_ack_at = c->rcv_rtt_at = 0;
	c->soft_error = 0;
	c->reorder = (struct tcp_reorder){.is_seen = false};
	tcp_rtt_init(&c->rtt);
}

static void start_connect(struct tcp_conn *c, const struct tcp_tw_yield *old)
{
	forget_protocol(c);
	c->iss = old->has_iss ? old->iss : tcp_make_iss(c->tcp, &c->b.key);
	c->ts_offset = tcp_make_ts_offset(c->tcp, &c->b.key);
	c->snd_una = c->iss;
	c->snd_nxt = c->iss + 1;
	c->snd_sml = c->iss;
	c->round_end = c->snd_nxt;
	c->rtt_at = c->eng->now;
	c->rtt_seq = c->snd_nxt;
	c->quickacks = TCP_QUICKACKS;
	c->adv_mss = tcp_adv_mss(c->path.ifp, &c->b.key.remote, c->user_mss);
	c->peer_mss = c->adv_mss;
	c->rcv_wscale = tcp_window_scale(c);
	tcp_cc_init(&c->cc, (enum tcp_cc_algo)c->cc.algo, c->mss);
}

int tcp_connect(struct tcp_conn *c, const struct endpoint *remote)
{
	const struct inet_addr *local = &c->b.key.local;
	struct endpoint to = *remote;
	struct tcp_tw_yield old;
	struct path path;
	int err;

	MUST_HOLD(&c->eng->lock);
	if (c->state == TCPS_SYN_SENT || c->state == TCPS_SYN_RCVD)
		return -EALREADY;
	if (c->state != TCPS_CLOSED || c->is_orphan)
		return -EISCONN;
	/* "This host": Linux takes it for the loopback. */
	if (inet_is_any(&to.addr))
		to.addr = inet_loopback_of(&to.addr);
	if (inet_is_multicast(&to.addr) ||
	    net_is_broadcast(c->tcp->net, &to.addr))
		return -ENETUNREACH;
	if (to.port == 0)
		return -ECONNREFUSED;

	/* Unbound it is ::, whatever the socket's family. */
	if (inet_is4(local) && !inet_is4(&to.addr))
		return -EAFNOSUPPORT;
	if (!inet_is_any(local) && !inet_is4(local) && inet_is4(&to.addr))
		return -ENETUNREACH;
	err = route_lookup_on(c->tcp->net, &to.addr,
			      c->b.is_bound ? local : NULL,
			      to.scope ? to.scope : c->ifindex, &path);
	if (err)
		return err;
	if (!c->b.is_bound && c->v6.prefer_public)
		addr_select_public(c->tcp->net, &to.addr, &path);
	tcp_tw_yield_init(&old, c->tcp);
	err = ports_connect(&c->tcp->ports, &c->b, &path.source, &to,
			    &old.ports);
	if (err)
		return err;
	c->path = (struct tcp_way){path.ifp, path.next_hop, path.mtu};
	c->path_at = c->eng->now;
	start_connect(c, &old);
	tcp_fsm_on_connect(c);
	tcp_update_mss(c);
	stats_add(&c->eng->stats, STAT_TCP_ACTIVE_OPENS, 1);
	tcp_out_syn(c);
	tcp_timer_on_sent(c);
	return 0;
}

/* The protocol goes on alone. */
static void become_orphan(struct tcp_conn *c)
{
	news_forget(&c->news);
	c->is_orphan = true;
	c->recv_shut = true;
	if (c->state == TCPS_CLOSED) {
		tcp_mark_dirty(c);
		return;
	}
	c->tcp->norphans++;
	if (c->state == TCPS_FIN_WAIT_2)
		tcp_timer_on_fin_wait_2(c);
	else
		tcp_timer_on_orphan(c);
}

int tcp_shutdown_send(struct tcp_conn *c)
{
	MUST_HOLD(&c->eng->lock);
	switch ((enum tcp_state)c->state) {
	case TCPS_CLOSED:
	case TCPS_LISTEN:
	case TCPS_SYN_SENT:
		return -ENOTCONN;
	case TCPS_SYN_RCVD:
		c->send_shut = true; /* FIN follows the handshake */
		return 0;
	case TCPS_ESTABLISHED:
	case TCPS_CLOSE_WAIT:
		c->send_shut = true;
		tcp_fsm_on_close(c);
		tcp_output(c);
		return 0;
	case TCPS_FIN_WAIT_1:
	case TCPS_FIN_WAIT_2:
	case TCPS_CLOSING:
	case TCPS_TIME_WAIT:
	case TCPS_LAST_ACK:
		return 0;
	}
	return 0;
}

int tcp_shutdown_recv(struct tcp_conn *c)
{
	MUST_HOLD(&c->eng->lock);
	if (c->state == TCPS_CLOSED || c->state == TCPS_LISTEN ||
	    c->state == TCPS_SYN_SENT)
		return -ENOTCONN;
	c->recv_shut = true;
	tcp_tell(c, NEWS_END_OF_INPUT);
	return 0;
}

/* Must the peer learn that not all was read, or is nobody to wait for? */
static bool closes_by_reset(const struct tcp_conn *c)
{
	if (!tcp_fsm_is_synchronized(c))
		return false;
	return c->rcvq.bytes > 0 || tcp_reasm_has_holes(c) || c->linger_reset ||
	       c->tcp->norphans >= LIMIT_ORPHANS ||
	       (c->linger2 < 0 && c->state == TCPS_FIN_WAIT_2);
}

void tcp_close(struct tcp_conn *c)
{
	MUST_HOLD(&c->eng->lock);
	MUST(!c->is_orphan && !tcp_is_queued(c));

	tcp_begin(c);
	become_orphan(c);
	if (c->state == TCPS_CLOSED)
		return;
	if (c->state == TCPS_LISTEN) {
		tcp_listen_close(c);
		tcp_finish(c, 0);
		return;
	}
	if (c->state == TCPS_SYN_SENT) {
		tcp_finish(c, 0);
		return;
	}
	if (closes_by_reset(c)) {
		tcp_reset(c, 0);
		return;
	}
	(void)!tcp_shutdown_send(c);
}

void tcp_abort(struct tcp_conn *c)
{
	MUST_HOLD(&c->eng->lock);
	MUST(!c->is_orphan && !tcp_is_queued(c));

	tcp_begin(c);
	become_orphan(c);
	if (c->state == TCPS_LISTEN)
		tcp_listen_close(c);
	tcp_reset(c, 0);
}

void tcp_destroy(struct tcp_conn *c)
{
	MUST_HOLD(&c->eng->lock);
	if (c->state == TCPS_LISTEN)
		tcp_listen_close(c);
	tcp_reset(c, ECONNABORTED);
}

void tcp_disconnect(struct tcp_conn *c)
{
	MUST_HOLD(&c->eng->lock);
	if (c->state == TCPS_LISTEN)
		tcp_listen_close(c);
	if (c->state != TCPS_CLOSED)
		tcp_reset(c, 0);
	ports_release(&c->tcp->ports, &c->b);
	byteq_clear(&c->rcvq);
	c->b.flags &= ~(uint32_t)BINDING_LISTENING;
	c->was_bound = false;
	c->error = c->soft_error = 0;
	forget_protocol(c);
}

/*
 * Everything made dirty in this turn is looked at once. What gets dirty
 * meanwhile waits for the next turn's flush, except that nothing does: output
 * never causes input directly.
 */
static void flush_dirty(struct tcp *t)
{
	struct list todo;

	if (list_is_empty(&t->dirty))
		return;
	list_init(&todo);
	list_splice(&todo, &t->dirty);
	while (!list_is_empty(&todo)) {
		struct tcp_conn *c =
			list_entry(todo.next, struct tcp_conn, dirty);

		list_remove(&c->dirty);
		tcp_work_on(t, c);
		if (c->state == TCPS_CLOSED && c->is_orphan)
			reap(c);
		else
			tcp_output(c);
	}
}

void tcp_ack_silent(struct tcp *t)
{
	struct tcp_conn *c = t->silent;

	t->silent = NULL;
	if (c && c->deadline[TCP_T_DELACK] != USECS_NEVER)
		tcp_ack_soon(c);
}

void tcp_flush(struct tcp *t)
{
	MUST_HOLD(&t->eng->lock);
	flush_dirty(t);
	tcp_work_on(t, NULL);
	if (UNLIKELY(!list_is_empty(&t->hungry)))
		tcp_scarce_settle(t);
}
