/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * udp_test.c - proves udp.c: bind, connect, send, receive as udp(7) says.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "testkit/nettest.h"
#include "udp_err.h"

static struct nettest t;
static struct udp_pcb *pcb;

static void open_host(void)
{
	nettest_open_udp(&t);
	cr_assert(eq(int, udp_new(&t.udp, &pcb), 0));
}

static void close_host(void)
{
	udp_free(pcb);
	nettest_close(&t);
}

static struct endpoint at(const char *text, uint16_t port)
{
	struct endpoint e = {.port = port};

	cr_assert(eq(int, inet_parse(text, &e.addr), 0), "%s", text);
	return e;
}

static int bind_to(const char *text, uint16_t port)
{
	struct endpoint local = at(text, port);

	return udp_bind(pcb, &local);
}

static int connect_to(const char *text, uint16_t port)
{
	struct endpoint remote = at(text, port);

	return udp_connect(pcb, &remote);
}

static int send_to(const struct endpoint *to, const void *data, size_t len)
{
	struct iovec storage;
	struct uio u;

	uio_flat(&u, &storage, (void *)(uintptr_t)data, len);
	return udp_send(pcb, to, NULL, &u);
}

static ssize_t receive(char *buf, size_t size, struct udp_meta *meta, bool peek,
		       size_t *full)
{
	struct iovec storage;
	struct uio u;

	uio_flat(&u, &storage, buf, size);
	return udp_recv(pcb, &u, meta, peek, full);
}

static const struct udp_wire *sent(size_t i)
{
	return nettest_sent_l4(&t, i);
}

static bool has_good_checksum(size_t i)
{
	const struct ip4_wire *ip = nettest_sent_ip(&t, i);
	struct inet_addr src = inet_from4(ip->src), dst = inet_from4(ip->dst);
	size_t len = be16_get(ip->total_len) - sizeof(*ip);
	uint32_t sum = cksum_pseudo(&src, &dst, IP_PROTO_UDP, (uint32_t)len);

	return cksum_fold(cksum_partial(ip + 1, len, sum)) == 0xffff;
}

HOST_TEST(udp, send_builds_a_correct_datagram)
{
	struct endpoint to = at("10.0.0.1", 53);

	cr_assert(eq(int, bind_to("0.0.0.0", 4000), 0));
	pcb->v4.tos = 0x10;
	pcb->v4.ttl = 9;
	cr_assert(eq(int, send_to(&to, "hello", 5), 0));
	cr_assert(eq(u16, be16_get(sent(0)->sport), 4000));
	cr_assert(eq(u16, be16_get(sent(0)->dport), 53));
	cr_assert(eq(u16, be16_get(sent(0)->len), 13));
	cr_assert(eq(int, memcmp(sent(0) + 1, "hello", 5), 0));
	cr_assert(has_good_checksum(0));
	cr_assert(eq(u8, nettest_sent_ip(&t, 0)->tos, 0x10));
	cr_assert(eq(u8, nettest_sent_ip(&t, 0)->ttl, 9));
	cr_assert(eq(u64, t.eng.stats.count[STAT_UDP_OUT_DATAGRAMS], 1));
}

HOST_TEST(udp, empty_datagram_is_a_datagram)
{
	struct endpoint to = at("10.0.0.1", 53);

	cr_assert(eq(int, send_to(&to, "", 0), 0));
	cr_assert(eq(u16, be16_get(sent(0)->len), 8));
	cr_assert(has_good_checksum(0));
}

HOST_TEST(udp, send_binds_an_ephemeral_port_and_keeps_it)
{
	struct endpoint to = at("10.0.0.1", 53);

	cr_assert(eq(int, send_to(&to, "a", 1), 0));
	cr_assert(eq(int, send_to(&to, "b", 1), 0));
	cr_assert(ge(int, be16_get(sent(0)->sport), 32768));
	cr_assert(eq(int, be16_get(sent(0)->sport), be16_get(sent(1)->sport)));
}

