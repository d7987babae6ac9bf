/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_set.c - what a program may set
 *
 * What this room is for
 *   The options of tcp(7), socket(7) and ip(7) that belong to a connection:
 *   checked, stored, and put into effect at once where that matters.
 *
 * Comes in   the socket floor's option table.
 * Lock       the stack lock is held.
 * Follows    tcp(7), socket(7), ip(7); RFC 5482.
 * Proved by  tcp_user_test.c
 */
#include <errno.h>

#include "tcp_fsm.h"
#include "tcp_out.h"
#include "tcp_priv.h"
#include "tcp_timer.h"

enum { PMTUDISC_LAST = 5 }; /* IP_PMTUDISC_OMIT */

static int set_range(int value, int least, int most)
{
	return value < least || value > most ? -EINVAL : 0;
}

/* What was held back may go. */
static void let_go(struct tcp_conn *c)
{
	c->send_more = false;
	tcp_timer_on_uncorked(c);
	tcp_output(c);
}

static void set_quickack(struct tcp_conn *c, bool on)
{
	c->pingpong = !on;
	c->quickacks = on ? TCP_QUICKACKS : 0;
	if (on && c->ack_segs > 0)
		tcp_out_ack(c);
}

static int set_maxseg(struct tcp_conn *c, int value)
{
	int err = value ? set_range(value, TCP_MSS_MIN, 32767) : 0;

	if (err)
		return err;
	c->user_mss = (uint16_t)value;
	if (tcp_fsm_is_synchronized(c))
		tcp_update_mss(c);
	return 0;
}

static uint32_t buffer_size(int value)
{
	uint32_t bytes = value < 0 ? 0 : (uint32_t)value;

	bytes = MIN(bytes, (uint32_t)LIMIT_SOCKBUF_ASK);
	return MAX(bytes, (uint32_t)LIMIT_SOCKBUF_MIN);
}

static int set_flag(struct tcp_conn *c, enum tcp_option o, bool on)
{
	if (o == TCP_O_NODELAY) {
		c->nodelay = on;
		if (on)
			let_go(c);
	} else if (o == TCP_O_CORK) {
		c->cork = on;
		if (!on)
			let_go(c);
	} else if (o == TCP_O_QUICKACK) {
		set_quickack(c, on);
	} else if (o == TCP_O_KEEPALIVE) {
		c->keepalive = on;
		tcp_timer_on_keepalive(c);
	} else if (o == TCP_O_OOBINLINE) {
		c->oobinline = on;
	} else if (o == TCP_O_LINGER_RESET) {
		c->linger_reset = on;
	} else {
		return -ENOPROTOOPT;
	}
	return 0;
}

static int set_time(struct tcp_conn *c, enum tcp_option o, int value)
{
	int most = o == TCP_O_KEEPCNT || o == TCP_O_SYNCNT ? 127 : 32767;
	int err = set_range(value, 1, most);

	if (err)
		return err;
	if (o == TCP_O_KEEPIDLE)
		c->keepidle = (uint16_t)value;
	else if (o == TCP_O_KEEPINTVL)
		c->keepintvl = (uint16_t)value;
	else if (o == TCP_O_KEEPCNT)
		c->keepcnt = (uint8_t)value;
	else
		c->syncnt = (uint8_t)value;
	tcp_timer_on_keepalive(c);
	return 0;
}

static int set_binding(struct tcp_conn *c, int value)
{
	const uint32_t mask = BINDING_REUSEADDR | BINDING_REUSEPORT |
			      BINDING_V6ONLY | BINDING_IS6;

	c->b.flags = (c->b.flags & ~mask) | ((uint32_t)value & mask);
	return 0;
}

