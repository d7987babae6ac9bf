/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * testkit.h - for tests: invented clock, scripted peer, lossy wire
 *
 * What this room is for
 *   A host is one engine with a network floor and TCP, on a link that keeps
 *   every frame. A kit is a host and a scripted peer: what the peer sends is
 *   injected, what we send is expected. A wire joins two hosts and loses,
 *   delays, doubles and spoils frames from a seed. All in virtual time.
 *
 *   After every step kit_check() asserts what must hold for every connection
 *   (see testkit.c). Closing fails the test if memory is still in use.
 *
 * Sequence numbers in a struct seg count from the SYN of their sender, which
 *   is 0; so the first byte is 1 (OUR_SEQ, PEER_SEQ).
 * Never      is included outside *_test.c, *_fuzz.c and testkit*.c.
 */
#ifndef STACK_TESTKIT_H
#define STACK_TESTKIT_H

#include "link/link.h"
#include "net/net.h"
#include "tcp/tcp_priv.h"

enum {
	FIN = TCP_FIN,
	SYN = TCP_SYN,
	RST = TCP_RST,
	PSH = TCP_PSH,
	ACK = TCP_ACK,
	URG = TCP_URG
};

enum {
	OUR_SEQ = 1,  /* behind our SYN */
	PEER_SEQ = 1, /* behind the peer's */
	KIT_PORT = 80,
	KIT_PEER_PORT = 12345,
	KIT_MTU = 1500,
	KIT_SHADOWS = 2048,
};

#define KIT_EPOCH SEC(100)
#define KIT_NO_WINDOW UINT32_MAX /* seg.wnd: really 0 */

/* One frame that a host sent: the IP packet, checksum as it was left. */
struct kit_frame {
	struct list link;
	usecs due; /* wire: arrives then */
	uint64_t order;
	uint32_t len;
	uint16_t gso_size;
	bool csum_partial; /* never completed: nothing to verify */
	uint8_t bytes[];
};

struct kit_shadow {
	const struct tcp_conn *c;
	tcp_seq iss, edge;
};

struct kit_host {
	struct arena *arena;
	struct engine eng;
	struct net net;
	struct tcp tcp;
	struct link link;
	struct iface *ifp;
	struct inet_addr addr, peer;
	struct list frames; /* struct kit_frame, sent and not yet taken */
	uint32_t nframes;
	uint64_t frames_sent; /* ever */
	int send_error;       /* what the link answers instead of sending */
	bool arp_wanted;
	size_t used_at_open;
	struct kit_shadow shadow[KIT_SHADOWS];
};

struct kit_host_config {
	const char *addr, *peer;
	uint64_t seed;
	uint32_t caps; /* enum link_caps */
	uint32_t mtu;
	size_t memory; /* 0: plenty */
};

void kit_host_open(struct kit_host *h, const struct kit_host_config *config);
void kit_host_close(struct kit_host *h);

/* The end of a turn: timers due, flush, news forgotten, invariants. */
void kit_host_settle(struct kit_host *h);
void kit_host_set_time(struct kit_host *h, usecs now);

/* An IP packet arrives; consumed. */
void kit_host_receive(struct kit_host *h, const struct kit_frame *f);

/* Takes the oldest frame sent, or NULL; the caller frees it with free(). */
struct kit_frame *kit_host_take(struct kit_host *h);

/* Asserts what holds for every connection after every step. */
void kit_check(struct kit_host *h);

/* A segment, in or out. What is 0 is absent, or not looked at. */
struct seg {
	uint8_t flags;
	uint32_t seq, ack;
	uint32_t wnd;     /* in: 0 means kit.peer_wnd; see KIT_NO_WINDOW */
	uint32_t len;     /* payload bytes; their content is kit_byte(seq) */
	const char *data; /* or these; len may be 0 then */
	uint16_t urg;
	uint8_t tos;
	uint16_t mss;
	uint8_t wscale; /* with has_wscale */
	bool has_wscale, sack_permitted, has_ts;
	uint32_t tsval, tsecr;
	uint8_t nsack;
	struct range sack[4]; /* relative, too */
	uint16_t gso_size;
	uint16_t port; /* peer's port; 0: KIT_PEER_PORT */
};

