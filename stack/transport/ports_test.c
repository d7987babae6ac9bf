/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * ports_test.c - proves ports.c: who may bind what, who gets which packet.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "testkit/nettest.h"
#include "ports.h"

static struct nettest t;
static struct ports tcp, udp;
static size_t tables; /* that the host itself has */

static void open_host(void)
{
	nettest_open(&t);
	tables = arena_count(t.arena, ARENA_TABLE);
	ports_init(&tcp, &t.eng, IP_PROTO_TCP);
	ports_init(&udp, &t.eng, IP_PROTO_UDP);
}

static void close_host(void)
{
	ports_fini(&tcp);
	ports_fini(&udp);
	cr_assert(eq(sz, arena_count(t.arena, ARENA_TABLE), tables));
	nettest_close(&t);
}

enum {
	ADDR = BINDING_REUSEADDR,
	PORT = BINDING_REUSEPORT,
	LISTEN = BINDING_LISTENING,
	V6ONLY = BINDING_V6ONLY,
	IS6 = BINDING_IS6,
	WAIT = BINDING_TIME_WAIT,
};

static struct endpoint at(const char *text, uint16_t port)
{
	struct endpoint e = {.port = port};

	cr_assert(eq(int, inet_parse(text, &e.addr), 0), "%s", text);
	return e;
}

static int bind_to(struct ports *p, struct binding *b, const char *text,
		   uint16_t port, uint32_t flags)
{
	struct endpoint local = at(text, port);

	binding_init(b);
	b->flags = flags;
	return ports_bind(p, b, &local);
}

static int connect_to(struct ports *p, struct binding *b, const char *text,
		      uint16_t port)
{
	struct endpoint remote = at(text, port);
	struct endpoint local = at("10.0.0.2", 0);

	return ports_connect(p, b, &local.addr, &remote, NULL);
}

static struct ports_tuple tuple(const char *local, uint16_t lport,
				const char *remote, uint16_t rport)
{
	return (struct ports_tuple){at(local, 0).addr, at(remote, 0).addr,
				    lport, rport};
}

/* The first is bound; may the second be bound too? */
static const struct rule {
	const char *first, *second;
	uint32_t first_flags, second_flags;
	uint32_t second_user;
	bool tcp_ok, udp_ok;
} rules[] = {
	/* Addresses that do not overlap. */
	{"10.0.0.2", "127.0.0.1", 0, 0, 0, true, true},
	{"10.0.0.2", "::1", 0, IS6, 0, true, true},
	{"0.0.0.0", "::", 0, IS6 | V6ONLY, 0, true, true},
	{"0.0.0.0", "::1", 0, IS6, 0, true, true},
	/* Those that do. */
	{"10.0.0.2", "10.0.0.2", 0, 0, 0, false, false},
	{"0.0.0.0", "10.0.0.2", 0, 0, 0, false, false},
	{"10.0.0.2", "0.0.0.0", 0, 0, 0, false, false},
	{"0.0.0.0", "::", 0, IS6, 0, false, false},
	{"::", "0.0.0.0", IS6, 0, 0, false, false},
	{"::", "10.0.0.2", IS6, 0, 0, false, false},
	{"::", "::1", IS6, IS6, 0, false, false},
	{"::", "::1", IS6 | V6ONLY, IS6, 0, false, false},
	/* SO_REUSEADDR counts when both have it. */
	{"0.0.0.0", "0.0.0.0", ADDR, 0, 0, false, false},
	{"0.0.0.0", "0.0.0.0", 0, ADDR, 0, false, false},
	{"0.0.0.0", "0.0.0.0", ADDR, ADDR, 0, true, true},
	{"0.0.0.0", "10.0.0.2", ADDR, ADDR, 0, true, true},
	/* But never beside a TCP listener. */
	{"0.0.0.0", "0.0.0.0", ADDR | LISTEN, ADDR, 0, false, true},
	{"0.0.0.0", "10.0.0.2", ADDR | LISTEN, ADDR, 0, false, true},
	/* SO_REUSEPORT counts when both have it, and one user. */
	{"0.0.0.0", "0.0.0.0", PORT, 0, 0, false, false},
	{"0.0.0.0", "0.0.0.0", PORT, PORT, 0, true, true},
	{"0.0.0.0", "0.0.0.0", PORT | LISTEN, PORT, 0, true, true},
	{"0.0.0.0", "0.0.0.0", PORT, PORT, 7, false, false},
	{"0.0.0.0", "0.0.0.0", PORT, ADDR, 0, false, false},
	/* TIME-WAIT is no exception (tried against Linux 6). */
	{"10.0.0.2", "0.0.0.0", WAIT, 0, 0, false, false},
	{"10.0.0.2", "0.0.0.0", WAIT, ADDR, 0, false, false},
	{"10.0.0.2", "0.0.0.0", WAIT | ADDR, ADDR, 0, true, true},
};

