/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_cc.c - congestion control: what may be in flight
 *
 * What this room is for
 *   What all algorithms share (first window, slow start, the timeout, undo),
 * and the switch that sends the rest to the one in charge.
 *
 * Comes in   tcp_in.c for ACKs, tcp_recover.c for losses, sock_opt.c for names.
 * Never      reads the clock, or looks at a connection.
 * Lock       the stack lock is held.
 * Follows    RFC 5681, 6928, 3465; Linux's names for TCP_CONGESTION.
 */
#include "tcp_cc.h"

#include <errno.h>
#include <string.h>

enum {
	IW_SEGMENTS = 10,
	IW_SEGMENTS_LEAST = 2,
	IW_BYTES = 14600,
};

static const char *const names[] = {
	[TCP_CC_RENO] = "reno",
	[TCP_CC_CUBIC] = "cubic",
};
static_assert(ARRAY_LEN(names) == TCP_CC_NALGOS, "a name for each algorithm");

static void init_algo(struct tcp_cc *cc)
{
	memset(&cc->u, 0, sizeof(cc->u));
	switch ((enum tcp_cc_algo)cc->algo) {
	case TCP_CC_RENO:
		tcp_cc_reno_init(cc);
		break;
	case TCP_CC_CUBIC:
		tcp_cc_cubic_init(cc);
		break;
	case TCP_CC_NALGOS:
		break;
	}
}

uint32_t tcp_cc_initial_window(uint32_t mss)
{
	uint32_t floor = MAX(IW_SEGMENTS_LEAST * mss, (uint32_t)IW_BYTES);

	return MIN(IW_SEGMENTS * mss, floor);
}

void tcp_cc_init(struct tcp_cc *cc, enum tcp_cc_algo algo, uint32_t mss)
{
	memset(cc, 0, sizeof(*cc));
	cc->algo = (uint8_t)algo;
	cc->is_fresh = true;
	cc->mss = MAX(mss, 1u);
	cc->cwnd = tcp_cc_initial_window(cc->mss);
	cc->ssthresh = TCP_CC_SSTHRESH_NONE;
	init_algo(cc);
}

void tcp_cc_switch(struct tcp_cc *cc, enum tcp_cc_algo algo)
{
	if (cc->algo == algo)
		return;
	cc->algo = (uint8_t)algo;
	init_algo(cc);
}

void tcp_cc_set_mss(struct tcp_cc *cc, uint32_t mss)
{
	cc->mss = MAX(mss, 1u);
	if (cc->is_fresh)
		cc->cwnd = tcp_cc_initial_window(cc->mss);
	cc->cwnd = MAX(cc->cwnd, cc->mss);
}

void tcp_cc_on_syn_lost(struct tcp_cc *cc)
{
	/* RFC 5681 3.1. Not fresh: set_mss() must not bring ten back. */
	cc->is_fresh = false;
	cc->cwnd = cc->mss;
}

uint32_t tcp_cc_slow_start(struct tcp_cc *cc, uint32_t acked, uint32_t limit)
{
	uint32_t room = cc->ssthresh - cc->cwnd;
	uint32_t add = MIN(acked, limit);
	uint32_t left = 0;

	if (add >= room) {
		left = add - room;
		add = room;
		cc->after_rto = false;
	}
	cc->cwnd = MIN(cc->cwnd + add, TCP_CC_CWND_MAX);
	return left;
}

void tcp_cc_on_ack(struct tcp_cc *cc, const struct tcp_cc_ack *a)
{
	cc->is_fresh = false;
	switch ((enum tcp_cc_algo)cc->algo) {
	case TCP_CC_RENO:
		tcp_cc_reno_on_ack(cc, a);
		break;
	case TCP_CC_CUBIC:
		tcp_cc_cubic_on_ack(cc, a);
		break;
	case TCP_CC_NALGOS:
		break;
	}
}

