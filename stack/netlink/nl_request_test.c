/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nl_request_test.c - proves nl_request.c and who answers there: nl_link.c,
 * nl_addr.c, nl_route.c, nl_neigh.c
 *
 * A stack with its loopback and an Ethernet without a wire, 10.0.0.2/24. Each
 * test sends requests as iproute2 composes them and looks at the answers.
 */
#include <linux/fib_rules.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "nl_request.h"
#include "testkit/socktest.h"

enum { ASK = NLM_F_REQUEST | NLM_F_ACK, NEW = NLM_F_CREATE | NLM_F_EXCL };

static struct nl_manner manner = {
	.protocol = NETLINK_ROUTE, .pid = 9, .ext_ack = true};
static struct nl_dump dump;
static uint8_t asked[2048] __attribute__((aligned(8)));
static uint8_t answers[16384] __attribute__((aligned(8)));
static struct nl_buf out;
static struct nl_buf in;
static struct iface *eth;

static const uint8_t US[4] = {10, 0, 0, 2};
static const uint8_t PEER[4] = {10, 0, 0, 1};
static const uint8_t MAC[6] = {2, 0, 0, 0, 0, 1};

static void open_host(void)
{
	struct inet_prefix p = {inet_from4(ip4_make(10, 0, 0, 2)), 120};

	kit_open();
	memset(&dump, 0, sizeof(dump));
	manner.strict = false;
	eth = net_add_iface(&kit.st->net, "tap0", -1);
	cr_assert(eq(int, iface_add_addr(eth, &p), 0));
}

static void close_host(void)
{
	kit_close();
}

#define HOST_TEST(name)                                                        \
	static void name##_body(void);                                         \
	Test(nl_request, name)                                                 \
	{                                                                      \
		open_host();                                                   \
		name##_body();                                                 \
		close_host();                                                  \
	}                                                                      \
	static void name##_body(void)

static void ask(uint16_t type, uint16_t flags, const void *fixed, size_t len)
{
	nl_buf_init(&in, asked, sizeof(asked));
	nl_begin(&in, type, flags, 1, 0, fixed, len);
}

/* Sends what was composed; a dump is read in pieces of `piece` bytes. */
static void send_asked(size_t piece)
{
	cr_assert(nl_end(&in));
	nl_buf_init(&out, answers, sizeof(answers));
	cr_assert(eq(int,
		     nl_request(kit.st, &manner, asked, in.len, &dump, &out),
		     0));
	for (int n = 0; dump.is_active; n++) {
		struct nl_buf one;

		cr_assert(n < 1000, "the dump does not end");
		nl_buf_init(&one, answers + out.len, piece);
		nl_request_go_on(kit.st, &manner, &dump, &one);
		cr_assert(one.len > 0, "an empty piece");
		out.len += one.len;
	}
}

/* Message number n of that type among the answers. */
static const struct nlmsghdr *answer(uint16_t type, size_t n)
{
	const uint8_t *at = answers;
	size_t left = out.len;
	const struct nlmsghdr *h;

	while ((h = nl_next(&at, &left)))
		if (h->nlmsg_type == type && n-- == 0)
			return h;
	return NULL;
}

/* What NLMSG_ERROR says; 1: there is none. */
static int result(void)
{
	const struct nlmsghdr *h = answer(NLMSG_ERROR, 0);

	return h ? *(const int *)nl_fixed(h, sizeof(int)) : 1;
}

static size_t count(uint16_t type)
{
	size_t n = 0;

	while (answer(type, n))
		n++;
	return n;
}

static void dump_all(uint16_t type, size_t piece)
{
	struct rtmsg m = {.rtm_family = AF_UNSPEC};

	ask(type, NLM_F_REQUEST | NLM_F_DUMP, &m, sizeof(m));
	send_asked(piece);
	cr_assert(eq(sz, count(NLMSG_DONE), 1));
}

/* RTM_NEWADDR and its opposite. */
static int address(uint16_t type, uint16_t flags, const uint8_t *a,
		   uint8_t bits)
{
	struct ifaddrmsg m = {.ifa_family = AF_INET,
			      .ifa_prefixlen = bits,
			      .ifa_index = eth->index};

	ask(type, ASK | flags, &m, sizeof(m));
	nl_put(&in, IFA_LOCAL, a, 4);
	nl_put(&in, IFA_ADDRESS, a, 4);
	send_asked(4096);
	return result();
}

struct way {
	const uint8_t *dst, *gateway;
	uint8_t bits;
	uint32_t metric, oif;
};

