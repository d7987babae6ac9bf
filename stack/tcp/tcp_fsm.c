/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_fsm.c - the eleven states
 *
 * What this room is for
 *   The only writer of a connection's state. Every change goes through move(),
 *   which asserts that the arrow exists and logs it.
 *
 * Comes in   what happened: a SYN, an ACK of our FIN, a close().
 * Never      sends, frees or arms timers.
 * Lock       the stack lock is held.
 * Follows    RFC 9293 3.3.2, figure 5.
 */
#define LOG_ROOM LOG_ROOM_TCP

#include "tcp_fsm.h"

#include <string.h>

#include "tcp_priv.h"

#define TO(s) (1u << TCPS_##s)

/*
 * Which state may follow which: RFC 9293 figure 5, and nothing besides.
 * CLOSED is reachable from everywhere, by reset or timeout. The arrow that the
 * figure has from FIN-WAIT-1 to TIME-WAIT is two moves here, because the ACK
 * step runs before the FIN step. A passive open goes from CLOSED to SYN-RCVD:
 * the listener stays, and a new connection is made. A close() in SYN-RCVD waits
 * for ESTABLISHED (RFC 9293 3.10.4 allows it), so that arrow is two moves, too.
 */
static const uint16_t may_follow[] = {
	[TCPS_CLOSED] = TO(CLOSED) | TO(LISTEN) | TO(SYN_SENT) | TO(SYN_RCVD),
	[TCPS_LISTEN] = TO(CLOSED),
	[TCPS_SYN_SENT] = TO(CLOSED) | TO(SYN_RCVD) | TO(ESTABLISHED),
	[TCPS_SYN_RCVD] = TO(CLOSED) | TO(ESTABLISHED),
	[TCPS_ESTABLISHED] = TO(CLOSED) | TO(FIN_WAIT_1) | TO(CLOSE_WAIT),
	[TCPS_FIN_WAIT_1] = TO(CLOSED) | TO(FIN_WAIT_2) | TO(CLOSING),
	[TCPS_FIN_WAIT_2] = TO(CLOSED) | TO(TIME_WAIT),
	[TCPS_CLOSING] = TO(CLOSED) | TO(TIME_WAIT),
	[TCPS_TIME_WAIT] = TO(CLOSED),
	[TCPS_CLOSE_WAIT] = TO(CLOSED) | TO(LAST_ACK),
	[TCPS_LAST_ACK] = TO(CLOSED),
};
static_assert(ARRAY_LEN(may_follow) == TCPS_NSTATES, "a row for every state");

const char *tcp_state_name(enum tcp_state s)
{
	static const char *const names[] = {
		[TCPS_CLOSED] = "CLOSED",
		[TCPS_LISTEN] = "LISTEN",
		[TCPS_SYN_SENT] = "SYN-SENT",
		[TCPS_SYN_RCVD] = "SYN-RECEIVED",
		[TCPS_ESTABLISHED] = "ESTABLISHED",
		[TCPS_FIN_WAIT_1] = "FIN-WAIT-1",
		[TCPS_FIN_WAIT_2] = "FIN-WAIT-2",
		[TCPS_CLOSING] = "CLOSING",
		[TCPS_TIME_WAIT] = "TIME-WAIT",
		[TCPS_CLOSE_WAIT] = "CLOSE-WAIT",
		[TCPS_LAST_ACK] = "LAST-ACK",
	};
	static_assert(ARRAY_LEN(names) == TCPS_NSTATES, "a name for each");

	return (unsigned)s < TCPS_NSTATES ? names[s] : "?";
}

/* The only writer of c->state; `why` is what the log says. */
static void move(struct tcp_conn *c, enum tcp_state to, const char *why)
{
	enum tcp_state from = c->state;

	MUST(may_follow[from] & (1u << to));
	c->state = (uint8_t)to;
	log_info("port %u, peer %u: %s -> %s: %s", c->b.key.lport,
		 c->b.key.rport, tcp_state_name(from), tcp_state_name(to), why);
}

void tcp_fsm_on_listen(struct tcp_conn *c)
{
	move(c, TCPS_LISTEN, "listen()");
}

