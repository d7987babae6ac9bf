/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * packet_ring.c - frames in memory that the program has mapped
 *
 * What this room is for
 *   See packet_ring.h. Where each byte goes is Linux's tpacket_rcv(), because
 *   programs compute it as well.
 *
 * Lock       the stack lock is held.
 * Follows    packet_mmap (Linux).
 */
#include "packet_ring.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <string.h>

#include "ground/limits.h"
#include "packet.h"

enum {
	PAGE = 4096,
	/* Linux leaves that much before the network header. */
	BEFORE_NET = 16,
	/* What Linux takes where the program leaves it to the kernel. */
	RETIRE_MS = 8,
};

static uint32_t align16(uint32_t n)
{
	return (n + 15) & ~15u;
}

static uint32_t align8(uint32_t n)
{
	return (n + 7) & ~7u;
}

uint32_t packet_ring_header(uint32_t version)
{
	switch (version) {
	case PACKET_RING_V1:
		return sizeof(struct tpacket_hdr);
	case PACKET_RING_V2:
		return sizeof(struct tpacket2_hdr);
	case PACKET_RING_V3:
		return sizeof(struct tpacket3_hdr);
	default:
		return 0;
	}
}

/* The header, and the address behind it. */
static uint32_t header_of(const struct packet_ring *r)
{
	return align16(packet_ring_header(r->version)) +
	       (uint32_t)sizeof(struct sockaddr_ll);
}

/* --- its life ------------------------------------------------------------ */

int packet_ring_init(struct packet_ring *r, struct packet_pcb *owner,
		     struct engine *eng)
{
	*r = (struct packet_ring){.owner = owner};
	return timer_init(&eng->timers, &r->timer, TIMER_RING);
}

static void clear(struct packet_ring *r, struct engine *eng)
{
	void *block = r->block;

	timer_stop(&eng->timers, &r->timer);
	r->block = NULL;
	r->is_mapped = false;
	arena_free(eng->arena, block);
}

void packet_ring_free(struct packet_ring *r, struct engine *eng)
{
	clear(r, eng);
	timer_fini(&eng->timers, &r->timer);
}

void packet_ring_claim(struct packet_ring *r, struct arena *a)
{
	if (r->block && !arena_claim(a, r->block, ARENA_OTHER))
		r->block = NULL;
}

static uint32_t block_start(const struct packet_ring *r)
{
	return (uint32_t)align8(sizeof(struct tpacket_block_desc)) +
	       align8(r->shape.priv_size);
}

static void want_retire(struct packet_ring *r, struct engine *eng)
{
	uint32_t ms = r->shape.retire_ms ? r->shape.retire_ms : RETIRE_MS;

	if (!timer_is_armed(&r->timer))
		timer_start(&eng->timers, &r->timer, eng->now + MSEC(ms));
}

void packet_ring_rebuild(struct packet_ring *r, struct engine *eng)
{
	timer_rebuild(&eng->timers, &r->timer);
	if (r->block && r->version == PACKET_RING_V3 && r->is_open && r->count)
		want_retire(r, eng);
}

/* --- its shape ----------------------------------------------------------- */

static int check(const struct packet_ring *r, const struct packet_ring_shape *s)
{
	uint64_t least = (uint64_t)header_of(r) + r->reserve;
	uint32_t per_block;

	if (s->block_size == 0 || s->block_size > INT32_MAX ||
	    s->block_size % PAGE)
		return -EINVAL;
	if (r->version == PACKET_RING_V3 &&
	    (s->priv_size > s->block_size ||
	     s->block_size <= sizeof(struct tpacket_block_desc) +
				      align8(s->priv_size) + least))
		return -EINVAL;
	if (s->frame_size < least || s->frame_size % 16)
		return -EINVAL;
	per_block = s->block_size / s->frame_size;
	if (per_block == 0 || (uint64_t)per_block * s->blocks != s->frames)
		return -EINVAL;
	if ((uint64_t)s->block_size * s->blocks > LIMIT_PACKET_RING)
		return -ENOMEM;
	return 0;
}

static void open_block(struct packet_ring *r);

static int make(struct packet_ring *r, struct engine *eng,
		const struct packet_ring_shape *s)
{
	size_t bytes = (size_t)s->block_size * s->blocks + PAGE;
	void *block;

	if (arena_room_left(eng->arena) >= ARENA_ROOM_TIGHT)
		return -ENOMEM;
	block = arena_zalloc(eng->arena, bytes, ARENA_OTHER);
	if (!block)
		return -ENOMEM;
	r->shape = *s;
	r->base = (uint8_t *)(((uintptr_t)block + PAGE - 1) &
			      ~(uintptr_t)(PAGE - 1));
	r->head = 0;
	r->serial = 0;
	r->freezes = 0;
	r->block = block;
	r->is_open = false;
	if (r->version == PACKET_RING_V3)
		open_block(r);
	return 0;
}

