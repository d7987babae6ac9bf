/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * route_test.c - proves route.c: longest prefix, lowest metric, our source.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "testkit/nettest.h"

static struct nettest t;

static void open_host(void)
{
	nettest_open(&t);
}

static void close_host(void)
{
	nettest_close(&t);
}

static struct inet_addr addr(const char *text)
{
	struct inet_addr a;

	cr_assert(eq(int, inet_parse(text, &a), 0), "%s", text);
	return a;
}

static struct route route(const char *prefix, const char *gateway,
			  uint32_t metric)
{
	struct route r = {
		.gateway = addr(gateway), .ifindex = 2, .metric = metric};

	cr_assert(eq(int, inet_parse_prefix(prefix, &r.dst), 0));
	return r;
}

static void add(const char *prefix, const char *gateway, uint32_t metric)
{
	struct route r = route(prefix, gateway, metric);

	cr_assert(eq(int, route_add(&t.net, &r), 0));
}

static void expect_hop(const char *dst, const char *hop, const char *source,
		       const struct iface *ifp)
{
	struct inet_addr d = addr(dst), h = addr(hop), s = addr(source);
	struct path path;

	cr_assert(eq(int, route_lookup(&t.net, &d, NULL, &path), 0), "%s", dst);
	cr_expect(inet_equal(&path.next_hop, &h), "next hop of %s", dst);
	cr_expect(inet_equal(&path.source, &s), "source for %s", dst);
	cr_expect(path.ifp == ifp, "way out to %s", dst);
}

static int lookup(const char *dst, const char *src)
{
	struct inet_addr d = addr(dst);
	struct inet_addr s = addr(src ? src : "0.0.0.0");
	struct path path;

	return route_lookup(&t.net, &d, &s, &path);
}

HOST_TEST(route, own_addresses_loop)
{
	expect_hop("127.0.0.1", "127.0.0.1", "127.0.0.1", t.lo);
	expect_hop("127.1.2.3", "127.1.2.3", "127.0.0.1", t.lo);
	expect_hop("10.0.0.2", "10.0.0.2", "10.0.0.2", t.lo);
}

HOST_TEST(route, same_prefix_needs_no_gateway)
{
	add("0.0.0.0/0", "10.0.0.1", 0);
	expect_hop("10.0.0.77", "10.0.0.77", "10.0.0.2", t.eth);
	expect_hop("10.0.0.255", "10.0.0.255", "10.0.0.2", t.eth);
}

HOST_TEST(route, longest_prefix_then_lowest_metric_wins)
{
	add("0.0.0.0/0", "10.0.0.1", 5);
	add("192.168.0.0/16", "10.0.0.3", 9);
	add("192.168.7.0/24", "10.0.0.5", 9);
	add("192.168.7.0/24", "10.0.0.4", 1);
	add("0.0.0.0/0", "10.0.0.9", 2);

	expect_hop("8.8.8.8", "10.0.0.9", "10.0.0.2", t.eth);
	expect_hop("192.168.1.1", "10.0.0.3", "10.0.0.2", t.eth);
	expect_hop("192.168.7.1", "10.0.0.4", "10.0.0.2", t.eth);
}

/* The longest of our own prefixes, whatever their order. */
HOST_TEST(route, longest_prefix_on_the_link_counts)
{
	struct inet_prefix wide = {inet_from4(ip4_make(10, 9, 9, 9)), 96 + 8};

	cr_assert(eq(int, iface_add_addr(t.eth, &wide), 0));
	add("10.0.0.0/16", "10.0.0.1", 0);
	expect_hop("10.0.0.77", "10.0.0.77", "10.0.0.2", t.eth);
	expect_hop("10.0.1.77", "10.0.0.1", "10.0.0.2", t.eth);
	expect_hop("10.1.1.77", "10.1.1.77", "10.9.9.9", t.eth);
}

HOST_TEST(route, deleted_route_is_gone)
{
	struct route r = route("0.0.0.0/0", "10.0.0.1", 0);

	add("0.0.0.0/0", "10.0.0.1", 0);
	cr_assert(eq(int, lookup("8.8.8.8", NULL), 0));
	cr_assert(eq(int, route_add(&t.net, &r), -EEXIST));
	cr_assert(eq(int, route_delete(&t.net, &r), 0));
	cr_assert(eq(int, route_delete(&t.net, &r), -ESRCH));
	cr_assert(eq(int, lookup("8.8.8.8", NULL), -ENETUNREACH));
}

