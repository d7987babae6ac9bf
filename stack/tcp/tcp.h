/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp.h - TCP as the socket floor sees it
 *
 * What this room is for
 *   A connection is an opaque object with verbs. The same object is first
 *   unbound, then perhaps bound, then a listener or a connection; after
 *   tcp_close() it belongs to TCP alone, which frees it when the protocol is
 *   done with it (TIME-WAIT, orphans). What happens to it is left as news
 *   (engine.h) with `owner` as given to tcp_new().
 *
 * Errors     0 or a count, else -errno as connect(2), send(2), recv(2) say.
 * Lock       the stack lock is held. Nothing here sleeps: -EAGAIN instead.
 * Follows    RFC 9293 3.9.1 (the user interface) and the RFCs named in tcp_*.c.
 */
#ifndef STACK_TCP_H
#define STACK_TCP_H

#include <sys/types.h>

#include "ground/bpf.h"
#include "ground/drop.h"
#include "ground/engine.h"
#include "link/inet.h"
#include "ground/limits.h"
#include "net/net.h"
#include "transport/ports.h"
#include "ground/uio.h"

struct icmp_error;
struct tcp_conn;

/* Whose timer it is: a TIMER_TCP lies in one of these. */
struct tcp_timed {
	struct timer timer;
	bool is_time_wait; /* [I] in struct tcp; else in a connection */
	bool is_ready;     /* [I] it has a place in the heap */
};

/* Explicit congestion notification (Linux: tcp_ecn). */
enum tcp_ecn_wish {
	TCP_ECN_ANSWER, /* when a peer asks */
	TCP_ECN_OFF,
	TCP_ECN_ASK, /* and when we connect */
};

/* The transport's state, in the stack's root. */
struct tcp {
	struct engine *eng;         /* [I] */
	struct net *net;            /* [I] */
	struct ports ports;         /* [S] */
	struct rand_key iss_key;    /* [I] RFC 6528 */
	struct rand_key cookie_key; /* [I] RFC 4987 */
	struct list time_wait; /* [S] oldest first, at most LIMIT_TIME_WAIT */
	uint32_t ntime_wait;   /* [S] */
	struct tcp_timed time_wait_timer; /* [S] for the oldest of them */
	struct list filters;              /* [S] see tcp_filter.h */
	struct tcp_filtered *filter_of;   /* [S] the same, by conn */
	struct list dirty;       /* [S] conns that tcp_flush() must look at */
	struct list hungry;      /* [S] conns that wait for memory to send */
	uint8_t hungry_at;       /* [S] enum arena_room when the last began */
	uint32_t norphans;       /* [S] closed by the program, still sending */
	uint32_t nconns;         /* [S] all */
	struct tcp_conn *busy;   /* [S] being changed just now, or NULL */
	struct tcp_conn *silent; /* [S] see tcp_ack_silent(), or NULL */
	uint8_t ecn;             /* [I] enum tcp_ecn_wish */
	bool has_sleepers;       /* [I] who sleeps calls tcp_ack_silent() */
	usecs challenge_since;   /* [S] start of the current second */
	uint32_t challenge_left; /* [S] RFC 5961 7 */
};

void tcp_init(struct tcp *t, struct engine *eng, struct net *net);

/* Aborts and frees everything. */
void tcp_fini(struct tcp *t);

/*
 * Whoever is killed while a conn is being changed leaves nothing in it that
 * can be relied on: recovery ends that one. Until tcp_flush() or the next.
 */
void tcp_begin(struct tcp_conn *c);

/*
 * A client that is connected speaks, as a rule, and its words carry the ACK of
 * the handshake. So that one waits for them, 1 ms at most; and whoever goes to
 * sleep instead of speaking calls this, which sends it.
 */
void tcp_ack_silent(struct tcp *t);

/*
 * The eleven states of RFC 9293 3.3.2. An object that is merely open or bound
 * is TCPS_CLOSED.
 */
enum tcp_state {
	TCPS_CLOSED,
	TCPS_LISTEN,
	TCPS_SYN_SENT,
	TCPS_SYN_RCVD,
	TCPS_ESTABLISHED,
	TCPS_FIN_WAIT_1,
	TCPS_FIN_WAIT_2,
	TCPS_CLOSING,
	TCPS_TIME_WAIT,
	TCPS_CLOSE_WAIT,
	TCPS_LAST_ACK,
};

#define TCPS_NSTATES (TCPS_LAST_ACK + 1)

const char *tcp_state_name(enum tcp_state s);

