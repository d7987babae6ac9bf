/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_path.c - what a connection knows of its way and of its peer
 *
 * What this room is for
 *   The numbers a connection starts with, what both SYNs agreed on, the way to
 *   the peer as last looked up, and the segment size that follows from all
 *   of it.
 *
 * Comes in   connect, the handshake, timeouts, ICMP, and once a second output.
 * Never      sends.
 * Lock       the stack lock is held.
 * Follows    RFC 6528 3, RFC 9293 3.7.1, RFC 6691, RFC 7323 2 and 5.4.
 * Proved by  tcp_out_test.c and tcp_listen_test.c
 */
#include "tcp_priv.h"

/* RFC 6528 3: a 4 us clock plus a keyed hash of the tuple. */
tcp_seq tcp_make_iss(struct tcp *t, const struct ports_tuple *key)
{
	return (uint32_t)rand_siphash(&t->iss_key, key, sizeof(*key)) +
	       (uint32_t)(t->eng->now / 4);
}

/* Per pair of hosts, so that it grows over all their connections. */
uint32_t tcp_make_ts_offset(struct tcp *t, const struct ports_tuple *key)
{
	return (uint32_t)rand_siphash(&t->iss_key, key,
				      2 * sizeof(struct inet_addr));
}

/* IP and TCP, without options. */
static uint32_t headers_to(const struct inet_addr *remote)
{
	return ip_header_len(remote) + (uint32_t)sizeof(struct tcp_wire);
}

uint16_t tcp_adv_mss(const struct iface *ifp, const struct inet_addr *remote,
		     uint16_t user_mss)
{
	uint32_t headers = headers_to(remote);
	uint32_t mss =
		MAX(iface_mtu(ifp, remote), headers + TCP_MSS_MIN) - headers;

	mss = MIN(mss, 65535 - headers);
	if (user_mss)
		mss = MIN(mss, user_mss);
	return (uint16_t)mss;
}

void tcp_update_mss(struct tcp_conn *c)
{
	uint32_t headers = headers_to(&c->b.key.remote);
	uint32_t mtu = MAX(c->path.mtu, headers + TCP_MSS_MIN);
	uint32_t mss = MIN(mtu - headers, (uint32_t)c->peer_mss);

	mss = MIN(mss, 65535 - headers);
	if (c->user_mss)
		mss = MIN(mss, c->user_mss);
	mss = MAX(mss, (uint32_t)TCP_MSS_MIN);
	if (c->ts_ok)
		mss -= TCP_OPT_TS_LEN;
	if (mss == c->mss)
		return;
	c->mss = (uint16_t)mss;
	tcp_cc_set_mss(&c->cc, mss);
}

int tcp_refresh_path(struct tcp_conn *c, bool now)
{
	struct path path;
	int err;

	if (!now && c->path_at && c->eng->now - c->path_at < SEC(1))
		return 0;
	err = route_lookup_on(c->tcp->net, &c->b.key.remote, &c->b.key.local,
			      tcp_way_out(c), &path);
	if (err) {
		c->soft_error = (int16_t)-err;
		c->path_at = 0;
		return err;
	}
	/* The peer answered of late: its neighbour entry is good, too. */
	if (!now && c->last_rx > c->path_at && c->path_at)
		neigh_reachable_hint(&path.ifp->neigh, &path.next_hop);
	c->path = (struct tcp_way){path.ifp, path.next_hop, path.mtu};
	c->path_at = c->eng->now;
	if (c->state != TCPS_CLOSED)
		tcp_update_mss(c);
	return 0;
}

void tcp_apply_syn_options(struct tcp_conn *c, const struct tcp_options *o)
{
	c->ts_ok = o->has_ts;
	c->sack_ok = o->sack_permitted;
	c->wscale_ok = o->has_wscale;
	c->snd_wscale = o->has_wscale ? o->wscale : 0;
	if (!o->has_wscale)
		c->rcv_wscale = 0;
	c->peer_mss = o->has_mss ? o->mss : tcp_mss_unsaid(&c->b.key.remote);
	if (o->has_ts) {
		c->ts_recent = o->tsval;
		c->ts_recent_at = (uint32_t)(c->eng->now / USECS_PER_SEC);
	}
	tcp_update_mss(c);
}
