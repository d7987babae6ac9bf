/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock.h - the socket object, the table of them, and the stack's root
 *
 * What this room is for
 *   A socket ties a transport object (TCP connection, UDP pcb) to what the
 *   application knows: a number, options of socket level, readiness, and those
 *   who wait. Sockets and epoll sets share one table of slots. A slot outlives
 *   its object and is never given back, so that readiness can be read without
 *   the lock by anybody who has a number, however old.
 *
 * Never      is included outside floor 4; the shim sees stack.h only.
 * Lock       S: the stack lock; a: atomic, written under the stack lock.
 */
#ifndef STACK_SOCK_H
#define STACK_SOCK_H

#include <sys/epoll.h>
#include <sys/socket.h>

#include "ground/engine.h"
#include "process/family.h"
#include "link/link_kind.h"
#include "net/net.h"
#include "flow_label.h"
#include "sock_wait.h"
#include "stack.h"
#include "tcp/tcp.h"
#include "transport/packet.h"
#include "transport/udp.h"

#include <uthash.h>

struct link_stream_state;
struct loop_queue;
struct nl_sock;

/* sock_id: generation above, index below; 56 bits in all. */
enum {
	SOCK_INDEX_BITS = 24,
	SOCK_PAGE_SLOTS = 1024,
	SOCK_PAGES = LIMIT_SOCKETS / SOCK_PAGE_SLOTS,
};

enum sock_kind { SOCK_KIND_FREE, SOCK_KIND_SOCKET, SOCK_KIND_EPSET };

/* One number's place. Its members are valid whoever holds an old number. */
struct sock_slot {
	uint32_t generation;  /* [a] counts up when the object goes */
	uint32_t ready;       /* [a] EPOLL bits; see sock_wait.h */
	uint32_t index;       /* [I] of this slot */
	uint8_t kind;         /* [S] enum sock_kind */
	bool nonblocking;     /* [a] O_NONBLOCK */
	bool shared;          /* [a] its last close the kernel knows */
	bool left;            /* [S] who closed it found it held */
	bool special;         /* [a] see sock_note_special() */
	const uint32_t *word; /* [a] see sock_slot_ready(); mostly NULL */
	uint32_t in_flight;   /* [S] copies in messages, as far as known */
	void *object;         /* [S] struct sock or struct epset */
	struct sock_slot *next_free; /* [S] */
};

/* What connect(2) has said so far: Linux's sock->state. */
enum sock_phase {
	SOCK_UNCONNECTED, /* it starts an attempt */
	SOCK_CONNECTING,  /* it did; the result is not told yet */
	SOCK_CONNECTED,   /* it told: -EISCONN from now on */
	SOCK_SPOILT,      /* shut down after a failed attempt: -EINVAL */
};

/* Options of IPPROTO_IPV6 that are on or off: bits of sock_ip6.on. Those of
 * control messages are named after the message. */
enum sock_ip6_bit {
	SOCK6_PKTINFO,
	SOCK6_HOPLIMIT,
	SOCK6_TCLASS,
	SOCK6_FLOWINFO,
	SOCK6_RTHDR,
	SOCK6_HOPOPTS,
	SOCK6_DSTOPTS,
	SOCK6_OLD_PKTINFO, /* RFC 2292's, from here */
	SOCK6_OLD_HOPLIMIT,
	SOCK6_OLD_RTHDR,
	SOCK6_OLD_HOPOPTS,
	SOCK6_OLD_DSTOPTS, /* to here */
	SOCK6_PATHMTU,
	SOCK6_ORIGDSTADDR,
	SOCK6_FRAGSIZE,
	SOCK6_RECVERR,
	SOCK6_RECVERR_RFC4884,
	SOCK6_FLOWINFO_SEND,
	SOCK6_DONTFRAG,
	SOCK6_AUTOFLOWLABEL,
	SOCK6_MULTICAST_LOOP,
	SOCK6_MULTICAST_ALL,
	SOCK6_FREEBIND,
	SOCK6_TRANSPARENT,
};

