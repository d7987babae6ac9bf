/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_prr_test.c - proves tcp_prr.c: down to ssthresh in one round trip
 *
 * A window of 100 segments of 1,000 bytes, of which one or many are lost.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "tcp_prr.h"

enum { MSS = 1000, FLIGHT = 100 * MSS, SSTHRESH = 70 * MSS };

static struct tcp_prr prr;
static uint32_t pipe, sent;

/* n segments arrive; what may leave, leaves. */
static uint32_t arrive(uint32_t n, bool is_safe)
{
	struct tcp_prr_ack a = {
		.delivered = n * MSS,
		.ssthresh = SSTHRESH,
		.mss = MSS,
		.is_safe = is_safe,
	};
	uint32_t cwnd, out;

	pipe -= n * MSS;
	a.pipe = pipe;
	cwnd = tcp_prr_on_ack(&prr, &a);
	out = cwnd > pipe ? (cwnd - pipe) / MSS * MSS : 0;
	tcp_prr_on_sent(&prr, out);
	pipe += out;
	sent += out;
	return out;
}

static void lose(uint32_t segments)
{
	tcp_prr_start(&prr, FLIGHT);
	pipe = FLIGHT - segments * MSS;
	sent = 0;
}

TestSuite(tcp_prr);

/* RFC 9937 5: seven leave for ten that arrive, evenly. */
Test(tcp_prr, one_loss_shrinks_the_window_in_proportion)
{
	uint32_t gap = 0;

	lose(1);
	cr_assert(eq(u32, arrive(1, false), MSS), "the first resend");
	for (int i = 1; i < 99; i++) {
		uint32_t out = arrive(1, false);

		cr_assert(le(u32, out, MSS), "no burst");
		gap = out ? 0 : gap + 1;
		cr_assert(le(u32, gap, 2), "no pause");
	}
	cr_assert(ge(u32, sent, SSTHRESH - 2 * MSS));
	cr_assert(le(u32, pipe, SSTHRESH + 2 * MSS));
	cr_assert(ge(u32, pipe, SSTHRESH - 2 * MSS));
}

/* Half the window is lost: as much leaves as arrives, and one more for each
 * ACK as long as una advances: back to ssthresh, not beyond. */
Test(tcp_prr, heavy_loss_is_repaired_without_a_burst)
{
	lose(60);
	cr_assert(eq(u32, arrive(1, false), MSS));
	cr_assert(eq(u32, arrive(1, false), MSS));
	cr_assert(eq(u32, pipe, 40 * MSS));
	cr_assert(eq(u32, arrive(1, true), 2 * MSS));
	for (int i = 0; i < 100; i++)
		arrive(1, true);
	cr_assert(eq(u32, pipe, SSTHRESH));
}

/* Also when nothing was delivered: a timer found the loss. */
Test(tcp_prr, first_resend_needs_no_permission)
{
	lose(1);
	cr_assert(eq(u32, arrive(0, false), MSS));
	cr_assert(eq(u32, arrive(0, false), 0));
}

/* What left before the recovery is no debt of it. */
Test(tcp_prr, what_leaves_outside_a_recovery_does_not_count)
{
	prr = (struct tcp_prr){.flight = 0};
	tcp_prr_on_sent(&prr, 5000);
	cr_assert(eq(u32, prr.out, 0));
}