static int route(uint16_t type, uint16_t flags, const struct way *w)
{
	struct rtmsg m = {.rtm_family = AF_INET,
			  .rtm_dst_len = w->bits,
			  .rtm_table = RT_TABLE_MAIN,
			  .rtm_protocol = RTPROT_BOOT,
			  .rtm_type = RTN_UNICAST};

	if (type == RTM_DELROUTE)
		m.rtm_protocol = 0;
	ask(type, ASK | flags, &m, sizeof(m));
	if (w->dst)
		nl_put(&in, RTA_DST, w->dst, 4);
	if (w->gateway)
		nl_put(&in, RTA_GATEWAY, w->gateway, 4);
	if (w->metric)
		nl_put_u32(&in, RTA_PRIORITY, w->metric);
	if (w->oif)
		nl_put_u32(&in, RTA_OIF, w->oif);
	send_asked(4096);
	return result();
}

static int neighbour(uint16_t type, uint16_t flags, uint16_t state,
		     const void *mac)
{
	struct ndmsg m = {.ndm_family = AF_INET,
			  .ndm_ifindex = (int)eth->index,
			  .ndm_state = state};

	ask(type, ASK | flags, &m, sizeof(m));
	nl_put(&in, NDA_DST, PEER, 4);
	if (mac)
		nl_put(&in, NDA_LLADDR, mac, 6);
	send_asked(4096);
	return result();
}

static int set_link(uint32_t flags, uint32_t change, uint32_t mtu)
{
	struct ifinfomsg m = {.ifi_index = (int)eth->index,
			      .ifi_flags = flags,
			      .ifi_change = change};

	ask(RTM_NEWLINK, ASK, &m, sizeof(m));
	if (mtu)
		nl_put_u32(&in, IFLA_MTU, mtu);
	send_asked(4096);
	return result();
}

/* --- the room itself ------------------------------------------------------ */

HOST_TEST(unknown_type_is_eopnotsupp)
{
	ask(RTM_NEWQDISC, ASK, "0123456789abcdef0123", 20);
	send_asked(4096);
	cr_assert(eq(int, result(), -EOPNOTSUPP));
}

HOST_TEST(error_quotes_the_request_and_its_number)
{
	struct way w = {.gateway = US, .oif = 2};
	const struct nlmsghdr *h;

	cr_assert(eq(int, route(RTM_NEWROUTE, NEW, &w), -EINVAL));
	h = answer(NLMSG_ERROR, 0);
	cr_assert(eq(u32, h->nlmsg_seq, 1));
	cr_assert(eq(u32, h->nlmsg_pid, 9));
	cr_assert(ne(int, h->nlmsg_flags &NLM_F_ACK_TLVS, 0), "no words");
	cr_assert(h->nlmsg_len > sizeof(*h) + 4 + in.len, "not all quoted");
}

HOST_TEST(every_truncation_of_a_request_is_an_error_or_nothing)
{
	struct nlmsghdr *h = (void *)asked;
	struct way w = {.gateway = PEER};
	size_t full;

	cr_assert(eq(int, route(RTM_NEWROUTE, NEW, &w), 0));
	cr_assert(eq(int, route(RTM_DELROUTE, 0, &w), 0));
	full = in.len;
	for (uint32_t len = 0; len < full; len++) {
		h->nlmsg_type = RTM_NEWROUTE;
		h->nlmsg_flags = ASK | NEW;
		h->nlmsg_len = len;
		nl_buf_init(&out, answers, sizeof(answers));
		cr_assert(
			eq(int,
			   nl_request(kit.st, &manner, asked, len, &dump, &out),
			   0));
		cr_expect(ne(int, result(), 0), "%u bytes", len);
	}
}

HOST_TEST(two_requests_in_one_datagram_are_both_answered)
{
	struct ifinfomsg m = {.ifi_index = 1};

	nl_buf_init(&in, asked, sizeof(asked));
	nl_begin(&in, RTM_GETLINK, NLM_F_REQUEST, 1, 0, &m, sizeof(m));
	cr_assert(nl_end(&in));
	m.ifi_index = 2;
	nl_begin(&in, RTM_GETLINK, NLM_F_REQUEST, 2, 0, &m, sizeof(m));
	send_asked(4096);
	cr_assert(eq(sz, count(RTM_NEWLINK), 2));
	cr_assert(eq(sz, count(NLMSG_ERROR), 0));
}

