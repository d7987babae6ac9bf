/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_stream.c - socket calls on TCP
 *
 * What this room is for
 *   What Linux's calls answer in each state, where TCP itself has nothing to
 *   say: the errors of a second connect(), the readiness bits, MSG_ flags.
 *
 * Lock       the stack lock is held.
 * Follows    connect(2), accept(2), send(2), recv(2), poll(2), tcp(7).
 */

#include "sock.h"

#include <errno.h>
#include <sys/socket.h>

int sock_stream_listen(struct sock *s, int backlog)
{
	uint32_t limit = backlog < 0 ? LIMIT_BACKLOG : (uint32_t)backlog;
	int ret = tcp_listen(s->conn, MIN(limit, LIMIT_BACKLOG));

	sock_update(s, 0);
	return ret;
}

int sock_stream_accept(struct sock *s, struct sock **out)
{
	struct tcp_conn *c;
	int ret;

	if (tcp_get_state(s->conn) != TCPS_LISTEN)
		return -EINVAL;
	c = tcp_accept(s->conn);
	if (!c) {
		sock_update(s, 0);
		return -EAGAIN;
	}

	ret = sock_new_accepted(s, c, out);
	if (ret < 0)
		tcp_abort(c);
	sock_update(s, 0);
	return ret;
}

/* connect(2) on a socket that is not new: what Linux's answers are. */
static int connect_again(struct sock *s)
{
	int error = tcp_take_error(s->conn);

	if (error) {
		if (s->was_connecting)
			tcp_forget_attempt(s->conn);
		s->was_connecting = false;
		sock_update(s, 0);
		return -error;
	}
	switch (tcp_get_state(s->conn)) {
	case TCPS_SYN_SENT:
	case TCPS_SYN_RCVD:
		return -EALREADY;
	case TCPS_LISTEN:
		return -EISCONN;
	case TCPS_CLOSED:
	case TCPS_ESTABLISHED:
	case TCPS_FIN_WAIT_1:
	case TCPS_FIN_WAIT_2:
	case TCPS_CLOSING:
	case TCPS_TIME_WAIT:
	case TCPS_CLOSE_WAIT:
	case TCPS_LAST_ACK:
		break;
	}
	/* The first connect() after EINPROGRESS hears of the success. */
	if (s->was_connecting) {
		s->was_connecting = false;
		return 0;
	}
	return -EISCONN;
}

int sock_stream_connect(struct sock *s, const struct endpoint *remote)
{
	int ret;

	if (tcp_get_state(s->conn) != TCPS_CLOSED || tcp_peek_error(s->conn))
		return connect_again(s);

	ret = tcp_connect(s->conn, remote);
	sock_update(s, 0);
	if (ret < 0)
		return ret;
	s->was_connecting = true;
	return -EINPROGRESS;
}

/* Listening, or on the way to a connection. */
static bool is_unborn(const struct tcp_conn *c)
{
	return tcp_get_state(c) == TCPS_LISTEN ||
	       tcp_get_state(c) == TCPS_SYN_SENT;
}

/* Linux: ends the listening, unless only writing is shut, or the attempt. */
static int shutdown_unborn(struct sock *s, int how)
{
	if (tcp_get_state(s->conn) == TCPS_LISTEN && how == SHUT_WR)
		return 0;
	tcp_disconnect(s->conn);
	s->was_connecting = false;
	sock_update(s, EPOLLIN | EPOLLOUT | EPOLLHUP);
	return 0;
}

int sock_stream_shutdown(struct sock *s, int how)
{
	int ret = 0;

	if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR)
		return -EINVAL;
	if (is_unborn(s->conn))
		return shutdown_unborn(s, how);
	if (how != SHUT_WR)
		ret = tcp_shutdown_recv(s->conn);
	if (ret == 0 && how != SHUT_RD)
		ret = tcp_shutdown_send(s->conn);
	sock_update(s, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP);
	return ret;
}

ssize_t sock_stream_send(struct sock *s, struct uio *from, int flags)
{
	uint32_t how = 0;
	ssize_t ret;

	if (flags & MSG_MORE)
		how |= TCP_SEND_MORE;
	if (flags & MSG_OOB)
		how |= TCP_SEND_OOB;
	ret = tcp_send(s->conn, from, how);
	sock_update(s, 0);
	return ret;
}

ssize_t sock_stream_recv(struct sock *s, struct uio *to, int flags)
{
	uint32_t how = 0;
	ssize_t ret;

	if (flags & MSG_ERRQUEUE)
		return -EAGAIN;
	if (flags & MSG_PEEK)
		how |= TCP_RECV_PEEK;
	if (flags & MSG_TRUNC)
		how |= TCP_RECV_DISCARD;
	if (flags & MSG_OOB)
		how |= TCP_RECV_OOB;
	ret = tcp_recv(s->conn, to, how, 0);
	sock_update(s, 0);
	return ret;
}

/* Linux tcp_poll(), bit for bit. */
uint32_t sock_stream_ready(const struct sock *s)
{
	const struct tcp_conn *c = s->conn;
	enum tcp_state state = tcp_get_state(c);
	bool ended = tcp_input_ended(c);
	uint32_t bits = 0;

	if (state == TCPS_LISTEN)
		return tcp_accept_queue(c) ? EPOLLIN | EPOLLRDNORM : 0;

	if ((ended && tcp_output_ended(c)) || state == TCPS_CLOSED)
		bits |= EPOLLHUP;
	if (ended)
		bits |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
	if (state != TCPS_SYN_SENT && state != TCPS_SYN_RCVD) {
		/* Never shut for reading before there was a connection. */
		if (tcp_readable(c) >= (size_t)MAX(s->rcvlowat, 1) &&
		    tcp_readable(c) > 0)
			bits |= EPOLLIN | EPOLLRDNORM;
		if (tcp_output_ended(c) || state == TCPS_CLOSED ||
		    tcp_is_writable(c))
			bits |= EPOLLOUT | EPOLLWRNORM;
		if (tcp_has_urgent(c))
			bits |= EPOLLPRI;
	}
	if (tcp_peek_error(c))
		bits |= EPOLLERR | EPOLLIN | EPOLLRDNORM | EPOLLOUT |
			EPOLLWRNORM | EPOLLHUP;
	return bits;
}