static void check_rule(struct ports *p, const struct rule *r, size_t row,
		       bool expected)
{
	struct endpoint local = at(r->second, 80);
	struct binding a, b;

	cr_assert(eq(int, bind_to(p, &a, r->first, 80, r->first_flags), 0));
	binding_init(&b);
	b.flags = r->second_flags;
	b.user = r->second_user;
	cr_expect(
		eq(int, ports_bind(p, &b, &local), expected ? 0 : -EADDRINUSE),
		"%s, row %zu: %s then %s", p == &tcp ? "tcp" : "udp", row,
		r->first, r->second);
	ports_release(p, &b);
	ports_release(p, &a);
}

HOST_TEST(ports, bind_rules)
{
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		check_rule(&tcp, &rules[i], i, rules[i].tcp_ok);
		check_rule(&udp, &rules[i], i, rules[i].udp_ok);
	}
}

HOST_TEST(ports, different_ports_never_conflict)
{
	static struct binding a, b, c;

	cr_assert(eq(int, bind_to(&tcp, &a, "0.0.0.0", 80, 0), 0));
	cr_assert(eq(int, bind_to(&tcp, &b, "0.0.0.0", 81, 0), 0));
	cr_assert(eq(int, bind_to(&udp, &c, "0.0.0.0", 80, 0), 0));
}

/* An accepted connection keeps the port from being bound, until TIME-WAIT. */
HOST_TEST(ports, connection_stands_in_the_way_of_bind)
{
	struct ports_tuple key = tuple("10.0.0.2", 80, "10.0.0.1", 1234);
	struct binding listener, conn, again;

	cr_assert(eq(int, bind_to(&tcp, &listener, "0.0.0.0", 80, ADDR), 0));
	listener.flags |= LISTEN;
	binding_init(&conn);
	conn.flags = ADDR;
	cr_assert(eq(int, ports_adopt(&tcp, &conn, &key), 0));
	ports_release(&tcp, &listener);
	cr_assert(
		eq(int, bind_to(&tcp, &again, "0.0.0.0", 80, 0), -EADDRINUSE));
	cr_assert(eq(int, bind_to(&tcp, &again, "0.0.0.0", 80, ADDR), 0));
	ports_release(&tcp, &conn);
	ports_release(&tcp, &again);
}

HOST_TEST(ports, second_listener_is_refused_unless_spread)
{
	struct binding a, b, c;

	cr_assert(eq(int, bind_to(&tcp, &a, "0.0.0.0", 80, ADDR | PORT), 0));
	cr_assert(eq(int, bind_to(&tcp, &b, "0.0.0.0", 80, ADDR), 0));
	cr_assert(eq(int, bind_to(&tcp, &c, "0.0.0.0", 80, ADDR | PORT), 0));
	cr_assert(eq(int, ports_may_listen(&tcp, &a), 0));
	a.flags |= LISTEN;
	cr_assert(eq(int, ports_may_listen(&tcp, &a), 0));
	cr_assert(eq(int, ports_may_listen(&tcp, &b), -EADDRINUSE));
	cr_assert(eq(int, ports_may_listen(&tcp, &c), 0));
	ports_release(&tcp, &a);
	ports_release(&tcp, &b);
	ports_release(&tcp, &c);
}

/* Lookup. */

