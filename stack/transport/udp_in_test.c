/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * udp_in_test.c - proves udp_in.c: who gets what, what it costs, what is wrong.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "net/icmp.h"
#include "testkit/nettest.h"

static struct nettest t;

static void open_host(void)
{
	nettest_open_udp(&t);
}

static void close_host(void)
{
	nettest_close(&t);
}

static struct endpoint at(const char *text, uint16_t port)
{
	struct endpoint e = {.port = port};

	cr_assert(eq(int, inet_parse(text, &e.addr), 0), "%s", text);
	return e;
}

/* remote NULL: not connected. */
static struct udp_pcb *open_pcb(const char *local, uint16_t port,
				const char *remote, uint32_t flags)
{
	struct endpoint here = at(local, port);
	struct udp_pcb *pcb;

	cr_assert(eq(int, udp_new(&t.udp, &pcb), 0));
	pcb->bind.flags = flags;
	pcb->news.owner = &t;
	cr_assert(eq(int, udp_bind(pcb, &here), 0));
	if (remote) {
		struct endpoint there = at(remote, 53);

		cr_assert(eq(int, udp_connect(pcb, &there), 0));
	}
	return pcb;
}

/* A datagram of `len` bytes from src:53 to dst:port. */
static struct pkt *datagram(const char *src, const char *dst, uint16_t port,
			    size_t len)
{
	static uint8_t bytes[65535];
	struct inet_addr s = at(src, 0).addr, d = at(dst, 0).addr;
	struct nettest_ip h = {inet_to4(&s), inet_to4(&d),
			       .proto = IP_PROTO_UDP};
	struct udp_wire *wire = (void *)bytes;
	uint16_t whole = (uint16_t)(len + sizeof(*wire));

	memset(bytes, 'd', whole);
	*wire = (struct udp_wire){be16_make(53), be16_make(port),
				  be16_make(whole), be16_make(0)};
	wire->cksum = cksum_finish(cksum_partial(
		bytes, whole, cksum_pseudo(&s, &d, IP_PROTO_UDP, whole)));
	return nettest_pkt(&t, &h, bytes, whole);
}

static enum verdict give(const char *src, const char *dst, uint16_t port)
{
	return nettest_give(&t, t.eth, datagram(src, dst, port, 10));
}

/* Five sockets at one port, and who hears what. */
HOST_TEST(udp_in, demultiplexing)
{
	enum { WILD = 1, BOUND = 2, CONN = 4, WILD2 = 8, OTHER = 16 };
	static const struct {
		const char *src, *dst;
		uint16_t port;
		enum verdict v;
		int who;
	} rows[] = {
		{"10.0.0.1", "10.0.0.2", 4000, TAKEN, CONN},
		{"10.0.0.3", "10.0.0.2", 4000, TAKEN, BOUND},
		{"10.0.0.1", "10.0.0.7", 4000, TAKEN, WILD2},
		{"10.0.0.1", "10.0.0.2", 4001, TAKEN, OTHER},
		{"10.0.0.1", "10.0.0.7", 4001, DROP_UDP_PORT, 0},
		{"10.0.0.1", "10.0.0.2", 4002, DROP_UDP_PORT, 0},
		{"10.0.0.1", "10.0.0.255", 4000, DONE, WILD | WILD2},
		{"10.0.0.1", "255.255.255.255", 4000, DONE, WILD | WILD2},
		{"10.0.0.1", "10.0.0.255", 4001, DROP_UDP_PORT, 0},
	};
	struct inet_prefix second = {at("10.0.0.7", 0).addr, 120};
	struct udp_pcb *pcb[5];

	cr_assert(eq(int, iface_add_addr(t.eth, &second), 0));
	pcb[0] = open_pcb("0.0.0.0", 4000, NULL, BINDING_REUSEADDR);
	pcb[1] = open_pcb("10.0.0.2", 4000, NULL, BINDING_REUSEADDR);
	pcb[2] = open_pcb("10.0.0.2", 4000, "10.0.0.1", BINDING_REUSEADDR);
	pcb[3] = open_pcb("0.0.0.0", 4000, NULL, BINDING_REUSEADDR);
	pcb[4] = open_pcb("10.0.0.2", 4001, NULL, 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int who = 0;

		cr_expect(eq(int, give(rows[i].src, rows[i].dst, rows[i].port),
			     rows[i].v),
			  "row %zu", i);
		for (int k = 0; k < 5; k++) {
			who |= udp_is_readable(pcb[k]) ? 1 << k : 0;
			pkt_free_list(t.arena, &pcb[k]->rcvq);
		}
		cr_expect(eq(int, who, rows[i].who), "row %zu", i);
	}
	for (int k = 0; k < 5; k++)
		udp_free(pcb[k]);
}

