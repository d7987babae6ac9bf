/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * must.c - our own bugs
 *
 * What this room is for
 *   The last words of a broken program: the condition, the last log lines and
 *   a backtrace, on standard error and in the log; then abort(). libunwind is
 *   loaded only now, and privately, because a preloaded object must not drag
 *   libraries into programs; without it only the backtrace is missing.
 *
 * Never      returns, or fails a second time over its own mistakes.
 * Note       One of the two rooms that may call dlsym(): it looks into a
 *            library it has just loaded, never for libc's functions.
 */
#include "must.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define UNW_LOCAL_ONLY
#include <libunwind.h>

#include "log.h"

enum { FRAMES_MAX = 48, SAY_BYTES = 512, NAME_BYTES = 128 };

/* The few functions we use of libunwind, under their names in the library. */
struct unwinder {
	int (*getcontext)(unw_tdep_context_t *);
	int (*init_local)(unw_cursor_t *, unw_context_t *);
	int (*step)(unw_cursor_t *);
	int (*get_reg)(unw_cursor_t *, int, unw_word_t *);
	int (*get_proc_name)(unw_cursor_t *, char *, size_t, unw_word_t *);
};

#define QUOTE_(name) #name
#define QUOTE(name) QUOTE_(name)
#define LOCAL_SYMBOL(name) QUOTE(UNW_OBJ(name))
#define ARCH_SYMBOL(name) QUOTE(UNW_ARCH_OBJ(name))

/* To standard error, where the log lines are shown too, and to the log. */
enum audience { STDERR_ONLY, STDERR_AND_LOG };

PRINTF_LIKE(2, 3)
static void say(enum audience to, const char *fmt, ...)
{
	char text[SAY_BYTES];
	va_list args;
	ssize_t written;
	int len;

	va_start(args, fmt);
	len = vsnprintf(text, sizeof(text) - 1, fmt, args);
	va_end(args);
	if (len < 0)
		return;

	if (to == STDERR_AND_LOG)
		log_error("%s", text);
	len = MIN(len, SAY_BYTES - 2);
	text[len++] = '\n';
	written = write(STDERR_FILENO, text, (size_t)len);
	(void)written;
}

/* ISO C has no cast from an object's address to a function's: dlsym(3). */
static bool find(void *library, const char *name, void *function)
{
	*(void **)function = dlsym(library, name);
	return *(void **)function != NULL;
}

static bool load_unwinder(struct unwinder *u)
{
	void *lib = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);

	return lib && find(lib, ARCH_SYMBOL(getcontext), &u->getcontext) &&
	       find(lib, LOCAL_SYMBOL(init_local), &u->init_local) &&
	       find(lib, LOCAL_SYMBOL(step), &u->step) &&
	       find(lib, LOCAL_SYMBOL(get_reg), &u->get_reg) &&
	       find(lib, LOCAL_SYMBOL(get_proc_name), &u->get_proc_name);
}

/* Names a frame, with the object it lies in for addr2line. */
static void say_frame(const struct unwinder *u, unw_cursor_t *cursor, int depth)
{
	char name[NAME_BYTES] = "?";
	unw_word_t address = 0;
	unw_word_t offset = 0;
	Dl_info info = {0};

	if (u->get_reg(cursor, UNW_REG_IP, &address) < 0)
		return;
	if (u->get_proc_name(cursor, name, sizeof(name), &offset) < 0)
		offset = 0;
	if (!dladdr((void *)(uintptr_t)address, &info) || !info.dli_fname) {
		say(STDERR_AND_LOG, "  #%-2d %#lx %s+%#lx", depth,
		    (unsigned long)address, name, (unsigned long)offset);
		return;
	}
	say(STDERR_AND_LOG, "  #%-2d %s+%#lx (%s+%#lx)", depth, name,
	    (unsigned long)offset, info.dli_fname,
	    (unsigned long)(address - (uintptr_t)info.dli_fbase));
}

static void say_backtrace(void)
{
	struct unwinder u = {0};
	unw_context_t context;
	unw_cursor_t cursor;

	if (!load_unwinder(&u)) {
		say(STDERR_AND_LOG,
		    "no backtrace: libunwind.so.8 cannot be loaded");
		return;
	}
	if (u.getcontext(&context) < 0 || u.init_local(&cursor, &context) < 0) {
		say(STDERR_AND_LOG, "no backtrace: libunwind does not start");
		return;
	}
	for (int depth = 0; depth < FRAMES_MAX; depth++) {
		say_frame(&u, &cursor, depth);
		if (u.step(&cursor) <= 0)
			break;
	}
}

void must_fail(const char *cond, const char *file, int line, const char *func)
{
	static bool failing;

	/* A second failure on the way out would say less than the first. */
	if (failing)
		abort();
	failing = true;

	say(STDERR_ONLY, "nsshim: the last log lines:");
	log_dump(STDERR_FILENO);
	say(STDERR_AND_LOG, "nsshim: BUG: %s is false in %s() at %s:%d", cond,
	    func, file, line);
	say_backtrace();
	abort();
}
