/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_stream_test.c - proves sock_stream.c: what a stream answers, and which
 * bits poll(2) shows, in every situation between socket() and close().
 *
 * Client and server share the loopback. All results were taken from Linux.
 */

#include <limits.h>

#include "testkit/socktest.h"

TestSuite(sock_stream, .init = kit_open, .fini = kit_close);

enum { PORT = 5000, NOBODY = 5999 };

enum {
	IN = EPOLLIN | EPOLLRDNORM,
	OUT = EPOLLOUT | EPOLLWRNORM,
	HUP = EPOLLHUP,
	RDHUP = EPOLLRDHUP,
	ERR = EPOLLERR,
	PRI = EPOLLPRI,
};

static uint32_t ready(const struct sock *s)
{
	return s->slot->ready;
}

static int say(struct sock *s, const char *text)
{
	struct iovec iov;
	struct uio u;
	ssize_t ret;

	uio_flat(&u, &iov, (void *)(uintptr_t)text, strlen(text));
	ret = sock_stream_send(s, &u, 0);
	kit_settle();
	return (int)ret;
}

static int say_urgent(struct sock *s, char c)
{
	struct iovec iov;
	struct uio u;
	ssize_t ret;

	uio_flat(&u, &iov, &c, 1);
	ret = sock_stream_send(s, &u, MSG_OOB);
	kit_settle();
	return (int)ret;
}

static char heard[64];

static int hear_at_most(struct sock *s, size_t room, int flags)
{
	struct iovec iov;
	struct uio u;
	ssize_t ret;

	memset(heard, 0, sizeof(heard));
	uio_flat(&u, &iov, heard, room);
	ret = sock_stream_recv(s, &u, flags);
	kit_settle();
	return (int)ret;
}

static int hear(struct sock *s, int flags)
{
	return hear_at_most(s, sizeof(heard) - 1, flags);
}

static int dial(struct sock *s, uint16_t port)
{
	struct endpoint to = kit_local(port);
	int ret = sock_stream_connect(s, &to);

	kit_settle();
	return ret;
}

static int hang_up(struct sock *s, int how)
{
	int ret = sock_stream_shutdown(s, how);

	kit_settle();
	return ret;
}

static int error_of(struct sock *s)
{
	int error = -1;
	socklen_t len = sizeof(error);

	cr_assert(eq(int, sock_opt_get(s, SOL_SOCKET, SO_ERROR, &error, &len),
		     0));
	return error;
}

/* The peer goes away with a reset. */
static void reset_by(struct sock *s)
{
	struct linger now = {1, 0};

	cr_assert(eq(int,
		     sock_opt_set(s, SOL_SOCKET, SO_LINGER, &now, sizeof(now)),
		     0));
	sock_close(s);
	kit_settle();
}

static int accept_none(struct sock *s)
{
	struct sock *child;

	return sock_stream_accept(s, &child);
}

/* --- not connected ------------------------------------------------------- */

Test(sock_stream, fresh_is_hung_up_and_writable)
{
	struct sock *s = kit_socket(SOCK_STREAM);

	cr_assert(eq(u32, ready(s), OUT | HUP));
	cr_assert(eq(int, say(s, "x"), -EPIPE));
	cr_assert(eq(int, say(s, ""), -EPIPE));
	cr_assert(eq(int, hear(s, 0), -ENOTCONN));
	cr_assert(eq(int, hear_at_most(s, 0, 0), -ENOTCONN));
	cr_assert(eq(int, hear(s, MSG_OOB), -EINVAL));
	cr_assert(eq(int, hear(s, MSG_ERRQUEUE), -EAGAIN));
	cr_assert(eq(int, accept_none(s), -EINVAL));
}

