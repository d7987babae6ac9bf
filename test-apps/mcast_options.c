/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * mcast_options.c - joining, leaving and filtering of multicast groups
 *
 * What this app shows
 *   IP_ADD_MEMBERSHIP and its kin, the protocol-independent MCAST_ options
 *   (RFC 3678) and IP_MSFILTER, for both families: what each says in which
 *   situation, and the filter that a socket has afterwards. All of it on the
 *   loopback interface, by index, by address and by no name at all.
 */

#include "app6.h"

#include <net/if.h>

static int fd;
static unsigned int lo;

static const char *G4 = "239.7.7.1", *G6 = "ff15::7:1";
static const char *A4 = "10.9.9.1", *B4 = "10.9.9.2";
static const char *A6 = "fd99::1", *B6 = "fd99::2";

static bool is6(const char *text)
{
	return strchr(text, ':') != NULL;
}

static int level_of(const char *group)
{
	return is6(group) ? IPPROTO_IPV6 : IPPROTO_IP;
}

static void tell(const char *what, const char *group, const char *source,
		 int result)
{
	say("  %s %s%s%s: %s", what, group, source ? " from " : "",
	    source ? source : "", result < 0 ? strerrorname_np(errno) : "0");
}

static struct sockaddr_storage storage_of(const char *text)
{
	struct sockaddr_storage s = {0};
	union any6 at = at6(text, 0);

	memcpy(&s, &at, len6(&at));
	return s;
}

static socklen_t length_of(const char *text)
{
	union any6 at = at6(text, 0);

	return len6(&at);
}

/* --- the calls ----------------------------------------------------------- */

static void mreq(const char *what, int name, const char *group, const char *by,
		 int ifindex, socklen_t len)
{
	struct ip_mreqn m = {{inet_addr(group)}, {inet_addr(by)}, ifindex};

	tell(what, group, NULL, setsockopt(fd, IPPROTO_IP, name, &m, len));
}

static void mreq6(const char *what, int name, const char *group,
		  unsigned int ifindex, socklen_t len)
{
	struct ipv6_mreq m = {.ipv6mr_interface = ifindex};

	m.ipv6mr_multiaddr = at6(group, 0).in6.sin6_addr;
	tell(what, group, NULL, setsockopt(fd, IPPROTO_IPV6, name, &m, len));
}

static void mreq_source(const char *what, int name, const char *group,
			const char *source, socklen_t len)
{
	struct ip_mreq_source m = {{inet_addr(group)},
				   {htonl(INADDR_LOOPBACK)},
				   {inet_addr(source)}};

	tell(what, group, source, setsockopt(fd, IPPROTO_IP, name, &m, len));
}

static void group(const char *what, int name, const char *text,
		  unsigned int ifindex)
{
	struct group_req r = {.gr_interface = ifindex,
			      .gr_group = storage_of(text)};

	tell(what, text, NULL,
	     setsockopt(fd, level_of(text), name, &r, sizeof(r)));
}

static void source(const char *what, int name, const char *text,
		   const char *from, unsigned int ifindex)
{
	struct group_source_req r = {.gsr_interface = ifindex,
				     .gsr_group = storage_of(text),
				     .gsr_source = storage_of(from)};

	tell(what, text, from,
	     setsockopt(fd, level_of(text), name, &r, sizeof(r)));
}

/* Nobody guarantees the order of a filter. */
static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct sockaddr_storage));
}

static void filter(const char *text, unsigned int room, unsigned int ifindex)
{
	struct sockaddr_storage g = storage_of(text), list[70];
	union any6 at;
	uint32_t mode = 9, n = room;

	memset(list, 0, sizeof(list));
	if (getsourcefilter(fd, ifindex, SA(&g), length_of(text), &mode, &n,
			    list) < 0) {
		say("  filter of %s: %s", text, strerrorname_np(errno));
		return;
	}
	say("  filter of %s: %s, %u sources", text,
	    mode == MCAST_INCLUDE ? "include" : "exclude", n);
	qsort(list, n < room ? n : room, sizeof(list[0]), by_bytes);
	for (unsigned int i = 0; i < n && i < room && i < 3; i++) {
		memcpy(&at, &list[i], sizeof(at));
		say("    %s", text6(&at));
	}
}

static void set_filter(const char *text, uint32_t mode, const char *a,
		       const char *b, unsigned int ifindex)
{
	struct sockaddr_storage g = storage_of(text), list[2];
	uint32_t n = 0;

	if (a)
		list[n++] = storage_of(a);
	if (b)
		list[n++] = storage_of(b);
	tell(mode == MCAST_INCLUDE   ? "set include"
	     : mode == MCAST_EXCLUDE ? "set exclude"
				     : "set nonsense",
	     text, a,
	     setsourcefilter(fd, ifindex, SA(&g), length_of(text), mode, n,
			     list));
}

