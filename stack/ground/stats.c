/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * stats.c - counters: one per drop reason, and what traffic there was
 *
 * What this room is for
 *   The names of the counters and of the reasons in drop.h, and printing.
 *
 * Never      counts by itself: rooms do, with stats_add().
 */
#include "stats.h"

#include <inttypes.h>
#include <stdio.h>

#define NAME(name) [STAT_##name] = #name,
static const char *const stat_names[] = {STATS_LIST(NAME)};
#undef NAME
static_assert(ARRAY_LEN(stat_names) == STAT_COUNT, "a name for each counter");

#define NAME(name, text) [DROP_##name] = #name,
static const char *const drop_names[] = {
	[TAKEN] = "TAKEN", [DONE] = "DONE", DROP_LIST(NAME)};
#undef NAME
static_assert(ARRAY_LEN(drop_names) == DROP_COUNT, "a name for each reason");

#define TEXT(name, text) [DROP_##name] = text,
static const char *const drop_texts[] = {
	[TAKEN] = "kept by a room", [DONE] = "finished", DROP_LIST(TEXT)};
#undef TEXT
static_assert(ARRAY_LEN(drop_texts) == DROP_COUNT, "a text for each reason");

const char *stats_name(enum stats_counter which)
{
	return (size_t)which < STAT_COUNT ? stat_names[which] : "?";
}

const char *drop_name(enum verdict v)
{
	return (size_t)v < DROP_COUNT ? drop_names[v] : "?";
}

const char *drop_text(enum verdict v)
{
	return (size_t)v < DROP_COUNT ? drop_texts[v] : "?";
}

void stats_print(const struct stats *s, int fd)
{
	for (size_t i = 0; i < STAT_COUNT; i++) {
		if (s->count[i])
			dprintf(fd, "%-24s %" PRIu64 "\n", stat_names[i],
				s->count[i]);
	}
	for (size_t i = 0; i < DROP_COUNT; i++) {
		if (s->drops[i])
			dprintf(fd, "dropped %-16s %" PRIu64 "  (%s)\n",
				drop_names[i], s->drops[i], drop_texts[i]);
	}
}
