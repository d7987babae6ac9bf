/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * ownfd.h - the few descriptors that are ours, not the program's
 *
 * What this room is for
 *   TAP, memfd, bells and log files live in the program's descriptor table.
 *   They are moved to high numbers, known here, spared by close_range(), and
 *   move away when the program claims their number with dup2().
 *
 *   One that was opened this moment has a low number until it is adopted,
 *   one that the program takes for free. While it does, dup2() and close() of
 *   the program wait, or else the program's descriptor would be taken for ours
 *   and closed.
 *
 * Lock       a spin lock of its own; safe in a forked child.
 */
#ifndef STACK_OWNFD_H
#define STACK_OWNFD_H

#include <signal.h>

#include "ground/base.h"

enum { OWNFD_MAX = 1024 };

/*
 * Moves *fd to a high number (close-on-exec) and remembers where the number is
 * kept: `fd` must stay valid until ownfd_forget(). 0 or -errno; when no high
 * number is free it stays where it is.
 */
int ownfd_adopt(int *fd);
void ownfd_forget(int *fd);

/*
 * Around what opens a descriptor of ours and adopts it, or closes it again: no
 * call of the program that chooses a number is under way, and no signal comes.
 * Both wait for each other for a while only: a process that was killed as a
 * vfork child may have left its mark.
 */
struct ownfd_opening {
	sigset_t mask; /* as it was */
};
void ownfd_open_begin(struct ownfd_opening *o);
void ownfd_open_end(const struct ownfd_opening *o);

/* Around a call of the program that puts a descriptor at a number of its
 * choice. What begin returned is for end. Async-signal-safe. */
bool ownfd_choose_begin(void);
void ownfd_choose_end(bool has_begun);

/* In a forked child: whoever held the spin lock is not here. */
void ownfd_after_fork_in_child(void);

/* Writes at most max of them; returns how many there are. */
size_t ownfd_list(int *fds, size_t max);

/* Is this number ours? No lock for the low ones, which programs close all the
 * time. */
bool ownfd_has(int fd);

/* 0: moved; -ENOENT: not ours; -EMFILE. Async-signal-safe. */
int ownfd_move(int fd);

#endif
