/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_opt6.c - the options of level IPPROTO_IPV6
 *
 * What this room is for
 *   Two tables: options that are on or off, a bit each; and those with a
 *   number. An AF_INET6 socket keeps them beside the options of IPv4, which
 *   hold for what it says to v4-mapped addresses; the transports are told
 *   which value to use for which family.
 *
 * Never      is asked about a socket of AF_INET: sock_opt.c refuses.
 * Lock       the stack lock is held.
 * Follows    ipv6(7), RFC 3493 5 and 6, RFC 3542 4 and 11, RFC 5014 4; where
 *            they are silent, Linux (sockopt_ipv6.c of the test-apps).
 */

#include "sock_opt_priv.h"

#include <errno.h>
#include <netinet/in.h>
#include <linux/in6.h>
#include <string.h>

#include "transport/udp_err.h"

enum {
	SMALLEST_MTU = 1280, /* RFC 8200 5 */
	PREFER_SOURCES = IPV6_PREFER_SRC_TMP | IPV6_PREFER_SRC_PUBLIC |
			 IPV6_PREFER_SRC_PUBTMP_DEFAULT,
};

/* What else a row says. */
enum flaw {
	STRICT,     /* at least an int, any value but 0 is on */
	LOOSE,      /* shorter values count as 0 */
	ZERO_OR_ONE /* anything else is -EINVAL */
};

static const struct {
	int name;
	enum sock_ip6_bit bit;
	enum flaw flaw;
} switches[] = {
	{IPV6_RECVPKTINFO, SOCK6_PKTINFO, STRICT},
	{IPV6_2292PKTINFO, SOCK6_OLD_PKTINFO, STRICT},
	{IPV6_RECVHOPLIMIT, SOCK6_HOPLIMIT, STRICT},
	{IPV6_2292HOPLIMIT, SOCK6_OLD_HOPLIMIT, STRICT},
	{IPV6_RECVTCLASS, SOCK6_TCLASS, STRICT},
	{IPV6_FLOWINFO, SOCK6_FLOWINFO, STRICT},
	{IPV6_FLOWINFO_SEND, SOCK6_FLOWINFO_SEND, STRICT},
	{IPV6_RECVRTHDR, SOCK6_RTHDR, STRICT},
	{IPV6_RECVHOPOPTS, SOCK6_HOPOPTS, STRICT},
	{IPV6_RECVDSTOPTS, SOCK6_DSTOPTS, STRICT},
	{IPV6_2292RTHDR, SOCK6_OLD_RTHDR, STRICT},
	{IPV6_2292HOPOPTS, SOCK6_OLD_HOPOPTS, STRICT},
	{IPV6_2292DSTOPTS, SOCK6_OLD_DSTOPTS, STRICT},
	{IPV6_RECVPATHMTU, SOCK6_PATHMTU, STRICT},
	{IPV6_RECVERR, SOCK6_RECVERR, STRICT},
	{IPV6_RECVERR_RFC4884, SOCK6_RECVERR_RFC4884, ZERO_OR_ONE},
	{IPV6_RECVORIGDSTADDR, SOCK6_ORIGDSTADDR, STRICT},
	{IPV6_RECVFRAGSIZE, SOCK6_FRAGSIZE, LOOSE},
	{IPV6_DONTFRAG, SOCK6_DONTFRAG, LOOSE},
	{IPV6_AUTOFLOWLABEL, SOCK6_AUTOFLOWLABEL, LOOSE},
	{IPV6_MULTICAST_LOOP, SOCK6_MULTICAST_LOOP, ZERO_OR_ONE},
	{IPV6_MULTICAST_ALL, SOCK6_MULTICAST_ALL, STRICT},
	{IPV6_FREEBIND, SOCK6_FREEBIND, STRICT},
	{IPV6_TRANSPARENT, SOCK6_TRANSPARENT, STRICT},
};

