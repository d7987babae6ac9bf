/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * explain.c - one sentence for the user beside an errno
 *
 * What this room is for
 *   See explain.h.
 */
#include "explain.h"

#include <stdarg.h>
#include <stdio.h>

int explain(const struct why *why, int error, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	if (why->text && why->size > 0)
		vsnprintf(why->text, why->size, fmt, args);
	va_end(args);
	return error;
}