Test(sock_stream, fresh_shutdown_fails_and_yet_shuts)
{
	struct sock *s = kit_socket(SOCK_STREAM);

	cr_assert(eq(int, hang_up(s, 7), -EINVAL));
	cr_assert(eq(int, hang_up(s, -1), -EINVAL));
	cr_assert(eq(u32, ready(s), OUT | HUP));
	cr_assert(eq(int, hang_up(s, SHUT_RD), -ENOTCONN));
	cr_assert(eq(u32, ready(s), OUT | HUP | IN | RDHUP));
	cr_assert(eq(int, hear(s, 0), 0));
	cr_assert(eq(int, hang_up(s, SHUT_WR), -ENOTCONN));
	cr_assert(eq(u32, ready(s), OUT | HUP | IN | RDHUP));
}

/* --- connecting ---------------------------------------------------------- */

Test(sock_stream, connecting_has_no_bits_and_says_already)
{
	struct sock *s = kit_socket(SOCK_STREAM);
	struct sock *l = kit_listener(PORT);
	struct endpoint to = kit_local(PORT);

	cr_assert(eq(int, sock_stream_connect(s, &to), -EINPROGRESS));
	cr_assert(eq(u32, ready(s), 0));
	cr_assert(eq(int, sock_stream_connect(s, &to), -EALREADY));
	cr_assert(eq(int, sock_stream_listen(s, 1), -EINVAL));
	cr_assert(eq(int, accept_none(s), -EINVAL));
	cr_assert(eq(int, hear_at_most(s, 1, 0), -EAGAIN));
	(void)l;
}

Test(sock_stream, connected_hears_of_it_once)
{
	struct sock *s = kit_socket(SOCK_STREAM);
	struct sock *l = kit_listener(PORT);

	cr_assert(eq(int, dial(s, PORT), -EINPROGRESS));
	cr_assert(eq(u32, ready(s), OUT));
	cr_assert(eq(u32, ready(l), IN));
	cr_assert(eq(int, dial(s, PORT), 0));
	cr_assert(eq(int, dial(s, PORT), -EISCONN));
	cr_assert(eq(int, sock_stream_listen(s, 1), -EINVAL));
}

Test(sock_stream, refused_shows_every_bit_and_one_error)
{
	struct sock *s = kit_socket(SOCK_STREAM);

	cr_assert(eq(int, dial(s, NOBODY), -EINPROGRESS));
	cr_assert(eq(u32, ready(s), IN | OUT | ERR | HUP | RDHUP));
	cr_assert(eq(int, error_of(s), ECONNREFUSED));
	cr_assert(eq(int, error_of(s), 0));
	cr_assert(eq(u32, ready(s), IN | OUT | HUP | RDHUP));
	cr_assert(eq(int, hear(s, 0), 0));
	cr_assert(eq(int, say(s, "x"), -EPIPE));
	/* Whoever took the error leaves none for connect(). */
	cr_assert(eq(int, dial(s, NOBODY), -ECONNABORTED));
	cr_assert(eq(u32, ready(s), OUT | HUP));
	cr_assert(eq(int, dial(s, NOBODY), -EINPROGRESS));
}

Test(sock_stream, refused_connect_again_tells_and_starts_anew)
{
	struct sock *s = kit_socket(SOCK_STREAM);

	cr_assert(eq(int, dial(s, NOBODY), -EINPROGRESS));
	cr_assert(eq(int, dial(s, NOBODY), -ECONNREFUSED));
	cr_assert(eq(u32, ready(s), OUT | HUP));
	cr_assert(eq(int, hear(s, 0), -ENOTCONN));
	kit_listener(PORT);
	cr_assert(eq(int, dial(s, PORT), -EINPROGRESS));
	cr_assert(eq(int, dial(s, PORT), 0));
}

Test(sock_stream, refused_recv_takes_the_error)
{
	struct sock *s = kit_socket(SOCK_STREAM);

	cr_assert(eq(int, dial(s, NOBODY), -EINPROGRESS));
	cr_assert(eq(int, hear(s, 0), -ECONNREFUSED));
	cr_assert(eq(int, hear(s, 0), 0));
	/* shutdown(2) leaves it good for nothing. */
	cr_assert(eq(int, hang_up(s, SHUT_RDWR), -ENOTCONN));
	cr_assert(eq(int, dial(s, NOBODY), -EINVAL));
}