static void fresh(const char *what, int family, int type)
{
	if (fd > 0)
		must(close(fd));
	fd = must(socket(family, type, 0));
	say("%s", what);
}

/* --- situations ---------------------------------------------------------- */

static void old_forms4(void)
{
	const socklen_t n = sizeof(struct ip_mreqn);
	const char *any = "0.0.0.0", *here = "127.0.0.1";

	fresh("IP_ADD_MEMBERSHIP", AF_INET, SOCK_DGRAM);
	mreq("join, 7 bytes", IP_ADD_MEMBERSHIP, G4, here, 0, 7);
	mreq("join", IP_ADD_MEMBERSHIP, "10.1.1.1", here, 0, n);
	mreq("join, index 999", IP_ADD_MEMBERSHIP, G4, any, 999, n);
	mreq("join, no such address", IP_ADD_MEMBERSHIP, G4, "203.0.113.9", 0,
	     n);
	mreq("leave", IP_DROP_MEMBERSHIP, G4, here, 0, n);
	mreq("leave", IP_DROP_MEMBERSHIP, "10.1.1.1", here, 0, n);
	mreq("join, ip_mreq", IP_ADD_MEMBERSHIP, G4, here, 0, 8);
	mreq("join, by index", IP_ADD_MEMBERSHIP, G4, any, (int)lo, n);
	filter(G4, 4, lo);
	mreq("leave, by index", IP_DROP_MEMBERSHIP, G4, any, (int)lo, n);
	mreq("leave", IP_DROP_MEMBERSHIP, G4, here, 0, n);
	show(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, NULL, 0));

	fresh("a stream", AF_INET, SOCK_STREAM);
	mreq("join", IP_ADD_MEMBERSHIP, G4, here, 0, n);
	mreq("leave", IP_DROP_MEMBERSHIP, G4, here, 0, n);
}

static void old_forms6(void)
{
	const socklen_t n = sizeof(struct ipv6_mreq);

	fresh("IPV6_JOIN_GROUP", AF_INET6, SOCK_DGRAM);
	mreq6("join, 19 bytes", IPV6_JOIN_GROUP, G6, lo, 19);
	mreq6("join", IPV6_JOIN_GROUP, "fd00::1", lo, n);
	mreq6("join, index 999", IPV6_JOIN_GROUP, G6, 999, n);
	mreq6("leave", IPV6_LEAVE_GROUP, G6, lo, n);
	mreq6("leave", IPV6_LEAVE_GROUP, "fd00::1", lo, n);
	mreq6("join", IPV6_JOIN_GROUP, G6, lo, n);
	mreq6("join", IPV6_JOIN_GROUP, G6, lo, n);
	mreq6("join, any", IPV6_JOIN_GROUP, G6, 0, n);
	filter(G6, 4, lo);
	mreq6("leave, any", IPV6_LEAVE_GROUP, G6, 0, n);
	mreq6("leave", IPV6_LEAVE_GROUP, G6, lo, n);

	fresh("a stream", AF_INET6, SOCK_STREAM);
	mreq6("join", IPV6_JOIN_GROUP, G6, lo, n);
	mreq6("leave", IPV6_LEAVE_GROUP, G6, lo, n);
}

