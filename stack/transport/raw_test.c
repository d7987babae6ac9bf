/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * raw_test.c - proves raw.c: ping sockets and raw sockets over the loopback
 */
#include "raw.h"

#include "link/cksum.h"
#include "testkit/socktest.h"

TestSuite(raw, .init = kit_open, .fini = kit_close);

static uint8_t got[2048];

static struct sock *open_socket(int family, int type, int protocol)
{
	struct sock *s = NULL;

	cr_assert(eq(int, sock_new(kit.st, family, type, protocol, &s), 0));
	return s;
}

static int send_to(struct sock *s, struct endpoint to, const void *bytes,
		   size_t len)
{
	struct iovec storage;
	struct uio u;
	int ret;

	uio_flat(&u, &storage, (void *)(uintptr_t)bytes, len);
	ret = udp_send(s->pcb, &to, NULL, &u);
	kit_settle();
	return ret;
}

static ssize_t receive(struct sock *s, struct udp_meta *meta)
{
	struct iovec storage;
	struct uio u;

	uio_flat(&u, &storage, got, sizeof(got));
	return udp_recv(s->pcb, &u, meta, false, NULL);
}

static struct endpoint loopback6(void)
{
	return (struct endpoint){.addr.b[15] = 1};
}

static const struct icmp_wire request = {.type = ICMP4_ECHO_REQUEST,
					 .seq = {{0, 7}}};

/* --- ping sockets -------------------------------------------------------- */

Test(raw, a_ping_socket_gets_its_own_answer)
{
	struct sock *s = open_socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	struct sock *other = open_socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	struct icmp_wire *reply = (void *)got;
	struct udp_meta meta;

	cr_assert(eq(int,
		     udp_bind(other->pcb,
			      &(struct endpoint){.addr = kit_local(0).addr,
						 .port = 99}),
		     0));
	cr_assert(eq(int, send_to(s, kit_local(0), &request, sizeof(request)),
		     0));
	cr_assert(eq(sz, (size_t)receive(s, &meta), sizeof(request)));
	cr_assert(eq(u8, reply->type, ICMP4_ECHO_REPLY));
	cr_assert(eq(int, be16_get(reply->id), s->pcb->bind.key.lport));
	cr_assert(eq(int, be16_get(reply->seq), 7));
	cr_assert(eq(int, meta.from.port, 0));
	cr_assert(inet_is_loopback(&meta.from.addr));
	cr_assert(eq(int, (int)receive(other, NULL), -EAGAIN));
	sock_close(s);
	sock_close(other);
}

Test(raw, a_ping_socket_over_ipv6)
{
	struct icmp6_wire echo = {.type = ICMP6_ECHO_REQUEST};
	struct inet_prefix p = {loopback6().addr, 128};
	struct sock *s;

	cr_assert(eq(int, iface_add_addr(&kit.st->net.ifs[0], &p), 0));
	s = open_socket(AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6);
	cr_assert(eq(int, send_to(s, loopback6(), &echo, sizeof(echo)), 0));
	cr_assert(eq(sz, (size_t)receive(s, NULL), sizeof(echo)));
	cr_assert(eq(u8, got[0], ICMP6_ECHO_REPLY));
	sock_close(s);
}

Test(raw, a_ping_socket_sends_echo_requests_only)
{
	struct sock *s = open_socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	struct icmp_wire bad = request;

	bad.type = ICMP4_UNREACHABLE;
	cr_assert(
		eq(int, send_to(s, kit_local(0), &bad, sizeof(bad)), -EINVAL));
	bad = request;
	bad.code = 1;
	cr_assert(
		eq(int, send_to(s, kit_local(0), &bad, sizeof(bad)), -EINVAL));
	cr_assert(eq(int, send_to(s, kit_local(0), &request, 7), -EINVAL));
	cr_assert(eq(int, send_to(s, kit_local(0), NULL, 0), -EINVAL));
	sock_close(s);
}

/* --- raw sockets --------------------------------------------------------- */

