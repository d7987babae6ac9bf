/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_opt_mcast.c - the options that join, leave and filter groups
 *
 * What this room is for
 *   Three generations of them for the same few calls of udp_group.c: with an
 *   address for the interface (ip_mreq), with its index (ipv6_mreq), and for
 *   both families at once (MCAST_). What a struct must look like is checked
 *   here, with Linux's errors; the rest is checked there.
 *
 * Lock       the stack lock is held.
 * Follows    ip(7), ipv6(7), RFC 3678; where they are silent, Linux
 *            (mcast_options.c of the test-apps).
 * Proved by  sock_opt_mcast_test.c, ../../test-apps/mcast_options.c
 */

#include "sock_opt_priv.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "transport/udp_group.h"

/* Linux's optmem_max: a longer value is not even looked at. */
enum { LONGEST_VALUE = 131072 };

#define MSFILTER_HEAD offsetof(struct ip_msfilter, imsf_slist)
#define GROUP_HEAD offsetof(struct group_filter, gf_slist)

/* Which group, where. */
struct place {
	struct inet_addr group;
	uint32_t ifindex; /* 0: by the routes */
};

static struct inet_addr from_in(struct in_addr a)
{
	struct ip4_addr a4;

	memcpy(a4.b, &a, sizeof(a4));
	return inet_from4(a4);
}

/* False: it is of another family. */
static bool read_name(const struct sockaddr_storage *s, int level,
		      struct inet_addr *out)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (level == IPPROTO_IP) {
		memcpy(&in, s, sizeof(in));
		*out = from_in(in.sin_addr);
		return in.sin_family == AF_INET;
	}
	memcpy(&in6, s, sizeof(in6));
	memcpy(out, &in6.sin6_addr, sizeof(*out));
	return in6.sin6_family == AF_INET6;
}

static struct sockaddr_storage write_name(const struct inet_addr *a)
{
	struct sockaddr_storage s = {0};
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

	if (inet_is4(a)) {
		memcpy(&in.sin_addr, a->b + 12, sizeof(in.sin_addr));
		memcpy(&s, &in, sizeof(in));
	} else {
		memcpy(&in6.sin6_addr, a, sizeof(*a));
		memcpy(&s, &in6, sizeof(in6));
	}
	return s;
}

/* A group of this family? IPv4 ones are none of IPv6's. */
static bool is_group(int level, const struct inet_addr *g)
{
	return inet_is4(g) == (level == IPPROTO_IP) && inet_is_multicast(g);
}

/* --- IPv4, by an address -------------------------------------------------- */

/* Says where; `by` is an address of the interface. 0, -EINVAL, -ENODEV. */
static int place4(const struct sock *s, struct in_addr group, struct in_addr by,
		  int ifindex, struct place *p)
{
	struct ip_mreqn m = {group, by, ifindex};
	int index;

	p->group = from_in(group);
	if (!inet_is_multicast(&p->group))
		return -EINVAL;
	index = sock_opt_mreq_ifindex(s, &m);
	if (index < 0)
		return index;
	p->ifindex = (uint32_t)index;
	return 0;
}

static int membership4(struct sock *s, int name, const void *value,
		       socklen_t len)
{
	struct ip_mreqn m = {{0}, {0}, 0};
	struct place p;
	int ret;

	if (s->conn)
		return -EPROTO;
	if (len < sizeof(struct ip_mreq))
		return -EINVAL;
	memcpy(&m, value, sock_opt_mreq_size(len));
	ret = place4(s, m.imr_multiaddr, m.imr_address, m.imr_ifindex, &p);
	if (name == IP_ADD_MEMBERSHIP)
		return ret < 0 ? ret : udp_join(s->pcb, &p.group, p.ifindex);
	/* Linux looks for the membership only. */
	if (ret < 0)
		return -EADDRNOTAVAIL;
	return udp_leave(s->pcb, &p.group, p.ifindex);
}

