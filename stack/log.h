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
	LOG_INFO,  /* state changes */
	LOG_DEBUG, /* every packet */
};

extern enum log_level log_threshold;

/* `fd` is borrowed; -1 keeps lines only in the ring. */
void log_open(int fd, enum log_level threshold);

/* "error", "warn", "info", "debug", "off"; -EINVAL for anything else. */
int log_level_parse(const char *word, enum log_level *out) MUST_CHECK;

void log_line(enum log_level level, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Writes the ring, oldest first, to `fd`. Async-signal-safe. */
void log_dump(int fd);

#define log_at(level, ...)                                                     \
	do {                                                                   \
		if (UNLIKELY((level) <= log_threshold))                        \
			log_line(level, __VA_ARGS__);                          \
	} while (0)
#define log_error(...) log_at(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) log_at(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_at(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_at(LOG_DEBUG, __VA_ARGS__)

#endif
