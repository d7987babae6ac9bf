/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * ip_test.c - proves ip.c: the version follows the destination.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "testkit/nettest.h"

static struct nettest t;

static void open_host(void)
{
	nettest_open(&t);
	nettest_connect(&t);
	nettest_connect6(&t);
}

static void close_host(void)
{
	nettest_close(&t);
}

static int send_to(const struct inet_addr *src, const struct inet_addr *dst)
{
	struct ip_how how = {.src = *src, .dst = *dst, .proto = 99, .ttl = 7};
	struct tx tx;

	tx_init(&tx);
	memcpy(tx_push(&tx, 4), "abcd", 4);
	return ip_output(&t.net, &tx, &how);
}

HOST_TEST(ip, the_destination_chooses_the_version)
{
	struct inet_addr any = {{0}}, peer4 = inet_from4(NT_PEER);

	cr_assert(eq(int, send_to(&any, &peer4), 0));
	cr_assert(eq(int, send_to(&any, &NT_PEER6), 0));
	cr_assert(eq(sz, t.wire.nframes, 2));
	cr_assert(eq(u8, nettest_sent_ip(&t, 0)->ver_ihl, 0x45));
	cr_assert(eq(u8, nettest_sent_ip6(&t, 1)->ver_tc_flow.b[0] >> 4, 6));
	cr_assert(eq(u8, nettest_sent_ip6(&t, 1)->hop_limit, 7));
	cr_assert(inet_equal(&nettest_sent_ip6(&t, 1)->src, &NT_US6));
	cr_assert(eq(u32, ip_header_len(&peer4), 20));
	cr_assert(eq(u32, ip_header_len(&NT_PEER6), 40));
}

HOST_TEST(ip, one_packet_has_one_version)
{
	struct inet_addr us4 = inet_from4(NT_US);

	cr_assert(eq(int, send_to(&us4, &NT_PEER6), -EINVAL));
	cr_assert(eq(sz, t.wire.nframes, 0));
}

HOST_TEST(ip, accessors_read_both_versions)
{
	struct nettest_ip h4 = {.src = NT_PEER, .dst = NT_US, .ttl = 9};
	struct nettest_ip6 h6 = {.hops = 8};
	struct inet_addr peer4 = inet_from4(NT_PEER), src;
	struct pkt *p4 = nettest_pkt(&t, &h4, "x", 1);
	struct pkt *p6 = nettest_pkt6(&t, &h6, "x", 1);

	p4->l3 = p4->data;
	p6->l3 = p6->data;
	src = ip_src(p4);
	cr_assert(inet_equal(&src, &peer4));
	src = ip_src(p6);
	cr_assert(inet_equal(&src, &NT_PEER6));
	src = ip_dst(p6);
	cr_assert(inet_equal(&src, &NT_US6));
	cr_assert(eq(u8, ip_ttl(p4), 9));
	cr_assert(eq(u8, ip_ttl(p6), 8));
	cr_assert(eq(u32, ip_flow_label(p4), 0));
	pkt_free(t.arena, p4);
	pkt_free(t.arena, p6);
}

/* Cut anywhere, the pieces are the packet. */
HOST_TEST(ip, slices_add_up)
{
	uint8_t payload[400], whole[440], got[440];
	struct tx tx, piece;
	struct ip_slicer s;

	for (size_t i = 0; i < sizeof(whole); i++)
		whole[i] = (uint8_t)(i * 5);
	memcpy(payload, whole + 40, sizeof(payload));
	for (size_t step = 8; step < sizeof(whole); step += 8) {
		size_t at = 0;

		tx_init(&tx);
		memcpy(tx_push(&tx, 40), whole, 40);
		cr_assert(tx_add(&tx, payload, 150));
		cr_assert(tx_add(&tx, payload + 150, 250));
		ip_slice_init(&s, &tx);
		while (at < sizeof(whole)) {
			size_t n = MIN(step, sizeof(whole) - at);
			size_t head;

			cr_assert(ip_slice(&s, n, TX_HEADER_MAX - 16, &piece));
			cr_assert(eq(sz, tx_len(&piece), n));
			cr_assert(le(sz, tx_head_len(&piece), 16));
			head = tx_head_len(&piece);
			memcpy(got + at, tx_head(&piece), head);
			at += head;
			for (uint32_t i = 0; i < piece.npayload; i++) {
				struct iovec *v = &piece.payload[i];

				memcpy(got + at, v->iov_base, v->iov_len);
				at += v->iov_len;
			}
		}
		cr_assert(eq(int, memcmp(got, whole, sizeof(whole)), 0));
	}
}