HOST_TEST(udp, send_refuses_as_linux_does)
{
	static const uint8_t big[UDP_PAYLOAD_MAX4 + 1];
	struct endpoint to = at("10.0.0.1", 53), none = at("10.0.0.1", 0);
	struct endpoint cast = at("10.0.0.255", 53);
	struct endpoint limited = at("255.255.255.255", 53);

	cr_expect(eq(int, send_to(NULL, "x", 1), -EDESTADDRREQ));
	cr_expect(eq(int, send_to(&to, big, sizeof(big)), -EMSGSIZE));
	cr_expect(eq(int, send_to(&none, "x", 1), -EINVAL));
	cr_expect(eq(int, send_to(&cast, "x", 1), -EACCES));
	cr_expect(eq(int, send_to(&limited, "x", 1), -EACCES));
	pcb->broadcast = true;
	cr_expect(eq(int, send_to(&cast, "x", 1), 0));
	t.net.routes.count = 0;
	to = at("8.8.8.8", 53);
	cr_expect(eq(int, send_to(&to, "x", 1), -ENETUNREACH));
}

HOST_TEST(udp, path_mtu_discovery_decides_about_fragments)
{
	static const struct {
		enum udp_pmtudisc mode;
		size_t len;
		int result;
		uint16_t frag;
		size_t frames;
	} rows[] = {
		{UDP_PMTUDISC_DONT, 1372, 0, 0, 1},
		{UDP_PMTUDISC_DONT, 1373, 0, IP4_MF, 2},
		{UDP_PMTUDISC_WANT, 1372, 0, IP4_DF, 1},
		{UDP_PMTUDISC_WANT, 1373, 0, IP4_MF, 2},
		{UDP_PMTUDISC_DO, 1372, 0, IP4_DF, 1},
		{UDP_PMTUDISC_DO, 1373, -EMSGSIZE, 0, 0},
		{UDP_PMTUDISC_PROBE, 1472, 0, IP4_DF, 1},
		{UDP_PMTUDISC_PROBE, 1473, -EMSGSIZE, 0, 0},
		{UDP_PMTUDISC_WANT, 65507, 0, IP4_MF, 48},
	};
	static const uint8_t data[65507];
	struct endpoint to = at("10.0.0.1", 53);

	pmtu_learn(&t.net.pmtu, &to.addr, 1400, 1500);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		pcb->v4.pmtudisc = rows[i].mode;
		cr_expect(eq(int, send_to(&to, data, rows[i].len),
			     rows[i].result),
			  "row %zu", i);
		cr_assert(eq(sz, t.wire.nframes, rows[i].frames), "row %zu", i);
		if (rows[i].frames)
			cr_expect(eq(int,
				     be16_get(nettest_sent_ip(&t, 0)->frag),
				     rows[i].frag),
				  "row %zu", i);
		nettest_forget_frames(&t);
	}
}

/* More pieces than a tx can borrow are copied; both ways the bytes agree. */
HOST_TEST(udp, scattered_payload_arrives_in_order)
{
	static char data[200];
	static struct iovec iov[100];
	struct endpoint to = at("10.0.0.1", 53);
	struct uio u;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (char)i;
	for (size_t n = 2; n <= 100; n += 49) {
		size_t each = sizeof(data) / n;

		for (size_t i = 0; i < n; i++)
			iov[i] = (struct iovec){data + i * each, each};
		cr_assert(eq(int, uio_init(&u, iov, n), 0));
		uio_skip(&u, 1);
		cr_assert(eq(int, udp_send(pcb, &to, NULL, &u), 0));
		cr_assert(eq(sz, u.left, 0));
		cr_assert(eq(int, be16_get(sent(0)->len), (int)(n * each) + 7));
		cr_assert(eq(int, memcmp(sent(0) + 1, data + 1, n * each - 1),
			     0));
		cr_assert(has_good_checksum(0));
		nettest_forget_frames(&t);
	}
}

