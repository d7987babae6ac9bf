/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * inet_fuzz.c - any text at all, as an address
 *
 * What this room is for
 *   Proves that the parsers stay inside the text, and that what they accept is
 *   printed as text that means the same.
 */
#include <stdlib.h>

#include "inet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void check_print(const struct inet_addr *a)
{
	char buf[INET_TEXT_MAX];
	struct endpoint e = {*a, 65535, 0};
	struct inet_addr again;

	check(inet_parse(inet_print(a, buf), &again) == 0);
	check(inet_equal(a, &again));
	check(strlen(inet_print_endpoint(&e, buf)) < INET_TEXT_MAX - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct inet_prefix prefix;
	struct inet_addr a;

	check(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	if (inet_parse(text, &a) == 0)
		check_print(&a);
	if (inet_parse_prefix(text, &prefix) == 0) {
		check(prefix.bits <= 128);
		check(inet_in_prefix(&prefix.addr, &prefix));
		check_print(&prefix.addr);
	}
	free(text);
	return 0;
}
