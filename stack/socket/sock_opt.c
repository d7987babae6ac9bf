/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_opt.c - getsockopt and setsockopt as one table
 *
 * What this room is for
 *   A row per option: its level and name, where its value lives, and which
 *   values are legal. Most are an int in the socket, in the UDP pcb, or one of
 *   TCP's options. What is not in the table is ENOPROTOOPT, never a success.
 *
 * Lock       the stack lock is held.
 * Follows    socket(7), ip(7), ipv6(7), tcp(7), udp(7).
 */

#include "sock.h"

#include <errno.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>

#include "netlink/sock_netlink.h"
#include "sock_opt_priv.h"
#include "sock_packet.h"

#ifndef SO_BUSY_POLL
#define SO_BUSY_POLL 46
#endif

/* Where the value of an option lives. */
enum home {
	IN_SOCK_INT,  /* int at an offset in struct sock */
	IN_SOCK_BOOL, /* bool there */
	IN_PCB_BOOL,  /* bool in struct udp_pcb; streams only keep it */
	IN_PCB_U8,    /* uint8_t there */
	IN_TCP,       /* a tcp_option; datagrams: ENOPROTOOPT */
	IN_BOTH_U8,   /* tcp_option for streams, uint8_t in the pcb else */
	IN_CODE,      /* sock_opt_special_*() knows */
	KEPT,         /* bool without meaning here: it can be read again */
};

struct option {
	int level;
	int name;
	enum home home;
	size_t offset; /* in struct sock or struct udp_pcb */
	enum tcp_option tcp;
	int low, high; /* legal values; else EINVAL */
};

#define SOCK_AT(member) offsetof(struct sock, member)
#define PCB_AT(member) offsetof(struct udp_pcb, member)
#define ANY_INT INT32_MIN, INT32_MAX

