/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * link_kind.c - the kinds of link, and opening those that a text names
 *
 * What this room is for
 *   See link_kind.h.
 */
#include "link_kind.h"

#include <errno.h>
#include <stdio.h>
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
		*out = (struct link_spec){.kind = (enum link_kind)i,
					  .where = text + len};
		return check_where(out, &why);
	}
	return explain(&why, -EINVAL,
		       "\"%.40s\" names no kind of link: it begins with tap:, "
		       "packet: or stream:",
		       text);
}

int link_list_find(const struct link_list *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++) {
		if (!strcmp(list->spec[i].name, name))
			return (int)i;
	}
	return -ENODEV;
}

/* The next link of the list, whose text ends where the list's comma was. */
static int add_link(struct link_list *list, const char *text,
		    unsigned int *streams, const struct why *why)
{
	struct link_spec *spec = &list->spec[list->n];
	int ret;

	if (list->n == LINKS_MAX)
		return explain(why, -EINVAL, "more than %d links", LINKS_MAX);
	ret = link_spec_parse(text, spec, why->text, why->size);
	if (ret < 0)
		return ret;
	if (spec->kind == LINK_KIND_STREAM)
		snprintf(spec->name, sizeof(spec->name), "stream%u",
			 (*streams)++);
	else
		snprintf(spec->name, sizeof(spec->name), "%s", spec->where);
	if (link_list_find(list, spec->name) >= 0)
		return explain(why, -EINVAL, "%s is named twice", spec->name);
	list->n++;
	return 0;
}

int link_list_parse(const char *text, struct link_list *out, char *why_text,
		    size_t why_size)
{
	const struct why why = {why_text, why_size};
	unsigned int streams = 0;
	char *at = out->text;
	int ret = 0;

	out->n = 0;
	if (strlen(text) >= sizeof(out->text))
		return explain(&why, -EINVAL, "the list of links is too long");
	memcpy(out->text, text, strlen(text) + 1);
	while (at && ret == 0) {
		char *comma = strchr(at, ',');

		if (comma)
			*comma = '\0';
		ret = add_link(out, at, &streams, &why);
		at = comma ? comma + 1 : NULL;
	}
	return ret;
}

int link_spec_open(const struct link_spec *spec, bool offload, int fd,
		   struct arena *arena, struct link_stream_state **stream,
		   struct link **out, char *why, size_t why_size)
{
	struct link_tap_config tap = {spec->where, offload, fd,
				      fd < 0 ? NULL : &spec->caps};
	struct link_packet_config packet = {spec->where, offload, fd};
	struct link_stream_config path = {spec->where, spec->name, fd};

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
