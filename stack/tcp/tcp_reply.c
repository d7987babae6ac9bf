/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_reply.c - segments without a connection
 *
 * What this room is for
 *   Builds a bare TCP header from a struct tcp_reply and sends it.
 *
 * Never      answers a reset with a reset, or anything to many.
 * Lock       the stack lock is held.
 * Follows    RFC 9293 3.5.2 and 3.10.7.1.
 * Proved by  tcp_listen_test.c and tcp_fsm_test.c
 */
#define LOG_ROOM LOG_ROOM_TCP

#include "tcp_reply.h"

#include "link/cksum.h"
#include "ground/tx.h"

void tcp_reply_send(struct tcp *t, const struct tcp_reply *r)
{
	struct ip_how how = {
		.src = r->key.local,
		.dst = r->key.remote,
		.proto = IP_PROTO_TCP,
		.ttl = r->manner.ttl,
		.tos = r->manner.tos,
		.no_flow_label = r->manner.no_flow_label,
		.dont_fragment = true,
	};
	bool syn = r->flags & TCP_SYN;
	size_t optlen = tcp_opt_len(&r->opt, syn);
	size_t len = sizeof(struct tcp_wire) + optlen;
	struct tcp_wire *h;
	struct tx tx;

	tx_init(&tx);
	h = tx_push(&tx, len);
	*h = (struct tcp_wire){
		.sport = be16_make(r->key.lport),
		.dport = be16_make(r->key.rport),
		.seq = be32_make(r->seq),
		.ack = be32_make(r->ack),
		.offset = (uint8_t)(len / 4 << 4),
		.flags = r->flags,
		.window = be16_make(r->window),
	};
	tcp_opt_build(&r->opt, syn, (uint8_t *)(h + 1));
	h->cksum = be16_make(cksum_fold(cksum_pseudo(
		&r->key.local, &r->key.remote, IP_PROTO_TCP, (uint32_t)len)));
	tx_set_csum(&tx, offsetof(struct tcp_wire, cksum));

	stats_add(&t->eng->stats, STAT_TCP_OUT_SEGS, 1);
	if (r->flags & TCP_RST)
		stats_add(&t->eng->stats, STAT_TCP_OUT_RSTS, 1);
	if (ip_output(t->net, &tx, &how) != 0)
		log_debug("tcp: a reply could not leave");
}

/* RFC 9293 3.5.2, group 1 and 2. */
void tcp_reply_reset(struct tcp *t, const struct tcp_seg *s)
{
	struct tcp_reply r = {.key = s->key, .flags = TCP_RST};

	if (s->flags & TCP_RST)
		return;
	if (s->flags & TCP_ACK) {
		r.seq = s->ack;
	} else {
		r.ack = tcp_seg_end(s);
		r.flags |= TCP_ACK;
	}
	tcp_reply_send(t, &r);
}
