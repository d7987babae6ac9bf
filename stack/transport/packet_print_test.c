/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * packet_print_test.c - proves packet_print.c: the line of each kind of frame,
 * and that no frame is too short or too strange for one
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "packet_print.h"
#include "link/wire.h"

static struct packet_flows flows;
static uint8_t frame[1600];
static size_t len;
static char line[256];

static void add(const void *bytes, size_t n)
{
	cr_assert(le(sz, len + n, sizeof(frame)));
	memcpy(frame + len, bytes, n);
	len += n;
}

static void add_eth(uint16_t type)
{
	struct eth_wire eth = {
		{{2, 0, 0, 0, 0, 1}}, {{2, 0, 0, 0, 0, 2}}, be16_make(type)};

	len = 0;
	add(&eth, sizeof(eth));
}

static void add_ip4(uint8_t proto, size_t payload, uint16_t frag)
{
	struct ip4_wire ip = {.ver_ihl = 0x45, .ttl = 64, .proto = proto};

	add_eth(ETHERTYPE_IP4);
	ip.total_len = be16_make((uint16_t)(sizeof(ip) + payload));
	ip.frag = be16_make(frag);
	ip.id = be16_make(77);
	ip.src = ip4_make(10, 0, 0, 1);
	ip.dst = ip4_make(10, 0, 0, 2);
	add(&ip, sizeof(ip));
}

static void add_ip6(uint8_t next, size_t payload)
{
	struct ip6_wire ip = {.next = next, .hop_limit = 255};

	add_eth(ETHERTYPE_IP6);
	ip.ver_tc_flow = be32_make(6u << 28);
	ip.payload_len = be16_make((uint16_t)payload);
	cr_assert(zero(inet_parse("fe80::1", &ip.src)));
	cr_assert(zero(inet_parse("fd00::2", &ip.dst)));
	add(&ip, sizeof(ip));
}

static void add_tcp(uint16_t from, uint16_t to, uint32_t seq, uint32_t ack,
		    uint8_t flags, const char *options, size_t noptions)
{
	struct tcp_wire t = {.flags = flags};

	t.sport = be16_make(from);
	t.dport = be16_make(to);
	t.seq = be32_make(seq);
	t.ack = be32_make(ack);
	t.offset = (uint8_t)((sizeof(t) + noptions) / 4 << 4);
	t.window = be16_make(502);
	add(&t, sizeof(t));
	add(options, noptions);
}

static const char *print(void)
{
	struct packet_view v = {frame, len, len, 1};

	packet_print(&v, &flows, line, sizeof(line));
	return line;
}

#define EXPECT(text) cr_expect(eq(str, (char *)print(), text))

Test(packet_print, a_handshake_has_relative_numbers)
{
	add_ip4(IP_PROTO_TCP, 32, 0);
	add_tcp(4000, 80, 0xfffffff0, 0, TCP_SYN,
		"\x02\x04\x05\xb4\x01\x03\x03\x07\x04\x02\x01\x01", 12);
	EXPECT("tcp 10.0.0.1:4000 > 10.0.0.2:80 [S] seq 0 win 502 "
	       "<mss 1460,ws 7,sackOK> len 0");
}

Test(packet_print, both_sides_keep_their_own_base)
{
	struct ip4_wire *ip = (struct ip4_wire *)(frame + 14);

	add_ip4(IP_PROTO_TCP, 20, 0);
	add_tcp(4000, 80, 1000, 0, TCP_SYN, "", 0);
	print();
	add_ip4(IP_PROTO_TCP, 20, 0);
	ip->src = ip4_make(10, 0, 0, 2);
	ip->dst = ip4_make(10, 0, 0, 1);
	add_tcp(80, 4000, 7000, 1001, TCP_SYN | TCP_ACK, "", 0);
	EXPECT("tcp 10.0.0.2:80 > 10.0.0.1:4000 [S.] seq 0 ack 1 win 502 "
	       "len 0");
	add_ip4(IP_PROTO_TCP, 20 + 5, 0);
	add_tcp(4000, 80, 1001, 7001, TCP_PSH | TCP_ACK, "", 0);
	add("hello", 5);
	EXPECT("tcp 10.0.0.1:4000 > 10.0.0.2:80 [P.] seq 1 ack 1 win 502 "
	       "len 5");
}

