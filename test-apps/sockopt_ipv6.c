/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sockopt_ipv6.c - the options of level IPPROTO_IPV6
 *
 * What this app shows
 *   What each is at first, which values it takes, what it is then, and which
 *   lengths it takes; for TCP and UDP; on a socket of AF_INET; IPV6_V6ONLY in
 *   its time; IPV6_ADDRFORM; IPV6_MTU connected; options of IPv4 on an IPv6
 *   socket.
 */

#include "app6.h"

#include <linux/in6.h>

#define OPTION(name)                                                           \
	{                                                                      \
#name, name                                                    \
	}
static const struct option {
	const char *name;
	int number;
} options[] = {
	OPTION(IPV6_V6ONLY),
	OPTION(IPV6_UNICAST_HOPS),
	OPTION(IPV6_MULTICAST_HOPS),
	OPTION(IPV6_MULTICAST_LOOP),
	OPTION(IPV6_MULTICAST_ALL),
	OPTION(IPV6_TCLASS),
	OPTION(IPV6_RECVTCLASS),
	OPTION(IPV6_RECVPKTINFO),
	OPTION(IPV6_2292PKTINFO),
	OPTION(IPV6_RECVHOPLIMIT),
	OPTION(IPV6_2292HOPLIMIT),
	OPTION(IPV6_RECVRTHDR),
	OPTION(IPV6_RECVHOPOPTS),
	OPTION(IPV6_RECVDSTOPTS),
	OPTION(IPV6_RECVPATHMTU),
	OPTION(IPV6_MTU_DISCOVER),
	OPTION(IPV6_DONTFRAG),
	OPTION(IPV6_RECVERR),
	OPTION(IPV6_AUTOFLOWLABEL),
	OPTION(IPV6_FLOWINFO),
	OPTION(IPV6_FLOWINFO_SEND),
	OPTION(IPV6_ADDR_PREFERENCES),
	OPTION(IPV6_MINHOPCOUNT),
	OPTION(IPV6_RECVORIGDSTADDR),
	OPTION(IPV6_FREEBIND),
	OPTION(IPV6_TRANSPARENT),
	OPTION(IPV6_RECVERR_RFC4884),
	OPTION(IPV6_RECVFRAGSIZE),
	OPTION(IPV6_MTU),
	{"no option", 9999},
};

static const int values[] = {-2, -1, 0,   1,   2,   3,    4,    5,    6,
			     7,  64, 255, 256, 511, 1279, 1280, 1281, 65536};

static void show_int(const char *what, int fd, int number)
{
	int value = 0x55555555;
	socklen_t len = sizeof(value);

	if (getsockopt(fd, IPPROTO_IPV6, number, &value, &len) < 0)
		say("  %s: %s", what, strerrorname_np(errno));
	else
		say("  %s: %d, %u bytes", what, value, len);
}

static void lengths(int fd, const struct option *o)
{
	char room[16] = {1};
	socklen_t len;

	for (socklen_t n = 0; n <= 5; n++) {
		int ret = setsockopt(fd, IPPROTO_IPV6, o->number, room, n);

		say("  set %u bytes: %s", n,
		    ret < 0 ? strerrorname_np(errno) : "0");
	}
	for (socklen_t n = 0; n <= 5; n++) {
		len = n;
		if (getsockopt(fd, IPPROTO_IPV6, o->number, room, &len) < 0)
			say("  get %u bytes: %s", n, strerrorname_np(errno));
		else
			say("  get %u bytes: %u", n, len);
	}
}

static void one(int type, const struct option *o)
{
	int fd = must(socket(AF_INET6, type, 0));

	say("%s %s", type == SOCK_STREAM ? "TCP" : "UDP", o->name);
	show_int("at first", fd, o->number);
	for (size_t i = 0; i < COUNT(values); i++) {
		char what[64];
		int ret = setsockopt(fd, IPPROTO_IPV6, o->number, &values[i],
				     sizeof(values[i]));

		snprintf(what, sizeof(what), "set %d: %s, then", values[i],
			 ret < 0 ? strerrorname_np(errno) : "0");
		show_int(what, fd, o->number);
	}
	lengths(fd, o);
	must(close(fd));
}

