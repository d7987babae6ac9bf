/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_dgram_test.c - proves sock_dgram.c: names, borders, control messages
 * and the ends of datagram sockets.
 *
 * All results were taken from Linux.
 */

#include <time.h>
#include <linux/errqueue.h>

#include "testkit/socktest.h"

TestSuite(sock_dgram, .init = kit_open, .fini = kit_close);

enum { PORT = 4000, NOBODY = 4999 };

enum {
	IN = EPOLLIN | EPOLLRDNORM,
	OUT = EPOLLOUT | EPOLLWRNORM,
};

/* A message with room for everything. */
struct message {
	struct msghdr h;
	struct iovec iov;
	char bytes[64];
	struct sockaddr_storage name;
	union {
		struct cmsghdr first;
		char bytes[256];
	} control;
};

static void empty(struct message *m)
{
	memset(m, 0, sizeof(*m));
	m->iov = (struct iovec){m->bytes, sizeof(m->bytes)};
	m->h = (struct msghdr){.msg_name = &m->name,
			       .msg_namelen = sizeof(m->name),
			       .msg_iov = &m->iov,
			       .msg_iovlen = 1,
			       .msg_control = &m->control,
			       .msg_controllen = sizeof(m->control)};
}

static int take(struct sock *s, struct message *m, int flags)
{
	struct uio u;

	cr_assert(eq(int, uio_init(&u, m->h.msg_iov, m->h.msg_iovlen), 0));
	return (int)sock_dgram_recv(s, &u, &m->h, flags);
}

static int hear(struct sock *s, int flags)
{
	struct message m;

	empty(&m);
	return take(s, &m, flags);
}

static int say(struct sock *s, struct message *m, const char *text, int flags)
{
	struct uio u;
	int ret;

	m->iov = (struct iovec){(void *)(uintptr_t)text, strlen(text)};
	m->h.msg_iov = &m->iov;
	m->h.msg_iovlen = 1;
	cr_assert(eq(int, uio_init(&u, m->h.msg_iov, m->h.msg_iovlen), 0));
	ret = (int)sock_dgram_send(s, &u, &m->h, flags);
	turn_settle(kit.st);
	return ret;
}

/* To the port on 127.0.0.1; without one to whom it is connected. */
static int say_to(struct sock *s, uint16_t port, const char *text)
{
	struct sockaddr_in in = {.sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct message m = {.h.msg_name = port ? &in : NULL,
			    .h.msg_namelen = port ? sizeof(in) : 0};

	return say(s, &m, text, 0);
}

static int dial(struct sock *s, uint16_t port)
{
	struct endpoint to = kit_local(port);

	return sock_dgram_connect(s, &to);
}

static void on(struct sock *s, int level, int name)
{
	int one = 1;

	cr_assert(eq(int, sock_opt_set(s, level, name, &one, sizeof(one)), 0));
}

/* --- names --------------------------------------------------------------- */

Test(sock_dgram, the_sender_is_told)
{
	struct sock *s = kit_receiver(PORT), *t = kit_receiver(PORT + 1);
	struct message m;
	struct sockaddr_in from;

	cr_assert(eq(int, say_to(t, PORT, "hello"), 5));
	empty(&m);
	cr_assert(eq(int, take(s, &m, 0), 5));
	cr_assert(eq(str, m.bytes, "hello"));
	cr_assert(eq(int, (int)m.h.msg_namelen, sizeof(from)));
	memcpy(&from, &m.name, sizeof(from));
	cr_assert(eq(int, from.sin_port, htons(PORT + 1)));
	cr_assert(eq(u32, from.sin_addr.s_addr, htonl(INADDR_LOOPBACK)));
	cr_assert(eq(int, m.h.msg_flags, 0));
	cr_assert(eq(sz, m.h.msg_controllen, 0));
}

Test(sock_dgram, connected_it_hears_its_peer_only)
{
	struct sock *s = kit_receiver(PORT), *t = kit_receiver(PORT + 1);

	cr_assert(eq(int, say_to(s, 0, "x"), -EDESTADDRREQ));
	cr_assert(eq(int, dial(s, PORT + 1), 0));
	cr_assert(eq(int, say_to(kit_socket(SOCK_DGRAM), PORT, "no"), 2));
	cr_assert(eq(int, hear(s, 0), -EAGAIN));
	cr_assert(eq(int, say_to(s, 0, "x"), 1));
	cr_assert(eq(int, hear(t, 0), 1));
	cr_assert(eq(int, say_to(t, PORT, "yes"), 3));
	cr_assert(eq(int, hear(s, 0), 3));
	udp_disconnect(s->pcb);
	cr_assert(eq(int, say_to(s, 0, "x"), -EDESTADDRREQ));
	cr_assert(eq(int, say_to(kit_socket(SOCK_DGRAM), PORT, "now"), 3));
	cr_assert(eq(int, hear(s, 0), 3));
}

Test(sock_dgram, names_that_cannot_be_sent_to)
{
	struct sock *s = kit_socket(SOCK_DGRAM), *s6 = kit_socket6(SOCK_DGRAM);
	struct sockaddr_in in = {.sin_family = AF_UNIX, .sin_port = 1};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = 1};
	struct message m = {.h.msg_name = &in, .h.msg_namelen = sizeof(in)};

	cr_assert(eq(int, say(s, &m, "x", 0), -EAFNOSUPPORT));
	in.sin_family = AF_INET;
	m.h.msg_namelen = sizeof(in) - 1;
	cr_assert(eq(int, say(s, &m, "x", 0), -EINVAL));
	/* An empty name is none. */
	m.h.msg_namelen = 0;
	cr_assert(eq(int, say(s, &m, "x", 0), -EDESTADDRREQ));
	cr_assert(
		eq(int, inet_pton(AF_INET6, "2001:db8::1", &in6.sin6_addr), 1));
	m.h.msg_name = &in6;
	m.h.msg_namelen = sizeof(in6);
	cr_assert(eq(int, say(s6, &m, "x", 0), -ENETUNREACH));
}

