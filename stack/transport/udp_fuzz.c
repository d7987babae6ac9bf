/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * udp_fuzz.c - any UDP messages at all, and programs that read them
 *
 * What this room is for
 *   Proves that no UDP message reaches a MUST or reads too far, that a program
 *   gets exactly the bytes the message's length names, and that the accounting
 *   of a queue comes out even. The input is a list of records (nettest.h);
 *   `how` says whether the checksum is put right first, to whom the message
 *   goes, what the link says of it, and whether the program reads.
 */
#include "testkit/nettest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	HOW_SEAL = 1,
	HOW_BROADCAST = 2,
	HOW_VALID = 4,
	HOW_READ = 8,
	HOW_PEER = 16,
	NPCBS = 3,
};

static void check(bool ok)
{
	if (!ok)
		abort();
}

/* Puts the checksum right over what the length field names. */
static void seal(struct pkt *p)
{
	const struct ip4_wire *ip = (const void *)p->data;
	struct udp_wire *wire = (void *)(p->data + sizeof(*ip));
	struct inet_addr src = inet_from4(ip->src), dst = inet_from4(ip->dst);
	size_t len = p->len - sizeof(*ip);

	if (len < sizeof(*wire) || be16_get(wire->len) > len)
		return;
	len = be16_get(wire->len);
	wire->cksum = be16_make(0);
	wire->cksum = cksum_finish(cksum_partial(
		wire, len,
		cksum_pseudo(&src, &dst, IP_PROTO_UDP, (uint32_t)len)));
}

static void read_one(struct udp_pcb *pcb)
{
	static uint8_t buf[65536];
	struct udp_meta meta;
	struct iovec storage;
	struct uio u;
	size_t expected = udp_next_len(pcb), full = 0;
	bool is_empty = list_is_empty(&pcb->rcvq);
	ssize_t n;

	udp_take_error(pcb);
	uio_flat(&u, &storage, buf, sizeof(buf));
	n = udp_recv(pcb, &u, &meta, false, &full);
	check(is_empty ? n == -EAGAIN
		       : n == (ssize_t)expected && full == expected);
	check(is_empty || meta.to_port == pcb->bind.key.lport);
	check((pcb->rcv_cost == 0) == (pcb->rcv_count == 0));
}

static void give(struct nettest *t, uint8_t how, const uint8_t *bytes,
		 size_t len)
{
	struct nettest_ip h = {
		.src = NT_PEER, .dst = NT_US, .proto = IP_PROTO_UDP};
	struct pkt *p;

	if (how & HOW_BROADCAST)
		h.dst = NT_BROADCAST;
	if (how & HOW_PEER)
		h.src = ip4_make(10, 0, 0, 77);
	p = nettest_pkt(t, &h, bytes, MIN(len, (size_t)65515));
	if (how & HOW_SEAL)
		seal(p);
	if (how & HOW_VALID)
		p->csum = PKT_CSUM_VALID;
	nettest_give(t, t->eth, p);
	check(t->wire.nframes <= 1);
	nettest_forget_frames(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct nettest t;
	struct endpoint any = {inet_from4(ip4_make(0, 0, 0, 0)), 4000, 0};
	struct endpoint there = {inet_from4(NT_PEER), 53, 0};
	struct udp_pcb *pcb[NPCBS];
	const uint8_t *bytes;
	uint8_t how;
	size_t len;

	nettest_open_udp(&t);
	for (int i = 0; i < NPCBS; i++) {
		check(udp_new(&t.udp, &pcb[i]) == 0);
		pcb[i]->bind.flags = BINDING_REUSEADDR;
		pcb[i]->rcv_max = 8192;
		check(udp_bind(pcb[i], &any) == 0);
	}
	check(udp_connect(pcb[0], &there) == 0);
	while ((bytes = nettest_record(&data, &size, &how, &len))) {
		give(&t, how, bytes, len);
		t.eng.now += MSEC(10);
		for (int i = 0; how & HOW_READ && i < NPCBS; i++)
			read_one(pcb[i]);
	}
	for (int i = 0; i < NPCBS; i++)
		udp_free(pcb[i]);
	nettest_close(&t);
	return 0;
}
