/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * arp.c - who has this IPv4 address on this Ethernet?
 *
 * What this room is for
 *   Turns ARP frames into facts for the neighbour cache, and answers the one
 *   question others may ask us. It remembers nothing itself.
 *
 * Comes in   eth.c hands over frames of type 0x0806; neigh.c asks us to ask.
 * Goes out   facts to neigh.c, sights of others to acd.c, questions and answers
 * to eth.c. Never      queues, ages or retries: that is neigh.c. Lock       the
 * stack lock is held. Follows    RFC 826; RFC 5227 2.1.1 for probes, 2.3 for
 * announcements.
 */
#define LOG_ROOM LOG_ROOM_ARP

#include "arp.h"

#include "acd.h"
#include "link/eth.h"
#include "ground/log.h"
#include "net.h"

static const struct eth_addr nobody;

static bool is_ip4_over_ethernet(const struct arp_wire *wire)
{
	return be16_get(wire->hw_type) == ARP_HW_ETHERNET &&
	       be16_get(wire->proto) == ETHERTYPE_IP4 &&
	       wire->hw_len == sizeof(struct eth_addr) &&
	       wire->proto_len == sizeof(struct ip4_addr);
}

/* Could a host that says this exist, and is it another than us? */
static bool is_possible_sender(const struct iface *ifp,
			       const struct arp_wire *msg,
			       const struct inet_addr *sender)
{
	if (eth_is_multicast(&msg->sender_mac) ||
	    eth_equal(&msg->sender_mac, &nobody) ||
	    eth_equal(&msg->sender_mac, &ifp->mac))
		return false;
	if (inet_is_any(sender))
		return true;
	return !inet_is_multicast(sender) && !inet_is_loopback(sender) &&
	       !iface_is_broadcast(ifp, sender);
}

static void send(struct iface *ifp, const struct arp_wire *msg,
		 const struct eth_addr *dst)
{
	struct tx t;
	int err;

	tx_init(&t);
	*(struct arp_wire *)tx_push(&t, sizeof(*msg)) = *msg;
	stats_add(&ifp->eng->stats, STAT_ARP_OUT, 1);
	err = eth_output(ifp, &t, dst, ETHERTYPE_ARP_FRAME);
	if (err < 0)
		log_debug("%s: ARP lost: %d", ifp->name, err);
}

static struct arp_wire compose(const struct iface *ifp, uint16_t op,
			       struct ip4_addr sender_ip)
{
	return (struct arp_wire){
		.hw_type = be16_make(ARP_HW_ETHERNET),
		.proto = be16_make(ETHERTYPE_IP4),
		.hw_len = sizeof(struct eth_addr),
		.proto_len = sizeof(struct ip4_addr),
		.op = be16_make(op),
		.sender_mac = ifp->mac,
		.sender_ip = sender_ip,
	};
}

static enum verdict send_reply(struct iface *ifp, const struct arp_wire *asked)
{
	struct arp_wire msg = compose(ifp, ARP_OP_REPLY, asked->target_ip);

	msg.target_mac = asked->sender_mac;
	msg.target_ip = asked->sender_ip;
	send(ifp, &msg, &asked->sender_mac);
	return DONE;
}

enum verdict arp_input(struct iface *ifp, struct pkt *p)
{
	const struct arp_wire *msg = pkt_pull(p, sizeof(*msg));
	struct inet_addr sender, target;
	uint16_t op;

	stats_add(&ifp->eng->stats, STAT_ARP_IN, 1);
	if (!msg)
		return DROP_ARP_SHORT;
	if (!is_ip4_over_ethernet(msg))
		return DROP_ARP_FORMAT;
	op = be16_get(msg->op);
	if (op != ARP_OP_REQUEST && op != ARP_OP_REPLY)
		return DROP_ARP_OPCODE;
	sender = inet_from4(msg->sender_ip);
	target = inet_from4(msg->target_ip);
	if (!is_possible_sender(ifp, msg, &sender))
		return DROP_ARP_SENDER;
	/* Somebody else uses our address, or wants it, too: learn nothing. */
	if (acd_on_sender(ifp, &sender, &msg->sender_mac))
		return DROP_ARP_CONFLICT;
	if (op == ARP_OP_REQUEST && inet_is_any(&sender) &&
	    acd_on_probe(ifp, &target, &msg->sender_mac))
		return DROP_ARP_CONFLICT;

	/*
	 * RFC 826, in its order: refresh what we already know, then ask
	 * whether this is for us, and only then learn. Learning first would
	 * let any frame on the wire fill our cache.
	 */
	if (op == ARP_OP_REPLY && iface_owns(ifp, &target)) {
		neigh_confirm(&ifp->neigh, &sender, &msg->sender_mac);
		return DONE;
	}
	neigh_refresh(&ifp->neigh, &sender, &msg->sender_mac);
	if (op == ARP_OP_REPLY || !iface_owns(ifp, &target))
		return DROP_ARP_NOT_OURS;

	/* A probe has no sender address yet: answer it, learn nothing. Who has
	 * only last words to say does not keep the address from others. */
	if (inet_is_any(&sender) && ifp->net->is_leaving)
		return DROP_ARP_NOT_OURS;
	if (!inet_is_any(&sender))
		neigh_learn(&ifp->neigh, &sender, &msg->sender_mac);
	return send_reply(ifp, msg);
}

void arp_request(struct iface *ifp, const struct inet_addr *target,
		 const struct eth_addr *known)
{
	const struct inet_addr *ours = iface_source_for(ifp, target);
	struct arp_wire msg;

	/* Without an address of our own nobody could answer. */
	if (!ours)
		return;
	msg = compose(ifp, ARP_OP_REQUEST, inet_to4(ours));
	msg.target_ip = inet_to4(target);
	send(ifp, &msg, known ? known : &ETH_BROADCAST);
}

void arp_probe(struct iface *ifp, const struct inet_addr *target)
{
	struct arp_wire msg =
		compose(ifp, ARP_OP_REQUEST, ip4_make(0, 0, 0, 0));

	msg.target_ip = inet_to4(target);
	send(ifp, &msg, &ETH_BROADCAST);
}

void arp_announce(struct iface *ifp, const struct inet_addr *ours)
{
	struct arp_wire msg;

	if (!inet_is4(ours))
		return;
	msg = compose(ifp, ARP_OP_REQUEST, inet_to4(ours));
	msg.target_ip = inet_to4(ours);
	send(ifp, &msg, &ETH_BROADCAST);
}
