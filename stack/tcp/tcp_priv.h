/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_priv.h - what a connection is made of
 *
 * What this room is for
 *   The structs that the rooms of TCP share, and the few functions that every
 *   one of them calls. Only tcp*.c and the test kit may include it.
 *
 * How a conn lives
 *   tcp_new() makes it; protocol and program may both let go of it, in either
 *   order. It is freed in one place only, reap() in tcp.c, which tcp_flush()
 *   calls at the end of a turn; so no function needs to ask whether its conn
 *   still exists. Half-open peers (struct tcp_half) and TIME-WAIT (struct
 *   tcp_tw) are small objects of their own.
 *
 * Letters    as in engine.h.
 */
#ifndef STACK_TCP_PRIV_H
#define STACK_TCP_PRIV_H

#include "net/ip.h"
#include "ground/byteq.h"
#include "ground/log.h"
#include "ground/must.h"
#include "tcp.h"
#include "tcp_cc.h"
#include "tcp_opt.h"
#include "tcp_rtt.h"
#include "tcp_sack.h"
#include "tcp_seq.h"

struct tcp_listener;
struct tcp_reasm;

/* What a conn waits for; each has a deadline in the conn. */
enum tcp_deadline {
	TCP_T_REXMIT,    /* the oldest unacknowledged is overdue (RFC 6298) */
	TCP_T_TAIL,      /* probe for a loss at the end (RFC 8985) */
	TCP_T_LATE,      /* what was overtaken has had its time (RFC 8985) */
	TCP_T_PERSIST,   /* probe a closed window */
	TCP_T_DELACK,    /* an ACK we owe */
	TCP_T_KEEPALIVE, /* is the peer still there? */
	TCP_T_CORK,      /* partial segment held long enough */
	TCP_T_RETRY,     /* the device was full */
	TCP_T_LINGER,    /* FIN-WAIT-2, or an orphan without progress */
	TCP_T_LISTEN,    /* SYN-ACKs of the listener's half-open peers */
	TCP_NTIMERS,
};

/* How losses are being repaired. */
enum tcp_recovery {
	TCP_RECOVER_NONE, /* nothing is missing, as far as we know */
	TCP_RECOVER_FAST, /* what was sent later arrived: RFC 8985 or 6582 */
	TCP_RECOVER_RTO,  /* after a timeout: everything is resent, slowly */
};

enum {
	TCP_QUICKACKS = 16, /* segments acknowledged at once at the start */
	TCP_DUP_THRESH = 3,
	TCP_MSS_UNSAID4 = 536, /* RFC 9293 3.7.1 */
	TCP_MSS_UNSAID6 = 1220,
	TCP_MSS_MIN = 88,      /* never believe in less (Linux) */
	TCP_CHUNK_MAX = 65535, /* an IP packet, headers included */
};

/* What the program wants of the packets of one family. */
struct tcp_manner {
	uint8_t tos;          /* or traffic class */
	uint8_t ttl;          /* or hop limit; 0: default */
	uint8_t pmtudisc : 6; /* IP_PMTUDISC_* of ip(7) */
	uint8_t no_flow_label : 1;
	uint8_t prefer_public : 1; /* RFC 5014 */
};

/* What is remembered of a struct path. */
struct tcp_way {
	struct iface *ifp;
	struct inet_addr next_hop;
	uint32_t mtu;
};

struct tcp_conn {
	struct tcp *tcp;               /* [I] */
	struct engine *eng;            /* [I] */
	struct tcp_timed timed;        /* [S] not later than any deadline */
	usecs deadline[TCP_NTIMERS];   /* [S] USECS_NEVER: not waiting */
	struct news news;              /* [S] */
	struct list dirty;             /* [S] in tcp->dirty */
	struct list in_queue;          /* [S] in the parent's accept queue */
	struct list hungry;            /* [S] in tcp->hungry; tcp_scarce.c */
	struct binding b;              /* [S] */
	struct tcp_listener *listener; /* [S] LISTEN: its queues; in_queue: the
					  queues it waits in */

