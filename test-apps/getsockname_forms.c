/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * getsockname_forms.c - addresses, in every form an application may get them
 *
 * What this app shows
 *   getsockname() and getpeername() before bind(), after it, connected; short
 *   and wrong lengths; AF_INET6 sockets that speak IPv4 and give v4-mapped
 *   addresses; IPV6_V6ONLY ones that do not.
 */

#include "app.h"

static void tell(const char *what, const void *any)
{
	const struct sockaddr_in6 *six = any;
	const struct sockaddr_in *four = any;
	char text[INET6_ADDRSTRLEN];

	if (six->sin6_family == AF_INET6)
		inet_ntop(AF_INET6, &six->sin6_addr, text, sizeof(text));
	else
		inet_ntop(AF_INET, &four->sin_addr, text, sizeof(text));
	say("%s: %s, port: %s", what, text, four->sin_port ? "yes" : "no");
}

static void names(const char *what, int fd)
{
	struct sockaddr_storage at;
	socklen_t len = sizeof(at);

	must(getsockname(fd, SA(&at), &len));
	tell(what, &at);
	say("length %u", len);
	len = sizeof(at);
	if (getpeername(fd, SA(&at), &len) < 0)
		say("peer: %s", strerrorname_np(errno));
	else
		tell("peer", &at);
}

static void lengths(int fd)
{
	struct sockaddr_in at;
	volatile socklen_t minus_one = (socklen_t)-1;
	socklen_t len = 4;

	memset(&at, 0x55, sizeof(at));
	show(getsockname(fd, SA(&at), &len));
	say("length %u, port: %d, address untouched: %d", len,
	    at.sin_port != 0x5555, at.sin_addr.s_addr == 0x55555555);
	len = 0;
	show(getpeername(fd, NULL, &len));
	say("length %u", len);
	len = minus_one;
	show(getsockname(fd, SA(&at), &len));
	len = sizeof(at);
	show(getsockname(fd, NULL, &len));
	show(getsockname(fd, SA(&at), NULL));
	show(getsockname(-1, SA(&at), &len));
	show(getpeername(STDERR_FILENO, SA(&at), &len));
}

static void version_6(void)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6}, at, peer;
	socklen_t len = sizeof(at);
	int door = must(socket(AF_INET6, SOCK_STREAM, 0)), fd, on = 1;
	struct sockaddr_in four = on_loopback(0);

	must(bind(door, SA(&any), sizeof(any)));
	must(listen(door, 4));
	names("v6 listener", door);
	must(getsockname(door, SA(&at), &len));
	four.sin_port = at.sin6_port;
	names("v4 client", connected_to(&four));
	fd = must(accept(door, SA(&peer), &len));
	tell("accepted from", &peer);
	names("accepted", fd);

	at = (struct sockaddr_in6){.sin6_family = AF_INET6,
				   .sin6_port = four.sin_port};
	must(inet_pton(AF_INET6, "::ffff:127.0.0.1", &at.sin6_addr));
	fd = must(socket(AF_INET6, SOCK_STREAM, 0));
	show(connect(fd, SA(&at), sizeof(at)));
	names("v6 client", fd);
	fd = must(socket(AF_INET6, SOCK_STREAM, 0));
	must(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)));
	show(connect(fd, SA(&at), sizeof(at)));
	at.sin6_port = 0;
	show(bind(fd, SA(&at), sizeof(at)));
	fd = must(socket(AF_INET6, SOCK_DGRAM, 0));
	show(bind(fd, SA(&at), sizeof(at)));
	names("v4-mapped, bound", fd);
}

int main(void)
{
	struct sockaddr_in at;
	int fd = must(socket(AF_INET, SOCK_STREAM, 0)), pair[2];

	names("fresh", fd);
	names("fresh v6", must(socket(AF_INET6, SOCK_STREAM, 0)));
	names("bound", bound(SOCK_STREAM, &at));
	must(listen(fd, 1));
	names("listening without bind", fd);
	tcp_pair(pair);
	names("connected", pair[0]);
	names("accepted", pair[1]);
	udp_pair(pair);
	names("UDP", pair[0]);
	lengths(pair[0]);
	version_6();
	return 0;
}
