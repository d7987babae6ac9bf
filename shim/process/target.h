/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * target.h - will the program about to be executed have our library?
 *
 * What this room is for
 *   The dynamic linker ignores LD_PRELOAD in a program that runs with other
 *   privileges than its caller's, and a statically linked one has no dynamic
 *   linker. The first must not inherit the stack either: a program with more
 *   power than its user would hold what its user can write to.
 *
 * Bounded    reads the file's first page, and those of four interpreters.
 * Never      allocates or changes anything; when it cannot know, it says plain.
 */
#ifndef SHIM_TARGET_H
#define SHIM_TARGET_H

#include "ground/shim.h"

enum target {
	TARGET_PLAIN,
	TARGET_STATIC,
	TARGET_PRIVILEGED, /* set-id, file capabilities, or our ids differ */
};

/* The file that execve(path), or execveat() with a directory, would run. */
enum target target_at(int dir, const char *path, int flags);

/* The one that execvp() would find. */
enum target target_in_path(const char *file);

/* Is this, the beginning of an ELF file, one without a dynamic linker? */
bool target_is_static_elf(const void *bytes, size_t n);

/* Is it a Go program? Go's own net makes system calls that pass libc by. */
bool target_is_go_elf(const void *bytes, size_t n);

/* Is it this one? */
bool target_am_go(void);

/* The interpreter that "#!..." names, or NULL; ends with a NUL, in place. */
const char *target_interpreter(char *bytes, size_t n);

#endif
