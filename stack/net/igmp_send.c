/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * igmp_send.c - IGMP messages on their way out
 *
 * What this room is for
 *   See igmp_send.h. A message that is lost here is said again by its
 *   repetition, or asked for by the next query.
 *
 * Comes in   igmp.c, when its timer has fired.
 * Goes out   ip.c.
 * Lock       the stack lock is held.
 * Proved by  igmp_test.c
 */
#define LOG_ROOM LOG_ROOM_IP

#include "igmp_send.h"

#include <string.h>

#include "link/cksum.h"
#include "link/iface.h"
#include "ip.h"
#include "ground/log.h"
#include "net.h"
#include "route.h"

enum {
	IGMP_TTL = 1, /* RFC 3376 4: never beyond the link */
	TOS_INTERNETWORK_CONTROL = 0xc0,
	/* In front: IPv4 with the router alert option. */
	IP_HEADER = sizeof(struct ip4_wire) + 4,
};

static const struct ip4_addr ALL_ROUTERS = {{224, 0, 0, 2}};
static const struct ip4_addr V3_ROUTERS = {{224, 0, 0, 22}};

/* RFC 3376 4.2.13: from 0.0.0.0 as long as there is no address. */
static void send(struct iface *ifp, struct ip4_addr to, const void *message,
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
			     .ttl = IGMP_TTL,
			     .tos = TOS_INTERNETWORK_CONTROL,
			     .router_alert = true,
			     .dont_fragment = true,
			     .path = &path};
	struct tx t;

	tx_init(&t);
	if (!tx_add(&t, message, len) || ip_output(ifp->net, &t, &how) < 0)
		log_debug("%s: IGMP message lost", ifp->name);
}

void igmp_report_init(struct igmp_report *r, struct iface *ifp)
{
	size_t mtu = MAX(ifp->mtu, (uint32_t)LIMIT_IP4_MTU_MIN);

	r->ifp = ifp;
	r->room = MIN(mtu - IP_HEADER, sizeof(r->bytes));
	r->len = 0;
	r->nrecords = 0;
}

void igmp_report_flush(struct igmp_report *r)
{
	struct igmp_report_wire head = {
		.type = IGMP_V3_REPORT,
		.nrecords = be16_make((uint16_t)r->nrecords),
	};

	if (r->nrecords == 0)
		return;
	memcpy(r->bytes, &head, sizeof(head));
	head.cksum = cksum(r->bytes, r->len);
	memcpy(r->bytes, &head, sizeof(head));
	send(r->ifp, V3_ROUTERS, r->bytes, r->len);
	r->len = 0;
	r->nrecords = 0;
}

void igmp_report_add(struct igmp_report *r, enum igmp_record_type type,
		     struct ip4_addr group, const struct ip4_addr *sources,
		     uint32_t nsources)
{
	struct igmp_record_wire record = {.type = (uint8_t)type,
					  .group = group};
	size_t one = nsources ? sizeof(*sources) : 0;
	size_t fits;

	do {
		if (r->len + sizeof(record) + one > r->room)
			igmp_report_flush(r);
		if (r->len == 0)
			r->len = sizeof(struct igmp_report_wire);
		fits = (r->room - r->len - sizeof(record)) / sizeof(*sources);
		fits = MIN(fits, (size_t)nsources);
		record.nsources = be16_make((uint16_t)fits);
		memcpy(r->bytes + r->len, &record, sizeof(record));
		r->len += sizeof(record);
		if (fits) {
			memcpy(r->bytes + r->len, sources,
			       fits * sizeof(*sources));
			sources += fits;
		}
		r->len += fits * sizeof(*sources);
		r->nrecords++;
		nsources -= (uint32_t)fits;
	} while (nsources > 0);
}

void igmp_send_one(struct iface *ifp, enum igmp_type type,
		   struct ip4_addr group)
{
	struct igmp_wire m = {.type = (uint8_t)type, .group = group};

	m.cksum = cksum(&m, sizeof(m));
	send(ifp, type == IGMP_V2_LEAVE ? ALL_ROUTERS : group, &m, sizeof(m));
}