static int source4(struct sock *s, enum udp_source_how how, const void *value,
		   socklen_t len)
{
	struct ip_mreq_source m;
	struct inet_addr source;
	struct place p;
	int ret;

	if (len != sizeof(m))
		return -EINVAL;
	memcpy(&m, value, sizeof(m));
	ret = place4(s, m.imr_multiaddr, m.imr_interface, 0, &p);
	if (ret < 0)
		return ret;
	source = from_in(m.imr_sourceaddr);
	return udp_source(s->pcb, how, &p.group, &source, p.ifindex);
}

/* The mode as a filter's; -EINVAL. */
static int read_mode(uint32_t mode, struct mcast_filter *f)
{
	if (mode != MCAST_INCLUDE && mode != MCAST_EXCLUDE)
		return -EINVAL;
	f->exclude = mode == MCAST_EXCLUDE;
	return 0;
}

static int set_filter4(struct sock *s, const void *value, socklen_t len)
{
	struct inet_addr list[LIMIT_MSF4];
	struct mcast_filter f = {.sources = list};
	struct ip_msfilter head;
	struct place p;
	int ret;

	if (len < MSFILTER_HEAD)
		return -EINVAL;
	memcpy(&head, value, MSFILTER_HEAD);
	if (len > LONGEST_VALUE || head.imsf_numsrc > LIMIT_MSF4)
		return -ENOBUFS;
	f.nsources = head.imsf_numsrc;
	if (MSFILTER_HEAD + f.nsources * sizeof(struct in_addr) > len)
		return -EINVAL;
	ret = place4(s, head.imsf_multiaddr, head.imsf_interface, 0, &p);
	if (ret == 0 || ret == -ENODEV)
		ret = read_mode(head.imsf_fmode, &f) < 0 ? -EINVAL : ret;
	if (ret < 0)
		return ret;
	for (uint32_t i = 0; i < f.nsources; i++) {
		struct in_addr a;

		memcpy(&a, (const char *)value + MSFILTER_HEAD + i * sizeof(a),
		       sizeof(a));
		list[i] = from_in(a);
	}
	return udp_set_filter(s->pcb, &p.group, p.ifindex, &f);
}

static int get_filter4(struct sock *s, void *value, socklen_t *len)
{
	const struct udp_member *m;
	struct ip_msfilter head;
	uint32_t room, n;
	struct place p;
	int ret;

	if (*len < MSFILTER_HEAD)
		return -EINVAL;
	memcpy(&head, value, MSFILTER_HEAD);
	ret = place4(s, head.imsf_multiaddr, head.imsf_interface, 0, &p);
	if (ret == 0)
		ret = udp_group_ifindex(s->pcb, &p.group, p.ifindex);
	if (ret < 0)
		return ret;
	m = udp_group_find(s->pcb, &p.group, (uint32_t)ret);
	if (!m)
		return -EADDRNOTAVAIL;
	room = (*len - (uint32_t)MSFILTER_HEAD) / sizeof(struct in_addr);
	n = MIN(MIN(room, head.imsf_numsrc), m->nsources);
	head.imsf_fmode = m->exclude ? MCAST_EXCLUDE : MCAST_INCLUDE;
	head.imsf_numsrc = m->nsources;
	memcpy(value, &head, MSFILTER_HEAD);
	for (uint32_t i = 0; i < n; i++)
		memcpy((char *)value + MSFILTER_HEAD + i * 4,
		       m->sources[i].b + 12, 4);
	*len = (socklen_t)(MSFILTER_HEAD + n * 4);
	return 0;
}

/* --- IPv6, by an index ---------------------------------------------------- */

static int membership6(struct sock *s, int name, const void *value,
		       socklen_t len)
{
	struct inet_addr group;
	struct ipv6_mreq m;

	if (len < sizeof(m))
		return -EINVAL;
	if (s->conn)
		return -EPROTO;
	memcpy(&m, value, sizeof(m));
	memcpy(&group, &m.ipv6mr_multiaddr, sizeof(group));
	if (!is_group(IPPROTO_IPV6, &group))
		return -EINVAL;
	if (name == IPV6_ADD_MEMBERSHIP)
		return udp_join(s->pcb, &group, m.ipv6mr_interface);
	return udp_leave(s->pcb, &group, m.ipv6mr_interface);
}

