/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * log.c - leveled lines to a private descriptor, and the last lines kept
 *
 * What this room is for
 *   Formats a line on the stack, puts it into a ring in this process's memory,
 *   and writes it to the log's descriptor. Threads may log at once: each takes
 *   a slot of its own, and only a slot LIMIT_LOG_RING lines old is reused.
 *
 * Never      allocates, takes a lock of ours, or fails.
 */
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "limits.h"

/* Longer lines are cut: a line is for a human. */
enum { LINE_BYTES = 240 };

struct line {
	uint16_t len;
	char text[LINE_BYTES];
};

static const char *const level_words[] = {
	[LOG_OFF] = "off",   [LOG_ERROR] = "error", [LOG_WARN] = "warn",
	[LOG_INFO] = "info", [LOG_DEBUG] = "debug",
};
static_assert(ARRAY_LEN(level_words) == LOG_DEBUG + 1, "a word for each level");

enum log_level log_threshold = LOG_ERROR;

static int log_fd = -1;
static struct line ring[LIMIT_LOG_RING];
static atomic_uint ring_next;

void log_open(int fd, enum log_level threshold)
{
	log_fd = fd;
	log_threshold = threshold;
}

int log_level_parse(const char *word, enum log_level *out)
{
	for (size_t i = 0; i < ARRAY_LEN(level_words); i++) {
		if (strcmp(word, level_words[i]) == 0) {
			*out = (enum log_level)i;
			return 0;
		}
	}
	return -EINVAL;
}

/* A log that cannot be written is not worth stopping for. */
static void put(int fd, const char *text, size_t len)
{
	ssize_t written = write(fd, text, len);

	(void)written;
}

static size_t clamp(int would_write, size_t room)
{
	if (would_write < 0)
		return 0;
	return MIN((size_t)would_write, room - 1);
}

void log_line(enum log_level level, const char *fmt, ...)
{
	char text[LINE_BYTES];
	size_t room = sizeof(text) - 1; /* keeps a place for the newline */
	struct line *slot;
	va_list args;
	size_t len;

	len = clamp(snprintf(text, room, "nsshim[%d] %s: ", (int)getpid(),
			     level_words[level]),
		    room);
	va_start(args, fmt);
	len += clamp(vsnprintf(text + len, room - len, fmt, args), room - len);
	va_end(args);
	text[len++] = '\n';

	slot = &ring[atomic_fetch_add(&ring_next, 1) % LIMIT_LOG_RING];
	memcpy(slot->text, text, len);
	slot->len = (uint16_t)len;

	if (log_fd >= 0)
		put(log_fd, text, len);
}

void log_dump(int fd)
{
	unsigned int next = atomic_load(&ring_next);

	for (unsigned int i = 0; i < LIMIT_LOG_RING; i++) {
		const struct line *slot = &ring[(next + i) % LIMIT_LOG_RING];

		if (slot->len > 0)
			put(fd, slot->text, MIN(slot->len, LINE_BYTES));
	}
}
