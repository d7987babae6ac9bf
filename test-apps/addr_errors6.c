/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * addr_errors6.c - what no call takes, of AF_INET6
 *
 * What this app shows
 *   bind(), connect() and sendto() with addresses that are short, of another
 *   family, of nobody, of many, or without the scope they need; on sockets of
 *   every kind.
 */

#include "app6.h"

static const char *const addresses[] = {
	"::1",
	"::",
	"::ffff:127.0.0.1",
	"127.0.0.1",
	"fe80::1",
	"ff02::1",
	"ff0e::1",
	"2001:db8::1",
	"fec0::1",
	"::ffff:0.0.0.0",
	"::ffff:224.0.0.1",
	"::ffff:255.255.255.255",
	"::127.0.0.1",
};

static int make(int type, bool v6only)
{
	int fd = must(socket(AF_INET6, type, 0)), on = v6only;

	must(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)));
	return fd;
}

static void lengths(int type)
{
	static const socklen_t some[] = {0, 2, 16, 23, 24, 27, 28, 128};
	union {
		union any6 at;
		char room[128];
	} u;

	for (size_t i = 0; i < COUNT(some); i++) {
		int fd = make(type, false);

		memset(&u, 0, sizeof(u));
		u.at = at6("::1", 0);
		say("%u bytes", some[i]);
		show(bind(fd, &u.at.sa, some[i]));
		must(close(fd));
		fd = make(type, false);
		u.at.in6.sin6_port = htons(9);
		show(connect(fd, &u.at.sa, some[i]));
		if (type == SOCK_DGRAM && some[i])
			show(sendto(fd, "", 0, 0, &u.at.sa, some[i]));
		must(close(fd));
	}
}

static void binds(int type, bool v6only)
{
	for (size_t i = 0; i < COUNT(addresses); i++) {
		union any6 at = at6(addresses[i], 0);
		int fd = make(type, v6only);

		say("bind %s", addresses[i]);
		show(bind(fd, &at.sa, len6(&at)));
		names6("then", fd);
		must(close(fd));
	}
}

/* To what cannot be reached, or needs a scope. */
static void connects(int type, bool v6only)
{
	static const char *const skip[] = {"2001:db8::1", "fec0::1", "ff0e::1",
					   "::127.0.0.1", "::ffff:224.0.0.1"};

	for (size_t i = 0; i < COUNT(addresses); i++) {
		union any6 at = at6(addresses[i], htons(9));
		int fd = make(type, v6only);
		bool routed = false;

		for (size_t k = 0; k < COUNT(skip); k++)
			routed |= strcmp(skip[k], addresses[i]) == 0;
		if (!routed) {
			say("connect %s", addresses[i]);
			show(connect(fd, &at.sa, len6(&at)));
			names6("then", fd);
		}
		must(close(fd));
	}
}

static void sends(void)
{
	static const char *const to[] = {
		"fe80::1",          "ff02::1",   "::ffff:255.255.255.255",
		"::ffff:127.0.0.1", "127.0.0.1", "::"};

	for (int v6only = 0; v6only < 2; v6only++) {
		for (size_t i = 0; i < COUNT(to); i++) {
			union any6 at = at6(to[i], htons(9));
			int fd = make(SOCK_DGRAM, v6only);

			say("send to %s%s", to[i], v6only ? ", v6only" : "");
			show(sendto(fd, "", 0, 0, &at.sa, len6(&at)));
			must(close(fd));
		}
	}
}

/* Bound to one family, it goes nowhere of the other. */
static void across(int type)
{
	static const char *const pairs[][2] = {
		{"::1", "::ffff:127.0.0.1"},
		{"::ffff:127.0.0.1", "::1"},
		{"::", "::ffff:127.0.0.1"},
		{"::ffff:0.0.0.0", "::1"},
	};

	for (size_t i = 0; i < COUNT(pairs); i++) {
		int fd = bound6(type, pairs[i][0], false);
		union any6 at = at6(pairs[i][1], htons(9));

		say("%s, from %s to %s", type == SOCK_STREAM ? "TCP" : "UDP",
		    pairs[i][0], pairs[i][1]);
		show(connect(fd, &at.sa, len6(&at)));
		if (type == SOCK_DGRAM)
			show(sendto(fd, "", 0, 0, &at.sa, len6(&at)));
		must(close(fd));
	}
}

/* A scope is only for addresses that need one. */
static void scopes(void)
{
	union any6 at = at6("::1", htons(9));
	int fd = make(SOCK_DGRAM, false);

	at.in6.sin6_scope_id = 12345;
	show(connect(fd, &at.sa, sizeof(at.in6)));
	at = at6("::1", 0);
	at.in6.sin6_scope_id = 12345;
	at.in6.sin6_flowinfo = htonl(0x12345);
	must(close(fd));
	fd = make(SOCK_DGRAM, false);
	show(bind(fd, &at.sa, sizeof(at.in6)));
	names6("then", fd);
	at = at6("fe80::1", htons(9));
	at.in6.sin6_scope_id = 12345;
	show(sendto(fd, "", 0, 0, &at.sa, sizeof(at.in6)));
	show(connect(fd, &at.sa, sizeof(at.in6)));
	must(close(fd));
	fd = make(SOCK_STREAM, false);
	show(bind(fd, &at.sa, sizeof(at.in6)));
	show(connect(fd, &at.sa, sizeof(at.in6)));
	must(close(fd));
}

int main(void)
{
	static const int types[] = {SOCK_STREAM, SOCK_DGRAM};

	for (size_t i = 0; i < COUNT(types); i++) {
		say("%s", types[i] == SOCK_STREAM ? "TCP" : "UDP");
		lengths(types[i]);
		for (int v6only = 0; v6only < 2; v6only++) {
			say("IPV6_V6ONLY %d", v6only);
			binds(types[i], v6only);
			connects(types[i], v6only);
		}
		across(types[i]);
	}
	sends();
	scopes();
	return 0;
}
