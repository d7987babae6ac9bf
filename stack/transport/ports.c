/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * ports.c - who owns which address and port
 *
 * What this room is for
 *   Two tables. One holds every connected 4-tuple. The other holds a bucket
 *   for each local port in use, and a bucket has two lists: bindings without a
 *   remote, which arriving packets are matched against, and connected ones,
 *   which only bind() must look at. So a server with ten thousand connections
 *   finds its listener as fast as one with none.
 *
 * Rules      TCP: sharing an overlapping address needs SO_REUSEADDR on both
 *            and no listener, or SO_REUSEPORT on both by the same user. UDP:
 *            either option on both. Ports that connect() chose are shared
 *            between different remotes and never with a bind().
 * Never      looks at what the owner of a binding is.
 * Lock       the stack lock is held.
 * Follows    RFC 6056 3.3.3, 3.3.5; bind(2), socket(7), ip(7).
 */
#include "ports.h"

#include <errno.h>
#include <string.h>

#include "ground/must.h"
#include "link/wire.h"

enum {
	EPHEMERAL_FIRST = 32768, /* Linux: ip_local_port_range */
	EPHEMERAL_LAST = 60999,
	ROUND_STEP = 8, /* RFC 6056 3.3.5: mean distance of two ports */
};

struct ports_bucket {
	uint16_t port;         /* [I] key, host order */
	uint32_t explicit;     /* [S] bindings whose port bind() gave */
	struct list bound;     /* [S] struct binding without a remote */
	struct list connected; /* [S] struct binding with one */
	UT_hash_handle hh;     /* [S] */
};

static struct binding *binding_at(struct list *link)
{
	return list_entry(link, struct binding, in_bucket);
}

void ports_init(struct ports *p, struct engine *eng, uint64_t purpose)
{
	memset(p, 0, sizeof(*p));
	p->eng = eng;
	p->purpose = purpose;
	p->first = EPHEMERAL_FIRST;
	p->last = EPHEMERAL_LAST;
	p->key = rand_derive(&eng->rand, purpose);
}

void binding_init(struct binding *b)
{
	memset(b, 0, sizeof(*b));
	list_init(&b->in_bucket);
}

/* Looking for a free port shall not cost a cold bucket of the hash for each. */
static bool has_bucket(const struct ports *p, uint16_t port)
{
	return p->used[port / 64] >> port % 64 & 1;
}

static void set_bucket(struct ports *p, uint16_t port, bool has)
{
	uint64_t bit = 1ull << port % 64;

	if (has)
		p->used[port / 64] |= bit;
	else
		p->used[port / 64] &= ~bit;
}

static struct ports_bucket *find_bucket(struct ports *p, uint16_t port)
{
	struct engine *eng = p->eng;
	struct ports_bucket *bucket;

	if (!has_bucket(p, port))
		return NULL;
	HASH_FIND(hh, p->buckets, &port, sizeof(port), bucket);
	return bucket;
}

/* Finds or makes; NULL when memory is out. */
static struct ports_bucket *get_bucket(struct ports *p, uint16_t port)
{
	struct ports_bucket *bucket = find_bucket(p, port);
	struct engine *eng = p->eng;

	if (bucket)
		return bucket;
	bucket = arena_zalloc(eng->arena, sizeof(*bucket), ARENA_TABLE);
	if (!bucket)
		return NULL;
	bucket->port = port;
	list_init(&bucket->bound);
	list_init(&bucket->connected);
	HASH_ADD(hh, p->buckets, port, sizeof(bucket->port), bucket);
	if (bucket->hh.tbl) {
		set_bucket(p, port, true);
		return bucket;
	}
	arena_free(eng->arena, bucket);
	return NULL;
}

static void put_bucket(struct ports *p, struct ports_bucket *bucket)
{
	struct engine *eng = p->eng;

	if (!list_is_empty(&bucket->bound) ||
	    !list_is_empty(&bucket->connected))
		return;
	set_bucket(p, bucket->port, false);
	HASH_DEL(p->buckets, bucket);
	arena_free(eng->arena, bucket);
}

/* The newest first: among equals it is the one that gets the packets. */
static void enlist(struct ports *p, struct binding *b)
{
	list_remove(&b->in_bucket);
	b->serial = ++p->serial;
	list_push_front(b->is_connected ? &b->bucket->connected
					: &b->bucket->bound,
			&b->in_bucket);
}

