/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_in_test.c - proves tcp_in.c, tcp_ack.c and tcp_data.c: what arrives
 *
 * Malformed headers, windows, time stamps, out-of-order data, urgent data, and
 * how soon what is acknowledged.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <string.h>

#include "testkit/testkit.h"

static struct kit kit;

static void open_kit(void)
{
	kit_open(&kit);
}

static void close_kit(void)
{
	kit_close(&kit);
}

TestSuite(tcp_in, .init = open_kit, .fini = close_kit);

#define INJECT(...) kit_inject(&kit, (struct seg){__VA_ARGS__})
#define GIVE(...) kit_give(&kit, (struct seg){__VA_ARGS__})
#define EXPECT(...) kit_expect(&kit, (struct seg){__VA_ARGS__})
#define SILENCE() kit_expect_silence(&kit)

static struct seg modern = {
	.mss = 1460,
	.has_wscale = true,
	.wscale = 7,
	.sack_permitted = true,
};

/* A raw TCP segment of `len` bytes straight into tcp_input(). */
static enum verdict give_raw(const void *bytes, size_t len, enum pkt_csum csum)
{
	struct pkt *p = pkt_new(kit.host.arena, len + 16, 16);
	enum verdict v;

	cr_assert(p != NULL);
	memcpy(pkt_append(p, len), bytes, len);
	p->segs = 1;
	p->csum = csum;
	v = tcp_input(&kit.host.tcp, kit.host.ifp, p, &kit.host.peer,
		      &kit.host.addr);
	if (v != TAKEN)
		pkt_free(kit.host.arena, p);
	kit_host_settle(&kit.host);
	return v;
}

static struct tcp_wire header(struct tcp_conn *c, uint8_t flags)
{
	return (struct tcp_wire){
		.sport = be16_make(c->b.key.rport),
		.dport = be16_make(c->b.key.lport),
		.seq = be32_make(c->rcv_nxt),
		.ack = be32_make(c->snd_nxt),
		.offset = 5 << 4,
		.flags = flags,
		.window = be16_make(65535),
	};
}

Test(tcp_in, every_truncation_is_dropped)
{
	struct tcp_conn *c = kit_established(&kit);
	struct tcp_wire h = header(c, ACK);

	for (size_t len = 0; len < sizeof(h); len++)
		cr_expect(eq(int, give_raw(&h, len, PKT_CSUM_VALID),
			     DROP_TCP_SHORT),
			  "%zu bytes", len);
	SILENCE();
}

Test(tcp_in, impossible_offset_is_dropped)
{
	struct tcp_conn *c = kit_established(&kit);
	struct tcp_wire h = header(c, ACK);

	for (int words = 0; words < 16; words++) {
		h.offset = (uint8_t)(words << 4);
		if (words != 5)
			cr_expect(eq(int,
				     give_raw(&h, sizeof(h), PKT_CSUM_VALID),
				     DROP_TCP_OFFSET));
	}
	SILENCE();
}

Test(tcp_in, wrong_checksum_is_dropped_unless_the_link_checked)
{
	struct tcp_conn *c = kit_established(&kit);
	struct tcp_wire h = header(c, ACK);

	cr_assert(eq(int, give_raw(&h, sizeof(h), PKT_CSUM_UNKNOWN),
		     DROP_TCP_CHECKSUM));
	cr_assert(eq(int, give_raw(&h, sizeof(h), PKT_CSUM_VALID), DONE));
	cr_assert(eq(int, give_raw(&h, sizeof(h), PKT_CSUM_PARTIAL), DONE));
}

/* RFC 9293 MUST-4 and MUST-6: options that nobody knows are skipped. */
Test(tcp_in, unknown_options_are_skipped)
{
	struct tcp_conn *c = kit_established(&kit);
	uint8_t seg[sizeof(struct tcp_wire) + 12 + 3] = {0};
	struct tcp_wire h = header(c, ACK);

	h.offset = 8 << 4;
	memcpy(seg, &h, sizeof(h));
	memcpy(seg + sizeof(h), "\xfd\x06wxyz\x22\x02\x01\x63\x00\x01", 12);
	memcpy(seg + sizeof(h) + 12, "abc", 3);
	cr_assert(eq(int, give_raw(seg, sizeof(seg), PKT_CSUM_VALID), TAKEN));
	cr_assert(eq(sz, tcp_readable(c), 3));
}

