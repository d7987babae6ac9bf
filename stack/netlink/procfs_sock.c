/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * procfs_sock.c - sockets as in /proc/net: tcp, udp, raw, sockstat
 *
 * What this room is for
 *   See procfs.h. One line a socket, in the columns that netstat(8) reads.
 *
 * Lock       the stack lock is held.
 * Follows    proc(5).
 * Proved by  procfs_test.c
 */
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>

#include "procfs.h"

enum {
	TICKS_PER_SEC = 100,
	TCP_WIDTH = 149,
	UDP_WIDTH = 127,
	ORPHAN_SSTHRESH = -1,
};

static void print_endpoint(struct procfs_text *t, int family,
			   const struct inet_addr *a, uint16_t port)
{
	struct inet_addr shown = *a;
	uint32_t w[4];

	if (inet_is_any(a))
		memset(&shown, 0, sizeof(shown));
	memcpy(w, &shown, sizeof(w));
	if (family == AF_INET)
		procfs_print(t, "%08X:%04X ", w[3], port);
	else
		procfs_print(t, "%08X%08X%08X%08X:%04X ", w[0], w[1], w[2],
			     w[3], port);
}

static unsigned int ticks(usecs t)
{
	return (unsigned int)(t / (USECS_PER_SEC / TICKS_PER_SEC));
}

/* What all kinds have in common, up to the inode. */
static void print_common(struct procfs_text *t, const struct sock_row *row)
{
	const struct tcp_view *v = &row->v;

	print_endpoint(t, row->family, &v->key.local, v->key.lport);
	print_endpoint(t, row->family, &v->key.remote, v->key.rport);
	procfs_print(t, "%02X %08X:%08X %02X:%08X %08X %5u %8d %llu ",
		     row->number, v->state == TCPS_LISTEN ? 0 : v->wqueue,
		     v->rqueue, (unsigned int)v->timer, ticks(v->timer_in),
		     v->retries, row->uid, 0, (unsigned long long)row->inode);
}

/* A connection has its round trip and window behind the inode. */
static void print_tcp(struct procfs_text *t, const struct sock_row *row)
{
	struct tcp_info info;
	int ssthresh;

	procfs_print(t, "%d %016llx", 1, (unsigned long long)row->cookie);
	if (!row->v.conn)
		return;
	tcp_get_info(row->v.conn, &info);
	ssthresh = info.tcpi_snd_ssthresh >= 0x7fffffff
			   ? ORPHAN_SSTHRESH
			   : (int)info.tcpi_snd_ssthresh;
	procfs_print(t, " %u %u %u %u %d", ticks(info.tcpi_rto),
		     ticks(info.tcpi_ato), 0, info.tcpi_snd_cwnd, ssthresh);
}

static bool next_of(struct stack *st, struct procfs_place *p, int protocol,
		    int family, struct sock_row *row)
{
	while (sock_list_next(st, protocol, &p->sock, row))
		if (row->family == family)
			return true;
	return false;
}

static bool tcp(struct stack *st, struct procfs_place *p, struct procfs_text *t,
		int family)
{
	size_t from = t->len;
	struct sock_row row;

	if (p->line == 0) {
		procfs_print(t,
			     family == AF_INET
				     ? "  sl  local_address rem_address   "
				     : "  sl  local_address                  "
				       "       remote_address               "
				       "         ");
		procfs_print(t, "st tx_queue rx_queue tr tm->when retrnsmt"
				"   uid  timeout inode");
	} else if (next_of(st, p, IPPROTO_TCP, family, &row)) {
		procfs_print(t, "%4llu: ", (unsigned long long)(p->line - 1));
		print_common(t, &row);
		print_tcp(t, &row);
	} else {
		return false;
	}
	procfs_end_line(t, from, family == AF_INET ? TCP_WIDTH : 0);
	return true;
}

bool procfs_tcp(struct stack *st, struct procfs_place *p, struct procfs_text *t)
{
	return tcp(st, p, t, AF_INET);
}

bool procfs_tcp6(struct stack *st, struct procfs_place *p,
		 struct procfs_text *t)
{
	return tcp(st, p, t, AF_INET6);
}

