/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * filter.c - a program's filter, on a packet that is about to be its
 *
 * What this room is for
 *   See filter.h. The link header is not told of: a packet may have been put
 *   together from fragments, and has none then.
 *
 * Lock       the stack lock is held.
 */
#include "filter.h"

#include "link/wire.h"

/* PACKET_HOST, PACKET_MULTICAST; ARPHRD_ETHER, ARPHRD_LOOPBACK. */
enum { TO_US = 0, TO_GROUP = 2, ETHERNET = 1, LOOPBACK = 772 };

bool filter_takes(const struct bpf *f, struct iface *ifp, struct pkt *p,
		  size_t at_least)
{
	bool is6 = p->l3[0] >> 4 == 6;
	struct bpf_view v = {
		.data = p->data,
		.len = p->len,
		.net = p->l3,
		.protocol = is6 ? ETHERTYPE_IP6 : ETHERTYPE_IP4,
		.type = p->to_broadcast ? TO_GROUP : TO_US,
		.ifindex = ifp->index,
		.hardware = ifp->is_loopback ? LOOPBACK : ETHERNET,
		.random = rand_u32(&ifp->eng->rand),
	};
	size_t keep = bpf_run(f, &v);

	if (keep == 0)
		return false;
	keep = MAX(keep, at_least);
	if (keep < p->len)
		pkt_trim(p, keep);
	return true;
}