Test(tcp_in, old_data_is_acknowledged_not_delivered)
{
	struct tcp_conn *c = kit_established(&kit);

	INJECT(.flags = ACK, .seq = 1, .ack = 1, .len = 100);
	EXPECT(.flags = ACK, .seq = 1, .ack = 101);
	INJECT(.flags = ACK, .seq = 1, .ack = 1, .len = 100);
	EXPECT(.flags = ACK, .seq = 1, .ack = 101);
	cr_assert(eq(sz, tcp_readable(c), 100));
}

Test(tcp_in, overlap_delivers_only_what_is_new)
{
	struct tcp_conn *c = kit_established(&kit);
	uint8_t buf[300];

	INJECT(.flags = ACK, .seq = 1, .ack = 1, .len = 100);
	INJECT(.flags = ACK, .seq = 51, .ack = 1, .len = 150);
	cr_assert(eq(i64, kit_recv(&kit, c, buf, sizeof(buf)), 200));
	for (uint32_t i = 0; i < 200; i++)
		cr_assert(eq(u8, buf[i], kit_byte(1 + i)));
	kit_forget_frames(&kit);
}

Test(tcp_in, data_beyond_the_window_is_cut)
{
	struct tcp_conn *c = kit_established(&kit);
	uint32_t wnd = c->rcv_adv - c->rcv_nxt;

	cr_assert(lt(u32, wnd, 66000));
	for (uint32_t at = 0; at < wnd + 3000; at += 1000)
		GIVE(.flags = ACK, .seq = 1 + at, .ack = 1, .len = 1000);
	kit_host_settle(&kit.host);
	cr_assert(le(u32, (uint32_t)tcp_readable(c), wnd));
	kit_forget_frames(&kit);
}

Test(tcp_in, data_outside_the_window_is_answered_with_an_ack)
{
	kit_established(&kit);

	cr_assert(eq(int,
		     INJECT(.flags = ACK, .seq = 200000, .ack = 1, .len = 10),
		     DROP_TCP_WINDOW));
	EXPECT(.flags = ACK, .seq = 1, .ack = 1);
	SILENCE();
}

/* Empty ones are answered now and then only: no endless dialogue. */
Test(tcp_in, empty_segments_outside_the_window_are_answered_seldom)
{
	kit_established(&kit);

	for (int i = 0; i < 100; i++)
		INJECT(.flags = ACK, .seq = 200000, .ack = 1);
	EXPECT(.flags = ACK, .seq = 1, .ack = 1);
	SILENCE();
	kit_advance(&kit, SEC(1));
	INJECT(.flags = ACK, .seq = 200000, .ack = 1);
	EXPECT(.flags = ACK, .seq = 1, .ack = 1);
}

/* RFC 5961 7: and in all there is a limit. */
Test(tcp_in, challenge_acks_are_limited)
{
	uint64_t n;

	kit_established(&kit);
	for (int i = 0; i < 5000; i++)
		INJECT(.flags = SYN, .seq = 1);
	n = kit.host.eng.stats.count[STAT_TCP_CHALLENGE_ACKS];
	cr_assert(ge(u64, n, LIMIT_CHALLENGE_ACKS / 2));
	cr_assert(lt(u64, n, LIMIT_CHALLENGE_ACKS * 3 / 2));
	kit_forget_frames(&kit);
	/* Data is still acknowledged. */
	INJECT(.flags = ACK, .seq = 1, .ack = 1, .len = 10);
	EXPECT(.flags = ACK, .seq = 1, .ack = 11);
}

