/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * link.h - what any link must offer
 *
 * What this room is for
 *   A link carries Ethernet frames. Links stack: a pcap tee or an impairment
 *   wraps any other. A link belongs to one process (it holds descriptors and
 *   function pointers), so it lies outside the arena; an interface in the
 *   arena names its link by a small number, which link_attach() fills in for
 *   each process.
 *
 * Errors     send: 0; -EAGAIN when the device is full; -EIO and others count
 *            as a lost frame. recv: a frame's length; -EAGAIN when there is
 *            none; -errno when the link is gone.
 * Lock       the stack lock is held for send and recv.
 */
#ifndef STACK_LINK_H
#define STACK_LINK_H

#include "ground/arena.h"
#include "ground/base.h"
#include "wire.h"

struct pkt;
struct tx;

/* What the link does for us. */
enum link_caps {
	LINK_CSUM = 1 << 0, /* completes partial checksums */
	LINK_TSO4 = 1 << 1, /* takes 64 KiB TCP/IPv4 super-segments */
	LINK_TSO6 = 1 << 2,
	LINK_USO = 1 << 3,      /* takes UDP segmentation */
	LINK_NO_NEIGH = 1 << 4, /* no addresses to resolve (loopback) */
	LINK_MERGES = 1 << 5,   /* frames come longer than its MTU */
};

struct link;

struct link_ops {
	int (*send)(struct link *l, const struct tx *t);
	/*
	 * Reads one frame into p (an empty pkt with headroom for the link's
	 * own header and room for PKT_FRAME_MAX): sets data, len, gso_size,
	 * segs and csum. A frame whose offload header contradicts it comes
	 * with PKT_CSUM_BAD, for eth_input() to count.
	 */
	int (*recv)(struct link *l, struct pkt *p);
	/*
	 * Optional: hands out a frame that already lies in a pkt of the arena,
	 * without copying. NULL when there is none.
	 */
	struct pkt *(*take)(struct link *l);
	/*
	 * Optional: when the next frame that this layer itself holds back is
	 * due to be sent or received; USECS_NEVER if none.
	 */
	usecs (*next)(struct link *l);
	/* Optional: sends what is due; link_recv() then gives the rest. */
	void (*turn)(struct link *l, usecs now);
	/* Optional: our hardware address is this now; 0 or -errno. */
	int (*address)(struct link *l, const struct eth_addr *mac);
	/* Frees this layer only; link_close() walks down. */
	void (*close)(struct link *l);
};

struct link {
	const struct link_ops *ops; /* [I] */
	int fd;                     /* [I] poll for input; -1: none */
	uint32_t caps;              /* [I] enum link_caps */
	uint32_t mtu;               /* [I] bytes of IP packet */
	struct eth_addr mac; /* [I] the link's suggestion for our address */
	char name[16];       /* [I] for messages */
	struct link *below;  /* [I] what a tee or impairment wraps */
	int file;            /* [I] a file of its own besides fd, or -1 */
	bool gone;           /* [S] the device was removed: do not poll fd */
	usecs now;           /* [S] set by link_send and link_turn */
};

enum { LINK_HANDLES = 64 };

/* Binds a handle in this process; the handle is what the arena stores. */
int link_attach(struct link *l) MUST_CHECK; /* handle >= 0 or -ENOBUFS */
int link_attach_at(int handle, struct link *l) MUST_CHECK;
void link_detach(int handle);
struct link *link_by_handle(int handle); /* NULL: not in this process */

int link_send(struct link *l, const struct tx *t, usecs now) MUST_CHECK;

/*
 * Set p->stamp to the time of the batch first: tees and impairments read it.
 * After link_next() was due, link_turn() and then link_recv() until -EAGAIN,
 * whether or not the descriptor is readable.
 */
int link_recv(struct link *l, struct pkt *p) MUST_CHECK;

/* Frames that need no copy; loopback only, NULL from all others. */
struct pkt *link_take(struct link *l) MUST_CHECK;

