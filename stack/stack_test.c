/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * stack_test.c - proves stack.c: what every call answers to numbers and
 * pointers that are no good, names of both ends, and one whole conversation.
 */

#include <limits.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "testkit/socktest.h"

TestSuite(stack, .init = kit_open_live, .fini = kit_close_live);

enum { PORT = 5000, IN = sizeof(struct sockaddr_in) };

static struct sockaddr_in at(uint16_t port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_port = htons(port),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static sock_id new_socket(int type)
{
	sock_id s = 0;

	cr_assert(eq(int, stack_socket(AF_INET, type, 0, &s), 0));
	cr_assert(s != 0);
	return s;
}

static int bind_to(sock_id s, uint16_t port)
{
	struct sockaddr_in a = at(port);

	return stack_bind(s, (void *)&a, IN);
}

static int dial(sock_id s, uint16_t port)
{
	struct sockaddr_in a = at(port);

	return stack_connect(s, (void *)&a, IN);
}

static sock_id new_listener(uint16_t port)
{
	sock_id s = new_socket(SOCK_STREAM);

	cr_assert(eq(int, bind_to(s, port), 0));
	cr_assert(eq(int, stack_listen(s, 8), 0));
	return s;
}

static void new_pair(uint16_t port, sock_id *a, sock_id *b)
{
	sock_id l = new_listener(port);

	*a = new_socket(SOCK_STREAM);
	cr_assert(eq(int, dial(*a, port), -EINPROGRESS));
	cr_assert(eq(int, dial(*a, port), 0));
	cr_assert(eq(int, stack_accept(l, b, NULL, NULL), 0));
	cr_assert(eq(int, stack_close(l), 0));
}

/* --- numbers ------------------------------------------------------------- */

static void expect_bad(sock_id s)
{
	struct sockaddr_in a = at(PORT);
	socklen_t len = IN, ilen = sizeof(int);
	struct iovec iov = {"x", 1};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
	struct epoll_event ev = {.events = EPOLLIN};
	struct stack_membership member;
	sock_id other = 0, ep = 0;
	char byte;
	int n = 0;

	cr_expect(eq(int, stack_bind(s, (void *)&a, IN), -EBADF));
	cr_expect(eq(int, stack_listen(s, 1), -EBADF));
	cr_expect(eq(int, stack_accept(s, &other, NULL, NULL), -EBADF));
	cr_expect(eq(int, stack_connect(s, (void *)&a, IN), -EBADF));
	cr_expect(eq(int, stack_shutdown(s, SHUT_WR), -EBADF));
	cr_expect(eq(int, stack_getsockname(s, (void *)&a, &len), -EBADF));
	cr_expect(eq(int, stack_getpeername(s, (void *)&a, &len), -EBADF));
	cr_expect(eq(int, stack_getsockopt(s, SOL_SOCKET, SO_TYPE, &n, &ilen),
		     -EBADF));
	cr_expect(eq(int, stack_setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, &n, 4),
		     -EBADF));
	cr_expect(eq(i64, stack_sendmsg(s, &m, 0), -EBADF));
	cr_expect(eq(i64, stack_recvmsg(s, &m, 0), -EBADF));
	cr_expect(eq(i64, stack_send(s, "x", 1, 0), -EBADF));
	cr_expect(eq(i64, stack_recv(s, &byte, 1, 0), -EBADF));
	cr_expect(eq(int, stack_ioctl(s, FIONREAD, &n), -EBADF));
	cr_expect(eq(int, stack_type(s), -EBADF));
	cr_expect(eq(int, stack_family(s), -EBADF));
	cr_expect(eq(int, stack_set_inode(s, 7), -EBADF));
	cr_expect(eq(int, stack_close(s), -EBADF));
	cr_expect(eq(int, stack_wait(s, EPOLLIN, UINT64_MAX), -EBADF));
	cr_expect(eq(int, stack_epoll_free(s), -EBADF));
	cr_expect(
		eq(int, stack_epoll_ctl(s, EPOLL_CTL_ADD, 3, s, &ev), -EBADF));

	cr_expect(eq(u32, stack_ready(s), POLLNVAL));
	cr_expect(stack_is_nonblocking(s));
	cr_expect(eq(u64, stack_timeout_us(s, true), UINT64_MAX));
	cr_expect(eq(u64, stack_linger_us(s), UINT64_MAX));
	cr_expect(eq(int, stack_close_wait(s, UINT64_MAX), 0));
	cr_expect(eq(sz, stack_epoll_memberships(s, &member, 1), 0));
	stack_set_nonblocking(s, true);

	cr_expect(eq(int, stack_epoll_new(&ep), 0));
	cr_expect(
		eq(int, stack_epoll_ctl(ep, EPOLL_CTL_ADD, 3, s, &ev), -EBADF));
	cr_expect(eq(int, stack_epoll_free(ep), 0));
}