HOST_TEST(udp_in, arrival_is_news)
{
	struct udp_pcb *pcb = open_pcb("0.0.0.0", 4000, NULL, 0);

	cr_assert(eq(int, give("10.0.0.1", "10.0.0.2", 4000), TAKEN));
	cr_assert(eq(u32, pcb->news.bits, NEWS_READABLE));
	udp_free(pcb);
	cr_assert(list_is_empty(&t.eng.news));
}

HOST_TEST(udp_in, every_truncation_is_dropped)
{
	struct udp_pcb *pcb = open_pcb("0.0.0.0", 4000, NULL, 0);

	for (size_t len = 0; len < 18; len++) {
		struct pkt *p = datagram("10.0.0.1", "10.0.0.2", 4000, 10);
		struct ip4_wire *ip = (void *)p->data;

		pkt_trim(p, sizeof(*ip) + len);
		ip->total_len = be16_make((uint16_t)(sizeof(*ip) + len));
		ip->cksum = be16_make(0);
		ip->cksum = cksum(ip, sizeof(*ip));
		cr_expect(eq(int, nettest_give(&t, t.eth, p),
			     len < 8 ? DROP_UDP_SHORT : DROP_UDP_LENGTH),
			  "%zu bytes", len);
	}
	cr_assert(not(udp_is_readable(pcb)));
	udp_free(pcb);
}

static enum verdict give_with(uint16_t len, uint16_t sum, enum pkt_csum csum)
{
	struct pkt *p = datagram("10.0.0.1", "10.0.0.2", 4000, 10);
	struct udp_wire *wire = (void *)(p->data + sizeof(struct ip4_wire));

	p->csum = csum;
	wire->len = be16_make(len);
	wire->cksum = be16_make(sum);
	return nettest_give(&t, t.eth, p);
}

HOST_TEST(udp_in, lengths_and_checksums)
{
	struct udp_pcb *pcb = open_pcb("0.0.0.0", 4000, NULL, 0);

	cr_expect(eq(int, give_with(18, 0, PKT_CSUM_UNKNOWN), TAKEN), "none");
	cr_expect(eq(int, give_with(18, 0x1234, PKT_CSUM_UNKNOWN),
		     DROP_UDP_CHECKSUM));
	cr_expect(eq(int, give_with(18, 0x1234, PKT_CSUM_VALID), TAKEN));
	cr_expect(eq(int, give_with(18, 0x1234, PKT_CSUM_PARTIAL), TAKEN));
	cr_expect(eq(int, give_with(7, 0, PKT_CSUM_VALID), DROP_UDP_LENGTH));
	cr_expect(eq(int, give_with(0, 0, PKT_CSUM_VALID), DROP_UDP_LENGTH));
	cr_expect(eq(int, give_with(19, 0, PKT_CSUM_VALID), DROP_UDP_LENGTH));
	/* What follows the UDP length is not the program's. */
	pkt_free_list(t.arena, &pcb->rcvq);
	cr_expect(eq(int, give_with(11, 0, PKT_CSUM_VALID), TAKEN));
	cr_expect(eq(sz, udp_next_len(pcb), 3));
	udp_free(pcb);
}

HOST_TEST(udp_in, closed_port_is_answered_but_not_to_a_broadcast)
{
	const struct icmp_wire *icmp;

	cr_assert(eq(int, give("10.0.0.1", "10.0.0.2", 9), DROP_UDP_PORT));
	cr_assert(eq(sz, t.wire.nframes, 1));
	icmp = nettest_sent_l4(&t, 0);
	cr_assert(eq(u8, icmp->type, ICMP4_UNREACHABLE));
	cr_assert(eq(u8, icmp->code, ICMP4_UNREACH_PORT));
	cr_assert(eq(int, give("10.0.0.1", "10.0.0.255", 9), DROP_UDP_PORT));
	cr_assert(eq(sz, t.wire.nframes, 1));
	cr_assert(eq(u64, t.eng.stats.count[STAT_UDP_NO_PORTS], 1));
}

/* True cost: what is queued is what the blocks take, and no 64 KiB each. */
HOST_TEST(udp_in, queue_is_bounded_by_true_cost)
{
	struct udp_pcb *pcb = open_pcb("0.0.0.0", 4000, NULL, 0);
	enum verdict v = TAKEN;
	uint32_t n = 0;

	pcb->rcv_max = 20000;
	while (v == TAKEN) {
		/* As from a link: one byte in a buffer for the largest frame.
		 */
		struct pkt *small = datagram("10.0.0.1", "10.0.0.2", 4000, 1);
		struct pkt *big = pkt_new(t.arena, PKT_FRAME_MAX, 64);

		cr_assert(ne(ptr, big, NULL));
		memcpy(pkt_append(big, small->len), small->data, small->len);
		pkt_free(t.arena, small);
		v = nettest_give(&t, t.eth, big);
		n += v == TAKEN;
	}
	cr_assert(eq(int, v, DROP_UDP_FULL));
	cr_assert(eq(u64, pcb->drops, 1));
	cr_assert(eq(u32, pcb->rcv_count, n));
	cr_assert(gt(u32, n, 30));
	cr_assert(ge(sz, pcb->rcv_cost, 20000));
	cr_assert(le(sz, pcb->rcv_cost, 21000));
	udp_free(pcb);
}