HOST_TEST(udp, full_link_loses_the_datagram_silently)
{
	struct endpoint to = at("10.0.0.1", 53);

	t.wire.fail = -EAGAIN;
	cr_assert(eq(int, send_to(&to, "x", 1), 0));
	pcb->v4.recverr = true;
	cr_assert(eq(int, send_to(&to, "x", 1), -ENOBUFS));
}

HOST_TEST(udp, packet_info_chooses_the_source)
{
	struct endpoint to = at("10.0.0.1", 53);
	struct inet_prefix second = {inet_from4(ip4_make(10, 0, 0, 7)), 120};
	struct inet_addr foreign = inet_from4(ip4_make(10, 0, 0, 8));
	struct udp_wish wish = udp_no_wish;
	struct iovec storage;
	struct uio u;

	cr_assert(eq(int, iface_add_addr(t.eth, &second), 0));
	uio_flat(&u, &storage, "x", 1);
	wish.src = second.addr;
	cr_assert(eq(int, udp_send(pcb, &to, &wish, &u), 0));
	cr_assert(
		ip4_equal(nettest_sent_ip(&t, 0)->src, ip4_make(10, 0, 0, 7)));
	cr_assert(has_good_checksum(0));
	uio_flat(&u, &storage, "x", 1);
	wish.src = foreign;
	cr_assert(eq(int, udp_send(pcb, &to, &wish, &u), -ENETUNREACH));
}

/* Bind, connect, disconnect. */

HOST_TEST(udp, bind_takes_own_addresses_once)
{
	cr_assert(eq(int, bind_to("10.0.0.9", 53), -EADDRNOTAVAIL));
	cr_assert(eq(int, bind_to("10.0.0.2", 53), 0));
	cr_assert(eq(int, bind_to("10.0.0.2", 54), -EINVAL));
}

HOST_TEST(udp, connect_fixes_both_ends)
{
	cr_assert(eq(int, connect_to("10.0.0.1", 53), 0));
	cr_assert(udp_is_connected(pcb));
	cr_assert(ip4_equal(inet_to4(&pcb->bind.key.local), NT_US));
	cr_assert(eq(int, send_to(NULL, "x", 1), 0));
	cr_assert(eq(u16, be16_get(sent(0)->dport), 53));
	/* Elsewhere, the local address is chosen anew. */
	cr_assert(eq(int, connect_to("127.0.0.1", 99), 0));
	cr_assert(inet_is_loopback(&pcb->bind.key.local));
	cr_assert(eq(int, connect_to("10.0.0.255", 99), -EACCES));
}

HOST_TEST(udp, disconnect_keeps_what_bind_gave_only)
{
	cr_assert(eq(int, connect_to("10.0.0.1", 53), 0));
	udp_disconnect(pcb);
	cr_assert(not(pcb->bind.is_bound));

	cr_assert(eq(int, bind_to("10.0.0.2", 0), 0));
	cr_assert(eq(int, connect_to("10.0.0.1", 53), 0));
	udp_disconnect(pcb);
	cr_assert(not(pcb->bind.is_bound));
	cr_assert(ip4_equal(inet_to4(&pcb->bind.key.local), NT_US));
	/* A send binds, even if it is refused, and to what bind() gave. */
	cr_assert(eq(int, send_to(NULL, "x", 1), -EDESTADDRREQ));
	cr_assert(pcb->bind.is_bound);
	cr_assert(ip4_equal(inet_to4(&pcb->bind.key.local), NT_US));
}

HOST_TEST(udp, disconnect_keeps_the_port_that_bind_gave)
{
	cr_assert(eq(int, bind_to("0.0.0.0", 4000), 0));
	cr_assert(eq(int, connect_to("10.0.0.1", 53), 0));
	udp_disconnect(pcb);
	cr_assert(eq(u16, pcb->bind.key.lport, 4000));
	cr_assert(inet_is_any(&pcb->bind.key.local));
}

HOST_TEST(udp, to_nowhere_means_to_ourselves)
{
	struct endpoint to = at("0.0.0.0", 4000);
	char buf[8];

	cr_assert(eq(int, bind_to("0.0.0.0", 4000), 0));
	cr_assert(eq(int, send_to(&to, "self", 4), 0));
	nettest_run_loop(&t);
	cr_assert(eq(long, receive(buf, sizeof(buf), NULL, false, NULL), 4));
}

