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
	int ret;

	if (tcp_get_state(s->conn) != TCPS_LISTEN)
		return -EINVAL;
	ret = tcp_accept_queue(s->conn) ? sock_new_accepted(s, out) : -EAGAIN;
	sock_update(s, 0);
	return ret;
}

int sock_stream_bind(struct sock *s, const struct endpoint *local)
{
	int ret = tcp_bind(s->conn, local);

	if (ret == 0)
		s->asked = *local;
	sock_update(s, 0);
	return ret;
}

/* Programs cannot tell TIME-WAIT from CLOSED; both are the end. */
static bool is_closed(const struct sock *s)
{
	enum tcp_state state = tcp_get_state(s->conn);

	return state == TCPS_CLOSED || state == TCPS_TIME_WAIT;
}

/* There was a connection, or an attempt, and nothing is left of it. */
static bool is_over(const struct sock *s)
{
	return s->phase != SOCK_UNCONNECTED && is_closed(s);
}

void sock_stream_disconnect(struct sock *s)
{
	struct endpoint name = s->asked;
	int ret;

	tcp_disconnect(s->conn);
	s->phase = SOCK_UNCONNECTED;
	s->shut_read = false;
	s->shut_write = false;
	/* What bind() gave stays; but somebody may have been faster. */
	if (name.port || !inet_is_any(&name.addr)) {
		ret = tcp_bind(s->conn, &name);
		(void)ret;
	}
	sock_update(s, EPOLLIN | EPOLLOUT | EPOLLHUP);
}

/* connect(2) while an attempt is under way, or when it is over. */
static int attempt_result(struct sock *s)
{
	int error;

	if (tcp_get_state(s->conn) == TCPS_SYN_SENT ||
	    tcp_get_state(s->conn) == TCPS_SYN_RCVD)
		return -EALREADY;
	if (!is_closed(s)) {
		s->phase = SOCK_CONNECTED;
		return 0;
	}
	/* Whoever asked SO_ERROR has taken the reason. */
	error = tcp_take_error(s->conn);
	sock_stream_disconnect(s);
	return error ? -error : -ECONNABORTED;
}

static int start_attempt(struct sock *s, const struct endpoint *remote)
{
	int ret;

	if (tcp_get_state(s->conn) != TCPS_CLOSED)
		return -EISCONN;
	ret = tcp_connect(s->conn, remote);
	if (ret == 0) {
		s->phase = SOCK_CONNECTING;
		s->shut_read = false;
		s->shut_write = false;
	}
	sock_update(s, 0);
	return ret < 0 ? ret : -EINPROGRESS;
}

int sock_stream_connect(struct sock *s, const struct endpoint *remote)
{
	switch ((enum sock_phase)s->phase) {
	case SOCK_UNCONNECTED:
		return start_attempt(s, remote);
	case SOCK_CONNECTING:
		return attempt_result(s);
	case SOCK_CONNECTED:
		return -EISCONN;
	case SOCK_SPOILT:
		return -EINVAL;
	}
	return -EINVAL;
}

/* It fails, and shuts all the same: who sleeps there wakes up. */
static int shutdown_closed(struct sock *s, int how)
{
	s->shut_read |= how != SHUT_WR;
	s->shut_write |= how != SHUT_RD;
	if (s->phase == SOCK_CONNECTING)
		s->phase = SOCK_SPOILT;
	return -ENOTCONN;
}

static int shutdown_connection(struct sock *s, int how)
{
	int ret = 0;

	if (how != SHUT_WR)
		ret = tcp_shutdown_recv(s->conn);
	if (ret == 0 && how != SHUT_RD)
		ret = tcp_shutdown_send(s->conn);
	return ret;
}

int sock_stream_shutdown(struct sock *s, int how)
{
	int ret = 0;

	if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR)
		return -EINVAL;
	if (tcp_get_state(s->conn) == TCPS_LISTEN) {
		/* Linux: ends the listening, unless only writing is shut. */
		if (how != SHUT_WR)
			sock_stream_disconnect(s);
	} else if (tcp_get_state(s->conn) == TCPS_SYN_SENT) {
		/* A thread that sleeps in connect() shall hear of it. */
		sock_stream_disconnect(s);
		s->phase = SOCK_CONNECTING;
	} else if (is_closed(s)) {
		ret = shutdown_closed(s, how);
	} else {
		ret = shutdown_connection(s, how);
	}
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

ssize_t sock_stream_send_lent(struct sock *s, struct pkt *p, int flags)
{
	uint32_t how = flags & MSG_MORE ? TCP_SEND_MORE : 0;
	ssize_t ret = tcp_send_lent(s->conn, p, how);

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
	/* After a failed attempt, or shut: the end, not a mistake. */
	if (ret == -ENOTCONN && is_closed(s) && (is_over(s) || s->shut_read))
		return 0;
	return ret;
}

/* SO_RCVLOWAT, within what the buffer will ever hold (Linux's bound). */
static bool is_readable(const struct sock *s)
{
	size_t bytes = tcp_readable(s->conn);
	int room;

	if (s->rcvlowat <= 1 || bytes == 0)
		return bytes > 0;
	if (tcp_get(s->conn, TCP_O_RCVBUF, &room) < 0)
		room = LIMIT_SOCKBUF_MIN;
	return bytes >= (size_t)MIN(s->rcvlowat, room / 2);
}

/* Linux tcp_poll(), bit for bit. */
uint32_t sock_stream_ready(const struct sock *s)
{
	const struct tcp_conn *c = s->conn;
	enum tcp_state state = tcp_get_state(c);
	bool no_input, no_output;
	uint32_t bits = 0;

	if (state == TCPS_LISTEN)
		return tcp_accept_queue(c) ? EPOLLIN | EPOLLRDNORM : 0;

	no_input = tcp_input_ended(c) || s->shut_read || is_over(s);
	no_output = tcp_output_ended(c) || s->shut_write || is_closed(s);
	if ((no_input && no_output) || is_closed(s))
		bits |= EPOLLHUP;
	if (no_input)
		bits |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
	if (state != TCPS_SYN_SENT && state != TCPS_SYN_RCVD) {
		if (is_readable(s))
			bits |= EPOLLIN | EPOLLRDNORM;
		if (no_output || tcp_is_writable(c))
			bits |= EPOLLOUT | EPOLLWRNORM;
		if (tcp_has_urgent(c))
			bits |= EPOLLPRI;
	}
	if (tcp_peek_error(c))
		bits |= EPOLLERR;
	return bits;
}
