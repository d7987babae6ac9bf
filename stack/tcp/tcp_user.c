/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_user.c - the program sends, receives, and asks
 *
 * What this room is for
 *   SEND and RECEIVE of RFC 9293 3.9.1 with the results of send(2) and recv(2),
 *   and the questions that poll(2) and ioctl(2) ask.
 *
 * Comes in   the socket floor.
 * Goes out   bytes to c->sndq and tcp_output(); window updates.
 * Never      sleeps: -EAGAIN.
 * Lock       the stack lock is held.
 * Follows    RFC 9293 3.10.2, 3.10.3; tcp(7); RFC 6093.
 */
#include <errno.h>

#include "net/addr_select.h"
#include "tcp_fsm.h"
#include "tcp_listen.h"
#include "tcp_out.h"
#include "tcp_priv.h"
#include "tcp_scarce.h"
#include "tcp_window.h"

int tcp_take_error(struct tcp_conn *c)
{
	int error = c->error;

	c->error = 0;
	return error;
}

int tcp_peek_error(const struct tcp_conn *c)
{
	return c->error;
}

enum tcp_state tcp_get_state(const struct tcp_conn *c)
{
	return (enum tcp_state)c->state;
}

/* Bound, it is what bind() said; connected, it is the way. */
static uint32_t scope_of(const struct tcp_conn *c, const struct inet_addr *a)
{
	if (!inet_needs_scope(a))
		return 0;
	if (!c->path.ifp)
		return c->ifindex;
	/* Two of ours talk through the loopback. */
	if (c->path.ifp->is_loopback)
		return addr_select_owner(c->tcp->net, a);
	return c->path.ifp->index;
}

struct endpoint tcp_local(const struct tcp_conn *c)
{
	return (struct endpoint){c->b.key.local, c->b.key.lport,
				 scope_of(c, &c->b.key.local)};
}

struct endpoint tcp_remote(const struct tcp_conn *c)
{
	return (struct endpoint){c->b.key.remote, c->b.key.rport,
				 scope_of(c, &c->b.key.remote)};
}

/* Room for payload; 0 also while too much is unsent (TCP_NOTSENT_LOWAT). */
static size_t send_space(const struct tcp_conn *c)
{
	if (tcp_unsent_bytes(c) >= c->notsent_lowat)
		return 0;
	return c->sndq.bytes < c->sndbuf ? c->sndbuf - c->sndq.bytes : 0;
}

bool tcp_is_writable(const struct tcp_conn *c)
{
	if (c->state == TCPS_SYN_SENT || c->state == TCPS_SYN_RCVD ||
	    c->state == TCPS_LISTEN)
		return false;
	/* An error or EPIPE comes at once. */
	if (!tcp_fsm_can_send(c))
		return true;
	if (UNLIKELY(c->starved))
		return false;
	return c->sndq.bytes <= c->sndbuf - c->sndbuf / 3 &&
	       tcp_unsent_bytes(c) < c->notsent_lowat;
}

void tcp_note_writable(struct tcp_conn *c)
{
	if (UNLIKELY(c->starved))
		tcp_scarce_on_output(c);
	if (!c->was_full || !tcp_is_writable(c))
		return;
	c->was_full = false;
	tcp_tell(c, NEWS_WRITABLE);
}

static ssize_t why_not_send(struct tcp_conn *c)
{
	if (c->error)
		return -tcp_take_error(c);
	if (c->state == TCPS_SYN_SENT || c->state == TCPS_SYN_RCVD)
		return c->send_shut ? -EPIPE : -EAGAIN;
	return -EPIPE;
}

/* The send buffer has grown. */
static void send_queued(struct tcp_conn *c, uint32_t flags)
{
	c->was_full = !tcp_is_writable(c);
	c->send_more = flags & TCP_SEND_MORE;
	if (flags & TCP_SEND_OOB) {
		c->snd_up = c->snd_una + (uint32_t)c->sndq.bytes;
		c->urg_sending = true;
	}
	tcp_output(c);
}

ssize_t tcp_send(struct tcp_conn *c, struct uio *from, uint32_t flags)
{
	size_t space, n;

	MUST_HOLD(&c->eng->lock);
	if (UNLIKELY(c->error || !tcp_fsm_can_send(c)))
		return why_not_send(c);
	if (from->left == 0)
		return 0;
	space = send_space(c);
	if (space == 0) {
		c->was_full = true;
		return -EAGAIN;
	}
	space = MIN(space, from->left);
	n = byteq_write(&c->sndq, from, tcp_scarce_space(c, space));
	if (UNLIKELY(n < space))
		tcp_scarce_wait(c);
	if (n == 0)
		return -EAGAIN;
	send_queued(c, flags);
	return (ssize_t)n;
}

int tcp_lend(struct tcp_conn *c, size_t len, struct pkt **out)
{
	size_t space = send_space(c);

	MUST_HOLD(&c->eng->lock);
	if (c->error || !tcp_fsm_can_send(c))
		return -EOPNOTSUPP;
	if (space == 0) {
		c->was_full = true;
		return -EAGAIN;
	}
	len = MIN(MIN(len, space), BYTEQ_BLOCK_MAX);
	if (tcp_scarce_space(c, len) < len)
		return -EOPNOTSUPP;
	*out = pkt_new(c->eng->arena, len, 0);
	return *out ? 0 : -EOPNOTSUPP;
}