HOST_TEST(second_dump_while_one_goes_on_is_ebusy)
{
	struct rtmsg m = {0};

	dump.is_active = true;
	ask(RTM_GETROUTE, NLM_F_REQUEST | NLM_F_DUMP, &m, sizeof(m));
	cr_assert(nl_end(&in));
	nl_buf_init(&out, answers, sizeof(answers));
	cr_assert(eq(int,
		     nl_request(kit.st, &manner, asked, in.len, &dump, &out),
		     0));
	cr_assert(eq(int, result(), -EBUSY));
}

/* However small the pieces are, the same is told. */
HOST_TEST(dumps_in_small_pieces_lose_and_repeat_nothing)
{
	static const uint16_t types[] = {RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE,
					 RTM_GETNEIGH, RTM_GETRULE};
	struct eth_addr mac = {{2, 0, 0, 0, 0, 9}};

	for (uint8_t i = 10; i < 30; i++) {
		struct inet_addr a = inet_from4(ip4_make(10, 0, 0, i));

		cr_assert(eq(int, neigh_set(&eth->neigh, &a, &mac, true, false),
			     0));
	}
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		uint16_t new = (uint16_t)(types[i] - 2);
		size_t n;

		dump_all(types[i], 8192);
		n = count(new);
		cr_assert(gt(sz, n, 1));
		dump_all(types[i], types[i] == RTM_GETLINK ? 640 : 100);
		cr_expect(eq(sz, count(new), n), "type %u", types[i]);
	}
}

/* --- interfaces ----------------------------------------------------------- */

HOST_TEST(link_is_found_by_name)
{
	struct ifinfomsg m = {0};
	const struct ifinfomsg *got;

	ask(RTM_GETLINK, NLM_F_REQUEST, &m, sizeof(m));
	nl_put_text(&in, IFLA_IFNAME, "tap0");
	send_asked(4096);
	got = nl_fixed(answer(RTM_NEWLINK, 0), sizeof(*got));
	cr_assert(eq(int, got->ifi_index, 2));
	cr_assert(got->ifi_flags & IFF_UP);
}

HOST_TEST(link_set_down_routes_nothing_and_up_again_does)
{
	struct inet_addr peer = inet_from4(ip4_make(10, 0, 0, 1));
	struct path path;

	cr_assert(eq(int, set_link(0, IFF_UP, 0), 0));
	cr_assert(eq(int, route_lookup(&kit.st->net, &peer, NULL, &path),
		     -ENETUNREACH));
	cr_assert(eq(int, set_link(IFF_UP, IFF_UP, 0), 0));
	cr_assert(eq(int, route_lookup(&kit.st->net, &peer, NULL, &path), 0));
}

HOST_TEST(link_mtu_is_set_within_bounds)
{
	cr_assert(eq(int, set_link(0, 0, 1400), 0));
	cr_assert(eq(u32, eth->mtu, 1400));
	cr_assert(eq(int, set_link(0, 0, LIMIT_IP4_MTU_MIN - 1), -EINVAL));
	cr_assert(eq(u32, eth->mtu, 1400));
}

HOST_TEST(link_that_is_not_there_is_enodev)
{
	struct ifinfomsg m = {.ifi_index = 7};

	ask(RTM_GETLINK, NLM_F_REQUEST, &m, sizeof(m));
	send_asked(4096);
	cr_assert(eq(int, result(), -ENODEV));
}

/* --- addresses ------------------------------------------------------------ */

HOST_TEST(address_comes_and_goes)
{
	static const uint8_t more[4] = {10, 0, 0, 7};
	struct inet_addr a = inet_from4(ip4_make(10, 0, 0, 7));

	cr_assert(eq(int, address(RTM_NEWADDR, NEW, more, 24), 0));
	cr_assert(net_is_local(&kit.st->net, &a));
	cr_assert(eq(int, address(RTM_NEWADDR, NEW, more, 24), -EEXIST));
	cr_assert(eq(int, address(RTM_NEWADDR, NLM_F_REPLACE, more, 24), 0));
	cr_assert(eq(int, address(RTM_DELADDR, 0, more, 25), -EADDRNOTAVAIL));
	cr_assert(eq(int, address(RTM_DELADDR, 0, more, 24), 0));
	cr_assert(not(net_is_local(&kit.st->net, &a)));
}

HOST_TEST(address_that_no_host_can_have_is_refused)
{
	static const uint8_t group[4] = {224, 0, 0, 1}, any[4];

	cr_assert(eq(int, address(RTM_NEWADDR, NEW, group, 24), -EINVAL));
	cr_assert(eq(int, address(RTM_NEWADDR, NEW, any, 24), -EINVAL));
	cr_assert(eq(int, address(RTM_NEWADDR, NEW, US, 33), -EINVAL));
}