static const struct option options[] = {
	{SOL_SOCKET, SO_REUSEADDR, IN_CODE, 0, 0, ANY_INT},
	{SOL_SOCKET, SO_REUSEPORT, IN_CODE, 0, 0, ANY_INT},
	{SOL_SOCKET, SO_TYPE, IN_CODE, 0, 0, ANY_INT},
	{SOL_SOCKET, SO_PROTOCOL, IN_CODE, 0, 0, ANY_INT},
	{SOL_SOCKET, SO_DOMAIN, IN_CODE, 0, 0, ANY_INT},
	{SOL_SOCKET, SO_ACCEPTCONN, IN_CODE, 0, 0, ANY_INT},
	{SOL_SOCKET, SO_ERROR, IN_CODE, 0, 0, ANY_INT},
	{SOL_SOCKET, SO_SNDBUF, IN_CODE, 0, 0, ANY_INT},
	{SOL_SOCKET, SO_RCVBUF, IN_CODE, 0, 0, ANY_INT},
	{SOL_SOCKET, SO_SNDBUFFORCE, IN_CODE, 0, 0, ANY_INT},
	{SOL_SOCKET, SO_RCVBUFFORCE, IN_CODE, 0, 0, ANY_INT},
	{SOL_SOCKET, SO_LINGER, IN_CODE, 0, 0, ANY_INT},
	{SOL_SOCKET, SO_RCVTIMEO, IN_CODE, 0, 0, ANY_INT},
	{SOL_SOCKET, SO_SNDTIMEO, IN_CODE, 0, 0, ANY_INT},
	{SOL_SOCKET, SO_BINDTODEVICE, IN_CODE, 0, 0, ANY_INT},
	{SOL_SOCKET, SO_TIMESTAMP, IN_CODE, 0, 0, ANY_INT},
	{SOL_SOCKET, SO_TIMESTAMPNS, IN_CODE, 0, 0, ANY_INT},
	{SOL_SOCKET, SO_COOKIE, IN_CODE, 0, 0, ANY_INT},
	{SOL_SOCKET, SO_KEEPALIVE, IN_TCP, 0, TCP_O_KEEPALIVE, ANY_INT},
	{SOL_SOCKET, SO_OOBINLINE, IN_TCP, 0, TCP_O_OOBINLINE, ANY_INT},
	{SOL_SOCKET, SO_BROADCAST, IN_CODE, 0, 0, ANY_INT},
	{SOL_SOCKET, SO_PRIORITY, IN_SOCK_INT, SOCK_AT(priority), 0, ANY_INT},
	{SOL_SOCKET, SO_MARK, IN_SOCK_INT, SOCK_AT(mark), 0, ANY_INT},
	{SOL_SOCKET, SO_RCVLOWAT, IN_SOCK_INT, SOCK_AT(rcvlowat), 0, ANY_INT},
	{SOL_SOCKET, SO_SNDLOWAT, IN_CODE, 0, 0, ANY_INT},
	{SOL_SOCKET, SO_DONTROUTE, IN_SOCK_BOOL, SOCK_AT(dontroute), 0,
	 ANY_INT},
	{SOL_SOCKET, SO_DEBUG, KEPT, 0, 0, ANY_INT},
	{SOL_SOCKET, SO_NO_CHECK, KEPT, 0, 0, ANY_INT},
	{SOL_SOCKET, SO_BUSY_POLL, IN_SOCK_INT, SOCK_AT(busy_poll), 0, 0,
	 INT32_MAX},

	{IPPROTO_IP, IP_TOS, IN_BOTH_U8, PCB_AT(v4.tos), TCP_O_TOS, ANY_INT},
	{IPPROTO_IP, IP_TTL, IN_BOTH_U8, PCB_AT(v4.ttl), TCP_O_TTL, 1, 255},
	{IPPROTO_IP, IP_MTU_DISCOVER, IN_BOTH_U8, PCB_AT(v4.pmtudisc),
	 TCP_O_PMTUDISC, 0, 5},
	{IPPROTO_IP, IP_MTU, IN_CODE, 0, 0, ANY_INT},
	{IPPROTO_IP, IP_RECVERR, IN_PCB_BOOL, PCB_AT(v4.recverr), 0, ANY_INT},
	{IPPROTO_IP, IP_PKTINFO, IN_SOCK_BOOL, SOCK_AT(pktinfo), 0, ANY_INT},
	{IPPROTO_IP, IP_RECVTOS, IN_SOCK_BOOL, SOCK_AT(recvtos), 0, ANY_INT},
	{IPPROTO_IP, IP_RECVTTL, IN_SOCK_BOOL, SOCK_AT(recvttl), 0, ANY_INT},
	{IPPROTO_IP, IP_FREEBIND, IN_SOCK_BOOL, SOCK_AT(freebind), 0, ANY_INT},
	{IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, KEPT, 0, 0, ANY_INT},
	{IPPROTO_IP, IP_RETOPTS, KEPT, 0, 0, ANY_INT},
	{IPPROTO_IP, IP_RECVOPTS, KEPT, 0, 0, ANY_INT},
	{IPPROTO_IP, IP_MULTICAST_TTL, IN_PCB_U8, PCB_AT(v4.multicast_ttl), 0,
	 0, 255},
	{IPPROTO_IP, IP_MULTICAST_LOOP, IN_PCB_BOOL, PCB_AT(v4.multicast_loop),
	 0, ANY_INT},
	{IPPROTO_IP, IP_MULTICAST_ALL, IN_PCB_BOOL, PCB_AT(v4.multicast_all), 0,
	 0, 1},
	{IPPROTO_IP, IP_MULTICAST_IF, IN_CODE, 0, 0, ANY_INT},

	{IPPROTO_TCP, TCP_NODELAY, IN_TCP, 0, TCP_O_NODELAY, ANY_INT},
	{IPPROTO_TCP, TCP_CORK, IN_TCP, 0, TCP_O_CORK, ANY_INT},
	{IPPROTO_TCP, TCP_QUICKACK, IN_TCP, 0, TCP_O_QUICKACK, ANY_INT},
	{IPPROTO_TCP, TCP_MAXSEG, IN_TCP, 0, TCP_O_MAXSEG, ANY_INT},
	{IPPROTO_TCP, TCP_KEEPIDLE, IN_TCP, 0, TCP_O_KEEPIDLE, ANY_INT},
	{IPPROTO_TCP, TCP_KEEPINTVL, IN_TCP, 0, TCP_O_KEEPINTVL, ANY_INT},
	{IPPROTO_TCP, TCP_KEEPCNT, IN_TCP, 0, TCP_O_KEEPCNT, ANY_INT},
	{IPPROTO_TCP, TCP_SYNCNT, IN_TCP, 0, TCP_O_SYNCNT, ANY_INT},
	{IPPROTO_TCP, TCP_LINGER2, IN_TCP, 0, TCP_O_LINGER2, ANY_INT},
	{IPPROTO_TCP, TCP_DEFER_ACCEPT, IN_TCP, 0, TCP_O_DEFER_ACCEPT, ANY_INT},
	{IPPROTO_TCP, TCP_WINDOW_CLAMP, IN_TCP, 0, TCP_O_WINDOW_CLAMP, ANY_INT},
	{IPPROTO_TCP, TCP_USER_TIMEOUT, IN_TCP, 0, TCP_O_USER_TIMEOUT, 0,
	 INT32_MAX},
	{IPPROTO_TCP, TCP_NOTSENT_LOWAT, IN_TCP, 0, TCP_O_NOTSENT_LOWAT,
	 ANY_INT},
	/* Without cookies: a listener takes no data with a SYN, a connect()
	 * sends none, and every peer gets along with that (RFC 7413 4.1.3). */
	{IPPROTO_TCP, TCP_FASTOPEN, IN_SOCK_INT, SOCK_AT(fastopen), 0, 0,
	 INT32_MAX},
	{IPPROTO_TCP, TCP_FASTOPEN_CONNECT, KEPT, 0, 0, 0, 1},
	{IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE, KEPT, 0, 0, 0, 1},
	{IPPROTO_TCP, TCP_INFO, IN_CODE, 0, 0, ANY_INT},
	{IPPROTO_TCP, TCP_CONGESTION, IN_CODE, 0, 0, ANY_INT},
};