HOST_TEST(udp_in, full_queue_of_one_does_not_starve_the_others)
{
	struct udp_pcb *a = open_pcb("0.0.0.0", 4000, NULL, BINDING_REUSEADDR);
	struct udp_pcb *b = open_pcb("0.0.0.0", 4000, NULL, BINDING_REUSEADDR);

	b->rcv_max = 0;
	for (int i = 0; i < 3; i++)
		give("10.0.0.1", "10.0.0.255", 4000);
	cr_assert(eq(u32, a->rcv_count, 3));
	cr_assert(eq(u32, b->rcv_count, 1));
	cr_assert(eq(u64, b->drops, 2));
	udp_free(a);
	udp_free(b);
}

HOST_TEST(udp_in, reassembled_datagram_is_received_whole)
{
	struct udp_pcb *pcb = open_pcb("0.0.0.0", 4000, NULL, 0);
	struct pkt *whole = datagram("10.0.0.1", "10.0.0.2", 4000, 3000);
	const uint8_t *l4 = whole->data + sizeof(struct ip4_wire);
	struct nettest_ip h = {NT_PEER, NT_US, .proto = IP_PROTO_UDP};

	h.frag = 1480 / 8;
	cr_assert(eq(
		int,
		nettest_give(&t, t.eth, nettest_pkt(&t, &h, l4 + 1480, 1528)),
		TAKEN));
	h.frag = IP4_MF;
	cr_assert(eq(int,
		     nettest_give(&t, t.eth, nettest_pkt(&t, &h, l4, 1480)),
		     TAKEN));
	cr_assert(eq(sz, udp_next_len(pcb), 3000));
	pkt_free(t.arena, whole);
	udp_free(pcb);
}

HOST_TEST(udp_in, bound_to_a_device_hears_only_that)
{
	struct udp_pcb *pcb = open_pcb("0.0.0.0", 4000, NULL, 0);

	udp_set_ifindex(pcb, t.lo->index);
	cr_assert(eq(int, give("10.0.0.1", "10.0.0.2", 4000), DROP_UDP_PORT));
	udp_set_ifindex(pcb, t.eth->index);
	cr_assert(eq(int, give("10.0.0.1", "10.0.0.2", 4000), TAKEN));
	udp_free(pcb);
}

static struct icmp_error refused(void)
{
	return (struct icmp_error){.local = inet_from4(NT_US),
				   .remote = inet_from4(NT_PEER),
				   .local_port = 4000,
				   .remote_port = 53,
				   .proto = IP_PROTO_UDP,
				   .error = ECONNREFUSED,
				   .hard = true};
}

HOST_TEST(udp_in, errors_are_for_the_connected_and_the_curious)
{
	struct icmp_error e = refused();
	struct udp_pcb *conn =
		open_pcb("10.0.0.2", 4000, "10.0.0.1", BINDING_REUSEADDR);
	struct udp_pcb *bound =
		open_pcb("10.0.0.2", 4000, NULL, BINDING_REUSEADDR);

	udp_icmp_error(&t.udp, &e);
	cr_assert(eq(u32, conn->news.bits, NEWS_ERROR));
	cr_assert(eq(int, udp_take_error(conn), -ECONNREFUSED));
	e.hard = false;
	udp_icmp_error(&t.udp, &e);
	cr_assert(eq(int, udp_take_error(conn), 0));

	e = refused();
	e.remote_port = 54;
	udp_icmp_error(&t.udp, &e);
	cr_assert(eq(int, udp_take_error(bound), 0));
	bound->v4.recverr = true;
	udp_icmp_error(&t.udp, &e);
	cr_assert(eq(int, udp_take_error(bound), -ECONNREFUSED));
	e.local_port = 1;
	udp_icmp_error(&t.udp, &e);
	cr_assert(eq(int, udp_take_error(conn), 0));
	udp_free(conn);
	udp_free(bound);
}