static void old_sources(void)
{
	const socklen_t n = sizeof(struct ip_mreq_source);

	fresh("IP_ADD_SOURCE_MEMBERSHIP", AF_INET, SOCK_DGRAM);
	mreq_source("add, short", IP_ADD_SOURCE_MEMBERSHIP, G4, A4, n - 1);
	mreq_source("add, long", IP_ADD_SOURCE_MEMBERSHIP, G4, A4, n + 1);
	mreq_source("drop", IP_DROP_SOURCE_MEMBERSHIP, G4, A4, n);
	mreq_source("block", IP_BLOCK_SOURCE, G4, A4, n);
	mreq_source("add", IP_ADD_SOURCE_MEMBERSHIP, "10.1.1.1", A4, n);
	mreq_source("add", IP_ADD_SOURCE_MEMBERSHIP, G4, A4, n);
	mreq_source("add", IP_ADD_SOURCE_MEMBERSHIP, G4, A4, n);
	mreq_source("add", IP_ADD_SOURCE_MEMBERSHIP, G4, B4, n);
	filter(G4, 4, lo);
	filter(G4, 1, lo);
	filter(G4, 0, lo);
	mreq_source("block", IP_BLOCK_SOURCE, G4, A4, n);
	mreq_source("unblock", IP_UNBLOCK_SOURCE, G4, A4, n);
	mreq("join", IP_ADD_MEMBERSHIP, G4, "127.0.0.1", 0, 8);
	mreq_source("drop", IP_DROP_SOURCE_MEMBERSHIP, G4, A4, n);
	mreq_source("drop", IP_DROP_SOURCE_MEMBERSHIP, G4, A4, n);
	mreq_source("drop", IP_DROP_SOURCE_MEMBERSHIP, G4, B4, n);
	filter(G4, 4, lo);
	mreq_source("drop", IP_DROP_SOURCE_MEMBERSHIP, G4, B4, n);

	mreq("join", IP_ADD_MEMBERSHIP, G4, "127.0.0.1", 0, 8);
	mreq_source("unblock", IP_UNBLOCK_SOURCE, G4, A4, n);
	mreq_source("block", IP_BLOCK_SOURCE, G4, A4, n);
	mreq_source("block", IP_BLOCK_SOURCE, G4, A4, n);
	filter(G4, 4, lo);
	mreq_source("add", IP_ADD_SOURCE_MEMBERSHIP, G4, B4, n);
	mreq_source("unblock", IP_UNBLOCK_SOURCE, G4, A4, n);
	filter(G4, 4, lo);
	mreq_source("add", IP_ADD_SOURCE_MEMBERSHIP, G4, B4, n);
	mreq("leave", IP_DROP_MEMBERSHIP, G4, "127.0.0.1", 0, 8);

	mreq("join", IP_ADD_MEMBERSHIP, G4, "127.0.0.1", 0, 8);
	mreq_source("drop", IP_DROP_SOURCE_MEMBERSHIP, G4, A4, n);
	filter(G4, 4, lo);
	mreq_source("add", IP_ADD_SOURCE_MEMBERSHIP, G4, B4, n);
	filter(G4, 4, lo);
}

static void whole_old_filter(void)
{
	struct {
		struct ip_msfilter head;
		struct in_addr more[15];
	} f = {.head = {{inet_addr(G4)},
			{htonl(INADDR_LOOPBACK)},
			MCAST_EXCLUDE,
			2,
			{{inet_addr(A4)}}},
	       .more = {{inet_addr(B4)}}};
	socklen_t len = IP_MSFILTER_SIZE(2);

	fresh("IP_MSFILTER", AF_INET, SOCK_DGRAM);
	show(setsockopt(fd, IPPROTO_IP, IP_MSFILTER, &f, len));
	show(getsockopt(fd, IPPROTO_IP, IP_MSFILTER, &f, &len));
	mreq("join", IP_ADD_MEMBERSHIP, G4, "127.0.0.1", 0, 8);
	show(setsockopt(fd, IPPROTO_IP, IP_MSFILTER, &f, len - 1));
	show(setsockopt(fd, IPPROTO_IP, IP_MSFILTER, &f, 15));
	show(setsockopt(fd, IPPROTO_IP, IP_MSFILTER, &f, len));
	f.head.imsf_numsrc = 1;
	len = sizeof(f);
	show(getsockopt(fd, IPPROTO_IP, IP_MSFILTER, &f, &len));
	say("  mode %u, %u sources, %u bytes", f.head.imsf_fmode,
	    f.head.imsf_numsrc, len);
	len = 15;
	show(getsockopt(fd, IPPROTO_IP, IP_MSFILTER, &f, &len));
	f.head.imsf_numsrc = 11;
	show(setsockopt(fd, IPPROTO_IP, IP_MSFILTER, &f, sizeof(f)));
	f.head.imsf_numsrc = 10;
	show(setsockopt(fd, IPPROTO_IP, IP_MSFILTER, &f, sizeof(f)));
	f.head.imsf_fmode = 7;
	show(setsockopt(fd, IPPROTO_IP, IP_MSFILTER, &f, sizeof(f)));
	f.head.imsf_fmode = MCAST_INCLUDE;
	f.head.imsf_numsrc = 0;
	show(setsockopt(fd, IPPROTO_IP, IP_MSFILTER, &f, sizeof(f)));
	filter(G4, 4, lo);
}