/* What -1 stands for; ip(7). A TTL of 0 is the stack's default. */
static const struct {
	int level, name, value;
} defaults[] = {
	{IPPROTO_IP, IP_TTL, 0},
	{IPPROTO_IP, IP_MULTICAST_TTL, 1},
};

static_assert(ARRAY_LEN(options) <= 64 * ARRAY_LEN(((struct sock *)0)->kept),
	      "a bit for every row");

static bool is_kept(const struct sock *s, const struct option *o)
{
	size_t bit = (size_t)(o - options);

	return s->kept[bit / 64] >> bit % 64 & 1;
}

static int keep(struct sock *s, const struct option *o, bool value)
{
	size_t bit = (size_t)(o - options);
	uint64_t mask = (uint64_t)1 << bit % 64;

	if (value)
		s->kept[bit / 64] |= mask;
	else
		s->kept[bit / 64] &= ~mask;
	return 0;
}

static const struct option *find(int level, int name)
{
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		if (options[i].level == level && options[i].name == name)
			return &options[i];
	return NULL;
}

static void *at(void *object, const struct option *o)
{
	return (char *)object + o->offset;
}

/* The int that an option holds; `sock_opt_special_get` has the others. */
static int get_int(struct sock *s, const struct option *o, int *value)
{
	*value = 0;
	switch (o->home) {
	case IN_SOCK_INT:
		*value = *(int *)at(s, o);
		return 0;
	case IN_SOCK_BOOL:
		*value = *(bool *)at(s, o);
		return 0;
	case IN_PCB_BOOL:
		*value = s->pcb ? *(bool *)at(s->pcb, o) : is_kept(s, o);
		return 0;
	case IN_PCB_U8:
		*value = s->pcb ? *(uint8_t *)at(s->pcb, o) : 0;
		return 0;
	case IN_BOTH_U8:
		if (s->conn)
			return tcp_get(s->conn, o->tcp, value);
		*value = *(uint8_t *)at(s->pcb, o);
		if (o->name == IP_TTL && o->level == IPPROTO_IP && !*value)
			*value = IP_TTL_DEFAULT;
		return 0;
	case IN_TCP:
		if (s->conn)
			return tcp_get(s->conn, o->tcp, value);
		*value = is_kept(s, o);
		return 0;
	case KEPT:
		*value = is_kept(s, o);
		return 0;
	case IN_CODE:
		return 0;
	}
	return 0;
}

