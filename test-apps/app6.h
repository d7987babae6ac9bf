/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * app6.h - what the test-apps of IPv6 have in common
 *
 * What this room is for
 *   Addresses from their text, and in words for a transcript: without ports,
 *   and with a scope only as "yes" or "no".
 */
#ifndef TEST_APPS_APP6_H
#define TEST_APPS_APP6_H

#include "app.h"

/* Either family, from text; `port` in network order. */
union any6 {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static inline union any6 at6(const char *text, in_port_t port)
{
	union any6 at = {.in6 = {.sin6_family = AF_INET6, .sin6_port = port}};

	if (inet_pton(AF_INET6, text, &at.in6.sin6_addr) == 1)
		return at;
	at = (union any6){.in = {.sin_family = AF_INET, .sin_port = port}};
	if (inet_pton(AF_INET, text, &at.in.sin_addr) != 1) {
		say("not an address: %s", text);
		exit(2);
	}
	return at;
}

static inline socklen_t len6(const union any6 *at)
{
	return at->sa.sa_family == AF_INET6 ? sizeof(at->in6) : sizeof(at->in);
}

static inline const char *text6(const union any6 *at)
{
	static char text[4][INET6_ADDRSTRLEN + 8];
	static unsigned int turn;
	char *out = text[turn++ % 4];

	if (at->sa.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &at->in6.sin6_addr, out, INET6_ADDRSTRLEN);
		if (at->in6.sin6_scope_id)
			strcat(out, "%scope");
	} else if (at->sa.sa_family == AF_INET) {
		inet_ntop(AF_INET, &at->in.sin_addr, out, INET6_ADDRSTRLEN);
	} else {
		strcpy(out, "no address");
	}
	return out;
}

static inline union any6 name6(int fd)
{
	union any6 at;
	socklen_t len = sizeof(at);

	memset(&at, 0, sizeof(at));
	must(getsockname(fd, &at.sa, &len));
	return at;
}

static inline in_port_t port6(int fd)
{
	return name6(fd).in6.sin6_port;
}

/* Both ends, in words. */
static inline void names6(const char *what, int fd)
{
	union any6 at = name6(fd), peer;
	socklen_t len = sizeof(peer);

	memset(&peer, 0, sizeof(peer));
	if (getpeername(fd, &peer.sa, &len) < 0)
		say("%s: %s, peer: %s", what, text6(&at),
		    strerrorname_np(errno));
	else
		say("%s: %s, peer: %s", what, text6(&at), text6(&peer));
}

/* A socket of AF_INET6 on that address and a port of its own. */
static inline int bound6(int type, const char *text, bool v6only)
{
	int fd = must(socket(AF_INET6, type, 0)), on = v6only;
	union any6 at = at6(text, 0);

	must(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)));
	must(bind(fd, &at.sa, len6(&at)));
	return fd;
}

#endif
