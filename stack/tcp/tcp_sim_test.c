/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_sim_test.c - proves TCP as a whole: two stacks on a wire that is not kind
 *
 *   host a 10.0.0.1 ---- loss, delay, reordering, doubles, spoilt bits ---- b
 *
 * Streams go both ways, their content is compared byte for byte, and the
 * invariants of testkit.c are asserted after every step. Every run follows from
 * its seed.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdlib.h>

#include "link/cksum.h"
#include "testkit/testkit.h"

enum { CHUNK = 65536 };

/* One direction of a stream. */
struct flow {
	struct kit_host *from_host, *to_host;
	struct tcp_conn *from, *to;
	uint64_t total, sent, received;
	bool fin_sent, fin_seen;
	usecs read_pause; /* the reader reads only so often */
	usecs next_read;
	usecs finished_at;
};

static struct kit_wire wire;
static struct tcp_conn *listener;
static uint8_t buffer[CHUNK];

static uint8_t byte_at(uint64_t at)
{
	return (uint8_t)((at * 2654435761u) >> 11);
}

static void write_some(struct flow *f)
{
	while (f->sent < f->total) {
		size_t n = MIN((uint64_t)CHUNK, f->total - f->sent);
		struct iovec storage;
		struct uio uio;
		ssize_t done;

		for (size_t i = 0; i < n; i++)
			buffer[i] = byte_at(f->sent + i);
		uio_flat(&uio, &storage, buffer, n);
		done = tcp_send(f->from, &uio, 0);
		if (done == -EAGAIN || done == -ENOBUFS)
			return;
		cr_assert(done > 0, "send: %zd", done);
		f->sent += (uint64_t)done;
	}
	if (!f->fin_sent && f->from) {
		cr_assert(tcp_shutdown_send(f->from) == 0);
		f->fin_sent = true;
	}
}

static void read_some(struct flow *f)
{
	if (!f->to || wire.now < f->next_read)
		return;
	f->next_read = wire.now + f->read_pause;
	for (;;) {
		struct iovec storage;
		struct uio uio;
		ssize_t n;

		uio_flat(&uio, &storage, buffer, CHUNK);
		n = tcp_recv(f->to, &uio, 0, 0);
		if (n == -EAGAIN)
			return;
		cr_assert(n >= 0, "recv: %zd", n);
		if (n == 0) {
			if (!f->fin_seen)
				f->finished_at = wire.now;
			f->fin_seen = true;
			return;
		}
		for (ssize_t i = 0; i < n; i++)
			cr_assert(buffer[i] == byte_at(f->received + i),
				  "byte %llu differs",
				  (unsigned long long)(f->received + i));
		f->received += (uint64_t)n;
	}
}

static void start_listener(void)
{
	struct endpoint at = {.addr = wire.b.addr, .port = 80};

	cr_assert(tcp_new(&wire.b.tcp, &wire, &listener) == 0);
	cr_assert(tcp_bind(listener, &at) == 0);
	cr_assert(tcp_listen(listener, 128) == 0);
}

static struct tcp_conn *dial(void)
{
	struct endpoint to = {.addr = wire.b.addr, .port = 80};
	struct tcp_conn *c;

	cr_assert(tcp_new(&wire.a.tcp, &wire, &c) == 0);
	cr_assert(tcp_connect(c, &to) == 0);
	return c;
}

static void pump(struct flow *f)
{
	if (f->from && tcp_get_state(f->from) != TCPS_SYN_SENT)
		write_some(f);
	read_some(f);
}

static bool is_over(const struct flow *f)
{
	return f->fin_seen && f->received == f->total;
}

/* Runs both directions to their end. */
static void run(struct flow *ab, struct flow *ba, usecs limit)
{
	usecs until = wire.now + limit;

	while (!is_over(ab) || !is_over(ba)) {
		if (!ab->to) {
			ab->to = ba->from = tcp_accept(listener);
			if (ab->to)
				tcp_set_owner(ab->to, &wire);
		}
		pump(ab);
		pump(ba);
		kit_host_settle(&wire.a);
		kit_host_settle(&wire.b);
		if (!kit_wire_step(&wire, MIN(until, wire.now + MSEC(5))))
			cr_assert(wire.now < until,
				  "stuck at %llu/%llu and %llu/%llu bytes",
				  (unsigned long long)ab->received,
				  (unsigned long long)ab->total,
				  (unsigned long long)ba->received,
				  (unsigned long long)ba->total);
	}
}

