/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * mcast_delivery.c - who hears what is sent to a group
 *
 * What this app shows
 *   Several sockets at one port: who joined, who joined for one source or for
 *   all but one, who did not join and takes what others joined, and who does
 *   not (IP_MULTICAST_ALL, IPV6_MULTICAST_ALL). IPv4 on the loopback
 *   interface, from two sources; IPv6 on another one, where what is sent comes
 *   back, because Linux has no route for it through the loopback.
 */

#include "app6.h"

#include <ifaddrs.h>
#include <net/if.h>

enum { RECEIVERS = 6 };

static int fds[RECEIVERS];
static unsigned int ifindex;

static const char *const names[RECEIVERS] = {
	"joined",       "only the first", "all but the first",
	"only another", "not joined",     "not joined, and modest",
};

static int level_of(int family)
{
	return family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
}

static void option(int fd, int level, int name, int value)
{
	must(setsockopt(fd, level, name, &value, sizeof(value)));
}

static int receiver(int family, union any6 *at)
{
	int fd = must(socket(family, SOCK_DGRAM, 0));
	union any6 any = *at;

	memset(&any, 0, sizeof(any));
	any.sa.sa_family = (sa_family_t)family;
	any.in.sin_port = at->in.sin_port;
	option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	must(bind(fd, &any.sa, len6(&any)));
	make_nonblocking(fd);
	at->in.sin_port = port6(fd);
	return fd;
}

static void join(int fd, const union any6 *group, const char *source, int name)
{
	struct group_source_req s = {.gsr_interface = ifindex};
	struct group_req r = {.gr_interface = ifindex};
	int level = level_of(group->sa.sa_family);
	union any6 from;

	memcpy(&r.gr_group, group, len6(group));
	memcpy(&s.gsr_group, group, len6(group));
	if (name != MCAST_JOIN_SOURCE_GROUP)
		must(setsockopt(fd, level, MCAST_JOIN_GROUP, &r, sizeof(r)));
	if (!source)
		return;
	from = at6(source, 0);
	memcpy(&s.gsr_source, &from, len6(&from));
	must(setsockopt(fd, level, name, &s, sizeof(s)));
}

static void send_from(const char *source, const union any6 *group)
{
	union any6 from = at6(source, 0);
	int fd = must(socket(from.sa.sa_family, SOCK_DGRAM, 0));
	struct ip_mreqn out = {.imr_ifindex = (int)ifindex};

	must(bind(fd, &from.sa, len6(&from)));
	if (from.sa.sa_family == AF_INET)
		must(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &out,
				sizeof(out)));
	else
		option(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, (int)ifindex);
	must(sendto(fd, source, strlen(source) + 1, 0, &group->sa,
		    len6(group)));
	must(close(fd));
}

/* Everybody gets it in nearly the same moment, or never. */
static void who_heard(const char *which)
{
	char text[64];

	say("from the %s", which);
	await(fds[0], POLLIN);
	for (int i = 0; i < RECEIVERS; i++) {
		int n = 0;

		while (poll(&(struct pollfd){fds[i], POLLIN, 0}, 1, 20) > 0 &&
		       recv(fds[i], text, sizeof(text), 0) > 0)
			n++;
		say("  %s: %d", names[i], n);
	}
}

static void run(int family, const char *group, const char *first,
		const char *second, const char *another)
{
	int level = level_of(family);
	union any6 at = at6(group, 0);

	say("%s", group);
	for (int i = 0; i < RECEIVERS; i++)
		fds[i] = receiver(family, &at);
	join(fds[0], &at, NULL, 0);
	join(fds[1], &at, first, MCAST_JOIN_SOURCE_GROUP);
	join(fds[2], &at, first, MCAST_BLOCK_SOURCE);
	join(fds[3], &at, another, MCAST_JOIN_SOURCE_GROUP);
	option(fds[5], level,
	       family == AF_INET ? IP_MULTICAST_ALL : IPV6_MULTICAST_ALL, 0);
	send_from(first, &at);
	who_heard("first");
	if (second) {
		send_from(second, &at);
		who_heard("second");
	}
	for (int i = 0; i < RECEIVERS; i++)
		must(close(fds[i]));
}

/* Only who listens to nobody else is left: the host wants it no more. */
static void filtered(int family, const char *group, const char *from,
		     const char *other)
{
	union any6 at = at6(group, 0);
	int fd = receiver(family, &at), all;
	char text[64];

	join(fd, &at, other, MCAST_JOIN_SOURCE_GROUP);
	send_from(from, &at);
	all = receiver(family, &at);
	join(all, &at, NULL, 0);
	send_from(from, &at);
	await(all, POLLIN);
	show(recv(fd, text, sizeof(text), 0));
	must(close(fd));
	must(close(all));
}

/* An address of an interface that is not the loopback, and `ifindex`. */
static const char *find_address(void)
{
	static char text[INET6_ADDRSTRLEN];
	struct ifaddrs *list;
	union any6 at;

	must(getifaddrs(&list));
	for (struct ifaddrs *i = list; i && !text[0]; i = i->ifa_next) {
		if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET6)
			continue;
		memcpy(&at, i->ifa_addr, sizeof(at.in6));
		if (IN6_IS_ADDR_LOOPBACK(&at.in6.sin6_addr) ||
		    IN6_IS_ADDR_LINKLOCAL(&at.in6.sin6_addr))
			continue;
		ifindex = if_nametoindex(i->ifa_name);
		inet_ntop(AF_INET6, &at.in6.sin6_addr, text, sizeof(text));
	}
	freeifaddrs(list);
	if (!text[0])
		say("no IPv6 here");
	return text[0] ? text : "::1";
}

int main(void)
{
	const char *ours;

	ifindex = if_nametoindex("lo");
	run(AF_INET, "239.7.7.2", "127.0.0.1", "127.0.0.2", "127.0.0.3");
	filtered(AF_INET, "239.7.7.3", "127.0.0.1", "127.0.0.3");
	ours = find_address();
	run(AF_INET6, "ff15::7:2", ours, NULL, "fd99::1");
	filtered(AF_INET6, "ff15::7:3", ours, "fd99::1");
	return 0;
}
