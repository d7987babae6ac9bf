/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * bpf_test.c - proves bpf.c: what filters mean, and that the kernel agrees
 *
 * Random programs with a fixed seed are given to the kernel, too, as filters
 * of a pair of AF_UNIX datagram sockets: it must refuse the same ones, and
 * keep as many bytes of the same datagram.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <errno.h>
#include <linux/filter.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bpf.h"
#include "rand.h"

static struct arena *arena;
static uint8_t bytes[64];

static void open_arena(void)
{
	cr_assert(eq(int, arena_create_private(16 << 20, &arena), 0));
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7 + 1);
}

static void close_arena(void)
{
	arena_unmap(arena);
}

TestSuite(bpf, .init = open_arena, .fini = close_arena);

static struct bpf_view view(void)
{
	return (struct bpf_view){.data = bytes + 14,
				 .len = sizeof(bytes) - 14,
				 .net = bytes + 14,
				 .link = bytes,
				 .protocol = 0x800,
				 .type = 4,
				 .ifindex = 2,
				 .hardware = 1,
				 .mark = 99,
				 .random = 1234};
}

static uint32_t run(const struct sock_filter *steps, size_t n)
{
	struct bpf_view v = view();
	struct bpf *f = NULL;
	uint32_t ret;

	cr_assert(eq(int, bpf_new(arena, (const void *)steps, n, &f), 0));
	ret = bpf_run(f, &v);
	bpf_put(arena, f);
	return ret;
}

#define RUN(...)                                                               \
	run((struct sock_filter[]){__VA_ARGS__},                               \
	    sizeof((struct sock_filter[]){__VA_ARGS__}) /                      \
		    sizeof(struct sock_filter))

static bool sound(const struct sock_filter *steps, size_t n)
{
	return bpf_is_sound((const void *)steps, n);
}

#define SOUND(...)                                                             \
	sound((struct sock_filter[]){__VA_ARGS__},                             \
	      sizeof((struct sock_filter[]){__VA_ARGS__}) /                    \
		      sizeof(struct sock_filter))

#define RETURN_A BPF_STMT(BPF_RET | BPF_A, 0)
#define LOAD(size, at) BPF_STMT(BPF_LD | (size) | BPF_ABS, (uint32_t)(at))

/* --- what a program means ------------------------------------------------ */

Test(bpf, loads_are_big_endian_and_end_at_the_packet)
{
	cr_assert(eq(u32, RUN(LOAD(BPF_B, 0), RETURN_A), bytes[14]));
	cr_assert(eq(u32, RUN(LOAD(BPF_H, 1), RETURN_A),
		     (uint32_t)bytes[15] << 8 | bytes[16]));
	cr_assert(eq(u32, RUN(LOAD(BPF_B, 49), RETURN_A), bytes[63]));
	cr_assert(eq(u32, RUN(LOAD(BPF_B, 50), BPF_STMT(BPF_RET, 7)), 0));
	cr_assert(eq(u32, RUN(LOAD(BPF_W, 47), BPF_STMT(BPF_RET, 7)), 0));
	cr_assert(
		eq(u32, RUN(LOAD(BPF_W, 0x7fffffff), BPF_STMT(BPF_RET, 7)), 0));
	cr_assert(eq(u32,
		     RUN(BPF_STMT(BPF_LDX | BPF_IMM, 0xffffffff),
			 BPF_STMT(BPF_LD | BPF_B | BPF_IND, 3), RETURN_A),
		     bytes[16]));
	cr_assert(eq(u32,
		     RUN(BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
			 BPF_STMT(BPF_MISC | BPF_TXA, 0), RETURN_A),
		     (bytes[14] & 0xfu) * 4));
}

Test(bpf, headers_before_the_data_can_be_reached)
{
	cr_assert(
		eq(u32, RUN(LOAD(BPF_B, SKF_LL_OFF + 3), RETURN_A), bytes[3]));
	cr_assert(eq(u32, RUN(LOAD(BPF_B, SKF_NET_OFF + 9), RETURN_A),
		     bytes[14 + 9]));
	cr_assert(eq(u32, RUN(LOAD(BPF_W, SKF_LL_OFF + 61), RETURN_A), 0));
	cr_assert(eq(u32, RUN(LOAD(BPF_B, SKF_LL_OFF - 1), RETURN_A), 0));
}

Test(bpf, a_packet_without_headers_has_none_to_load)
{
	struct sock_filter steps[] = {LOAD(BPF_B, SKF_NET_OFF),
				      BPF_STMT(BPF_RET, 1)};
	struct bpf_view v = {.data = bytes, .len = sizeof(bytes)};
	struct bpf *f = NULL;

	cr_assert(eq(int, bpf_new(arena, (const void *)steps, 2, &f), 0));
	cr_assert(eq(u32, bpf_run(f, &v), 0));
	bpf_put(arena, f);
}