static void datagram_header(struct procfs_text *t, int family)
{
	procfs_print(t, family == AF_INET
				? "   sl  local_address rem_address   "
				: "  sl  local_address                       "
				  "  remote_address                        ");
	procfs_print(t, "st tx_queue rx_queue tr tm->when retrnsmt   uid  "
			"timeout inode ref pointer drops");
}

static bool udp(struct stack *st, struct procfs_place *p, struct procfs_text *t,
		int family)
{
	size_t from = t->len;
	struct sock_row row;

	if (p->line == 0) {
		datagram_header(t, family);
	} else if (next_of(st, p, IPPROTO_UDP, family, &row)) {
		procfs_print(t, "%5llu: ", (unsigned long long)(p->line - 1));
		print_common(t, &row);
		procfs_print(t, "%d %016llx %llu", 2,
			     (unsigned long long)row.cookie,
			     (unsigned long long)row.drops);
	} else {
		return false;
	}
	procfs_end_line(t, from, family == AF_INET ? UDP_WIDTH : 0);
	return true;
}

bool procfs_udp(struct stack *st, struct procfs_place *p, struct procfs_text *t)
{
	return udp(st, p, t, AF_INET);
}

bool procfs_udp6(struct stack *st, struct procfs_place *p,
		 struct procfs_text *t)
{
	return udp(st, p, t, AF_INET6);
}

/* Nobody can have a raw socket yet. */
static bool raw(struct procfs_place *p, struct procfs_text *t, int family)
{
	size_t from = t->len;

	if (p->line > 0)
		return false;
	datagram_header(t, family);
	procfs_end_line(t, from, 0);
	return true;
}

bool procfs_raw(struct stack *st, struct procfs_place *p, struct procfs_text *t)
{
	(void)st;
	return raw(p, t, AF_INET);
}

bool procfs_raw6(struct stack *st, struct procfs_place *p,
		 struct procfs_text *t)
{
	(void)st;
	return raw(p, t, AF_INET6);
}

/* Both families together: who has how many would take a walk. */
bool procfs_sockstat(struct stack *st, struct procfs_place *p,
		     struct procfs_text *t)
{
	const struct arena *a = st->eng.arena;

	if (p->line > 0)
		return false;
	procfs_print(t,
		     "sockets: used %zu\n"
		     "TCP: inuse %u orphan %u tw %u alloc %zu mem %zu\n"
		     "UDP: inuse %zu mem %d\nUDPLITE: inuse 0\n"
		     "RAW: inuse 0\nFRAG: inuse %u memory %zu\n",
		     arena_count(a, ARENA_SOCK), st->tcp.nconns,
		     st->tcp.norphans, st->tcp.ntime_wait,
		     arena_count(a, ARENA_CONN), arena_used(a) / 4096,
		     arena_count(a, ARENA_PCB), 0, st->net.reasm.count,
		     st->net.reasm.cost);
	return true;
}

static size_t count_members(const struct stack *st)
{
	size_t n = 0;

	for (int i = 1; i <= st->family.highest; i++)
		n += st->family.pids[i] != 0;
	return n;
}

/* A file of our own: what the stack's memory holds, by the names that the log
 * has for it at the end. */
bool procfs_nsshim(struct stack *st, struct procfs_place *p,
		   struct procfs_text *t)
{
	const struct arena *a = st->eng.arena;

	if (p->line > 0)
		return false;
	procfs_print(t, "MEMORY_BYTES %zu\nPROCESSES %zu\nTIMERS %u\n",
		     arena_used(a), count_members(st), st->eng.timers.reserved);
	for (int i = 0; i < ARENA_NKINDS; i++) {
		const char *name = arena_kind_name((enum arena_kind)i);

		if (name)
			procfs_print(t, "%s %zu\n", name,
				     arena_count(a, (enum arena_kind)i));
	}
	return true;
}

bool procfs_sockstat6(struct stack *st, struct procfs_place *p,
		      struct procfs_text *t)
{
	(void)st;
	if (p->line > 0)
		return false;
	procfs_print(t, "TCP6: inuse 0\nUDP6: inuse 0\nUDPLITE6: inuse 0\n"
			"RAW6: inuse 0\nFRAG6: inuse 0 memory 0\n");
	return true;
}