/* What an application may set, with the meaning of tcp(7) and socket(7). */
enum tcp_option {
	TCP_O_NODELAY,       /* bool */
	TCP_O_CORK,          /* bool; clearing sends what was held */
	TCP_O_QUICKACK,      /* bool */
	TCP_O_MAXSEG,        /* bytes; before connect; get: current */
	TCP_O_KEEPALIVE,     /* bool (SO_KEEPALIVE) */
	TCP_O_KEEPIDLE,      /* seconds, 1..32767 */
	TCP_O_KEEPINTVL,     /* seconds, 1..32767 */
	TCP_O_KEEPCNT,       /* 1..127 */
	TCP_O_SYNCNT,        /* 1..127 */
	TCP_O_LINGER2,       /* seconds in FIN-WAIT-2; < 0: none */
	TCP_O_DEFER_ACCEPT,  /* seconds */
	TCP_O_WINDOW_CLAMP,  /* bytes */
	TCP_O_USER_TIMEOUT,  /* milliseconds */
	TCP_O_SNDBUF,        /* bytes of payload; fixes the size */
	TCP_O_RCVBUF,        /* bytes of payload; fixes the size */
	TCP_O_NOTSENT_LOWAT, /* bytes */
	TCP_O_TOS,           /* IP_TOS */
	TCP_O_TTL,           /* IP_TTL */
	TCP_O_PMTUDISC,      /* IP_MTU_DISCOVER */
	TCP_O_OOBINLINE,     /* bool (SO_OOBINLINE) */
	TCP_O_REUSE, /* binding flags REUSEADDR | REUSEPORT, is6, v6only */
	TCP_O_LINGER_RESET, /* bool: close() aborts (SO_LINGER with 0) */
};

/* A closed, unbound connection without an owner: 0, -ENOBUFS. */
int tcp_new(struct tcp *t, void *owner, struct tcp_conn **out) MUST_CHECK;

/* Whom the news is for; NULL: nobody. */
void tcp_set_owner(struct tcp_conn *c, void *owner);

/* Whose it is, before it is bound: SO_REUSEPORT asks. */
void tcp_set_user(struct tcp_conn *c, uint32_t uid);

int tcp_bind(struct tcp_conn *c, const struct endpoint *local) MUST_CHECK;

/* Binds first if need be; again: a new backlog. -EINVAL when connected. */
int tcp_listen(struct tcp_conn *c, uint32_t backlog) MUST_CHECK;

/* The oldest established connection, or NULL. Its owner is still NULL. */
struct tcp_conn *tcp_accept(struct tcp_conn *listener) MUST_CHECK;

/*
 * Sends the SYN: 0, then NEWS_CONNECTED or NEWS_ERROR follows. -EISCONN,
 * -EALREADY, -ENETUNREACH, -EADDRNOTAVAIL, -EADDRINUSE, -ECONNREFUSED (to
 * a listener of our own that is full never: it drops).
 */
int tcp_connect(struct tcp_conn *c, const struct endpoint *remote) MUST_CHECK;

enum tcp_send_flags {
	TCP_SEND_MORE = 1 << 0, /* MSG_MORE: as if corked for this call */
	TCP_SEND_OOB = 1 << 1,  /* MSG_OOB: the last byte is urgent */
};

/*
 * Takes up to uio->left bytes into the send buffer and sends what may be sent.
 * Returns how many; -EAGAIN (no space, or still connecting), -EPIPE, -ENOTCONN,
 * the connection's error once, -ENOBUFS.
 */
ssize_t tcp_send(struct tcp_conn *c, struct uio *from,
		 uint32_t flags) MUST_CHECK;

/*
 * A pkt for up to `len` bytes that the caller fills without the lock, and that
 * tcp_send_lent() sends without copying them, or takes back empty. 0; -EAGAIN
 * as tcp_send(); -EOPNOTSUPP: there is something to tell or memory is short,
 * use tcp_send().
 */
int tcp_lend(struct tcp_conn *c, size_t len, struct pkt **out) MUST_CHECK;
ssize_t tcp_send_lent(struct tcp_conn *c, struct pkt *p,
		      uint32_t flags) MUST_CHECK;

enum tcp_recv_flags {
	TCP_RECV_PEEK = 1 << 0,
	TCP_RECV_DISCARD = 1 << 1, /* MSG_TRUNC: drop the bytes, copy nothing */
	TCP_RECV_OOB = 1 << 2,     /* MSG_OOB: the urgent byte */
};

/*
 * Up to uio->left bytes; 0 at the end of input; -EAGAIN, -ENOTCONN, the
 * connection's error once. Stops at the urgent mark. Sends a window update
 * when that is due. *peek_offset is where to peek (MSG_PEEK continues).
 */
ssize_t tcp_recv(struct tcp_conn *c, struct uio *to, uint32_t flags,
		 size_t peek_offset) MUST_CHECK;

