/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * flow_label.c - flow labels that programs lease
 *
 * What this room is for
 *   See flow_label.h.
 *
 * Lock       the stack lock is held.
 */
#include "flow_label.h"

#include <errno.h>
#include <netinet/in.h>
#include <linux/in6.h>
#include <string.h>

#include "link/wire.h"
#include "sock.h"

static bool is_live(struct stack *st, const struct flow_lease *l)
{
	return l->owner && sock_find(st, l->owner);
}

/* The next lease of a label, by that socket or (NULL) by any. */
static struct flow_lease *find(struct stack *st, uint32_t label,
			       const struct sock *s)
{
	for (size_t i = 0; i < ARRAY_LEN(st->flow_leases); i++) {
		struct flow_lease *l = &st->flow_leases[i];

		if (l->label == label && is_live(st, l) &&
		    (!s || l->owner == s->id))
			return l;
	}
	return NULL;
}

/* Whom the label is shared with: others of the process, or of the user. */
static uint32_t user_of(const struct sock *s, uint8_t share)
{
	return share == IPV6_FL_S_USER ? s->uid : s->owner;
}

static int check(const struct sock *s, const struct in6_flowlabel_req *r,
		 const struct flow_lease *l)
{
	if (!l)
		return r->flr_flags & IPV6_FL_F_CREATE ? 0 : -ENOENT;
	if (r->flr_flags & IPV6_FL_F_EXCL)
		return -EEXIST;
	if (l->share == IPV6_FL_S_EXCL || l->share != r->flr_share)
		return -EPERM;
	if (l->share != IPV6_FL_S_ANY && l->user != user_of(s, l->share))
		return -EPERM;
	return 0;
}

static bool is_share(uint8_t share)
{
	return share == IPV6_FL_S_EXCL || share == IPV6_FL_S_PROCESS ||
	       share == IPV6_FL_S_USER || share == IPV6_FL_S_ANY;
}

/* A label that nobody has leased; never 0. */
static uint32_t choose(struct stack *st)
{
	uint32_t label;

	do
		label = rand_u32(&st->eng.rand) & IP6_FLOW_MASK;
	while (label == 0 || find(st, label, NULL));
	return label;
}

static int get(struct sock *s, struct in6_flowlabel_req *r)
{
	struct stack *st = s->stack;
	uint32_t label = ntohl(r->flr_label);
	int ret;

	if (r->flr_flags & IPV6_FL_F_REFLECT)
		return -EPERM; /* Linux: while labels are to be consistent */
	if (label & ~(uint32_t)IP6_FLOW_MASK)
		return -EINVAL;
	if (!is_share(r->flr_share))
		return -EINVAL;
	ret = check(s, r, label ? find(st, label, NULL) : NULL);
	if (ret < 0)
		return ret;
	for (size_t i = 0; i < ARRAY_LEN(st->flow_leases); i++) {
		struct flow_lease *l = &st->flow_leases[i];

		if (is_live(st, l))
			continue;
		l->owner = 0;
		l->label = label ? label : choose(st);
		l->share = r->flr_share;
		l->user = user_of(s, l->share);
		l->owner = s->id;
		r->flr_label = htonl(l->label);
		return 0;
	}
	return -ENOBUFS;
}

static int put_back(struct sock *s, uint32_t label)
{
	struct flow_lease *l = find(s->stack, label, s);

	if (!l)
		return -ESRCH;
	l->owner = 0;
	return 0;
}

int flow_label_manage(struct sock *s, void *value, uint32_t len)
{
	struct in6_flowlabel_req r;
	int ret;

	if (len < sizeof(r))
		return -EINVAL;
	memcpy(&r, value, sizeof(r));
	switch (r.flr_action) {
	case IPV6_FL_A_GET:
		ret = get(s, &r);
		/* The one that was chosen. */
		if (ret == 0)
			memcpy(value, &r, sizeof(r));
		return ret;
	case IPV6_FL_A_PUT:
		return put_back(s, ntohl(r.flr_label));
	case IPV6_FL_A_RENEW: /* it does not end before its socket */
		return find(s->stack, ntohl(r.flr_label), s) ? 0 : -ESRCH;
	default:
		return -EINVAL;
	}
}