/* Over all layers. */
int link_address(struct link *l, const struct eth_addr *mac) MUST_CHECK;
usecs link_next(struct link *l);
void link_turn(struct link *l, usecs now);
void link_close(struct link *l); /* and everything below it */

/* link_tap.c: opens (and creates, if allowed) the device. */
struct link_tap_config {
	const char *name; /* IFNAMSIZ - 1 bytes at most */
	bool offload;     /* virtio-net header, checksum and segmentation */
	int fd;           /* an open TAP to adopt instead, or -1 */
	/* What whoever opened it found out, to be taken over and not to be
	 * found out again; or NULL. */
	const uint32_t *caps;
};

/*
 * -EPERM/-EACCES no permission, -EBUSY another program has it, -ENODEV no
 * /dev/net/tun, -EINVAL bad name. `why`, if not NULL, receives one sentence
 * that says what to do.
 */
int link_tap_open(const struct link_tap_config *config, struct link **out,
		  char *why, size_t why_size) MUST_CHECK;

/* link_packet.c: shares an existing interface of the host with its kernel. */
struct link_packet_config {
	const char *name;
	bool offload; /* for what we send */
	int fd;       /* an open packet socket to adopt instead, or -1 */
};

/* -EPERM/-EACCES, -ENODEV, -EINVAL bad name; `why` as above. */
int link_packet_open(const struct link_packet_config *c, struct link **out,
		     char *why, size_t why_size) MUST_CHECK;

/*
 * link_stream.c: frames over a UNIX stream socket, each after its length. What
 * is half read or half written lies in `*state` in the arena; NULL there makes
 * it, once for the life of the arena.
 */
struct link_stream_state;

struct link_stream_config {
	const char *path; /* of the peer's listening socket */
	const char *name; /* of the link */
	int fd;           /* a connected socket to adopt instead, or -1 */
};

/* -ENOENT, -ECONNREFUSED, -EACCES, -EINVAL bad path, -ENOBUFS. */
int link_stream_open(struct arena *a, struct link_stream_state **state,
		     const struct link_stream_config *c, struct link **out,
		     char *why, size_t why_size) MUST_CHECK;

/*
 * link_pcap.c: appends all frames of `below` to `path`, nanosecond stamps; so
 * several processes may share a file. -EINVAL when the file is something else.
 */
int link_pcap_open(struct link *below, const char *path, usecs now,
		   uint64_t wall_clock_us, struct link **out) MUST_CHECK;

/* link_impair.c */
struct impairment {
	double loss, reorder, dup, corrupt; /* probabilities, 0..1 */
	usecs delay, jitter;
	uint64_t rate_bps; /* bits per second; 0: unlimited */
	uint64_t seed;
};

/* "loss=2%,delay=10ms,jitter=1ms,reorder=5%,dup=1%,corrupt=0.1%,
 * rate=100mbit,seed=7"; -EINVAL with *why naming the offending word. */
int link_impair_parse(const char *spec, struct impairment *out, char *why,
		      size_t why_size) MUST_CHECK;

/*
 * `below` must be without offload, so that every frame is one packet on the
 * wire; what it receives larger than its MTU is lost. Jitter alone never
 * reorders. -ENOMEM, or -EINVAL for a link without wire (loopback).
 */
int link_impair_open(struct link *below, const struct impairment *imp,
		     struct link **out) MUST_CHECK;

/*
 * link_loop.c: frames sent come back. The queue lies in the arena and is
 * shared: where *queue is NULL it is made, otherwise used. Closing the link
 * leaves it; link_loop_free_queue() frees it with the frames in it.
 */
struct loop_queue;
int link_loop_open(struct arena *arena, struct loop_queue **queue,
		   struct link **out) MUST_CHECK;
void link_loop_free_queue(struct arena *arena, struct loop_queue *queue);

/* After a death inside: claims the queue and its frames. */
void link_loop_claim(struct arena *arena, struct loop_queue *queue);

#endif