/* Where a number lives, and which are legal; -1 stands for `preset`. */
static const struct number {
	int name;
	size_t offset; /* of an int16_t in struct sock_ip6 */
	int low, high;
	int preset;
} numbers[] = {
	{IPV6_UNICAST_HOPS, offsetof(struct sock_ip6, hops), -1, 255, -1},
	{IPV6_MULTICAST_HOPS, offsetof(struct sock_ip6, multicast_hops), -1,
	 255, 1},
	{IPV6_TCLASS, offsetof(struct sock_ip6, tclass), -1, 255, 0},
	{IPV6_MTU_DISCOVER, offsetof(struct sock_ip6, pmtudisc), 0, 5, 0},
	{IPV6_MINHOPCOUNT, offsetof(struct sock_ip6, min_hops), 0, 255, 0},
};

static bool is_on(const struct sock *s, enum sock_ip6_bit bit)
{
	return s->ip6.on & 1u << bit;
}

void sock_opt6_init(struct sock *s)
{
	s->ip6 = (struct sock_ip6){
		.on = 1u << SOCK6_MULTICAST_LOOP | 1u << SOCK6_MULTICAST_ALL |
		      1u << SOCK6_AUTOFLOWLABEL,
		.hops = -1,
		.multicast_hops = 1,
		.pmtudisc = UDP_PMTUDISC_WANT,
	};
}

void sock_opt6_push(struct sock *s)
{
	const struct sock_ip6 *o = &s->ip6;
	uint8_t hops = (uint8_t)MAX(o->hops, 0);

	if (s->conn) {
		tcp_set_manner6(s->conn, (uint8_t)o->tclass, hops,
				(uint8_t)o->pmtudisc,
				!is_on(s, SOCK6_AUTOFLOWLABEL));
		tcp_prefer_public(s->conn,
				  o->preferences & IPV6_PREFER_SRC_PUBLIC);
		return;
	}
	if (s->pcb->v6.recverr && !is_on(s, SOCK6_RECVERR))
		udp_err_clear(s->pcb);
	if (!is_on(s, SOCK6_PATHMTU))
		s->pcb->narrow.mtu = 0;
	s->pcb->v6 = (struct udp_manner){
		.ttl = hops,
		.ttl_is_zero = o->hops == 0,
		.multicast_ttl = (uint8_t)o->multicast_hops,
		.tos = (uint8_t)o->tclass,
		.pmtudisc = (uint8_t)o->pmtudisc,
		.dont_fragment = is_on(s, SOCK6_DONTFRAG),
		.recverr = is_on(s, SOCK6_RECVERR),
		.multicast_loop = is_on(s, SOCK6_MULTICAST_LOOP),
		.multicast_all = is_on(s, SOCK6_MULTICAST_ALL),
		.no_flow_label = !is_on(s, SOCK6_AUTOFLOWLABEL),
		.tell_mtu = is_on(s, SOCK6_PATHMTU),
		.prefer_public = o->preferences & IPV6_PREFER_SRC_PUBLIC,
		.multicast_if = o->multicast_if,
	};
}

static const struct number *find_number(int name)
{
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		if (numbers[i].name == name)
			return &numbers[i];
	return NULL;
}

static int16_t *at(struct sock *s, const struct number *n)
{
	return (void *)((uintptr_t)&s->ip6 + n->offset);
}

/* RFC 5014, as Linux tells it: what is not set is the default, in words. */
static int preferences(const struct sock *s)
{
	int value = s->ip6.preferences;

	if (!(value & (IPV6_PREFER_SRC_TMP | IPV6_PREFER_SRC_PUBLIC)))
		value |= IPV6_PREFER_SRC_PUBTMP_DEFAULT;
	if (!(value & IPV6_PREFER_SRC_COA))
		value |= IPV6_PREFER_SRC_HOME;
	return value;
}

/* One bit of `mask` at most. */
static bool is_single(int value, int mask)
{
	value &= mask;
	return (value & (value - 1)) == 0;
}

