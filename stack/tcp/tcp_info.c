/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_info.c - TCP_INFO: a connection described in Linux's words
 *
 * What this room is for
 *   Fills struct tcp_info for getsockopt(2). Linux counts windows in segments
 *   and numbers the states its own way.
 *
 * Never      changes anything.
 * Lock       the stack lock is held.
 * Follows    linux/tcp.h; tcp(7).
 * Proved by  tcp_user_test.c
 */
#include <linux/tcp.h>
#include <string.h>

#include "tcp_priv.h"
#include "tcp_reasm.h"
#include "tcp_recover.h"
#include "tcp_view.h"

static uint8_t linux_ca_state(const struct tcp_conn *c)
{
	switch ((enum tcp_recovery)c->recovery) {
	case TCP_RECOVER_NONE:
		return c->dupacks ? TCP_CA_Disorder : TCP_CA_Open;
	case TCP_RECOVER_FAST:
		return TCP_CA_Recovery;
	case TCP_RECOVER_RTO:
		return TCP_CA_Loss;
	}
	return TCP_CA_Open;
}

static uint32_t ms_since(const struct tcp_conn *c, usecs when)
{
	return when ? (uint32_t)((c->eng->now - when) / 1000) : 0;
}

void tcp_get_info(const struct tcp_conn *c, struct tcp_info *info)
{
	uint32_t mss = MAX(c->mss, 1);

	memset(info, 0, sizeof(*info));
	info->tcpi_state = tcp_view_state((enum tcp_state)c->state);
	info->tcpi_ca_state = linux_ca_state(c);
	info->tcpi_retransmits = (uint8_t)MIN(c->retries, 255u);
	info->tcpi_probes = c->keep_sent;
	info->tcpi_backoff = c->rtt.backoffs;
	info->tcpi_options = (uint8_t)((c->ts_ok ? TCPI_OPT_TIMESTAMPS : 0) |
				       (c->sack_ok ? TCPI_OPT_SACK : 0) |
				       (c->ecn_ok ? TCPI_OPT_ECN : 0) |
				       (c->wscale_ok ? TCPI_OPT_WSCALE : 0));
	info->tcpi_snd_wscale = c->snd_wscale & 15;
	info->tcpi_rcv_wscale = c->rcv_wscale & 15;

	info->tcpi_rto = tcp_rtt_rto_us(&c->rtt);
	info->tcpi_ato = LIMIT_DELACK_US;
	info->tcpi_snd_mss = c->mss;
	info->tcpi_rcv_mss = c->adv_mss;
	info->tcpi_advmss = c->adv_mss;
	info->tcpi_pmtu = c->path.mtu;
	info->tcpi_unacked = (tcp_flight(c) + mss - 1) / mss;
	info->tcpi_lost = c->sack ? c->sack->lost / mss : 0;
	info->tcpi_sacked = c->sack ? c->sack->sacked / mss : c->dupacks;
	info->tcpi_total_retrans = c->total_retrans;

	info->tcpi_last_data_sent = ms_since(c, c->last_tx);
	info->tcpi_last_data_recv = ms_since(c, c->last_data_rx);
	info->tcpi_last_ack_recv = ms_since(c, c->last_rx);
	info->tcpi_rtt = c->rtt.srtt_us;
	info->tcpi_rttvar = c->rtt.rttvar_us;
	info->tcpi_min_rtt = tcp_rtt_min_us(&c->rtt);
	info->tcpi_rcv_rtt = c->rcv_rtt_us;
	info->tcpi_rcv_space = c->drs_space;
	info->tcpi_snd_ssthresh = c->cc.ssthresh == TCP_CC_SSTHRESH_NONE
					  ? INT32_MAX
					  : c->cc.ssthresh / mss;
	info->tcpi_snd_cwnd = c->cc.cwnd / mss;
	info->tcpi_snd_wnd = c->snd_wnd;

	info->tcpi_bytes_acked = c->bytes_acked;
	info->tcpi_bytes_received = c->bytes_received;
	info->tcpi_segs_out = c->segs_out;
	info->tcpi_segs_in = c->segs_in;
	info->tcpi_notsent_bytes = tcp_unsent_bytes(c);
}

bool tcp_is_sending(const struct tcp_conn *c)
{
	switch ((enum tcp_state)c->state) {
	case TCPS_FIN_WAIT_1:
	case TCPS_CLOSING:
	case TCPS_LAST_ACK:
		return true;
	case TCPS_ESTABLISHED:
	case TCPS_CLOSE_WAIT:
		return c->sndq.bytes > 0;
	case TCPS_CLOSED:
	case TCPS_LISTEN:
	case TCPS_SYN_SENT:
	case TCPS_SYN_RCVD:
	case TCPS_FIN_WAIT_2:
	case TCPS_TIME_WAIT:
		return false;
	}
	return false;
}

bool tcp_any_sending(const struct tcp *t)
{
	struct tcp_conn *c = NULL;

	while ((c = arena_next(t->eng->arena, ARENA_CONN, c)))
		if (tcp_is_sending(c))
			return true;
	return false;
}