Test(sock_stream, a_failed_attempt_keeps_the_name_that_bind_gave)
{
	struct sock *s = kit_socket(SOCK_STREAM);
	struct endpoint name = kit_local(1234);

	cr_assert(eq(int, sock_stream_bind(s, &name), 0));
	for (int i = 0; i < 3; i++) {
		cr_assert(eq(int, dial(s, NOBODY), -EINPROGRESS));
		cr_assert(eq(int, dial(s, NOBODY), -ECONNREFUSED));
		cr_assert(eq(u16, tcp_local(s->conn).port, 1234));
	}
	sock_stream_disconnect(s);
	cr_assert(eq(u16, tcp_local(s->conn).port, 1234));
}

Test(sock_stream, disconnected_it_is_as_new)
{
	struct sock *a, *b;

	kit_pair(PORT, &a, &b);
	sock_stream_disconnect(a);
	kit_settle();
	cr_assert(eq(u32, ready(a), OUT | HUP));
	cr_assert(eq(u16, tcp_local(a->conn).port, 0));
	cr_assert(eq(int, hear(b, 0), -ECONNRESET));
	kit_listener(PORT + 1);
	cr_assert(eq(int, dial(a, PORT + 1), -EINPROGRESS));
	cr_assert(eq(int, dial(a, PORT + 1), 0));
}

/* --- listening ----------------------------------------------------------- */

Test(sock_stream, listener_answers)
{
	struct sock *l = kit_listener(PORT);

	cr_assert(eq(u32, ready(l), 0));
	cr_assert(eq(int, accept_none(l), -EAGAIN));
	cr_assert(eq(int, dial(l, PORT), -EISCONN));
	cr_assert(eq(int, hear(l, 0), -ENOTCONN));
	cr_assert(eq(int, say(l, "x"), -EPIPE));
	cr_assert(eq(int, sock_stream_listen(l, 99), 0), "a new backlog");
}

Test(sock_stream, accept_takes_them_in_order_and_clears_readiness)
{
	struct sock *l = kit_listener(PORT), *c[3], *s[3];

	for (int i = 0; i < 3; i++) {
		c[i] = kit_socket(SOCK_STREAM);
		cr_assert(eq(int, dial(c[i], PORT), -EINPROGRESS));
	}
	for (int i = 0; i < 3; i++) {
		cr_assert(eq(u32, ready(l), IN));
		cr_assert(eq(int, sock_stream_accept(l, &s[i]), 0));
		cr_assert(eq(u16, tcp_remote(s[i]->conn).port,
			     tcp_local(c[i]->conn).port));
	}
	cr_assert(eq(u32, ready(l), 0));
	cr_assert(eq(int, accept_none(l), -EAGAIN));
}

/* As in Linux: it is not lost, and is there when there is memory again. */
Test(sock_stream, connection_without_memory_for_its_socket_waits_on)
{
	struct sock *l = kit_listener(PORT), *c = kit_socket(SOCK_STREAM), *s;
	struct kit_hoard *hoard;

	cr_assert(eq(int, dial(c, PORT), -EINPROGRESS));
	hoard = kit_take_memory();
	cr_assert(eq(int, accept_none(l), -ENOBUFS));
	cr_assert(eq(u32, ready(l), IN));
	kit_give_memory(hoard);
	cr_assert(eq(int, sock_stream_accept(l, &s), 0));
	cr_assert(eq(u16, tcp_remote(s->conn).port, tcp_local(c->conn).port));
	cr_assert(eq(u32, ready(s), OUT));
}

Test(sock_stream, a_second_caller_is_an_event_though_the_level_stays)
{
	struct sock *l = kit_listener(PORT);
	struct waiter *w = waiter_new(kit.arena, 1);

	dial(kit_socket(SOCK_STREAM), PORT);
	waiter_watch(w, 0, &l->readiness, EPOLLIN);
	dial(kit_socket(SOCK_STREAM), PORT);
	cr_assert(eq(u32, w->word, 1));
	waiter_free(kit.arena, w);
}