	uint8_t state;      /* [S] enum tcp_state; tcp_fsm.c */
	uint8_t recovery;   /* [S] enum tcp_recovery */
	int16_t error;      /* [S] for SO_ERROR, or 0 */
	int16_t soft_error; /* [S] what to say if it times out */

	/* Flags of the application. */
	bool nodelay : 1, cork : 1, keepalive : 1, oobinline : 1;
	bool linger_reset : 1, sndbuf_fixed : 1, rcvbuf_fixed : 1;
	bool recv_shut : 1;   /* read side closed by the program */
	bool send_shut : 1;   /* FIN asked for */
	bool is_orphan : 1;   /* tcp_close() was called */
	bool was_bound : 1;   /* by tcp_bind(), not by connect */
	bool is_filtered : 1; /* tcp_filter.c knows by what */

	/* Flags of the protocol. */
	bool ts_ok : 1, sack_ok : 1, wscale_ok : 1;
	bool fin_sent : 1; /* snd_nxt is behind our FIN */
	bool fin_acked : 1;
	bool was_connected : 1;
	bool peer_fin : 1;       /* rcv_nxt is behind the peer's FIN */
	bool ack_now : 1;        /* an ACK must leave at the flush */
	bool send_more : 1;      /* the last tcp_send() had TCP_SEND_MORE */
	bool cwnd_limited : 1;   /* cwnd held the sender back this round */
	bool was_full : 1;       /* the writer was told to wait */
	bool starved : 1;        /* for want of memory */
	bool probing : 1;        /* in flight is nothing but a window probe */
	bool pingpong : 1;       /* the program answers quickly: delay ACKs */
	bool urg_valid : 1;      /* urg_byte waits to be read */
	bool urg_seen : 1;       /* rcv_up counts */
	bool urg_sending : 1;    /* snd_up counts */
	bool has_recover : 1;    /* recover_seq counts */
	bool can_undo : 1;       /* undo_* describe the last cut */
	bool cork_expired : 1;   /* held long enough: the rest may go */
	bool can_eifel : 1;      /* no ACK came since the cut */
	bool frto : 1;           /* was the timeout one? tcp_undo.c */
	bool frto_new : 1;       /* to find out, new data go first */
	bool rxt_rescue : 1;     /* what is resent next is RFC 6675 rule 4 */
	bool rxt_force : 1;      /* resend one segment whatever cwnd says */
	bool window_blocked : 1; /* data waits for the peer's window */
	bool is_broken : 1;      /* its data did not survive: tcp_rebuild.c */
	bool ecn_asked : 1;      /* by our SYN; tcp_ecn.c */
	bool ecn_ok : 1;         /* both ends agreed */
	bool ecn_echo : 1;       /* every ACK says that a mark was seen */
	bool ecn_cwr : 1;        /* the next new data say that we slow down */
	bool ecn_cut : 1;        /* ecn_end counts */
	bool tail_out : 1;       /* a tail probe is under way; tcp_tail.c */
	bool tail_resent : 1;    /* and it was no new data */

	/* Sending. Sequence numbers as RFC 9293 3.3.1 names them. */
	tcp_seq iss, snd_una, snd_nxt;
	tcp_seq snd_wl1, snd_wl2;
	tcp_seq snd_up;    /* behind the last urgent byte */
	tcp_seq snd_sml;   /* end of the last small segment (Minshall) */
	uint32_t snd_wnd;  /* bytes from snd_una */
	uint32_t max_wnd;  /* the largest window the peer ever offered */
	uint16_t mss;      /* payload of a full segment, now */
	uint16_t peer_mss; /* what the peer said in its SYN */
	uint16_t user_mss; /* TCP_MAXSEG; 0: no wish */
	uint16_t adv_mss;  /* what we said */
	uint8_t snd_wscale, rcv_wscale;
	uint32_t segs_out;
	struct byteq sndq; /* from snd_una on */
	uint32_t sndbuf;   /* bytes of payload it may hold */
	uint32_t notsent_lowat;

