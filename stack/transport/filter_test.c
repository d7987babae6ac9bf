/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * filter_test.c - proves filter.c: what a filter of a socket is shown, and what
 * is left of a packet
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <linux/filter.h>

#include "filter.h"
#include "testkit/nettest.h"

static struct nettest host;
static struct pkt *p;

static void open_host(void)
{
	struct nettest_ip h = {
		.src = NT_PEER, .dst = NT_US, .proto = IP_PROTO_UDP};

	nettest_open(&host);
	p = nettest_pkt(&host, &h, "0123456789abcdef", 16);
	p->l3 = p->data;
	p->l4 = p->data + sizeof(struct ip4_wire);
	cr_assert(pkt_pull(p, sizeof(struct ip4_wire)) != NULL);
}

static void close_host(void)
{
	pkt_free(host.arena, p);
	nettest_close(&host);
}

static bool takes(const struct sock_filter *steps, size_t n, size_t at_least)
{
	struct bpf *f = NULL;
	bool ret;

	cr_assert(eq(int, bpf_new(host.arena, (const void *)steps, n, &f), 0));
	ret = filter_takes(f, host.eth, p, at_least);
	bpf_put(host.arena, f);
	return ret;
}

#define TAKES(at_least, ...)                                                   \
	takes((struct sock_filter[]){__VA_ARGS__},                             \
	      sizeof((struct sock_filter[]){__VA_ARGS__}) /                    \
		      sizeof(struct sock_filter),                              \
	      at_least)

#define IS(load, number)                                                       \
	load, BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),               \
		BPF_STMT(BPF_RET | BPF_K, 0xffff),                             \
		BPF_STMT(BPF_RET | BPF_K, 0)

HOST_TEST(filter, offsets_begin_at_the_data_and_at_the_network_header)
{
	cr_assert(TAKES(1, IS(BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 1), '1')));
	cr_assert(
		not(TAKES(1, IS(BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 1), '2'))));
	cr_assert(TAKES(1, IS(BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
				       (uint32_t)SKF_NET_OFF + 9),
			      IP_PROTO_UDP)));
	cr_assert(not(TAKES(
		1, BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)SKF_LL_OFF),
		BPF_STMT(BPF_RET | BPF_K, 1))));
}

HOST_TEST(filter, the_protocol_and_the_interface_are_told)
{
	cr_assert(TAKES(1, IS(BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
				       (uint32_t)SKF_AD_OFF + SKF_AD_PROTOCOL),
			      ETHERTYPE_IP4)));
	cr_assert(TAKES(1, IS(BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
				       (uint32_t)SKF_AD_OFF + SKF_AD_IFINDEX),
			      host.eth->index)));
}

HOST_TEST(filter, what_is_not_kept_is_cut_off)
{
	cr_assert(TAKES(8, BPF_STMT(BPF_RET | BPF_K, 100)));
	cr_assert(eq(u32, p->len, 16));
	cr_assert(TAKES(8, BPF_STMT(BPF_RET | BPF_K, 12)));
	cr_assert(eq(u32, p->len, 12));
	cr_assert(TAKES(8, BPF_STMT(BPF_RET | BPF_K, 1)));
	cr_assert(eq(u32, p->len, 8));
}
