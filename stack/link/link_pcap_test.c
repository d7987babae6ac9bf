/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * link_pcap_test.c - proves link_pcap.c: the file is what Wireshark expects,
 * and the frames pass as if nobody watched
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "link.h"
#include "ground/pkt.h"
#include "ground/tx.h"

/* 2023-11-14 22:13:20 UTC, when the stack's clock showed 500 s. */
#define WALL (1700000000ull * USECS_PER_SEC)
#define NOW SEC(500)

static struct arena *arena;
static struct loop_queue *queue;
static struct link *tee;
static char path[64];

static void open_tee(void)
{
	struct link *lo;

	snprintf(path, sizeof(path), "/tmp/link_pcap_test.%d", (int)getpid());
	unlink(path);
	cr_assert(eq(int, arena_create_private(16 << 20, &arena), 0));
	cr_assert(eq(int, link_loop_open(arena, &queue, &lo), 0));
	cr_assert(eq(int, link_pcap_open(lo, path, NOW, WALL, &tee), 0));
}

static void close_tee(void)
{
	link_close(tee);
	unlink(path);
}

TestSuite(link_pcap, .init = open_tee, .fini = close_tee);

static void send_bytes(const char *head, const char *payload, usecs now)
{
	struct tx t;

	tx_init(&t);
	memcpy(tx_push(&t, strlen(head)), head, strlen(head));
	cr_assert(tx_add(&t, payload, strlen(payload)));
	cr_assert(eq(int, link_send(tee, &t, now), 0));
}

static size_t slurp(uint8_t *to, size_t max)
{
	FILE *f = fopen(path, "rb");
	size_t n = fread(to, 1, max, f);

	fclose(f);
	return n;
}

static uint32_t word(const uint8_t *at)
{
	uint32_t v;

	memcpy(&v, at, 4);
	return v;
}

Test(link_pcap, a_new_file_has_the_nanosecond_header)
{
	uint8_t b[64];

	cr_assert(eq(sz, slurp(b, sizeof(b)), 24));
	cr_assert(eq(u32, word(b), 0xa1b23c4d));
	cr_assert(eq(u32, word(b + 4), 4 << 16 | 2));
	cr_assert(eq(u32, word(b + 16), 262144));
	cr_assert(eq(u32, word(b + 20), 1));
}

Test(link_pcap, a_frame_sent_is_recorded_and_passes)
{
	struct pkt *p;
	uint8_t b[64];

	send_bytes("head", "payload", NOW + 1234567);
	cr_assert(eq(sz, slurp(b, sizeof(b)), 24 + 16 + 11));
	cr_assert(eq(u32, word(b + 24), 1700000001));
	cr_assert(eq(u32, word(b + 28), 234567000));
	cr_assert(eq(u32, word(b + 32), 11));
	cr_assert(eq(u32, word(b + 36), 11));
	cr_assert(eq(int, memcmp(b + 40, "headpayload", 11), 0));

	p = link_take(tee);
	cr_assert(eq(u32, p->len, 11));
	pkt_free(arena, p);
	cr_assert(eq(sz, slurp(b, sizeof(b)), 64));
}

Test(link_pcap, a_frame_received_has_the_stamp_of_its_batch)
{
	struct pkt *p = pkt_new(arena, PKT_FRAME_MAX, 32);
	uint8_t b[128];

	send_bytes("ab", "c", NOW);
	p->stamp = NOW + SEC(2);
	cr_assert(eq(int, link_recv(tee, p), 3));
	cr_assert(eq(sz, slurp(b, sizeof(b)), 24 + 2 * (16 + 3)));
	cr_assert(eq(u32, word(b + 24 + 19), 1700000002));
	cr_assert(eq(int, memcmp(b + 24 + 19 + 16, "abc", 3), 0));
	pkt_free(arena, p);
}

Test(link_pcap, nothing_received_is_nothing_recorded)
{
	struct pkt *p = pkt_new(arena, PKT_FRAME_MAX, 32);
	uint8_t b[64];

	cr_assert(eq(int, link_recv(tee, p), -EAGAIN));
	cr_assert(eq(ptr, link_take(tee), NULL));
	cr_assert(eq(sz, slurp(b, sizeof(b)), 24));
	pkt_free(arena, p);
}

Test(link_pcap, a_second_opener_appends)
{
	struct link *second;
	uint8_t b[128];

	send_bytes("a", "b", NOW);
	cr_assert(eq(int, link_pcap_open(tee->below, path, NOW, WALL, &second),
		     0));
	send_bytes("c", "d", NOW);
	cr_assert(eq(sz, slurp(b, sizeof(b)), 24 + 2 * 18));
	second->ops->close(second);
}

Test(link_pcap, a_file_that_is_something_else_is_left_alone)
{
	FILE *f = fopen(path, "wb");
	struct link *second;
	uint8_t b[64];

	fputs("a letter to somebody, not a capture", f);
	fclose(f);
	cr_assert(eq(int, link_pcap_open(tee->below, path, NOW, WALL, &second),
		     -EINVAL));
	cr_assert(eq(sz, slurp(b, sizeof(b)), 35));
	cr_assert(
		eq(int,
		   link_pcap_open(tee->below, "/nowhere/x", NOW, WALL, &second),
		   -ENOENT));
}

Test(link_pcap, what_the_link_can_do_is_not_hidden)
{
	cr_assert(eq(u32, tee->caps, tee->below->caps));
	cr_assert(eq(u32, tee->mtu, tee->below->mtu));
}
