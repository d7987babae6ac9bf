/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * base.h - the few words everybody uses
 *
 * What this room is for
 *   Language-level vocabulary only: fixed-width types, container_of, the
 *   attributes. A helper that handles a noun lives in that noun's room.
 *
 * Never      includes anything of ours.
 */
#ifndef STACK_BASE_H
#define STACK_BASE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Monotonic time in microseconds, as driver.c reads it. */
typedef uint64_t usecs;

#define USECS_PER_SEC 1000000ull
#define USECS_NEVER UINT64_MAX

#define MSEC(n) ((usecs)(n)*1000)
#define SEC(n) ((usecs)(n)*USECS_PER_SEC)

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
/* One of the two is evaluated twice: no calls that do something. */
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

#define container_of(ptr, type, member)                                        \
	((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
/* Built with address sanitizer, as gcc and as clang say it. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#if !defined(SANITIZED)
#define SANITIZED 0
#endif

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

/*
 * What `p` points to stays in memory. pthread_cleanup_push() is a setjmp: what
 * a local variable held in a register is lost when a thread is cancelled.
 */
#define KEEP_IN_MEMORY(p) __asm__ volatile("" : : "r"(p) : "memory")

#endif
