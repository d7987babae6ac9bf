/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_segment.c - one segment of a connection, put together and sent
 *
 * What this room is for
 *   The hot path of output: a struct tx on the C stack, payload borrowed from
 *   the send queue, one call down. An interface with TSO is given up to 64 KiB
 *   at once and cuts it into segments of c->mss.
 *
 * Comes in   tcp_out.c with a sequence number, a length and flags.
 * Goes out   ip.c, with the path that the conn remembers.
 * Never      decides whether something may be sent.
 * Lock       the stack lock is held.
 * Follows    RFC 9293 3.1, RFC 7323 3, RFC 2018 3.
 * Proved by  tcp_out_test.c
 */
#include "tcp_segment.h"

#include <errno.h>

#include "link/cksum.h"
#include "link/link.h"
#include "tcp_ecn.h"
#include "tcp_priv.h"
#include "tcp_reasm.h"
#include "tcp_timer.h"
#include "tcp_window.h"
#include "ground/tx.h"

enum {
	PMTUDISC_DONT = 0,  /* IP_PMTUDISC_DONT of ip(7) */
	PMTUDISC_PROBE = 3, /* IP_PMTUDISC_PROBE */
};

uint32_t tcp_segment_max(const struct tcp_conn *c)
{
	const struct inet_addr *to = &c->b.key.remote;
	uint32_t headers = ip_header_len(to) + TCP_HEADER_MAX;
	uint32_t segs = (TCP_CHUNK_MAX - headers) / c->mss;
	uint32_t tso = inet_is4(to) ? LINK_TSO4 : LINK_TSO6;

	if (!c->path.ifp || !(c->path.ifp->caps & tso) || c->urg_sending)
		return c->mss;
	return MAX(segs, 1u) * c->mss;
}

static void add_options(struct tcp_conn *c, uint8_t flags,
			struct tcp_options *o)
{
	bool syn = flags & TCP_SYN;
	bool syn_ack = syn && (flags & TCP_ACK);

	if (syn) {
		o->has_mss = true;
		o->mss = c->adv_mss;
		o->has_wscale = !syn_ack || c->wscale_ok;
		o->wscale = c->rcv_wscale;
		o->sack_permitted = !syn_ack || c->sack_ok;
	}
	o->has_ts = c->ts_ok || (syn && !syn_ack);
	if (o->has_ts) {
		o->tsval = tcp_ts_now(c);
		o->tsecr = flags & TCP_ACK ? c->ts_recent : 0;
	}
	if (UNLIKELY(c->reasm != NULL) && !syn && !(flags & TCP_RST))
		tcp_reasm_report(c, o);
}

/* RFC 9293 3.8.5, and 65535 for "further than that" (RFC 6093). */
static void add_urgent(const struct tcp_conn *c, struct tcp_wire *h,
		       tcp_seq seq)
{
	uint32_t ahead = c->snd_up - seq;

	if (!c->urg_sending || !seq_gt(c->snd_up, seq))
		return;
	h->flags |= TCP_URG;
	h->urgent = be16_make((uint16_t)MIN(ahead, 65535u));
}

/* Names the payload; fewer bytes than asked when it is too scattered. */
static uint32_t borrow(struct tcp_conn *c, struct tx *tx, tcp_seq seq,
		       uint32_t len)
{
	size_t at = seq - c->snd_una;
	size_t n = byteq_iov(&c->sndq, at, len, tx->payload, TX_IOV_MAX,
			     &tx->npayload);

	/* A super-segment in the middle of the stream has no short piece. */
	if (UNLIKELY(n < len) && n > c->mss)
		n = byteq_iov(&c->sndq, at, n - n % c->mss, tx->payload,
			      TX_IOV_MAX, &tx->npayload);
	tx->payload_bytes = (uint32_t)n;
	return (uint32_t)n;
}

