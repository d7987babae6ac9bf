/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_opt_filter_test.c - proves sock_opt_filter.c on each kind of socket
 */
#include <linux/filter.h>

#include "testkit/socktest.h"

TestSuite(sock_opt_filter, .init = kit_open, .fini = kit_close);

static int set(struct sock *s, int name, const void *value, socklen_t len)
{
	return sock_opt_set(s, SOL_SOCKET, name, value, len);
}

static int set_int(struct sock *s, int name, int value)
{
	return set(s, name, &value, sizeof(value));
}

static int attach(struct sock *s, uint32_t keep)
{
	struct sock_filter steps[] = {BPF_STMT(BPF_RET | BPF_K, keep)};
	struct sock_fprog prog = {1, steps};

	return set(s, SO_ATTACH_FILTER, &prog, sizeof(prog));
}

static int get_int(struct sock *s, int name)
{
	int value = -77;
	socklen_t len = sizeof(value);
	int ret = sock_opt_get(s, SOL_SOCKET, name, &value, &len);

	return ret < 0 ? ret : value;
}

static struct sock *open_one(int family, int type, int protocol)
{
	struct sock *s = NULL;

	cr_assert(eq(int, sock_new(kit.st, family, type, protocol, &s), 0));
	return s;
}

Test(sock_opt_filter, every_kind_of_socket_takes_and_loses_one)
{
	struct sock *all[] = {
		open_one(AF_INET, SOCK_STREAM, 0),
		open_one(AF_INET, SOCK_DGRAM, 0),
		open_one(AF_INET6, SOCK_DGRAM, 0),
		open_one(AF_INET, SOCK_RAW, IPPROTO_ICMP),
		open_one(AF_INET, SOCK_DGRAM, IPPROTO_ICMP),
		open_one(AF_PACKET, SOCK_RAW, 0x0300),
	};

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		cr_assert(
			eq(int, set_int(all[i], SO_DETACH_FILTER, 0), -ENOENT));
		cr_assert(eq(int, attach(all[i], 1), 0));
		cr_assert(eq(int, attach(all[i], 2), 0), "it is replaced");
		cr_assert(eq(int, set_int(all[i], SO_DETACH_FILTER, 0), 0));
		cr_assert(eq(int, attach(all[i], 3), 0));
		sock_close(all[i]);
	}
	kit_settle();
}

Test(sock_opt_filter, what_is_wrong_is_refused)
{
	struct sock *s = open_one(AF_INET, SOCK_DGRAM, 0);
	struct sock_filter steps[] = {BPF_STMT(BPF_LD | BPF_IMM, 1)};
	struct sock_fprog prog = {1, steps};

	cr_assert(eq(int, set(s, SO_ATTACH_FILTER, &prog, sizeof(prog)),
		     -EINVAL));
	cr_assert(eq(int, set(s, SO_ATTACH_FILTER, &prog, sizeof(prog) - 1),
		     -EINVAL));
	prog.filter = NULL;
	cr_assert(eq(int, set(s, SO_ATTACH_FILTER, &prog, sizeof(prog)),
		     -EINVAL));
	cr_assert(eq(int, set_int(s, SO_ATTACH_BPF, 3), -EOPNOTSUPP));
	sock_close(s);
	s = open_one(AF_NETLINK, SOCK_RAW, 0);
	cr_assert(eq(int, attach(s, 1), -EOPNOTSUPP));
	sock_close(s);
}

Test(sock_opt_filter, a_locked_filter_stays)
{
	struct sock *s = open_one(AF_INET, SOCK_DGRAM, 0);

	cr_assert(eq(int, get_int(s, SO_LOCK_FILTER), 0));
	cr_assert(eq(int, attach(s, 1), 0));
	cr_assert(eq(int, set_int(s, SO_LOCK_FILTER, 1), 0));
	cr_assert(eq(int, get_int(s, SO_LOCK_FILTER), 1));
	cr_assert(eq(int, set_int(s, SO_LOCK_FILTER, 0), -EPERM));
	cr_assert(eq(int, set_int(s, SO_DETACH_FILTER, 0), -EPERM));
	cr_assert(eq(int, attach(s, 2), -EPERM));
	sock_close(s);
}

Test(sock_opt_filter, it_can_be_read_again_counted_in_steps)
{
	struct sock *s = open_one(AF_INET, SOCK_DGRAM, 0);
	struct sock_filter back[4];
	socklen_t len = 0;

	cr_assert(eq(int, attach(s, 7), 0));
	cr_assert(eq(int,
		     sock_opt_get(s, SOL_SOCKET, SO_GET_FILTER, back, &len),
		     0));
	cr_assert(eq(u32, len, 1));
	len = 4;
	cr_assert(eq(int,
		     sock_opt_get(s, SOL_SOCKET, SO_GET_FILTER, back, &len),
		     0));
	cr_assert(eq(u32, len, 1));
	cr_assert(eq(u32, back[0].k, 7));
	cr_assert(eq(int, get_int(s, SO_BPF_EXTENSIONS), SKF_AD_MAX));
	sock_close(s);
}

/* The UDP header is at offset 0, and is never cut. */
Test(sock_opt_filter, a_datagram_is_refused_or_shortened)
{
	struct sock *s = kit_receiver(910), *from = kit_socket(SOCK_DGRAM);
	struct endpoint to = kit_local(910);
	char text[8] = "hello";
	struct iovec iov;
	struct uio u;

	for (uint32_t keep = 0; keep < 3; keep++) {
		cr_assert(eq(int, attach(s, keep ? 8 + keep : 0), 0));
		uio_flat(&u, &iov, text, 5);
		cr_assert(eq(int, udp_send(from->pcb, &to, NULL, &u), 0));
		kit_settle();
	}
	cr_assert(eq(u64, kit.st->eng.stats.drops[DROP_FILTERED], 1));
	for (int want = 1; want < 3; want++) {
		uio_flat(&u, &iov, text, sizeof(text));
		cr_assert(eq(i64, sock_dgram_recv(s, &u, NULL, 0), want));
	}
	sock_close(s);
	sock_close(from);
}

/* raw(7): an IPv4 header is at offset 0. */
Test(sock_opt_filter, a_raw_socket_shows_the_ip_header)
{
	struct sock *s = open_one(AF_INET, SOCK_RAW, IPPROTO_UDP);
	struct sock *t = kit_receiver(911);
	struct sock_filter steps[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 24), BPF_STMT(BPF_RET | BPF_K, 0)};
	struct sock_fprog prog = {4, steps};
	char bytes[64];
	struct iovec iov;
	struct uio u;

	cr_assert(eq(int, set(s, SO_ATTACH_FILTER, &prog, sizeof(prog)), 0));
	kit_send_to(911);
	uio_flat(&u, &iov, bytes, sizeof(bytes));
	cr_assert(eq(i64, sock_dgram_recv(s, &u, NULL, 0), 24));
	sock_close(s);
	sock_close(t);
}
