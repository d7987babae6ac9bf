/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * dual_stack_echo.c - one listener for both families
 *
 * What this app shows
 *   A listener on [::] takes clients of both families and names IPv4 ones
 *   v4-mapped; with IPV6_V6ONLY it takes IPv6 only. The same with datagrams,
 *   and what a socket of each family may send to.
 */

#include "app6.h"

static void client(int door, int family, const char *to)
{
	union any6 at = at6(to, port6(door)), from;
	socklen_t len = sizeof(from);
	int fd = must(socket(family, SOCK_STREAM, 0)), child;
	char c = 0;

	say("a client to %s", to);
	if (show(connect(fd, &at.sa, len6(&at))) < 0) {
		must(close(fd));
		return;
	}
	memset(&from, 0, sizeof(from));
	child = must(accept(door, &from.sa, &len));
	say("accepted from %s, %u bytes", text6(&from), len);
	names6("client", fd);
	names6("child", child);
	must(send(fd, "a", 1, 0));
	must(recv(child, &c, 1, 0));
	must(send(child, &c, 1, 0));
	must(recv(fd, &c, 1, 0));
	say("echo: %c", c);
	must(close(fd));
	must(close(child));
}

static void streams(const char *text, bool v6only)
{
	int door = bound6(SOCK_STREAM, text, v6only);

	say("TCP on %s%s", text, v6only ? ", only IPv6" : "");
	must(listen(door, 4));
	client(door, AF_INET, "127.0.0.1");
	client(door, AF_INET6, "::1");
	client(door, AF_INET6, "::ffff:127.0.0.1");
	client(door, AF_INET6, "::");
	client(door, AF_INET6, "::ffff:0.0.0.0");
	must(close(door));
}

static void datagram(int server, int family, const char *to)
{
	union any6 at = at6(to, port6(server)), from;
	socklen_t len = sizeof(from);
	int fd = must(socket(family, SOCK_DGRAM, 0));
	struct pollfd p = {.fd = server, .events = POLLIN};
	char c = 0;

	say("a datagram to %s", to);
	if (show(sendto(fd, "a", 1, 0, &at.sa, len6(&at))) == 1 &&
	    poll(&p, 1, 200) == 1) {
		memset(&from, 0, sizeof(from));
		must(recvfrom(server, &c, 1, 0, &from.sa, &len));
		say("from %s, %u bytes", text6(&from), len);
		must(sendto(server, &c, 1, 0, &from.sa, len));
		await(fd, POLLIN);
		len = sizeof(from);
		must(recvfrom(fd, &c, 1, 0, &from.sa, &len));
		say("answer from %s", text6(&from));
		names6("client", fd);
	} else {
		say("did not arrive");
	}
	must(close(fd));
}

static void datagrams(const char *text, bool v6only)
{
	int server = bound6(SOCK_DGRAM, text, v6only);

	say("UDP on %s%s", text, v6only ? ", only IPv6" : "");
	datagram(server, AF_INET, "127.0.0.1");
	datagram(server, AF_INET6, "::1");
	datagram(server, AF_INET6, "::ffff:127.0.0.1");
	datagram(server, AF_INET6, "127.0.0.1");
	datagram(server, AF_INET6, "::");
	must(close(server));
}

/* After a disconnect the other family will do. */
static void reconnect(void)
{
	static const char *const to[] = {"::1", "::ffff:127.0.0.1", "127.0.0.1",
					 "::", "::1"};
	int fd = must(socket(AF_INET6, SOCK_DGRAM, 0));
	struct sockaddr none = {.sa_family = AF_UNSPEC};

	for (size_t i = 0; i < COUNT(to); i++) {
		union any6 at = at6(to[i], htons(9));

		say("connect to %s", to[i]);
		show(connect(fd, &at.sa, len6(&at)));
		names6("now", fd);
		show(connect(fd, &none, sizeof(none)));
		names6("disconnected", fd);
	}
	must(close(fd));
}

int main(void)
{
	streams("::", false);
	streams("::", true);
	streams("::1", false);
	streams("::ffff:127.0.0.1", false);
	datagrams("::", false);
	datagrams("::", true);
	datagrams("::1", false);
	datagrams("::ffff:127.0.0.1", false);
	reconnect();
	return 0;
}