Test(stack, numbers_that_never_were)
{
	expect_bad(0);
	expect_bad(UINT64_MAX);
	expect_bad(12345);
}

Test(stack, a_number_whose_socket_is_closed)
{
	sock_id s = new_socket(SOCK_STREAM);

	cr_assert(eq(int, stack_close(s), 0));
	expect_bad(s);
}

Test(stack, a_number_whose_slot_is_somebody_elses_now)
{
	sock_id old = new_socket(SOCK_STREAM), now;

	cr_assert(eq(int, stack_close(old), 0));
	now = new_socket(SOCK_STREAM);
	cr_assert(eq(u64, old & 0xffffff, now & 0xffffff), "the same slot");
	expect_bad(old);
	cr_assert(eq(int, stack_type(now), SOCK_STREAM));
	cr_assert(not(stack_is_nonblocking(now)), "not by the old number");
}

Test(stack, an_epoll_set_is_no_socket_and_a_socket_no_set)
{
	sock_id s = new_socket(SOCK_DGRAM), ep;

	cr_assert(eq(int, stack_epoll_new(&ep), 0));
	cr_assert(eq(int, stack_type(ep), -EBADF));
	cr_assert(eq(int, stack_close(ep), -EBADF));
	cr_assert(eq(int, stack_epoll_free(s), -EBADF));
	cr_assert(eq(int, stack_epoll_free(ep), 0));
	cr_assert(eq(int, stack_epoll_free(ep), -EBADF));
}

Test(stack_before_boot, there_is_nothing)
{
	struct epoll_event ev = {.events = EPOLLIN};
	struct stack_iface_info info;
	sock_id s;

	cr_assert(not(stack_is_up()));
	cr_assert(eq(int, stack_socket(AF_INET, SOCK_STREAM, 0, &s),
		     -EAFNOSUPPORT));
	cr_assert(eq(int, stack_epoll_new(&s), -ENOMEM));
	cr_assert(eq(int, stack_epoll_free(1), -EBADF));
	cr_assert(
		eq(int, stack_epoll_ctl(1, EPOLL_CTL_ADD, 1, 1, &ev), -EBADF));
	cr_assert(eq(int, stack_close(1), -EBADF));
	cr_assert(eq(i64, stack_send(1, "x", 1, 0), -EBADF));
	cr_assert(eq(u64, stack_by_inode(1), 0));
	cr_assert(stack_is_nonblocking(1));
	cr_assert(not(stack_iface(0, &info)));
	stack_set_nonblocking(1, true);
	stack_print_stats(1);
	stack_after_fork_in_child();
}

/* --- pointers and lengths ------------------------------------------------ */