Test(sock_stream, accepted_inherits_what_the_listener_had)
{
	struct sock *l = kit_listener(PORT), *s;

	l->rcvtimeo = SEC(3);
	l->sndtimeo = SEC(4);
	l->linger = SEC(5);
	l->rcvlowat = 6;
	l->priority = 2;
	dial(kit_socket(SOCK_STREAM), PORT);
	cr_assert(eq(int, sock_stream_accept(l, &s), 0));
	cr_assert(eq(u64, s->rcvtimeo, SEC(3)));
	cr_assert(eq(u64, s->sndtimeo, SEC(4)));
	cr_assert(eq(u64, s->linger, SEC(5)));
	cr_assert(eq(int, s->rcvlowat, 6));
	cr_assert(eq(int, s->priority, 2));
	cr_assert(eq(u32, ready(s), OUT));
	cr_assert(eq(int, dial(s, PORT), -EISCONN));
	cr_assert(not(s->slot->nonblocking));
}

Test(sock_stream, listener_shut_for_reading_stops_listening)
{
	struct sock *l = kit_listener(PORT), *late = kit_socket(SOCK_STREAM);

	cr_assert(eq(int, hang_up(l, SHUT_WR), 0));
	cr_assert(eq(u32, ready(l), 0));
	cr_assert(eq(int, accept_none(l), -EAGAIN));
	cr_assert(eq(int, hang_up(l, SHUT_RD), 0));
	cr_assert(eq(u32, ready(l), OUT | HUP));
	cr_assert(eq(int, accept_none(l), -EINVAL));
	cr_assert(eq(int, dial(late, PORT), -EINPROGRESS));
	cr_assert(eq(int, error_of(late), ECONNREFUSED));
	cr_assert(eq(int, sock_stream_listen(l, 1), 0));
	cr_assert(eq(u32, ready(l), 0));
}

/* Before the backlog is looked at, it is cut into range. */
Test(sock_stream, backlogs_of_every_kind_are_taken)
{
	static const int backlog[] = {0, 1, -1, INT_MAX, INT_MIN};

	for (size_t i = 0; i < ARRAY_LEN(backlog); i++) {
		struct sock *s = kit_socket(SOCK_STREAM);

		cr_expect(eq(int, sock_stream_listen(s, backlog[i]), 0));
	}
}

/* --- connected ----------------------------------------------------------- */

Test(sock_stream, bytes_make_it_readable_until_they_are_read)
{
	struct sock *a, *b;

	kit_pair(PORT, &a, &b);
	cr_assert(eq(u32, ready(b), OUT));
	cr_assert(eq(int, hear(b, 0), -EAGAIN));
	cr_assert(eq(int, say(a, "hello"), 5));
	cr_assert(eq(u32, ready(b), OUT | IN));
	cr_assert(eq(int, hear(b, MSG_PEEK), 5));
	cr_assert(eq(str, heard, "hello"));
	cr_assert(eq(int, hear_at_most(b, 0, 0), 0), "nothing asked");
	cr_assert(eq(int, hear_at_most(b, 2, MSG_TRUNC), 2));
	cr_assert(eq(str, heard, ""), "dropped, not copied");
	cr_assert(eq(int, hear(b, 0), 3));
	cr_assert(eq(str, heard, "llo"));
	cr_assert(eq(u32, ready(b), OUT));
}

Test(sock_stream, more_bytes_are_an_event_though_the_level_stays)
{
	struct sock *a, *b;
	struct waiter *w = waiter_new(kit.arena, 1);

	kit_pair(PORT, &a, &b);
	say(a, "x");
	waiter_watch(w, 0, &b->readiness, EPOLLIN);
	say(a, "y");
	cr_assert(eq(u32, w->word, 1));
	waiter_free(kit.arena, w);
}

Test(sock_stream, less_than_rcvlowat_is_not_readable)
{
	struct sock *a, *b;

	kit_pair(PORT, &a, &b);
	b->rcvlowat = 3;
	say(a, "ab");
	cr_assert(eq(u32, ready(b), OUT));
	say(a, "c");
	cr_assert(eq(u32, ready(b), OUT | IN));
}