static void enter_bucket(struct ports *p, struct ports_bucket *bucket,
			 struct binding *b)
{
	b->bucket = bucket;
	if (!b->is_auto)
		bucket->explicit ++;
	enlist(p, b);
	list_fence(); /* see ports_restore() */
	b->is_bound = true;
}

void ports_rebuild(struct ports *p)
{
	p->tuples = NULL;
	p->buckets = NULL;
	memset(p->used, 0, sizeof(p->used));
}

static bool enter_tuple(struct ports *p, struct binding *b)
{
	struct engine *eng = p->eng;

	b->hh.tbl = NULL;
	HASH_ADD(hh, p->tuples, key, sizeof(b->key), b);
	b->is_connected = b->hh.tbl != NULL;
	return b->is_connected;
}

static void leave_tuple(struct ports *p, struct binding *b)
{
	struct engine *eng = p->eng;

	if (b->is_connected)
		HASH_DEL(p->tuples, b);
	b->is_connected = false;
}

/* Where its serial number wants it; only few share a port without remote. */
static void enlist_again(struct binding *b)
{
	struct list *head =
		b->is_connected ? &b->bucket->connected : &b->bucket->bound;
	struct list *at = head;

	while (!b->is_connected && at->next != head &&
	       binding_at(at->next)->serial > b->serial)
		at = at->next;
	list_insert_after(at, &b->in_bucket);
}

void ports_restore(struct ports *p, struct binding *b)
{
	b->bucket = NULL;
	list_init(&b->in_bucket);
	if (!b->is_bound) {
		b->is_connected = false;
		return;
	}
	if (!b->is_connected) {
		b->key.rport = 0;
		b->key.remote = (struct inet_addr){.b = {0}};
	}
	b->bucket = get_bucket(p, b->key.lport);
	/* While the arena is repaired it has no cap. */
	MUST(b->bucket && (!b->is_connected || enter_tuple(p, b)));
	b->bucket->explicit += !b->is_auto;
	enlist_again(b);
}

void ports_release(struct ports *p, struct binding *b)
{
	struct ports_bucket *bucket = b->bucket;

	leave_tuple(p, b);
	list_remove(&b->in_bucket);
	b->is_bound = false;
	b->bucket = NULL;
	b->key = (struct ports_tuple){.lport = 0};
	if (!bucket)
		return;
	if (!b->is_auto)
		bucket->explicit --;
	b->is_auto = false;
	put_bucket(p, bucket);
}

/* An empty bucket is never kept, so there is something to release in each. */
void ports_fini(struct ports *p)
{
	while (p->buckets) {
		struct ports_bucket *bucket = p->buckets;
		struct list *link = list_first(&bucket->bound);

		if (!link)
			link = list_first(&bucket->connected);
		MUST(link);
		ports_release(p, binding_at(link));
	}
}

/*
 * How well `local` with these flags fits address a: 0 not at all, 3 exactly.
 * 0.0.0.0 is v4's wildcard; :: is v6's, and v4's too unless V6ONLY.
 */
static int fit(const struct inet_addr *local, uint32_t flags,
	       const struct inet_addr *a)
{
	if (inet_equal(local, a))
		return 3;
	if (!inet_is_any(local))
		return 0;
	if (inet_is4(local))
		return inet_is4(a) ? 2 : 0;
	if (!inet_is4(a))
		return 2;
	return flags & BINDING_V6ONLY ? 0 : 1;
}

/* Two that are bound to different interfaces never hear the same. */
static bool overlap(const struct inet_addr *local, const struct binding *b,
		    const struct binding *other)
{
	if (b->ifindex && other->ifindex && b->ifindex != other->ifindex)
		return false;
	return fit(local, b->flags, &other->key.local) > 0 ||
	       fit(&other->key.local, other->flags, local) > 0;
}

static bool is_spread(const struct binding *a, const struct binding *b)
{
	return (a->flags & b->flags & BINDING_REUSEPORT) && a->user == b->user;
}

/* May `b` be bound where `old` already is? */
static bool may_share(const struct ports *p, const struct binding *b,
		      const struct binding *old)
{
	bool both = b->flags & old->flags & BINDING_REUSEADDR;

	if (is_spread(b, old))
		return true;
	if (p->purpose == IP_PROTO_TCP && old->flags & BINDING_LISTENING)
		return false;
	return both;
}

static bool has_conflict(const struct ports *p, struct list *others,
			 const struct binding *b, const struct inet_addr *local)
{
	list_for_each (it, others) {
		struct binding *old = binding_at(it);

		if (old != b && overlap(local, b, old) && !may_share(p, b, old))
			return true;
	}
	return false;
}