/* No more will be sent (FIN), or read. -ENOTCONN. */
int tcp_shutdown_send(struct tcp_conn *c) MUST_CHECK;
int tcp_shutdown_recv(struct tcp_conn *c) MUST_CHECK;

/*
 * The application is done with it: FIN after what is queued, or a reset when
 * unread data would be lost (RFC 2525 2.17) or TCP_O_LINGER_RESET is set. A
 * listener resets what waits in its queues. c must not be used afterwards.
 */
void tcp_close(struct tcp_conn *c);

/* Reset and free. */
void tcp_abort(struct tcp_conn *c);

/* An administrator ends it: a reset to the peer, ECONNABORTED to the program.
 */
void tcp_destroy(struct tcp_conn *c);

/* connect(AF_UNSPEC): abort, but keep the object, unbound. */
void tcp_disconnect(struct tcp_conn *c);

/* 0, -EINVAL, -ENOPROTOOPT; get returns through *value. */
int tcp_set(struct tcp_conn *c, enum tcp_option o, int value) MUST_CHECK;

/* Options of IPPROTO_IPV6, all at once; hops 0: the default. */
void tcp_set_manner6(struct tcp_conn *c, uint8_t tclass, uint8_t hops,
		     uint8_t pmtudisc, bool no_flow_label);

/* RFC 5014: rather from a public address than from a temporary one. */
void tcp_prefer_public(struct tcp_conn *c, bool prefer);

/* The only interface it shall use; 0: any. */
void tcp_set_ifindex(struct tcp_conn *c, uint32_t ifindex);

/* Its filter, NULL: none; connections of a listener have it, too. set: takes
 * the reference over, unless it is -ENOBUFS. */
struct bpf *tcp_filter(const struct tcp_conn *c);
int tcp_set_filter(struct tcp_conn *c, struct bpf *f) MUST_CHECK;
int tcp_get(struct tcp_conn *c, enum tcp_option o, int *value) MUST_CHECK;

/* TCP_CONGESTION: an enum tcp_cc_algo. set: 0 or -EINVAL. */
int tcp_congestion(const struct tcp_conn *c);
int tcp_set_congestion(struct tcp_conn *c, int algo) MUST_CHECK;

enum tcp_state tcp_get_state(const struct tcp_conn *c);
struct endpoint tcp_local(const struct tcp_conn *c);
struct endpoint tcp_remote(const struct tcp_conn *c);

/* Pending error, and forget it (SO_ERROR). */
int tcp_take_error(struct tcp_conn *c);
int tcp_peek_error(const struct tcp_conn *c);

size_t tcp_readable(const struct tcp_conn *c); /* bytes to read (FIONREAD) */
size_t tcp_unsent(const struct tcp_conn *c);   /* SIOCOUTQNSD */
size_t tcp_unacked(const struct tcp_conn *c);  /* SIOCOUTQ */
bool tcp_at_mark(const struct tcp_conn *c);    /* SIOCATMARK */
bool tcp_has_urgent(const struct tcp_conn *c);
bool tcp_input_ended(const struct tcp_conn *c);  /* FIN reached or recv shut */
bool tcp_output_ended(const struct tcp_conn *c); /* send shut or closed */
uint32_t tcp_accept_queue(const struct tcp_conn *listener);

/* Data or a FIN of ours is not acknowledged yet. */
bool tcp_is_sending(const struct tcp_conn *c);

/* Any connection of which that is true, orphans too? For process end. */
bool tcp_any_sending(const struct tcp *t);

/* Linux's rule for POLLOUT: a third of the send buffer is free, and less than
 * TCP_NOTSENT_LOWAT is unsent. */
bool tcp_is_writable(const struct tcp_conn *c);

/* struct tcp_info of linux/tcp.h, filled as far as we know. */
struct tcp_info;
void tcp_get_info(const struct tcp_conn *c, struct tcp_info *info);

/* From ip4.c: data at the TCP header. */
enum verdict tcp_input(struct tcp *t, struct iface *ifp, struct pkt *p,
		       const struct inet_addr *src,
		       const struct inet_addr *dst);

/* Does it quote something that is in flight? RFC 5927 4.1: else it is a lie. */
bool tcp_icmp_is_ours(struct tcp *t, const struct icmp_error *e);

/* From icmp4.c: an error about a segment of ours. */
void tcp_icmp_error(struct tcp *t, const struct icmp_error *e);

/* From stack.c: TIMER_TCP fired. */
void tcp_on_timer(struct timer *timer);

/* A timer that would fire for nothing is put where the next deadline is; true
 * if it was moved. See tcp_timer.h. */
bool tcp_timer_catch_up(struct timer *timer);

/*
 * From stack.c at the end of a turn: sends the ACKs and the data that input
 * made possible. So a batch of segments is answered once.
 */
void tcp_flush(struct tcp *t);

#endif
