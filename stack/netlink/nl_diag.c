/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nl_diag.c - sockets over netlink: SOCK_DIAG_BY_FAMILY, as ss(8) asks
 *
 * What this room is for
 *   See nl_diag.h. Filters by family, state, ports and interface are kept;
 *   the byte code of INET_DIAG_REQ_BYTECODE is not run, because it only saves
 *   messages: ss filters again what it gets.
 *
 * Lock       the stack lock is held.
 * Follows    sock_diag(7).
 */
#include "nl_diag.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>

#include "socket/sock_list.h"
#include "tcp/tcp_cc.h"

static uint16_t be(uint16_t port)
{
	return htons(port);
}

/* An address as the family of the socket writes it; the wildcard is zero. */
static void write_addr(int family, const struct inet_addr *a, uint32_t out[4])
{
	struct ip4_addr a4 = inet_to4(a);

	memset(out, 0, 16);
	if (inet_is_any(a))
		return;
	if (family == AF_INET)
		memcpy(out, &a4, sizeof(a4));
	else
		memcpy(out, a, sizeof(*a));
}

static void fill(const struct sock_row *row, struct inet_diag_msg *m)
{
	const struct tcp_view *v = &row->v;

	*m = (struct inet_diag_msg){
		.idiag_family = (uint8_t)row->family,
		.idiag_state = row->number,
		.idiag_timer = (uint8_t)v->timer,
		.idiag_retrans = (uint8_t)MIN(v->retries, 255u),
		.id = {.idiag_sport = be(v->key.lport),
		       .idiag_dport = be(v->key.rport),
		       .idiag_if = row->ifindex,
		       .idiag_cookie = {(uint32_t)row->cookie,
					(uint32_t)(row->cookie >> 32)}},
		.idiag_expires = (uint32_t)(v->timer_in / 1000),
		.idiag_rqueue = v->rqueue,
		.idiag_wqueue = v->wqueue,
		.idiag_uid = row->uid,
		.idiag_inode = (uint32_t)row->inode,
	};
	write_addr(row->family, &v->key.local, m->id.idiag_src);
	write_addr(row->family, &v->key.remote, m->id.idiag_dst);
}

static void put_memory(struct nl_buf *out, const struct tcp_view *v,
		       uint64_t drops, uint8_t ext)
{
	struct inet_diag_meminfo m = {.idiag_rmem = v->rqueue,
				      .idiag_wmem = v->wqueue,
				      .idiag_tmem = v->wqueue};
	uint32_t sk[SK_MEMINFO_VARS] = {
		[SK_MEMINFO_RMEM_ALLOC] = v->rqueue,
		[SK_MEMINFO_RCVBUF] = v->rcvbuf,
		[SK_MEMINFO_WMEM_ALLOC] = v->wqueue,
		[SK_MEMINFO_SNDBUF] = v->sndbuf,
		[SK_MEMINFO_WMEM_QUEUED] = v->wqueue,
		[SK_MEMINFO_DROPS] = (uint32_t)drops,
	};

	/* A listener's queues are counted in connections. */
	if (v->state == TCPS_LISTEN) {
		memset(&m, 0, sizeof(m));
		sk[SK_MEMINFO_RMEM_ALLOC] = 0;
		sk[SK_MEMINFO_WMEM_ALLOC] = 0;
		sk[SK_MEMINFO_WMEM_QUEUED] = 0;
	}
	if (ext & 1 << (INET_DIAG_MEMINFO - 1))
		nl_put(out, INET_DIAG_MEMINFO, &m, sizeof(m));
	if (ext & 1 << (INET_DIAG_SKMEMINFO - 1))
		nl_put(out, INET_DIAG_SKMEMINFO, sk, sizeof(sk));
}

/* TCP_INFO of a listener has its queues where others count segments. */
static void put_info(struct nl_buf *out, const struct tcp_view *v)
{
	struct tcp_info info;

	tcp_get_info(v->conn, &info);
	if (v->state == TCPS_LISTEN) {
		info.tcpi_unacked = v->rqueue;
		info.tcpi_sacked = v->wqueue;
	}
	nl_put(out, INET_DIAG_INFO, &info, sizeof(info));
}