/* RFC 3678 4.2: calls, which become options. */
static void ipv4_calls(void)
{
	struct in_addr here = {htonl(INADDR_LOOPBACK)}, g = {inet_addr(G4)};
	struct in_addr list[11] = {{inet_addr(A4)}, {inet_addr(B4)}};
	uint32_t mode = 9, n = 2;

	fresh("setipv4sourcefilter()", AF_INET, SOCK_DGRAM);
	show(setipv4sourcefilter(fd, here, g, MCAST_EXCLUDE, 2, list));
	mreq("join", IP_ADD_MEMBERSHIP, G4, "127.0.0.1", 0, 8);
	show(setipv4sourcefilter(fd, here, g, MCAST_EXCLUDE, 2, list));
	show(setipv4sourcefilter(fd, here, g, MCAST_EXCLUDE, 11, list));
	memset(list, 0, sizeof(list));
	show(getipv4sourcefilter(fd, here, g, &mode, &n, list));
	say("  mode %u, %u sources, %s", mode, n, inet_ntoa(list[1]));
	n = 1;
	show(getipv4sourcefilter(fd, here, g, &mode, &n, list));
	say("  %u sources", n);
}

static void new_forms(int family, const char *g, const char *a, const char *b,
		      const char *unicast, const char *other)
{
	fresh("MCAST_JOIN_GROUP", family, SOCK_DGRAM);
	group("join", MCAST_JOIN_GROUP, unicast, lo);
	group("join, index 999", MCAST_JOIN_GROUP, g, 999);
	group("leave", MCAST_LEAVE_GROUP, g, lo);
	group("join", MCAST_JOIN_GROUP, g, lo);
	group("join", MCAST_JOIN_GROUP, g, lo);
	filter(g, 4, lo);
	filter(unicast, 4, lo);
	filter(g, 4, 999);
	source("block", MCAST_BLOCK_SOURCE, g, a, lo);
	source("block", MCAST_BLOCK_SOURCE, g, a, lo);
	source("join", MCAST_JOIN_SOURCE_GROUP, g, b, lo);
	source("block", MCAST_BLOCK_SOURCE, g, b, lo);
	filter(g, 4, lo);
	source("unblock", MCAST_UNBLOCK_SOURCE, g, a, lo);
	source("unblock", MCAST_UNBLOCK_SOURCE, g, a, lo);
	filter(g, 4, lo);
	group("leave", MCAST_LEAVE_GROUP, g, lo);
	filter(g, 4, lo);

	fresh("MCAST_JOIN_SOURCE_GROUP", family, SOCK_DGRAM);
	source("join, index 999", MCAST_JOIN_SOURCE_GROUP, g, a, 999);
	source("join", MCAST_JOIN_SOURCE_GROUP, unicast, a, lo);
	source("join", MCAST_JOIN_SOURCE_GROUP, g, other, lo);
	source("leave", MCAST_LEAVE_SOURCE_GROUP, g, a, lo);
	source("block", MCAST_BLOCK_SOURCE, g, a, lo);
	source("join", MCAST_JOIN_SOURCE_GROUP, g, a, lo);
	source("join", MCAST_JOIN_SOURCE_GROUP, g, a, lo);
	source("join", MCAST_JOIN_SOURCE_GROUP, g, b, lo);
	filter(g, 4, lo);
	source("leave", MCAST_LEAVE_SOURCE_GROUP, g, a, lo);
	source("leave", MCAST_LEAVE_SOURCE_GROUP, g, a, lo);
	source("leave", MCAST_LEAVE_SOURCE_GROUP, g, b, lo);
	filter(g, 4, lo);
}

static void whole_filter(int family, const char *g, const char *a,
			 const char *b, const char *unicast)
{
	fresh("MCAST_MSFILTER", family, SOCK_DGRAM);
	set_filter(g, MCAST_EXCLUDE, a, b, lo);
	set_filter(g, MCAST_INCLUDE, NULL, NULL, lo);
	group("join", MCAST_JOIN_GROUP, g, lo);
	set_filter(g, MCAST_EXCLUDE, a, b, lo);
	filter(g, 4, lo);
	set_filter(g, MCAST_INCLUDE, b, NULL, lo);
	filter(g, 4, lo);
	set_filter(g, 7, b, NULL, lo);
	set_filter(g, MCAST_EXCLUDE, NULL, NULL, lo);
	filter(g, 4, lo);
	source("join", MCAST_JOIN_SOURCE_GROUP, g, a, lo);
	filter(g, 4, lo);
	set_filter(unicast, MCAST_EXCLUDE, a, b, lo);
	set_filter(g, MCAST_EXCLUDE, a, b, 999);
	set_filter(g, MCAST_INCLUDE, NULL, NULL, lo);
	filter(g, 4, lo);
}

