/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nl_diag_test.c - proves nl_diag.c, sock_list.c and tcp_view.c: every state,
 * and walks that are left and gone on with
 *
 * Sockets are made on the loopback of a whole stack, and asked for as ss does.
 */
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>

#include "nl_diag.h"
#include "socket/sock_list.h"
#include "testkit/socktest.h"

#define KIT_TEST(name)                                                         \
	static void name##_body(void);                                         \
	Test(nl_diag, name)                                                    \
	{                                                                      \
		kit_open();                                                    \
		name##_body();                                                 \
		kit_close();                                                   \
	}                                                                      \
	static void name##_body(void)

enum { ALL = -1, EVERYTHING = 0xff };

static uint8_t answers[1 << 20] __attribute__((aligned(8)));
static size_t answers_len;

static struct inet_diag_req_v2 request(uint8_t protocol)
{
	return (struct inet_diag_req_v2){.sdiag_family = AF_INET,
					 .sdiag_protocol = protocol,
					 .idiag_ext = EVERYTHING,
					 .idiag_states = (uint32_t)ALL};
}

/* Between the pieces `meanwhile` may change the world. */
static int ask(const struct inet_diag_req_v2 *req, uint16_t type,
	       uint16_t flags, size_t piece, void (*meanwhile)(void))
{
	static struct nl_dump dump;
	static uint8_t asked[256] __attribute__((aligned(8)));
	struct nl_manner m = {.protocol = NETLINK_SOCK_DIAG, .pid = 3};
	const struct nlmsghdr *h = (const void *)answers;
	struct nl_buf b;

	memset(&dump, 0, sizeof(dump));
	nl_buf_init(&b, asked, sizeof(asked));
	nl_begin(&b, type, NLM_F_REQUEST | flags, 1, 0, req, sizeof(*req));
	cr_assert(nl_end(&b));
	answers_len = b.len;
	nl_buf_init(&b, answers, sizeof(answers));
	cr_assert(eq(int, nl_request(kit.st, &m, asked, answers_len, &dump, &b),
		     0));
	answers_len = b.len;
	while (dump.is_active) {
		nl_buf_init(&b, answers + answers_len, piece);
		nl_request_go_on(kit.st, &m, &dump, &b);
		cr_assert(b.len > 0, "an empty piece");
		answers_len += b.len;
		if (meanwhile)
			meanwhile();
	}
	if (answers_len && h->nlmsg_type == NLMSG_ERROR)
		return *(const int *)nl_fixed(h, sizeof(int));
	return 0;
}

/* Message number n with that state and local port. */
static const struct nlmsghdr *found(uint8_t state, uint16_t port, size_t n)
{
	const uint8_t *at = answers;
	size_t left = answers_len;
	const struct nlmsghdr *h;

	while ((h = nl_next(&at, &left))) {
		const struct inet_diag_msg *m = nl_fixed(h, sizeof(*m));

		if (h->nlmsg_type == SOCK_DIAG_BY_FAMILY && m &&
		    m->idiag_state == state &&
		    (!port || m->id.idiag_sport == htons(port)) && n-- == 0)
			return h;
	}
	return NULL;
}

static const struct inet_diag_msg *message(uint8_t state, uint16_t port)
{
	const struct nlmsghdr *h = found(state, port, 0);

	return h ? nl_fixed(h, sizeof(struct inet_diag_msg)) : NULL;
}

static size_t count(uint8_t state, uint16_t port)
{
	size_t n = 0;

	while (found(state, port, n))
		n++;
	return n;
}

static void dump_tcp(size_t piece)
{
	struct inet_diag_req_v2 req = request(IPPROTO_TCP);

	cr_assert(eq(int,
		     ask(&req, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, piece, NULL),
		     0));
}

KIT_TEST(listener_tells_its_queues)
{
	struct sock *l = kit_listener(80), *c = kit_socket(SOCK_STREAM);
	struct endpoint to = kit_local(80);
	const struct inet_diag_msg *m;

	cr_assert(eq(int, sock_stream_connect(c, &to), -EINPROGRESS));
	kit_settle();
	dump_tcp(8192);
	m = message(10, 80);
	cr_assert(m != NULL, "no listener");
	cr_assert(eq(u32, m->idiag_rqueue, 1));
	cr_assert(eq(u32, m->idiag_wqueue, 8));
	/* The child nobody has accepted yet, and the client. */
	cr_assert(eq(sz, count(1, 80), 1));
	cr_assert(eq(sz, count(1, 0), 2));
	cr_assert(eq(u32, message(1, 80)->idiag_inode, 0));
	sock_close(c);
	sock_close(l);
}

KIT_TEST(connection_tells_what_was_asked_for)
{
	const struct nlmsghdr *h;
	struct sock *a, *b;
	struct tcp_info info;
	struct nl_attrs all;

	kit_pair(80, &a, &b);
	cr_assert(eq(int, sock_set_inode(b, 4711), 0));
	dump_tcp(8192);
	h = found(1, 80, 0);
	cr_assert(h != NULL, "no connection");
	cr_assert(eq(u32, message(1, 80)->idiag_inode, 4711));
	cr_assert(eq(int, nl_parse_after(h, sizeof(struct inet_diag_msg), &all),
		     0));
	cr_assert(nl_is_text(&all, INET_DIAG_CONG, "cubic"));
	cr_assert(nl_attr(&all, INET_DIAG_SKMEMINFO) != NULL);
	cr_assert(nl_attr(&all, INET_DIAG_MEMINFO) != NULL);
	cr_assert(eq(sz, nl_len(nl_attr(&all, INET_DIAG_INFO)), sizeof(info)));
	memcpy(&info, nl_data(nl_attr(&all, INET_DIAG_INFO)), sizeof(info));
	cr_assert(eq(int, info.tcpi_state, 1));
	sock_close(a);
	sock_close(b);
}

