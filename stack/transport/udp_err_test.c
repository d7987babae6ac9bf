/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * udp_err_test.c - proves udp_err.c: what an ICMP error leaves behind.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "net/icmp.h"
#include "testkit/nettest.h"
#include "udp_err.h"

static struct nettest t;
static struct udp_pcb *pcb;

static void open_pcb(void)
{
	nettest_open_udp(&t);
	cr_assert(eq(int, udp_new(&t.udp, &pcb), 0));
}

static void close_pcb(void)
{
	udp_free(pcb);
	nettest_close(&t);
}

TestSuite(udp_err, .init = open_pcb, .fini = close_pcb);

/* About a datagram with the payload "0123456789". */
static struct icmp_error refused(int error)
{
	static const uint8_t quote[] = "\0\1\0\2\0\22\0\0"
				       "0123456789";

	return (struct icmp_error){
		.remote = inet_from4(ip4_make(10, 0, 0, 9)),
		.remote_port = 53,
		.type = 3,
		.code = 3,
		.error = error,
		.quote = quote,
		.quote_len = sizeof(quote) - 1,
		.offender = inet_from4(ip4_make(10, 0, 0, 1)),
	};
}

static ssize_t take(struct udp_refusal *out, char *buf, size_t room,
		    size_t *full)
{
	struct iovec storage;
	struct uio u;

	uio_flat(&u, &storage, buf, room);
	return udp_err_take(pcb, &u, out, full);
}

Test(udp_err, empty_take_says_eagain)
{
	struct udp_refusal r;
	size_t full;
	char buf[8];

	cr_assert(eq(int, (int)take(&r, buf, sizeof(buf), &full), -EAGAIN));
}

Test(udp_err, noted_error_comes_with_its_datagram)
{
	struct icmp_error e = refused(ECONNREFUSED);
	struct udp_refusal r;
	size_t full;
	char buf[4];

	udp_err_note(pcb, &e);
	cr_assert(eq(int, (int)take(&r, buf, sizeof(buf), &full), 4));
	cr_assert(eq(sz, full, 10));
	cr_assert(eq(int, memcmp(buf, "0123", 4), 0));
	cr_assert(eq(int, r.error, ECONNREFUSED));
	cr_assert(eq(int, r.to.port, 53));
	cr_assert(inet_equal(&r.to.addr, &e.remote));
	cr_assert(inet_equal(&r.offender.addr, &e.offender));
	cr_assert(eq(int, (int)take(&r, buf, sizeof(buf), &full), -EAGAIN));
}

Test(udp_err, take_leaves_the_next_error_pending)
{
	struct icmp_error first = refused(ECONNREFUSED);
	struct icmp_error second = refused(EHOSTUNREACH);
	struct udp_refusal r;
	size_t full;
	char buf[4];

	udp_err_note(pcb, &first);
	udp_err_note(pcb, &second);
	cr_assert(eq(int, (int)take(&r, buf, sizeof(buf), &full), 4));
	cr_assert(eq(int, pcb->error, EHOSTUNREACH));
	cr_assert(eq(int, (int)take(&r, buf, sizeof(buf), &full), 4));
	cr_assert(eq(int, pcb->error, 0));
}

/* ICMP may quote as little as the ports. */
Test(udp_err, every_truncated_quote_is_taken)
{
	for (size_t len = 0; len <= 18; len++) {
		struct icmp_error e = refused(ECONNREFUSED);
		struct udp_refusal r;
		size_t full;
		char buf[16];

		e.quote_len = len;
		udp_err_note(pcb, &e);
		cr_assert(ge(int, (int)take(&r, buf, sizeof(buf), &full), 0));
		cr_assert(eq(sz, full, len > 8 ? len - 8 : 0));
	}
}

Test(udp_err, full_queue_forgets_the_newest)
{
	struct icmp_error e = refused(ECONNREFUSED);

	for (int i = 0; i < LIMIT_UDP_ERRORS + 5; i++)
		udp_err_note(pcb, &e);
	cr_assert(eq(u32, pcb->err_count, LIMIT_UDP_ERRORS));
	udp_err_clear(pcb);
	cr_assert(eq(u32, pcb->err_count, 0));
}