HOST_TEST(ports, best_fit_wins)
{
	struct binding any4, any6, exact, only6;
	struct ports_tuple v4 = tuple("10.0.0.2", 53, "10.0.0.1", 9);
	struct ports_tuple v6 = tuple("fe80::2", 53, "fe80::1", 9);

	cr_assert(eq(ptr, ports_find_bound(&udp, &v4, 0, false), NULL));
	cr_assert(eq(int, bind_to(&udp, &only6, "::", 53, ADDR | IS6 | V6ONLY),
		     0));
	cr_assert(eq(ptr, ports_find_bound(&udp, &v4, 0, false), NULL));
	cr_assert(eq(ptr, ports_find_bound(&udp, &v6, 0, false), &only6));
	ports_release(&udp, &only6);

	cr_assert(eq(int, bind_to(&udp, &any6, "::", 53, ADDR | IS6), 0));
	cr_assert(eq(ptr, ports_find_bound(&udp, &v4, 0, false), &any6));
	cr_assert(eq(ptr, ports_find_bound(&udp, &v6, 0, false), &any6));
	cr_assert(eq(int, bind_to(&udp, &any4, "0.0.0.0", 53, ADDR), 0));
	cr_assert(eq(ptr, ports_find_bound(&udp, &v4, 0, false), &any4));
	cr_assert(eq(ptr, ports_find_bound(&udp, &v6, 0, false), &any6));
	cr_assert(eq(int, bind_to(&udp, &exact, "10.0.0.2", 53, ADDR), 0));
	cr_assert(eq(ptr, ports_find_bound(&udp, &v4, 0, false), &exact));
	cr_assert(eq(ptr, ports_find_bound(&udp, &v4, 0, true), NULL));
	any6.flags |= LISTEN;
	cr_assert(eq(ptr, ports_find_bound(&udp, &v4, 0, true), &any6));
	ports_release(&udp, &any4);
	ports_release(&udp, &any6);
	ports_release(&udp, &exact);
}

HOST_TEST(ports, connected_leaves_the_bound_ones)
{
	struct ports_tuple key = tuple("10.0.0.2", 53, "10.0.0.1", 9);
	struct endpoint any = at("0.0.0.0", 0);
	struct binding b;

	cr_assert(eq(int, bind_to(&udp, &b, "0.0.0.0", 53, 0), 0));
	cr_assert(eq(int, connect_to(&udp, &b, "10.0.0.1", 9), 0));
	cr_assert(eq(ptr, ports_find_tuple(&udp, &key), &b));
	cr_assert(eq(ptr, ports_find_bound(&udp, &key, 0, false), NULL));
	/* To another remote. */
	cr_assert(eq(int, connect_to(&udp, &b, "10.0.0.1", 10), 0));
	cr_assert(eq(ptr, ports_find_tuple(&udp, &key), NULL));
	ports_disconnect(&udp, &b, &any.addr);
	cr_assert(not(b.is_connected));
	cr_assert(eq(ptr, ports_find_bound(&udp, &key, 0, false), &b));
	ports_release(&udp, &b);
	ports_release(&udp, &b);
}

/* SO_BINDTODEVICE, socket(7). */
HOST_TEST(ports, interfaces_have_ports_of_their_own)
{
	struct ports_tuple key = tuple("10.0.0.2", 53, "10.0.0.1", 9);
	struct endpoint wild = at("0.0.0.0", 53);
	struct binding any, two, three;

	cr_assert(eq(int, bind_to(&udp, &two, "10.0.0.2", 99, 0), 0));
	ports_release(&udp, &two);
	binding_init(&two);
	binding_init(&three);
	two.ifindex = 2;
	three.ifindex = 3;
	cr_assert(eq(int, ports_bind(&udp, &two, &wild), 0));
	cr_assert(eq(int, ports_bind(&udp, &three, &wild), 0));
	cr_assert(eq(int, bind_to(&udp, &any, "0.0.0.0", 53, 0), -EADDRINUSE));
	cr_expect(eq(ptr, ports_find_bound(&udp, &key, 2, false), &two));
	cr_expect(eq(ptr, ports_find_bound(&udp, &key, 3, false), &three));
	cr_expect(eq(ptr, ports_find_bound(&udp, &key, 4, false), NULL));
	ports_release(&udp, &three);
	three.ifindex = 0;
	cr_assert(eq(int, ports_bind(&udp, &three, &wild), -EADDRINUSE));
	two.flags = three.flags = BINDING_REUSEADDR;
	cr_assert(eq(int, ports_bind(&udp, &three, &wild), 0));
	cr_expect(eq(ptr, ports_find_bound(&udp, &key, 2, false), &two));
	cr_expect(eq(ptr, ports_find_bound(&udp, &key, 4, false), &three));
	ports_release(&udp, &two);
	ports_release(&udp, &three);
}