/* After the end nothing moves, and nothing is left. */
static void finish(struct tcp_conn *a, struct tcp_conn *b)
{
	usecs until;
	int n = 0;

	tcp_close(a);
	tcp_close(b);
	tcp_close(listener);
	kit_host_settle(&wire.a);
	kit_host_settle(&wire.b);
	until = wire.now + SEC(300);
	while (kit_wire_step(&wire, until))
		cr_assert(n++ < 2000, "the hosts do not fall silent");
	cr_assert(wire.a.tcp.nconns == 0 && wire.b.tcp.nconns == 0);
	cr_assert(wire.a.tcp.ntime_wait + wire.b.tcp.ntime_wait == 0);
}

/* For the next transfer. */
static bool (*next_filter)(struct kit_wire *w, int to,
			   const struct kit_frame *f);

static double transfer(const struct kit_fate *fate, uint64_t seed,
		       uint32_t caps, uint64_t up, uint64_t down, usecs pause)
{
	struct flow ab = {.total = up, .read_pause = pause};
	struct flow ba = {.total = down};
	usecs start, end;

	kit_wire_open(&wire, fate, seed, caps);
	wire.filter = next_filter;
	next_filter = NULL;
	start_listener();
	ab.from = ba.to = dial();
	start = wire.now;
	run(&ab, &ba, SEC(3600));
	end = MAX(ab.finished_at, ba.finished_at);
	finish(ab.from, ab.to);
	kit_wire_close(&wire);
	return (double)(up + down) / ((double)(end - start) / 1e6);
}

static const struct kit_fate kind = {.delay = MSEC(5)};
static const struct kit_fate bad = {
	.delay = MSEC(5),
	.jitter = 300,
	.loss = 0.02,
	.reorder = 0.05,
	.dup = 0.01,
	.corrupt = 0.005,
};

Test(tcp_sim, kind_wire_arrives)
{
	transfer(&kind, 1, LINK_CSUM, 8 << 20, 1000, 0);
}

Test(tcp_sim, kind_wire_with_super_segments_arrives)
{
	transfer(&kind, 1, LINK_CSUM | LINK_TSO4, 32 << 20, 1 << 20, 0);
}

Test(tcp_sim, bad_wire_arrives_both_ways, .timeout = 300)
{
	for (uint64_t seed = 1; seed <= 10; seed++)
		transfer(&bad, seed, 0, 2 << 20, 2 << 20, 0);
}

Test(tcp_sim, bad_wire_with_super_segments_arrives, .timeout = 300)
{
	for (uint64_t seed = 1; seed <= 10; seed++)
		transfer(&bad, seed, LINK_CSUM | LINK_TSO4, 4 << 20, 1 << 20,
			 0);
}

Test(tcp_sim, very_bad_wire_arrives, .timeout = 300)
{
	struct kit_fate f = bad;

	f.loss = 0.15;
	f.corrupt = 0.02;
	for (uint64_t seed = 1; seed <= 10; seed++)
		transfer(&f, seed, 0, 200 << 10, 200 << 10, 0);
}

/* A reader that sleeps closes the window again and again. */
Test(tcp_sim, slow_reader_on_bad_wire_arrives, .timeout = 300)
{
	for (uint64_t seed = 1; seed <= 5; seed++)
		transfer(&bad, seed, 0, 3 << 20, 1000, MSEC(700));
}

/* A queue of 50 frames at 20 Mbit/s: losses come from ourselves. */
Test(tcp_sim, narrow_wire_is_used_well, .timeout = 300)
{
	struct kit_fate f = {
		.delay = MSEC(10), .rate_bps = 20000000, .queue = 50};
	double rate = transfer(&f, 3, 0, 16 << 20, 0, 0);

	cr_assert(rate > 0.7 * 20000000 / 8, "%.0f bytes/s", rate);
}

