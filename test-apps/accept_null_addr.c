/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * accept_null_addr.c - the address arguments of accept()
 *
 * What this app shows
 *   None, one without the other, one that is too short, of length 0, negative;
 *   and what accept() says of sockets that cannot.
 */

#include "app.h"

static struct sockaddr_in at;
static int door;

static void next_client(void)
{
	connected_to(&at);
	await(door, POLLIN);
}

int main(void)
{
	struct sockaddr_storage big;
	struct sockaddr_in peer;
	socklen_t len = sizeof(peer);
	int pair[2];

	door = listener(&at, 16);
	next_client();
	show_fd(accept(door, NULL, NULL));
	next_client();
	show_fd(accept(door, NULL, &len));
	say("length %u", len);
	next_client();
	show_fd(accept(door, SA(&peer), &len));
	say("length %u, family %d", len, peer.sin_family == AF_INET);
	next_client();
	memset(&peer, 0x55, sizeof(peer));
	len = 3;
	show_fd(accept(door, SA(&peer), &len));
	say("length %u, family %d, untouched: %d", len,
	    peer.sin_family == AF_INET, peer.sin_addr.s_addr == 0x55555555);
	next_client();
	memset(&peer, 0x55, sizeof(peer));
	len = 0;
	show_fd(accept(door, SA(&peer), &len));
	say("length %u, untouched: %d", len, peer.sin_family == 0x5555);
	next_client();
	len = sizeof(big);
	show_fd(accept(door, SA(&big), &len));
	say("length %u, family %d", len, big.ss_family == AF_INET);

	tcp_pair(pair);
	show(accept(pair[0], NULL, NULL));
	show(accept(must(socket(AF_INET, SOCK_STREAM, 0)), NULL, NULL));
	show(accept(must(socket(AF_INET, SOCK_DGRAM, 0)), NULL, NULL));
	show(accept(must(open("/dev/null", O_RDONLY)), NULL, NULL));
	show(accept(-1, NULL, NULL));
	return 0;
}
