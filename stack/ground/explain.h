/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * explain.h - one sentence for the user beside an errno
 *
 * What this room is for
 *   Start-up fails with a number for the program and a sentence for whoever
 *   has to put it right. This writes the sentence and passes the number on.
 */
#ifndef STACK_EXPLAIN_H
#define STACK_EXPLAIN_H

#include "base.h"

/* Where the sentence goes; `text` may be NULL. */
struct why {
	char *text;
	size_t size;
};

/* Returns `error`. What does not fit is cut. */
int explain(const struct why *why, int error, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

#endif