Test(packet_print, a_connection_met_half_way_counts_from_there)
{
	add_ip4(IP_PROTO_TCP, 20, 0);
	add_tcp(1, 2, 5000, 9000, TCP_ACK, "", 0);
	EXPECT("tcp 10.0.0.1:1 > 10.0.0.2:2 [.] seq 0 ack 0 win 502 len 0");
	add_ip4(IP_PROTO_TCP, 20, 0);
	add_tcp(1, 2, 5100, 9001, TCP_FIN | TCP_ACK, "", 0);
	EXPECT("tcp 10.0.0.1:1 > 10.0.0.2:2 [F.] seq 100 ack 1 win 502 len 0");
}

Test(packet_print, udp_over_both_versions)
{
	struct udp_wire u = {
		be16_make(53), be16_make(1024), be16_make(11), {{0}}};

	add_ip4(IP_PROTO_UDP, 11, 0);
	add(&u, sizeof(u));
	add("abc", 3);
	/* Padding of a short frame is nobody's payload. */
	add("\0\0\0\0\0\0\0", 7);
	EXPECT("udp 10.0.0.1:53 > 10.0.0.2:1024 len 3");
	add_ip6(IP_PROTO_UDP, 11);
	add(&u, sizeof(u));
	add("abc", 3);
	EXPECT("udp [fe80::1]:53 > [fd00::2]:1024 len 3");
}

Test(packet_print, icmp_by_name)
{
	struct icmp_wire i = {.type = ICMP4_ECHO_REQUEST};

	i.id = be16_make(7);
	i.seq = be16_make(2);
	add_ip4(IP_PROTO_ICMP, 12, 0);
	add(&i, sizeof(i));
	add("ping", 4);
	EXPECT("icmp 10.0.0.1 > 10.0.0.2 echo request id 7 seq 2 len 4");
	i.type = ICMP4_UNREACHABLE;
	i.code = 3;
	add_ip4(IP_PROTO_ICMP, 8, 0);
	add(&i, sizeof(i));
	EXPECT("icmp 10.0.0.1 > 10.0.0.2 unreachable code 3 len 0");
	i.type = 200;
	add_ip4(IP_PROTO_ICMP, 8, 0);
	add(&i, sizeof(i));
	EXPECT("icmp 10.0.0.1 > 10.0.0.2 type 200 code 3 len 0");
}

Test(packet_print, neighbor_discovery_says_whom_it_is_about)
{
	struct nd_wire n = {.icmp.type = ICMP6_NEIGHBOR_SOLICIT};

	cr_assert(zero(inet_parse("fd00::2", &n.target)));
	add_ip6(IP_PROTO_ICMP6, sizeof(n));
	add(&n, sizeof(n));
	EXPECT("icmp6 fe80::1 > fd00::2 neighbor solicitation target fd00::2 "
	       "len 16");
}

Test(packet_print, arp)
{
	struct arp_wire a = {.sender_mac = {{2, 0, 0, 0, 0, 2}}};

	a.op = be16_make(ARP_OP_REQUEST);
	a.sender_ip = ip4_make(10, 0, 0, 1);
	a.target_ip = ip4_make(10, 0, 0, 2);
	add_eth(ETHERTYPE_ARP_FRAME);
	add(&a, sizeof(a));
	EXPECT("arp who has 10.0.0.2? tell 10.0.0.1 at 02:00:00:00:00:02");
	a.op = be16_make(ARP_OP_REPLY);
	add_eth(ETHERTYPE_ARP_FRAME);
	add(&a, sizeof(a));
	EXPECT("arp 10.0.0.1 is at 02:00:00:00:00:02");
}