/* What the options of IPPROTO_IPV6 say; sock_opt6.c. */
struct sock_ip6 {
	uint32_t on;                 /* [S] 1 << enum sock_ip6_bit */
	int16_t hops;                /* [S] -1: the stack's default */
	int16_t multicast_hops;      /* [S] */
	int16_t tclass;              /* [S] */
	int16_t pmtudisc;            /* [S] enum udp_pmtudisc */
	int16_t min_hops;            /* [S] only kept */
	uint16_t preferences;        /* [S] IPV6_PREFER_SRC_* that differ */
	uint32_t multicast_if;       /* [S] ifindex; 0: by route */
	uint32_t unicast_if;         /* [S] the same */
	uint32_t sticky_if;          /* [S] IPV6_PKTINFO as an option */
	struct inet_addr sticky_src; /* [S] */
};

struct sock {
	sock_id id;                 /* [I] */
	struct stack *stack;        /* [I] */
	struct sock_slot *slot;     /* [I] */
	uint32_t owner;             /* [I] who made it: see family.h */
	int family;                 /* [S] AF_INET, AF_INET6 (which may become
					AF_INET: IPV6_ADDRFORM), AF_NETLINK,
					AF_PACKET */
	int type;                   /* [I] SOCK_STREAM or SOCK_DGRAM */
	uint32_t uid;               /* [I] of the user who made it */
	int protocol;               /* [I] IPPROTO_TCP, IPPROTO_UDP */
	struct tcp_conn *conn;      /* [S] streams; NULL after close */
	struct udp_pcb *pcb;        /* [S] datagrams */
	struct nl_sock *nl;         /* [S] AF_NETLINK; see sock_netlink.h */
	struct packet_pcb *packet;  /* [S] AF_PACKET; see sock_packet.h */
	struct readiness readiness; /* [S] who watches */
	uint64_t inode;             /* [S] of the placeholder; 0: none yet */
	usecs rcvtimeo, sndtimeo;   /* [S] USECS_NEVER: none */
	usecs linger;               /* [S] SO_LINGER; USECS_NEVER: off */
	uint32_t reuse;             /* [S] enum binding_flags */
	int priority, mark;         /* [S] stored, as socket(7) */
	int rcvlowat;               /* [S] SO_RCVLOWAT */
	int busy_poll;              /* [S] SO_BUSY_POLL, only kept */
	int fastopen;               /* [S] TCP_FASTOPEN, kept */
	int sndbuf;                 /* [S] datagrams: SO_SNDBUF, only kept */
	uint32_t ifindex;           /* [S] SO_BINDTODEVICE; 0: any */
	uint32_t multicast_addr;    /* [S] IP_MULTICAST_IF as it was given */
	uint64_t kept[2];           /* [S] bools by row: see sock_opt.c */
	bool v6only;                /* [S] IPV6_V6ONLY */
	bool shut_read, shut_write; /* [S] shutdown(2), without connection */
	uint8_t phase;              /* [S] streams: enum sock_phase */
	struct endpoint asked;      /* [S] streams: what bind() was given */
	struct sock_ip6 ip6;        /* [S] options of IPPROTO_IPV6 */
	bool pktinfo, recvtos, recvttl, recv_stamp, recv_stamp_nano; /* [S] */
	bool freebind;      /* [S] IP_FREEBIND, IP_TRANSPARENT */
	bool broadcast;     /* [S] SO_BROADCAST, as it was set */
	bool dontroute;     /* [S] SO_DONTROUTE, as it was set */
	bool filter_locked; /* [S] SO_LOCK_FILTER */
	usecs last_stamp; /* [S] of what was read last; 0: nothing (SIOCGSTAMP)
			   */
	UT_hash_handle by_inode; /* [S] */
};