KIT_TEST(time_wait_is_listed_with_its_timer)
{
	struct sock *a, *b;

	kit_pair(80, &a, &b);
	sock_close(a);
	kit_settle();
	sock_close(b);
	kit_settle();
	dump_tcp(8192);
	cr_assert(eq(sz, count(6, 0), 1));
	cr_assert(eq(int, message(6, 0)->idiag_timer, 3));
	cr_assert(gt(u32, message(6, 0)->idiag_expires, 50000));
}

KIT_TEST(udp_bound_and_connected)
{
	struct inet_diag_req_v2 req = request(IPPROTO_UDP);
	struct sock *a = kit_receiver(53), *b = kit_socket(SOCK_DGRAM);
	struct sock *unbound = kit_socket(SOCK_DGRAM);
	struct endpoint to = kit_local(53);

	cr_assert(eq(int, sock_dgram_connect(b, &to), 0));
	cr_assert(eq(int,
		     ask(&req, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, 8192, NULL),
		     0));
	cr_assert(eq(sz, count(7, 53), 1));
	cr_assert(eq(sz, count(7, 0), 1));
	cr_assert(eq(sz, count(1, 0), 1));
	sock_close(a);
	sock_close(b);
	sock_close(unbound);
}

KIT_TEST(filters_of_state_family_and_port_are_kept)
{
	struct inet_diag_req_v2 req = request(IPPROTO_TCP);
	struct sock *l = kit_listener(80), *k = kit_listener(81);

	req.idiag_states = 1u << 1;
	cr_assert(eq(int,
		     ask(&req, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, 8192, NULL),
		     0));
	cr_assert(eq(sz, count(10, 0), 0));
	req = request(IPPROTO_TCP);
	req.id.idiag_sport = htons(81);
	cr_assert(eq(int,
		     ask(&req, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, 8192, NULL),
		     0));
	cr_assert(eq(sz, count(10, 0), 1));
	req = request(IPPROTO_TCP);
	req.sdiag_family = AF_INET6;
	cr_assert(eq(int,
		     ask(&req, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, 8192, NULL),
		     0));
	cr_assert(eq(sz, count(10, 0), 0));
	sock_close(l);
	sock_close(k);
}

KIT_TEST(other_families_and_protocols_are_enoent)
{
	struct inet_diag_req_v2 req = request(IPPROTO_TCP);

	req.sdiag_family = AF_UNIX;
	cr_assert(eq(int,
		     ask(&req, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, 8192, NULL),
		     -ENOENT));
	req = request(132);
	cr_assert(eq(int,
		     ask(&req, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, 8192, NULL),
		     -ENOENT));
}

enum { MANY = 40 };
static struct sock *many[MANY];

KIT_TEST(small_pieces_lose_and_repeat_nothing)
{
	for (uint16_t i = 0; i < MANY; i++)
		many[i] = kit_listener((uint16_t)(1000 + i));
	dump_tcp(900);
	for (uint16_t i = 0; i < MANY; i++) {
		cr_expect(eq(sz, count(10, (uint16_t)(1000 + i)), 1));
		sock_close(many[i]);
	}
}

/* The walk's own place goes, and others with it. */
static void close_some(void)
{
	static int next;

	for (int n = 0; n < 3 && next < MANY; n++, next++) {
		if (next % 4 == 0)
			continue;
		sock_close(many[next]);
		many[next] = NULL;
	}
	kit_settle();
}

KIT_TEST(sockets_that_go_during_a_walk_do_not_disturb_it)
{
	struct inet_diag_req_v2 req = request(IPPROTO_TCP);

	for (uint16_t i = 0; i < MANY; i++)
		many[i] = kit_listener((uint16_t)(1000 + i));
	cr_assert(
		eq(int,
		   ask(&req, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, 900, close_some),
		   0));
	for (uint16_t i = 0; i < MANY; i++) {
		size_t n = count(10, (uint16_t)(1000 + i));

		cr_expect(le(sz, n, 1));
		if (!many[i])
			continue;
		cr_expect(eq(sz, n, 1), "listener %d was lost", i);
		sock_close(many[i]);
	}
}

KIT_TEST(destroy_resets_the_connection_and_tells_its_program)
{
	struct inet_diag_req_v2 req = request(IPPROTO_TCP);
	struct sock *a, *b;
	char byte;
	struct iovec iov;
	struct uio u;

	kit_pair(80, &a, &b);
	req.id.idiag_sport = htons(80);
	req.id.idiag_dport = htons(tcp_local(a->conn).port);
	req.id.idiag_src[0] = req.id.idiag_dst[0] = htonl(INADDR_LOOPBACK);
	cr_assert(eq(int, ask(&req, SOCK_DESTROY, NLM_F_ACK, 8192, NULL), 0));
	kit_settle();
	uio_flat(&u, &iov, &byte, 1);
	cr_assert(eq(int, (int)sock_stream_recv(b, &u, 0), -ECONNABORTED));
	cr_assert(eq(int, (int)sock_stream_recv(a, &u, 0), -ECONNRESET));
	cr_assert(eq(int, ask(&req, SOCK_DESTROY, NLM_F_ACK, 8192, NULL),
		     -ENOENT));
	sock_close(a);
	sock_close(b);
}