Test(stack, vectors_out_of_range)
{
	sock_id s = new_socket(SOCK_DGRAM);
	static struct iovec iov[IOV_MAX + 1];
	struct msghdr m = {.msg_iov = iov, .msg_iovlen = IOV_MAX + 1};

	cr_assert(eq(i64, stack_sendmsg(s, &m, 0), -EMSGSIZE));
	cr_assert(eq(i64, stack_recvmsg(s, &m, 0), -EMSGSIZE));
	m.msg_iovlen = IOV_MAX;
	cr_assert(eq(i64, stack_sendmsg(s, &m, 0), -EDESTADDRREQ));
	cr_assert(eq(i64, stack_recvmsg(s, &m, 0), -EAGAIN));
	iov[1].iov_len = (size_t)-1;
	m.msg_iovlen = 2;
	cr_assert(eq(i64, stack_sendmsg(s, &m, 0), -EINVAL));
	cr_assert(eq(i64, stack_recvmsg(s, &m, 0), -EINVAL));
	iov[0].iov_len = iov[1].iov_len = SSIZE_MAX;
	cr_assert(eq(i64, stack_sendmsg(s, &m, 0), -EINVAL));
	m.msg_iovlen = 0;
	cr_assert(eq(i64, stack_recvmsg(s, &m, 0), -EAGAIN));
}

Test(stack, pointers_to_nowhere)
{
	sock_id s = new_socket(SOCK_STREAM);
	struct sockaddr_in a;
	socklen_t len = IN;
	int n = 0;

	cr_assert(eq(int, stack_connect(s, NULL, IN), -EFAULT));
	cr_assert(eq(int, stack_bind(s, NULL, IN), -EFAULT));
	cr_assert(eq(int, stack_bind(s, NULL, 0), -EINVAL));
	cr_assert(eq(int, stack_getsockname(s, NULL, &len), -EFAULT));
	cr_assert(eq(int, stack_getsockname(s, (void *)&a, NULL), -EFAULT));
	cr_assert(eq(int, stack_getpeername(s, NULL, NULL), -ENOTCONN));
	cr_assert(eq(int, stack_getsockopt(s, SOL_SOCKET, SO_TYPE, NULL, &len),
		     -EFAULT));
	cr_assert(eq(int, stack_getsockopt(s, SOL_SOCKET, SO_TYPE, &n, NULL),
		     -EFAULT));
	cr_assert(eq(int,
		     stack_setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, NULL, 4),
		     -EFAULT));
	cr_assert(eq(int,
		     stack_setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, NULL, 0),
		     -EINVAL));
	cr_assert(eq(int, stack_ioctl(s, FIONREAD, NULL), -EFAULT));
	len = (socklen_t)-1;
	cr_assert(eq(int, stack_getsockname(s, (void *)&a, &len), -EINVAL));
}

Test(stack, calls_that_a_type_does_not_have)
{
	sock_id u = new_socket(SOCK_DGRAM), child = 0;

	cr_assert(eq(int, stack_listen(u, 1), -EOPNOTSUPP));
	cr_assert(eq(int, stack_accept(u, &child, NULL, NULL), -EOPNOTSUPP));
	cr_assert(eq(u64, stack_linger_us(u), UINT64_MAX));
	cr_assert(eq(int, stack_type(u), SOCK_DGRAM));
	cr_assert(eq(int, stack_family(u), AF_INET));
}

/* --- names --------------------------------------------------------------- */

static uint16_t port_of(sock_id s, bool peer, uint32_t *addr)
{
	struct sockaddr_in a;
	socklen_t len = IN;

	cr_assert(eq(int,
		     peer ? stack_getpeername(s, (void *)&a, &len)
			  : stack_getsockname(s, (void *)&a, &len),
		     0));
	cr_assert(eq(int, (int)len, IN));
	*addr = ntohl(a.sin_addr.s_addr);
	return ntohs(a.sin_port);
}