/* The root: block of kind ARENA_ROOT. */
struct stack {
	struct engine eng;
	struct net net;
	struct tcp tcp;
	struct udp udp;
	struct udp echo, raw;   /* ping and raw sockets: raw.h */
	struct packets packets; /* packet sockets */
	struct flow_lease flow_leases[FLOW_LABEL_LEASES]; /* [S] */
	struct sock_slot *pages[SOCK_PAGES]; /* [S] grown on demand */
	uint32_t npages;                     /* [S] */
	struct sock_slot *free_slots;        /* [S] */
	uint32_t nsocks;                     /* [S] in use */
	struct sock *inodes;                 /* [S] by placeholder inode */
	struct list netlinks;                /* [S] struct nl_sock */
	struct nl_watch *watch;              /* [S] while somebody listens */
	struct timer trim;                   /* [S] see turn.c */
	uint32_t trim_turns;                 /* [S] since it was armed */
	struct loop_queue *loop;             /* [S] frames of the loopback */
	bool loop_more;                      /* [S] more frames wait there */
	struct link_stream_state *stream[LINKS_MAX]; /* [S] of stream links */
	uint32_t next_bell;                          /* [a] see bell.h */
	struct family family;                        /* the processes */
	struct link_list links; /* [I] kinds and places, for who joins */
	uint64_t wall_offset;   /* [I] wall clock less monotonic */
	bool has_told; /* [S] that no address has come; address_wait.c */
};

/* The root's rooms in order; `seed` keys everything unpredictable. */
int sock_stack_init(struct stack *st, struct arena *arena,
		    const struct rand_key *seed) MUST_CHECK;
void sock_stack_fini(struct stack *st);

/* Slots, for sockets and epoll sets alike. NULL: no memory or too many. */
struct sock_slot *sock_slot_new(struct stack *st, enum sock_kind kind,
				void *object) MUST_CHECK;
void sock_slot_free(struct stack *st, struct sock_slot *slot);
sock_id sock_slot_id(const struct sock_slot *slot);

/* The slot of a number, current or stale; NULL for nonsense. No lock. */
struct sock_slot *sock_slot_of(const struct stack *st, sock_id id);

/*
 * The readiness bits of a slot; no lock. The program takes what is in a ring
 * that it has mapped without saying so: `word` is 0 then, and what the slot
 * says of reading is outdated.
 */
static inline uint32_t sock_slot_ready(const struct sock_slot *slot);

/* The live object behind a number, or NULL. */
struct sock *sock_find(struct stack *st, sock_id id);

/* 0, -ENOBUFS, -ENFILE. */
int sock_new(struct stack *st, int family, int type, int protocol,
	     struct sock **out) MUST_CHECK;

/* A socket around the next connection of a listener that has one. As in Linux
 * the socket comes first: without room for it the connection waits on. */
int sock_new_accepted(struct sock *listener, struct sock **out) MUST_CHECK;

/* After rcvtimeo, sndtimeo, linger or rcvlowat changed: tells those who ask
 * without the lock whether all of them are the default, as nearly always. */
void sock_note_special(struct sock *s);

/* Ends it for everybody: wakes who waits, closes the transport. */
void sock_close(struct sock *s);

/* Whose it is: of that user alone are others that may share its port by
 * SO_REUSEPORT. */
void sock_set_user(struct sock *s, uint32_t uid);

int sock_set_inode(struct sock *s, uint64_t inode) MUST_CHECK;
struct sock *sock_by_inode(struct stack *st, uint64_t inode);

/* Recomputes readiness from the transport; `edges` are events that count for
 * edge-triggered watchers even where the level did not change. */
void sock_update(struct sock *s, uint32_t edges);

/* Turns the news of this turn into readiness. */
void sock_collect_news(struct stack *st);

/*
 * Between struct sockaddr and endpoints. from: -EINVAL (too short),
 * -EAFNOSUPPORT. AF_INET6 sockets take v4-mapped addresses, too.
 */
int sock_addr_in(const struct sock *s, const struct sockaddr *addr,
		 socklen_t len, struct endpoint *out) MUST_CHECK;

/* Writes at most *len bytes and sets *len to the true size. */
void sock_addr_out(const struct sock *s, const struct endpoint *e,
		   struct sockaddr *addr, socklen_t *len);

/* Fills in a scope that is missing, from SO_BINDTODEVICE. 0, or -EINVAL where
 * there must be one, or another. */
int sock_addr_scope(const struct sock *s, struct endpoint *e) MUST_CHECK;

/* May it connect to `remote`, which `addr` said? 0, -ENETUNREACH,
 * -EAFNOSUPPORT, or what sock_addr_scope() says. */
