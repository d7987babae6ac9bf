/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * mcast_send.c - what is said about groups, in the words of IGMP and MLD
 *
 * What this room is for
 *   See mcast_send.h. A message that is lost here is said again by its
 *   repetition, or asked for by the next query.
 *
 * Comes in   mcast.c, when its timer has fired.
 * Goes out   ip.c, icmp6.c.
 * Lock       the stack lock is held.
 * Proved by  igmp_test.c, mld_test.c
 */
#define LOG_ROOM LOG_ROOM_IP

#include "mcast_send.h"

#include <string.h>

#include "link/cksum.h"
#include "icmp6.h"
#include "link/iface.h"
#include "ip.h"
#include "ground/log.h"
#include "net.h"
#include "route.h"

enum {
	ONE_HOP = 1, /* RFC 3376 4, RFC 3810 5: never beyond the link */
	TOS_INTERNETWORK_CONTROL = 0xc0,
	/* In front: IPv4 with the router alert option; IPv6 with it in a
	 * header of hop-by-hop options. */
	IP4_HEADER = sizeof(struct ip4_wire) + 4,
	IP6_HEADER = sizeof(struct ip6_wire) + 8,
};

static const struct ip4_addr ALL_ROUTERS4 = {{224, 0, 0, 2}};
static const struct ip4_addr V3_ROUTERS4 = {{224, 0, 0, 22}};
static const struct inet_addr ALL_ROUTERS6 = {{0xff, 2, [15] = 2}};
static const struct inet_addr V2_ROUTERS6 = {{0xff, 2, [15] = 22}};

/* Next header, length; router alert for MLD (RFC 2711 2.1); PadN. */
static const uint8_t ALERT6[8] = {
	IP_PROTO_ICMP6, 0, IP6_OPT_ROUTER_ALERT, 2, 0, 0, IP6_OPT_PADN, 0};

static size_t address_len(const struct mcast_report *r)
{
	return r->is4 ? sizeof(struct ip4_addr) : sizeof(struct inet_addr);
}

static size_t record_len(const struct mcast_report *r)
{
	return sizeof(struct mcast_record_wire) + address_len(r);
}

/* RFC 3376 4.2.13: from 0.0.0.0 as long as there is no address. */
static void send4(struct iface *ifp, struct ip4_addr to, const void *message,
		  size_t len)
{
	struct inet_addr dst = inet_from4(to);
	const struct inet_addr *ours = iface_source_for(ifp, &dst);
	struct path path = {.ifp = ifp,
			    .next_hop = dst,
			    .source = ours ? *ours
					   : inet_from4(ip4_make(0, 0, 0, 0)),
			    .mtu = ifp->mtu};
	struct ip_how how = {.src = path.source,
			     .dst = dst,
			     .proto = IP_PROTO_IGMP,
			     .ttl = ONE_HOP,
			     .tos = TOS_INTERNETWORK_CONTROL,
			     .router_alert = true,
			     .dont_fragment = true,
			     .path = &path};
	struct tx t;

	tx_init(&t);
	if (!tx_add(&t, message, len) || ip_output(ifp->net, &t, &how) < 0)
		log_debug("%s: IGMP message lost", ifp->name);
}

/* RFC 3590 4: from :: as long as no link-local address is certain. */
static void send6(struct iface *ifp, const struct inet_addr *dst,
		  const void *message, size_t len)
{
	const struct inet_addr *ours = iface_certain_link_local(ifp);
	struct path path = {.ifp = ifp, .next_hop = *dst, .mtu = ifp->mtu};
	struct ip_how how = {.dst = *dst,
			     .proto = IP_PROTO_ICMP6,
			     .ttl = ONE_HOP,
			     .no_flow_label = true,
			     .from_nobody = !ours,
			     .dont_fragment = true,
			     .path = &path,
			     .ext = ALERT6,
			     .ext_len = sizeof(ALERT6),
			     .ext_first = IP6_NEXT_HOP_BY_HOP};
	struct icmp6_wire head;
	struct tx t;

	if (ours)
		how.src = path.source = *ours;
	tx_init(&t);
	memcpy(&head, message, sizeof(head));
	memcpy(tx_push(&t, sizeof(head)), &head, sizeof(head));
	if ((len > sizeof(head) &&
	     !tx_add(&t, (const uint8_t *)message + sizeof(head),
		     len - sizeof(head))) ||
	    icmp6_output(ifp->net, &t, &how) < 0)
		log_debug("%s: MLD message lost", ifp->name);
}