int packet_ring_set(struct packet_ring *r, struct engine *eng,
		    const struct packet_ring_shape *shape)
{
	int err;

	if (r->block && r->is_mapped)
		return -EBUSY;
	if (shape->blocks == 0) {
		if (shape->frames)
			return -EINVAL;
		clear(r, eng);
		return 0;
	}
	if (r->block)
		return -EBUSY;
	err = check(r, shape);
	return err ? err : make(r, eng, shape);
}

/* --- words --------------------------------------------------------------- */

static uint8_t *frame_at(const struct packet_ring *r, uint32_t n)
{
	uint32_t per_block = r->shape.block_size / r->shape.frame_size;

	return r->base + (size_t)(n / per_block) * r->shape.block_size +
	       (size_t)(n % per_block) * r->shape.frame_size;
}

static struct tpacket_block_desc *block_at(const struct packet_ring *r,
					   uint32_t n)
{
	return (void *)(r->base + (size_t)n * r->shape.block_size);
}

/* The first member of the headers of frames; a long's lower half is enough. */
static uint32_t *word_at(const struct packet_ring *r, uint32_t n)
{
	if (r->version == PACKET_RING_V3)
		return &block_at(r, n)->hdr.bh1.block_status;
	return (void *)frame_at(r, n);
}

static uint32_t count_of(const struct packet_ring *r)
{
	return r->version == PACKET_RING_V3 ? r->shape.blocks : r->shape.frames;
}

static bool is_ours(const struct packet_ring *r, uint32_t n)
{
	return __atomic_load_n(word_at(r, n), __ATOMIC_ACQUIRE) ==
	       TP_STATUS_KERNEL;
}

static void hand_over(const struct packet_ring *r, uint32_t n, uint32_t status)
{
	__atomic_store_n(word_at(r, n), status, __ATOMIC_RELEASE);
}

const uint32_t *packet_ring_word(const struct packet_ring *r)
{
	uint32_t n = count_of(r);

	return word_at(r, (r->head + n - 1) % n);
}

static void tell(struct packet_ring *r)
{
	news_leave(r->owner->packets->eng, &r->owner->news, NEWS_READABLE);
}

/* --- a frame ------------------------------------------------------------- */

/* Where a frame goes, counted from its header. */
struct place {
	uint32_t mac, net, keep;
};

static struct place place_of(const struct packet_ring *r,
			     const struct packet_note *note, size_t keep,
			     uint32_t room)
{
	uint32_t head = header_of(r);
	struct place p;

	p.net = align16(head + MAX(note->net_at, (uint32_t)BEFORE_NET)) +
		r->reserve;
	if (note->net_at == 0)
		p.net = align16(head) + BEFORE_NET + r->reserve;
	p.mac = p.net - note->net_at;
	p.keep = p.mac < room ? (uint32_t)MIN(keep, (size_t)(room - p.mac)) : 0;
	return p;
}

static uint32_t status_of(const struct packet_ring *r,
			  const struct packet_note *note)
{
	uint32_t status = TP_STATUS_USER;

	if (note->csum == PKT_CSUM_PARTIAL)
		status |= TP_STATUS_CSUMNOTREADY;
	else if (note->csum == PKT_CSUM_VALID && note->way != PACKET_FROM_US)
		status |= TP_STATUS_CSUM_VALID;
	if (r->owner->drops)
		status |= TP_STATUS_LOSING;
	return status;
}

static void put_address(uint8_t *header, const struct packet_ring *r,
			const struct packet_note *note)
{
	struct sockaddr_ll a = {
		.sll_family = 17, /* AF_PACKET */
		.sll_protocol = (uint16_t)(note->proto << 8 | note->proto >> 8),
		.sll_ifindex = (int)note->ifindex,
		.sll_hatype = note->hardware,
		.sll_pkttype = note->way,
		.sll_halen = sizeof(note->from),
	};

	memcpy(a.sll_addr, &note->from, sizeof(note->from));
	memcpy(header + align16(packet_ring_header(r->version)), &a, sizeof(a));
}

static uint64_t wall_of(const struct packet_ring *r,
			const struct packet_note *note)
{
	return note->stamp + *r->owner->packets->wall_offset;
}

/* TPACKET_V1 and _V2, all but the word. */
static void write_header(const struct packet_ring *r, uint8_t *at,
			 const struct packet_note *note, const struct place *p)
{
	uint64_t wall = wall_of(r, note);
	struct tpacket2_hdr *two = (void *)at;
	struct tpacket_hdr *one = (void *)at;

	if (r->version == PACKET_RING_V1) {
		one->tp_len = note->len;
		one->tp_snaplen = p->keep;
		one->tp_mac = (unsigned short)p->mac;
		one->tp_net = (unsigned short)p->net;
		one->tp_sec = (uint32_t)(wall / USECS_PER_SEC);
		one->tp_usec = (uint32_t)(wall % USECS_PER_SEC);
		return;
	}
	two->tp_len = note->len;
	two->tp_snaplen = p->keep;
	two->tp_mac = (uint16_t)p->mac;
	two->tp_net = (uint16_t)p->net;
	two->tp_sec = (uint32_t)(wall / USECS_PER_SEC);
	two->tp_nsec = (uint32_t)(wall % USECS_PER_SEC) * 1000;
	two->tp_vlan_tci = 0;
	two->tp_vlan_tpid = 0;
	memset(two->tp_padding, 0, sizeof(two->tp_padding));
}

