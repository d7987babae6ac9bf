/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * procfs_snmp.c - counters as in /proc/net: snmp, snmp6, netstat
 *
 * What this room is for
 *   See procfs.h. The names are those of RFC 4293, 4022 and 4113 and of Linux's
 *   TcpExt; nstat and netstat find a counter by its name, so what the stack
 *   does not count is left out of TcpExt, and 0 where a column must be.
 *
 * Lock       the stack lock is held.
 * Proved by  procfs_test.c
 * Follows    RFC 4022, RFC 4113, RFC 4293; proc(5).
 */
#include "procfs.h"
#include "tcp/tcp_view.h"

/* A counter while its line is written. */
struct counter {
	const char *name;
	uint64_t value;
};

static uint64_t count(const struct stack *st, enum stats_counter which)
{
	return st->eng.stats.count[which];
}

static uint64_t dropped(const struct stack *st, enum verdict why)
{
	return st->eng.stats.drops[why];
}

/* Two lines: the names, and their values. */
static void print(struct procfs_text *t, const char *group,
		  const struct counter *c, size_t n)
{
	procfs_print(t, "%s:", group);
	for (size_t i = 0; i < n; i++)
		procfs_print(t, " %s", c[i].name);
	procfs_print(t, "\n%s:", group);
	for (size_t i = 0; i < n; i++)
		procfs_print(t, " %llu", (unsigned long long)c[i].value);
	procfs_print(t, "\n");
}

static void ip(const struct stack *st, struct procfs_text *t)
{
	uint64_t bad =
		dropped(st, DROP_IP_SHORT) + dropped(st, DROP_IP_VERSION) +
		dropped(st, DROP_IP_HEADER_LENGTH) +
		dropped(st, DROP_IP_TOTAL_LENGTH) +
		dropped(st, DROP_IP_CHECKSUM) + dropped(st, DROP_IP_OPTION);
	const struct counter c[] = {
		{"Forwarding", st->net.forwards ? 1 : 2},
		{"DefaultTTL", IP_TTL_DEFAULT},
		{"InReceives", count(st, STAT_IP_IN_RECEIVES)},
		{"InHdrErrors", bad},
		{"InAddrErrors",
		 dropped(st, DROP_IP_NOT_OURS) + dropped(st, DROP_IP_SOURCE)},
		{"ForwDatagrams", count(st, STAT_IP_FORWARDS)},
		{"InUnknownProtos", dropped(st, DROP_IP_PROTOCOL)},
		{"InDiscards", dropped(st, DROP_NO_MEMORY)},
		{"InDelivers", count(st, STAT_IP_IN_DELIVERS)},
		{"OutRequests", count(st, STAT_IP_OUT_REQUESTS)},
		{"OutDiscards", dropped(st, DROP_NEIGH_FULL) +
					dropped(st, DROP_NEIGH_UNREACHABLE)},
		{"OutNoRoutes", count(st, STAT_IP_OUT_NO_ROUTES)},
		{"ReasmTimeout", dropped(st, DROP_REASM_TIMEOUT)},
		{"ReasmReqds", 0},
		{"ReasmOKs", count(st, STAT_IP_REASM_OKS)},
		{"ReasmFails", count(st, STAT_IP_REASM_FAILS)},
		{"FragOKs", 0},
		{"FragFails", 0},
		{"FragCreates", count(st, STAT_IP_FRAG_CREATES)},
	};

	print(t, "Ip", c, ARRAY_LEN(c));
}

static void icmp(const struct stack *st, struct procfs_text *t)
{
	const struct counter c[] = {
		{"InMsgs", count(st, STAT_ICMP_IN)},
		{"InErrors", dropped(st, DROP_ICMP_SHORT) +
				     dropped(st, DROP_ICMP_EMBEDDED)},
		{"InCsumErrors", dropped(st, DROP_ICMP_CHECKSUM)},
		{"OutMsgs", count(st, STAT_ICMP_OUT)},
		{"OutErrors", 0},
		{"OutRateLimitGlobal", count(st, STAT_ICMP_OUT_LIMITED)},
	};

	print(t, "Icmp", c, ARRAY_LEN(c));
}