Test(raw, ipv4_shows_its_header)
{
	struct sock *s = open_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	const struct ip4_wire *ip = (void *)got;

	cr_assert(eq(int, send_to(s, kit_local(0), &request, sizeof(request)),
		     0));
	/* The request that it sent comes by, too. Without a checksum it is
	 * refused behind us, so no reply follows. */
	cr_assert(eq(sz, (size_t)receive(s, NULL), sizeof(*ip) + 8));
	cr_assert(eq(u8, ip->ver_ihl, 0x45));
	cr_assert(eq(u8, ip->proto, IP_PROTO_ICMP));
	cr_assert(eq(u8, got[sizeof(*ip)], ICMP4_ECHO_REQUEST));
	cr_assert(eq(int, (int)receive(s, NULL), -EAGAIN));
	sock_close(s);
}

Test(raw, each_one_gets_a_copy_and_so_does_the_transport)
{
	struct sock *a = open_socket(AF_INET, SOCK_RAW, IPPROTO_UDP);
	struct sock *b = open_socket(AF_INET, SOCK_RAW, IPPROTO_UDP);
	struct sock *tcp = open_socket(AF_INET, SOCK_RAW, IPPROTO_TCP);
	struct sock *udp = kit_receiver(5000);

	kit_send_to(5000);
	kit_settle();
	cr_assert(gt(sz, (size_t)receive(a, NULL), 28));
	cr_assert(gt(sz, (size_t)receive(b, NULL), 28));
	cr_assert(eq(int, (int)receive(tcp, NULL), -EAGAIN));
	kit_read_one(udp);
	sock_close(a);
	sock_close(b);
	sock_close(tcp);
	sock_close(udp);
}

Test(raw, a_protocol_that_a_raw_socket_takes_is_not_unreachable)
{
	struct sock *s = open_socket(AF_INET, SOCK_RAW, 99);
	struct sock *icmp = open_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);

	cr_assert(eq(int, send_to(s, kit_local(0), "abc", 3), 0));
	cr_assert(eq(sz, (size_t)receive(s, NULL), 23));
	cr_assert(zero(memcmp(got + 20, "abc", 3)));
	cr_assert(eq(int, (int)receive(icmp, NULL), -EAGAIN));
	sock_close(s);
	sock_close(icmp);
}

Test(raw, filters_refuse_types)
{
	struct sock *s = open_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);

	s->pcb->icmp_refused[0] = 1u << ICMP4_ECHO_REQUEST;
	cr_assert(eq(int, send_to(s, kit_local(0), &request, sizeof(request)),
		     0));
	cr_assert(eq(int, (int)receive(s, NULL), -EAGAIN));
	sock_close(s);
}

Test(raw, a_bound_or_connected_one_hears_its_own)
{
	struct endpoint elsewhere = {inet_from4(ip4_make(127, 0, 0, 9)), 0, 0};
	struct sock *s = open_socket(AF_INET, SOCK_RAW, 99);
	struct sock *sender = open_socket(AF_INET, SOCK_RAW, 99);

	cr_assert(eq(int, udp_bind(s->pcb, &elsewhere), 0));
	cr_assert(eq(int, send_to(sender, kit_local(0), "x", 1), 0));
	cr_assert(eq(int, (int)receive(s, NULL), -EAGAIN));
	cr_assert(eq(int, send_to(sender, elsewhere, "x", 1), 0));
	cr_assert(eq(sz, (size_t)receive(s, NULL), 21));

	/* From 127.0.0.9 it takes nothing of 127.0.0.1's any more. */
	cr_assert(eq(int, udp_connect(s->pcb, &elsewhere), 0));
	cr_assert(eq(int, send_to(sender, elsewhere, "x", 1), 0));
	cr_assert(eq(int, (int)receive(s, NULL), -EAGAIN));
	udp_disconnect(s->pcb);
	cr_assert(eq(int, send_to(sender, elsewhere, "x", 1), 0));
	cr_assert(eq(sz, (size_t)receive(s, NULL), 21));
	sock_close(s);
	sock_close(sender);
}