int sock_addr_check_remote(const struct sock *s, struct endpoint *remote,
			   const struct sockaddr *addr,
			   socklen_t len) MUST_CHECK;

/* RFC 1122 3.2.1.3 and Linux: the wildcard as a destination means oneself, by
 * the family that the socket is bound to. */
void sock_addr_to_self(const struct sock *s, struct endpoint *e);

/* Is that the family in an address that may lie anywhere? */
bool sock_addr_is(const struct sockaddr *addr, socklen_t len, int family);

/*
 * bind(2): as sock_addr_in, and the address must be ours (or the wildcard, a
 * broadcast or multicast address for datagrams) unless IP_FREEBIND is set;
 * -EADDRNOTAVAIL. AF_UNSPEC with INADDR_ANY is accepted as Linux does.
 */
int sock_bind_addr(const struct sock *s, const struct sockaddr *addr,
		   socklen_t len, struct endpoint *out) MUST_CHECK;

/* SO_BINDTODEVICE, or the scope of what it is bound to; 0: any. */
void sock_set_ifindex(struct sock *s, uint32_t ifindex);

/* What stack_iface() tells. */
void sock_describe_iface(const struct iface *ifp, struct stack_iface_info *out);

/* sock_ends.c: the calls that give the ends of a socket and tell them, for all
 * types; see stack.h for what they answer. */
int sock_bind(struct sock *s, const struct sockaddr *addr, socklen_t len);
int sock_connect(struct sock *s, const struct sockaddr *addr, socklen_t len);
int sock_local_name(struct sock *s, struct sockaddr *addr, socklen_t *len);
int sock_peer_name(struct sock *s, struct sockaddr *addr, socklen_t *len);

/* The calls, per type; see stack.h for what they answer. */
int sock_stream_listen(struct sock *s, int backlog);
int sock_stream_accept(struct sock *s, struct sock **out);
int sock_stream_bind(struct sock *s, const struct endpoint *local);
int sock_stream_connect(struct sock *s, const struct endpoint *remote);
void sock_stream_disconnect(struct sock *s); /* as new, but for bind() */
int sock_stream_shutdown(struct sock *s, int how);
ssize_t sock_stream_send(struct sock *s, struct uio *from, int flags);
ssize_t sock_stream_send_lent(struct sock *s, struct pkt *p, int flags);
ssize_t sock_stream_recv(struct sock *s, struct uio *to, int flags);
uint32_t sock_stream_ready(const struct sock *s);

int sock_dgram_connect(struct sock *s, const struct endpoint *remote);

/* After connect(): what IPV6_FLOWINFO_SEND finds in the address. */
void sock_dgram_note_flow(struct sock *s, const struct sockaddr *addr,
			  socklen_t len);
int sock_dgram_shutdown(struct sock *s, int how);
ssize_t sock_dgram_send(struct sock *s, struct uio *from,
			const struct msghdr *msg, int flags);
ssize_t sock_dgram_recv(struct sock *s, struct uio *to, struct msghdr *msg,
			int flags);
uint32_t sock_dgram_ready(const struct sock *s);

/* sock_opt.c */
void sock_opt_apply_family(struct sock *s); /* after the transport is made */
int sock_opt_get(struct sock *s, int level, int name, void *value,
		 socklen_t *len);
int sock_opt_set(struct sock *s, int level, int name, const void *value,
		 socklen_t len);
void sock_opt6_init(struct sock *s); /* before the transport is made */
void sock_opt6_push(struct sock *s); /* tells the transport */
int sock_ioctl(struct sock *s, unsigned long request, void *arg);

/* Inline bodies. */

static inline uint32_t sock_slot_ready(const struct sock_slot *slot)
{
	uint32_t ready = __atomic_load_n(&slot->ready, __ATOMIC_ACQUIRE);
	const uint32_t *word = __atomic_load_n(&slot->word, __ATOMIC_RELAXED);

	if (UNLIKELY(word) && !__atomic_load_n(word, __ATOMIC_ACQUIRE))
		ready &= ~(uint32_t)(EPOLLIN | EPOLLRDNORM);
	return ready;
}

#endif