/* Neither shares the address: what bind() to port 0 wants of a used port. */
static bool is_disjoint(struct list *others, const struct binding *b,
			const struct inet_addr *local)
{
	list_for_each (it, others) {
		if (overlap(local, b, binding_at(it)))
			return false;
	}
	return true;
}

static uint32_t range_of(const struct ports *p)
{
	return (uint32_t)(p->last - p->first) + 1;
}

/*
 * An unused port, or else one where the address overlaps with nobody's. 0 when
 * there is none.
 */
static uint16_t pick_for_bind(struct ports *p, const struct binding *b,
			      const struct inet_addr *local)
{
	uint32_t n = range_of(p);
	uint32_t start = rand_below(&p->eng->rand, n);

	for (uint32_t i = 0; i < n; i++) {
		uint16_t port = (uint16_t)(p->first + (start + i) % n);

		if (!find_bucket(p, port))
			return port;
	}
	for (uint32_t i = 0; i < n; i++) {
		uint16_t port = (uint16_t)(p->first + (start + i) % n);
		struct ports_bucket *bucket = find_bucket(p, port);

		if (is_disjoint(&bucket->bound, b, local) &&
		    is_disjoint(&bucket->connected, b, local))
			return port;
	}
	return 0;
}

int ports_bind(struct ports *p, struct binding *b, const struct endpoint *local)
{
	uint16_t port = local->port;
	struct ports_bucket *bucket;

	MUST(!b->is_bound);
	if (port == 0)
		port = pick_for_bind(p, b, &local->addr);
	if (port == 0)
		return -EADDRINUSE;

	bucket = get_bucket(p, port);
	if (!bucket)
		return -ENOBUFS;
	/* A bucket made just now is empty, so a conflict leaves none behind. */
	if (has_conflict(p, &bucket->bound, b, &local->addr) ||
	    has_conflict(p, &bucket->connected, b, &local->addr))
		return -EADDRINUSE;
	b->key = (struct ports_tuple){.local = local->addr, .lport = port};
	b->is_auto = false;
	enter_bucket(p, bucket, b);
	return 0;
}

static bool gives_way(struct binding *b, struct ports_yield *yield)
{
	return yield && b->flags & BINDING_TIME_WAIT && yield->ask(yield, b);
}

/*
 * RFC 6056 3.3.3 with the increments of 3.3.5: the hash of the two ends says
 * where to begin, a counter with random steps how far we are, so that ports
 * neither repeat soon nor tell anybody how many connections there are.
 */
static uint16_t pick_for_connect(struct ports *p, struct ports_tuple *key,
				 struct ports_yield *yield)
{
	uint32_t n = range_of(p);
	uint64_t start;

	key->lport = 0;
	start = rand_siphash(&p->key, key, sizeof(*key)) % n + p->round;
	for (uint32_t i = 0; i < n; i++) {
		uint16_t port = (uint16_t)(p->first + (start + i) % n);
		struct ports_bucket *bucket = find_bucket(p, port);
		struct binding *other;

		/* UDP sockets may change their remote: never shared. */
		if (bucket &&
		    (bucket->explicit > 0 || p->purpose == IP_PROTO_UDP))
			continue;
		key->lport = port;
		other = bucket ? ports_find_tuple(p, key) : NULL;
		if (other && !gives_way(other, yield))
			continue;
		p->round += i + 1 + rand_below(&p->eng->rand, 2 * ROUND_STEP);
		return port;
	}
	return 0;
}

/* Binds what is not bound yet to a whole tuple. */
static int enter_whole(struct ports *p, struct binding *b,
		       const struct ports_tuple *key, bool is_auto)
{
	struct ports_bucket *bucket = get_bucket(p, key->lport);

	if (!bucket)
		return -ENOBUFS;
	b->key = *key;
	if (!enter_tuple(p, b)) {
		b->key = (struct ports_tuple){.lport = 0};
		put_bucket(p, bucket);
		return -ENOBUFS;
	}
	b->is_auto = is_auto;
	enter_bucket(p, bucket, b);
	return 0;
}

static int connect_auto(struct ports *p, struct binding *b,
			struct ports_tuple *key, struct ports_yield *yield)
{
	if (pick_for_connect(p, key, yield) == 0)
		return -EADDRNOTAVAIL;
	return enter_whole(p, b, key, true);
}