static void push_header(struct tcp_conn *c, struct tx *tx,
			const struct tcp_shape *s, uint8_t flags,
			const struct tcp_options *o)
{
	bool syn = flags & TCP_SYN;
	size_t optlen = tcp_opt_len(o, syn);
	size_t len = sizeof(struct tcp_wire) + optlen;
	struct tcp_wire *h = tx_push(tx, len);

	*h = (struct tcp_wire){
		.sport = be16_make(c->b.key.lport),
		.dport = be16_make(c->b.key.rport),
		.seq = be32_make(s->seq),
		.ack = be32_make(flags & TCP_ACK ? c->rcv_nxt : 0),
		.offset = (uint8_t)(len / 4 << 4),
		.flags = flags,
		.window = be16_make(
			flags & TCP_RST ? 0 : tcp_window_announce(c, syn)),
	};
	tcp_opt_build(o, syn, (uint8_t *)(h + 1));
	add_urgent(c, h, s->seq);

	/* The sum over the whole super-segment: who cuts it puts the lengths
	 * of the pieces in. */
	h->cksum = be16_make(cksum_fold(
		cksum_pseudo(&c->b.key.local, &c->b.key.remote, IP_PROTO_TCP,
			     (uint32_t)len + tx->payload_bytes)));
	tx_set_csum(tx, offsetof(struct tcp_wire, cksum));
}

static int hand_down(struct tcp_conn *c, struct tx *tx, uint8_t tos)
{
	const struct tcp_manner *m = tcp_manner_of(c, &c->b.key.remote);
	struct path path = {
		.ifp = c->path.ifp,
		.next_hop = c->path.next_hop,
		.source = c->b.key.local,
		.mtu = c->path.mtu,
	};
	struct ip_how how = {
		.src = c->b.key.local,
		.dst = c->b.key.remote,
		.proto = IP_PROTO_TCP,
		.ttl = m->ttl,
		.tos = tos,
		.no_flow_label = m->no_flow_label,
		.dont_fragment = m->pmtudisc != PMTUDISC_DONT,
		.ignore_pmtu = m->pmtudisc == PMTUDISC_PROBE,
		.path = &path,
	};

	return ip_output(c->tcp->net, tx, &how);
}

/* What leaving means to the rest. */
static void on_left(struct tcp_conn *c, uint8_t flags, uint32_t len)
{
	uint32_t segs = len > c->mss ? (len + c->mss - 1) / c->mss : 1;

	stats_add(&c->eng->stats, STAT_TCP_OUT_SEGS, segs);
	c->segs_out += segs;
	if (!(flags & TCP_ACK))
		return;
	if (UNLIKELY(c->ecn_ok))
		tcp_ecn_on_left(c, flags);
	c->last_ack_sent = c->rcv_nxt;
	c->ack_now = false;
	c->ack_segs = 0;
	tcp_timer_on_ack_sent(c);
}

ssize_t tcp_segment_send(struct tcp_conn *c, const struct tcp_shape *s)
{
	struct tcp_options o = {.nsack = 0};
	uint8_t tos = tcp_manner_of(c, &c->b.key.remote)->tos;
	uint8_t flags = s->flags;
	uint32_t len = s->len;
	struct tx tx;
	int err;

	err = tcp_refresh_path(c, false);
	if (UNLIKELY(err))
		return s->len; /* lost, as far as the sender can tell */
	if (c->state != TCPS_SYN_SENT && !(flags & TCP_RST))
		flags |= TCP_ACK;

	if (UNLIKELY(c->ecn_ok))
		flags |= tcp_ecn_flags(c, s, &tos);
	/* Said once: not in each piece of a super-segment. */
	if (UNLIKELY(flags & TCP_CWR) && len > 0)
		len = MIN(len, c->mss);
	add_options(c, flags, &o);
	/* SACK blocks take room from a full segment. */
	if (UNLIKELY(o.nsack > 0) && len > 0)
		len = MIN(len, c->mss - 8u * o.nsack - 4u);

	tx_init(&tx);
	tx.cause = c->heard;
	c->heard = 0;
	if (len > 0) {
		len = borrow(c, &tx, s->seq, len);
		MUST(len > 0);
	}
	if (len < s->len)
		flags &= (uint8_t) ~(TCP_FIN | TCP_PSH);
	push_header(c, &tx, s, flags, &o);
	if (len > c->mss) {
		tx.gso = inet_is4(&c->b.key.remote) ? TX_GSO_TCP4 : TX_GSO_TCP6;
		tx.gso_size = c->mss;
	}

	err = hand_down(c, &tx, tos);
	if (err == -EAGAIN || err == -ENOBUFS) {
		tcp_timer_on_device_full(c);
		return err;
	}
	if (UNLIKELY(err)) {
		c->path_at = 0;
		if (err != -EMSGSIZE)
			c->soft_error = (int16_t)-err;
	} else {
		c->retry_us = 0;
	}
	on_left(c, flags, len);
	return len;
}
