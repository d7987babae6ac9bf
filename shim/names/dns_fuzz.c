/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * dns_fuzz.c - any bytes, as the answer to a question that fits them
 *
 * The question is taken from the message itself where it has one, so that the
 * fuzzer gets behind the checks that stop everything else; then it must not
 * read beyond the end, and what it hands out must be well formed.
 */
#include "dns.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct dns_question *q, const uint8_t *data,
		  size_t size)
{
	static struct dns_answer answer;
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		return;
	/* Its own block, so that the sanitizer sees one byte too many. */
	memcpy(copy, data, size);
	if (dns_read(q, copy, size, &answer) == DNS_ANSWERED &&
	    (answer.naddrs == 0 || answer.naddrs > DNS_ADDRS_MAX ||
	     strnlen(answer.canon, sizeof(answer.canon)) ==
		     sizeof(answer.canon)))
		abort();
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint16_t types[] = {DNS_A, DNS_AAAA, DNS_PTR};
	struct dns_question q = {.edns = false};

	if (size >= 2)
		q.id = (uint16_t)(data[0] << 8 | data[1]);
	if (dns_name_parse("www.example.net", &q.name) < 0)
		abort();
	for (size_t i = 0; i < 3; i++) {
		q.type = types[i];
		check(&q, data, size);
	}

	/* The uncompressed name that stands where the question stands. */
	q.name.len = 0;
	for (size_t at = 12; at < size; at += data[at] + 1u) {
		size_t used = at - 12;

		if (data[at] > 63 || used + data[at] + 1u > 255 ||
		    size - at < data[at] + 1u)
			return 0;
		memcpy(q.name.wire + used, data + at, data[at] + 1u);
		if (data[at] == 0) {
			q.name.len = (uint8_t)(used + 1);
			break;
		}
	}
	if (q.name.len == 0 || size < 12u + q.name.len + 2u)
		return 0;
	q.type = (uint16_t)(data[12 + q.name.len] << 8 | data[13 + q.name.len]);
	check(&q, data, size);
	return 0;
}
