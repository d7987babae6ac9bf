/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * log.h - leveled lines to a private descriptor, and the last lines kept
 *
 * What this room is for
 *   One line per event worth telling, to the descriptor given to log_open()
 *   (a high number, never the program's stderr by accident). A ring of the
 *   last LIMIT_LOG_RING lines serves must.c. Formatting is skipped when the
 *   level is off.
 *
 * Never      allocates, takes a lock of ours, or fails.
 * Lock       none; a line is one write(2), the ring is per process.
 */
#ifndef STACK_LOG_H
#define STACK_LOG_H

#include "base.h"

enum log_level {
	LOG_OFF,
	LOG_ERROR, /* something the user must know */
	LOG_WARN,  /* works, but not as asked */
	LOG_INFO,  /* state changes, refused packets */
	LOG_DEBUG, /* every packet */
};

/* Who speaks; NSSHIM_LOG sets a level for each. A .c file says which it is
 * before it includes anything; who says nothing is the stack itself. */
enum log_room {
	LOG_ROOM_STACK,
	LOG_ROOM_LINK,
	LOG_ROOM_ARP,
	LOG_ROOM_ND,
	LOG_ROOM_IP,
	LOG_ROOM_ICMP,
	LOG_ROOM_UDP,
	LOG_ROOM_TCP,
	LOG_ROOM_DROP,
	LOG_NROOMS,
};

#ifndef LOG_ROOM
#define LOG_ROOM LOG_ROOM_STACK
#endif

/* What NSSHIM_LOG says: a level for each room, all zero is silence. */
struct log_levels {
	uint8_t of[LOG_NROOMS]; /* enum log_level */
};

extern struct log_levels log_levels;

/* Does any room want packets numbered? */
extern bool log_packets;

/* `fd` is borrowed; -1 keeps lines only in the ring. */
void log_open(int fd, const struct log_levels *levels);

/* Lines in colour, as a terminal understands them. */
void log_use_colour(bool on);

/*
 * NSSHIM_LOG: "warn", or "tcp:debug,arp:info,drop:warn", or both, what has no
 * room first; and perhaps ",FILE", which may have commas of its own. *file is
 * that name in `text`, or NULL. -EINVAL: *file is the word that is wrong.
 */
int log_parse(const char *text, struct log_levels *out,
	      const char **file) MUST_CHECK;

/* Lines beyond LIMIT_LOG_LINES a second are left out, and counted: but not
 * warnings and errors. */
void log_line(enum log_room room, enum log_level level, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/* Writes the ring, oldest first, to `fd`. Async-signal-safe. */
void log_dump(int fd);

static inline bool log_is_on(enum log_room room, enum log_level level)
{
	return UNLIKELY(level <= (enum log_level)log_levels.of[room]);
}

#define log_room_at(room, level, ...)                                          \
	do {                                                                   \
		if (log_is_on(room, level))                                    \
			log_line(room, level, __VA_ARGS__);                    \
	} while (0)
#define log_error(...) log_room_at(LOG_ROOM, LOG_ERROR, __VA_ARGS__)
#define log_warn(...) log_room_at(LOG_ROOM, LOG_WARN, __VA_ARGS__)
#define log_info(...) log_room_at(LOG_ROOM, LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_room_at(LOG_ROOM, LOG_DEBUG, __VA_ARGS__)

#endif