static void tcp(const struct stack *st, struct procfs_text *t)
{
	const struct counter c[] = {
		{"RtoAlgorithm", 1},
		{"RtoMin", LIMIT_RTO_MIN_US / 1000},
		{"RtoMax", LIMIT_RTO_MAX_US / 1000},
		{"MaxConn", 0},
		{"ActiveOpens", count(st, STAT_TCP_ACTIVE_OPENS)},
		{"PassiveOpens", count(st, STAT_TCP_PASSIVE_OPENS)},
		{"AttemptFails", count(st, STAT_TCP_ATTEMPT_FAILS)},
		{"EstabResets", count(st, STAT_TCP_ESTAB_RESETS)},
		{"CurrEstab", tcp_view_established(&st->tcp)},
		{"InSegs", count(st, STAT_TCP_IN_SEGS)},
		{"OutSegs", count(st, STAT_TCP_OUT_SEGS)},
		{"RetransSegs", count(st, STAT_TCP_RETRANS_SEGS)},
		{"InErrs", dropped(st, DROP_TCP_SHORT) +
				   dropped(st, DROP_TCP_OFFSET) +
				   dropped(st, DROP_TCP_CHECKSUM)},
		{"OutRsts", count(st, STAT_TCP_OUT_RSTS)},
		{"InCsumErrors", dropped(st, DROP_TCP_CHECKSUM)},
	};

	print(t, "Tcp", c, ARRAY_LEN(c));
}

static void udp(const struct stack *st, struct procfs_text *t)
{
	const struct counter c[] = {
		{"InDatagrams", count(st, STAT_UDP_IN_DATAGRAMS)},
		{"NoPorts", count(st, STAT_UDP_NO_PORTS)},
		{"InErrors", dropped(st, DROP_UDP_SHORT) +
				     dropped(st, DROP_UDP_LENGTH) +
				     dropped(st, DROP_UDP_CHECKSUM) +
				     dropped(st, DROP_UDP_FULL)},
		{"OutDatagrams", count(st, STAT_UDP_OUT_DATAGRAMS)},
		{"RcvbufErrors", dropped(st, DROP_UDP_FULL)},
		{"SndbufErrors", 0},
		{"InCsumErrors", dropped(st, DROP_UDP_CHECKSUM)},
		{"IgnoredMulti", 0},
		{"MemErrors", 0},
	};

	print(t, "Udp", c, ARRAY_LEN(c));
}

bool procfs_snmp(struct stack *st, struct procfs_place *p,
		 struct procfs_text *t)
{
	static void (*const groups[])(const struct stack *,
				      struct procfs_text *) = {ip, icmp, tcp,
							       udp};

	if (p->line >= ARRAY_LEN(groups))
		return false;
	groups[p->line](st, t);
	return true;
}

static uint64_t ip6_malformed(const struct stack *st)
{
	return dropped(st, DROP_IP6_SHORT) + dropped(st, DROP_IP6_VERSION) +
	       dropped(st, DROP_IP6_LENGTH) + dropped(st, DROP_IP6_EXTENSION) +
	       dropped(st, DROP_IP6_OPTION) + dropped(st, DROP_IP6_ROUTING);
}

/* Names of their own, one a line. Fragments of both families are counted
 * together, with IPv4. */
bool procfs_snmp6(struct stack *st, struct procfs_place *p,
		  struct procfs_text *t)
{
	const struct counter c[] = {
		{"Ip6InReceives", count(st, STAT_IP6_IN_RECEIVES)},
		{"Ip6InHdrErrors", ip6_malformed(st)},
		{"Ip6InAddrErrors",
		 dropped(st, DROP_IP6_NOT_OURS) + dropped(st, DROP_IP6_SOURCE)},
		{"Ip6InUnknownProtos", dropped(st, DROP_IP6_PROTOCOL)},
		{"Ip6InDelivers", count(st, STAT_IP6_IN_DELIVERS)},
		{"Ip6OutRequests", count(st, STAT_IP6_OUT_REQUESTS)},
		{"Ip6OutNoRoutes", count(st, STAT_IP6_OUT_NO_ROUTES)},
		{"Ip6FragCreates", count(st, STAT_IP6_FRAG_CREATES)},
		{"Icmp6InMsgs", count(st, STAT_ICMP6_IN)},
		{"Icmp6OutMsgs", count(st, STAT_ICMP6_OUT)},
		{"Udp6InDatagrams", count(st, STAT_UDP6_IN_DATAGRAMS)},
		{"Udp6NoPorts", count(st, STAT_UDP6_NO_PORTS)},
		{"Udp6InErrors", 0},
		{"Udp6OutDatagrams", count(st, STAT_UDP6_OUT_DATAGRAMS)},
	};