Test(tcp_in, out_of_order_data_waits_for_the_gap)
{
	struct tcp_conn *c = kit_established_with(&kit, modern);
	uint8_t buf[400];

	INJECT(.flags = ACK, .seq = 101, .ack = 1, .len = 100);
	EXPECT(.flags = ACK, .seq = 1, .ack = 1, .nsack = 1,
	       .sack = {{101, 201}});
	INJECT(.flags = ACK, .seq = 301, .ack = 1, .len = 100);
	EXPECT(.flags = ACK, .seq = 1, .ack = 1, .nsack = 2,
	       .sack = {{301, 401}, {101, 201}});
	cr_assert(eq(sz, tcp_readable(c), 0));
	INJECT(.flags = ACK, .seq = 1, .ack = 1, .len = 100);
	EXPECT(.flags = ACK, .seq = 1, .ack = 201, .nsack = 1,
	       .sack = {{301, 401}});
	INJECT(.flags = ACK, .seq = 201, .ack = 1, .len = 100);
	EXPECT(.flags = ACK, .seq = 1, .ack = 401);
	cr_assert(kit.out.nsack == 0);
	cr_assert(eq(i64, kit_recv(&kit, c, buf, sizeof(buf)), 400));
	for (uint32_t i = 0; i < 400; i++)
		cr_assert(eq(u8, buf[i], kit_byte(1 + i)));
	cr_assert(eq(ptr, c->reasm, NULL), "no hole, no memory");
}

/* RFC 2018 4: the latest first; with time stamps three fit. */
Test(tcp_in, sack_reports_the_latest_block_first)
{
	struct seg syn = modern;

	syn.has_ts = true;
	syn.tsval = 1;
	kit_established_with(&kit, syn);
	for (uint32_t at = 101; at <= 901; at += 200)
		INJECT(.flags = ACK, .seq = at, .ack = 1, .len = 100);
	for (int i = 0; i < 4; i++)
		cr_assert(kit_take(&kit) != NULL);
	EXPECT(.flags = ACK, .seq = 1, .ack = 1, .nsack = 3,
	       .sack = {{901, 1001}, {701, 801}, {501, 601}});
	/* Touching an old one brings it to the front. */
	INJECT(.flags = ACK, .seq = 201, .ack = 1, .len = 50);
	EXPECT(.flags = ACK, .seq = 1, .ack = 1, .nsack = 3,
	       .sack = {{101, 251}, {901, 1001}, {701, 801}});
}

/* RFC 2883: what arrived twice is reported, once. */
Test(tcp_in, duplicate_is_reported_once)
{
	kit_established_with(&kit, modern);
	INJECT(.flags = ACK, .seq = 1, .ack = 1, .len = 100);
	EXPECT(.flags = ACK, .seq = 1, .ack = 101);
	INJECT(.flags = ACK, .seq = 1, .ack = 1, .len = 100);
	EXPECT(.flags = ACK, .seq = 1, .ack = 101, .nsack = 1,
	       .sack = {{1, 101}});
	INJECT(.flags = ACK, .seq = 201, .ack = 1, .len = 100);
	EXPECT(.flags = ACK, .seq = 1, .ack = 101, .nsack = 1,
	       .sack = {{201, 301}});
	INJECT(.flags = ACK, .seq = 221, .ack = 1, .len = 30);
	EXPECT(.flags = ACK, .seq = 1, .ack = 101, .nsack = 2,
	       .sack = {{221, 251}, {201, 301}});
}

Test(tcp_in, fin_beyond_a_gap_waits)
{
	struct tcp_conn *c = kit_established(&kit);

	INJECT(.flags = FIN | ACK, .seq = 101, .ack = 1, .len = 100);
	EXPECT(.flags = ACK, .seq = 1, .ack = 1);
	cr_assert(eq(int, c->state, TCPS_ESTABLISHED));
	INJECT(.flags = ACK, .seq = 1, .ack = 1, .len = 100);
	EXPECT(.flags = ACK, .seq = 1, .ack = 202);
	cr_assert(eq(int, c->state, TCPS_CLOSE_WAIT));
	cr_assert(eq(sz, tcp_readable(c), 200));
}

/* Many tiny pieces cost what they cost: bounded, and the window survives. */
Test(tcp_in, flood_of_single_bytes_is_bounded)
{
	struct tcp_conn *c = kit_established(&kit);
	size_t used = arena_used(kit.host.arena);

	for (uint32_t i = 0; i < 30000; i++)
		GIVE(.flags = ACK, .seq = 3 + 2 * i, .ack = 1, .len = 1);
	kit_host_settle(&kit.host);
	cr_assert(lt(sz, arena_used(kit.host.arena) - used, 2u << 20));
	cr_assert(c->reasm != NULL);
	kit_forget_frames(&kit);
}

