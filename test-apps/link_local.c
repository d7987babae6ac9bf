/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * link_local.c - addresses that mean something only with their interface
 *
 * What this app shows
 *   The host's own link-local address: with its scope, without, with another;
 *   which scope getsockname(), accept() and recvfrom() name; SO_BINDTODEVICE
 *   in the place of a scope. Says so when there is no such address.
 */

#include "app6.h"

#include <ifaddrs.h>
#include <net/if.h>

static char device[IF_NAMESIZE];

/* The first one there is. */
static bool find_own(union any6 *own)
{
	struct ifaddrs *all, *i;
	bool found = false;

	must(getifaddrs(&all));
	for (i = all; i && !found; i = i->ifa_next) {
		if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET6)
			continue;
		memcpy(&own->in6, i->ifa_addr, sizeof(own->in6));
		found = IN6_IS_ADDR_LINKLOCAL(&own->in6.sin6_addr);
		if (found)
			snprintf(device, sizeof(device), "%s", i->ifa_name);
	}
	freeifaddrs(all);
	return found;
}

/* It may still be being probed for duplicates. */
static bool wait_for_own(union any6 *own)
{
	for (int n = 0; n < APP_PATIENCE_MS; n += 20) {
		int fd = must(socket(AF_INET6, SOCK_DGRAM, 0));
		bool is_there = find_own(own) &&
				bind(fd, &own->sa, sizeof(own->in6)) == 0;

		must(close(fd));
		if (is_there)
			return true;
		poll(NULL, 0, 20);
	}
	return false;
}

/* The address itself differs from host to host. */
static void tell(const char *what, const union any6 *at, const union any6 *own)
{
	bool same = memcmp(&at->in6.sin6_addr, &own->in6.sin6_addr, 16) == 0;

	say("%s: %s, scope %s", what, same ? "ours" : text6(at),
	    !at->in6.sin6_scope_id ? "none"
	    : at->in6.sin6_scope_id == own->in6.sin6_scope_id
		    ? "of the interface"
		    : "of another");
}

static void binds(const union any6 *own)
{
	union any6 at = *own;
	int fd = must(socket(AF_INET6, SOCK_STREAM, 0));

	at.in6.sin6_scope_id = 0;
	show(bind(fd, &at.sa, sizeof(at.in6)));
	at.in6.sin6_scope_id = 12345;
	show(bind(fd, &at.sa, sizeof(at.in6)));
	must(close(fd));
	fd = must(socket(AF_INET6, SOCK_STREAM, 0));
	must(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device,
			(socklen_t)strlen(device)));
	at.in6.sin6_scope_id = 0;
	show(bind(fd, &at.sa, sizeof(at.in6)));
	at = name6(fd);
	tell("bound by device", &at, own);
	must(close(fd));
}

static void streams(const union any6 *own)
{
	union any6 at = *own, peer;
	socklen_t len = sizeof(peer);
	int door = must(socket(AF_INET6, SOCK_STREAM, 0)), child;
	int fd = must(socket(AF_INET6, SOCK_STREAM, 0));

	show(bind(door, &at.sa, sizeof(at.in6)));
	must(listen(door, 1));
	at = name6(door);
	tell("listener", &at, own);
	at.in6.sin6_scope_id = 0;
	show(connect(fd, &at.sa, sizeof(at.in6)));
	at.in6.sin6_scope_id = own->in6.sin6_scope_id;
	show(connect(fd, &at.sa, sizeof(at.in6)));
	child = must(accept(door, &peer.sa, &len));
	tell("accepted", &peer, own);
	at = name6(fd);
	tell("client", &at, own);
	len = sizeof(peer);
	must(getpeername(fd, &peer.sa, &len));
	tell("its peer", &peer, own);
	at = name6(child);
	tell("child", &at, own);
	show(send(fd, "x", 1, 0));
	await(child, POLLIN);
	must(close(fd));
	must(close(child));
	must(close(door));
}

static void datagrams(const union any6 *own)
{
	int server = bound6(SOCK_DGRAM, "::", false);
	int fd = must(socket(AF_INET6, SOCK_DGRAM, 0));
	union any6 at = *own, from;
	socklen_t len = sizeof(from);
	char c;

	at.in6.sin6_port = port6(server);
	show(sendto(fd, "x", 1, 0, &at.sa, sizeof(at.in6)));
	await(server, POLLIN);
	must(recvfrom(server, &c, 1, 0, &from.sa, &len));
	tell("from", &from, own);
	show(connect(fd, &at.sa, sizeof(at.in6)));
	at = name6(fd);
	tell("connected", &at, own);
	must(close(fd));
	must(close(server));
}

int main(void)
{
	union any6 own;

	if (!wait_for_own(&own)) {
		say("no link-local address");
		return 0;
	}
	own.in6.sin6_port = 0;
	binds(&own);
	streams(&own);
	datagrams(&own);
	return 0;
}