HOST_TEST(second_address_of_a_network_is_secondary)
{
	static const uint8_t more[4] = {10, 0, 0, 7};
	const struct ifaddrmsg *m;

	cr_assert(eq(int, address(RTM_NEWADDR, NEW, more, 24), 0));
	dump_all(RTM_GETADDR, 4096);
	m = nl_fixed(answer(RTM_NEWADDR, 1), sizeof(*m));
	cr_assert(not(m->ifa_flags & IFA_F_SECONDARY));
	m = nl_fixed(answer(RTM_NEWADDR, 2), sizeof(*m));
	cr_assert(m->ifa_flags & IFA_F_SECONDARY);
}

HOST_TEST(strict_dump_of_addresses_is_filtered)
{
	struct ifaddrmsg m = {.ifa_index = 2};
	const struct nlmsghdr *h;

	manner.strict = true;
	ask(RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP, &m, sizeof(m));
	send_asked(4096);
	cr_assert(eq(sz, count(RTM_NEWADDR), 1));
	h = answer(RTM_NEWADDR, 0);
	cr_assert(ne(int, h->nlmsg_flags &NLM_F_DUMP_FILTERED, 0));
}

/* --- routes --------------------------------------------------------------- */

HOST_TEST(route_comes_and_goes)
{
	static const uint8_t far[4] = {172, 16, 0, 0};
	struct inet_addr there = inet_from4(ip4_make(172, 16, 9, 9));
	struct way w = {.dst = far, .bits = 16, .gateway = PEER};
	struct path path;

	cr_assert(eq(int, route(RTM_NEWROUTE, NEW, &w), 0));
	cr_assert(eq(int, route_lookup(&kit.st->net, &there, NULL, &path), 0));
	cr_assert(eq(int, route(RTM_NEWROUTE, NEW, &w), -EEXIST));
	w.gateway = NULL;
	cr_assert(eq(int, route(RTM_DELROUTE, 0, &w), 0));
	cr_assert(eq(int, route(RTM_DELROUTE, 0, &w), -ESRCH));
	cr_assert(eq(int, route_lookup(&kit.st->net, &there, NULL, &path),
		     -ENETUNREACH));
}

HOST_TEST(route_is_replaced)
{
	static const uint8_t far[4] = {172, 16, 0, 0}, other[4] = {10, 0, 0, 9};
	struct way w = {.dst = far, .bits = 16, .gateway = PEER};

	cr_assert(eq(int, route(RTM_NEWROUTE, NLM_F_REPLACE, &w), -ENOENT));
	cr_assert(eq(int, route(RTM_NEWROUTE, NEW, &w), 0));
	w.gateway = other;
	cr_assert(eq(int, route(RTM_NEWROUTE, NLM_F_REPLACE | NLM_F_CREATE, &w),
		     0));
	cr_assert(eq(u32, kit.st->net.routes.count, 1));
	cr_assert(eq(int, route_at(&kit.st->net.routes, 0)->gateway.b[15], 9));
}

HOST_TEST(routes_that_cannot_be_are_refused)
{
	static const uint8_t far[4] = {172, 16, 0, 1}, off[4] = {192, 0, 2, 1};
	struct way host_bits = {.dst = far, .bits = 16, .oif = 2};
	struct way no_way = {.dst = far, .bits = 32};
	struct way off_link = {.gateway = off};
	struct way ours = {.gateway = US};
	struct way too_long = {.dst = far, .bits = 33, .oif = 2};
	struct way no_link = {.dst = far, .bits = 32, .oif = 9};

	cr_expect(eq(int, route(RTM_NEWROUTE, NEW, &host_bits), -EINVAL));
	cr_expect(eq(int, route(RTM_NEWROUTE, NEW, &no_way), -ENODEV));
	cr_expect(eq(int, route(RTM_NEWROUTE, NEW, &off_link), -ENETUNREACH));
	cr_expect(eq(int, route(RTM_NEWROUTE, NEW, &ours), -EINVAL));
	cr_expect(eq(int, route(RTM_NEWROUTE, NEW, &too_long), -EINVAL));
	cr_expect(eq(int, route(RTM_NEWROUTE, NEW, &no_link), -ENODEV));
	cr_assert(eq(u32, kit.st->net.routes.count, 0));
}