Test(bpf, what_is_known_besides_can_be_asked)
{
#define ASIDE(what) RUN(LOAD(BPF_W, SKF_AD_OFF + (what)), RETURN_A)
	cr_assert(eq(u32, ASIDE(SKF_AD_PROTOCOL), 0x800));
	cr_assert(eq(u32, ASIDE(SKF_AD_PKTTYPE), 4));
	cr_assert(eq(u32, ASIDE(SKF_AD_IFINDEX), 2));
	cr_assert(eq(u32, ASIDE(SKF_AD_HATYPE), 1));
	cr_assert(eq(u32, ASIDE(SKF_AD_MARK), 99));
	cr_assert(eq(u32, ASIDE(SKF_AD_RANDOM), 1234));
	cr_assert(eq(u32, ASIDE(SKF_AD_VLAN_TAG_PRESENT), 0));
}

Test(bpf, arithmetic_and_jumps)
{
	cr_assert(eq(u32,
		     RUN(BPF_STMT(BPF_LD | BPF_IMM, 100),
			 BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 7),
			 BPF_STMT(BPF_ST, 15), BPF_STMT(BPF_LDX | BPF_MEM, 15),
			 BPF_STMT(BPF_ALU | BPF_MUL | BPF_X, 0),
			 BPF_STMT(BPF_ALU | BPF_NEG, 0), RETURN_A),
		     (uint32_t)-196));
	cr_assert(eq(u32,
		     RUN(BPF_STMT(BPF_LDX | BPF_IMM, 0),
			 BPF_STMT(BPF_LD | BPF_IMM, 5),
			 BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0),
			 BPF_STMT(BPF_RET, 9)),
		     0));
	cr_assert(eq(u32,
		     RUN(LOAD(BPF_B, 0),
			 BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 99, 0, 1),
			 BPF_STMT(BPF_RET, 1), BPF_STMT(BPF_RET, 2)),
		     1));
}

/* --- what is refused ----------------------------------------------------- */

Test(bpf, unsound_programs_are_refused)
{
	struct sock_filter none;

	cr_assert(not(sound(&none, 0)));
	cr_assert(not(SOUND(LOAD(BPF_B, 0))), "no end");
	cr_assert(not(SOUND(BPF_STMT(BPF_JMP | BPF_JA, 1), RETURN_A)));
	cr_assert(not(SOUND(BPF_JUMP(BPF_JMP | BPF_JEQ, 0, 0, 1), RETURN_A)));
	cr_assert(not(SOUND(BPF_STMT(BPF_ALU | BPF_DIV, 0), RETURN_A)));
	cr_assert(not(SOUND(BPF_STMT(BPF_ALU | BPF_LSH, 32), RETURN_A)));
	cr_assert(not(SOUND(BPF_STMT(BPF_ST, 16), RETURN_A)));
	cr_assert(not(SOUND(BPF_STMT(BPF_LD | BPF_MEM, 3), RETURN_A)),
		  "a word that was never written");
	cr_assert(not(SOUND(LOAD(BPF_W, SKF_AD_OFF + 64), RETURN_A)));
	cr_assert(not(SOUND(BPF_STMT(BPF_RET | BPF_X, 0))));
	cr_assert(not(SOUND(BPF_STMT(0x100 | BPF_RET, 0))));
}

Test(bpf, a_word_must_be_written_on_every_way)
{
	cr_assert(not(SOUND(BPF_JUMP(BPF_JMP | BPF_JEQ, 0, 0, 1),
			    BPF_STMT(BPF_ST, 1), BPF_STMT(BPF_LD | BPF_MEM, 1),
			    RETURN_A)));
	cr_assert(SOUND(
		BPF_STMT(BPF_ST, 1), BPF_JUMP(BPF_JMP | BPF_JEQ, 0, 0, 1),
		BPF_STMT(BPF_ST, 1), BPF_STMT(BPF_LD | BPF_MEM, 1), RETURN_A));
}

Test(bpf, too_long_a_program_is_refused)
{
	static struct sock_filter steps[BPF_STEPS_MAX + 1];
	struct bpf *f = NULL;

	for (size_t i = 0; i < BPF_STEPS_MAX + 1; i++)
		steps[i] = (struct sock_filter)RETURN_A;
	cr_assert(sound(steps, BPF_STEPS_MAX));
	cr_assert(eq(int,
		     bpf_new(arena, (const void *)steps, BPF_STEPS_MAX + 1, &f),
		     -EINVAL));
}

Test(bpf, the_last_reference_frees)
{
	struct sock_filter steps[] = {RETURN_A};
	size_t before = arena_used(arena);
	struct bpf *f = NULL;

	cr_assert(eq(int, bpf_new(arena, (const void *)steps, 1, &f), 0));
	cr_assert(bpf_get(f) == f);
	bpf_put(arena, f);
	cr_assert(gt(sz, arena_used(arena), before));
	bpf_put(arena, f);
	bpf_put(arena, NULL);
	cr_assert(eq(sz, arena_used(arena), before));
}

/* --- the kernel's opinion ------------------------------------------------ */

