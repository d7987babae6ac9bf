/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sockopt_roundtrip.c - what setsockopt() takes and getsockopt() gives back
 *
 * What this app shows
 *   A table: option, value, the result of setting it, the value read back.
 *   Values that depend on the host's settings are not in it. Then the lengths:
 *   too short, too long, negative, and no pointer.
 */

#include "app.h"

struct row {
	int type;
	int level;
	int option;
	int value;
	const char *name;
};

#define ROW(type, level, option, value, name)                                  \
	{                                                                      \
		type, level, option, value, name                               \
	}
#define TCP(option, value)                                                     \
	ROW(SOCK_STREAM, IPPROTO_TCP, option, value, #option " " #value)
#define SOCKET(option, value)                                                  \
	ROW(SOCK_STREAM, SOL_SOCKET, option, value, #option " " #value)
#define IP(option, value)                                                      \
	ROW(SOCK_DGRAM, IPPROTO_IP, option, value, #option " " #value)

static const struct row rows[] = {
	SOCKET(SO_REUSEADDR, 1),
	SOCKET(SO_REUSEADDR, 7),
	SOCKET(SO_REUSEADDR, 0),
	SOCKET(SO_REUSEPORT, 1),
	SOCKET(SO_KEEPALIVE, 1),
	SOCKET(SO_KEEPALIVE, 0),
	SOCKET(SO_BROADCAST, 1),
	SOCKET(SO_OOBINLINE, 1),
	SOCKET(SO_DONTROUTE, 1),
	SOCKET(SO_TIMESTAMP, 1),
	SOCKET(SO_PRIORITY, 3),
	SOCKET(SO_RCVLOWAT, 7),
	SOCKET(SO_SNDLOWAT, 7),
	SOCKET(SO_SNDBUF, 65536),
	SOCKET(SO_RCVBUF, 65536),
	SOCKET(SO_SNDBUF, 1),
	SOCKET(SO_RCVBUF, 1),
	SOCKET(SO_TYPE, 1),
	SOCKET(SO_ERROR, 1),
	SOCKET(SO_ACCEPTCONN, 1),
	SOCKET(SO_DOMAIN, 1),
	SOCKET(SO_PROTOCOL, 1),
	SOCKET(9999, 1),
	TCP(TCP_NODELAY, 1),
	TCP(TCP_NODELAY, 0),
	TCP(TCP_CORK, 1),
	TCP(TCP_KEEPIDLE, 60),
	TCP(TCP_KEEPIDLE, 0),
	TCP(TCP_KEEPIDLE, 32768),
	TCP(TCP_KEEPINTVL, 10),
	TCP(TCP_KEEPINTVL, 0),
	TCP(TCP_KEEPCNT, 5),
	TCP(TCP_KEEPCNT, 128),
	TCP(TCP_SYNCNT, 3),
	TCP(TCP_SYNCNT, 256),
	TCP(TCP_LINGER2, 20),
	TCP(TCP_LINGER2, -1),
	TCP(TCP_QUICKACK, 1),
	TCP(TCP_MAXSEG, 1000),
	TCP(TCP_MAXSEG, 20),
	TCP(TCP_USER_TIMEOUT, 5000),
	TCP(TCP_USER_TIMEOUT, -1),
	TCP(TCP_NOTSENT_LOWAT, 16384),
	TCP(9999, 1),
	IP(IP_TOS, 0x10),
	IP(IP_TTL, 77),
	IP(IP_TTL, 0),
	IP(IP_TTL, 256),
	IP(IP_TTL, -1),
	IP(IP_MTU_DISCOVER, IP_PMTUDISC_DO),
	IP(IP_MTU_DISCOVER, 99),
	IP(IP_RECVERR, 1),
	IP(IP_PKTINFO, 1),
	IP(IP_RECVTTL, 1),
	IP(IP_RECVTOS, 1),
	IP(IP_FREEBIND, 1),
	IP(IP_MULTICAST_TTL, 5),
	IP(IP_MULTICAST_TTL, 256),
	IP(IP_MULTICAST_LOOP, 0),
	IP(IP_MTU, 1500),
	IP(9999, 1),
	ROW(SOCK_DGRAM, SOL_SOCKET, SO_BROADCAST, 1, "UDP SO_BROADCAST 1"),
	ROW(SOCK_DGRAM, SOL_SOCKET, SO_ACCEPTCONN, 1, "UDP SO_ACCEPTCONN 1"),
	ROW(SOCK_DGRAM, SOL_SOCKET, SO_TYPE, 1, "UDP SO_TYPE 1"),
	ROW(SOCK_DGRAM, IPPROTO_TCP, TCP_NODELAY, 1, "UDP TCP_NODELAY 1"),
	ROW(SOCK_STREAM, 9999, 1, 1, "level 9999"),
};

/* The host decides about those. */
static bool is_size(const struct row *row)
{
	return row->level == SOL_SOCKET &&
	       (row->option == SO_SNDBUF || row->option == SO_RCVBUF);
}

static void roundtrip(const struct row *row)
{
	int fd = must(socket(AF_INET, row->type, 0)), value = -99, result;
	socklen_t len = sizeof(value);
	const char *set = "0", *get = "0";

	result = setsockopt(fd, row->level, row->option, &row->value,
			    sizeof(row->value));
	if (result < 0)
		set = strerrorname_np(errno);
	result = getsockopt(fd, row->level, row->option, &value, &len);
	if (result < 0)
		get = strerrorname_np(errno);
	if (result < 0 || is_size(row))
		say("%s: set %s, get %s", row->name, set, get);
	else
		say("%s: set %s, get %d in %u", row->name, set, value, len);
	must(close(fd));
}

int main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		roundtrip(&rows[i]);
	return 0;
}