struct kit {
	struct kit_host host;
	struct tcp_conn *conn; /* what kit_established() made */
	struct tcp_conn *listener;
	uint32_t our_iss, peer_iss;
	uint16_t our_port;   /* what injected segments go to */
	uint32_t peer_wnd;   /* raw window field of injected segments */
	bool with_ts;        /* injected segments carry time stamps */
	uint32_t ts_ecr;     /* our last tsval */
	struct seg last_in;  /* for kit_inject_again() */
	uint8_t data[65536]; /* payload of the last taken segment */
	struct seg out;      /* the last taken segment */
};

void kit_open(struct kit *k);
void kit_open_with(struct kit *k, uint32_t caps, uint32_t mtu);
void kit_close(struct kit *k);

/* Time passes; timers fire at their own times on the way. */
void kit_advance(struct kit *k, usecs us);

/* The peer sends. kit_inject() ends the turn; kit_give() does not. Returns
 * what tcp_input() said. */
enum verdict kit_inject(struct kit *k, struct seg s);
enum verdict kit_give(struct kit *k, struct seg s);
enum verdict kit_inject_again(struct kit *k);

/* The next segment we sent must have these flags, numbers and length, and what
 * else is not 0 in `s`. */
#define kit_expect(k, ...) kit_expect_at(k, __FILE__, __LINE__, __VA_ARGS__)
void kit_expect_at(struct kit *k, const char *file, int line, struct seg s);
#define kit_expect_silence(k) kit_expect_silence_at(k, __FILE__, __LINE__)
void kit_expect_silence_at(struct kit *k, const char *file, int line);

/* The next segment we sent, whatever it is; NULL: none. Kept in k->out. */
const struct seg *kit_take(struct kit *k);
void kit_forget_frames(struct kit *k);

/* Ready-made situations. What went over the wire for them is taken away. The
 * options of the peer's SYN are those of `syn`. */
struct tcp_conn *kit_listen(struct kit *k, uint32_t backlog);
struct tcp_conn *kit_connect(struct kit *k); /* SYN sent and taken */
struct tcp_conn *kit_established_with(struct kit *k, struct seg syn);
struct tcp_conn *kit_established(struct kit *k); /* active, plain peer */
struct tcp_conn *kit_accepted_with(struct kit *k, struct seg syn);

/* Byte at relative sequence number `seq` of every stream in a test. */
static inline uint8_t kit_byte(uint32_t seq)
{
	return (uint8_t)((seq * 2654435761u) >> 13);
}

/* Socket calls with flat buffers; the end of a turn included. */
ssize_t kit_send(struct kit *k, struct tcp_conn *c, uint32_t len);
ssize_t kit_recv(struct kit *k, struct tcp_conn *c, void *to, size_t len);

/* testkit_wire.c: two hosts. */
struct kit_fate {
	double loss, reorder, dup, corrupt; /* probabilities */
	usecs delay, jitter;
	uint64_t rate_bps; /* 0: unlimited */
	uint32_t queue;    /* frames; 0: unlimited */
};

struct kit_wire {
	struct kit_host a, b;
	struct kit_fate fate;
	struct rand rand;
	struct list flying[2]; /* struct kit_frame by due: 0 to b, 1 to a */
	uint32_t nflying[2];
	usecs busy_until[2];
	usecs now;
	uint64_t order, lost, delivered;
	/* Called for every frame that would be sent; false: lose it. */
	bool (*filter)(struct kit_wire *w, int to, const struct kit_frame *f);
};

void kit_wire_open(struct kit_wire *w, const struct kit_fate *fate,
		   uint64_t seed, uint32_t caps);
void kit_wire_close(struct kit_wire *w);

/* One event: the next arrival or timer, no later than `until`. False: nothing
 * happens until then; time is `until` now. */
bool kit_wire_step(struct kit_wire *w, usecs until);

/* Takes frames the hosts have just sent onto the wire. */
void kit_wire_collect(struct kit_wire *w);

#endif