static bool put(struct nl_buf *out, const struct nl_ask *ask,
		const struct sock_row *row, uint8_t ext)
{
	const struct tcp_view *v = &row->v;
	struct inet_diag_msg m;

	fill(row, &m);
	nl_begin(out, SOCK_DIAG_BY_FAMILY, ask->flags, ask->h->nlmsg_seq,
		 ask->pid, &m, sizeof(m));
	if (v->conn || row->sock)
		nl_put_u8(out, INET_DIAG_SHUTDOWN,
			  (uint8_t)(v->shut_recv | v->shut_send << 1));
	if (ext & 1 << (INET_DIAG_TOS - 1) && row->family == AF_INET)
		nl_put_u8(out, INET_DIAG_TOS, v->tos);
	if (ext & 1 << (INET_DIAG_TCLASS - 1) && row->family == AF_INET6)
		nl_put_u8(out, INET_DIAG_TCLASS, v->tos);
	if (row->family == AF_INET6 && !v->key.rport && row->sock)
		nl_put_u8(out, INET_DIAG_SKV6ONLY,
			  !!(v->flags & BINDING_V6ONLY));
	if (v->conn || row->sock)
		put_memory(out, v, row->drops, ext);
	if (v->conn && ext & 1 << (INET_DIAG_INFO - 1))
		put_info(out, v);
	if (v->conn && ext & 1 << (INET_DIAG_CONG - 1))
		nl_put_text(out, INET_DIAG_CONG,
			    tcp_cc_name(tcp_congestion(v->conn)));
	return nl_end(out);
}

static bool is_wanted(const struct inet_diag_req_v2 *req,
		      const struct sock_row *row)
{
	const struct inet_diag_sockid *id = &req->id;

	if (req->sdiag_family && req->sdiag_family != row->family)
		return false;
	if (!(req->idiag_states & UINT32_C(1) << row->number))
		return false;
	if (id->idiag_sport && id->idiag_sport != be(row->v.key.lport))
		return false;
	return !id->idiag_dport || id->idiag_dport == be(row->v.key.rport);
}

static const struct inet_diag_req_v2 *request(struct nl_ask *ask)
{
	return nl_fixed(ask->h, sizeof(struct inet_diag_req_v2));
}

int nl_diag_check(struct nl_ask *ask)
{
	const struct inet_diag_req_v2 *req = request(ask);
	const struct sock_diag_req *any = nl_fixed(ask->h, sizeof(*any));

	if (!any)
		return -EINVAL;
	if (any->sdiag_family != AF_INET && any->sdiag_family != AF_INET6)
		return -ENOENT;
	if (!req)
		return -EINVAL;
	if (req->sdiag_protocol != IPPROTO_TCP &&
	    req->sdiag_protocol != IPPROTO_UDP)
		return -ENOENT;
	return 0;
}

static void load(const struct nl_cursor *from, struct sock_cursor *to)
{
	static_assert(sizeof(*to) <= sizeof(*from), "a cursor has room");
	memcpy(to, from, sizeof(*to));
}

bool nl_diag_dump(struct nl_ask *ask, struct nl_cursor *c, struct nl_buf *out)
{
	const struct inet_diag_req_v2 *req = request(ask);
	struct sock_cursor at;
	struct sock_row row;

	load(c, &at);
	while (sock_list_next(ask->st, req->sdiag_protocol, &at, &row)) {
		if (is_wanted(req, &row) &&
		    !put(out, ask, &row, req->idiag_ext))
			return false;
		memcpy(c, &at, sizeof(at));
	}
	return true;
}

/* The one that the request names by addresses and ports. */
static int find(struct nl_ask *ask, struct sock_row *row)
{
	const struct inet_diag_req_v2 *req = request(ask);
	struct sock_cursor at = {0};
	struct inet_diag_msg m;
	int ret = nl_diag_check(ask);

	if (ret < 0)
		return ret;
	while (sock_list_next(ask->st, req->sdiag_protocol, &at, row)) {
		size_t len = row->family == AF_INET ? 4 : 16;

		fill(row, &m);
		if (row->family == req->sdiag_family &&
		    m.id.idiag_sport == req->id.idiag_sport &&
		    m.id.idiag_dport == req->id.idiag_dport &&
		    !memcmp(m.id.idiag_src, req->id.idiag_src, len) &&
		    !memcmp(m.id.idiag_dst, req->id.idiag_dst, len))
			return 0;
	}
	return -ENOENT;
}

int nl_diag_get(struct nl_ask *ask, struct nl_buf *out)
{
	struct sock_row row;
	int ret = find(ask, &row);

	if (ret < 0)
		return ret;
	return put(out, ask, &row, request(ask)->idiag_ext) ? 0 : -EMSGSIZE;
}

int nl_diag_destroy(struct nl_ask *ask)
{
	struct sock_row row;
	int ret = find(ask, &row);

	if (ret < 0)
		return ret;
	if (!row.sock || !row.sock->conn) {
		ask->why = "only connections that a program has can be ended";
		return -EOPNOTSUPP;
	}
	tcp_destroy(row.sock->conn);
	return 0;
}
