/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * pmtu.c - what is known about the MTU of paths
 *
 * What this room is for
 *   A small set-associative cache: the keyed hash of the destination names a
 *   set of four entries, and the one that expires first gives way. Anybody can
 *   send "fragmentation needed", so there is nothing here to exhaust.
 *
 * Comes in   icmp4.c tells; route.c asks with every lookup.
 * Never      raises a path's MTU; it forgets after LIMIT_PMTU_US instead.
 * Lock       the stack lock is held.
 * Follows    RFC 1191 5, 6.3, 7.
 */
#include "pmtu.h"

#include <string.h>

enum { PMTU_WAYS = 4, PMTU_SETS = LIMIT_PMTU_ENTRIES / PMTU_WAYS };
static_assert((PMTU_SETS & (PMTU_SETS - 1)) == 0, "a power of two");

/* RFC 1191 7.1: the MTUs that links commonly have. */
static const uint32_t plateaus[] = {
	65535, 32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68,
};

void pmtu_init(struct pmtu_table *t, struct engine *eng)
{
	memset(t, 0, sizeof(*t));
	t->eng = eng;
}

/* An entry without MTU is free, also while it is being written. */
static void write_entry(struct pmtu_entry *e, const struct inet_addr *dst,
			uint32_t mtu, usecs expires)
{
	e->mtu = 0;
	list_fence();
	e->dst = *dst;
	e->expires = expires;
	list_fence();
	e->mtu = mtu;
}

static bool is_free(const struct pmtu_entry *e)
{
	return e->mtu == 0;
}

void pmtu_rebuild(struct pmtu_table *t)
{
	t->live = 0;
	for (size_t i = 0; i < ARRAY_LEN(t->entries); i++)
		t->live += !is_free(&t->entries[i]);
}

static struct pmtu_entry *set_of(struct pmtu_table *t,
				 const struct inet_addr *dst)
{
	uint64_t hash = rand_siphash(&t->eng->hash_key, dst, sizeof(*dst));

	return &t->entries[(hash & (PMTU_SETS - 1)) * PMTU_WAYS];
}

static void forget_expired(struct pmtu_table *t, struct pmtu_entry *set)
{
	for (int i = 0; i < PMTU_WAYS; i++) {
		if (is_free(&set[i]) || set[i].expires > t->eng->now)
			continue;
		memset(&set[i], 0, sizeof(set[i]));
		t->live--;
	}
}

static struct pmtu_entry *find(struct pmtu_entry *set,
			       const struct inet_addr *dst)
{
	for (int i = 0; i < PMTU_WAYS; i++) {
		if (!is_free(&set[i]) && inet_equal(&set[i].dst, dst))
			return &set[i];
	}
	return NULL;
}

static struct pmtu_entry *make(struct pmtu_table *t, struct pmtu_entry *set)
{
	struct pmtu_entry *victim = &set[0];

	for (int i = 0; i < PMTU_WAYS; i++) {
		if (is_free(&set[i])) {
			t->live++;
			return &set[i];
		}
		if (set[i].expires < victim->expires)
			victim = &set[i];
	}
	return victim;
}

uint32_t pmtu_get(struct pmtu_table *t, const struct inet_addr *dst,
		  uint32_t ceiling)
{
	struct pmtu_entry *set, *e;

	if (t->live == 0)
		return ceiling;
	set = set_of(t, dst);
	forget_expired(t, set);
	e = find(set, dst);
	return e ? MIN(e->mtu, ceiling) : ceiling;
}

static uint32_t plateau_below(uint32_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(plateaus); i++) {
		if (plateaus[i] < len)
			return plateaus[i];
	}
	return LIMIT_PMTU_FLOOR;
}

bool pmtu_learn(struct pmtu_table *t, const struct inet_addr *dst, uint32_t mtu,
		uint32_t packet_len)
{
	struct pmtu_entry *set, *e;

	if (inet_is_any(dst))
		return false;
	if (mtu == 0)
		mtu = plateau_below(packet_len);
	mtu = MAX(mtu, (uint32_t)LIMIT_PMTU_FLOOR);

	set = set_of(t, dst);
	forget_expired(t, set);
	e = find(set, dst);
	if (e && e->mtu < mtu)
		return false;
	if (e && e->mtu == mtu) {
		e->expires = t->eng->now + LIMIT_PMTU_US;
		return false;
	}
	if (!e)
		e = make(t, set);
	write_entry(e, dst, mtu, t->eng->now + LIMIT_PMTU_US);
	return true;
}