	/* Receiving. */
	tcp_seq irs, rcv_nxt;
	tcp_seq rcv_adv;         /* right edge that we announced */
	tcp_seq rcv_up;          /* the urgent byte */
	tcp_seq last_ack_sent;   /* RFC 7323 4.3 */
	uint32_t ack_segs;       /* wire segments not yet acknowledged */
	uint32_t rcvbuf;         /* bytes of payload */
	uint32_t window_clamp;   /* 0: none */
	struct byteq rcvq;       /* up to rcv_nxt */
	struct tcp_reasm *reasm; /* out of order; NULL: nothing */
	uint8_t quickacks;       /* segments still acknowledged at once */
	uint8_t urg_byte;
	uint8_t ifindex; /* SO_BINDTODEVICE, or a scope; 0: any */
	struct tcp_reorder reorder;

	/* Time stamps (RFC 7323). */
	uint32_t ts_recent, ts_offset;
	uint32_t ts_recent_at; /* s */

	/* Round trip and congestion. */
	struct tcp_rtt rtt;
	uint32_t segs_in;
	struct tcp_cc cc;
	usecs rtt_at; /* when rtt_seq's segment left; 0: not timing */
	tcp_seq rtt_seq;
	uint32_t max_flight; /* most in flight this round */
	tcp_seq round_end;   /* this round ends when it is acknowledged */

	/* Loss. */
	tcp_seq recover_seq;   /* RFC 6582 recover */
	tcp_seq rxt_nxt;       /* without a scoreboard: next to resend */
	tcp_seq tail_end;      /* of the tail probe */
	struct tcp_sack *sack; /* scoreboard; NULL: nothing out of order */
	uint32_t dupacks;
	uint32_t retries; /* timeouts, or unanswered probes, in a row */
	uint32_t total_retrans;
	uint32_t dsacks;   /* duplicates reported, which may be resends */
	uint32_t undo_ts;  /* our clock at the first resend */
	int32_t undo_rxts; /* resends not yet reported as duplicates */
	tcp_seq undo_from; /* snd_una at the last cut */
	tcp_seq ecn_end;   /* snd_nxt at the last cut */
	usecs stall_since; /* the oldest unacknowledged is waiting since */

	/* Receive buffer tuning. */
	uint32_t drs_at; /* us, low bits */
	uint32_t drs_copied, drs_space, rcv_rtt_us;
	usecs rcv_rtt_at;
	tcp_seq rcv_rtt_seq;

	uint32_t heard; /* for the log: the packet that has to be answered */

	/* Timers' settings. */
	usecs last_rx, last_tx, last_data_rx;
	uint32_t oow_ack_at; /* ms; last ACK to an empty unacceptable segment */
	uint32_t retry_us;   /* device full: next pause */
	uint32_t user_timeout_ms;
	uint16_t keepidle, keepintvl; /* s */
	uint8_t keepcnt, keep_sent;
	uint8_t syncnt;
	uint8_t probe_shift;   /* doublings of the probe interval */
	int16_t linger2;       /* s; 0: LIMIT_FIN_WAIT_2_US */
	uint16_t defer_accept; /* s */

	/* Where it goes. */
	struct tcp_way path; /* [S] looked up at path_at */
	usecs path_at;
	struct tcp_manner v4, v6;

	uint64_t bytes_acked, bytes_received;
};
static_assert(sizeof(struct tcp_conn) <= 1024, "an idle connection is small");
static_assert(LIMIT_IFACES <= UINT8_MAX, "tcp_conn.ifindex holds any");

/* A segment that arrived. */
struct tcp_seg {
	struct tcp *tcp;
	struct iface *ifp;
	struct pkt *p; /* data at the payload */
	struct ports_tuple key;
	tcp_seq seq, ack;
	uint32_t wnd; /* as on the wire, not scaled */
	uint32_t len; /* payload bytes left */
	uint16_t urg;
	uint8_t flags; /* enum tcp_flags */
	struct tcp_options opt;
};

