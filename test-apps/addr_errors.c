/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * addr_errors.c - addresses that no call takes
 *
 * What this app shows
 *   Families and lengths that do not fit, for bind(), connect() and sendto();
 *   socket() with what there is not; destinations that cannot be.
 */

#include "app.h"

static void sockets(void)
{
	show(socket(AF_INET, 99, 0));
	show(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP));
	show(socket(AF_INET, SOCK_DGRAM, IPPROTO_TCP));
	show(socket(AF_INET, SOCK_SEQPACKET, 0));
	show(socket(AF_INET, SOCK_RAW, 0));
	show(socket(AF_INET, SOCK_STREAM | 0x40, 0));
	show(socket(AF_INET, SOCK_STREAM, -1));
	show(socket(AF_INET, SOCK_STREAM, 9999));
	show(socket(9999, SOCK_STREAM, 0));
	show(socket(-1, SOCK_STREAM, 0));
	show_fd(socket(AF_INET, SOCK_STREAM, IPPROTO_TCP));
	show_fd(socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP));
	show_fd(socket(AF_INET6, SOCK_STREAM, 0));
	show_fd(socket(AF_INET6, SOCK_DGRAM, 0));
	show(socketpair(AF_INET, SOCK_STREAM, 0, (int[2]){0}));
}

int main(void)
{
	struct sockaddr_in at = on_loopback(htons(9)), six = at, any = at;
	struct sockaddr_in6 long_one = {.sin6_family = AF_INET6};
	struct sockaddr unspec = {.sa_family = AF_UNSPEC};
	int tcp, udp;

	sockets();
	tcp = must(socket(AF_INET, SOCK_STREAM, 0));
	udp = must(socket(AF_INET, SOCK_DGRAM, 0));
	six.sin_family = AF_INET6;
	any.sin_addr.s_addr = htonl(INADDR_BROADCAST);
	show(connect(tcp, SA(&six), sizeof(six)));
	show(connect(tcp, SA(&at), 3));
	show(connect(tcp, SA(&at), 15));
	show(connect(tcp, NULL, sizeof(at)));
	show(connect(tcp, SA(&any), sizeof(any)));
	show(connect(tcp, &unspec, sizeof(unspec)));
	show(connect(udp, SA(&six), sizeof(six)));
	show(connect(udp, &unspec, sizeof(unspec)));
	show(bind(udp, SA(&at), 3));
	show(bind(udp, SA(&six), sizeof(six)));
	show(bind(udp, NULL, sizeof(at)));
	show(sendto(udp, "x", 1, 0, SA(&six), sizeof(six)));
	show(sendto(udp, "x", 1, 0, SA(&at), 3));
	show(sendto(udp, "x", 1, 0, NULL, 0));
	at.sin_port = 0;
	show(sendto(udp, "x", 1, 0, SA(&at), sizeof(at)));
	show(sendto(tcp, "x", 1, MSG_NOSIGNAL, SA(&at), sizeof(at)));
	show(bind(must(socket(AF_INET6, SOCK_STREAM, 0)), SA(&at), sizeof(at)));
	show(bind(must(socket(AF_INET, SOCK_STREAM, 0)), SA(&long_one),
		  sizeof(long_one)));
	return 0;
}
