/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * drop.h - the dictionary of reasons a packet is refused
 *
 * What this room is for
 *   Input functions answer with a verdict: the packet was taken, or is done
 *   with, or is refused for one of these reasons. One line per reason; a new
 *   reason is a line here and nothing else.
 */
#ifndef STACK_DROP_H
#define STACK_DROP_H

#include "base.h"

#define DROP_LIST(X)                                                           \
	X(LINK_SHORT, "frame shorter than an Ethernet header")                 \
	X(LINK_OFFLOAD, "offload header contradicts the frame")                \
	X(LINK_DOWN, "the interface was set down")                             \
	X(ETH_NOT_OURS, "unicast to another station")                          \
	X(ETH_TYPE, "EtherType nobody handles")                                \
	X(ETH_SOURCE, "multicast source address")                              \
	X(ARP_SHORT, "ARP message truncated")                                  \
	X(ARP_FORMAT, "ARP for other hardware or protocol")                    \
	X(ARP_NOT_OURS, "ARP for another host")                                \
	X(ARP_OPCODE, "ARP operation unknown")                                 \
	X(ARP_SENDER, "ARP sender address impossible")                         \
	X(ARP_CONFLICT, "ARP from another host with our address")              \
	X(NEIGH_FULL, "neighbour's waiting queue full")                        \
	X(NEIGH_UNREACHABLE, "neighbour did not answer")                       \
	X(IP_SHORT, "IPv4 header truncated")                                   \
	X(IP_VERSION, "not IP version 4")                                      \
	X(IP_HEADER_LENGTH, "IPv4 header length impossible")                   \
	X(IP_TOTAL_LENGTH, "IPv4 total length beyond the frame")               \
	X(IP_CHECKSUM, "IPv4 header checksum wrong")                           \
	X(IP_OPTION, "IPv4 option malformed")                                  \
	X(IP_SOURCE_ROUTE, "IPv4 source route")                                \
	X(IP_SOURCE, "IPv4 source address impossible")                         \
	X(IP_NOT_OURS, "IPv4 destination is another host")                     \
	X(IP_OTHER_LINK, "IPv4 destination is our address on another link")    \
	X(IP_LOOPBACK, "loopback address on the wire")                         \
	X(IP_PROTOCOL, "IPv4 protocol nobody handles")                         \
	X(IP_TTL, "time to live is zero")                                      \
	X(IP6_SHORT, "IPv6 header truncated")                                  \
	X(IP6_VERSION, "not IP version 6")                                     \
	X(IP6_LENGTH, "IPv6 payload length beyond the frame")                  \
	X(IP6_SOURCE, "IPv6 source address impossible")                        \
	X(IP6_NOT_OURS, "IPv6 destination is another host or group")           \
	X(IP6_OTHER_LINK, "IPv6 destination is our address on another link")   \
	X(IP6_LOOPBACK, "IPv6 loopback address on the wire")                   \
	X(IP6_EXTENSION, "IPv6 extension header malformed or out of place")    \
	X(IP6_OPTION, "IPv6 option malformed, or asks to be refused")          \
	X(IP6_ROUTING, "IPv6 routing header with segments left")               \
	X(IP6_PROTOCOL, "IPv6 next header nobody handles")                     \
	X(ND_HOPS, "neighbour discovery from beyond the link")                 \
	X(ND_FORMAT, "neighbour discovery message malformed")                  \
	X(ND_NOT_OURS, "neighbour discovery for another host")                 \
	X(ND_LOOPED, "our own neighbour solicitation came back")               \
	X(ND_CONFLICT, "another host advertises our address")                  \
	X(REASM_BOUNDS, "fragment beyond 65535 bytes or not a multiple of 8")  \
	X(REASM_OVERLAP, "fragments overlap")                                  \
	X(REASM_FULL, "too many datagrams or fragments waiting")               \
	X(REASM_TIMEOUT, "fragments missing for too long")                     \
	X(FORWARD_LINK, "for another host, by a link-layer broadcast")         \
	X(FORWARD_DESTINATION, "destination that is never forwarded to")       \
	X(FORWARD_SOURCE, "source that is never forwarded from")               \
	X(FORWARD_REVERSE, "source whose way back is another link")            \
	X(FORWARD_HOPS, "its last hop was ours")                               \
	X(FORWARD_ROUTE, "no route to forward by")                             \
	X(FORWARD_SIZE, "too long for the next link")                          \
	X(FORWARD_UNREACHABLE, "next hop of a forwarded packet is silent")     \
	X(FORWARD_LOST, "next link did not take a forwarded packet")           \
	X(ICMP_SHORT, "ICMP message truncated")                                \
	X(ICMP_CHECKSUM, "ICMP checksum wrong")                                \
	X(ICMP_TYPE, "ICMP type nobody handles")                               \
	X(ICMP_EMBEDDED, "ICMP error quotes nothing of ours")                  \
	X(ICMP_REDIRECT, "redirect from another than the first hop in use")    \
	X(ICMP_BROADCAST, "ICMP request to a broadcast address")               \
	X(IGMP_SHORT, "IGMP message truncated")                                \
	X(IGMP_CHECKSUM, "IGMP checksum wrong")                                \
	X(IGMP_FORMAT, "IGMP length or count impossible")                      \
	X(IGMP_FORGED, "IGMP query that no router of this link sends")         \
	X(IGMP_TYPE, "IGMP type nobody handles")                               \
	X(MLD_FORMAT, "MLD length or count impossible")                        \
	X(MLD_FORGED, "MLD message that no neighbour sends")                   \
	X(MCAST_SOURCE, "sent to a group by one whom nobody wants to hear")    \
	X(UDP_SHORT, "UDP header truncated")                                   \
	X(UDP_LENGTH, "UDP length impossible")                                 \
	X(UDP_CHECKSUM, "UDP checksum wrong")                                  \
	X(UDP_PORT, "no socket at that UDP port")                              \
	X(UDP_FULL, "UDP receive buffer full")                                 \
	X(DHCP_FORMAT, "not a DHCP answer")                                    \
	X(DHCP_UNASKED, "DHCP answer to no question of ours")                  \
	X(TCP_SHORT, "TCP header truncated")                                   \
	X(TCP_OFFSET, "TCP data offset impossible")                            \
	X(TCP_CHECKSUM, "TCP checksum wrong")                                  \
	X(TCP_ADDRESS, "TCP to or from a broadcast or multicast address")      \
	X(TCP_PORT, "no socket at that TCP port")                              \
	X(TCP_STATE, "segment has no meaning in this state")                   \
	X(TCP_ACK, "acknowledges what was never sent")                         \
	X(TCP_OLD_ACK, "acknowledgement older than any window")                \
	X(TCP_WINDOW, "segment outside the receive window")                    \
	X(TCP_PAWS, "timestamp older than the last one (RFC 7323 5)")          \
	X(TCP_RST, "reset outside the window or not exact (RFC 5961)")         \
	X(TCP_SYN, "SYN in a synchronized state (RFC 5961)")                   \
	X(TCP_NO_ACK, "no ACK bit after the handshake")                        \
	X(TCP_AFTER_CLOSE, "data after the application closed")                \
	X(TCP_LISTEN_FULL, "accept queue full")                                \
	X(TCP_SYN_FULL, "SYN queue full")                                      \
	X(TCP_COOKIE, "SYN cookie not ours")                                   \
	X(TCP_REASM_FULL, "too many holes or too much out-of-order data")      \
	X(TCP_ORPHANS, "too many orphaned connections")                        \
	X(FILTERED, "refused by the filter of its program")                    \
	X(NO_MEMORY, "the arena is full")

#define DROP_ENUM(name, text) DROP_##name,

/*
 * What an input function did with its packet:
 *   TAKEN    it keeps the packet;
 *   DONE     finished, the caller frees;
 *   DROP_*   refused, the caller frees and counts.
 */
enum verdict {
	TAKEN,
	DONE,
	DROP_LIST(DROP_ENUM) DROP_COUNT,
};
#undef DROP_ENUM

/* "ARP_SHORT", and the sentence; both static. */
const char *drop_name(enum verdict v);
const char *drop_text(enum verdict v);

#endif