Test(raw, a_header_of_the_programs_own_is_completed)
{
	struct sock *s = open_socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	struct sock *hears = open_socket(AF_INET, SOCK_RAW, 99);
	struct {
		struct ip4_wire ip;
		char text[4];
	} out = {{.ver_ihl = 0x45, .ttl = 9, .proto = 99}, "own"}, *in;

	out.ip.dst = ip4_make(127, 0, 0, 1);
	cr_assert(eq(int, send_to(s, kit_local(0), &out, sizeof(out)), 0));
	cr_assert(eq(sz, (size_t)receive(hears, NULL), sizeof(out)));
	in = (void *)got;
	cr_assert(eq(u8, in->ip.ttl, 9));
	cr_assert(eq(int, be16_get(in->ip.total_len), (int)sizeof(out)));
	cr_assert(ip4_equal(in->ip.src, ip4_make(127, 0, 0, 1)));
	cr_assert(eq(int, be16_get(cksum(&in->ip, sizeof(in->ip))), 0));
	cr_assert(eq(str, in->text, "own"));

	cr_assert(eq(int, send_to(s, kit_local(0), &out, 19), -EINVAL));
	out.ip.ver_ihl = 0x4f;
	cr_assert(
		eq(int, send_to(s, kit_local(0), &out, sizeof(out)), -EINVAL));
	sock_close(s);
	sock_close(hears);
}

Test(raw, ipv6_checksums_are_ours_where_asked)
{
	struct icmp6_wire echo = {.type = ICMP6_ECHO_REQUEST};
	struct inet_prefix p = {loopback6().addr, 128};
	struct sock *s;

	cr_assert(eq(int, iface_add_addr(&kit.st->net.ifs[0], &p), 0));
	s = open_socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
	cr_assert(eq(int, send_to(s, loopback6(), &echo, sizeof(echo)), 0));
	/* The request passes by without its IPv6 header, and it was answered:
	 * so its checksum was right. */
	cr_assert(eq(sz, (size_t)receive(s, NULL), sizeof(echo)));
	cr_assert(eq(u8, got[0], ICMP6_ECHO_REQUEST));
	cr_assert(eq(sz, (size_t)receive(s, NULL), sizeof(echo)));
	cr_assert(eq(u8, got[0], ICMP6_ECHO_REPLY));
	s->pcb->cksum_at = 6;
	cr_assert(eq(int, send_to(s, loopback6(), "1234567", 7), -EINVAL));
	sock_close(s);
}

Test(raw, an_error_reaches_who_asked_for_errors)
{
	struct sock *s = open_socket(AF_INET, SOCK_RAW, 99);
	struct sock *deaf = open_socket(AF_INET, SOCK_RAW, 99);

	s->pcb->v4.recverr = true;
	/* Nobody takes it but the senders, who are filtered out by address. */
	cr_assert(eq(
		int,
		udp_bind(s->pcb, &(struct endpoint){.addr = inet_from4(ip4_make(
							    127, 0, 0, 5))}),
		0));
	cr_assert(eq(int,
		     udp_bind(deaf->pcb,
			      &(struct endpoint){.addr = inet_from4(ip4_make(
							 127, 0, 0, 5))}),
		     0));
	cr_assert(eq(int, send_to(s, kit_local(0), "8 bytes!", 8), 0));
	/* Another send does not hear of it. */
	cr_assert(eq(int, send_to(s, kit_local(0), "8 bytes!", 8), 0));
	cr_assert(eq(int, (int)receive(s, NULL), -ENOPROTOOPT));
	cr_assert(eq(int, (int)receive(deaf, NULL), -EAGAIN));
	sock_close(s);
	sock_close(deaf);
}

Test(raw, the_queue_is_bounded)
{
	struct sock *s = open_socket(AF_INET, SOCK_RAW, 99);

	for (int i = 0; i < 4000; i++)
		cr_assert(eq(int, send_to(s, kit_local(0), got, 1000), 0));
	cr_assert(le(sz, s->pcb->rcv_cost, s->pcb->rcv_max + 4096));
	cr_assert(gt(u64, s->pcb->drops, 0));
	sock_close(s);
}

Test(raw, kinds_that_linux_does_not_have)
{
	struct sock *s;

	cr_assert(eq(int, sock_new(kit.st, AF_INET, SOCK_RAW, 0, &s),
		     -EPROTONOSUPPORT));
	cr_assert(eq(int,
		     sock_new(kit.st, AF_INET, SOCK_DGRAM, IPPROTO_ICMPV6, &s),
		     -EPROTONOSUPPORT));
	cr_assert(eq(int,
		     sock_new(kit.st, AF_INET6, SOCK_DGRAM, IPPROTO_ICMP, &s),
		     -EPROTONOSUPPORT));
}