/* Sizes and counts that do not fit. */
static void wrong_sizes(int family, const char *g)
{
	struct group_source_req s = {.gsr_interface = lo,
				     .gsr_group = storage_of(g)};
	struct {
		struct group_filter head;
		struct sockaddr_storage more[80];
	} f = {.head = {.gf_interface = lo,
			.gf_group = storage_of(g),
			.gf_fmode = MCAST_EXCLUDE,
			.gf_numsrc = 2}};
	int level = level_of(g);
	socklen_t len = GROUP_FILTER_SIZE(0) - 1;

	fresh("wrong sizes", family, SOCK_DGRAM);
	show(setsockopt(fd, level, MCAST_JOIN_GROUP, &s,
			sizeof(struct group_req) - 1));
	show(setsockopt(fd, level, MCAST_JOIN_SOURCE_GROUP, &s, sizeof(s) - 1));
	show(setsockopt(fd, level, MCAST_JOIN_SOURCE_GROUP, &s, sizeof(s)));
	group("join", MCAST_JOIN_GROUP, g, lo);
	show(setsockopt(fd, level, MCAST_MSFILTER, &f, len));
	show(setsockopt(fd, level, MCAST_MSFILTER, &f, GROUP_FILTER_SIZE(1)));
	show(setsockopt(fd, level, MCAST_MSFILTER, &f, GROUP_FILTER_SIZE(2)));
	f.head.gf_numsrc = 65;
	show(setsockopt(fd, level, MCAST_MSFILTER, &f, sizeof(f)));
	f.head.gf_numsrc = 0x2000000;
	show(setsockopt(fd, level, MCAST_MSFILTER, &f, sizeof(f)));
	show(getsockopt(fd, level, MCAST_MSFILTER, &f, &len));
	len = sizeof(f);
	show(getsockopt(fd, level, MCAST_JOIN_GROUP, &f, &len));
	len = sizeof(f);
	show(getsockopt(fd, level, MCAST_JOIN_SOURCE_GROUP, &f, &len));
}

/* How many of each fit. */
static void limits(int family, const char *g, const char *a)
{
	union any6 at = at6(a, 0);
	char text[INET6_ADDRSTRLEN];
	int n = 0, ret = 0;

	fresh("limits", family, SOCK_DGRAM);
	for (; n < 80 && ret == 0; n++) {
		struct group_source_req r = {.gsr_interface = lo,
					     .gsr_group = storage_of(g)};

		at.in6.sin6_addr.s6_addr[15] = (uint8_t)n;
		if (family == AF_INET)
			at.in.sin_addr.s_addr =
				htonl(0x0a000000u + (unsigned)n);
		memcpy(&r.gsr_source, &at, sizeof(at));
		ret = setsockopt(fd, level_of(g), MCAST_JOIN_SOURCE_GROUP, &r,
				 sizeof(r));
	}
	say("  source %d: %s", n, strerrorname_np(errno));
	if (family == AF_INET6)
		return;
	for (n = 0, ret = 0; n < 80 && ret == 0; n++) {
		struct ip_mreq m = {{htonl(0xef080800u + (unsigned)n)},
				    {htonl(INADDR_LOOPBACK)}};

		ret = setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m,
				 sizeof(m));
	}
	inet_ntop(AF_INET, &at.in.sin_addr, text, sizeof(text));
	say("  group %d: %s", n, strerrorname_np(errno));
}

static void all(int family, int level, int name)
{
	int value = 9;
	socklen_t len = sizeof(value);

	fresh("MULTICAST_ALL", family, SOCK_DGRAM);
	show(getsockopt(fd, level, name, &value, &len));
	say("  %d", value);
	value = 2;
	show(setsockopt(fd, level, name, &value, sizeof(value)));
	value = 0;
	show(setsockopt(fd, level, name, &value, 1));
	show(setsockopt(fd, level, name, &value, sizeof(value)));
	show(getsockopt(fd, level, name, &value, &len));
	say("  %d", value);
}

int main(void)
{
	lo = if_nametoindex("lo");
	old_forms4();
	old_forms6();
	old_sources();
	whole_old_filter();
	ipv4_calls();
	new_forms(AF_INET, G4, A4, B4, "10.1.1.1", A6);
	new_forms(AF_INET6, G6, A6, B6, "fd00::1", A4);
	whole_filter(AF_INET, G4, A4, B4, "10.1.1.1");
	whole_filter(AF_INET6, G6, A6, B6, "fd00::1");
	wrong_sizes(AF_INET, G4);
	wrong_sizes(AF_INET6, G6);
	limits(AF_INET, G4, A4);
	limits(AF_INET6, G6, A6);
	all(AF_INET, IPPROTO_IP, IP_MULTICAST_ALL);
	all(AF_INET6, IPPROTO_IPV6, IPV6_MULTICAST_ALL);
	return 0;
}