Test(tcp_in, time_stamp_of_the_past_is_dropped)
{
	struct seg syn = modern;
	struct tcp_conn *c;

	syn.has_ts = true;
	syn.tsval = 5000;
	c = kit_established_with(&kit, syn);
	kit.with_ts = false;
	cr_assert(eq(int,
		     INJECT(.flags = ACK, .seq = 1, .ack = 1, .len = 10,
			    .has_ts = true, .tsval = 4999, .tsecr = 1),
		     DROP_TCP_PAWS));
	EXPECT(.flags = ACK, .seq = 1, .ack = 1);
	cr_assert(eq(sz, tcp_readable(c), 0));
	/* RFC 7323 5.3: a reset needs no young time stamp. */
	INJECT(.flags = RST, .seq = 1, .has_ts = true, .tsval = 4000);
	cr_assert(eq(int, c->state, TCPS_CLOSED));
}

/* RFC 7323 5.5: after 24 days an old clock may be a new one. */
Test(tcp_in, time_stamp_after_a_long_silence_is_believed)
{
	struct seg syn = modern;
	struct tcp_conn *c;

	syn.has_ts = true;
	syn.tsval = 5000;
	c = kit_established_with(&kit, syn);
	kit_advance(&kit, SEC(25 * 24 * 3600));
	INJECT(.flags = ACK, .seq = 1, .ack = 1, .len = 10, .has_ts = true,
	       .tsval = 4000, .tsecr = 1);
	cr_assert(eq(sz, tcp_readable(c), 10));
	EXPECT(.flags = ACK, .seq = 1, .ack = 11);
	cr_assert(eq(u32, kit.out.tsecr, 4000));
	/* And it is the one that counts from then on. */
	cr_assert(eq(int,
		     INJECT(.flags = ACK, .seq = 11, .ack = 1, .len = 10,
			    .has_ts = true, .tsval = 3999, .tsecr = 1),
		     DROP_TCP_PAWS));
	kit_forget_frames(&kit);
}

/* RFC 7323 4.3: with a delayed ACK the first segment's time is echoed. */
Test(tcp_in, time_stamp_echoed_is_that_of_the_oldest_unacknowledged)
{
	struct seg syn = modern;

	syn.has_ts = true;
	syn.tsval = 100;
	kit_established_with(&kit, syn);
	kit.with_ts = false;
	GIVE(.flags = ACK, .seq = 1, .ack = 1, .len = 100, .has_ts = true,
	     .tsval = 200, .tsecr = 1);
	GIVE(.flags = ACK, .seq = 101, .ack = 1, .len = 100, .has_ts = true,
	     .tsval = 300, .tsecr = 1);
	kit_host_settle(&kit.host);
	EXPECT(.flags = ACK, .seq = 1, .ack = 201);
	cr_assert(eq(u32, kit.out.tsecr, 200));
}

/* Quick at first, then every second segment, then within 40 ms. */
Test(tcp_in, acks_are_delayed_after_the_first_sixteen)
{
	uint32_t at = 1;

	kit_established(&kit);
	for (int i = 0; i < 16; i++, at += 10) {
		INJECT(.flags = ACK, .seq = at, .ack = 1, .len = 10);
		EXPECT(.flags = ACK, .seq = 1, .ack = at + 10);
	}
	INJECT(.flags = ACK, .seq = at, .ack = 1, .len = 10);
	SILENCE();
	INJECT(.flags = ACK, .seq = at + 10, .ack = 1, .len = 10);
	EXPECT(.flags = ACK, .seq = 1, .ack = at + 20);
	INJECT(.flags = ACK, .seq = at + 20, .ack = 1, .len = 10);
	kit_advance(&kit, LIMIT_DELACK_US - 1);
	SILENCE();
	kit_advance(&kit, 1);
	EXPECT(.flags = ACK, .seq = 1, .ack = at + 30);
	SILENCE();
}

/* A super-segment is many segments: it is acknowledged at once. */
Test(tcp_in, super_segment_counts_as_its_wire_segments)
{
	struct tcp_conn *c = kit_established(&kit);

	c->quickacks = 0;
	INJECT(.flags = ACK, .seq = 1, .ack = 1, .len = 5000, .gso_size = 1000);
	EXPECT(.flags = ACK, .seq = 1, .ack = 5001);
}

