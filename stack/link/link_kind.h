/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * link_kind.h - the kinds of link, and opening the one that a text names
 *
 * What this room is for
 *   "tap:tap0", "packet:eth0", "stream:/run/passt.sock": the only place that
 *   knows all kinds.
 */
#ifndef STACK_LINK_KIND_H
#define STACK_LINK_KIND_H

#include "link.h"

enum link_kind { LINK_KIND_TAP, LINK_KIND_PACKET, LINK_KIND_STREAM };

struct link_spec {
	enum link_kind kind;
	const char *where; /* device, interface or path: into the text */
};

/* 0; -EINVAL with a sentence in `why`. Opens nothing. */
int link_spec_parse(const char *text, struct link_spec *out, char *why,
		    size_t why_size) MUST_CHECK;

/*
 * Opens the link, or adopts `fd` when it is not -1, as the room of its kind
 * says. `stream` is where the arena keeps what a stream needs.
 */
int link_spec_open(const struct link_spec *spec, bool offload, int fd,
		   struct arena *arena, struct link_stream_state **stream,
		   struct link **out, char *why, size_t why_size) MUST_CHECK;

#endif
