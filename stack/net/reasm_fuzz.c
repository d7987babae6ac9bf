/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * reasm_fuzz.c - any fragments, in any order, against a simple model
 *
 * What this room is for
 *   Every byte of a fragment says where in its datagram it lies and to which
 *   it belongs, so a datagram put together wrongly shows. Proves also that
 *   memory stays below its limit and nothing leaks. The input is a list of six
 *   bytes: offset in units of 8, length, identification and whether more
 *   follow, time.
 */
#include "testkit/nettest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEP = 6, IDS = 4 };

static void check(bool ok)
{
	if (!ok)
		abort();
}

static uint8_t byte_at(uint16_t id, size_t at)
{
	return (uint8_t)(at * 31 + at / 256 + id * 101);
}

static struct pkt *fragment(struct nettest *t, uint16_t id, uint16_t frag,
			    size_t len)
{
	static uint8_t bytes[65536];
	struct nettest_ip h = {.src = NT_PEER, .dst = NT_US, .proto = 99};
	size_t from = (size_t)(frag & IP4_OFFSET) * 8;
	struct pkt *p;

	for (size_t i = 0; i < len; i++)
		bytes[i] = byte_at(id, from + i);
	h.id = id;
	h.frag = frag;
	p = nettest_pkt(t, &h, bytes, len);
	p->l3 = p->data;
	check(pkt_pull(p, sizeof(struct ip4_wire)) != NULL);
	return p;
}

static void check_whole(struct nettest *t, struct pkt *whole, uint16_t id)
{
	const struct ip4_wire *ip = (const void *)whole->l3;

	check(be16_get(ip->total_len) == whole->len + sizeof(*ip));
	check(be16_get(ip->frag) == 0);
	check(be16_get(cksum(ip, sizeof(*ip))) == 0);
	for (size_t i = 0; i < whole->len; i++)
		check(whole->data[i] == byte_at(id, i));
	pkt_free(t->arena, whole);
}

static void give(struct nettest *t, const uint8_t *step)
{
	uint16_t frag = (uint16_t)(step[0] | step[1] << 8) & IP4_OFFSET;
	size_t len = (size_t)(step[2] | step[3] << 8) % 8192;
	uint16_t id = step[4] % IDS;
	struct pkt *whole, *p;
	enum verdict v;

	if (step[4] & 0x80)
		frag |= IP4_MF;
	if (frag & IP4_MF && step[4] & 0x40)
		len &= ~(size_t)7;
	p = fragment(t, id, frag, len);
	v = reasm_input(&t->net.reasm, p, &whole);
	if (v == DONE)
		check_whole(t, whole, id);
	else if (v != TAKEN)
		pkt_free(t->arena, p);
	check(t->net.reasm.cost <= LIMIT_REASM_BYTES);
	check(t->net.reasm.count <= IDS);
	nettest_advance(t, MSEC(step[5]) * 100);
	nettest_forget_frames(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct nettest t;

	nettest_open(&t);
	nettest_connect(&t);
	for (; size >= STEP; data += STEP, size -= STEP)
		give(&t, data);
	nettest_advance(&t, LIMIT_REASM_US);
	check(t.net.reasm.count == 0 && t.net.reasm.cost == 0);
	nettest_close(&t);
	return 0;
}
