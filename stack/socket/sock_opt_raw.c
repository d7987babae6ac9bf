/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_opt_raw.c - options that only raw sockets have
 *
 * What this room is for
 *   ICMP_FILTER, ICMP6_FILTER, IP_HDRINCL, IPV6_CHECKSUM.
 *
 * Lock       the stack lock is held.
 * Follows    raw(7); RFC 3542 3.1, 3.2.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "sock_opt_priv.h"

/* As in <linux/icmp.h>, <linux/icmpv6.h>, <linux/socket.h>, whose other names
 * are those of wire.h. */
enum { FILTER_OF_ICMP = 1, FILTER_OF_ICMP6 = 1, LEVEL_RAW = 255 };

enum which { NONE, FILTER4, FILTER6, HEADER, CKSUM6 };

/* A level and a name mean something for one family and protocol only. */
static enum which which_of(const struct sock *s, int level, int name)
{
	bool is6 = s->family == AF_INET6;

	if (s->type != SOCK_RAW || !s->pcb)
		return NONE;
	if (level == LEVEL_RAW && name == FILTER_OF_ICMP && !is6 &&
	    s->protocol == IPPROTO_ICMP)
		return FILTER4;
	if (level == IPPROTO_ICMPV6 && name == FILTER_OF_ICMP6 && is6 &&
	    s->protocol == IPPROTO_ICMPV6)
		return FILTER6;
	if (level == IPPROTO_IP && name == IP_HDRINCL && !is6)
		return HEADER;
	if ((level == LEVEL_RAW || level == IPPROTO_IPV6) &&
	    name == IPV6_CHECKSUM && is6)
		return CKSUM6;
	return NONE;
}

int sock_opt_raw_get(struct sock *s, int level, int name, void *value,
		     socklen_t *len, int *number)
{
	switch (which_of(s, level, name)) {
	case FILTER4:
		return sock_opt_give(value, len, s->pcb->icmp_refused,
				     sizeof(s->pcb->icmp_refused[0]));
	case FILTER6:
		return sock_opt_give(value, len, s->pcb->icmp_refused,
				     sizeof(s->pcb->icmp_refused));
	case HEADER:
		*number = s->pcb->hdrincl;
		return SOCK_OPT_IS_INT;
	case CKSUM6:
		*number = s->pcb->cksum_at;
		return SOCK_OPT_IS_INT;
	case NONE:
		break;
	}
	return SOCK_OPT_OTHERS;
}

/* What a short value leaves out stays as it was. */
static int set_filter(struct sock *s, const void *value, size_t len)
{
	memcpy(s->pcb->icmp_refused, value, len);
	return 0;
}

/* RFC 3542 3.1: even, or -1 for none; ICMPv6's own is not to be moved. */
static int set_cksum(struct sock *s, int at)
{
	if (s->protocol == IPPROTO_ICMPV6)
		return at == s->pcb->cksum_at ? 0 : -EINVAL;
	if (at > INT16_MAX || (at > 0 && at & 1))
		return -EINVAL;
	s->pcb->cksum_at = (int16_t)MAX(at, -1);
	return 0;
}

int sock_opt_raw_set(struct sock *s, int level, int name, const void *value,
		     socklen_t len)
{
	enum which which = which_of(s, level, name);
	size_t size = len;
	int number = 0;

	if (which == NONE)
		return SOCK_OPT_OTHERS;
	if (which == FILTER4)
		return set_filter(s, value,
				  MIN(size, sizeof(s->pcb->icmp_refused[0])));
	if (which == FILTER6)
		return set_filter(s, value,
				  MIN(size, sizeof(s->pcb->icmp_refused)));
	if (size < sizeof(number))
		return -EINVAL;
	memcpy(&number, value, sizeof(number));
	if (which == CKSUM6)
		return set_cksum(s, number);
	s->pcb->hdrincl = number != 0;
	return 0;
}
