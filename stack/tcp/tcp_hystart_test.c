/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_hystart_test.c - proves tcp_hystart.c: RFC 9406 in rounds of ten ACKs
 *
 * What this room is for
 *   play() plays one round trip with a given sample; the tests are stories of
 *   a path whose delay stays, jumps, falls back, or creeps.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "tcp_hystart.h"

enum { ACKS = 10 };

static struct tcp_hystart h;
static uint32_t una;

static void init(void)
{
	tcp_hystart_init(&h);
	una = 0xfffffff0; /* the wrap comes in the second round */
}

TestSuite(tcp_hystart, .init = init);

/* One round: ten ACKs of one byte, all with the same sample. */
static int play(uint32_t rtt_us)
{
	int phase = 0;
	uint32_t end = una + ACKS;

	/* The last ACK ends the round; the next one is in flight by then. */
	while (una != end) {
		una++;
		phase = tcp_hystart_on_ack(
			&h, una, una == end ? end + ACKS : end, rtt_us);
	}
	return phase;
}

Test(tcp_hystart, steady_path_never_leaves)
{
	for (int i = 0; i < 50; i++)
		cr_assert(eq(int, play(40000), TCP_HYSTART_SLOW_START));
}

/* An eighth of 40 ms is 5 ms: 44.9 ms is jitter, 45 ms is a queue. */
Test(tcp_hystart, rise_by_an_eighth_enters_css)
{
	play(40000);
	play(40000);
	cr_assert(eq(int, play(44900), TCP_HYSTART_SLOW_START));
	tcp_hystart_init(&h);
	play(40000);
	play(40000);
	cr_assert(eq(int, play(45000), TCP_HYSTART_CSS));
}

/* The threshold is 4 ms on a short path and 16 ms on a long one. */
Test(tcp_hystart, threshold_is_clamped)
{
	static const struct {
		uint32_t base_us, rise_us;
	} row[] = {{1000, 4000}, {20000, 4000}, {64000, 8000}, {400000, 16000}};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		tcp_hystart_init(&h);
		play(row[i].base_us);
		play(row[i].base_us);
		cr_expect(eq(int, play(row[i].base_us + row[i].rise_us - 1),
			     TCP_HYSTART_SLOW_START),
			  "row %zu", i);
		tcp_hystart_init(&h);
		play(row[i].base_us);
		play(row[i].base_us);
		cr_expect(eq(int, play(row[i].base_us + row[i].rise_us),
			     TCP_HYSTART_CSS),
			  "row %zu", i);
	}
}

Test(tcp_hystart, queue_that_stays_ends_slow_start_after_five_rounds)
{
	int rounds = 0;

	play(40000);
	play(40000);
	cr_assert(eq(int, play(60000), TCP_HYSTART_CSS));
	while (play(60000) == TCP_HYSTART_CSS && rounds < 20)
		rounds++;
	cr_assert(ge(int, rounds, TCP_HYSTART_CSS_ROUNDS - 2));
	cr_assert(le(int, rounds, TCP_HYSTART_CSS_ROUNDS));
	cr_assert(eq(int, h.phase, TCP_HYSTART_DONE));
	cr_assert(eq(int, play(1000), TCP_HYSTART_DONE));
}

Test(tcp_hystart, jitter_that_passes_resumes_slow_start)
{
	play(40000);
	play(40000);
	cr_assert(eq(int, play(60000), TCP_HYSTART_CSS));
	cr_assert(eq(int, play(40000), TCP_HYSTART_SLOW_START));
	for (int i = 0; i < 20; i++)
		cr_assert(eq(int, play(40000), TCP_HYSTART_SLOW_START));
}

/* One slow segment among fast ones is no rise: the minimum counts. */
Test(tcp_hystart, single_slow_sample_is_ignored)
{
	play(40000);
	play(40000);
	for (int i = 0; i < ACKS; i++) {
		una++;
		cr_assert(eq(int,
			     tcp_hystart_on_ack(&h, una, una + ACKS,
						i == 4 ? 200000 : 40000),
			     TCP_HYSTART_SLOW_START));
	}
}

/* Fewer than eight samples prove nothing. */
Test(tcp_hystart, few_samples_do_not_decide)
{
	play(40000);
	play(40000);
	for (int i = 0; i < ACKS; i++) {
		una++;
		cr_assert(eq(int,
			     tcp_hystart_on_ack(&h, una, una + ACKS,
						i < 7 ? 90000 : 0),
			     TCP_HYSTART_SLOW_START));
	}
}