/* getsockopt(2): what does not fit is cut off. */
static int give(int value, void *out, socklen_t *len)
{
	*len = MIN(*len, (socklen_t)sizeof(value));
	memcpy(out, &value, *len);
	return 0;
}

/* IP options may be read as one byte. */
static int give_int(const struct option *o, int value, void *out,
		    socklen_t *len)
{
	if (o->level == IPPROTO_IP && *len > 0 && *len < sizeof(int) &&
	    value >= 0 && value <= 255) {
		*(uint8_t *)out = (uint8_t)value;
		*len = 1;
		return 0;
	}
	return give(value, out, len);
}

/* Linux hands a level that nobody knows down to IPv4, which says EOPNOTSUPP
 * to a question, and IPv6, which says ENOPROTOOPT. */
static bool knows_level(const struct sock *s, int level)
{
	if (s->family == AF_INET6 || level == SOL_SOCKET || level == IPPROTO_IP)
		return true;
	return level == (s->conn ? IPPROTO_TCP : IPPROTO_UDP);
}

int sock_opt_get(struct sock *s, int level, int name, void *value,
		 socklen_t *len)
{
	const struct option *o = find(level, name);
	int number;
	int ret;

	if ((int)*len < 0)
		return -EINVAL;
	if (s->nl) {
		ret = sock_netlink_opt_get(s, level, name, value, len);
		if (ret != SOCK_NETLINK_OTHERS)
			return ret;
	}
	if (s->packet) {
		ret = sock_packet_opt_get(s, level, name, value, len);
		if (ret != SOCK_OPT_OTHERS)
			return ret;
	}
	ret = sock_opt_filter_get(s, level, name, value, len, &number);
	if (ret == SOCK_OPT_OTHERS)
		ret = sock_opt_raw_get(s, level, name, value, len, &number);
	if (ret != SOCK_OPT_OTHERS)
		return ret == SOCK_OPT_IS_INT ? give(number, value, len) : ret;
	ret = sock_opt_mcast_get(s, level, name, value, len);
	if (ret != SOCK_OPT_OTHERS)
		return ret;
	if (!knows_level(s, level))
		return -EOPNOTSUPP;
	if (level == IPPROTO_IPV6) {
		ret = sock_opt6_get(s, name, value, len, &number);
		return ret == SOCK_OPT_IS_INT ? give(number, value, len) : ret;
	}
	if (!o || (level == IPPROTO_TCP && !s->conn))
		return -ENOPROTOOPT;
	if (o->home == IN_CODE) {
		ret = sock_opt_special_get(s, level, name, value, len, &number);
		if (ret != SOCK_OPT_IS_INT)
			return ret;
	} else {
		ret = get_int(s, o, &number);
		if (ret < 0)
			return ret;
	}
	return give_int(o, number, value, len);
}

/* One byte, at either transport. */
static int set_both(struct sock *s, const struct option *o, int value)
{
	uint8_t byte = (uint8_t)value;
	bool is_tos = o->level == IPPROTO_IP && o->name == IP_TOS;

	if (s->conn) /* RFC 3168: the last two bits are TCP's */
		return tcp_set(s->conn, o->tcp, is_tos ? byte & 0xfc : byte);
	*(uint8_t *)at(s->pcb, o) = byte;
	return 0;
}

