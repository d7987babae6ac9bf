/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * ports.h - who owns which address and port
 *
 * What this room is for
 *   Binding rules (SO_REUSEADDR, SO_REUSEPORT as Linux has them), ephemeral
 *   ports, and the lookup of arriving packets: connected before listening,
 *   specific before wildcard. uthash; never a linear scan over sockets (only
 *   over the bindings of one port).
 *
 *   One `struct ports` per transport protocol.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 6056 3.3.3 (hash-based ports with random offset); bind(2);
 *            socket(7).
 */
#ifndef STACK_PORTS_H
#define STACK_PORTS_H

#include "ground/engine.h"
#include "link/inet.h"
#include "ground/list.h"

#include <uthash.h>

struct ports_bucket;

/* The 4-tuple, hashed as bytes; no padding. */
struct ports_tuple {
	struct inet_addr local, remote;
	uint16_t lport, rport; /* host order */
};
static_assert(sizeof(struct ports_tuple) == 36, "no padding in a hash key");

enum binding_flags {
	BINDING_REUSEADDR = 1 << 0,
	BINDING_REUSEPORT = 1 << 1,
	BINDING_LISTENING = 1 << 2, /* TCP: in LISTEN */
	BINDING_V6ONLY = 1 << 3,
	BINDING_IS6 = 1 << 4,       /* an AF_INET6 socket's; :: takes v4 too */
	BINDING_TIME_WAIT = 1 << 5, /* stands in bind()'s way like any other: as
				       in Linux, SO_REUSEADDR of both helps */
};

/* Embedded in a TCP connection or UDP pcb; the owner is found around it. */
struct binding {
	struct ports_tuple key;      /* [S] */
	uint32_t flags;              /* [S] enum binding_flags */
	uint32_t user;               /* [S] uid, for SO_REUSEPORT */
	bool is_bound;               /* [S] in a bucket */
	bool is_connected;           /* [S] in the tuple table */
	uint8_t ifindex;             /* [S] SO_BINDTODEVICE; 0: any */
	bool is_auto;                /* [S] connect() chose the port: others to
					other remotes may share it */
	uint64_t serial;             /* [S] higher: bound later */
	struct ports_bucket *bucket; /* [S] */
	struct list in_bucket;       /* [S] */
	UT_hash_handle hh;           /* [S] tuple table */
};

struct ports {
	struct engine *eng;           /* [I] */
	struct binding *tuples;       /* [S] connected, by 4-tuple */
	struct ports_bucket *buckets; /* [S] by local port */
	uint64_t used[1024];  /* [S] a bit for each port: has a bucket */
	uint16_t first, last; /* [S] ephemeral range, 32768..60999 */
	uint64_t purpose;     /* [I] 6: TCP's rules, 17: UDP's */
	struct rand_key key;  /* [I] RFC 6056 */
	uint32_t round;       /* [S] RFC 6056 counter */
	uint64_t serial;      /* [S] of the last one bound */
};

/* `purpose` is the protocol number, IP_PROTO_TCP or IP_PROTO_UDP: it chooses
 * between their rules. */
void ports_init(struct ports *p, struct engine *eng, uint64_t purpose);
void ports_fini(struct ports *p);

void binding_init(struct binding *b);

/*
 * After a death inside, when the tables' blocks are gone: empty tables, and
 * each binding enters them again as what its flags say that it is.
 */
void ports_rebuild(struct ports *p);
void ports_restore(struct ports *p, struct binding *b);

/*
 * Binds to `local`; port 0 picks an ephemeral one that conflicts with nobody.
 * The caller checked that the address is ours. 0, -EADDRINUSE, -ENOBUFS.
 */
int ports_bind(struct ports *p, struct binding *b,
	       const struct endpoint *local) MUST_CHECK;

/* The owner of bindings in TIME-WAIT, of which one has the tuple: true when it
 * has given way, and the binding is gone. */
struct ports_yield {
	bool (*ask)(struct ports_yield *y, struct binding *b);
};

/*
 * Makes the full tuple known: b must be bound or gets an ephemeral port chosen
 * for this remote (RFC 6056), which may be shared with other remotes. `local`
 * is the source address. 0, -EADDRNOTAVAIL (the tuple exists, or no port is
 * left, and nobody has given way; `yield` may be NULL), -ENOBUFS. For UDP it
 * may be called again to change the remote.
 */
int ports_connect(struct ports *p, struct binding *b,
		  const struct inet_addr *local, const struct endpoint *remote,
		  struct ports_yield *yield) MUST_CHECK;

/* UDP disconnect: stays bound, with the local address given (maybe any). */
void ports_disconnect(struct ports *p, struct binding *b,
		      const struct inet_addr *local);

/*
 * A connection accepted from a listener: bound to the listener's port with the
 * full tuple, whatever the rules say. Or what is left of a connection, with its
 * is_auto. 0, -EADDRINUSE, -ENOBUFS.
 */
int ports_adopt(struct ports *p, struct binding *b,
		const struct ports_tuple *key) MUST_CHECK;

/* May `b`, bound, listen too? 0 or -EADDRINUSE (another one listens there). */
int ports_may_listen(struct ports *p, struct binding *b) MUST_CHECK;

/* Out of all tables. Allowed when it is in none. */
void ports_release(struct ports *p, struct binding *b);

/* A connected binding for exactly this tuple, or NULL. */
struct binding *ports_find_tuple(struct ports *p,
				 const struct ports_tuple *key);

/*
 * The bound, not connected one that fits best: address before wildcard, IPv4
 * wildcard before a dual-stack one, then bound to the interface that it came in
 * by before any; among several with SO_REUSEPORT the 4-tuple's hash chooses.
 * `ifindex` 0: it did not come in. With `listening` only those with
 * BINDING_LISTENING. NULL: none.
 */
struct binding *ports_find_bound(struct ports *p, const struct ports_tuple *key,
				 uint32_t ifindex, bool listening);

/* Every not connected binding that would take a multicast or broadcast
 * datagram: call repeatedly, NULL starts and ends. */
struct binding *ports_next_bound(struct ports *p, const struct ports_tuple *key,
				 struct binding *prev);

#endif