Test(sock_dgram, a_name_without_family_is_ipv4)
{
	struct sock *s = kit_receiver(PORT);
	struct sockaddr_in in = {.sin_port = htons(PORT),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct message m = {.h.msg_name = &in, .h.msg_namelen = sizeof(in)};

	cr_assert(eq(int, say(kit_socket(SOCK_DGRAM), &m, "x", 0), 1));
	cr_assert(eq(int, hear(s, 0), 1));
}

/* --- borders ------------------------------------------------------------- */

Test(sock_dgram, what_does_not_fit_is_cut_off_and_told)
{
	struct sock *s = kit_receiver(PORT);
	struct message m;

	for (int i = 0; i < 2; i++)
		say_to(kit_socket(SOCK_DGRAM), PORT, "hello");
	empty(&m);
	m.iov.iov_len = 2;
	cr_assert(eq(int, take(s, &m, 0), 2));
	cr_assert(eq(str, m.bytes, "he"));
	cr_assert(eq(int, m.h.msg_flags, MSG_TRUNC));
	empty(&m);
	m.iov.iov_len = 2;
	cr_assert(eq(int, take(s, &m, MSG_TRUNC), 5), "the true length");
	cr_assert(eq(int, m.h.msg_flags, MSG_TRUNC));
	cr_assert(eq(int, hear(s, 0), -EAGAIN));
}

Test(sock_dgram, peek_leaves_it)
{
	struct sock *s = kit_receiver(PORT);
	struct message m;

	say_to(kit_socket(SOCK_DGRAM), PORT, "hello");
	cr_assert(eq(int, hear(s, MSG_PEEK), 5));
	empty(&m);
	m.iov.iov_len = 0;
	cr_assert(eq(int, take(s, &m, MSG_PEEK | MSG_TRUNC), 5));
	cr_assert(eq(u32, s->slot->ready, IN | OUT));
	cr_assert(eq(int, hear(s, 0), 5));
	cr_assert(eq(int, hear(s, 0), -EAGAIN));
}

Test(sock_dgram, an_empty_datagram_is_one)
{
	struct sock *s = kit_receiver(PORT);

	cr_assert(eq(int, say_to(kit_socket(SOCK_DGRAM), PORT, ""), 0));
	cr_assert(eq(u32, s->slot->ready, IN | OUT));
	cr_assert(eq(int, hear(s, 0), 0));
	cr_assert(eq(int, hear(s, 0), -EAGAIN));
}

Test(sock_dgram, the_largest_datagram_passes_and_one_more_byte_does_not)
{
	static char big[UDP_PAYLOAD_MAX4 + 1];
	struct sock *s = kit_receiver(PORT), *t = kit_socket(SOCK_DGRAM);
	struct iovec iov;
	struct uio u;

	cr_assert(eq(int, dial(t, PORT), 0));
	uio_flat(&u, &iov, big, sizeof(big));
	cr_assert(eq(int, (int)sock_dgram_send(t, &u, NULL, 0), -EMSGSIZE));
	uio_flat(&u, &iov, big, UDP_PAYLOAD_MAX4);
	cr_assert(eq(int, (int)sock_dgram_send(t, &u, NULL, 0),
		     UDP_PAYLOAD_MAX4));
	turn_settle(kit.st);
	uio_flat(&u, &iov, big, sizeof(big));
	cr_assert(eq(int, (int)sock_dgram_recv(s, &u, NULL, 0),
		     UDP_PAYLOAD_MAX4));
}

Test(sock_dgram, flags_that_mean_nothing_here)
{
	struct sock *s = kit_receiver(PORT);
	struct message m = {.iov = {NULL, 0}};

	cr_assert(eq(int, say(s, &m, "x", MSG_OOB), -EOPNOTSUPP));
	cr_assert(eq(int, hear(s, MSG_OOB), -EAGAIN));
	cr_assert(eq(int, hear(s, MSG_ERRQUEUE), -EAGAIN));
}

/* --- errors and ends ----------------------------------------------------- */

Test(sock_dgram, refused_is_told_once_and_is_no_data)
{
	struct sock *s = kit_socket(SOCK_DGRAM);

	cr_assert(eq(int, dial(s, NOBODY), 0));
	cr_assert(eq(int, say_to(s, 0, "x"), 1));
	cr_assert(eq(u32, s->slot->ready, OUT | EPOLLERR));
	cr_assert(eq(int, hear(s, 0), -ECONNREFUSED));
	cr_assert(eq(u32, s->slot->ready, OUT));
	cr_assert(eq(int, hear(s, 0), -EAGAIN));
	cr_assert(eq(int, say_to(s, 0, "x"), 1));
	cr_assert(eq(int, say_to(s, 0, "x"), -ECONNREFUSED));
}

Test(sock_dgram, with_recverr_the_queue_tells_which_datagram_was_refused)
{
	struct sock *s = kit_socket(SOCK_DGRAM);
	struct sock_extended_err ee;
	struct sockaddr_in to;
	struct cmsghdr *c;
	struct message m;

	on(s, IPPROTO_IP, IP_RECVERR);
	cr_assert(eq(int, say_to(s, NOBODY, "xyz"), 3));
	cr_assert(eq(u32, s->slot->ready, OUT | EPOLLERR));
	empty(&m);
	cr_assert(eq(int, take(s, &m, MSG_ERRQUEUE), 3));
	cr_assert(eq(str, m.bytes, "xyz"));
	cr_assert(eq(int, m.h.msg_flags, MSG_ERRQUEUE));
	memcpy(&to, &m.name, sizeof(to));
	cr_assert(eq(int, to.sin_port, htons(NOBODY)));
	c = CMSG_FIRSTHDR(&m.h);
	cr_assert(eq(int, c->cmsg_level, IPPROTO_IP));
	cr_assert(eq(int, c->cmsg_type, IP_RECVERR));
	memcpy(&ee, CMSG_DATA(c), sizeof(ee));
	cr_assert(eq(int, (int)ee.ee_errno, ECONNREFUSED));
	cr_assert(eq(int, ee.ee_origin, SO_EE_ORIGIN_ICMP));
	cr_assert(eq(int, hear(s, MSG_ERRQUEUE), -EAGAIN));
	cr_assert(eq(u32, s->slot->ready, OUT));
}

Test(sock_dgram, shut_for_reading_still_takes_what_comes)
{
	struct sock *s = kit_receiver(PORT);

	cr_assert(eq(int, sock_dgram_shutdown(s, 3), -EINVAL));
	cr_assert(eq(int, sock_dgram_shutdown(s, SHUT_RD), -ENOTCONN));
	cr_assert(eq(u32, s->slot->ready, IN | OUT | EPOLLRDHUP));
	cr_assert(eq(int, hear(s, 0), 0), "what a sleeper gets");
	cr_assert(eq(int, hear(s, MSG_DONTWAIT), -EAGAIN));
	s->slot->nonblocking = true;
	cr_assert(eq(int, hear(s, 0), -EAGAIN));
	say_to(kit_socket(SOCK_DGRAM), PORT, "x");
	cr_assert(eq(int, hear(s, 0), 1));
}

Test(sock_dgram, shut_for_writing_is_a_broken_pipe)
{
	struct sock *s = kit_receiver(PORT);

	cr_assert(eq(int, dial(s, PORT), 0));
	cr_assert(eq(int, sock_dgram_shutdown(s, SHUT_WR), 0));
	cr_assert(eq(u32, s->slot->ready, OUT));
	cr_assert(eq(int, say_to(s, 0, "x"), -EPIPE));
	cr_assert(eq(int, say_to(s, PORT, "x"), -EPIPE));
	cr_assert(eq(int, sock_dgram_shutdown(s, SHUT_RDWR), 0));
	cr_assert(eq(u32, s->slot->ready, IN | OUT | EPOLLRDHUP | EPOLLHUP));
}

/* --- control messages ---------------------------------------------------- */

static struct cmsghdr *first(struct message *m, int level, int type)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m->h); c;
	     c = CMSG_NXTHDR(&m->h, c))
		if (c->cmsg_level == level && c->cmsg_type == type)
			return c;
	return NULL;
}

