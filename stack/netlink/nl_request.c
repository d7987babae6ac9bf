/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nl_request.c - what programs ask of the stack over netlink, and the answers
 *
 * What this room is for
 *   See nl_request.h. The table says who answers what; a type that is not in
 *   it is EOPNOTSUPP, as in a kernel without that feature.
 *
 * Lock       the stack lock is held.
 * Follows    netlink(7); RFC 3549 2.3.
 */
#include "nl_request.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <string.h>

#include "nl_addr.h"
#include "nl_diag.h"
#include "nl_link.h"
#include "nl_neigh.h"
#include "nl_route.h"

enum { FAMILY_MAX = 129 /* Linux: RTNL_FAMILY_MAX */ };

/* Who answers a type of request. */
struct answerer {
	int protocol;
	uint16_t type;
	int (*change)(struct nl_ask *ask);
	int (*get)(struct nl_ask *ask, struct nl_buf *out);
	/* The next piece: true when it was the last. `may_dump`, if there is
	 * one, has seen the request before. */
	bool (*dump)(struct nl_ask *ask, struct nl_cursor *c,
		     struct nl_buf *out);
	int (*may_dump)(struct nl_ask *ask);
};

static const struct answerer answerers[] = {
	{NETLINK_ROUTE, RTM_GETLINK, NULL, nl_link_get, nl_link_dump, NULL},
	{NETLINK_ROUTE, RTM_NEWLINK, nl_link_change, NULL, NULL, NULL},
	{NETLINK_ROUTE, RTM_SETLINK, nl_link_change, NULL, NULL, NULL},
	{NETLINK_ROUTE, RTM_GETNSID, NULL, nl_link_get_nsid, nl_link_dump_nsid,
	 NULL},
	{NETLINK_ROUTE, RTM_GETADDR, NULL, NULL, nl_addr_dump, NULL},
	{NETLINK_ROUTE, RTM_NEWADDR, nl_addr_add, NULL, NULL, NULL},
	{NETLINK_ROUTE, RTM_DELADDR, nl_addr_delete, NULL, NULL, NULL},
	{NETLINK_ROUTE, RTM_GETROUTE, NULL, nl_route_get, nl_route_dump, NULL},
	{NETLINK_ROUTE, RTM_NEWROUTE, nl_route_add, NULL, NULL, NULL},
	{NETLINK_ROUTE, RTM_DELROUTE, nl_route_delete, NULL, NULL, NULL},
	{NETLINK_ROUTE, RTM_GETRULE, NULL, NULL, nl_route_dump_rules, NULL},
	{NETLINK_ROUTE, RTM_GETNEIGH, NULL, nl_neigh_get, nl_neigh_dump, NULL},
	{NETLINK_ROUTE, RTM_NEWNEIGH, nl_neigh_add, NULL, NULL, NULL},
	{NETLINK_ROUTE, RTM_DELNEIGH, nl_neigh_delete, NULL, NULL, NULL},
	{NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, NULL, nl_diag_get,
	 nl_diag_dump, nl_diag_check},
	{NETLINK_SOCK_DIAG, SOCK_DESTROY, nl_diag_destroy, NULL, NULL, NULL},
};

static const struct answerer *find(int protocol, uint16_t type)
{
	for (size_t i = 0; i < ARRAY_LEN(answerers); i++)
		if (answerers[i].protocol == protocol &&
		    answerers[i].type == type)
			return &answerers[i];
	return NULL;
}