static int set_preferences(struct sock *s, int value)
{
	const int home = IPV6_PREFER_SRC_HOME | IPV6_PREFER_SRC_COA;
	const int cga = IPV6_PREFER_SRC_CGA | IPV6_PREFER_SRC_NONCGA;

	if (!is_single(value, PREFER_SOURCES) || !is_single(value, home) ||
	    !is_single(value, cga))
		return -EINVAL;
	value &= IPV6_PREFER_SRC_TMP | IPV6_PREFER_SRC_PUBLIC |
		 IPV6_PREFER_SRC_COA;
	s->ip6.preferences = (uint16_t)value;
	return 0;
}

static bool is_connected(const struct sock *s)
{
	struct endpoint remote;

	if (!s->conn)
		return udp_is_connected(s->pcb);
	remote = tcp_remote(s->conn);
	return !inet_is_any(&remote.addr);
}

/* RFC 3542 11.3: the MTU with its destination. */
static int get_path_mtu(struct sock *s, void *value, socklen_t *len)
{
	struct ip6_mtuinfo info;
	int mtu, ret;

	if (*len < sizeof(info))
		return -EINVAL;
	if (!is_connected(s))
		return -ENOTCONN;
	ret = sock_opt_path_mtu(s, &mtu);
	if (ret < 0)
		return ret;
	memset(&info, 0, sizeof(info));
	info.ip6m_mtu = (uint32_t)mtu;
	return sock_opt_give(value, len, &info, sizeof(info));
}

int sock_opt6_get(struct sock *s, int name, void *value, socklen_t *len,
		  int *number)
{
	const struct number *n = find_number(name);

	for (size_t i = 0; i < ARRAY_LEN(switches); i++) {
		if (switches[i].name != name)
			continue;
		*number = is_on(s, switches[i].bit);
		return SOCK_OPT_IS_INT;
	}
	if (n) {
		*number = *at(s, n);
		if (name == IPV6_UNICAST_HOPS && *number < 0)
			*number = IP_TTL_DEFAULT;
		return SOCK_OPT_IS_INT;
	}
	switch (name) {
	case IPV6_V6ONLY:
		*number = s->v6only;
		return SOCK_OPT_IS_INT;
	case IPV6_MULTICAST_IF:
		*number = (int)s->ip6.multicast_if;
		return SOCK_OPT_IS_INT;
	case IPV6_UNICAST_IF:
		*number = (int)htonl(s->ip6.unicast_if);
		return SOCK_OPT_IS_INT;
	case IPV6_ADDR_PREFERENCES:
		*number = preferences(s);
		return SOCK_OPT_IS_INT;
	case IPV6_MTU:
		return is_connected(s) ? sock_opt_path_mtu(s, number)
				       : -ENOTCONN;
	case IPV6_PATHMTU:
		return get_path_mtu(s, value, len);
	default:
		return -ENOPROTOOPT;
	}
}

static int set_v6only(struct sock *s, int value)
{
	/* ipv6(7): not when it is bound. */
	if (s->conn ? tcp_local(s->conn).port : s->pcb->bind.key.lport)
		return -EINVAL;
	s->v6only = value != 0;
	sock_opt_apply_family(s);
	return 0;
}

/* RFC 3493 5.2: from now on it is an IPv4 socket. */
static int set_addrform(struct sock *s, int value)
{
	struct inet_addr to;

	if (value != AF_INET)
		return -EINVAL;
	if (!is_connected(s))
		return -ENOTCONN;
	to = s->conn ? tcp_remote(s->conn).addr : s->pcb->bind.key.remote;
	if (s->v6only || !inet_is4(&to))
		return -EADDRNOTAVAIL;
	s->family = AF_INET;
	sock_opt_apply_family(s);
	return 0;
}

static int set_interface(struct sock *s, uint32_t *out, uint32_t index,
			 int otherwise)
{
	if (index > s->stack->net.nifs)
		return otherwise;
	if (index && s->ifindex && index != s->ifindex)
		return -EINVAL;
	*out = index;
	return 0;
}

static int set_mtu(const struct sock *s, int value)
{
	(void)s;
	/* Deviation: Linux would send smaller fragments than it must. */
	return value == 0 || value >= SMALLEST_MTU ? 0 : -EINVAL;
}