static struct sock *everything_on(void)
{
	struct sock *s = kit_receiver(PORT);

	on(s, SOL_SOCKET, SO_TIMESTAMP);
	on(s, IPPROTO_IP, IP_PKTINFO);
	on(s, IPPROTO_IP, IP_RECVTTL);
	on(s, IPPROTO_IP, IP_RECVTOS);
	return s;
}

Test(sock_dgram, control_tells_what_was_asked)
{
	struct sock *s = everything_on();
	struct in_pktinfo info;
	struct timeval tv;
	struct message m;
	int ttl;

	kit.st->wall_offset = SEC(1000000000);
	say_to(kit_socket(SOCK_DGRAM), PORT, "x");
	empty(&m);
	cr_assert(eq(int, take(s, &m, 0), 1));
	cr_assert(eq(int, m.h.msg_flags, 0));
	memcpy(&tv, CMSG_DATA(first(&m, SOL_SOCKET, SO_TIMESTAMP)), sizeof(tv));
	cr_assert(eq(i64, tv.tv_sec, 1000000001));
	memcpy(&info, CMSG_DATA(first(&m, IPPROTO_IP, IP_PKTINFO)),
	       sizeof(info));
	cr_assert(eq(int, info.ipi_ifindex, 1));
	cr_assert(eq(u32, info.ipi_addr.s_addr, htonl(INADDR_LOOPBACK)));
	cr_assert(eq(u32, info.ipi_spec_dst.s_addr, htonl(INADDR_LOOPBACK)));
	memcpy(&ttl, CMSG_DATA(first(&m, IPPROTO_IP, IP_TTL)), sizeof(ttl));
	cr_assert(eq(int, ttl, 64));
	cr_assert(eq(int, *CMSG_DATA(first(&m, IPPROTO_IP, IP_TOS)), 0));
	cr_assert(eq(sz, m.h.msg_controllen, 112));
}

