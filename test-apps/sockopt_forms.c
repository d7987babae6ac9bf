/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sockopt_forms.c - options that are no integer, and lengths that are wrong
 *
 * What this app shows
 *   SO_LINGER, SO_RCVTIMEO, SO_ERROR, TCP_INFO, SO_PEERCRED, buffer sizes and
 *   IPv6 options; an optlen that is too short, too long, negative; NULL.
 */

#include "app.h"

#include <sys/time.h>

static int fd;

static void lengths(void)
{
	int value = 1, wide[2] = {1, 1};
	volatile socklen_t minus_one = (socklen_t)-1;
	socklen_t len = 1;
	char one = 42;

	show(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &value, 1));
	show(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &value, 0));
	show(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, wide, sizeof(wide)));
	show(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, NULL, sizeof(value)));
	show(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, 1));
	show(setsockopt(fd, IPPROTO_IP, IP_TTL, &one, 1));
	show(getsockopt(fd, IPPROTO_IP, IP_TTL, &one, &len));
	say("one byte of TTL: %d, length %u", one, len);
	len = 1;
	show(getsockopt(fd, SOL_SOCKET, SO_TYPE, &one, &len));
	say("one byte of SO_TYPE: %d, length %u", one, len);
	len = sizeof(wide);
	show(getsockopt(fd, SOL_SOCKET, SO_TYPE, wide, &len));
	say("length %u", len);
	len = minus_one;
	show(getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &len));
	len = sizeof(value);
	show(getsockopt(fd, SOL_SOCKET, SO_TYPE, NULL, &len));
	show(getsockopt(-1, SOL_SOCKET, SO_TYPE, &value, &len));
	show(setsockopt(STDERR_FILENO, SOL_SOCKET, SO_TYPE, &value, 4));
}

static void structures(void)
{
	struct linger linger = {1, 5};
	struct timeval time = {2, 500000}, wrong = {0, 1000000};
	struct tcp_info info;
	socklen_t len = sizeof(linger);

	show(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, 4));
	show(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
	memset(&linger, 0, sizeof(linger));
	show(getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &len));
	say("linger %d, %d s, length %u", linger.l_onoff, linger.l_linger, len);
	show(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time)));
	show(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wrong, sizeof(wrong)));
	show(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, 8));
	memset(&time, 0, sizeof(time));
	len = sizeof(time);
	show(getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, &len));
	say("%ld.%06ld, length %u", (long)time.tv_sec, (long)time.tv_usec, len);
	show(getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, &len));
	say("%ld.%06ld, length %u", (long)time.tv_sec, (long)time.tv_usec, len);
	len = 8;
	show(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len));
	say("TCP_INFO: state %u, length %u", info.tcpi_state, len);
}

static int size_of(int option, int value)
{
	socklen_t len = sizeof(value);

	must(setsockopt(fd, SOL_SOCKET, option, &value, sizeof(value)));
	must(getsockopt(fd, SOL_SOCKET, option, &value, &len));
	return value;
}

static void version_6(void)
{
	int six = must(socket(AF_INET6, SOCK_STREAM, 0)), value = 1;
	socklen_t len = sizeof(value);

	show(setsockopt(six, IPPROTO_IPV6, IPV6_V6ONLY, &value, 4));
	show(getsockopt(six, IPPROTO_IPV6, IPV6_V6ONLY, &value, &len));
	say("IPV6_V6ONLY: %d", value);
	value = 12;
	show(setsockopt(six, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &value, 4));
	show(setsockopt(six, IPPROTO_IPV6, IPV6_TCLASS, &value, 4));
	show(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &value, 4));
}

int main(void)
{
	fd = must(socket(AF_INET, SOCK_STREAM, 0));
	lengths();
	structures();
	say("SO_RCVBUF doubles: %d", size_of(SO_RCVBUF, 50000));
	say("SO_SNDBUF doubles: %d", size_of(SO_SNDBUF, 50000));
	version_6();
	return 0;
}