static int set_ip(struct tcp_conn *c, enum tcp_option o, int value)
{
	int most = o == TCP_O_PMTUDISC ? PMTUDISC_LAST : 255;

	if (set_range(value, 0, most))
		return -EINVAL;
	if (o == TCP_O_TOS)
		c->v4.tos = (uint8_t)value;
	else if (o == TCP_O_TTL)
		c->v4.ttl = (uint8_t)value;
	else
		c->v4.pmtudisc = value & 0x7f;
	return 0;
}

static int set_number(struct tcp_conn *c, enum tcp_option o, int value)
{
	if (o == TCP_O_LINGER2) {
		c->linger2 = (int16_t)(value < 0 ? -1 : MIN(value, 120));
	} else if (o == TCP_O_DEFER_ACCEPT) {
		c->defer_accept = (uint16_t)MIN(MAX(value, 0), 32767);
	} else if (o == TCP_O_WINDOW_CLAMP) {
		c->window_clamp = value > 0 ? buffer_size(value) / 2 : 0;
	} else if (o == TCP_O_USER_TIMEOUT) {
		if (value < 0)
			return -EINVAL;
		c->user_timeout_ms = (uint32_t)value;
	} else if (o == TCP_O_SNDBUF) {
		c->sndbuf = buffer_size(value);
		c->sndbuf_fixed = true;
		tcp_note_writable(c);
	} else if (o == TCP_O_RCVBUF) {
		c->rcvbuf = buffer_size(value);
		c->rcvbuf_fixed = true;
	} else {
		c->notsent_lowat = value ? (uint32_t)value : UINT32_MAX;
		tcp_note_writable(c);
	}
	return 0;
}

int tcp_set(struct tcp_conn *c, enum tcp_option o, int value)
{
	MUST_HOLD(&c->eng->lock);
	switch (o) {
	case TCP_O_NODELAY:
	case TCP_O_CORK:
	case TCP_O_QUICKACK:
	case TCP_O_KEEPALIVE:
	case TCP_O_OOBINLINE:
	case TCP_O_LINGER_RESET:
		return set_flag(c, o, value != 0);
	case TCP_O_KEEPIDLE:
	case TCP_O_KEEPINTVL:
	case TCP_O_KEEPCNT:
	case TCP_O_SYNCNT:
		return set_time(c, o, value);
	case TCP_O_TOS:
	case TCP_O_TTL:
	case TCP_O_PMTUDISC:
		return set_ip(c, o, value);
	case TCP_O_LINGER2:
	case TCP_O_DEFER_ACCEPT:
	case TCP_O_WINDOW_CLAMP:
	case TCP_O_USER_TIMEOUT:
	case TCP_O_SNDBUF:
	case TCP_O_RCVBUF:
	case TCP_O_NOTSENT_LOWAT:
		return set_number(c, o, value);
	case TCP_O_MAXSEG:
		return set_maxseg(c, value);
	case TCP_O_REUSE:
		return set_binding(c, value);
	}
	return -ENOPROTOOPT;
}

static int current_maxseg(const struct tcp_conn *c)
{
	if (tcp_fsm_is_synchronized(c))
		return c->mss;
	return c->user_mss ? c->user_mss : TCP_MSS_UNSAID4;
}

static int current_linger2(const struct tcp_conn *c)
{
	if (c->linger2)
		return c->linger2;
	return (int)(LIMIT_FIN_WAIT_2_US / USECS_PER_SEC);
}

static int get_flag(const struct tcp_conn *c, enum tcp_option o)
{
	if (o == TCP_O_NODELAY)
		return c->nodelay;
	if (o == TCP_O_CORK)
		return c->cork;
	if (o == TCP_O_QUICKACK)
		return !c->pingpong;
	if (o == TCP_O_KEEPALIVE)
		return c->keepalive;
	return o == TCP_O_OOBINLINE ? c->oobinline : c->linger_reset;
}