Test(packet_print, fragments_and_strangers)
{
	struct ip6_frag_wire f = {.next = IP_PROTO_UDP};

	add_ip4(IP_PROTO_UDP, 16, IP4_MF | 3);
	add("0123456789abcdef", 16);
	EXPECT("ip fragment 10.0.0.1 > 10.0.0.2 id 77 bytes 24-40 and more");
	f.frag = be16_make(16);
	f.id = be32_make(9);
	add_ip6(IP6_NEXT_FRAGMENT, sizeof(f) + 4);
	add(&f, sizeof(f));
	add("tail", 4);
	EXPECT("ip fragment fe80::1 > fd00::2 id 9 bytes 16-20");
	add_ip4(132, 4, 0);
	add("sctp", 4);
	EXPECT("ip protocol 132 10.0.0.1 > 10.0.0.2 len 4");
	add_eth(0x88cc);
	add("lldp", 4);
	EXPECT("link type 0x88cc from 02:00:00:00:00:02 len 4");
}

Test(packet_print, a_super_segment_says_how_many)
{
	struct packet_view v = {frame, 0, 0, 3};

	add_ip4(IP_PROTO_TCP, 20, 0);
	add_tcp(1, 2, 0, 0, TCP_ACK, "", 0);
	v.have = len;
	v.total = len;
	packet_print(&v, &flows, line, sizeof(line));
	cr_assert(ne(ptr, strstr(line, " len 0 in 3 segments"), NULL), "%s",
		  line);
}

Test(packet_print, every_length_of_a_frame_gives_a_line)
{
	struct packet_view v = {frame, 0, 0, 1};

	add_ip4(IP_PROTO_TCP, 32, 0);
	add_tcp(4000, 80, 1, 2, TCP_SYN,
		"\x02\x04\x05\xb4\x01\x03\x03\x07\x04\x02\x01\x01", 12);
	for (v.have = 0; v.have <= len; v.have++) {
		v.total = v.have;
		cr_expect(eq(sz, packet_print(&v, &flows, line, sizeof(line)),
			     strlen(line)));
		cr_expect(gt(sz, strlen(line), 0));
		packet_room(&v);
	}
}

Test(packet_print, a_line_is_cut_to_its_room)
{
	struct packet_view v = {frame, 0, 0, 1};
	char small[10];

	add_ip4(IP_PROTO_TCP, 20, 0);
	add_tcp(4000, 80, 1, 2, TCP_SYN, "", 0);
	v.have = len;
	v.total = len;
	cr_assert(eq(sz, packet_print(&v, &flows, small, sizeof(small)), 9));
	cr_assert(eq(str, small, "tcp 10.0."));
}

Test(packet_print, each_frame_is_somebodys_business)
{
	struct packet_view v = {frame, sizeof(frame), 100, 1};
	uint8_t *transport = frame + 14 + 40;

	add_eth(ETHERTYPE_ARP_FRAME);
	cr_expect(eq(int, (int)packet_room(&v), LOG_ROOM_ARP));
	add_ip4(IP_PROTO_TCP, 20, 0);
	cr_expect(eq(int, (int)packet_room(&v), LOG_ROOM_TCP));
	add_ip4(IP_PROTO_UDP, 20, 0);
	cr_expect(eq(int, (int)packet_room(&v), LOG_ROOM_UDP));
	add_ip4(99, 20, 0);
	cr_expect(eq(int, (int)packet_room(&v), LOG_ROOM_IP));
	add_ip6(IP_PROTO_ICMP6, 20);
	*transport = ICMP6_ECHO_REQUEST;
	cr_expect(eq(int, (int)packet_room(&v), LOG_ROOM_ICMP));
	*transport = ICMP6_NEIGHBOR_ADVERT;
	cr_expect(eq(int, (int)packet_room(&v), LOG_ROOM_ND));
	v.have = 5;
	cr_expect(eq(int, (int)packet_room(&v), LOG_ROOM_LINK));
}