/* --- reports -------------------------------------------------------------- */

void mcast_report_init(struct mcast_report *r, struct iface *ifp, bool is4)
{
	size_t least = is4 ? LIMIT_IP4_MTU_MIN : LIMIT_IP6_MTU_MIN;
	size_t mtu = MAX((size_t)ifp->mtu, least);

	r->ifp = ifp;
	r->is4 = is4;
	r->room = MIN(mtu - (is4 ? IP4_HEADER : IP6_HEADER), sizeof(r->bytes));
	r->len = 0;
	r->nrecords = 0;
}

void mcast_report_flush(struct mcast_report *r)
{
	struct mcast_report_wire head = {
		.type = r->is4 ? (uint8_t)IGMP_V3_REPORT
			       : (uint8_t)ICMP6_MLD2_REPORT,
		.nrecords = be16_make((uint16_t)r->nrecords),
	};

	if (r->nrecords == 0)
		return;
	memcpy(r->bytes, &head, sizeof(head));
	if (r->is4) {
		head.cksum = cksum(r->bytes, r->len);
		memcpy(r->bytes, &head, sizeof(head));
		send4(r->ifp, V3_ROUTERS4, r->bytes, r->len);
	} else {
		send6(r->ifp, &V2_ROUTERS6, r->bytes, r->len);
	}
	r->len = 0;
	r->nrecords = 0;
}

static void append(struct mcast_report *r, const struct inet_addr *a)
{
	size_t n = address_len(r);

	memcpy(r->bytes + r->len, a->b + sizeof(a->b) - n, n);
	r->len += n;
}

static void start_record(struct mcast_report *r)
{
	struct mcast_record_wire record = {.type = (uint8_t)r->type};

	if (r->len == 0)
		r->len = sizeof(struct mcast_report_wire);
	r->record_at = r->len;
	memcpy(r->bytes + r->len, &record, sizeof(record));
	r->len += sizeof(record);
	append(r, &r->group);
	r->nrecords++;
}

void mcast_report_add(struct mcast_report *r, enum mcast_record_type type,
		      const struct inet_addr *group, uint32_t nsources)
{
	size_t len = record_len(r) + nsources * address_len(r);

	if (r->len > 0 && r->len + len > r->room)
		mcast_report_flush(r);
	r->type = type;
	r->group = *group;
	start_record(r);
}

/*
 * RFC 3376 4.2.16, RFC 3810 5.2.15: a list that is too long for a packet goes
 * in several; but a list of what is not wanted is cut, for the second part
 * would take the first part's place.
 */
void mcast_report_source(struct mcast_report *r, const struct inet_addr *source)
{
	struct mcast_record_wire *record;

	if (r->len + address_len(r) > r->room) {
		if (r->type == MCAST_IS_EXCLUDE || r->type == MCAST_TO_EXCLUDE)
			return;
		mcast_report_flush(r);
		start_record(r);
	}
	append(r, source);
	record = (void *)(r->bytes + r->record_at);
	record->nsources =
		be16_make((uint16_t)(be16_get(record->nsources) + 1));
}

/* --- older versions ------------------------------------------------------- */

static void send_old4(struct iface *ifp, enum mcast_old what,
		      struct ip4_addr group)
{
	static const uint8_t types[] = {
		[MCAST_OLD_V1_REPORT] = IGMP_V1_REPORT,
		[MCAST_OLD_REPORT] = IGMP_V2_REPORT,
		[MCAST_OLD_LEAVE] = IGMP_V2_LEAVE,
	};
	struct igmp_wire m = {.type = types[what], .group = group};

	m.cksum = cksum(&m, sizeof(m));
	send4(ifp, what == MCAST_OLD_LEAVE ? ALL_ROUTERS4 : group, &m,
	      sizeof(m));
}

static void send_old6(struct iface *ifp, enum mcast_old what,
		      const struct inet_addr *group)
{
	bool is_leave = what == MCAST_OLD_LEAVE;
	struct mld_wire m = {.icmp.type = is_leave ? ICMP6_MLD_DONE
						   : ICMP6_MLD_REPORT,
			     .group = *group};

	send6(ifp, is_leave ? &ALL_ROUTERS6 : group, &m, sizeof(m));
}

void mcast_send_old(struct iface *ifp, enum mcast_old what,
		    const struct inet_addr *group)
{
	if (inet_is4(group))
		send_old4(ifp, what, inet_to4(group));
	else
		send_old6(ifp, what, group);
}
