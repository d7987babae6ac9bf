/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * fionread.c - how much is there?
 *
 * What this app shows
 *   FIONREAD of TCP counts all bytes, of UDP the next datagram; SIOCOUTQ goes
 *   back to 0 when the peer has it; requests that do not fit.
 */

#include "app.h"

#include <linux/sockios.h>

static int pair[2];

static int waiting(int fd, unsigned long request)
{
	int n = -99;

	must(ioctl(fd, request, &n));
	return n;
}

int main(void)
{
	struct sockaddr_in at;
	int door = listener(&at, 1), n = -99;
	char buf[16];

	tcp_pair(pair);
	say("empty: %d", waiting(pair[0], FIONREAD));
	must(send(pair[1], "hello", 5, 0));
	await(pair[0], POLLIN);
	say("five: %d", waiting(pair[0], FIONREAD));
	must(send(pair[1], "more", 4, 0));
	await_bytes(pair[0], 9);
	say("nine: %d", waiting(pair[0], FIONREAD));
	must(recv(pair[0], buf, 2, 0));
	say("seven: %d", waiting(pair[0], FIONREAD));
	await_sent(pair[1]);
	say("unsent: %d", waiting(pair[1], SIOCOUTQ));
	must(shutdown(pair[1], SHUT_WR));
	await_all(pair[0], POLLRDHUP);
	say("with an end: %d", waiting(pair[0], FIONREAD));
	must(recv(pair[0], buf, sizeof(buf), 0));
	say("all read: %d", waiting(pair[0], FIONREAD));

	udp_pair(pair);
	say("UDP, empty: %d", waiting(pair[0], FIONREAD));
	must(send(pair[1], "", 0, 0));
	must(send(pair[1], "four", 4, 0));
	must(send(pair[1], "sixsix", 6, 0));
	await(pair[0], POLLIN);
	say("an empty datagram first: %d", waiting(pair[0], FIONREAD));
	must(recv(pair[0], buf, sizeof(buf), 0));
	await(pair[0], POLLIN);
	say("the next: %d", waiting(pair[0], FIONREAD));

	show(ioctl(door, FIONREAD, &n));
	show(ioctl(door, SIOCOUTQ, &n));
	show(ioctl(must(socket(AF_INET, SOCK_STREAM, 0)), FIONREAD, &n));
	show(ioctl(pair[0], 0x1234, &n));
	show(ioctl(-1, FIONREAD, &n));
	show(ioctl(pair[0], FIONREAD, NULL));
	return 0;
}