HOST_TEST(route, source_must_be_ours_and_may_not_be_loopback_on_the_wire)
{
	cr_assert(eq(int, lookup("10.0.0.1", "10.0.0.2"), 0));
	cr_assert(eq(int, lookup("10.0.0.1", "10.0.0.3"), -ENETUNREACH));
	cr_assert(eq(int, lookup("10.0.0.1", "127.0.0.1"), -EINVAL));
	cr_assert(eq(int, lookup("127.0.0.1", "10.0.0.2"), 0));
	cr_assert(eq(int, lookup("0.0.0.0", NULL), -ENETUNREACH));
}

HOST_TEST(route, groups_leave_by_the_first_link_without_a_route)
{
	expect_hop("255.255.255.255", "255.255.255.255", "10.0.0.2", t.eth);
	expect_hop("224.0.0.251", "224.0.0.251", "10.0.0.2", t.eth);
}

HOST_TEST(route, families_do_not_mix)
{
	struct route six = {.ifindex = 2};

	cr_assert(eq(int, route_add(&t.net, &six), 0));
	cr_assert(eq(int, lookup("8.8.8.8", NULL), -ENETUNREACH));
}

HOST_TEST(route, table_is_limited_and_checked)
{
	struct route r = route("1.0.0.0/32", "10.0.0.1", 0);
	struct route nowhere = r;

	nowhere.ifindex = 3;
	cr_assert(eq(int, route_add(&t.net, &nowhere), -ENODEV));
	for (int i = 0; i < LIMIT_ROUTES; i++) {
		r.dst.addr.b[15] = (uint8_t)i;
		cr_assert(eq(int, route_add(&t.net, &r), 0));
	}
	r.dst.addr.b[15] = LIMIT_ROUTES;
	cr_assert(eq(int, route_add(&t.net, &r), -ENOBUFS));
}

HOST_TEST(route, path_mtu_is_the_destination_s)
{
	struct inet_addr far = addr("8.8.8.8"), near = addr("10.0.0.1");
	struct path path;

	add("0.0.0.0/0", "10.0.0.1", 0);
	pmtu_learn(&t.net.pmtu, &far, 1200, 1500);
	cr_assert(eq(int, route_lookup(&t.net, &far, NULL, &path), 0));
	cr_assert(eq(u32, path.mtu, 1200));
	cr_assert(eq(int, route_lookup(&t.net, &near, NULL, &path), 0));
	cr_assert(eq(u32, path.mtu, 1500));
}

/* --- routes that lead nowhere -------------------------------------------- */

static void add_type(const char *prefix, enum route_type type)
{
	struct route r = {.type = (uint8_t)type};

	cr_assert(eq(int, inet_parse_prefix(prefix, &r.dst), 0));
	cr_assert(eq(int, route_add(&t.net, &r), 0));
}

HOST_TEST(route, types_say_why_there_is_no_way)
{
	add("0.0.0.0/0", "10.0.0.1", 0);
	add_type("192.168.0.0/16", ROUTE_UNREACHABLE);
	add_type("192.168.1.0/24", ROUTE_BLACKHOLE);
	add_type("192.168.2.0/24", ROUTE_PROHIBIT);
	add("192.168.3.0/24", "10.0.0.3", 0);
	cr_expect(eq(int, lookup("192.168.0.1", NULL), -EHOSTUNREACH));
	cr_expect(eq(int, lookup("192.168.1.1", NULL), -EINVAL));
	cr_expect(eq(int, lookup("192.168.2.1", NULL), -EACCES));
	expect_hop("192.168.3.1", "10.0.0.3", "10.0.0.2", t.eth);
	cr_expect(eq(int, lookup("192.169.0.1", NULL), 0));
}

/* --- gateways that do not answer ------------------------------------------ */