/* More than the buffer could ever hold would be for ever. */
Test(sock_stream, rcvlowat_is_at_most_half_the_buffer)
{
	static char lots[70000];
	struct sock *a, *b;
	struct iovec iov;
	struct uio u;

	kit_pair(PORT, &a, &b);
	b->rcvlowat = INT_MAX;
	uio_flat(&u, &iov, lots, sizeof(lots));
	cr_assert(eq(int, (int)sock_stream_send(a, &u, 0), sizeof(lots)));
	kit_settle();
	cr_assert(eq(u32, ready(b), OUT | IN));
}

Test(sock_stream, full_it_is_not_writable_until_the_peer_reads)
{
	static char lots[1 << 20];
	struct sock *a, *b;
	struct iovec iov;
	struct uio u;
	ssize_t n;

	kit_pair(PORT, &a, &b);
	do {
		uio_flat(&u, &iov, lots, sizeof(lots));
		n = sock_stream_send(a, &u, 0);
		kit_settle();
	} while (n > 0);
	cr_assert(eq(int, (int)n, -EAGAIN));
	cr_assert(eq(u32, ready(a), 0));
	do {
		uio_flat(&u, &iov, lots, sizeof(lots));
		n = sock_stream_recv(b, &u, 0);
		kit_settle();
	} while (n > 0);
	cr_assert(eq(u32, ready(a), OUT));
}

Test(sock_stream, the_urgent_byte_is_a_condition_of_its_own)
{
	struct sock *a, *b;

	kit_pair(PORT, &a, &b);
	cr_assert(eq(int, hear(b, MSG_OOB), -EINVAL), "none was sent");
	cr_assert(eq(int, say_urgent(a, 'X'), 1));
	cr_assert(eq(u32, ready(b), OUT | PRI));
	cr_assert(eq(int, hear(b, MSG_OOB), 1));
	cr_assert(eq(str, heard, "X"));
	cr_assert(eq(u32, ready(b), OUT));
	cr_assert(eq(int, hear(b, MSG_OOB), -EINVAL), "it was read");
	cr_assert(eq(int, hear(b, 0), -EAGAIN), "not in the stream");
}

/* --- the end ------------------------------------------------------------- */

Test(sock_stream, half_closed_one_side_reads_the_other_writes)
{
	struct sock *a, *b;

	kit_pair(PORT, &a, &b);
	cr_assert(eq(int, hang_up(a, SHUT_WR), 0));
	cr_assert(eq(u32, ready(a), OUT));
	cr_assert(eq(u32, ready(b), IN | OUT | RDHUP));
	cr_assert(eq(int, hear(b, 0), 0));
	cr_assert(eq(int, hear(b, 0), 0));
	cr_assert(eq(int, say(a, "x"), -EPIPE));
	cr_assert(eq(int, say(b, "still"), 5));
	cr_assert(eq(int, hear(a, 0), 5));
	cr_assert(eq(int, hang_up(a, SHUT_WR), 0), "again");
	cr_assert(eq(int, dial(a, PORT), -EISCONN));
}

Test(sock_stream, bytes_before_the_fin_are_read_first)
{
	struct sock *a, *b;

	kit_pair(PORT, &a, &b);
	say(a, "last");
	hang_up(a, SHUT_WR);
	cr_assert(eq(int, hear(b, 0), 4));
	cr_assert(eq(int, hear(b, 0), 0));
}

Test(sock_stream, both_closed_both_hung_up)
{
	struct sock *a, *b;

	kit_pair(PORT, &a, &b);
	hang_up(a, SHUT_WR);
	hang_up(b, SHUT_WR);
	/* a is in TIME-WAIT, b is closed: Linux shows programs no difference.
	 */
	for (int i = 0; i < 2; i++) {
		struct sock *s = i ? b : a;

		cr_expect(eq(u32, ready(s), IN | OUT | HUP | RDHUP));
		cr_expect(eq(int, hear(s, 0), 0));
		cr_expect(eq(int, say(s, "x"), -EPIPE));
		cr_expect(eq(int, hang_up(s, SHUT_WR), -ENOTCONN));
		cr_expect(eq(int, hang_up(s, SHUT_RD), -ENOTCONN));
		cr_expect(eq(int, dial(s, PORT), -EISCONN));
		cr_expect(eq(int, error_of(s), 0));
	}
}