/* What undo would bring back. */
static void save_prior(struct tcp_cc *cc)
{
	cc->has_prior = true;
	cc->prior_cwnd = cc->cwnd;
	cc->prior_ssthresh = cc->ssthresh;
	if (cc->algo == TCP_CC_CUBIC)
		tcp_cc_cubic_save(cc);
}

/* RFC 5681 (4): FlightSize counts, but not what limited transmit added. */
static void cut_ssthresh(struct tcp_cc *cc, uint32_t in_flight)
{
	uint32_t flight = MIN(in_flight, cc->cwnd);
	uint32_t ssthresh = 0;

	switch ((enum tcp_cc_algo)cc->algo) {
	case TCP_CC_RENO:
		ssthresh = tcp_cc_reno_on_cut(cc, flight);
		break;
	case TCP_CC_CUBIC:
		ssthresh = tcp_cc_cubic_on_cut(cc, flight);
		break;
	case TCP_CC_NALGOS:
		break;
	}
	cc->ssthresh = MAX(ssthresh, 2 * cc->mss);
}

void tcp_cc_on_loss(struct tcp_cc *cc, usecs now, uint32_t in_flight)
{
	(void)now;
	save_prior(cc);
	cut_ssthresh(cc, in_flight);
	cc->cwnd = cc->ssthresh;
	cc->is_fresh = false;
	cc->in_recovery = true;
	cc->after_rto = false;
}

void tcp_cc_on_recovery_exit(struct tcp_cc *cc)
{
	if (!cc->in_recovery)
		return;
	cc->in_recovery = false;
	cc->cwnd = MAX(cc->ssthresh, cc->mss);
}

void tcp_cc_on_rto(struct tcp_cc *cc, usecs now, uint32_t in_flight, bool first)
{
	(void)now;
	if (first) {
		/* Within a recovery undo goes back to before all of it. */
		if (!cc->in_recovery)
			save_prior(cc);
		cut_ssthresh(cc, in_flight);
	}
	if (cc->algo == TCP_CC_CUBIC)
		tcp_cc_cubic_on_rto(cc);
	cc->cwnd = cc->mss;
	cc->is_fresh = false;
	cc->in_recovery = false;
	cc->after_rto = true;
}

void tcp_cc_undo(struct tcp_cc *cc)
{
	if (!cc->has_prior)
		return;
	cc->cwnd = MAX(cc->cwnd, cc->prior_cwnd);
	cc->ssthresh = MAX(cc->ssthresh, cc->prior_ssthresh);
	if (cc->algo == TCP_CC_CUBIC)
		tcp_cc_cubic_undo(cc);
	cc->has_prior = false;
	cc->in_recovery = false;
	cc->after_rto = false;
}

void tcp_cc_forget_prior(struct tcp_cc *cc)
{
	cc->has_prior = false;
}

void tcp_cc_on_idle(struct tcp_cc *cc)
{
	uint32_t restart = tcp_cc_initial_window(cc->mss);

	if (cc->cwnd <= restart)
		return;

	/* RFC 5681 4.1 for the window; RFC 2861 for remembering where it was,
	 * so that slow start brings most of it back. */
	if (cc->ssthresh != TCP_CC_SSTHRESH_NONE)
		cc->ssthresh = MAX(cc->ssthresh, cc->cwnd / 4 * 3);
	cc->cwnd = restart;
	if (cc->algo == TCP_CC_CUBIC)
		tcp_cc_cubic_on_idle(cc);
}

const char *tcp_cc_name(enum tcp_cc_algo algo)
{
	return algo < TCP_CC_NALGOS ? names[algo] : "";
}

int tcp_cc_find(const char *name, size_t len)
{
	size_t used = strnlen(name, len);

	for (int i = 0; i < TCP_CC_NALGOS; i++) {
		if (strlen(names[i]) == used &&
		    memcmp(names[i], name, used) == 0)
			return i;
	}
	return -ENOENT;
}
