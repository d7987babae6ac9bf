/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_opt_fuzz.c - any bytes at all, as the options of a segment
 *
 * What this room is for
 *   Proves that no bytes make tcp_opt.c read too far or give a struct that is
 *   out of bounds, and that what it builds reads back as the same struct. The
 *   first byte chooses SYN or not; the rest are the options.
 */
#include "tcp_opt.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tcp_options once, twice;
	uint8_t built[TCP_OPTIONS_MAX];
	uint8_t *exact;
	size_t len;
	bool syn;

	if (size == 0)
		return 0;
	syn = data[0] & 1;

	/* A block of exactly that size lets the sanitizer see one byte more. */
	exact = malloc(size);
	check(exact != NULL);
	memcpy(exact, data + 1, size - 1);
	(void)tcp_opt_parse(exact, size - 1, syn, &once);
	free(exact);

	check(once.nsack <= TCP_OPT_SACK_MAX);
	check(once.wscale <= TCP_OPT_WSCALE_MAX);
	check(!syn || once.nsack == 0);
	check(syn || !(once.has_mss || once.has_wscale || once.sack_permitted));

	len = tcp_opt_build(&once, syn, built);
	check(len == tcp_opt_len(&once, syn));
	check(len <= TCP_OPTIONS_MAX && len % 4 == 0);
	check(tcp_opt_parse(built, len, syn, &twice) == 0);
	check(memcmp(&once, &twice, sizeof(once)) == 0);
	return 0;
}
