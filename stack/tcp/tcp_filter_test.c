/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_filter_test.c - proves tcp_filter.c: segments that a program refuses, and
 * whose filter a connection has
 */
#include <linux/filter.h>

#include "testkit/socktest.h"

TestSuite(tcp_filter, .init = kit_open, .fini = kit_close);

static int attach(struct sock *s, const struct sock_filter *steps, size_t n)
{
	struct bpf *f = NULL;
	int ret = bpf_new(kit.arena, (const void *)steps, n, &f);

	cr_assert(eq(int, ret, 0));
	return tcp_set_filter(s->conn, f);
}

/* Of a segment with text only so much is taken. */
static int attach_keep(struct sock *s, uint32_t keep)
{
	struct sock_filter steps[] = {BPF_STMT(BPF_RET | BPF_K, keep)};

	return attach(s, steps, 1);
}

static ssize_t put(struct sock *s, const char *text)
{
	struct iovec iov;
	struct uio u;
	ssize_t ret;

	uio_flat(&u, &iov, (void *)(uintptr_t)text, strlen(text));
	ret = sock_stream_send(s, &u, 0);
	kit_settle();
	return ret;
}

static ssize_t get(struct sock *s, char *text, size_t room)
{
	struct iovec iov;
	struct uio u;

	uio_flat(&u, &iov, text, room);
	return sock_stream_recv(s, &u, 0);
}

Test(tcp_filter, a_refused_segment_never_was)
{
	uint64_t before = kit.st->eng.stats.drops[DROP_FILTERED];
	struct sock *a, *b;
	char text[8];

	kit_pair(900, &a, &b);
	cr_assert(eq(int, attach_keep(b, 0), 0));
	cr_assert(eq(i64, put(a, "hello"), 5));
	cr_assert(eq(i64, get(b, text, sizeof(text)), -EAGAIN));
	cr_assert(gt(u64, kit.st->eng.stats.drops[DROP_FILTERED], before));
	cr_assert(eq(int, tcp_set_filter(b->conn, NULL), 0));
	cr_assert(tcp_filter(b->conn) == NULL);
	/* It is resent, and then it is taken. */
	kit.st->eng.now += SEC(2);
	kit_settle();
	cr_assert(eq(i64, get(b, text, sizeof(text)), 5));
	sock_close(a);
	sock_close(b);
	kit_settle();
}

Test(tcp_filter, what_is_kept_of_a_segment_is_taken)
{
	struct sock *a, *b;
	char text[8];

	kit_pair(901, &a, &b);
	/* A header with time stamps is 32 bytes. */
	cr_assert(eq(int, attach_keep(b, 34), 0));
	cr_assert(eq(i64, put(a, "hello"), 5));
	cr_assert(eq(i64, get(b, text, sizeof(text)), 2));
	cr_assert(zero(memcmp(text, "he", 2)));
	sock_close(a);
	sock_close(b);
	kit_settle();
}

Test(tcp_filter, a_connection_has_its_listeners)
{
	struct endpoint to = kit_local(902);
	struct sock *l = kit_listener(902), *a = kit_socket(SOCK_STREAM), *b;

	cr_assert(eq(int, attach_keep(l, 0xffff), 0));
	cr_assert(eq(int, sock_stream_connect(a, &to), -EINPROGRESS));
	kit_settle();
	cr_assert(eq(int, sock_stream_accept(l, &b), 0));
	cr_assert(tcp_filter(b->conn) == tcp_filter(l->conn));
	cr_assert(eq(u32, tcp_filter(b->conn)->refs, 2));
	cr_assert(tcp_filter(a->conn) == NULL);
	sock_close(l);
	kit_settle();
	cr_assert(eq(u32, tcp_filter(b->conn)->refs, 1));
	sock_close(a);
	sock_close(b);
	kit_settle();
}

Test(tcp_filter, a_listener_that_refuses_gets_no_connection)
{
	struct endpoint to = kit_local(903);
	struct sock *l = kit_listener(903), *a = kit_socket(SOCK_STREAM);

	cr_assert(eq(int, attach_keep(l, 0), 0));
	cr_assert(eq(int, sock_stream_connect(a, &to), -EINPROGRESS));
	kit_settle();
	cr_assert(eq(int, sock_stream_connect(a, &to), -EALREADY));
	sock_close(l);
	sock_close(a);
	kit_settle();
}
