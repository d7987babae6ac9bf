/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * link_kind.c - the kinds of link, and opening the one that a text names
 *
 * What this room is for
 *   See link_kind.h.
 */
#include "link_kind.h"

#include <errno.h>
#include <string.h>

#include "ground/explain.h"
#include "link_dev.h"

static const char *const words[] = {
	[LINK_KIND_TAP] = "tap:",
	[LINK_KIND_PACKET] = "packet:",
	[LINK_KIND_STREAM] = "stream:",
};

static int check_where(const struct link_spec *spec, const struct why *why)
{
	if (spec->kind == LINK_KIND_STREAM) {
		if (*spec->where)
			return 0;
		return explain(why, -EINVAL, "the path of the socket is empty");
	}
	if (link_dev_name_is_good(spec->where))
		return 0;
	return explain(why, -EINVAL,
		       "\"%.40s\" is not a device name: 1 to 15 letters, "
		       "digits, dots, dashes",
		       spec->where);
}

int link_spec_parse(const char *text, struct link_spec *out, char *why_text,
		    size_t why_size)
{
	const struct why why = {why_text, why_size};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		size_t len = strlen(words[i]);

		if (strncmp(text, words[i], len) != 0)
			continue;
		*out = (struct link_spec){(enum link_kind)i, text + len};
		return check_where(out, &why);
	}
	return explain(&why, -EINVAL,
		       "\"%.40s\" names no kind of link: it begins with tap:, "
		       "packet: or stream:",
		       text);
}

int link_spec_open(const struct link_spec *spec, bool offload, int fd,
		   struct arena *arena, struct link_stream_state **stream,
		   struct link **out, char *why, size_t why_size)
{
	struct link_tap_config tap = {spec->where, offload, fd};
	struct link_packet_config packet = {spec->where, offload, fd};
	struct link_stream_config path = {spec->where, fd};

	switch (spec->kind) {
	case LINK_KIND_TAP:
		return link_tap_open(&tap, out, why, why_size);
	case LINK_KIND_PACKET:
		return link_packet_open(&packet, out, why, why_size);
	case LINK_KIND_STREAM:
		return link_stream_open(arena, stream, &path, out, why,
					why_size);
	}
	return -EINVAL;
}