HOST_TEST(ports, reuseport_spreads_and_is_steady)
{
	enum { N = 4, FLOWS = 4000 };
	struct binding b[N];
	int hits[N] = {0};

	for (int i = 0; i < N; i++)
		cr_assert(
			eq(int, bind_to(&udp, &b[i], "0.0.0.0", 53, PORT), 0));
	for (uint16_t i = 0; i < FLOWS; i++) {
		struct ports_tuple key = tuple("10.0.0.2", 53, "10.0.0.1", i);
		struct binding *got = ports_find_bound(&udp, &key, 0, false);

		cr_assert(eq(ptr, ports_find_bound(&udp, &key, 0, false), got));
		hits[got - b]++;
	}
	for (int i = 0; i < N; i++) {
		cr_expect(gt(int, hits[i], FLOWS / N * 3 / 4));
		cr_expect(lt(int, hits[i], FLOWS / N * 5 / 4));
		ports_release(&udp, &b[i]);
	}
}

HOST_TEST(ports, everybody_who_takes_a_broadcast_is_visited_once)
{
	struct ports_tuple key = tuple("10.0.0.255", 53, "10.0.0.1", 9);
	struct binding any, cast, unicast, *b = NULL;
	int seen_any = 0, seen_cast = 0;

	cr_assert(eq(int, bind_to(&udp, &any, "0.0.0.0", 53, ADDR), 0));
	cr_assert(eq(int, bind_to(&udp, &cast, "10.0.0.255", 53, ADDR), 0));
	cr_assert(eq(int, bind_to(&udp, &unicast, "10.0.0.2", 53, ADDR), 0));
	while ((b = ports_next_bound(&udp, &key, b))) {
		cr_assert(ne(ptr, b, &unicast));
		seen_any += b == &any;
		seen_cast += b == &cast;
	}
	cr_assert(eq(int, seen_any, 1));
	cr_assert(eq(int, seen_cast, 1));
	ports_release(&udp, &any);
	ports_release(&udp, &cast);
	ports_release(&udp, &unicast);
}

/* Ephemeral ports. */

HOST_TEST(ports, bind_to_zero_avoids_everybody)
{
	struct binding a, b;

	cr_assert(eq(int, bind_to(&tcp, &a, "0.0.0.0", 0, ADDR), 0));
	cr_assert(ge(int, a.key.lport, 32768));
	cr_assert(le(int, a.key.lport, 60999));
	tcp.first = tcp.last = a.key.lport;
	cr_assert(eq(int, bind_to(&tcp, &b, "0.0.0.0", 0, ADDR), -EADDRINUSE));
	ports_release(&tcp, &a);
	cr_assert(eq(int, bind_to(&tcp, &a, "127.0.0.1", 0, 0), 0));
	cr_assert(eq(int, bind_to(&tcp, &b, "10.0.0.2", 0, 0), 0));
	cr_assert(eq(int, b.key.lport, a.key.lport));
	ports_release(&tcp, &a);
	ports_release(&tcp, &b);
}