/* --- RFC 3678, of either family ------------------------------------------- */

static int membership(struct sock *s, int level, int name, const void *value,
		      socklen_t len)
{
	struct inet_addr group;
	struct group_req r;

	if (len < sizeof(r))
		return -EINVAL;
	memcpy(&r, value, sizeof(r));
	if (!read_name(&r.gr_group, level, &group))
		return level == IPPROTO_IP ? -EINVAL : -EADDRNOTAVAIL;
	if (name == MCAST_LEAVE_GROUP)
		return level == IPPROTO_IPV6 && !is_group(level, &group)
			       ? -EINVAL
			       : udp_leave(s->pcb, &group, r.gr_interface);
	if (!is_group(level, &group))
		return -EINVAL;
	return udp_join(s->pcb, &group, r.gr_interface);
}

static int source(struct sock *s, int level, enum udp_source_how how,
		  const void *value, socklen_t len)
{
	struct inet_addr group, from;
	struct group_source_req r;

	if (len < sizeof(r))
		return -EINVAL;
	memcpy(&r, value, sizeof(r));
	if (!read_name(&r.gsr_group, level, &group) ||
	    !read_name(&r.gsr_source, level, &from))
		return -EADDRNOTAVAIL;
	if (!is_group(level, &group))
		return -EINVAL;
	return udp_source(s->pcb, how, &group, &from, r.gsr_interface);
}

/* The list of a group_filter; Linux looks at its families in IPv4 only. */
static int read_list(int level, const char *at, uint32_t n,
		     struct inet_addr *list)
{
	struct sockaddr_storage one;

	for (uint32_t i = 0; i < n; i++) {
		memcpy(&one, at + i * sizeof(one), sizeof(one));
		if (!read_name(&one, level, &list[i]) && level == IPPROTO_IP)
			return -EADDRNOTAVAIL;
	}
	return 0;
}

static int set_filter(struct sock *s, int level, const void *value,
		      socklen_t len)
{
	uint32_t most = level == IPPROTO_IP ? LIMIT_MSF4 : LIMIT_MSF6;
	struct inet_addr list[LIMIT_MSF6], group;
	struct mcast_filter f = {.sources = list};
	struct group_filter head;
	int ret;

	if (len < GROUP_HEAD)
		return -EINVAL;
	memcpy(&head, value, GROUP_HEAD);
	if (len > LONGEST_VALUE || head.gf_numsrc > most)
		return -ENOBUFS;
	f.nsources = head.gf_numsrc;
	if (GROUP_HEAD + f.nsources * sizeof(struct sockaddr_storage) > len)
		return -EINVAL;
	if (!read_name(&head.gf_group, level, &group) && level == IPPROTO_IP)
		return -EADDRNOTAVAIL;
	ret = read_list(level, (const char *)value + GROUP_HEAD, f.nsources,
			list);
	if (ret < 0)
		return ret;
	if (!is_group(level, &group) || read_mode(head.gf_fmode, &f) < 0)
		return -EINVAL;
	return udp_set_filter(s->pcb, &group, head.gf_interface, &f);
}

static int get_filter(struct sock *s, int level, void *value, socklen_t *len)
{
	const size_t one = sizeof(struct sockaddr_storage);
	const struct udp_member *m;
	struct group_filter head;
	struct inet_addr group;
	uint32_t n;

	if (*len < GROUP_HEAD)
		return -EINVAL;
	memcpy(&head, value, GROUP_HEAD);
	if ((!read_name(&head.gf_group, level, &group) &&
	     level == IPPROTO_IP) ||
	    !is_group(level, &group))
		return -EINVAL;
	m = udp_group_find(s->pcb, &group, head.gf_interface);
	if (!m)
		return -EADDRNOTAVAIL;
	n = (uint32_t)MIN((*len - GROUP_HEAD) / one, (size_t)m->nsources);
	n = MIN(n, head.gf_numsrc);
	head.gf_fmode = m->exclude ? MCAST_EXCLUDE : MCAST_INCLUDE;
	head.gf_numsrc = m->nsources;
	memcpy(value, &head, GROUP_HEAD);
	for (uint32_t i = 0; i < n; i++) {
		struct sockaddr_storage a = write_name(&m->sources[i]);

		memcpy((char *)value + GROUP_HEAD + i * one, &a, one);
	}
	*len = (socklen_t)(GROUP_HEAD + n * one);
	return 0;
}