static uint64_t counted(enum stats_counter which)
{
	return wire.a.eng.stats.count[which];
}

/* RFC 8985: one frame in twenty arrives up to 5 ms late, on a path of 20 ms.
 * Hardly anything is resent, and the window does not suffer. */
Test(tcp_sim, reordering_is_not_taken_for_loss, .timeout = 300)
{
	struct kit_fate f = {.delay = MSEC(10), .reorder = 0.05};

	for (uint64_t seed = 1; seed <= 3; seed++) {
		double rate = transfer(&f, seed, 0, 8 << 20, 0, 0);

		cr_assert(rate > 10e6, "%.0f bytes/s", rate);
		cr_assert(counted(STAT_TCP_RETRANS_SEGS) < 50);
		cr_assert(counted(STAT_TCP_RTO_TIMEOUTS) == 0);
	}
}

/* Loss and reordering on a path that is shorter than the reordering. */
Test(tcp_sim, lossy_short_wire_needs_few_timeouts, .timeout = 300)
{
	struct kit_fate f = {.delay = 50,
			     .loss = 0.02,
			     .reorder = 0.05,
			     .dup = 0.01,
			     .corrupt = 0.001};

	for (uint64_t seed = 1; seed <= 5; seed++) {
		double rate = transfer(&f, seed, 0, 8 << 20, 0, 0);

		cr_assert(rate > 5e6, "%.0f bytes/s", rate);
		cr_assert(counted(STAT_TCP_RTO_TIMEOUTS) <= 5);
	}
}

/* The wire stands still for a while, once; and the hosts know no time stamps,
 * which would tell, and perhaps no SACK. */
static struct {
	usecs at, pause;
	bool no_sack;
} stall;

static void blank(struct tcp_wire *t, uint8_t which)
{
	uint8_t *o = (uint8_t *)(t + 1);
	size_t len = tcp_wire_len(t) - sizeof(*t);

	for (size_t at = 0; at < len && o[at] != TCP_OPT_END;) {
		uint8_t size = o[at] == TCP_OPT_NOP ? 1 : o[at + 1];

		if (o[at] == which)
			memset(o + at, TCP_OPT_NOP, size);
		at += size;
	}
}

static bool stand_still(struct kit_wire *w, int to, const struct kit_frame *f)
{
	struct ip4_wire *ip = (void *)(uintptr_t)f->bytes;
	struct tcp_wire *t = (void *)(ip + 1);

	if (t->flags & TCP_SYN) {
		blank(t, TCP_OPT_TIMESTAMP);
		if (stall.no_sack)
			blank(t, TCP_OPT_SACK_PERMITTED);
	}
	if (stall.at && w->now >= stall.at) {
		stall.at = 0;
		w->busy_until[to] = w->now + stall.pause;
	}
	return true;
}

/* RFC 5682: the timeout comes, but nothing was lost, and nothing is resent but
 * the front and a probe. */
Test(tcp_sim, a_pause_of_the_wire_costs_no_window, .timeout = 300)
{
	struct kit_fate f = {.delay = MSEC(10), .rate_bps = 1000000000};

	for (int i = 0; i < 2; i++) {
		stall.no_sack = i == 1;
		stall.at = KIT_EPOCH + MSEC(150);
		stall.pause = MSEC(400);
		next_filter = stand_still;
		cr_assert(transfer(&f, 1, LINK_CSUM, 8 << 20, 0, 0) > 8e6);
		cr_assert(eq(u64, counted(STAT_TCP_RTO_TIMEOUTS), 1));
		cr_assert(eq(u64, counted(STAT_TCP_SPURIOUS_RTOS), 1));
		cr_assert(counted(STAT_TCP_RETRANS_SEGS) <= 3, "%d: %llu", i,
			  (unsigned long long)counted(STAT_TCP_RETRANS_SEGS));
	}
}

/* Of the data frames from a the last few are lost, once. */
static struct {
	tcp_seq from;
	uint32_t left;
} tail;