static void of_inet(int type)
{
	int fd = must(socket(AF_INET, type, 0)), on = 1;
	socklen_t len = sizeof(on);

	show(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)));
	show(getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, &len));
	show(setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &on, sizeof(on)));
	show(getsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &on, &len));
	must(close(fd));
}

/* The levels of both families meet on one socket. */
static void of_both(int type)
{
	int fd = must(socket(AF_INET6, type, 0)), n = 44;
	socklen_t len = sizeof(n);

	show(setsockopt(fd, IPPROTO_IP, IP_TTL, &n, sizeof(n)));
	show_int("hops", fd, IPV6_UNICAST_HOPS);
	n = 33;
	show(setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &n, sizeof(n)));
	must(getsockopt(fd, IPPROTO_IP, IP_TTL, &n, &len));
	say("IP_TTL %d", n);
	n = 0x20;
	show(setsockopt(fd, IPPROTO_IP, IP_TOS, &n, sizeof(n)));
	show_int("class", fd, IPV6_TCLASS);
	n = 0x48;
	show(setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &n, sizeof(n)));
	must(getsockopt(fd, IPPROTO_IP, IP_TOS, &n, &len));
	say("IP_TOS %d", n);
	n = IP_PMTUDISC_DO;
	show(setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &n, sizeof(n)));
	show_int("IPV6_MTU_DISCOVER", fd, IPV6_MTU_DISCOVER);
	n = 1;
	show(setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &n, sizeof(n)));
	show_int("IPV6_RECVPKTINFO", fd, IPV6_RECVPKTINFO);
	must(close(fd));
}

/* Interface 1 is the loopback everywhere. */
static void interfaces(int type)
{
	static const int indices[] = {1, 12345, 0};
	int fd = must(socket(AF_INET6, type, 0)), index;

	for (size_t i = 0; i < COUNT(indices); i++) {
		index = indices[i];
		show(setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &index,
				sizeof(index)));
		show_int("IPV6_MULTICAST_IF", fd, IPV6_MULTICAST_IF);
		index = (int)htonl((uint32_t)index);
		show(setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_IF, &index,
				sizeof(index)));
		show_int("IPV6_UNICAST_IF", fd, IPV6_UNICAST_IF);
	}
	must(close(fd));
}

static void v6only(int type)
{
	int fd = bound6(type, "::1", false), on = 1;

	show(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)));
	show_int("bound", fd, IPV6_V6ONLY);
	must(close(fd));
}

static void connected(int type, const char *to)
{
	int door = bound6(type, to, false);
	int fd = must(socket(AF_INET6, type, 0)), family = AF_INET;
	union any6 at = at6(to, port6(door));
	socklen_t len = sizeof(family);

	say("%s connected to %s", type == SOCK_STREAM ? "TCP" : "UDP", to);
	show(setsockopt(fd, IPPROTO_IPV6, IPV6_ADDRFORM, &family,
			sizeof(family)));
	if (type == SOCK_STREAM)
		must(listen(door, 1));
	must(connect(fd, &at.sa, len6(&at)));
	show_int("IPV6_MTU", fd, IPV6_MTU);
	show(setsockopt(fd, IPPROTO_IPV6, IPV6_ADDRFORM, &family,
			sizeof(family)));
	must(getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &len));
	say("domain %s", family == AF_INET ? "AF_INET" : "AF_INET6");
	names6("names", fd);
	if (type == SOCK_DGRAM) {
		show(send(fd, "x", 1, 0));
		await(door, POLLIN);
	}
	must(close(fd));
	must(close(door));
}

int main(void)
{
	static const int types[] = {SOCK_STREAM, SOCK_DGRAM};

	for (size_t i = 0; i < COUNT(types); i++) {
		for (size_t k = 0; k < COUNT(options); k++)
			one(types[i], &options[k]);
		of_inet(types[i]);
		of_both(types[i]);
		interfaces(types[i]);
		v6only(types[i]);
		connected(types[i], "::1");
		connected(types[i], "::ffff:127.0.0.1");
	}
	return 0;
}