/* The whole way: send to a closed port of ours, hear of it. */
HOST_TEST(udp_in, refusal_comes_back_through_loopback)
{
	struct udp_pcb *pcb = open_pcb("127.0.0.1", 4000, "127.0.0.1", 0);
	struct iovec storage;
	struct uio u;

	uio_flat(&u, &storage, "x", 1);
	cr_assert(eq(int, udp_send(pcb, NULL, NULL, &u), 0));
	nettest_run_loop(&t);
	cr_assert(eq(int, udp_take_error(pcb), -ECONNREFUSED));
	udp_free(pcb);
}

/* --- IPv6 --------------------------------------------------------------- */

/* A datagram of 10 bytes from `src`, port 53, to `dst`, port 4000. */
static enum verdict give6(const char *src, const char *dst, bool with_sum)
{
	struct inet_addr s = at(src, 0).addr, d = at(dst, 0).addr;
	struct nettest_ip6 h = {.src = &s,
				.dst = &d,
				.next = IP_PROTO_UDP,
				.hops = 9,
				.tclass = 0x21};
	uint8_t bytes[18] = {0};
	struct udp_wire *wire = (void *)bytes;

	*wire = (struct udp_wire){be16_make(53), be16_make(4000),
				  be16_make(sizeof(bytes)), be16_make(0)};
	if (with_sum)
		wire->cksum = cksum_finish(cksum_partial(
			bytes, sizeof(bytes),
			cksum_pseudo(&s, &d, IP_PROTO_UDP, sizeof(bytes))));
	return nettest_give6(&t, t.eth,
			     nettest_pkt6(&t, &h, bytes, sizeof(bytes)));
}

/* RFC 8200 8.1: unlike with IPv4, there must be a checksum. */
HOST_TEST(udp_in, ipv6_without_checksum_is_refused)
{
	struct udp_pcb *pcb;

	nettest_connect6(&t);
	pcb = open_pcb("::", 4000, NULL, BINDING_IS6);
	cr_assert(
		eq(int, give6("fd00::1", "fd00::2", false), DROP_UDP_CHECKSUM));
	cr_assert(eq(int, give6("fd00::1", "fd00::2", true), TAKEN));
	udp_free(pcb);
}

/* RFC 3493 3.7: a wildcard of IPv6 is IPv4's, too, unless it says no. */
HOST_TEST(udp_in, ipv6_wildcard_takes_both_families)
{
	struct udp_pcb *both, *six;

	nettest_connect6(&t);
	both = open_pcb("::", 4000, NULL, BINDING_IS6);
	cr_assert(eq(int, give("10.0.0.1", "10.0.0.2", 4000), TAKEN));
	cr_assert(eq(int, give6("fd00::1", "fd00::2", true), TAKEN));
	udp_free(both);
	six = open_pcb("::", 4000, NULL, BINDING_IS6 | BINDING_V6ONLY);
	cr_assert(eq(int, give("10.0.0.1", "10.0.0.2", 4000), DROP_UDP_PORT));
	cr_assert(eq(int, give6("fd00::1", "fd00::2", true), TAKEN));
	udp_free(six);
}

/* What a program is told; a link-local sender has the interface as scope. */
HOST_TEST(udp_in, ipv6_meta_and_scope)
{
	struct udp_pcb *pcb;
	struct udp_meta meta;
	struct iovec storage;
	char room[32];
	struct uio u;

	nettest_connect6(&t);
	pcb = open_pcb("::", 4000, NULL, BINDING_IS6);
	cr_assert(eq(int, give6("fe80::9", "fd00::2", true), TAKEN));
	cr_assert(eq(int, give6("fd00::1", "fd00::2", true), TAKEN));
	uio_flat(&u, &storage, room, sizeof(room));
	cr_assert(eq(int, (int)udp_recv(pcb, &u, &meta, false, NULL), 10));
	cr_assert(eq(u32, meta.from.scope, t.eth->index));
	cr_assert(eq(u8, meta.ttl, 9));
	cr_assert(eq(u8, meta.tos, 0x21));
	uio_flat(&u, &storage, room, sizeof(room));
	cr_assert(eq(int, (int)udp_recv(pcb, &u, &meta, false, NULL), 10));
	cr_assert(eq(u32, meta.from.scope, 0));
	cr_assert(inet_equal(&meta.to, &NT_US6));
	udp_free(pcb);
}

/* The refusal itself is icmp6.c's; here it must be asked for. */
HOST_TEST(udp_in, ipv6_closed_port_is_refused)
{
	size_t before;

	nettest_connect6(&t);
	before = t.wire.nframes;
	cr_assert(eq(int, give6("fd00::1", "fd00::2", true), DROP_UDP_PORT));
	cr_assert(eq(sz, t.wire.nframes, before + 1));
	cr_assert(eq(u8, nettest_sent_ip6(&t, before)->next, IP_PROTO_ICMP6));
}
