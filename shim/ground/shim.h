/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * shim.h - what the rooms of the shim share
 *
 * What this room is for
 *   SHIM_EXPORT, and whether start-up is over. Every interposer has the same
 *   four paragraphs: started? ours? do it, convert. The first two are one
 *   question in most of them, because before start-up the table is empty and
 *   real.* goes straight to the kernel.
 *
 * Never      includes anything of stack/ but stack/stack.h.
 */
#ifndef SHIM_SHIM_H
#define SHIM_SHIM_H

#include <stdbool.h>

#include "../stack/stack.h"

/*
 * libc's headers rename calls under these two (fcntl to fcntl64, read to an
 * inline that checks); a file that defines the calls must see the plain names.
 */
#if defined(_FILE_OFFSET_BITS) && _FILE_OFFSET_BITS == 64
#error "build the shim with -U_FILE_OFFSET_BITS"
#endif
#if defined(_FORTIFY_SOURCE) && _FORTIFY_SOURCE > 0
#error "build the shim with -U_FORTIFY_SOURCE"
#endif

#define SHIM_EXPORT __attribute__((visibility("default")))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

/* A second exported name for the body `name`. */
#define SHIM_ALIAS(name, other)                                                \
	extern __typeof__(name) other __attribute__((                          \
		SHIM_LIKE(name) alias(#name), visibility("default")))

/* gcc wants the alias to have the attributes of libc's declaration. */
#if defined(__has_attribute) && __has_attribute(copy)
#define SHIM_LIKE(name) copy(name),
#else
#define SHIM_LIKE(name)
#endif

/* Set once by start.c; read by everybody. */
extern bool shim_started;

static inline bool shim_is_ready(void)
{
	return LIKELY(__atomic_load_n(&shim_started, __ATOMIC_ACQUIRE));
}

/* The thread in which the process is ending, or 0. Its sockets are being closed
 * then; other threads must not come back to tell the tale. */
extern long shim_ender;

/*
 * For calls that want the stack without making a socket (names, interfaces):
 * starts up when a constructor of another library was earlier than ours, and
 * makes the stack. stack_is_up() tells afterwards whether there is one.
 */
void shim_need_start(void);

#endif
