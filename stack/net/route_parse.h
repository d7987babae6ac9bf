/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * route_parse.h - a route in words, as ip-route(8) writes them
 *
 * What this room is for
 *   "10.9.0.0/16 via 10.0.0.1 dev tap0 metric 5 src 10.0.0.2", "default via
 *   fe80::1 dev tap1", "blackhole 10.8.0.0/16".
 *
 * Never      looks at interfaces: what is named here need not exist yet.
 */
#ifndef STACK_ROUTE_PARSE_H
#define STACK_ROUTE_PARSE_H

#include "route_table.h"

struct route_words {
	struct route r; /* without interface */
	char dev[16];   /* its name, or "" */
};

/* 0; -EINVAL with a sentence in `why`. */
int route_parse(const char *text, struct route_words *out, char *why,
		size_t why_size) MUST_CHECK;

#endif