/* Asked as often as is allowed, and nobody answered. */
static void kill_gateway(const char *text)
{
	struct inet_addr a = addr(text);
	struct eth_addr mac;
	struct neigh *n;
	struct tx tx;
	int err;

	tx_init(&tx);
	tx_push(&tx, 20);
	cr_assert(not(neigh_resolve(&t.eth->neigh, &a, &tx, &mac, &err)));
	n = neigh_find(&t.eth->neigh, &a);
	nettest_advance(&t, LIMIT_NEIGH_RETRANS_US);
	nettest_advance(&t, LIMIT_NEIGH_RETRANS_US);
	nettest_advance(&t, LIMIT_NEIGH_RETRANS_US);
	cr_assert(eq(u8, n->state, NEIGH_FAILED));
	nettest_forget_frames(&t);
}

HOST_TEST(route, a_silent_gateway_is_passed_over_until_it_is_heard_of)
{
	static const struct eth_addr mac = {{2, 0, 0, 0, 0, 1}};
	struct inet_addr gone = addr("10.0.0.1");
	struct neigh *n;

	add("0.0.0.0/0", "10.0.0.1", 1);
	add("0.0.0.0/0", "10.0.0.3", 2);
	add("0.0.0.0/0", "10.0.0.4", 3);
	expect_hop("8.8.8.8", "10.0.0.1", "10.0.0.2", t.eth);
	kill_gateway("10.0.0.1");
	expect_hop("8.8.8.8", "10.0.0.3", "10.0.0.2", t.eth);

	/* It is asked again, now and then, and others go on meanwhile. */
	n = neigh_find(&t.eth->neigh, &gone);
	t.eng.now += LIMIT_ROUTER_PROBE_US;
	expect_hop("8.8.8.8", "10.0.0.3", "10.0.0.2", t.eth);
	cr_expect(eq(u8, n->state, NEIGH_INCOMPLETE));
	nettest_forget_frames(&t);
	neigh_learn(&t.eth->neigh, &gone, &mac);
	expect_hop("8.8.8.8", "10.0.0.1", "10.0.0.2", t.eth);
}

HOST_TEST(route, when_all_are_silent_the_first_is_as_good_as_any)
{
	add("0.0.0.0/0", "10.0.0.1", 1);
	add("0.0.0.0/0", "10.0.0.3", 2);
	kill_gateway("10.0.0.1");
	kill_gateway("10.0.0.3");
	expect_hop("8.8.8.8", "10.0.0.1", "10.0.0.2", t.eth);
}

/* --- several links -------------------------------------------------------- */

static struct iface *way(const char *dst, const char *src)
{
	struct inet_addr d = addr(dst), s = addr(src);
	struct path path;

	cr_assert(eq(int, route_lookup(&t.net, &d, &s, &path), 0));
	cr_expect(inet_equal(&path.source, &s));
	return path.ifp;
}

/* RFC 1122 3.3.4.2: a source is sent from where it lives, if there is a way. */
HOST_TEST(route, a_source_prefers_its_own_link)
{
	struct iface *second = nettest_second(&t);
	struct route r = route("0.0.0.0/0", "10.5.0.1", 7);

	r.ifindex = second->index;
	add("0.0.0.0/0", "10.0.0.1", 0);
	expect_hop("8.8.8.8", "10.0.0.1", "10.0.0.2", t.eth);
	cr_expect(way("8.8.8.8", "10.5.0.2") == t.eth, "no way there");
	cr_assert(eq(int, route_add(&t.net, &r), 0));
	cr_expect(way("8.8.8.8", "10.5.0.2") == second);
	cr_expect(way("8.8.8.8", "10.0.0.2") == t.eth);
	iface_set_down(second, true);
	cr_expect(way("8.8.8.8", "10.5.0.2") == t.eth);
}

/* A route may prefer a source, while that is ours. */
HOST_TEST(route, a_route_names_the_source)
{
	struct inet_prefix p = {inet_from4(ip4_make(10, 0, 0, 77)), 128};
	struct route r = route("192.168.0.0/16", "10.0.0.1", 0);

	cr_assert(eq(int, iface_add_addr(t.eth, &p), 0));
	r.source = p.addr;
	cr_assert(eq(int, route_add(&t.net, &r), 0));
	expect_hop("192.168.1.1", "10.0.0.1", "10.0.0.77", t.eth);
	iface_delete(t.eth, &p.addr);
	expect_hop("192.168.1.1", "10.0.0.1", "10.0.0.2", t.eth);
}