Test(sock_stream, shut_for_reading_ends_input_but_takes_what_comes)
{
	struct sock *a, *b;

	kit_pair(PORT, &a, &b);
	cr_assert(eq(int, hang_up(b, SHUT_RD), 0));
	cr_assert(eq(u32, ready(b), IN | OUT | RDHUP));
	cr_assert(eq(int, hear(b, 0), 0));
	say(a, "x");
	cr_assert(eq(int, hear(b, 0), 1));
	cr_assert(eq(int, hear(b, 0), 0));
	cr_assert(eq(int, hang_up(b, SHUT_WR), 0));
	cr_assert(eq(u32, ready(b), IN | OUT | HUP | RDHUP));
}

Test(sock_stream, shutdown_wakes_who_waits)
{
	struct sock *a, *b;
	struct waiter *w = waiter_new(kit.arena, 1);

	kit_pair(PORT, &a, &b);
	waiter_watch(w, 0, &a->readiness, EPOLLIN);
	hang_up(a, SHUT_RD);
	cr_assert(ne(u32, w->word, 0));
	waiter_free(kit.arena, w);
}

Test(sock_stream, reset_is_told_once_and_stays_an_end)
{
	struct sock *a, *b;

	kit_pair(PORT, &a, &b);
	reset_by(a);
	cr_assert(eq(u32, ready(b), IN | OUT | ERR | HUP | RDHUP));
	cr_assert(eq(int, dial(b, PORT), -EISCONN), "and keeps the error");
	cr_assert(eq(int, hear(b, 0), -ECONNRESET));
	cr_assert(eq(u32, ready(b), IN | OUT | HUP | RDHUP));
	cr_assert(eq(int, hear(b, 0), 0));
	cr_assert(eq(int, say(b, "x"), -EPIPE));
	cr_assert(eq(int, hang_up(b, SHUT_RDWR), -ENOTCONN));
	cr_assert(eq(int, dial(b, PORT), -EISCONN));
}

Test(sock_stream, reset_send_is_told_first_and_then_a_broken_pipe)
{
	struct sock *a, *b;

	kit_pair(PORT, &a, &b);
	reset_by(a);
	cr_assert(eq(int, say(b, "x"), -ECONNRESET));
	cr_assert(eq(int, say(b, "x"), -EPIPE));
}

Test(sock_stream, close_with_bytes_unread_resets)
{
	struct sock *a, *b;

	kit_pair(PORT, &a, &b);
	say(a, "never read");
	sock_close(b);
	kit_settle();
	cr_assert(eq(int, error_of(a), ECONNRESET));
}

Test(sock_stream, connecting_then_shut_goes_no_further)
{
	struct sock *s = kit_socket(SOCK_STREAM), *l = kit_listener(PORT);
	struct endpoint to = kit_local(PORT);

	cr_assert(eq(int, sock_stream_connect(s, &to), -EINPROGRESS));
	cr_assert(eq(int, hang_up(s, SHUT_WR), 0));
	cr_assert(eq(u32, ready(s) & (OUT | HUP), OUT | HUP));
	cr_assert(eq(int, accept_none(l), -EAGAIN));
}

/* --- IPv6 --------------------------------------------------------------- */

static struct endpoint self6(uint16_t port)
{
	return (struct endpoint){.addr = {{[15] = 1}}, .port = port};
}

