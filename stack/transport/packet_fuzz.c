/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * packet_fuzz.c - any frames, for packet sockets of every kind, and a program
 * that writes anything to its ring
 *
 * What this room is for
 *   Records of nettest.h: a frame that comes, or bytes for the ring from some
 *   place on. After each the timer of the ring may fire. Nothing may be read
 *   or written beyond a frame or a ring.
 */
#include "packet.h"
#include "testkit/nettest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SOCKETS = 5, RING_BYTES = 16384 };

static struct nettest host;
static struct packets packets;
static const uint64_t wall_offset = SEC(1000000);
static struct packet_pcb *pcbs[SOCKETS];

static void open_one(size_t i)
{
	static const struct packet_ring_shape shapes[] = {
		{4096, 4, 512, 32, 0, 0},
		{4096, 4, 2048, 8, 0, 0},
		{8192, 2, 2048, 8, 10, 40},
	};

	MUST(packet_new(&packets, i % 2, &pcbs[i]) == 0);
	packet_listen(pcbs[i], PACKET_PROTO_ALL, 0);
	if (i >= ARRAY_LEN(shapes))
		return;
	pcbs[i]->ring.version = (uint8_t)i;
	MUST(packet_ring_set(&pcbs[i]->ring, &host.eng, &shapes[i]) == 0);
}

static void scribble(const uint8_t *bytes, size_t len, size_t i)
{
	size_t at;

	if (len < 2 || i >= 3)
		return;
	at = (size_t)(bytes[0] | bytes[1] << 8) % RING_BYTES;
	memcpy(pcbs[i]->ring.base + at, bytes, MIN(len, RING_BYTES - at));
}

static void arrive(const uint8_t *bytes, size_t len)
{
	struct pkt *p = pkt_new(host.arena, len, 0);

	MUST(p);
	if (len)
		memcpy(pkt_append(p, len), bytes, len);
	p->stamp = host.eng.now;
	eth_input(host.eth, p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *bytes;
	uint8_t how;
	size_t len;

	nettest_open_udp(&host);
	packets_init(&packets, &host.eng, &host.net, &wall_offset);
	host.net.packets = &packets;
	for (size_t i = 0; i < SOCKETS; i++)
		open_one(i);
	while ((bytes = nettest_record(&data, &size, &how, &len))) {
		if (how & 1)
			scribble(bytes, len, how >> 1 & 3);
		else
			arrive(bytes, len);
		if (how & 8)
			packet_ring_on_timer(&pcbs[2]->ring);
		if (how & 16 && packet_first(pcbs[4]))
			packet_drop_first(pcbs[4]);
	}
	for (size_t i = 0; i < SOCKETS; i++)
		packet_free(pcbs[i]);
	nettest_close(&host);
	return 0;
}
