/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * ip4_reasm.h - fragments in, datagram out; bounded and timed
 *
 * What this room is for
 *   Collects the fragments of a datagram in any order. An overlap drops the
 *   whole datagram (RFC 5722's answer, used for IPv4 as Linux does); exact
 *   duplicates are ignored. When time runs out and the first fragment had
 *   come, the caller is told so that ICMP can say so.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 791 3.2, RFC 815, RFC 1122 3.3.2.
 */
#ifndef STACK_IP4_REASM_H
#define STACK_IP4_REASM_H

#include "drop.h"
#include "engine.h"
#include "list.h"
#include "pkt.h"
#include "wire.h"

#include <uthash.h>

struct net;

struct reasm_key {
	struct ip4_addr src;
	struct ip4_addr dst;
	uint16_t id;
	uint8_t proto;
	uint8_t zero; /* keys are hashed as bytes */
};

struct reasm {
	struct reasm_key key;      /* [I] */
	struct list frags;         /* [S] struct pkt, l3 set, by offset */
	uint32_t nfrags;           /* [S] */
	uint32_t have;             /* [S] payload bytes so far */
	uint32_t total;            /* [S] payload bytes, 0: last not seen */
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
 * p is a validated fragment: l3 at its IPv4 header, data behind it. TAKEN: it
 * is kept. DONE: *whole is the complete datagram (which may be p itself), with
 * l3 at a header whose total length and fragment field are put right, owned by
 * the caller. DROP_*: refused, the caller frees p.
 */
enum verdict reasm_input(struct reasm_table *t, struct pkt *p,
			 struct pkt **whole);

/* TIMER_REASM fired: gives up, and has ICMP say so if offset 0 had come. */
void reasm_on_timer(struct reasm *r);

#endif