static bool lose_the_tail(struct kit_wire *w, int to, const struct kit_frame *f)
{
	const struct ip4_wire *ip = (const void *)f->bytes;
	const struct tcp_wire *t = (const void *)(ip + 1);
	size_t head = sizeof(*ip) + (size_t)(t->offset >> 4) * 4;

	(void)w;
	if (to != 0 || f->len <= head || tail.left == 0 ||
	    seq_lt(be32_get(t->seq), tail.from))
		return true;
	tail.left--;
	return false;
}

static uint64_t timeouts(void)
{
	return wire.a.eng.stats.count[STAT_TCP_RTO_TIMEOUTS];
}

/* Ten segments, of which the last `lost` get lost; microseconds until all has
 * arrived. The last window is what may be lost without a sign. */
static usecs burst_without_its_tail(uint32_t lost, bool is_kept_open)
{
	struct flow ab = {.total = 1};
	struct flow ba = {.total = 1};
	usecs start;

	kit_wire_open(&wire, &kind, 3, LINK_CSUM);
	start_listener();
	ab.from = ba.to = dial();
	ab.fin_sent = ba.fin_sent = true; /* not yet */
	while (ab.received < 1 || ba.received < 1) {
		if (!ab.to)
			ab.to = ba.from = tcp_accept(listener);
		if (ab.to)
			tcp_set_owner(ab.to, &wire);
		pump(&ab);
		if (ba.from)
			pump(&ba);
		kit_host_settle(&wire.a);
		kit_host_settle(&wire.b);
		kit_wire_step(&wire, wire.now + MSEC(5));
	}
	tail.from = ab.from->snd_nxt + (10 - lost) * ab.from->mss;
	tail.left = lost;
	wire.filter = lose_the_tail;
	ab.total += 10u * ab.from->mss;
	ab.fin_sent = is_kept_open;
	ba.fin_sent = false;
	start = wire.now;
	while (ab.received < ab.total) {
		pump(&ab);
		kit_host_settle(&wire.a);
		kit_host_settle(&wire.b);
		kit_wire_step(&wire, wire.now + MSEC(1));
		cr_assert(wire.now - start < SEC(60));
	}
	ab.fin_sent = false;
	run(&ab, &ba, SEC(60));
	start = ab.finished_at - start;
	return start;
}

/* RFC 8985 7: with a round trip of 10 ms nobody waits for the 200 ms of a
 * timeout. */
Test(tcp_sim, a_lost_tail_is_repaired_without_a_timeout, .timeout = 60)
{
	/* Of a single one, behind others that arrived, only the timeout
	 * knows. */
	for (uint32_t lost = 2; lost <= 9; lost++) {
		struct tcp_conn *a;
		usecs took = burst_without_its_tail(lost, lost % 2);

		cr_assert(tail.left == 0);
		cr_assert(timeouts() == 0, "%u lost: timeout", lost);
		cr_assert(wire.a.eng.stats.count[STAT_TCP_LOSS_PROBES] >= 1);
		cr_assert(took < MSEC(150), "%u lost: %llu us", lost,
			  (unsigned long long)took);
		a = arena_next(wire.a.eng.arena, ARENA_CONN, NULL);
		cr_assert(a != NULL);
		finish(a, arena_next(wire.b.eng.arena, ARENA_CONN, NULL) ==
					  listener
				  ? arena_next(wire.b.eng.arena, ARENA_CONN,
					       listener)
				  : arena_next(wire.b.eng.arena, ARENA_CONN,
					       NULL));
		kit_wire_close(&wire);
	}
}