	if (p->line >= ARRAY_LEN(c))
		return false;
	procfs_print(t, "%-32s\t%llu\n", c[p->line].name,
		     (unsigned long long)c[p->line].value);
	return true;
}

static void tcp_ext(const struct stack *st, struct procfs_text *t)
{
	const struct counter c[] = {
		{"SyncookiesSent", count(st, STAT_TCP_SYN_COOKIES_SENT)},
		{"SyncookiesRecv", count(st, STAT_TCP_SYN_COOKIES_RECV)},
		{"SyncookiesFailed", dropped(st, DROP_TCP_COOKIE)},
		{"OutOfWindowIcmps", dropped(st, DROP_ICMP_EMBEDDED)},
		{"PAWSEstab", count(st, STAT_TCP_PAWS_REJECTED)},
		{"ListenOverflows", count(st, STAT_TCP_LISTEN_OVERFLOWS)},
		{"ListenDrops", dropped(st, DROP_TCP_LISTEN_FULL) +
					dropped(st, DROP_TCP_SYN_FULL)},
		{"TCPFastRetrans", count(st, STAT_TCP_FAST_RETRANS)},
		{"TCPTimeouts", count(st, STAT_TCP_RTO_TIMEOUTS)},
		{"TCPLossProbes", count(st, STAT_TCP_LOSS_PROBES)},
		{"TCPLossProbeRecovery",
		 count(st, STAT_TCP_LOSS_PROBE_REPAIRS)},
		{"TCPAbortOnMemory", count(st, STAT_TCP_ORPHANS_KILLED)},
		{"TCPSpuriousRTOs", count(st, STAT_TCP_SPURIOUS_RTOS)},
		{"TCPOFOQueue", count(st, STAT_TCP_OUT_OF_ORDER)},
		{"TCPOFODrop", dropped(st, DROP_TCP_REASM_FULL)},
		{"TCPChallengeACK", count(st, STAT_TCP_CHALLENGE_ACKS)},
		{"TCPSYNChallenge", dropped(st, DROP_TCP_SYN)},
		{"TCPWinProbe", count(st, STAT_TCP_ZERO_WINDOW_PROBES)},
		{"TCPKeepAlive", count(st, STAT_TCP_KEEPALIVE_PROBES)},
	};

	print(t, "TcpExt", c, ARRAY_LEN(c));
}

/* Octets of IP packets: what the links carried, less Ethernet headers. */
static void ip_ext(const struct stack *st, struct procfs_text *t)
{
	uint64_t in = 0, out = 0;

	for (uint32_t i = 0; i < st->net.nifs; i++) {
		const struct iface *ifp = &st->net.ifs[i];

		in += ifp->rx_bytes - ifp->rx_packets * sizeof(struct eth_wire);
		out += ifp->tx_bytes -
		       ifp->tx_packets * sizeof(struct eth_wire);
	}
	print(t, "IpExt",
	      (const struct counter[]){
		      {"InOctets", in},
		      {"OutOctets", out},
		      {"InCsumErrors", dropped(st, DROP_IP_CHECKSUM)},
	      },
	      3);
}

bool procfs_netstat(struct stack *st, struct procfs_place *p,
		    struct procfs_text *t)
{
	if (p->line > 1)
		return false;
	if (p->line == 0)
		tcp_ext(st, t);
	else
		ip_ext(st, t);
	return true;
}