static const uint16_t codes[] = {
	BPF_LD | BPF_W | BPF_ABS,
	BPF_LD | BPF_H | BPF_ABS,
	BPF_LD | BPF_B | BPF_ABS,
	BPF_LD | BPF_B | BPF_IND,
	BPF_LD | BPF_H | BPF_IND,
	BPF_LD | BPF_W | BPF_LEN,
	BPF_LD | BPF_IMM,
	BPF_LD | BPF_MEM,
	BPF_LDX | BPF_B | BPF_MSH,
	BPF_LDX | BPF_IMM,
	BPF_LDX | BPF_MEM,
	BPF_LDX | BPF_W | BPF_LEN,
	BPF_ST,
	BPF_STX,
	BPF_ALU | BPF_ADD | BPF_X,
	BPF_ALU | BPF_SUB | BPF_K,
	BPF_ALU | BPF_MUL | BPF_X,
	BPF_ALU | BPF_DIV | BPF_X,
	BPF_ALU | BPF_DIV | BPF_K,
	BPF_ALU | BPF_MOD | BPF_K,
	BPF_ALU | BPF_OR | BPF_K,
	BPF_ALU | BPF_AND | BPF_K,
	BPF_ALU | BPF_LSH | BPF_K,
	BPF_ALU | BPF_RSH | BPF_K,
	BPF_ALU | BPF_XOR | BPF_X,
	BPF_ALU | BPF_NEG,
	BPF_JMP | BPF_JA,
	BPF_JMP | BPF_JEQ | BPF_K,
	BPF_JMP | BPF_JGT | BPF_X,
	BPF_JMP | BPF_JGE | BPF_K,
	BPF_JMP | BPF_JSET | BPF_K,
	BPF_RET | BPF_K,
	BPF_RET | BPF_A,
	BPF_MISC | BPF_TAX,
	BPF_MISC | BPF_TXA,
};

enum { RANDOM_STEPS = 24, RANDOM_PROGRAMS = 20000 };

static size_t make_program(struct rand *r, struct sock_filter *steps)
{
	size_t n = 1 + rand_u32(r) % RANDOM_STEPS;

	for (size_t i = 0; i < n; i++) {
		uint32_t dice = rand_u32(r);

		steps[i] = (struct sock_filter){
			.code = codes[dice % ARRAY_LEN(codes)],
			.jt = (uint8_t)(rand_u32(r) % 4),
			.jf = (uint8_t)(rand_u32(r) % 4),
			.k = rand_u32(r) % (dice & 0x10000 ? 17 : 80)};
		if ((dice >> 20) == 0)
			steps[i].code = (uint16_t)(rand_u32(r) & 0x1ff);
	}
	if (rand_u32(r) % 8)
		steps[n - 1] = (struct sock_filter)RETURN_A;
	return n;
}

/* Bytes that the kernel keeps of the datagram, or -errno. */
static int kernel_says(const int pair[2], struct sock_filter *steps, size_t n)
{
	struct sock_fprog prog = {(unsigned short)n, steps};
	uint8_t got[sizeof(bytes)];
	ssize_t len;

	if (setsockopt(pair[1], SOL_SOCKET, SO_ATTACH_FILTER, &prog,
		       sizeof(prog)) < 0)
		return -errno;
	len = send(pair[0], bytes, sizeof(bytes), MSG_DONTWAIT);
	if (len < 0 && errno == EPERM)
		return 0;
	len = recv(pair[1], got, sizeof(got), MSG_DONTWAIT | MSG_TRUNC);
	return len < 0 ? 0 : (int)len;
}

static int we_say(const struct sock_filter *steps, size_t n)
{
	struct bpf_view v = {.data = bytes, .len = sizeof(bytes)};
	struct bpf *f = NULL;
	int ret = bpf_new(arena, (const void *)steps, n, &f);

	if (ret < 0)
		return ret;
	ret = (int)MIN(bpf_run(f, &v), (uint32_t)sizeof(bytes));
	bpf_put(arena, f);
	return ret;
}

Test(bpf, the_kernel_agrees_about_random_programs)
{
	static const struct rand_key seed = {20, 26};
	struct sock_filter steps[RANDOM_STEPS];
	size_t refused = 0, kept = 0;
	struct rand r;
	int pair[2];

	rand_init(&r, &seed);
	cr_assert(eq(int, socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0));
	for (size_t i = 0; i < RANDOM_PROGRAMS; i++) {
		size_t n = make_program(&r, steps);
		int theirs = kernel_says(pair, steps, n);
		int ours = we_say(steps, n);

		cr_assert(eq(int, ours, theirs), "program %zu of %zu steps", i,
			  n);
		refused += ours < 0;
		kept += ours > 0;
	}
	/* Neither answer is the only one. */
	cr_assert(gt(sz, refused, RANDOM_PROGRAMS / 10));
	cr_assert(gt(sz, kept, RANDOM_PROGRAMS / 50));
	close(pair[0]);
	close(pair[1]);
}
