/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * uio_test.c - proves uio.c: copies across pieces of any size, and refuses
 * what readv(2) refuses.
 */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "uio.h"

static char a[4], b[1], c[6];
static struct iovec pieces[] = {
	{a, 0}, {a, 4}, {NULL, 0}, {b, 1}, {c, 6}, {NULL, 0},
};
static struct uio u;

static void open_uio(void)
{
	memcpy(a, "abcd", 4);
	memcpy(b, "e", 1);
	memcpy(c, "fghijk", 6);
	cr_assert(eq(int, uio_init(&u, pieces, ARRAY_LEN(pieces)), 0));
}

TestSuite(uio, .init = open_uio);

Test(uio, read_gathers_whatever_the_steps)
{
	for (size_t step = 1; step <= 12; step++) {
		char got[12] = "";
		size_t have = 0, n;

		open_uio();
		while ((n = uio_read(&u, got + have, step)) > 0) {
			have += n;
			cr_assert(eq(sz, u.left, 11 - have));
		}
		cr_expect(eq(str, got, "abcdefghijk"), "step %zu", step);
	}
}

Test(uio, write_scatters_and_stops_at_the_end)
{
	cr_assert(eq(sz, uio_write(&u, "ABCDEF", 6), 6));
	cr_assert(eq(sz, uio_write(&u, "GHIJKLMN", 8), 5));
	cr_assert(eq(sz, u.left, 0));
	cr_assert(eq(sz, uio_write(&u, "x", 1), 0));
	cr_assert(zero(int, memcmp(a, "ABCD", 4)));
	cr_assert(zero(int, memcmp(b, "E", 1)));
	cr_assert(zero(int, memcmp(c, "FGHIJK", 6)));
}

Test(uio, skip_moves_without_touching)
{
	char got[8] = "";

	cr_assert(eq(sz, uio_skip(&u, 7), 7));
	cr_assert(eq(sz, uio_read(&u, got, 7), 4));
	cr_assert(eq(str, got, "hijk"));
	cr_assert(eq(sz, uio_skip(&u, 1), 0));
}

Test(uio, flat_buffer_is_one_piece)
{
	struct iovec storage;
	char got[4] = "";
	struct uio flat;

	uio_flat(&flat, &storage, (char *)"xyz", 3);
	cr_assert(eq(sz, flat.left, 3));
	cr_assert(eq(sz, uio_read(&flat, got, 10), 3));
	cr_assert(eq(str, got, "xyz"));
}

Test(uio, no_pieces_hold_nothing)
{
	char got[1];

	cr_assert(eq(int, uio_init(&u, NULL, 0), 0));
	cr_assert(eq(sz, u.left, 0));
	cr_assert(eq(sz, uio_read(&u, got, 1), 0));
}

/* readv(2): the sum must fit ssize_t, the count must not exceed IOV_MAX. */
Test(uio, too_many_or_too_long_is_refused)
{
	static struct iovec many[IOV_MAX + 1];
	struct iovec huge[] = {{NULL, SSIZE_MAX}, {NULL, 1}};
	struct iovec negative[] = {{NULL, SIZE_MAX}};

	cr_assert(eq(int, uio_init(&u, many, IOV_MAX + 1), -EINVAL));
	cr_assert(eq(int, uio_init(&u, many, IOV_MAX), 0));
	cr_assert(eq(int, uio_init(&u, huge, 1), 0));
	cr_assert(eq(int, uio_init(&u, huge, 2), -EINVAL));
	cr_assert(eq(int, uio_init(&u, negative, 1), -EINVAL));
}