ssize_t tcp_send_lent(struct tcp_conn *c, struct pkt *p, uint32_t flags)
{
	size_t n = p->len;

	MUST_HOLD(&c->eng->lock);
	if (n == 0 || UNLIKELY(c->error || !tcp_fsm_can_send(c))) {
		pkt_free(c->eng->arena, p);
		return n == 0 ? 0 : why_not_send(c);
	}
	byteq_give(&c->sndq, p);
	send_queued(c, flags);
	return (ssize_t)n;
}

/* The sequence number of the first byte that was not read. */
static tcp_seq read_seq(const struct tcp_conn *c)
{
	return c->rcv_nxt - (c->peer_fin ? 1u : 0u) - (uint32_t)c->rcvq.bytes;
}

/* Bytes from read_seq to the urgent mark, if it is ahead. */
static bool mark_ahead(const struct tcp_conn *c, size_t *offset)
{
	tcp_seq first = read_seq(c);

	if (!c->urg_seen || seq_lt(c->rcv_up, first))
		return false;
	*offset = c->rcv_up - first;
	return true;
}

bool tcp_at_mark(const struct tcp_conn *c)
{
	size_t offset;

	return mark_ahead(c, &offset) && offset == 0;
}

/* Linux: from when the byte is here until it is taken or read past. */
bool tcp_has_urgent(const struct tcp_conn *c)
{
	return c->urg_valid;
}

static ssize_t recv_urgent(struct tcp_conn *c, struct uio *to, bool peek)
{
	if (c->oobinline || !c->urg_seen)
		return -EINVAL;
	if (!c->urg_valid) {
		/* Announced, but not here; or taken already. */
		return seq_lt(c->rcv_up, c->rcv_nxt) ? -EINVAL : -EAGAIN;
	}
	if (to->left == 0)
		return 0;
	uio_write(to, &c->urg_byte, 1);
	if (!peek)
		c->urg_valid = false;
	return 1;
}

static ssize_t nothing_to_read(struct tcp_conn *c)
{
	if (c->state == TCPS_LISTEN)
		return -ENOTCONN;
	if (c->peer_fin)
		return 0;
	if (c->error)
		return -tcp_take_error(c);
	if (c->recv_shut)
		return 0;
	if (c->state == TCPS_CLOSED)
		return c->was_connected ? 0 : -ENOTCONN;
	return -EAGAIN;
}

/* Up to the mark, and never over it; the urgent byte itself is left out
 * unless it is wanted inline. */
static size_t readable_to_mark(struct tcp_conn *c, size_t offset, bool peek,
			       size_t *skip)
{
	size_t mark, bytes = c->rcvq.bytes;

	*skip = 0;
	if (offset >= bytes)
		return 0;
	if (LIKELY(!c->urg_seen) || !mark_ahead(c, &mark) || mark >= bytes ||
	    mark < offset)
		return bytes - offset;
	if (mark > offset)
		return mark - offset;
	if (c->oobinline)
		return bytes - offset;
	*skip = 1;
	if (!peek)
		byteq_drop(&c->rcvq, 1);
	return bytes - offset - 1;
}

/* The program made room: tells the peer when that is worth a segment. */
static void after_read(struct tcp_conn *c, size_t n)
{
	/* Linux: who reads past the urgent byte has had it. */
	if (c->urg_seen && seq_lt(c->rcv_up, read_seq(c)))
		c->urg_seen = c->urg_valid = false;
	tcp_window_on_read(c, (uint32_t)n);
	if (tcp_fsm_can_receive(c) &&
	    (c->ack_segs >= 2 || tcp_window_is_update_due(c)))
		tcp_out_ack(c);
}

ssize_t tcp_recv(struct tcp_conn *c, struct uio *to, uint32_t flags,
		 size_t peek_offset)
{
	bool peek = flags & TCP_RECV_PEEK;
	size_t offset = peek ? peek_offset : 0;
	size_t n, skip;

	MUST_HOLD(&c->eng->lock);
	if (flags & TCP_RECV_OOB)
		return recv_urgent(c, to, peek);
	if (to->left == 0)
		return c->rcvq.bytes > offset ? 0 : nothing_to_read(c);
	n = readable_to_mark(c, offset, peek, &skip);
	if (n == 0)
		return nothing_to_read(c);
	if (peek)
		return (ssize_t)byteq_peek(&c->rcvq, offset + skip, to, n);
	if (flags & TCP_RECV_DISCARD) {
		n = MIN(n, to->left);
		byteq_drop(&c->rcvq, n);
	} else {
		n = byteq_read(&c->rcvq, to, n);
	}
	after_read(c, n);
	return (ssize_t)n;
}

size_t tcp_readable(const struct tcp_conn *c)
{
	size_t mark, bytes = c->rcvq.bytes;

	/* Linux: the urgent byte does not count at the mark. */
	if (c->urg_seen && !c->oobinline && mark_ahead(c, &mark) &&
	    mark < bytes)
		return mark > 0 ? mark : bytes - 1;
	return bytes;
}

size_t tcp_unsent(const struct tcp_conn *c)
{
	return tcp_unsent_bytes(c);
}

size_t tcp_unacked(const struct tcp_conn *c)
{
	return c->sndq.bytes;
}

bool tcp_input_ended(const struct tcp_conn *c)
{
	return c->peer_fin || c->recv_shut ||
	       (c->state == TCPS_CLOSED && c->was_connected);
}

bool tcp_output_ended(const struct tcp_conn *c)
{
	return c->send_shut || c->is_orphan ||
	       (c->state == TCPS_CLOSED && c->was_connected);
}

uint32_t tcp_accept_queue(const struct tcp_conn *listener)
{
	return listener->listener ? listener->listener->naccept : 0;
}