static inline tcp_seq tcp_seg_end(const struct tcp_seg *s)
{
	return s->seq + s->len + !!(s->flags & TCP_SYN) +
	       !!(s->flags & TCP_FIN);
}

/* Our clock for time stamps: milliseconds, shifted per pair of hosts. */
static inline uint32_t tcp_ts_now(const struct tcp_conn *c)
{
	return (uint32_t)(c->eng->now / 1000) + c->ts_offset;
}

static inline uint32_t tcp_flight(const struct tcp_conn *c)
{
	return c->snd_nxt - c->snd_una;
}

/* Bytes in the receive window as the peer knows it. */
static inline uint32_t tcp_rcv_wnd(const struct tcp_conn *c)
{
	return seq_gt(c->rcv_adv, c->rcv_nxt) ? c->rcv_adv - c->rcv_nxt : 0;
}

/* Waits in a listener's accept queue. */
static inline bool tcp_is_queued(const struct tcp_conn *c)
{
	return list_is_linked(&c->in_queue);
}

/* tcp_flush() will look at it. */
static inline void tcp_mark_dirty(struct tcp_conn *c)
{
	if (!list_is_linked(&c->dirty))
		list_push(&c->tcp->dirty, &c->dirty);
}

static inline void tcp_ack_soon(struct tcp_conn *c)
{
	c->ack_now = true;
	tcp_mark_dirty(c);
}

/* See tcp_begin(); the stores between the two stay between them. */
static inline void tcp_work_on(struct tcp *t, struct tcp_conn *c)
{
	list_fence();
	t->busy = c;
	list_fence();
}

static inline void tcp_tell(struct tcp_conn *c, uint32_t news)
{
	news_leave(c->eng, &c->news, news);
}

/* tcp.c */

/* The protocol is over: state CLOSED, error for the program, out of all
 * tables. Freed at the flush when nobody holds it. */
void tcp_finish(struct tcp_conn *c, int error);

/* Sends a reset, then tcp_finish(). */
void tcp_reset(struct tcp_conn *c, int error);

/* RFC 6528 for this tuple; and its time stamp offset. */
tcp_seq tcp_make_iss(struct tcp *t, const struct ports_tuple *key);
uint32_t tcp_make_ts_offset(struct tcp *t, const struct ports_tuple *key);

/* Both SYNs have been seen: what the options agreed on. */
void tcp_apply_syn_options(struct tcp_conn *c, const struct tcp_options *o);

/* mss follows path, the peer's MSS and the options in force. */
void tcp_update_mss(struct tcp_conn *c);

/* Payload of a full segment to us over this interface. */
uint16_t tcp_adv_mss(const struct iface *ifp, const struct inet_addr *remote,
		     uint16_t user_mss);

/* What a peer of that family means who says no MSS. */
static inline uint16_t tcp_mss_unsaid(const struct inet_addr *remote)
{
	return inet_is4(remote) ? TCP_MSS_UNSAID4 : TCP_MSS_UNSAID6;
}

/* The manner of packets to `remote`. */
static inline const struct tcp_manner *
tcp_manner_of(const struct tcp_conn *c, const struct inet_addr *remote)
{
	return inet_is4(remote) ? &c->v4 : &c->v6;
}

/* The interface that packets to the peer must take; 0: any. */
static inline uint32_t tcp_way_out(const struct tcp_conn *c)
{
	if (inet_needs_scope(&c->b.key.remote) && c->path.ifp)
		return c->path.ifp->index;
	return c->ifindex;
}

/* Looks the way up again if what we know is old. 0 or -errno. */
int tcp_refresh_path(struct tcp_conn *c, bool now);

/* News when a waiting writer may go on. */
void tcp_note_writable(struct tcp_conn *c);

/* Bytes queued behind snd_nxt. */
static inline uint32_t tcp_unsent_bytes(const struct tcp_conn *c)
{
	uint32_t sent = c->snd_nxt - c->snd_una - (c->fin_sent ? 1u : 0u);

	return (uint32_t)c->sndq.bytes - MIN(sent, (uint32_t)c->sndq.bytes);
}

#endif