Test(stack, both_ends_agree_on_their_names)
{
	sock_id a, b;
	uint32_t x, y;

	new_pair(PORT, &a, &b);
	cr_assert(eq(u16, port_of(a, true, &x), PORT));
	cr_assert(eq(u16, port_of(b, false, &y), PORT));
	cr_assert(eq(u32, x, INADDR_LOOPBACK));
	cr_assert(eq(u32, y, INADDR_LOOPBACK));
	cr_assert(eq(u16, port_of(a, false, &x), port_of(b, true, &y)));
	cr_assert(eq(u32, x, y));
}

Test(stack, accept_tells_the_name_of_the_caller)
{
	sock_id l = new_listener(PORT), c = new_socket(SOCK_STREAM), s;
	struct sockaddr_in from;
	socklen_t len = IN;
	uint32_t addr;

	cr_assert(eq(int, stack_accept(l, &s, (void *)&from, &len), -EAGAIN));
	cr_assert(eq(int, dial(c, PORT), -EINPROGRESS));
	cr_assert(eq(int, stack_accept(l, &s, (void *)&from, &len), 0));
	cr_assert(eq(int, (int)len, IN));
	cr_assert(eq(u16, ntohs(from.sin_port), port_of(c, false, &addr)));
}

Test(stack, to_the_wildcard_is_to_oneself)
{
	sock_id l = new_listener(PORT), c = new_socket(SOCK_STREAM);
	sock_id u = new_socket(SOCK_DGRAM);
	struct sockaddr_in any = {.sin_family = AF_INET,
				  .sin_port = htons(PORT)};
	uint32_t addr;

	cr_assert(eq(int, stack_connect(c, (void *)&any, IN), -EINPROGRESS));
	cr_assert(eq(int, stack_connect(c, (void *)&any, IN), 0));
	port_of(c, true, &addr);
	cr_assert(eq(u32, addr, INADDR_LOOPBACK));
	cr_assert(eq(int, stack_connect(u, (void *)&any, IN), 0));
	port_of(u, true, &addr);
	cr_assert(eq(u32, addr, INADDR_LOOPBACK));
	(void)l;
}

Test(stack, connecting_to_no_family_disconnects)
{
	sock_id u = new_socket(SOCK_DGRAM), a, b;
	struct sockaddr none = {.sa_family = AF_UNSPEC};
	socklen_t len = IN;
	struct sockaddr_in name;

	cr_assert(eq(int, dial(u, PORT), 0));
	cr_assert(eq(int, stack_connect(u, &none, 2), 0));
	cr_assert(
		eq(int, stack_getpeername(u, (void *)&name, &len), -ENOTCONN));
	cr_assert(eq(int, stack_connect(u, &none, 1), -EINVAL));

	new_pair(PORT, &a, &b);
	cr_assert(eq(int, stack_connect(a, &none, sizeof(none)), 0));
	cr_assert(
		eq(int, stack_getpeername(a, (void *)&name, &len), -ENOTCONN));
	cr_assert(eq(i64, stack_recv(b, &name, 1, 0), -ECONNRESET));
}

Test(stack, ipv6_sockets_reach_v4_mapped_addresses_only)
{
	struct sockaddr_in6 a = {.sin6_family = AF_INET6,
				 .sin6_port = htons(PORT)};
	sock_id s, l = new_listener(PORT);
	int on = 1;

	cr_assert(eq(int, stack_socket(AF_INET6, SOCK_STREAM, 0, &s), 0));
	inet_pton(AF_INET6, "2001:db8::1", &a.sin6_addr);
	cr_assert(
		eq(int, stack_connect(s, (void *)&a, sizeof(a)), -ENETUNREACH));
	inet_pton(AF_INET6, "::ffff:127.0.0.1", &a.sin6_addr);
	cr_assert(eq(int,
		     stack_setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &on, 4),
		     0));
	cr_assert(
		eq(int, stack_connect(s, (void *)&a, sizeof(a)), -ENETUNREACH));
	on = 0;
	cr_assert(eq(int,
		     stack_setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &on, 4),
		     0));
	cr_assert(
		eq(int, stack_connect(s, (void *)&a, sizeof(a)), -EINPROGRESS));
	cr_assert(eq(int, stack_connect(s, (void *)&a, sizeof(a)), 0));
	(void)l;
}

