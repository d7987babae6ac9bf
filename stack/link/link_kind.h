/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * link_kind.h - the kinds of link, and opening those that a text names
 *
 * What this room is for
 *   "tap:tap0", "packet:eth0", "stream:/run/passt.sock", or several of them
 *   with commas: the only place that knows all kinds.
 */
#ifndef STACK_LINK_KIND_H
#define STACK_LINK_KIND_H

#include "ground/limits.h"
#include "link.h"

/* All links of a stack, as text; the loopback has no text. */
enum { LINKS_MAX = LIMIT_IFACES - 1, LINKS_TEXT_MAX = 1024 };

enum link_kind { LINK_KIND_TAP, LINK_KIND_PACKET, LINK_KIND_STREAM };

struct link_spec {
	enum link_kind kind;
	const char *where; /* device, interface or path: into the text */
	char name[16];     /* of the interface that programs see */
	uint32_t caps;     /* of who opened it first, for those who adopt it */
};

struct link_list {
	struct link_spec spec[LINKS_MAX];
	size_t n;
	char text[LINKS_TEXT_MAX]; /* what `where` points into */
};

/* 0; -EINVAL with a sentence in `why`. Opens nothing. */
int link_spec_parse(const char *text, struct link_spec *out, char *why,
		    size_t why_size) MUST_CHECK;

/*
 * Links with commas between, each device once. A path has no comma. What has
 * no device is called stream0, stream1, in its order.
 */
int link_list_parse(const char *text, struct link_list *out, char *why,
		    size_t why_size) MUST_CHECK;

/* The link whose interface has this name, from 0; -ENODEV. */
int link_list_find(const struct link_list *list, const char *name) MUST_CHECK;

/*
 * Opens the link, or adopts `fd` when it is not -1, as the room of its kind
 * says. `stream` is where the arena keeps what a stream needs.
 */
int link_spec_open(const struct link_spec *spec, bool offload, int fd,
		   struct arena *arena, struct link_stream_state **stream,
		   struct link **out, char *why, size_t why_size) MUST_CHECK;

#endif
