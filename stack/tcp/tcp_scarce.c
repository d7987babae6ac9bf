/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_scarce.c - who may still queue data when memory is scarce
 *
 * What this room is for
 *   A list of the connections whose writer was told to wait, and the moment to
 *   wake them: their own queue is empty, or the arena has more room than when
 *   the last of them began to wait. Whether a connection waits is its own
 *   state, not the arena's, so that a wake-up always follows.
 *
 * Comes in   tcp_user.c writes; tcp_output() after ACKs; tcp_flush().
 * Goes out   news of being writable, through tcp_note_writable().
 * Lock       the stack lock is held.
 * Follows    tcp(7) tcp_mem: under pressure a sender waits (Linux).
 */
#include "tcp_scarce.h"

/* What a connection with nothing queued may send: one block of a byteq. */
enum { SCARCE_BYTES = 1536 };

size_t tcp_scarce_space(const struct tcp_conn *c, size_t room)
{
	switch (arena_room_left(c->eng->arena)) {
	case ARENA_ROOM_PLENTY:
		return room;
	case ARENA_ROOM_TIGHT:
	case ARENA_ROOM_FULL:
		return c->sndq.bytes == 0 ? MIN(room, (size_t)SCARCE_BYTES) : 0;
	case ARENA_ROOM_RESERVED:
		break;
	}
	return 0;
}

void tcp_scarce_wait(struct tcp_conn *c)
{
	enum arena_room now = arena_room_left(c->eng->arena);

	c->starved = true;
	c->was_full = true;
	list_remove(&c->hungry);
	list_push(&c->tcp->hungry, &c->hungry);
	c->tcp->hungry_at = (uint8_t)MAX(c->tcp->hungry_at, (uint8_t)now);
}

static void stop_waiting(struct tcp_conn *c)
{
	list_remove(&c->hungry);
	c->starved = false;
}

void tcp_scarce_on_output(struct tcp_conn *c)
{
	if (c->sndq.bytes == 0 &&
	    arena_room_left(c->eng->arena) < ARENA_ROOM_RESERVED)
		stop_waiting(c);
}

void tcp_scarce_settle(struct tcp *t)
{
	enum arena_room now = arena_room_left(t->eng->arena);
	struct list waiting;
	struct list *link;

	if (list_is_empty(&t->hungry) || (uint8_t)now >= t->hungry_at)
		return;
	t->hungry_at = (uint8_t)now;
	list_init(&waiting);
	list_splice(&waiting, &t->hungry);
	while ((link = list_first(&waiting))) {
		struct tcp_conn *c = list_entry(link, struct tcp_conn, hungry);

		stop_waiting(c);
		if (now == ARENA_ROOM_PLENTY || c->sndq.bytes == 0)
			tcp_note_writable(c);
		else
			tcp_scarce_wait(c);
	}
}