/* --- facts --------------------------------------------------------------- */

Test(stack, nonblocking_belongs_to_the_socket)
{
	sock_id s = new_socket(SOCK_STREAM);

	cr_assert(not(stack_is_nonblocking(s)));
	stack_set_nonblocking(s, true);
	cr_assert(stack_is_nonblocking(s));
	cr_assert(eq(int, stack_close(s), 0));
	s = new_socket(SOCK_STREAM);
	cr_assert(not(stack_is_nonblocking(s)), "nor to its slot");
}

Test(stack, an_inode_finds_the_number)
{
	sock_id s = new_socket(SOCK_STREAM);

	cr_assert(eq(u64, stack_by_inode(99), 0));
	cr_assert(eq(int, stack_set_inode(s, 99), 0));
	cr_assert(eq(u64, stack_by_inode(99), s));
	cr_assert(eq(int, stack_close(s), 0));
	cr_assert(eq(u64, stack_by_inode(99), 0));
}

Test(stack, an_accepted_socket_has_the_timeouts_of_its_listener)
{
	struct timeval tv = {3, 0};
	sock_id a = new_socket(SOCK_STREAM), b, l = new_listener(PORT);

	cr_assert(eq(
		int,
		stack_setsockopt(l, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)),
		0));
	cr_assert(eq(int, dial(a, PORT), -EINPROGRESS));
	cr_assert(eq(int, stack_accept(l, &b, NULL, NULL), 0));
	cr_assert(eq(u64, stack_timeout_us(b, false), SEC(3)));
	cr_assert(eq(u64, stack_timeout_us(a, false), UINT64_MAX));
}

Test(stack, timeouts_and_linger_are_told_in_microseconds)
{
	sock_id s = new_socket(SOCK_STREAM);
	struct timeval tv = {2, 5};
	struct linger l = {1, 3};

	cr_assert(eq(u64, stack_timeout_us(s, false), UINT64_MAX));
	cr_assert(eq(
		int,
		stack_setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)),
		0));
	cr_assert(eq(u64, stack_timeout_us(s, false), SEC(2) + 5));
	cr_assert(eq(u64, stack_timeout_us(s, true), UINT64_MAX));
	cr_assert(eq(int,
		     stack_setsockopt(s, SOL_SOCKET, SO_LINGER, &l, sizeof(l)),
		     0));
	cr_assert(eq(u64, stack_linger_us(s), SEC(3)));
}

static void set_lowat(sock_id s, int n)
{
	cr_assert(
		eq(int,
		   stack_setsockopt(s, SOL_SOCKET, SO_RCVLOWAT, &n, sizeof(n)),
		   0));
}

/* Whoever is told so does not ask: it must be true, and doubt is no. */
Test(stack, empty_is_what_would_block_and_nothing_else)
{
	sock_id a, b, l = new_listener(PORT + 1);
	char byte;

	cr_assert(not(stack_is_empty(l)), "it would be -ENOTCONN");
	cr_assert(not(stack_is_empty(new_socket(SOCK_STREAM))));
	cr_assert(stack_is_empty(new_socket(SOCK_DGRAM)));
	new_pair(PORT, &a, &b);
	cr_assert(stack_is_empty(b));
	cr_assert(eq(i64, stack_recv(b, &byte, 1, 0), -EAGAIN));
	cr_assert(eq(i64, stack_send(a, "xy", 2, 0), 2));
	cr_assert(not(stack_is_empty(b)));
	cr_assert(eq(i64, stack_recv(b, &byte, 1, 0), 1));
	cr_assert(not(stack_is_empty(b)));
	/* Below the mark it is not readable, but a receive takes it. */
	set_lowat(b, 2);
	cr_assert(not(stack_ready(b) & EPOLLIN));
	cr_assert(not(stack_is_empty(b)));
	cr_assert(eq(i64, stack_recv(b, &byte, 1, 0), 1));
	set_lowat(b, 1);
	cr_assert(stack_is_empty(b));
	cr_assert(eq(int, stack_shutdown(a, SHUT_WR), 0));
	cr_assert(not(stack_is_empty(b)), "the end is something");
	cr_assert(eq(int, stack_close(a), 0));
	cr_assert(not(stack_is_empty(a)), "a stale number");
}