/* Receive. */

static void loop_datagram(const void *data, size_t len)
{
	struct endpoint to = at("10.0.0.2", 4000);

	if (!pcb->bind.is_bound)
		cr_assert(eq(int, bind_to("0.0.0.0", 4000), 0));
	cr_assert(eq(int, send_to(&to, data, len), 0));
	nettest_run_loop(&t);
}

HOST_TEST(udp, receive_tells_who_and_where)
{
	struct udp_meta meta;
	char buf[8];

	pcb->v4.tos = 0x20;
	pcb->v4.ttl = 33;
	cr_assert(eq(long, receive(buf, sizeof(buf), &meta, false, NULL),
		     -EAGAIN));
	loop_datagram("hello", 5);
	cr_assert(eq(sz, udp_next_len(pcb), 5));
	cr_assert(eq(long, receive(buf, sizeof(buf), &meta, false, NULL), 5));
	cr_assert(eq(int, memcmp(buf, "hello", 5), 0));
	cr_assert(ip4_equal(inet_to4(&meta.from.addr), NT_US));
	cr_assert(eq(u16, meta.from.port, 4000));
	cr_assert(ip4_equal(inet_to4(&meta.to), NT_US));
	cr_assert(eq(u16, meta.to_port, 4000));
	cr_assert(eq(u32, meta.ifindex, t.lo->index));
	cr_assert(eq(u8, meta.tos, 0x20));
	cr_assert(eq(u8, meta.ttl, 33));
	cr_assert(eq(sz, pcb->rcv_cost, 0));
	cr_assert(eq(u32, pcb->rcv_count, 0));
}

HOST_TEST(udp, short_buffer_truncates_and_peek_keeps)
{
	char buf[8];
	size_t full = 0;

	loop_datagram("0123456789", 10);
	cr_assert(eq(long, receive(buf, 4, NULL, true, &full), 4));
	cr_assert(eq(sz, full, 10));
	cr_assert(eq(long, receive(buf, 4, NULL, false, &full), 4));
	cr_assert(eq(sz, full, 10));
	cr_assert(eq(long, receive(buf, 4, NULL, false, &full), -EAGAIN));
}

HOST_TEST(udp, empty_datagram_is_received)
{
	char buf[8];
	size_t full = 99;

	loop_datagram("", 0);
	cr_assert(udp_is_readable(pcb));
	cr_assert(eq(long, receive(buf, 8, NULL, false, &full), 0));
	cr_assert(eq(sz, full, 0));
	cr_assert(not(udp_is_readable(pcb)));
}

HOST_TEST(udp, largest_datagram_goes_through_loopback)
{
	static char data[UDP_PAYLOAD_MAX4], got[UDP_PAYLOAD_MAX4];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (char)(i * 5 + i / 255);
	loop_datagram(data, sizeof(data));
	cr_assert(eq(long, receive(got, sizeof(got), NULL, false, NULL),
		     UDP_PAYLOAD_MAX4));
	cr_assert(eq(int, memcmp(data, got, sizeof(data)), 0));
}

HOST_TEST(udp, pending_error_comes_first_and_once)
{
	char buf[8];

	loop_datagram("x", 1);
	pcb->error = ECONNREFUSED;
	cr_assert(udp_is_readable(pcb));
	cr_assert(eq(long, receive(buf, 8, NULL, false, NULL), -ECONNREFUSED));
	cr_assert(eq(long, receive(buf, 8, NULL, false, NULL), 1));
	cr_assert(eq(int, connect_to("10.0.0.1", 53), 0));
	pcb->error = ECONNREFUSED;
	cr_assert(eq(int, send_to(NULL, "x", 1), -ECONNREFUSED));
	cr_assert(eq(int, send_to(NULL, "x", 1), 0));
}

HOST_TEST(udp, free_clears_the_queue)
{
	loop_datagram("x", 1);
	cr_assert(gt(sz, arena_count(t.arena, ARENA_PKT), 0));
}