Test(sock_dgram, a_stamp_in_nanoseconds_replaces_the_other)
{
	struct sock *s = kit_receiver(PORT);
	struct message m;

	on(s, SOL_SOCKET, SO_TIMESTAMPNS);
	say_to(kit_socket(SOCK_DGRAM), PORT, "x");
	empty(&m);
	cr_assert(eq(int, take(s, &m, 0), 1));
	cr_assert(first(&m, SOL_SOCKET, SO_TIMESTAMPNS) != NULL);
	cr_assert(first(&m, SOL_SOCKET, SO_TIMESTAMP) == NULL);
}

/* The rows are what Linux answers, for the same four messages. */
Test(sock_dgram, control_is_cut_off_where_the_room_ends)
{
	static const struct {
		size_t room, used;
		bool cut;
		int messages;
	} row[] = {
		{0, 0, true, 0},      {8, 0, true, 0},     {16, 16, true, 1},
		{20, 20, true, 1},    {24, 24, true, 1},   {32, 32, true, 1},
		{40, 32, true, 1},    {56, 56, true, 2},   {60, 60, true, 2},
		{64, 64, true, 2},    {80, 80, true, 3},   {100, 88, true, 3},
		{110, 110, false, 4}, {200, 112, false, 4}};
	struct sock *s = everything_on();

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct message m;
		int n = 0;

		say_to(kit_socket(SOCK_DGRAM), PORT, "x");
		empty(&m);
		memset(&m.control, 0xee, sizeof(m.control));
		m.h.msg_controllen = row[i].room;
		cr_expect(eq(int, take(s, &m, 0), 1));
		cr_expect(eq(sz, m.h.msg_controllen, row[i].used), "row %zu",
			  i);
		cr_expect(eq(int, m.h.msg_flags, row[i].cut ? MSG_CTRUNC : 0),
			  "row %zu", i);
		for (struct cmsghdr *c = CMSG_FIRSTHDR(&m.h); c;
		     c = CMSG_NXTHDR(&m.h, c))
			n++;
		cr_expect(eq(int, n, row[i].messages), "row %zu", i);
		cr_expect(eq(int, (unsigned char)m.control.bytes[row[i].used],
			     0xee),
			  "row %zu", i);
	}
}

