/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * packet_log_test.c - proves packet_log.c: serial numbers, and what answers
 * what
 */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "packet_log.h"
#include "link/wire.h"

static struct engine eng;
static char text[8192];
static int file;

static void set_up(void)
{
	struct log_levels levels = {{0}};

	levels.of[LOG_ROOM_ARP] = LOG_DEBUG;
	file = memfd_create("packet_log", MFD_CLOEXEC);
	log_open(file, &levels);
}

static void tear_down(void)
{
	close(file);
}

TestSuite(packet_log, .init = set_up, .fini = tear_down);

static const char *written(void)
{
	ssize_t n = pread(file, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* An ARP request, or a frame that no room prints here. */
static size_t make_frame(uint8_t *to, uint16_t type)
{
	struct eth_wire eth = {.type = be16_make(type)};
	struct arp_wire arp = {.op = be16_make(ARP_OP_REQUEST)};

	memcpy(to, &eth, sizeof(eth));
	memcpy(to + sizeof(eth), &arp, sizeof(arp));
	return sizeof(eth) + sizeof(arp);
}

static void come_in(uint16_t type)
{
	static union {
		struct pkt p;
		uint8_t room[sizeof(struct pkt) + 64];
	} u;

	u.p.data = u.p.buf;
	u.p.segs = 1;
	u.p.len = (uint32_t)make_frame(u.p.buf, type);
	packet_log_in(&eng, "tap0", &u.p);
}

static void go_out(uint32_t cause)
{
	uint8_t frame[64];
	size_t n = make_frame(frame, ETHERTYPE_ARP_FRAME);
	struct tx t;

	tx_init(&t);
	memcpy(tx_push(&t, n), frame, n);
	t.cause = cause;
	packet_log_out(&eng, "tap0", &t);
}

Test(packet_log, packets_are_numbered_both_ways)
{
	come_in(ETHERTYPE_ARP_FRAME);
	packet_log_done(&eng);
	go_out(0);
	cr_assert(ne(ptr, strstr(written(), "arp debug: #1 in tap0 arp who"),
		     NULL),
		  "%s", text);
	cr_assert(
		ne(ptr, strstr(text, "arp debug: #2 out tap0 arp who"), NULL));
	cr_assert(eq(ptr, strstr(text, "answers"), NULL));
}

Test(packet_log, what_is_sent_meanwhile_answers)
{
	come_in(ETHERTYPE_ARP_FRAME);
	go_out(0);
	cr_assert(ne(ptr, strstr(written(), ", answers #1 after "), NULL), "%s",
		  text);
	cr_assert(ne(ptr, strstr(text, " us\n"), NULL));
}

Test(packet_log, an_answer_may_come_later)
{
	come_in(ETHERTYPE_ARP_FRAME);
	packet_log_done(&eng);
	come_in(ETHERTYPE_ARP_FRAME);
	packet_log_done(&eng);
	go_out(1);
	cr_assert(ne(ptr, strstr(written(), "#3 out"), NULL));
	cr_assert(ne(ptr, strstr(text, ", answers #1 after "), NULL), "%s",
		  text);
}

Test(packet_log, what_another_process_has_read_has_no_time)
{
	eng.cause = 500000;
	go_out(0);
	cr_assert(ne(ptr, strstr(written(), ", answers #500000\n"), NULL), "%s",
		  text);
}

Test(packet_log, rooms_that_are_quiet_are_counted_only)
{
	come_in(0x88cc);
	packet_log_done(&eng);
	cr_assert(eq(str, (char *)written(), ""));
	cr_assert(eq(u32, eng.packets, 1));
	cr_assert(eq(u32, eng.cause, 0));
}