/* NLMSG_ERROR: an error, or with 0 an acknowledgement. */
static void put_error(const struct nl_manner *m, const struct nl_ask *ask,
		      int error, struct nl_buf *out)
{
	bool is_short = error == 0 || m->cap_ack;
	bool has_words = m->ext_ack && ask->why;
	struct nlmsghdr quoted = *ask->h;
	uint16_t flags = 0;

	if (is_short)
		flags |= NLM_F_CAPPED;
	if (has_words)
		flags |= NLM_F_ACK_TLVS;
	nl_begin(out, NLMSG_ERROR, flags, ask->h->nlmsg_seq, m->pid, &error,
		 sizeof(error));
	nl_put_raw(out, &quoted, sizeof(quoted));
	if (!is_short)
		nl_put_raw(out, ask->h + 1, ask->h->nlmsg_len - sizeof(quoted));
	if (has_words)
		nl_put_text(out, NLMSGERR_ATTR_MSG, ask->why);
	nl_end(out);
}

/* Keeps the request; its pieces are written by nl_request_go_on(). */
static int begin_dump(struct nl_ask *ask, const struct answerer *who,
		      struct nl_dump *dump)
{
	int ret = who->may_dump ? who->may_dump(ask) : 0;
	uint8_t *family;

	if (ret < 0)
		return ret;
	if (dump->is_active)
		return -EBUSY;
	if (ask->h->nlmsg_len > sizeof(dump->request))
		return -EMSGSIZE;
	memset(dump, 0, sizeof(*dump));
	memcpy(dump->request, ask->h, ask->h->nlmsg_len);
	/* rtnetlink: a family beyond all means every one (pyroute2: 255). */
	family = dump->request + sizeof(struct nlmsghdr);
	if (ask->h->nlmsg_len > sizeof(struct nlmsghdr) && *family > FAMILY_MAX)
		*family = AF_UNSPEC;
	dump->pid = ask->pid;
	dump->strict = ask->strict;
	dump->is_active = true;
	return 0;
}

static int answer(struct nl_ask *ask, const struct answerer *who,
		  struct nl_dump *dump, struct nl_buf *out)
{
	if (!who)
		return -EOPNOTSUPP;
	if (who->change)
		return who->change(ask);
	if (ask->h->nlmsg_flags & NLM_F_DUMP)
		return who->dump ? begin_dump(ask, who, dump) : -EOPNOTSUPP;
	return who->get ? who->get(ask, out) : -EOPNOTSUPP;
}

static void handle(struct stack *st, const struct nl_manner *m,
		   const struct nlmsghdr *h, struct nl_dump *dump,
		   struct nl_buf *out)
{
	struct nl_ask ask = {
		.st = st, .h = h, .pid = m->pid, .strict = m->strict};
	bool had_dump = dump->is_active;
	int ret = 0;

	if (!(h->nlmsg_flags & NLM_F_REQUEST))
		return;
	if (h->nlmsg_type >= NLMSG_MIN_TYPE)
		ret = answer(&ask, find(m->protocol, h->nlmsg_type), dump, out);
	/* A dump's end says how it went. */
	if (ret == 0 && !had_dump && dump->is_active)
		return;
	if (ret < 0 || h->nlmsg_flags & NLM_F_ACK)
		put_error(m, &ask, ret, out);
}

int nl_request(struct stack *st, const struct nl_manner *m, const void *data,
	       size_t len, struct nl_dump *dump, struct nl_buf *out)
{
	const struct nlmsghdr *h;
	const uint8_t *at = data;

	while ((h = nl_next(&at, &len)))
		handle(st, m, h, dump, out);
	return out->is_packed ? -ENOBUFS : 0;
}

void nl_request_go_on(struct stack *st, const struct nl_manner *m,
		      struct nl_dump *dump, struct nl_buf *out)
{
	const struct nlmsghdr *h = (const void *)dump->request;
	const struct answerer *who = find(m->protocol, h->nlmsg_type);
	struct nl_ask ask = {.st = st,
			     .h = h,
			     .pid = dump->pid,
			     .strict = dump->strict,
			     .flags = NLM_F_MULTI};
	int status = 0;

	if (!who || who->dump(&ask, &dump->cursor, out)) {
		nl_begin(out, NLMSG_DONE, NLM_F_MULTI, h->nlmsg_seq, dump->pid,
			 &status, sizeof(status));
		dump->is_active = !nl_end(out);
	}
}
