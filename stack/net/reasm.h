/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * reasm.h - fragments in, datagram out; bounded and timed
 *
 * What this room is for
 *   Collects the fragments of a datagram of either version in any order. An
 *   overlap drops the whole datagram (RFC 5722's answer, used for IPv4 as Linux
 *   does); exact duplicates are ignored. When time runs out and the first
 * fragment had come, the caller is told so that ICMP can say so.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 791 3.2, RFC 815, RFC 1122 3.3.2, RFC 8200 4.5, RFC 5722.
 */
#ifndef STACK_REASM_H
#define STACK_REASM_H

#include "ground/drop.h"
#include "ground/engine.h"
#include "ground/list.h"
#include "ground/pkt.h"
#include "link/wire.h"

#include <uthash.h>

struct net;

struct reasm_key {
	struct inet_addr src;
	struct inet_addr dst;
	uint32_t id;
	uint32_t proto; /* 0 for IPv6; so wide that no byte is padding */
};

struct reasm {
	struct reasm_key key;      /* [I] */
	struct list frags;         /* [S] struct pkt, l3 set, by offset */
	uint32_t nfrags;           /* [S] */
	uint32_t have;             /* [S] payload bytes so far */
	uint32_t total;            /* [S] payload bytes, 0: last not seen */
	bool is_spoilt;            /* [S] overlapped: takes no more */
	size_t cost;               /* [S] bytes of memory it holds */
	struct timer timer;        /* [S] TIMER_REASM */
	struct reasm_table *table; /* [I] */
	struct list age;           /* [S] table->age, oldest first */
	UT_hash_handle hh;         /* [S] */
};

struct reasm_table {
	struct engine *eng; /* [I] */
	struct net *net;    /* [I] */
	struct reasm *hash; /* [S] */
	struct list age;    /* [S] */
	uint32_t count;     /* [S] */
	size_t cost;        /* [S] at most LIMIT_REASM_BYTES */
};

void reasm_init(struct reasm_table *t, struct engine *eng, struct net *net);
void reasm_fini(struct reasm_table *t);

/*
 * p is a validated fragment: l3 at its IP header, data behind it, or for IPv6
 * behind its fragment header. TAKEN: it is kept. DONE: *whole is the complete
 * datagram, with l3 at a header that says so (lengths put right, no fragment
 * field or header any more) and data behind all that the fragments shared;
 * owned by the caller. DROP_*: refused, the caller frees p.
 */
enum verdict reasm_input(struct reasm_table *t, struct pkt *p,
			 struct pkt **whole);

/* TIMER_REASM fired: gives up, and has ICMP say so if offset 0 had come. */
void reasm_on_timer(struct reasm *r);

#endif