Test(sock_dgram, control_asked_for_without_room_is_told)
{
	struct sock *s = everything_on();
	struct message m;

	say_to(kit_socket(SOCK_DGRAM), PORT, "x");
	empty(&m);
	m.h.msg_control = NULL;
	cr_assert(eq(int, take(s, &m, 0), 1));
	cr_assert(eq(int, m.h.msg_flags, MSG_CTRUNC));
	cr_assert(eq(sz, m.h.msg_controllen, 0));
}

Test(sock_dgram, an_ipv6_socket_hears_of_v4_mapped_addresses)
{
	struct sock *s = kit_socket6(SOCK_DGRAM);
	struct endpoint any = {.port = PORT};
	struct in6_pktinfo info;
	struct sockaddr_in6 from;
	struct message m;

	cr_assert(eq(int, udp_bind(s->pcb, &any), 0));
	on(s, IPPROTO_IPV6, IPV6_RECVPKTINFO);
	say_to(kit_socket(SOCK_DGRAM), PORT, "x");
	empty(&m);
	cr_assert(eq(int, take(s, &m, 0), 1));
	memcpy(&from, &m.name, sizeof(from));
	cr_assert(eq(int, from.sin6_family, AF_INET6));
	memcpy(&info, CMSG_DATA(first(&m, IPPROTO_IPV6, IPV6_PKTINFO)),
	       sizeof(info));
	cr_assert(eq(int, info.ipi6_addr.s6_addr[11], 0xff));
	cr_assert(eq(int, info.ipi6_addr.s6_addr[12], 127));
	cr_assert(eq(int, (int)info.ipi6_ifindex, 1));
}