static int get_time(const struct tcp_conn *c, enum tcp_option o)
{
	if (o == TCP_O_KEEPIDLE)
		return c->keepidle;
	if (o == TCP_O_KEEPINTVL)
		return c->keepintvl;
	if (o == TCP_O_KEEPCNT)
		return c->keepcnt;
	if (o == TCP_O_SYNCNT)
		return c->syncnt ? c->syncnt : (int)LIMIT_TCP_SYN_RETRIES;
	return o == TCP_O_LINGER2 ? current_linger2(c) : c->defer_accept;
}

static int get_size(const struct tcp_conn *c, enum tcp_option o)
{
	if (o == TCP_O_SNDBUF)
		return (int)c->sndbuf;
	if (o == TCP_O_RCVBUF)
		return (int)c->rcvbuf;
	if (o == TCP_O_WINDOW_CLAMP)
		return (int)c->window_clamp;
	if (o == TCP_O_USER_TIMEOUT)
		return (int)c->user_timeout_ms;
	return o == TCP_O_NOTSENT_LOWAT ? (int)c->notsent_lowat
					: current_maxseg(c);
}

static int get_ip(const struct tcp_conn *c, enum tcp_option o)
{
	if (o == TCP_O_TOS)
		return c->v4.tos;
	if (o == TCP_O_TTL)
		return c->v4.ttl ? c->v4.ttl : (int)IP_TTL_DEFAULT;
	return o == TCP_O_PMTUDISC ? c->v4.pmtudisc : (int)c->b.flags;
}

void tcp_set_manner6(struct tcp_conn *c, uint8_t tclass, uint8_t hops,
		     uint8_t pmtudisc, bool no_flow_label)
{
	MUST_HOLD(&c->eng->lock);
	c->v6.tos = tclass;
	c->v6.ttl = hops;
	c->v6.pmtudisc = pmtudisc & 0x3f;
	c->v6.no_flow_label = no_flow_label;
}

void tcp_prefer_public(struct tcp_conn *c, bool prefer)
{
	MUST_HOLD(&c->eng->lock);
	c->v6.prefer_public = prefer;
}

void tcp_set_ifindex(struct tcp_conn *c, uint32_t ifindex)
{
	MUST_HOLD(&c->eng->lock);
	c->ifindex = (uint8_t)ifindex;
	c->b.ifindex = (uint8_t)ifindex;
}

int tcp_get(struct tcp_conn *c, enum tcp_option o, int *value)
{
	MUST_HOLD(&c->eng->lock);
	switch (o) {
	case TCP_O_NODELAY:
	case TCP_O_CORK:
	case TCP_O_QUICKACK:
	case TCP_O_KEEPALIVE:
	case TCP_O_OOBINLINE:
	case TCP_O_LINGER_RESET:
		*value = get_flag(c, o);
		return 0;
	case TCP_O_KEEPIDLE:
	case TCP_O_KEEPINTVL:
	case TCP_O_KEEPCNT:
	case TCP_O_SYNCNT:
	case TCP_O_LINGER2:
	case TCP_O_DEFER_ACCEPT:
		*value = get_time(c, o);
		return 0;
	case TCP_O_MAXSEG:
	case TCP_O_WINDOW_CLAMP:
	case TCP_O_USER_TIMEOUT:
	case TCP_O_SNDBUF:
	case TCP_O_RCVBUF:
	case TCP_O_NOTSENT_LOWAT:
		*value = get_size(c, o);
		return 0;
	case TCP_O_TOS:
	case TCP_O_TTL:
	case TCP_O_PMTUDISC:
	case TCP_O_REUSE:
		*value = get_ip(c, o);
		return 0;
	}
	return -ENOPROTOOPT;
}

int tcp_congestion(const struct tcp_conn *c)
{
	return c->cc.algo;
}

int tcp_set_congestion(struct tcp_conn *c, int algo)
{
	MUST_HOLD(&c->eng->lock);
	if (algo < 0 || algo >= TCP_CC_NALGOS)
		return -EINVAL;
	tcp_cc_switch(&c->cc, (enum tcp_cc_algo)algo);
	return 0;
}
