/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * lend.c - a block of the send buffer, filled by who sends
 *
 * What this room is for
 *   stack_lend() and stack_send_lent(): sendfile() reads a file to where it
 *   is sent from, which saves a copy of each byte. In between no lock is held,
 *   for the file may have to come from the disk; family.c knows who fills it.
 *
 * Comes in   the shim.
 * Goes out   tcp_lend(), tcp_send_lent().
 * Never      sleeps.
 */

#include <errno.h>

#include "process/driver.h"
#include "ground/log.h"
#include "ground/pkt.h"
#include "turn.h"

/* So much is worth a look at what has arrived, as in stack_send(). */
enum { POKE_BYTES = 16 << 10 };

int stack_lend(sock_id id, size_t len, struct stack_lent *lent)
{
	struct stack *st;
	struct pkt *p = NULL;
	struct sock *s;
	int ret = -EBADF;

	if (!turn_stack)
		return ret;
	/* It may be the first call of a process that inherited its sockets. */
	if (driver_start() < 0)
		log_warn("no stack thread: only waiting threads drive");
	st = turn_enter();
	s = sock_find(st, id);
	if (s && s->conn)
		tcp_begin(s->conn);
	if (s)
		ret = s->conn ? tcp_lend(s->conn, len, &p) : -EOPNOTSUPP;
	if (ret == 0) {
		family_lend(st, p);
		*lent = (struct stack_lent){id, p->data, MIN(len, p->room), p};
	}
	turn_leave(st);
	return ret;
}

ssize_t stack_send_lent(const struct stack_lent *lent, size_t len, int flags)
{
	struct stack *st = turn_enter();
	struct sock *s = sock_find(st, lent->sock);
	struct pkt *p = lent->block;
	ssize_t ret = -EBADF;

	family_take_back(st, p);
	if (s && s->conn) {
		tcp_begin(s->conn);
		pkt_append(p, len);
		ret = sock_stream_send_lent(s, p, flags);
	} else {
		pkt_free(st->eng.arena, p);
	}
	turn_leave(st);
	if (len >= POKE_BYTES)
		driver_poke();
	return ret;
}
