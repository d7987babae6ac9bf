/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * bpf.h - classic BPF: is a packet wanted, and how much of it?
 *
 * What this room is for
 *   The little machine of socket filters: an accumulator, an index register
 *   and sixteen words. A program is checked once, when it is attached, and
 *   then runs without any check but that of packet bounds: jumps go forward
 *   only, so it ends after as many steps as it is long.
 *
 * Owner      programs are counted: a listener's connections have its own. They
 *            are blocks of kind ARENA_OTHER; who has one claims it.
 * Lock       the stack lock is held.
 * Follows    McCanne & Jacobson 1993; Linux networking/filter for the negative
 *            offsets and what its checker refuses.
 */
#ifndef STACK_BPF_H
#define STACK_BPF_H

#include "arena.h"
#include "base.h"

enum {
	BPF_STEPS_MAX = 4096, /* Linux: BPF_MAXINSNS */
	/* Offsets from here on are no bytes of the packet (Linux: SKF_*). */
	BPF_AT_ASIDE = -0x1000,
	BPF_AT_NET = -0x100000,
	BPF_AT_LINK = -0x200000,
};

/* As programs write it: struct sock_filter. */
struct bpf_step {
	uint16_t code;
	uint8_t yes, no; /* how far a jump goes */
	uint32_t k;
};
static_assert(sizeof(struct bpf_step) == 8, "struct sock_filter");

/* A packet, and what is known of it besides. */
struct bpf_view {
	const uint8_t *data; /* where offset 0 is */
	size_t len;
	const uint8_t *net;  /* its network header; NULL: unknown */
	const uint8_t *link; /* its link header; NULL: unknown */
	uint32_t protocol;   /* EtherType, or Linux's number */
	uint32_t type;       /* PACKET_HOST and its kin */
	uint32_t ifindex;
	uint32_t hardware; /* ARPHRD_* */
	uint32_t mark;
	uint32_t random; /* any number */
};

struct bpf {
	uint32_t refs; /* [S] */
	uint32_t n;    /* [I] steps */
	struct bpf_step steps[];
};

/* Will it end, with an answer, and do nothing that it must not? */
bool bpf_is_sound(const struct bpf_step *steps, size_t n);

/* The bytes to keep of the packet; 0: it is not wanted. */
uint32_t bpf_run(const struct bpf *f, const struct bpf_view *v);

/* A copy with one reference. -EINVAL: it is not sound; -ENOMEM. */
int bpf_new(struct arena *a, const struct bpf_step *steps, size_t n,
	    struct bpf **out) MUST_CHECK;

/* NULL is allowed in both. */
struct bpf *bpf_get(struct bpf *f);
void bpf_put(struct arena *a, struct bpf *f);

/* After a death inside: somebody has it. False: it is none. */
bool bpf_claim(struct arena *a, struct bpf *f);

#endif