/* One control message to send along; `len` is its cmsg_len. */
static int say_with(struct sock *s, int level, int type, const void *data,
		    size_t size, size_t len, size_t controllen)
{
	struct sockaddr_in in = {.sin_family = AF_INET,
				 .sin_port = htons(PORT),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct message m;

	empty(&m);
	m.h.msg_name = &in;
	m.h.msg_namelen = sizeof(in);
	m.h.msg_controllen = controllen;
	m.control.first = (struct cmsghdr){len, level, type};
	memcpy(CMSG_DATA(&m.control.first), data, size);
	return say(s, &m, "x", 0);
}

Test(sock_dgram, pktinfo_chooses_the_source)
{
	struct sock *s = kit_receiver(PORT), *t = kit_socket(SOCK_DGRAM);
	struct in_pktinfo info = {.ipi_spec_dst.s_addr = htonl(0x7f000005)};
	struct sockaddr_in from;
	struct message m;

	cr_assert(eq(int,
		     say_with(t, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info),
			      CMSG_LEN(sizeof(info)), CMSG_SPACE(sizeof(info))),
		     1));
	empty(&m);
	cr_assert(eq(int, take(s, &m, 0), 1));
	memcpy(&from, &m.name, sizeof(from));
	cr_assert(eq(u32, from.sin_addr.s_addr, htonl(0x7f000005)));
	/* None: the usual one. */
	info.ipi_spec_dst.s_addr = 0;
	cr_assert(eq(int,
		     say_with(t, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info),
			      CMSG_LEN(sizeof(info)), CMSG_SPACE(sizeof(info))),
		     1));
	info.ipi_spec_dst.s_addr = inet_addr("203.0.113.9");
	cr_assert(lt(int,
		     say_with(t, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info),
			      CMSG_LEN(sizeof(info)), CMSG_SPACE(sizeof(info))),
		     0));
}

Test(sock_dgram, ttl_and_tos_for_one_datagram)
{
	struct sock *s = kit_receiver(PORT), *t = kit_socket(SOCK_DGRAM);
	struct message m;
	int number = 7;

	on(s, IPPROTO_IP, IP_RECVTTL);
	on(s, IPPROTO_IP, IP_RECVTOS);
	cr_assert(eq(int,
		     say_with(t, IPPROTO_IP, IP_TTL, &number, 4, CMSG_LEN(4),
			      CMSG_SPACE(4)),
		     1));
	empty(&m);
	cr_assert(eq(int, take(s, &m, 0), 1));
	cr_assert(eq(int, *CMSG_DATA(first(&m, IPPROTO_IP, IP_TTL)), 7));
	cr_assert(eq(int,
		     say_with(t, IPPROTO_IP, IP_TOS, &number, 4, CMSG_LEN(4),
			      CMSG_SPACE(4)),
		     1));
	empty(&m);
	cr_assert(eq(int, take(s, &m, 0), 1));
	cr_assert(eq(int, *CMSG_DATA(first(&m, IPPROTO_IP, IP_TOS)), 7));
	cr_assert(eq(int, *CMSG_DATA(first(&m, IPPROTO_IP, IP_TTL)), 64),
		  "only for that one");
}

Test(sock_dgram, control_that_is_malformed_is_refused)
{
	static const struct {
		int level, type;
		size_t len, controllen;
		int result;
	} row[] = {
		{IPPROTO_IP, IP_PKTINFO, CMSG_LEN(8), CMSG_SPACE(12), -EINVAL},
		{IPPROTO_IP, IP_PKTINFO, CMSG_LEN(16), CMSG_SPACE(16), -EINVAL},
		{IPPROTO_IP, IP_PKTINFO, 4, CMSG_SPACE(12), -EINVAL},
		{IPPROTO_IP, IP_PKTINFO, 1000, CMSG_SPACE(12), -EINVAL},
		{IPPROTO_IP, IP_PKTINFO, CMSG_LEN(12), CMSG_LEN(0), -EINVAL},
		/* Less than a header is nothing. */
		{IPPROTO_IP, IP_PKTINFO, CMSG_LEN(12), 8, 1},
		{IPPROTO_IP, 999, CMSG_LEN(12), CMSG_SPACE(12), -EINVAL},
		{IPPROTO_IP, IP_TTL, CMSG_LEN(1), CMSG_SPACE(4), -EINVAL},
		{99, 1, CMSG_LEN(12), CMSG_SPACE(12), 1},
	};
	struct sock *t = kit_socket(SOCK_DGRAM);
	char zeros[16] = {0};

	kit_receiver(PORT);
	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		cr_expect(eq(int,
			     say_with(t, row[i].level, row[i].type, zeros, 16,
				      row[i].len, row[i].controllen),
			     row[i].result),
			  "row %zu", i);
}