static bool put_frame(struct packet_ring *r, const struct packet_note *note,
		      const uint8_t *data, size_t keep)
{
	struct place p = place_of(r, note, keep, r->shape.frame_size);
	uint8_t *at = frame_at(r, r->head);

	if (p.mac > r->shape.frame_size || !is_ours(r, r->head))
		return false;
	memcpy(at + p.mac, data, p.keep);
	write_header(r, at, note, &p);
	put_address(at, r, note);
	hand_over(r, r->head, status_of(r, note));
	r->head = (r->head + 1) % r->shape.frames;
	tell(r);
	return true;
}

/* --- blocks: TPACKET_V3 --------------------------------------------------- */

/* The block at `head` is ours: it is empty now. */
static void open_block(struct packet_ring *r)
{
	struct tpacket_block_desc *b = block_at(r, r->head);

	*b = (struct tpacket_block_desc){.version = TPACKET_V3};
	b->offset_to_priv = (uint32_t)align8(sizeof(*b));
	b->hdr.bh1.seq_num = ++r->serial;
	b->hdr.bh1.offset_to_first_pkt = block_start(r);
	r->at = block_start(r);
	r->last = 0;
	r->count = 0;
	r->is_open = true;
}

static void open_next(struct packet_ring *r)
{
	r->head = (r->head + 1) % r->shape.blocks;
	r->is_open = false;
	if (is_ours(r, r->head))
		open_block(r);
	else
		r->freezes++;
}

static void close_block(struct packet_ring *r, uint32_t status)
{
	struct tpacket_block_desc *b = block_at(r, r->head);
	struct tpacket3_hdr *last = (void *)((uint8_t *)b + r->last);

	last->tp_next_offset = 0;
	b->hdr.bh1.num_pkts = r->count;
	b->hdr.bh1.blk_len = r->at;
	if (r->owner->drops)
		status |= TP_STATUS_LOSING;
	hand_over(r, r->head, TP_STATUS_USER | status);
	timer_stop(&r->owner->packets->eng->timers, &r->timer);
	open_next(r);
	tell(r);
}

static void note_time(const struct packet_ring *r,
		      const struct packet_note *note, bool is_first)
{
	struct tpacket_hdr_v1 *h = &block_at(r, r->head)->hdr.bh1;
	uint64_t wall = wall_of(r, note);
	struct tpacket_bd_ts ts = {.ts_sec = (uint32_t)(wall / USECS_PER_SEC)};

	ts.ts_nsec = (uint32_t)(wall % USECS_PER_SEC) * 1000;
	if (is_first)
		h->ts_first_pkt = ts;
	h->ts_last_pkt = ts;
}

/* A frame into the open block, which has room for it. */
static void append(struct packet_ring *r, const struct packet_note *note,
		   const struct place *p, const uint8_t *data, uint32_t whole)
{
	uint8_t *at = (uint8_t *)block_at(r, r->head) + r->at;
	uint64_t wall = wall_of(r, note);

	*(struct tpacket3_hdr *)(void *)at = (struct tpacket3_hdr){
		.tp_next_offset = whole,
		.tp_sec = (uint32_t)(wall / USECS_PER_SEC),
		.tp_nsec = (uint32_t)(wall % USECS_PER_SEC) * 1000,
		.tp_snaplen = p->keep,
		.tp_len = note->len,
		.tp_status = status_of(r, note),
		.tp_mac = (uint16_t)p->mac,
		.tp_net = (uint16_t)p->net,
	};
	memcpy(at + p->mac, data, p->keep);
	put_address(at, r, note);
	note_time(r, note, r->count == 0);
	r->last = r->at;
	r->at += whole;
	r->count++;
	want_retire(r, r->owner->packets->eng);
}

static bool put_in_block(struct packet_ring *r, const struct packet_note *note,
			 const uint8_t *data, size_t keep)
{
	uint32_t room = r->shape.block_size - block_start(r);
	struct place p = place_of(r, note, keep, room);
	uint32_t whole = align8(p.mac + p.keep);

	if (whole > room)
		return false;
	if (!r->is_open && is_ours(r, r->head))
		open_block(r);
	if (r->is_open && r->at + whole > r->shape.block_size)
		close_block(r, 0);
	if (!r->is_open)
		return false;
	append(r, note, &p, data, whole);
	return true;
}

void packet_ring_on_timer(struct packet_ring *r)
{
	if (r->block && r->is_open && r->count > 0)
		close_block(r, TP_STATUS_BLK_TMO);
}

bool packet_ring_put(struct packet_ring *r, const struct packet_note *note,
		     const uint8_t *data, size_t keep)
{
	if (r->version == PACKET_RING_V3)
		return put_in_block(r, note, data, keep);
	return put_frame(r, note, data, keep);
}