/* A batch is answered once. */
Test(tcp_in, batch_is_acknowledged_once)
{
	kit_established(&kit);
	for (uint32_t i = 0; i < 10; i++)
		GIVE(.flags = ACK, .seq = 1 + 100 * i, .ack = 1, .len = 100);
	kit_host_settle(&kit.host);
	EXPECT(.flags = ACK, .seq = 1, .ack = 1001);
	SILENCE();
}

/* A dialogue needs no ACKs of its own: the answer carries them. */
Test(tcp_in, answers_carry_the_acks_of_a_dialogue)
{
	struct tcp_conn *c = kit_established(&kit);
	uint8_t buf[16];

	for (uint32_t i = 0; i < 20; i++) {
		INJECT(.flags = ACK | PSH, .seq = 1 + 10 * i, .ack = 1 + 10 * i,
		       .len = 10);
		if (i == 0)
			EXPECT(.flags = ACK, .seq = 1, .ack = 11);
		cr_assert(kit_recv(&kit, c, buf, sizeof(buf)) == 10);
		kit_send(&kit, c, 10);
		EXPECT(.flags = ACK, .seq = 1 + 10 * i, .ack = 11 + 10 * i,
		       .len = 10);
		SILENCE();
	}
}

Test(tcp_in, urgent_byte_is_kept_apart)
{
	struct tcp_conn *c = kit_established(&kit);
	struct iovec storage;
	char buf[16] = "";
	struct uio uio;

	INJECT(.flags = ACK | URG, .seq = 1, .ack = 1, .data = "abXcd",
	       .urg = 3);
	cr_assert(tcp_has_urgent(c));
	cr_assert(eq(i64, kit_recv(&kit, c, buf, sizeof(buf)), 2));
	cr_assert(eq(str, buf, "ab"));
	cr_assert(tcp_at_mark(c));
	uio_flat(&uio, &storage, buf, 1);
	cr_assert(eq(i64, tcp_recv(c, &uio, TCP_RECV_OOB, 0), 1));
	cr_assert(eq(chr, buf[0], 'X'));
	uio_flat(&uio, &storage, buf, 1);
	cr_assert(eq(i64, tcp_recv(c, &uio, TCP_RECV_OOB, 0), -EINVAL));
	memset(buf, 0, sizeof(buf));
	cr_assert(eq(i64, kit_recv(&kit, c, buf, sizeof(buf)), 2));
	cr_assert(eq(str, buf, "cd"));
	cr_assert(not(tcp_has_urgent(c)));
	kit_forget_frames(&kit);
}

Test(tcp_in, urgent_byte_inline_is_part_of_the_stream)
{
	struct tcp_conn *c = kit_established(&kit);
	char buf[16] = "";

	cr_assert(tcp_set(c, TCP_O_OOBINLINE, 1) == 0);
	INJECT(.flags = ACK | URG, .seq = 1, .ack = 1, .data = "abXcd",
	       .urg = 3);
	cr_assert(eq(i64, kit_recv(&kit, c, buf, sizeof(buf)), 2));
	cr_assert(tcp_at_mark(c));
	memset(buf, 0, sizeof(buf));
	cr_assert(eq(i64, kit_recv(&kit, c, buf, sizeof(buf)), 3));
	cr_assert(eq(str, buf, "Xcd"));
	kit_forget_frames(&kit);
}

/* RFC 1122 4.2.2.13: what nobody will read is refused aloud. */
Test(tcp_in, data_after_close_is_reset)
{
	struct tcp_conn *c = kit_established(&kit);

	tcp_close(c);
	kit_host_settle(&kit.host);
	EXPECT(.flags = FIN | ACK, .seq = 1, .ack = 1);
	cr_assert(eq(int, INJECT(.flags = ACK, .seq = 1, .ack = 2, .len = 10),
		     DROP_TCP_AFTER_CLOSE));
	EXPECT(.flags = RST | ACK, .seq = 2, .ack = 1);
	cr_assert(eq(u32, kit.host.tcp.nconns, 0));
	SILENCE();
}

/* RFC 2525 2.17. */
Test(tcp_in, close_with_unread_data_resets)
{
	struct tcp_conn *c = kit_established(&kit);

	INJECT(.flags = ACK, .seq = 1, .ack = 1, .len = 10);
	EXPECT(.flags = ACK, .seq = 1, .ack = 11);
	tcp_close(c);
	kit_host_settle(&kit.host);
	EXPECT(.flags = RST | ACK, .seq = 1, .ack = 11);
	SILENCE();
}