static int set_one(struct sock *s, int name, int value, socklen_t len)
{
	switch (name) {
	case IPV6_V6ONLY:
		return set_v6only(s, value);
	case IPV6_ADDRFORM:
		return set_addrform(s, value);
	case IPV6_ADDR_PREFERENCES:
		return set_preferences(s, value);
	case IPV6_MTU:
		return set_mtu(s, value);
	case IPV6_UNICAST_IF:
		if (len != sizeof(value))
			return -EINVAL;
		return set_interface(s, &s->ip6.unicast_if,
				     ntohl((uint32_t)value), -EADDRNOTAVAIL);
	case IPV6_MULTICAST_IF:
		return set_interface(s, &s->ip6.multicast_if, (uint32_t)value,
				     -ENODEV);
	default:
		return -ENOPROTOOPT;
	}
}

/* Is it one of set_one()'s? */
static bool is_known(int name)
{
	static const int names[] = {IPV6_V6ONLY,           IPV6_ADDRFORM,
				    IPV6_ADDR_PREFERENCES, IPV6_MTU,
				    IPV6_UNICAST_IF,       IPV6_MULTICAST_IF};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i] == name)
			return true;
	return false;
}

static int set_number(struct sock *s, const struct number *n, int value)
{
	if (value < n->low || value > n->high)
		return -EINVAL;
	if (value == -1)
		value = n->preset;
	/* RFC 3168: the last two bits are TCP's. */
	if (n->name == IPV6_TCLASS && s->conn)
		value &= 0xfc;
	*at(s, n) = (int16_t)value;
	return 0;
}

static int set_switch(struct sock *s, size_t i, int value, socklen_t len)
{
	uint32_t mask = 1u << switches[i].bit;

	if (len < sizeof(value) && switches[i].flaw != LOOSE)
		return -EINVAL;
	if (switches[i].flaw == ZERO_OR_ONE && value != 0 && value != 1)
		return -EINVAL;
	s->ip6.on = value ? s->ip6.on | mask : s->ip6.on & ~mask;
	if (switches[i].bit == SOCK6_FREEBIND)
		s->freebind = value != 0;
	return 0;
}

/* RFC 3542 6.2: the source and the interface of all that follows. */
static int set_sticky(struct sock *s, const void *value, socklen_t len)
{
	struct in6_pktinfo info;

	if (len < sizeof(info))
		return -EINVAL;
	memcpy(&info, value, sizeof(info));
	if (s->ifindex && info.ipi6_ifindex != s->ifindex)
		return -EINVAL;
	memcpy(&s->ip6.sticky_src, &info.ipi6_addr, 16);
	s->ip6.sticky_if = info.ipi6_ifindex;
	return 0;
}

/* The options that are no int. */
static int set_other(struct sock *s, int name, const void *value, socklen_t len)
{
	switch (name) {
	case IPV6_PKTINFO:
		return set_sticky(s, value, len);
	case IPV6_FLOWLABEL_MGR: /* which writes to it, too */
		return flow_label_manage(s, (void *)(uintptr_t)value, len);
	default:
		return -ENOPROTOOPT;
	}
}

static bool is_for_datagrams(int name)
{
	return name == IPV6_MULTICAST_HOPS || name == IPV6_MULTICAST_IF;
}

int sock_opt6_set(struct sock *s, int name, const void *value, socklen_t len)
{
	const struct number *n = find_number(name);
	int number = 0;
	int ret;

	if (s->conn && is_for_datagrams(name))
		return -ENOPROTOOPT;
	ret = set_other(s, name, value, len);
	if (ret != -ENOPROTOOPT)
		return ret;
	if (len >= sizeof(number))
		memcpy(&number, value, sizeof(number));
	for (size_t i = 0; i < ARRAY_LEN(switches); i++) {
		if (switches[i].name != name)
			continue;
		ret = set_switch(s, i, number, len);
		sock_opt6_push(s);
		return ret;
	}
	if (len < sizeof(number))
		return n || is_known(name) ? -EINVAL : -ENOPROTOOPT;
	ret = n ? set_number(s, n, number) : set_one(s, name, number, len);
	sock_opt6_push(s);
	return ret;
}