HOST_TEST(route_get_tells_the_way)
{
	struct rtmsg m = {.rtm_family = AF_INET, .rtm_dst_len = 32};
	struct nl_attrs a;
	struct inet_addr src;

	ask(RTM_GETROUTE, NLM_F_REQUEST, &m, sizeof(m));
	nl_put(&in, RTA_DST, PEER, 4);
	send_asked(4096);
	cr_assert(eq(int,
		     nl_parse_after(answer(RTM_NEWROUTE, 0), sizeof(m), &a),
		     0));
	cr_assert(nl_get_addr(&a, RTA_PREFSRC, &src));
	cr_assert(eq(int, src.b[15], 2));
}

HOST_TEST(preferred_source_is_used)
{
	static const uint8_t more[4] = {10, 0, 0, 7};
	struct inet_addr there = inet_from4(ip4_make(9, 9, 9, 9));
	struct rtmsg m = {.rtm_family = AF_INET, .rtm_type = RTN_UNICAST};
	struct path path;

	cr_assert(eq(int, address(RTM_NEWADDR, NEW, more, 24), 0));
	ask(RTM_NEWROUTE, ASK | NEW, &m, sizeof(m));
	nl_put(&in, RTA_GATEWAY, PEER, 4);
	nl_put(&in, RTA_PREFSRC, more, 4);
	send_asked(4096);
	cr_assert(eq(int, result(), 0));
	cr_assert(eq(int, route_lookup(&kit.st->net, &there, NULL, &path), 0));
	cr_assert(eq(int, path.source.b[15], 7));
	/* Gone, it is nobody's: the link's own is taken. */
	cr_assert(eq(int, address(RTM_DELADDR, 0, more, 24), 0));
	cr_assert(eq(int, route_lookup(&kit.st->net, &there, NULL, &path), 0));
	cr_assert(eq(int, path.source.b[15], 2));
}

/* --- neighbours ----------------------------------------------------------- */

HOST_TEST(neighbour_comes_and_goes)
{
	cr_assert(eq(int, neighbour(RTM_NEWNEIGH, NEW, NUD_PERMANENT, MAC), 0));
	cr_assert(eq(int, neighbour(RTM_NEWNEIGH, NEW, NUD_PERMANENT, MAC),
		     -EEXIST));
	dump_all(RTM_GETNEIGH, 4096);
	cr_assert(eq(sz, count(RTM_NEWNEIGH), 1));
	cr_assert(eq(int, neighbour(RTM_DELNEIGH, 0, 0, NULL), 0));
	cr_assert(eq(int, neighbour(RTM_DELNEIGH, 0, 0, NULL), -ENOENT));
}

HOST_TEST(permanent_neighbour_believes_no_frame)
{
	struct inet_addr peer = inet_from4(ip4_make(10, 0, 0, 1));
	struct eth_addr liar = {{2, 0, 0, 0, 0, 0x66}};
	struct neigh *n;

	cr_assert(eq(int, neighbour(RTM_NEWNEIGH, NEW, NUD_PERMANENT, MAC), 0));
	neigh_learn(&eth->neigh, &peer, &liar);
	neigh_confirm(&eth->neigh, &peer, &liar);
	kit.st->eng.now += SEC(7200);
	n = neigh_find(&eth->neigh, &peer);
	cr_assert(eq(int, memcmp(n->mac.b, MAC, 6), 0));
	cr_assert(eq(int, (int)neigh_state_now(n), NEIGH_REACHABLE));
}

HOST_TEST(neighbour_without_address_is_refused)
{
	cr_assert(eq(int, neighbour(RTM_NEWNEIGH, NEW, NUD_REACHABLE, NULL),
		     -EINVAL));
	cr_assert(eq(int, neighbour(RTM_NEWNEIGH, 0, NUD_STALE, MAC), -ENOENT));
}

HOST_TEST(confirmed_neighbour_grows_old)
{
	const struct ndmsg *m;

	cr_assert(eq(int, neighbour(RTM_NEWNEIGH, NEW, NUD_REACHABLE, MAC), 0));
	dump_all(RTM_GETNEIGH, 4096);
	m = nl_fixed(answer(RTM_NEWNEIGH, 0), sizeof(*m));
	cr_assert(eq(int, m->ndm_state, NUD_REACHABLE));
	kit.st->eng.now += LIMIT_NEIGH_REACHABLE_US;
	dump_all(RTM_GETNEIGH, 4096);
	m = nl_fixed(answer(RTM_NEWNEIGH, 0), sizeof(*m));
	cr_assert(eq(int, m->ndm_state, NUD_STALE));
}