/* The whole way over ::1, with the segment size that IPv6 leaves. */
Test(sock_stream, ipv6_connects_and_carries_bytes)
{
	struct inet_prefix one = {self6(0).addr, 128};
	struct sock *l = kit_socket6(SOCK_STREAM);
	struct sock *c = kit_socket6(SOCK_STREAM), *child;
	struct endpoint at = {.port = 4711}, to = self6(4711), peer;
	int mss;

	cr_assert(eq(int, iface_add_addr(&kit.st->net.ifs[0], &one), 0));
	cr_assert(eq(int, sock_stream_bind(l, &at), 0));
	cr_assert(eq(int, sock_stream_listen(l, 8), 0));
	cr_assert(eq(int, sock_stream_connect(c, &to), -EINPROGRESS));
	kit_settle();
	cr_assert(eq(int, sock_stream_connect(c, &to), 0));
	cr_assert(eq(int, sock_stream_accept(l, &child), 0));
	peer = tcp_remote(child->conn);
	cr_assert(inet_equal(&peer.addr, &to.addr));
	cr_assert(eq(int, tcp_get(c->conn, TCP_O_MAXSEG, &mss), 0));
	cr_assert(eq(int, mss, 65535 - 40 - 20 - 12));
	cr_assert(eq(int, say(c, "hello"), 5));
	cr_assert(eq(int, hear_at_most(child, 64, 0), 5));
	cr_assert(eq(int, say(child, "there"), 5));
	cr_assert(eq(int, hear_at_most(c, 64, 0), 5));
}

Test(sock_stream, ipv6_families_do_not_mix)
{
	struct sock *s = kit_socket6(SOCK_STREAM);
	struct endpoint four = kit_local(9), six = self6(9);
	struct inet_prefix one = {six.addr, 128};
	struct endpoint at = {.addr = six.addr};

	cr_assert(eq(int, iface_add_addr(&kit.st->net.ifs[0], &one), 0));
	cr_assert(eq(int, sock_stream_bind(s, &at), 0));
	cr_assert(eq(int, sock_stream_connect(s, &four), -ENETUNREACH));
	s = kit_socket6(SOCK_STREAM);
	at.addr = inet_from4(ip4_make(0, 0, 0, 0));
	cr_assert(eq(int, sock_stream_bind(s, &at), 0));
	cr_assert(eq(int, sock_stream_connect(s, &six), -EAFNOSUPPORT));
}

/* A connection whose client closes first, and so has TIME-WAIT. */
static void leave_time_wait(uint16_t port)
{
	uint32_t before = kit.st->tcp.ntime_wait;
	struct sock *client, *server;

	kit_pair(port, &client, &server);
	sock_close(client);
	kit_settle();
	sock_close(server);
	kit_settle();
	cr_assert(eq(u32, kit.st->tcp.ntime_wait, before + 1));
}

static int try_connect(uint16_t port)
{
	struct endpoint to = kit_local(port);
	struct sock *s = kit_socket(SOCK_STREAM);
	int err = sock_stream_connect(s, &to);

	kit_settle();
	sock_close(s);
	kit_settle();
	return err;
}

/*
 * A program that connects to another one here again and again, and closes
 * first, has used each port after some seconds. Linux: tcp_tw_reuse is 2, a
 * second later they may be used again.
 */
Test(sock_stream, local_connect_takes_a_port_in_time_wait_after_a_second)
{
	struct ports *ports = &kit.st->tcp.ports;

	ports->first = ports->last = 40000;
	leave_time_wait(PORT);
	cr_expect(eq(int, try_connect(PORT), -EADDRNOTAVAIL));
	kit.st->eng.now += MSEC(999);
	cr_expect(eq(int, try_connect(PORT), -EADDRNOTAVAIL));
	kit.st->eng.now += MSEC(2);
	for (int i = 0; i < 3; i++) {
		struct sock *client, *server;

		kit_pair(PORT, &client, &server);
		cr_expect(eq(u32, kit.st->tcp.ntime_wait, 0));
		sock_close(client);
		kit_settle();
		sock_close(server);
		kit_settle();
		cr_expect(eq(u32, kit.st->tcp.ntime_wait, 1));
		kit.st->eng.now += SEC(2);
	}
}

/* Only the whole tuple waits: others may be reached from the same port. */
Test(sock_stream, port_in_time_wait_is_free_for_another_remote)
{
	struct ports *ports = &kit.st->tcp.ports;

	ports->first = ports->last = 40000;
	leave_time_wait(PORT);
	leave_time_wait(PORT + 1);
	cr_expect(eq(u32, kit.st->tcp.ntime_wait, 2));
}