/* --- the doors ------------------------------------------------------------ */

/* SOCK_OPT_OTHERS: it is none of the options about sources. */
static int set_source(struct sock *s, int level, int name, const void *value,
		      socklen_t len)
{
	static const struct {
		int old, new;
		enum udp_source_how how;
	} names[] = {
		{IP_ADD_SOURCE_MEMBERSHIP, MCAST_JOIN_SOURCE_GROUP,
		 UDP_SOURCE_JOIN},
		{IP_DROP_SOURCE_MEMBERSHIP, MCAST_LEAVE_SOURCE_GROUP,
		 UDP_SOURCE_LEAVE},
		{IP_BLOCK_SOURCE, MCAST_BLOCK_SOURCE, UDP_SOURCE_BLOCK},
		{IP_UNBLOCK_SOURCE, MCAST_UNBLOCK_SOURCE, UDP_SOURCE_UNBLOCK},
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (level == IPPROTO_IP && names[i].old == name)
			return source4(s, names[i].how, value, len);
		if (names[i].new == name)
			return source(s, level, names[i].how, value, len);
	}
	return SOCK_OPT_OTHERS;
}

static bool is_join(int level, int name)
{
	if (level == IPPROTO_IP)
		return name == IP_ADD_MEMBERSHIP || name == IP_DROP_MEMBERSHIP;
	return name == IPV6_ADD_MEMBERSHIP || name == IPV6_DROP_MEMBERSHIP;
}

/* Numbers that both levels use for groups; those of IPv4 alone. */
static bool is_ours(const struct sock *s, int level, int name)
{
	if (s->nl || (level != IPPROTO_IP && level != IPPROTO_IPV6) ||
	    (level == IPPROTO_IPV6 && s->family != AF_INET6))
		return false;
	if (is_join(level, name) ||
	    (name >= MCAST_JOIN_GROUP && name <= MCAST_MSFILTER))
		return true;
	return level == IPPROTO_IP && name >= IP_UNBLOCK_SOURCE &&
	       name <= IP_MSFILTER;
}

int sock_opt_mcast_set(struct sock *s, int level, int name, const void *value,
		       socklen_t len)
{
	int ret;

	if (!is_ours(s, level, name))
		return SOCK_OPT_OTHERS;
	if (is_join(level, name))
		return level == IPPROTO_IP ? membership4(s, name, value, len)
					   : membership6(s, name, value, len);
	/* Deviation: Linux lets streams join with the newer options. */
	if (!s->pcb)
		return -EPROTO;
	ret = set_source(s, level, name, value, len);
	if (ret != SOCK_OPT_OTHERS)
		return ret;
	if (name == MCAST_MSFILTER)
		return set_filter(s, level, value, len);
	if (name == IP_MSFILTER && level == IPPROTO_IP)
		return set_filter4(s, value, len);
	return membership(s, level, name, value, len);
}

int sock_opt_mcast_get(struct sock *s, int level, int name, void *value,
		       socklen_t *len)
{
	if (!is_ours(s, level, name))
		return SOCK_OPT_OTHERS;
	if (!s->pcb)
		return -ENOPROTOOPT;
	if (name == MCAST_MSFILTER)
		return get_filter(s, level, value, len);
	if (name == IP_MSFILTER && level == IPPROTO_IP)
		return get_filter4(s, value, len);
	return -ENOPROTOOPT;
}