Test(stack, the_interfaces_one_by_one)
{
	struct stack_iface_info info;

	cr_assert(stack_iface(0, &info));
	cr_assert(eq(str, info.name, "lo"));
	cr_assert(eq(sz, info.naddrs, 1));
	cr_assert(not(stack_iface(1, &info)));
	cr_assert(not(stack_iface(SIZE_MAX, &info)));
}

/* --- a conversation ------------------------------------------------------ */

Test(stack, a_stream_from_the_first_call_to_the_last)
{
	struct iovec iov[2] = {{"one ", 4}, {"two", 3}};
	struct msghdr m = {.msg_iov = iov, .msg_iovlen = 2};
	struct sockaddr_in name = at(1);
	char buf[16] = "";
	sock_id a, b;

	new_pair(PORT, &a, &b);
	/* The name is ignored on a stream, coming and going. */
	m.msg_name = &name;
	m.msg_namelen = IN;
	cr_assert(eq(i64, stack_sendmsg(a, &m, 0), 7));
	cr_assert(stack_ready(b) & EPOLLIN);
	iov[0] = (struct iovec){buf, sizeof(buf)};
	m.msg_iovlen = 1;
	m.msg_flags = -1;
	m.msg_controllen = 5;
	cr_assert(eq(i64, stack_recvmsg(b, &m, 0), 7));
	cr_assert(eq(str, buf, "one two"));
	cr_assert(eq(int, (int)m.msg_namelen, 0));
	cr_assert(eq(sz, m.msg_controllen, 0));
	cr_assert(eq(int, m.msg_flags, 0));

	cr_assert(eq(i64, stack_send(b, "three", 5, 0), 5));
	cr_assert(eq(int, stack_shutdown(b, SHUT_WR), 0));
	cr_assert(eq(i64, stack_recv(a, buf, sizeof(buf), 0), 5));
	cr_assert(eq(i64, stack_recv(a, buf, sizeof(buf), 0), 0));
	cr_assert(eq(int, stack_close_wait(a, 0), 0), "nothing is under way");
	cr_assert(eq(int, stack_close(a), 0));
	cr_assert(eq(int, stack_close(b), 0));
	cr_assert(eq(sz, kit_count(ARENA_SOCK), 0));
}

Test(stack, a_name_does_not_connect_a_stream)
{
	sock_id s = new_socket(SOCK_STREAM);
	struct sockaddr_in name = at(PORT);
	struct iovec iov = {"x", 1};
	struct msghdr m = {.msg_name = &name,
			   .msg_namelen = IN,
			   .msg_iov = &iov,
			   .msg_iovlen = 1};

	cr_assert(eq(i64, stack_sendmsg(s, &m, 0), -EPIPE));
}

Test(stack, datagrams_flat_and_in_vectors)
{
	sock_id s = new_socket(SOCK_DGRAM), t = new_socket(SOCK_DGRAM);
	char buf[8] = "";

	cr_assert(eq(int, bind_to(s, PORT), 0));
	cr_assert(eq(int, dial(t, PORT), 0));
	cr_assert(eq(i64, stack_send(t, "hello", 5, 0), 5));
	cr_assert(eq(i64, stack_recv(s, buf, 3, MSG_TRUNC), 5));
	cr_assert(eq(str, buf, "hel"));
	cr_assert(eq(i64, stack_recv(s, buf, 3, 0), -EAGAIN));
}