static int store(struct sock *s, const struct option *o, int value)
{
	switch (o->home) {
	case IN_SOCK_INT:
		*(int *)at(s, o) = value;
		return 0;
	case IN_SOCK_BOOL:
		*(bool *)at(s, o) = value != 0;
		return 0;
	case IN_PCB_BOOL:
		if (!s->pcb)
			return keep(s, o, value != 0);
		*(bool *)at(s->pcb, o) = value != 0;
		return 0;
	case IN_PCB_U8:
		if (!s->pcb)
			return -EINVAL;
		*(uint8_t *)at(s->pcb, o) = (uint8_t)value;
		return 0;
	case IN_BOTH_U8:
		return set_both(s, o, value);
	case IN_TCP:
		if (!s->conn)
			return keep(s, o, value != 0);
		return tcp_set(s->conn, o->tcp, value);
	case KEPT:
		return keep(s, o, value != 0);
	case IN_CODE:
		return 0;
	}
	return 0;
}

/* socket(7): at least one byte; Linux takes less than none for all. */
static int set_rcvlowat(struct sock *s, const struct option *o, int value)
{
	int ret = store(s, o, value < 0 ? INT32_MAX : MAX(value, 1));

	sock_note_special(s);
	return ret;
}

static int set_int(struct sock *s, const struct option *o, int value)
{
	for (size_t i = 0; value == -1 && i < ARRAY_LEN(defaults); i++)
		if (defaults[i].level == o->level &&
		    defaults[i].name == o->name)
			return store(s, o, defaults[i].value);
	if (value < o->low || value > o->high)
		return -EINVAL;
	if (o->level == SOL_SOCKET && o->name == SO_RCVLOWAT)
		return set_rcvlowat(s, o, value);
	return store(s, o, value);
}

/* setsockopt(2): an int; IP options take a single byte as well. */
static int take_int(int level, const void *value, socklen_t len, int *out)
{
	if (len >= sizeof(int)) {
		memcpy(out, value, sizeof(int));
		return 0;
	}
	if (level == IPPROTO_IP && len >= 1) {
		*out = *(const uint8_t *)value;
		return 0;
	}
	return -EINVAL;
}

int sock_opt_set(struct sock *s, int level, int name, const void *value,
		 socklen_t len)
{
	const struct option *o = find(level, name);
	int number = 0;
	int ret;

	if ((int)len < 0)
		return -EINVAL;
	if (s->nl) {
		ret = sock_netlink_opt_set(s, level, name, value, len);
		if (ret != SOCK_NETLINK_OTHERS)
			return ret;
	}
	if (s->packet) {
		ret = sock_packet_opt_set(s, level, name, value, len);
		if (ret != SOCK_OPT_OTHERS)
			return ret;
	}
	ret = sock_opt_filter_set(s, level, name, value, len);
	if (ret == SOCK_OPT_OTHERS)
		ret = sock_opt_raw_set(s, level, name, value, len);
	if (ret != SOCK_OPT_OTHERS)
		return ret;
	ret = sock_opt_mcast_set(s, level, name, value, len);
	if (ret != SOCK_OPT_OTHERS)
		return ret;
	if (!knows_level(s, level))
		return -ENOPROTOOPT;
	if (level == IPPROTO_IPV6) {
		ret = sock_opt6_set(s, name, value, len);
		sock_update(s, 0);
		return ret;
	}
	if (!o || (level == IPPROTO_TCP && !s->conn))
		return -ENOPROTOOPT;
	if (o->home == IN_CODE)
		ret = sock_opt_special_set(s, level, name, value, len);
	else {
		ret = take_int(level, value, len, &number);
		if (ret == 0)
			ret = set_int(s, o, number);
	}
	sock_update(s, 0);
	return ret;
}