/* A crowd at a small door: nobody is sent away, all get in. */
static void crowd(uint32_t backlog, uint32_t n)
{
	static struct tcp_conn *dialled[1000], *accepted[1000];
	uint32_t got = 0, up = 0;
	usecs until;

	kit_wire_open(&wire, &kind, 5, LINK_CSUM);
	start_listener();
	cr_assert(tcp_listen(listener, backlog) == 0);
	for (uint32_t i = 0; i < n; i++)
		dialled[i] = dial();
	until = wire.now + SEC(400);
	while (up < n) {
		struct tcp_conn *c = tcp_accept(listener);

		if (c) {
			tcp_set_owner(c, &wire);
			accepted[got++] = c;
		}
		kit_host_settle(&wire.b);
		cr_assert(kit_wire_step(&wire, MIN(until, wire.now + 1000)) ||
				  wire.now < until,
			  "%u of %u got in", got, n);
		up = 0;
		for (uint32_t i = 0; i < n; i++) {
			cr_assert(tcp_peek_error(dialled[i]) == 0);
			up += tcp_get_state(dialled[i]) == TCPS_ESTABLISHED;
		}
	}
	while (got < n) {
		struct tcp_conn *c = tcp_accept(listener);

		if (c)
			accepted[got++] = c;
		kit_wire_step(&wire, MIN(until, wire.now + 1000));
		cr_assert(wire.now < until, "%u of %u accepted", got, n);
	}
	cr_assert(wire.b.eng.stats.count[STAT_TCP_OUT_RSTS] == 0);
	for (uint32_t i = 1; i < n; i++) {
		tcp_close(dialled[i]);
		tcp_close(accepted[i]);
	}
	finish(dialled[0], accepted[0]);
	kit_wire_close(&wire);
}

Test(tcp_sim, crowd_before_a_wide_door_gets_in, .timeout = 60)
{
	crowd(4096, 1000);
}

Test(tcp_sim, crowd_before_a_narrow_door_gets_in, .timeout = 60)
{
	crowd(5, 60);
}

/* A forged segment from the other host, plausible now and then. */
static void inject_random(struct kit_host *h, struct rand *r,
			  const struct tcp_conn *c)
{
	struct kit_frame *f = calloc(1, sizeof(*f) + 60);
	struct ip4_wire *ip = (void *)f->bytes;
	struct tcp_wire *t = (void *)(ip + 1);
	uint32_t len = rand_below(r, 3) ? 0 : rand_below(r, 20);
	size_t total = sizeof(*ip) + sizeof(*t) + len;

	*ip = (struct ip4_wire){
		.ver_ihl = 0x45,
		.total_len = be16_make((uint16_t)total),
		.ttl = 64,
		.proto = IP_PROTO_TCP,
		.src = inet_to4(&h->peer),
		.dst = inet_to4(&h->addr),
	};
	ip->cksum = cksum(ip, sizeof(*ip));
	*t = (struct tcp_wire){
		.sport = be16_make(c->b.key.rport),
		.dport = be16_make(c->b.key.lport),
		.seq = be32_make(c->rcv_nxt + rand_below(r, 2000) - 1000),
		.ack = be32_make(c->snd_nxt + rand_below(r, 2000) - 1000),
		.offset = 5 << 4,
		.flags = (uint8_t)(rand_below(r, 64) & ~(uint32_t)TCP_RST),
		.window = be16_make((uint16_t)rand_u32(r)),
	};
	f->len = (uint32_t)total;
	f->csum_partial = true;
	kit_host_receive(h, f);
	free(f);
	kit_host_settle(h);
}

/* Whatever somebody else makes them say to each other, it ends soon. */
Test(tcp_sim, confused_hosts_fall_silent, .timeout = 60)
{
	struct rand_key key = {77, 78};
	struct tcp_conn *a, *b = NULL;
	uint64_t before;
	struct rand r;
	usecs until;

	rand_init(&r, &key);
	kit_wire_open(&wire, &kind, 6, LINK_CSUM);
	start_listener();
	a = dial();
	while (!b) {
		kit_wire_step(&wire, wire.now + SEC(1));
		b = tcp_accept(listener);
	}
	tcp_set_owner(b, &wire);
	for (int i = 0; i < 2000; i++) {
		inject_random(&wire.a, &r, a);
		inject_random(&wire.b, &r, b);
		kit_wire_step(&wire, wire.now + 1000);
	}
	before = wire.a.frames_sent + wire.b.frames_sent;
	until = wire.now + SEC(30);
	while (kit_wire_step(&wire, until))
		;
	cr_assert(wire.a.frames_sent + wire.b.frames_sent - before < 200,
		  "%llu frames after the last provocation",
		  (unsigned long long)(wire.a.frames_sent + wire.b.frames_sent -
				       before));
	cr_assert(before < 40000, "%llu", (unsigned long long)before);
	finish(a, b);
	kit_wire_close(&wire);
}
