/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * lines.c - a text line by line
 *
 * What this room is for
 *   See lines.h.
 *
 * Proved by  lines_test.c
 */
#include "lines.h"

#include <string.h>

bool lines_next(const char **at, const char *end, char *line, size_t size)
{
	const char *newline;
	size_t len;

	if (*at >= end)
		return false;
	newline = memchr(*at, '\n', (size_t)(end - *at));
	if (!newline)
		newline = end;
	len = (size_t)(newline - *at);
	if (len >= size)
		len = size - 1;
	memcpy(line, *at, len);
	line[len] = '\0';
	*at = newline + 1;
	return true;
}