/* What came before the reset can still be read; then the error, then EOF. */
Test(tcp_in, data_before_a_reset_is_readable)
{
	struct tcp_conn *c = kit_established(&kit);
	char buf[16];

	INJECT(.flags = ACK, .seq = 1, .ack = 1, .len = 10);
	INJECT(.flags = RST, .seq = 11);
	cr_assert(eq(i64, kit_recv(&kit, c, buf, sizeof(buf)), 10));
	cr_assert(eq(i64, kit_recv(&kit, c, buf, sizeof(buf)), -ECONNRESET));
	cr_assert(eq(i64, kit_recv(&kit, c, buf, sizeof(buf)), 0));
	cr_assert(eq(i64, kit_send(&kit, c, 1), -EPIPE));
	kit_forget_frames(&kit);
}

/* The window closes to 0, and opens aloud when the program reads. */
Test(tcp_in, closed_window_opens_with_an_announcement)
{
	struct tcp_conn *c = kit_established(&kit);
	static uint8_t buf[100000];
	uint32_t at = 0, left;

	while (tcp_rcv_wnd(c) > 0) {
		uint32_t n = MIN(tcp_rcv_wnd(c), 1400u);

		INJECT(.flags = ACK, .seq = 1 + at, .ack = 1, .len = n);
		at += n;
		cr_assert(lt(u32, at, 200000));
		kit_advance(&kit, MSEC(50));
	}
	while (kit_take(&kit))
		;
	cr_assert(eq(u32, kit.out.wnd, 0));
	/* A probe is answered, its byte is not taken. */
	INJECT(.flags = ACK, .seq = 1 + at, .ack = 1, .len = 1);
	EXPECT(.flags = ACK, .seq = 1, .ack = 1 + at, .wnd = KIT_NO_WINDOW);
	/* Too small a step is silly; a segment's worth is told. */
	left = c->rcvbuf - at;
	cr_assert(lt(u32, left, 1400));
	cr_assert(kit_recv(&kit, c, buf, 1459 - left) > 0);
	SILENCE();
	cr_assert(kit_recv(&kit, c, buf, 1) == 1);
	EXPECT(.flags = ACK, .seq = 1, .ack = 1 + at, .wnd = 1460);
	SILENCE();
}

/* Sequence numbers go around in the middle of a stream. */
Test(tcp_in, sequence_numbers_wrap)
{
	struct tcp_conn *c;
	uint8_t buf[1000];

	kit.peer_iss = 0xffffff00u;
	c = kit_established_with(&kit, modern);
	INJECT(.flags = ACK, .seq = 501, .ack = 1, .len = 500);
	EXPECT(.flags = ACK, .seq = 1, .ack = 1, .nsack = 1,
	       .sack = {{501, 1001}});
	INJECT(.flags = ACK, .seq = 1, .ack = 1, .len = 500);
	EXPECT(.flags = ACK, .seq = 1, .ack = 1001);
	cr_assert(eq(i64, kit_recv(&kit, c, buf, sizeof(buf)), 1000));
	for (uint32_t i = 0; i < 1000; i++)
		cr_assert(eq(u8, buf[i], kit_byte(1 + i)));
}

/* The buffer grows with what the program takes, and never shrinks. */
Test(tcp_in, receive_buffer_grows_with_a_fast_reader)
{
	struct tcp_conn *c = kit_established_with(&kit, modern);
	static uint8_t buf[1 << 20];
	uint32_t at = 1, before = c->rcvbuf;

	for (int i = 0; i < 400; i++) {
		kit_advance(&kit, MSEC(1));
		for (int n = 0; n < 40; n++, at += 1400)
			GIVE(.flags = ACK, .seq = at, .ack = 1, .len = 1400);
		kit_host_settle(&kit.host);
		while (kit_recv(&kit, c, buf, sizeof(buf)) > 0)
			;
		kit_forget_frames(&kit);
	}
	cr_assert(gt(u32, c->rcvbuf, before));
	cr_assert(le(u32, c->rcvbuf, LIMIT_TCP_RCVBUF_MAX));
}