void tcp_fsm_on_connect(struct tcp_conn *c)
{
	move(c, TCPS_SYN_SENT, "connect()");
}

void tcp_fsm_on_peer_syn(struct tcp_conn *c)
{
	move(c, TCPS_SYN_RCVD, "a SYN came");
}

void tcp_fsm_on_established(struct tcp_conn *c)
{
	move(c, TCPS_ESTABLISHED, "the handshake is complete");
}

void tcp_fsm_on_close(struct tcp_conn *c)
{
	if (c->state == TCPS_CLOSE_WAIT)
		move(c, TCPS_LAST_ACK, "close() or shutdown()");
	else
		move(c, TCPS_FIN_WAIT_1, "close() or shutdown()");
}

/* RFC 9293 3.10.7.4, eighth step. */
void tcp_fsm_on_peer_fin(struct tcp_conn *c)
{
	switch ((enum tcp_state)c->state) {
	case TCPS_ESTABLISHED:
		move(c, TCPS_CLOSE_WAIT, "the peer\'s FIN");
		break;
	case TCPS_FIN_WAIT_1:
		/* The ACK step ran first: still here means that our own FIN
		 * is unacknowledged, so both sides are closing at once. */
		move(c, TCPS_CLOSING, "the peer\'s FIN");
		break;
	case TCPS_FIN_WAIT_2:
		move(c, TCPS_TIME_WAIT, "the peer\'s FIN");
		break;
	case TCPS_CLOSE_WAIT:
	case TCPS_CLOSING:
	case TCPS_LAST_ACK:
	case TCPS_TIME_WAIT:
		break; /* A repeated FIN changes nothing. */
	case TCPS_CLOSED:
	case TCPS_LISTEN:
	case TCPS_SYN_SENT:
	case TCPS_SYN_RCVD:
		MUST(!"a FIN cannot be in order before the handshake is over");
		break;
	}
}

/* RFC 9293 3.10.7.4, fifth step. */
void tcp_fsm_on_fin_acked(struct tcp_conn *c)
{
	switch ((enum tcp_state)c->state) {
	case TCPS_FIN_WAIT_1:
		move(c, TCPS_FIN_WAIT_2, "our FIN is acknowledged");
		break;
	case TCPS_CLOSING:
		move(c, TCPS_TIME_WAIT, "our FIN is acknowledged");
		break;
	case TCPS_LAST_ACK:
		break; /* tcp_finish() follows */
	case TCPS_CLOSED:
	case TCPS_LISTEN:
	case TCPS_SYN_SENT:
	case TCPS_SYN_RCVD:
	case TCPS_ESTABLISHED:
	case TCPS_FIN_WAIT_2:
	case TCPS_TIME_WAIT:
	case TCPS_CLOSE_WAIT:
		MUST(!"no FIN of ours was on its way");
		break;
	}
}

void tcp_fsm_on_finish(struct tcp_conn *c)
{
	move(c, TCPS_CLOSED, c->error ? strerrorname_np(c->error) : "done");
}

#define IN(c, set) (((set) & (1u << (c)->state)) != 0)

bool tcp_fsm_is_synchronized(const struct tcp_conn *c)
{
	return !IN(c, TO(CLOSED) | TO(LISTEN) | TO(SYN_SENT) | TO(SYN_RCVD));
}

bool tcp_fsm_can_send(const struct tcp_conn *c)
{
	return IN(c, TO(ESTABLISHED) | TO(CLOSE_WAIT));
}

bool tcp_fsm_can_output(const struct tcp_conn *c)
{
	return IN(c, TO(ESTABLISHED) | TO(CLOSE_WAIT) | TO(FIN_WAIT_1) |
			     TO(CLOSING) | TO(LAST_ACK));
}

bool tcp_fsm_can_receive(const struct tcp_conn *c)
{
	return IN(c, TO(ESTABLISHED) | TO(FIN_WAIT_1) | TO(FIN_WAIT_2));
}

bool tcp_fsm_wants_fin(const struct tcp_conn *c)
{
	return IN(c, TO(FIN_WAIT_1) | TO(CLOSING) | TO(LAST_ACK));
}