HOST_TEST(ports, tuple_exists_once_for_tcp)
{
	struct binding a, b;

	cr_assert(eq(int, bind_to(&tcp, &a, "0.0.0.0", 80, ADDR), 0));
	cr_assert(eq(int, bind_to(&tcp, &b, "0.0.0.0", 80, ADDR), 0));
	cr_assert(eq(int, connect_to(&tcp, &a, "10.0.0.1", 9), 0));
	cr_assert(eq(int, connect_to(&tcp, &b, "10.0.0.1", 9), -EADDRNOTAVAIL));
	cr_assert(eq(int, connect_to(&tcp, &b, "10.0.0.1", 10), 0));
	ports_release(&tcp, &a);
	ports_release(&tcp, &b);
}

HOST_TEST(ports, connect_shares_a_port_between_remotes_only)
{
	struct binding a, b, c;

	binding_init(&a);
	binding_init(&b);
	binding_init(&c);
	tcp.first = tcp.last = 40000;
	cr_assert(eq(int, connect_to(&tcp, &a, "10.0.0.1", 80), 0));
	cr_assert(eq(int, connect_to(&tcp, &b, "10.0.0.1", 443), 0));
	cr_assert(
		eq(int, connect_to(&tcp, &c, "10.0.0.1", 80), -EADDRNOTAVAIL));
	ports_release(&tcp, &a);
	ports_release(&tcp, &b);
	/* What bind() gave is never shared. */
	cr_assert(eq(int, bind_to(&tcp, &a, "127.0.0.1", 40000, 0), 0));
	cr_assert(
		eq(int, connect_to(&tcp, &c, "10.0.0.1", 80), -EADDRNOTAVAIL));
	ports_release(&tcp, &a);
}

/* All 28,232 ports to one remote, then one is given back and found again. */
HOST_TEST(ports, connect_finds_the_last_free_port)
{
	enum { N = 60999 - 32768 + 1 };
	static struct binding b[N + 1];
	uint16_t freed;

	for (int i = 0; i < N; i++) {
		binding_init(&b[i]);
		cr_assert(eq(int, connect_to(&tcp, &b[i], "10.0.0.1", 80), 0));
	}
	binding_init(&b[N]);
	cr_assert(eq(int, connect_to(&tcp, &b[N], "10.0.0.1", 80),
		     -EADDRNOTAVAIL));
	freed = b[777].key.lport;
	ports_release(&tcp, &b[777]);
	cr_assert(eq(int, connect_to(&tcp, &b[N], "10.0.0.1", 80), 0));
	cr_assert(eq(int, b[N].key.lport, freed));
	for (int i = 0; i <= N; i++)
		ports_release(&tcp, &b[i]);
}

/* RFC 6056: two ports in a row must not be neighbours every time. */
HOST_TEST(ports, connect_ports_are_not_a_plain_sequence)
{
	enum { N = 200 };
	static struct binding b[N];
	int steps[40] = {0}, other = 0;

	for (int i = 0; i < N; i++) {
		int step;

		binding_init(&b[i]);
		cr_assert(eq(int, connect_to(&tcp, &b[i], "10.0.0.1", 80), 0));
		if (i == 0)
			continue;
		step = b[i].key.lport - b[i - 1].key.lport;
		if (step > 0 && step < 40)
			steps[step]++;
		else
			other++;
	}
	for (int i = 0; i < 40; i++)
		cr_expect(lt(int, steps[i], N / 4), "step %d", i);
	cr_expect(lt(int, other, N / 4));
	for (int i = 0; i < N; i++)
		ports_release(&tcp, &b[i]);
}

HOST_TEST(ports, out_of_memory_is_an_error_and_leaves_nothing)
{
	static struct binding b[4000];
	int err = 0;
	int n;

	/* These, like tables, may take some of the frames' part. */
	while (arena_alloc_vital(t.arena, 1 << 20, ARENA_OTHER))
		;
	while (arena_alloc_vital(t.arena, 1 << 10, ARENA_OTHER))
		;
	for (n = 0; n < 4000 && !err; n++) {
		binding_init(&b[n]);
		err = connect_to(&tcp, &b[n], "10.0.0.1", 80);
	}
	cr_assert(eq(int, err, -ENOBUFS));
	cr_assert(not(b[n - 1].is_bound));
	cr_assert(not(b[n - 1].is_connected));
	for (int i = 0; i < n; i++)
		ports_release(&tcp, &b[i]);
}
