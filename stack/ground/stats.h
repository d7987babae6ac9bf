/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * stats.h - counters: one per drop reason, and what traffic there was
 *
 * What this room is for
 *   Every refused packet is counted under its reason (drop.h); ordinary
 *   traffic under the names below, which follow RFC 4293, 4113 and 4022.
 *
 * Lock       the stack lock is held for writing; readers may be a little late.
 */
#ifndef STACK_STATS_H
#define STACK_STATS_H

#include "base.h"
#include "drop.h"

#define STATS_LIST(X)                                                          \
	X(LINK_IN_FRAMES)                                                      \
	X(LINK_OUT_FRAMES)                                                     \
	X(LINK_OUT_ERRORS)                                                     \
	X(ARP_IN)                                                              \
	X(ARP_OUT)                                                             \
	X(ARP_CONFLICTS)                                                       \
	X(IP_IN_RECEIVES)                                                      \
	X(IP_IN_DELIVERS)                                                      \
	X(IP_OUT_REQUESTS)                                                     \
	X(IP_OUT_NO_ROUTES)                                                    \
	X(IP_REASM_OKS)                                                        \
	X(IP_REASM_FAILS)                                                      \
	X(IP_FRAG_CREATES)                                                     \
	X(IP_FORWARDS)                                                         \
	X(IP_FORWARD_REFUSED)                                                  \
	X(IP6_IN_RECEIVES)                                                     \
	X(IP6_IN_DELIVERS)                                                     \
	X(IP6_OUT_REQUESTS)                                                    \
	X(IP6_OUT_NO_ROUTES)                                                   \
	X(IP6_FRAG_CREATES)                                                    \
	X(ICMP_IN)                                                             \
	X(ICMP_OUT)                                                            \
	X(ICMP_OUT_LIMITED)                                                    \
	X(ICMP6_IN)                                                            \
	X(ICMP6_OUT)                                                           \
	X(UDP_IN_DATAGRAMS)                                                    \
	X(UDP_NO_PORTS)                                                        \
	X(UDP_OUT_DATAGRAMS)                                                   \
	X(UDP6_IN_DATAGRAMS)                                                   \
	X(UDP6_NO_PORTS)                                                       \
	X(UDP6_OUT_DATAGRAMS)                                                  \
	X(TCP_ACTIVE_OPENS)                                                    \
	X(TCP_PASSIVE_OPENS)                                                   \
	X(TCP_ATTEMPT_FAILS)                                                   \
	X(TCP_ESTAB_RESETS)                                                    \
	X(TCP_IN_SEGS)                                                         \
	X(TCP_OUT_SEGS)                                                        \
	X(TCP_RETRANS_SEGS)                                                    \
	X(TCP_FAST_RETRANS)                                                    \
	X(TCP_RTO_TIMEOUTS)                                                    \
	X(TCP_CE_SEGS)                                                         \
	X(TCP_ECN_CUTS)                                                        \
	X(TCP_LOSS_PROBES)                                                     \
	X(TCP_LOSS_PROBE_REPAIRS)                                              \
	X(TCP_OUT_RSTS)                                                        \
	X(TCP_CHALLENGE_ACKS)                                                  \
	X(TCP_DUP_ACKS_IN)                                                     \
	X(TCP_OUT_OF_ORDER)                                                    \
	X(TCP_SPURIOUS_RTOS)                                                   \
	X(TCP_LISTEN_OVERFLOWS)                                                \
	X(TCP_SYN_COOKIES_SENT)                                                \
	X(TCP_SYN_COOKIES_RECV)                                                \
	X(TCP_ORPHANS_KILLED)                                                  \
	X(TCP_PAWS_REJECTED)                                                   \
	X(TCP_KEEPALIVE_PROBES)                                                \
	X(TCP_ZERO_WINDOW_PROBES)                                              \
	X(LOCK_INHERITED)

#define STATS_ENUM(name) STAT_##name,
enum stats_counter { STATS_LIST(STATS_ENUM) STAT_COUNT };
#undef STATS_ENUM

struct stats {
	uint64_t count[STAT_COUNT]; /* [S] */
	uint64_t drops[DROP_COUNT]; /* [S] by reason */
};

static inline void stats_add(struct stats *s, enum stats_counter which,
			     uint64_t n);

const char *stats_name(enum stats_counter which);

/* Writes every counter that is not zero, a line each, to `fd`. */
void stats_print(const struct stats *s, int fd);

/* Inline bodies. */

static inline void stats_add(struct stats *s, enum stats_counter which,
			     uint64_t n)
{
	s->count[which] += n;
}

#endif
