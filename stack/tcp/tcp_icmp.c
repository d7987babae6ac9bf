/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_icmp.c - what the network says about a segment of ours
 *
 * What this room is for
 *   Decides how far an ICMP error is believed: only if it quotes something
 *   that is in flight; then a narrower path is used at once, a refused SYN
 *   ends the attempt, and an established connection merely remembers.
 *
 * Comes in   icmp.c.
 * Lock       the stack lock is held.
 * Follows    RFC 1122 4.2.3.9, RFC 1191 6.4, RFC 5927.
 * Proved by  tcp_out_test.c
 */
#include "net/icmp.h"
#include "tcp_fsm.h"
#include "tcp_listen.h"
#include "tcp_priv.h"
#include "tcp_recover.h"

static struct tcp_conn *conn_of(struct binding *b)
{
	return container_of(b, struct tcp_conn, b);
}

/* RFC 1191 6.4: resend at once in smaller pieces; the path is not crowded. */
static void on_mtu(struct tcp_conn *c)
{
	uint16_t before = c->mss;

	if (tcp_refresh_path(c, true) != 0 || c->mss >= before)
		return;
	if (!tcp_fsm_can_output(c))
		return;
	tcp_recover_on_mtu(c);
	tcp_mark_dirty(c);
}

/* RFC 5927 4.1: what is not in flight nobody can complain about. */
static bool is_in_flight(const struct tcp_conn *c, tcp_seq seq)
{
	return seq_leq(c->snd_una, seq) && seq_lt(seq, c->snd_nxt);
}

static void on_conn_error(struct tcp_conn *c, const struct icmp_error *e)
{
	if (!is_in_flight(c, e->seq))
		return;
	if (e->mtu) {
		on_mtu(c);
		return;
	}
	if (!e->error)
		return;
	/* Linux fails an attempt to connect for soft errors, too. */
	if (c->state == TCPS_SYN_SENT || c->state == TCPS_SYN_RCVD) {
		stats_add(&c->eng->stats, STAT_TCP_ATTEMPT_FAILS, 1);
		tcp_finish(c, e->error);
		return;
	}
	c->soft_error = (int16_t)e->error;
}

static struct ports_tuple key_of(const struct icmp_error *e)
{
	return (struct ports_tuple){
		.local = e->local,
		.remote = e->remote,
		.lport = e->local_port,
		.rport = e->remote_port,
	};
}

bool tcp_icmp_is_ours(struct tcp *t, const struct icmp_error *e)
{
	struct ports_tuple key = key_of(e);
	struct binding *b;

	MUST_HOLD(&t->eng->lock);
	b = ports_find_tuple(&t->ports, &key);
	return b && !(b->flags & BINDING_TIME_WAIT) &&
	       is_in_flight(conn_of(b), e->seq);
}

void tcp_icmp_error(struct tcp *t, const struct icmp_error *e)
{
	struct ports_tuple key = key_of(e);
	struct binding *b;

	MUST_HOLD(&t->eng->lock);
	b = ports_find_tuple(&t->ports, &key);
	if (b) {
		if (!(b->flags & BINDING_TIME_WAIT)) {
			tcp_begin(conn_of(b));
			on_conn_error(conn_of(b), e);
			tcp_work_on(t, NULL);
		}
		return;
	}
	if (e->mtu || !e->hard)
		return;
	b = ports_find_bound(&t->ports, &key, 0, true);
	if (b)
		tcp_listen_on_icmp(conn_of(b), &key, e->seq);
}
