/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_window.c - how much the peer may send us
 *
 * What this room is for
 *   Turns free buffer space into the window field. Space is counted in payload
 *   and, lest many small segments cost much more than they carry, in memory.
 *
 * Comes in   tcp_out.c with every segment, tcp_user.c when the program read.
 * Never      sends.
 * Lock       the stack lock is held.
 * Follows    RFC 9293 3.8.6, RFC 1122 4.2.3.3, RFC 7323 2.
 * Proved by  tcp_in_test.c
 */
#include "tcp_window.h"

#include "tcp_priv.h"
#include "tcp_reasm.h"

enum {
	WINDOW_FIELD_MAX = 65535,
	/* Memory for one byte of buffer: beyond it small segments wait. */
	COST_FACTOR = 2,
	COST_SLACK = 128 << 10,
};

static size_t cost_limit(const struct tcp_conn *c)
{
	return (size_t)c->rcvbuf * COST_FACTOR + COST_SLACK;
}

static size_t cost_of(const struct tcp_conn *c)
{
	return c->rcvq.cost + tcp_reasm_cost(c);
}

bool tcp_window_is_overrun(const struct tcp_conn *c)
{
	enum arena_room room = arena_room_left(c->eng->arena);

	/* Who has nothing to read yet may have something still (Linux:
	 * sk_forced_mem_schedule). */
	if (UNLIKELY(room >= ARENA_ROOM_FULL))
		return room == ARENA_ROOM_RESERVED || c->rcvq.bytes > 0;
	return cost_of(c) > 2 * cost_limit(c);
}

static uint32_t free_space(const struct tcp_conn *c)
{
	size_t used = c->rcvq.bytes, cost = cost_of(c);
	size_t room = used < c->rcvbuf ? c->rcvbuf - used : 0;
	size_t memory = cost < cost_limit(c) ? cost_limit(c) - cost : 0;

	room = MIN(room, memory);
	room = MIN(room, (size_t)WINDOW_FIELD_MAX << c->rcv_wscale);
	if (c->window_clamp)
		room = MIN(room, c->window_clamp);
	/* The last eighth of the arena is for those who free memory. */
	if (UNLIKELY(arena_room_left(c->eng->arena) != ARENA_ROOM_PLENTY))
		room = 0;
	return (uint32_t)room;
}

/* Silly window avoidance: a step of that much is worth announcing. */
static uint32_t least_step(const struct tcp_conn *c)
{
	return MIN((uint32_t)c->adv_mss, MAX(c->rcvbuf / 2, 1u));
}

/* Where the right edge may go; never left of where it is. */
static tcp_seq wanted_edge(const struct tcp_conn *c)
{
	tcp_seq edge = c->rcv_nxt + free_space(c);

	if (seq_lt(edge, c->rcv_adv + least_step(c)))
		return seq_max(c->rcv_adv, c->rcv_nxt);
	return edge;
}

uint16_t tcp_window_announce(struct tcp_conn *c, bool syn)
{
	uint8_t shift = syn ? 0 : c->rcv_wscale;
	uint32_t most = (uint32_t)WINDOW_FIELD_MAX << shift;
	uint32_t wnd = wanted_edge(c) - c->rcv_nxt;
	uint32_t field = MIN(wnd, most) >> shift;

	/* Rounding down must not take back what was announced. */
	if (seq_lt(c->rcv_nxt + (field << shift), c->rcv_adv) &&
	    field < WINDOW_FIELD_MAX)
		field++;
	c->rcv_adv = seq_max(c->rcv_adv, c->rcv_nxt + (field << shift));
	return (uint16_t)field;
}

/*
 * While the peer still has half a buffer of window, only big steps are told:
 * nobody waits for the small ones.
 */
bool tcp_window_is_update_due(const struct tcp_conn *c)
{
	uint32_t step = wanted_edge(c) - c->rcv_adv;
	uint32_t left = tcp_rcv_wnd(c);

	if (step >> c->rcv_wscale == 0)
		return false;
	if (left >= c->rcvbuf / 2)
		return step >= c->rcvbuf / 4;
	return step >= least_step(c);
}

bool tcp_window_is_whole(const struct tcp_conn *c)
{
	return free_space(c) >= c->rcv_adv - c->last_ack_sent;
}

/* An upper bound of the round trip: a whole window arrived meanwhile. */
void tcp_window_on_received(struct tcp_conn *c)
{
	usecs now = c->eng->now;
	uint32_t sample;

	if (c->rcv_rtt_at && seq_lt(c->rcv_nxt, c->rcv_rtt_seq))
		return;
	if (c->rcv_rtt_at) {
		sample = (uint32_t)MIN(now - c->rcv_rtt_at, SEC(60));
		if (c->rcv_rtt_us == 0 || sample < c->rcv_rtt_us)
			c->rcv_rtt_us = MAX(sample, 1u);
	}
	c->rcv_rtt_at = now;
	c->rcv_rtt_seq = c->rcv_nxt + MAX(tcp_rcv_wnd(c), 1u);
}

/*
 * What the program reads in a round trip is what the path delivers in one;
 * the buffer should hold twice that, so that the window is never the limit.
 */
void tcp_window_on_read(struct tcp_conn *c, uint32_t n)
{
	uint32_t rtt = c->rcv_rtt_us ? c->rcv_rtt_us : c->rtt.srtt_us;
	uint32_t now = (uint32_t)c->eng->now;
	uint32_t wanted;

	c->drs_copied = (uint32_t)MIN((uint64_t)c->drs_copied + n, 1u << 30);
	if (now - c->drs_at < MAX(rtt, 1u))
		return;
	if (c->drs_copied > c->drs_space) {
		wanted = 2 * c->drs_copied + 16u * c->adv_mss;
		c->drs_space = c->drs_copied;
		if (!c->rcvbuf_fixed && wanted > c->rcvbuf)
			c->rcvbuf = MIN(wanted, (uint32_t)LIMIT_TCP_RCVBUF_MAX);
	}
	c->drs_copied = 0;
	c->drs_at = now;
}

uint8_t tcp_window_scale(const struct tcp_conn *c)
{
	uint32_t most = MAX(c->rcvbuf, (uint32_t)LIMIT_TCP_RCVBUF_MAX);
	uint8_t scale = 0;

	while (scale < TCP_OPT_WSCALE_MAX && most >> scale > WINDOW_FIELD_MAX)
		scale++;
	return scale;
}
