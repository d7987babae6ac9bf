/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_fuzz.c - proves that no sequence of segments and calls breaks TCP
 *
 * The input is a script: each step is a segment of the peer (to a listener or
 * to one of a few connections), a socket call, or the passing of time. The
 * invariants of testkit.c are asserted after every step; at the end everything
 * must be freed, and two hosts must fall silent.
 */
#include <stdlib.h>
#include <string.h>

#include "testkit/testkit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CONNS = 4, STEPS = 400 };

struct script {
	const uint8_t *at;
	size_t left;
};

static struct kit kit;
static struct tcp_conn *conns[CONNS];

static uint8_t byte(struct script *s)
{
	if (s->left == 0)
		return 0;
	s->left--;
	return *s->at++;
}

static uint32_t word(struct script *s)
{
	uint32_t hi = byte(s);

	return hi << 8 | byte(s);
}

/* Mostly plausible: near the numbers that the conn expects. */
static void near(struct script *s, const struct tcp_conn *c, struct seg *seg)
{
	int32_t offset = (int8_t)byte(s);

	if (byte(s) & 1)
		offset *= 700;
	seg->seq = c->rcv_nxt - kit.peer_iss + (uint32_t)offset;
	offset = (int8_t)byte(s);
	seg->ack = c->snd_una - kit.our_iss;
	if (offset < 0)
		seg->ack = c->snd_nxt - kit.our_iss;
	else if (offset > 100)
		seg->ack += (uint32_t)offset * 100;
}

static void options(struct script *s, struct seg *seg)
{
	uint8_t what = byte(s);

	seg->has_ts = what & 1;
	seg->tsval = what & 2 ? word(s) : 0;
	seg->has_wscale = what & 4;
	seg->wscale = what >> 4;
	seg->sack_permitted = what & 8;
	seg->nsack = what & 16 ? what >> 6 : 0;
	for (uint8_t i = 0; i < seg->nsack; i++) {
		seg->sack[i].from = seg->ack + word(s);
		seg->sack[i].to = seg->sack[i].from + word(s);
	}
}

static void segment(struct script *s)
{
	struct tcp_conn *c = conns[byte(s) % CONNS];
	struct seg seg = {.flags = byte(s)};

	kit.our_port = KIT_PORT;
	if (c && c->state != TCPS_LISTEN) {
		kit.our_port = c->b.key.lport;
		kit.our_iss = c->iss;
		seg.port = c->b.key.rport;
		near(s, c, &seg);
	} else {
		seg.seq = byte(s) & 3;
		seg.ack = byte(s) & 3;
		seg.port = (uint16_t)(1 + byte(s) % 8);
	}
	if (seg.flags & 0x40)
		seg.flags |= ACK;
	seg.len = byte(s) * (byte(s) % 8u);
	seg.wnd = byte(s) & 3 ? word(s) : KIT_NO_WINDOW;
	seg.mss = (uint16_t)(byte(s) & 1 ? word(s) : 1460);
	seg.urg = (uint16_t)(seg.flags & URG ? word(s) : 0);
	options(s, &seg);
	kit_inject(&kit, seg);
}

static void call(struct script *s)
{
	static const struct endpoint any_peer = {.port = KIT_PEER_PORT};
	uint8_t i = byte(s) % CONNS, what = byte(s);
	struct tcp_conn *c = conns[i];
	struct endpoint to = any_peer;
	static uint8_t buf[65536];
	int value;

	to.addr = kit.host.peer;
	to.port = (uint16_t)(to.port + i);
	if (!c) {
		if (what & 1)
			c = tcp_accept(kit.listener);
		else if (tcp_new(&kit.host.tcp, &kit, &c) == 0)
			(void)!tcp_connect(c, &to);
		conns[i] = c;
		if (c)
			tcp_set_owner(c, &kit);
		kit_host_settle(&kit.host);
		return;
	}
	switch (what % 8) {
	case 0:
	case 1:
		if (kit_send(&kit, c, 1 + byte(s) * 40u) < 0)
			tcp_take_error(c);
		break;
	case 2:
		(void)!kit_recv(&kit, c, buf, 1 + byte(s) * 200u);
		break;
	case 3:
		(void)!tcp_shutdown_send(c);
		break;
	case 4:
		(void)!tcp_set(c, (enum tcp_option)(byte(s) % 22),
			       (int)word(s));
		break;
	case 5:
		tcp_close(c);
		conns[i] = NULL;
		break;
	case 6:
		(void)!tcp_get(c, (enum tcp_option)(byte(s) % 22), &value);
		(void)!tcp_shutdown_recv(c);
		break;
	case 7:
		if (byte(s) & 1)
			tcp_disconnect(c);
		break;
	}
	kit_host_settle(&kit.host);
}

static void step(struct script *s)
{
	uint8_t what = byte(s);

	if (what < 150)
		segment(s);
	else if (what < 220)
		call(s);
	else if (what < 250)
		kit_advance(&kit, MSEC(word(s) % 3000));
	else
		kit_advance(&kit, SEC(word(s) % 500));
	kit_forget_frames(&kit);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct script s = {data, size};

	memset(conns, 0, sizeof(conns));
	kit_open_with(&kit, size & 1 ? LINK_CSUM | LINK_TSO4 : 0, KIT_MTU);
	kit_listen(&kit, 3);
	for (int n = 0; s.left > 0 && n < STEPS; n++)
		step(&s);
	for (int i = 0; i < CONNS; i++) {
		if (conns[i])
			tcp_close(conns[i]);
	}
	tcp_close(kit.listener);
	kit_host_settle(&kit.host);
	/* Nobody answers any more: all must end by itself. */
	kit_advance(&kit, SEC(2000));
	kit_forget_frames(&kit);
	if (kit.host.tcp.nconns || kit.host.tcp.ntime_wait)
		abort();
	kit_close(&kit);
	return 0;
}