/* --- IPv6 --------------------------------------------------------------- */

static int send_wish(const char *to, const struct udp_wish *w)
{
	struct endpoint e = at(to, 53);
	struct iovec storage;
	struct uio u;

	uio_flat(&u, &storage, "x", 1);
	return udp_send(pcb, &e, w, &u);
}

static const struct ip6_wire *last6(void)
{
	return nettest_sent_ip6(&t, t.wire.nframes - 1);
}

HOST_TEST(udp, ipv6_settings_and_wishes)
{
	struct udp_wish w = udp_no_wish;

	nettest_connect6(&t);
	pcb->bind.flags = BINDING_IS6;
	cr_assert(eq(int, send_wish("fd00::1", NULL), 0));
	cr_assert(eq(u8, last6()->hop_limit, IP_TTL_DEFAULT));
	pcb->v6.ttl = 9;
	pcb->v6.tos = 0x21;
	cr_assert(eq(int, send_wish("fd00::1", NULL), 0));
	cr_assert(eq(u8, last6()->hop_limit, 9));
	cr_assert(eq(u32, be32_get(last6()->ver_tc_flow) >> 20, 0x621));
	w.ttl = 3;
	w.tos = 0x44;
	cr_assert(eq(int, send_wish("fd00::1", &w), 0));
	cr_assert(eq(u8, last6()->hop_limit, 3));
	cr_assert(eq(u32, be32_get(last6()->ver_tc_flow) >> 20, 0x644));
	cr_assert(inet_equal(&last6()->src, &NT_US6));
}

/* ipv6(7): from one family to the other there is no way. */
HOST_TEST(udp, ipv6_families_do_not_mix)
{
	struct endpoint four = at("10.0.0.1", 53);

	nettest_connect6(&t);
	pcb->bind.flags = BINDING_IS6;
	cr_assert(eq(int, bind_to("fd00::7", 4000), -EADDRNOTAVAIL));
	cr_assert(eq(int, bind_to("fd00::2", 4000), 0));
	cr_assert(eq(int, connect_to("10.0.0.1", 53), -ENETUNREACH));
	cr_assert(eq(int, send_to(&four, "x", 1), -ENETUNREACH));
	udp_free(pcb);
	cr_assert(eq(int, udp_new(&t.udp, &pcb), 0));
	pcb->bind.flags = BINDING_IS6;
	cr_assert(eq(int, bind_to("0.0.0.0", 4000), 0));
	cr_assert(eq(int, connect_to("fd00::1", 53), -EAFNOSUPPORT));
}

/* What is too long is told to who wants to know, with what would fit. */
HOST_TEST(udp, ipv6_too_long_is_queued_as_a_local_error)
{
	static uint8_t big[UDP_PAYLOAD_MAX6 + 1];
	struct endpoint to = at("fd00::1", 53);
	struct udp_refusal r;
	struct iovec storage;
	struct uio u;
	size_t full;

	nettest_connect6(&t);
	pcb->bind.flags = BINDING_IS6;
	cr_assert(eq(int, send_to(&to, big, sizeof(big)), -EMSGSIZE));
	cr_assert(eq(u32, pcb->err_count, 0));
	pcb->v6.recverr = true;
	cr_assert(eq(int, send_to(&to, big, sizeof(big)), -EMSGSIZE));
	pcb->v6.dont_fragment = true;
	cr_assert(eq(int, send_to(&to, big, 1453), -EMSGSIZE));
	cr_assert(eq(int, send_to(&to, big, 1452), 0));
	cr_assert(eq(u32, pcb->err_count, 2));
	uio_flat(&u, &storage, big, 1);
	cr_assert(eq(int, (int)udp_err_take(pcb, &u, &r, &full), 0));
	cr_assert(r.is_local);
	cr_assert(eq(int, r.error, EMSGSIZE));
	cr_assert(eq(u32, r.info, NETTEST_MTU));
	cr_assert(inet_equal(&r.to.addr, &NT_PEER6));
}
