/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * testkit_wire.c - for tests: two hosts on a wire that is not kind
 *
 * What this room is for
 *   Frames of one host reach the other after a delay, unless they are lost;
 * some come late, twice, or with a bit turned. Everything follows from the
 * seed, so a failure can be repeated.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "link/cksum.h"
#include "testkit.h"

enum { WIRE_FLYING_MAX = 100000 };

void kit_wire_open(struct kit_wire *w, const struct kit_fate *fate,
		   uint64_t seed, uint32_t caps)
{
	struct kit_host_config a = {
		.addr = "10.0.0.1",
		.peer = "10.0.0.2",
		.seed = seed,
		.caps = caps,
		.mtu = KIT_MTU,
	};
	struct kit_host_config b = a;
	struct rand_key key = {seed, 99};

	b.addr = "10.0.0.2";
	b.peer = "10.0.0.1";
	b.seed = seed + 1000;
	memset(w, 0, sizeof(*w));
	kit_host_open(&w->a, &a);
	kit_host_open(&w->b, &b);
	w->fate = *fate;
	rand_init(&w->rand, &key);
	list_init(&w->flying[0]);
	list_init(&w->flying[1]);
	w->now = KIT_EPOCH;
}

static void clear(struct list *flying)
{
	struct list *l;

	while ((l = list_pop(flying)))
		free(list_entry(l, struct kit_frame, link));
}

void kit_wire_close(struct kit_wire *w)
{
	clear(&w->flying[0]);
	clear(&w->flying[1]);
	kit_host_close(&w->a);
	kit_host_close(&w->b);
}

static bool chance(struct kit_wire *w, double p)
{
	return rand_u32(&w->rand) < p * 4294967296.0;
}

/* By arrival; among equals in the order sent. Usually near the end. */
static void fly(struct kit_wire *w, int to, struct kit_frame *f)
{
	struct list *at = w->flying[to].prev;

	f->order = w->order++;
	while (at != &w->flying[to] &&
	       list_entry(at, struct kit_frame, link)->due > f->due)
		at = at->prev;
	list_init(&f->link);
	list_insert_after(at, &f->link);
	w->nflying[to]++;
	cr_assert(w->nflying[to] < WIRE_FLYING_MAX);
}

static usecs arrival(struct kit_wire *w, int to, const struct kit_frame *f)
{
	usecs start = MAX(w->now, w->busy_until[to]);
	usecs due;

	if (w->fate.rate_bps) {
		w->busy_until[to] = start + (usecs)f->len * 8 * USECS_PER_SEC /
						    w->fate.rate_bps;
		due = w->busy_until[to];
	} else {
		due = w->now;
	}
	due += w->fate.delay;
	if (w->fate.jitter)
		due += rand_below(&w->rand, (uint32_t)w->fate.jitter + 1);
	return due;
}

static struct kit_frame *copy_frame(const struct kit_frame *f)
{
	struct kit_frame *c = malloc(sizeof(*c) + f->len);

	cr_assert(c != NULL);
	memcpy(c, f, sizeof(*c) + f->len);
	return c;
}

/* A spoilt frame must be found out by its checksum, so it gets a real one
 * first. */
static void finish_checksum(struct kit_frame *f)
{
	struct ip4_wire *ip = (void *)f->bytes;
	struct tcp_wire *h = (void *)(f->bytes + sizeof(*ip));
	size_t len = f->len - sizeof(*ip);
	struct inet_addr src = inet_from4(ip->src), dst = inet_from4(ip->dst);

	if (!f->csum_partial || ip->proto != IP_PROTO_TCP)
		return;
	h->cksum = be16_make(0);
	h->cksum = cksum_finish(cksum_partial(
		h, len, cksum_pseudo(&src, &dst, IP_PROTO_TCP, (uint32_t)len)));
	f->csum_partial = false;
}

static void spoil(struct kit_wire *w, struct kit_frame *f)
{
	finish_checksum(f);
	f->bytes[rand_below(&w->rand, f->len)] ^=
		(uint8_t)(1u << rand_below(&w->rand, 8));
}

static void send_frame(struct kit_wire *w, int to, struct kit_frame *f)
{
	const struct kit_fate *fate = &w->fate;

	if ((w->filter && !w->filter(w, to, f)) || chance(w, fate->loss) ||
	    (fate->queue && w->nflying[to] >= fate->queue)) {
		w->lost++;
		free(f);
		return;
	}
	f->due = arrival(w, to, f);
	if (chance(w, fate->reorder))
		f->due += 1000 + rand_below(&w->rand, 4000);
	if (chance(w, fate->dup)) {
		struct kit_frame *twin = copy_frame(f);

		twin->due += rand_below(&w->rand, 3000);
		fly(w, to, twin);
	}
	if (chance(w, fate->corrupt))
		spoil(w, f);
	fly(w, to, f);
}

void kit_wire_collect(struct kit_wire *w)
{
	struct kit_frame *f;

	while ((f = kit_host_take(&w->a)))
		send_frame(w, 0, f);
	while ((f = kit_host_take(&w->b)))
		send_frame(w, 1, f);
}

static usecs first_due(const struct list *flying)
{
	return list_is_empty(flying)
		       ? USECS_NEVER
		       : list_entry(flying->next, struct kit_frame, link)->due;
}

static void arrive(struct kit_wire *w, int to, struct kit_host *h)
{
	while (first_due(&w->flying[to]) <= w->now) {
		struct kit_frame *f = list_entry(list_pop(&w->flying[to]),
						 struct kit_frame, link);

		w->nflying[to]--;
		w->delivered++;
		kit_host_receive(h, f);
		free(f);
	}
	kit_host_settle(h);
}

bool kit_wire_step(struct kit_wire *w, usecs until)
{
	usecs next;

	kit_wire_collect(w);
	next = MIN(MIN(first_due(&w->flying[0]), first_due(&w->flying[1])),
		   MIN(timer_next(&w->a.eng.timers),
		       timer_next(&w->b.eng.timers)));
	if (next > until) {
		w->now = until;
		kit_host_set_time(&w->a, until);
		kit_host_set_time(&w->b, until);
		return false;
	}
	w->now = MAX(next, w->now);
	kit_host_set_time(&w->a, w->now);
	kit_host_set_time(&w->b, w->now);
	arrive(w, 0, &w->b);
	arrive(w, 1, &w->a);
	kit_wire_collect(w);
	return true;
}
