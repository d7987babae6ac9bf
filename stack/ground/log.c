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
#include <time.h>
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

static const char *const room_words[] = {
	[LOG_ROOM_STACK] = "stack", [LOG_ROOM_LINK] = "link",
	[LOG_ROOM_ARP] = "arp",     [LOG_ROOM_ND] = "nd",
	[LOG_ROOM_IP] = "ip",       [LOG_ROOM_ICMP] = "icmp",
	[LOG_ROOM_UDP] = "udp",     [LOG_ROOM_TCP] = "tcp",
	[LOG_ROOM_DROP] = "drop",
};
static_assert(ARRAY_LEN(room_words) == LOG_NROOMS, "a word for each room");

/* Errors red, warnings yellow, what is quiet grey. */
static const char *const colours[] = {
	[LOG_OFF] = "",  [LOG_ERROR] = "\033[31m", [LOG_WARN] = "\033[33m",
	[LOG_INFO] = "", [LOG_DEBUG] = "\033[90m",
};

bool log_packets;
struct log_levels log_levels = {{[0 ... LOG_NROOMS - 1] = LOG_ERROR}};

static int log_fd = -1;
static bool colour;
static struct line ring[LIMIT_LOG_RING];
static atomic_uint ring_next;

/* Lines of the current second, and how many were left out in it. */
static atomic_long second;
static atomic_uint lines, left_out;

void log_open(int fd, const struct log_levels *levels)
{
	log_fd = fd;
	log_levels = *levels;
	/* Who refuses a packet names its serial number. */
	log_packets = levels->of[LOG_ROOM_DROP] >= LOG_INFO;
	for (int room = LOG_ROOM_LINK; room <= LOG_ROOM_TCP; room++)
		log_packets |= levels->of[room] >= LOG_DEBUG;
}

void log_use_colour(bool on)
{
	colour = on;
}

/* --- NSSHIM_LOG ---------------------------------------------------------- */

static bool find_word(const char *const *words, size_t n, const char *text,
		      size_t len, size_t *found)
{
	for (size_t i = 0; i < n; i++) {
		if (strlen(words[i]) != len || memcmp(words[i], text, len) != 0)
			continue;
		*found = i;
		return true;
	}
	return false;
}

static bool find_level(const char *text, size_t len, size_t *level)
{
	return find_word(level_words, ARRAY_LEN(level_words), text, len, level);
}

/* One part: a level, or a room and its level. */
static bool take_part(const char *part, size_t len, struct log_levels *out)
{
	const char *colon = memchr(part, ':', len);
	size_t room, level;

	if (!colon) {
		if (!find_level(part, len, &level))
			return false;
		memset(out->of, (int)level, sizeof(out->of));
		return true;
	}
	if (!find_word(room_words, LOG_NROOMS, part, (size_t)(colon - part),
		       &room) ||
	    !find_level(colon + 1, len - (size_t)(colon + 1 - part), &level))
		return false;
	out->of[room] = (uint8_t)level;
	return true;
}

/* What is no level may be the file: but not at once, and not with a colon
 * before any slash, which is a room or a level with a slip in it. */
static bool may_be_file(const char *text, const char *part)
{
	return part != text && part[strcspn(part, ":/")] != ':';
}

int log_parse(const char *text, struct log_levels *out, const char **file)
{
	const char *part = text;

	memset(out->of, LOG_WARN, sizeof(out->of));
	*file = NULL;
	for (;;) {
		size_t len = strcspn(part, ",");

		if (!take_part(part, len, out)) {
			*file = part;
			return may_be_file(text, part) ? 0 : -EINVAL;
		}
		if (!part[len])
			return 0;
		part += len + 1;
	}
}

/* --- lines --------------------------------------------------------------- */

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

/* May this line be written? At the first of a new second: after a word about
 * those of the last one that were not. */
static bool is_within_limit(enum log_level level)
{
	char text[LINE_BYTES];
	struct timespec now;
	unsigned int missed;

	if (level <= LOG_WARN)
		return true;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	if (atomic_exchange(&second, now.tv_sec) != now.tv_sec) {
		atomic_store(&lines, 0);
		missed = atomic_exchange(&left_out, 0);
		if (missed && log_fd >= 0)
			put(log_fd, text,
			    clamp(snprintf(text, sizeof(text),
					   "nsshim[%d] warn: %u lines of the "
					   "log were left out: more than %d in "
					   "a second\n",
					   (int)getpid(), missed,
					   LIMIT_LOG_LINES),
				  sizeof(text)));
	}
	if (atomic_fetch_add(&lines, 1) < LIMIT_LOG_LINES)
		return true;
	atomic_fetch_add(&left_out, 1);
	return false;
}

static void keep(const char *text, size_t len)
{
	struct line *slot =
		&ring[atomic_fetch_add(&ring_next, 1) % LIMIT_LOG_RING];

	memcpy(slot->text, text, len);
	slot->len = (uint16_t)len;
}

/* The text without its newline, between two escapes. */
static void put_coloured(const char *text, size_t len, const char *escape)
{
	char line[LINE_BYTES + 16];
	int n = snprintf(line, sizeof(line), "%s%.*s\033[0m\n", escape,
			 (int)len - 1, text);

	put(log_fd, line, clamp(n, sizeof(line)));
}

void log_line(enum log_room room, enum log_level level, const char *fmt, ...)
{
	char text[LINE_BYTES];
	size_t size = sizeof(text) - 1; /* keeps a place for the newline */
	va_list args;
	size_t len;

	if (!is_within_limit(level))
		return;
	len = clamp(snprintf(text, size, "nsshim[%d] %s%s%s: ", (int)getpid(),
			     room ? room_words[room] : "", room ? " " : "",
			     level_words[level]),
		    size);
	va_start(args, fmt);
	len += clamp(vsnprintf(text + len, size - len, fmt, args), size - len);
	va_end(args);
	text[len++] = '\n';

	keep(text, len);
	if (log_fd < 0)
		return;
	if (colour && *colours[level])
		put_coloured(text, len, colours[level]);
	else
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
