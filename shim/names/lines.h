/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * lines.h - a text line by line
 *
 * What this room is for
 *   The text of /etc/hosts and its kin lies in memory, with a length.
 */
#ifndef SHIM_LINES_H
#define SHIM_LINES_H

#include <stdbool.h>
#include <stddef.h>

/* Copies the line at `*at` without its newline, cut to what fits into `size`
 * bytes with its NUL, and moves `*at` behind all of it. False: there is none.
 */
bool lines_next(const char **at, const char *end, char *line, size_t size);

#endif