int ports_connect(struct ports *p, struct binding *b,
		  const struct inet_addr *local, const struct endpoint *remote,
		  struct ports_yield *yield)
{
	struct ports_tuple key = {*local, remote->addr, b->key.lport,
				  remote->port};
	struct binding *other;

	if (!b->is_bound)
		return connect_auto(p, b, &key, yield);

	/* Two UDP sockets may talk to the same remote, as in Linux. */
	other = ports_find_tuple(p, &key);
	if (other && other != b && p->purpose == IP_PROTO_TCP &&
	    !gives_way(other, yield))
		return -EADDRNOTAVAIL;
	leave_tuple(p, b);
	b->key = key;
	if (!enter_tuple(p, b)) {
		ports_disconnect(p, b, local);
		return -ENOBUFS;
	}
	enlist(p, b);
	return 0;
}

void ports_disconnect(struct ports *p, struct binding *b,
		      const struct inet_addr *local)
{
	if (!b->is_bound)
		return;
	leave_tuple(p, b);
	b->key = (struct ports_tuple){.local = *local, .lport = b->key.lport};
	enlist(p, b);
}

int ports_adopt(struct ports *p, struct binding *b,
		const struct ports_tuple *key)
{
	MUST(!b->is_bound);
	if (ports_find_tuple(p, key))
		return -EADDRINUSE;
	return enter_whole(p, b, key, b->is_auto);
}

int ports_may_listen(struct ports *p, struct binding *b)
{
	(void)p;
	MUST(b->is_bound);
	list_for_each (it, &b->bucket->bound) {
		struct binding *other = binding_at(it);

		if (other != b && other->flags & BINDING_LISTENING &&
		    overlap(&b->key.local, b, other) && !is_spread(b, other))
			return -EADDRINUSE;
	}
	return 0;
}

struct binding *ports_find_tuple(struct ports *p, const struct ports_tuple *key)
{
	struct engine *eng = p->eng;
	struct binding *b;

	HASH_FIND(hh, p->tuples, key, sizeof(*key), b);
	return b;
}

/* What is looked for. */
struct search {
	const struct ports_tuple *key;
	uint32_t ifindex;
	bool listening;
};

static int score(const struct binding *b, const struct search *s)
{
	int fits = fit(&b->key.local, b->flags, &s->key->local);

	if (s->listening && !(b->flags & BINDING_LISTENING))
		return 0;
	if (b->ifindex == 0 || s->ifindex == 0)
		return 2 * fits;
	return b->ifindex == s->ifindex && fits ? 2 * fits + 1 : 0;
}

/* One of those that fit as well as `best` and spread with it. */
static struct binding *spread(struct ports *p, const struct search *s,
			      struct binding *best)
{
	int level = score(best, s);
	uint32_t count = 0, chosen;

	list_for_each (it, &best->bucket->bound) {
		if (score(binding_at(it), s) == level &&
		    is_spread(binding_at(it), best))
			count++;
	}
	if (count < 2)
		return best;
	chosen = (uint32_t)(rand_siphash(&p->key, s->key, sizeof(*s->key)) %
			    count);
	list_for_each (it, &best->bucket->bound) {
		if (score(binding_at(it), s) == level &&
		    is_spread(binding_at(it), best) && chosen-- == 0)
			return binding_at(it);
	}
	return best;
}

struct binding *ports_find_bound(struct ports *p, const struct ports_tuple *key,
				 uint32_t ifindex, bool listening)
{
	struct search search = {key, ifindex, listening};
	struct ports_bucket *bucket = find_bucket(p, key->lport);
	struct binding *best = NULL;
	int best_score = 0;

	if (!bucket)
		return NULL;
	list_for_each (it, &bucket->bound) {
		int s = score(binding_at(it), &search);

		if (s > best_score) {
			best = binding_at(it);
			best_score = s;
		}
	}
	if (best && best->flags & BINDING_REUSEPORT)
		return spread(p, &search, best);
	return best;
}

struct binding *ports_next_bound(struct ports *p, const struct ports_tuple *key,
				 struct binding *prev)
{
	struct ports_bucket *bucket = find_bucket(p, key->lport);
	struct search s = {key, 0, false};
	struct list *it;

	if (!bucket)
		return NULL;
	it = prev ? prev->in_bucket.next : bucket->bound.next;
	for (; it != &bucket->bound; it = it->next) {
		if (score(binding_at(it), &s) > 0)
			return binding_at(it);
	}
	return NULL;
}
