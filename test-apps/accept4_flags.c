/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * accept4_flags.c - the new descriptor's flags come from accept4() alone
 *
 * What this app shows
 *   Nothing is inherited from a non-blocking, close-on-exec listener; each
 *   flag alone and both; a wrong flag is refused and costs no connection;
 *   options that were set on the listener are inherited.
 */

#include "app.h"

static struct sockaddr_in at;
static int door;

static void accept_with(const char *name, int flags)
{
	int client = connected_to(&at), fd;

	await(door, POLLIN);
	fd = must(flags < 0 ? accept(door, NULL, NULL)
			    : accept4(door, NULL, NULL, flags));
	say("%s: non-blocking %d, close-on-exec %d", name, is_nonblocking(fd),
	    must(fcntl(fd, F_GETFD)));
	must(close(fd));
	must(close(client));
}

static void option(const char *name, int fd, int level, int option)
{
	int value = -1;
	socklen_t len = sizeof(value);

	must(getsockopt(fd, level, option, &value, &len));
	say("%s: %d", name, value);
}

int main(void)
{
	int on = 1, idle = 77, fd, client;

	door = listener(&at, 8);
	accept_with("accept", -1);
	make_nonblocking(door);
	must(fcntl(door, F_SETFD, FD_CLOEXEC));
	accept_with("accept from a non-blocking listener", -1);
	accept_with("accept4, 0", 0);
	accept_with("SOCK_NONBLOCK", SOCK_NONBLOCK);
	accept_with("SOCK_CLOEXEC", SOCK_CLOEXEC);
	accept_with("both", SOCK_NONBLOCK | SOCK_CLOEXEC);
	show(accept4(door, NULL, NULL, 0));
	client = connected_to(&at);
	await(door, POLLIN);
	show(accept4(door, NULL, NULL, 1));
	must(setsockopt(door, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)));
	must(setsockopt(door, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)));
	must(setsockopt(door, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle)));
	fd = show_fd(accept4(door, NULL, NULL, 0));
	must(close(fd));
	must(close(client));
	client = connected_to(&at);
	await(door, POLLIN);
	fd = must(accept4(door, NULL, NULL, 0));
	option("SO_KEEPALIVE", fd, SOL_SOCKET, SO_KEEPALIVE);
	option("TCP_NODELAY", fd, IPPROTO_TCP, TCP_NODELAY);
	option("TCP_KEEPIDLE", fd, IPPROTO_TCP, TCP_KEEPIDLE);
	option("SO_ACCEPTCONN", fd, SOL_SOCKET, SO_ACCEPTCONN);
	return 0;
}
