/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * must.h - our own bugs
 *
 * What this room is for
 *   MUST(cond) states what can only be false when this program is wrong. It is
 *   always compiled in; when it fails it prints the condition, the last log
 *   lines and a backtrace (libunwind, loaded on demand), then aborts.
 *
 * Never      guards anything that arrives from the wire or the application.
 */
#ifndef STACK_MUST_H
#define STACK_MUST_H

#include "base.h"

__attribute__((noreturn, cold)) void
must_fail(const char *cond, const char *file, int line, const char *func);

#define MUST(cond)                                                             \
	(LIKELY(cond) ? (void)0                                                \
		      : must_fail(#cond, __FILE__, __LINE__, __func__))

#endif
