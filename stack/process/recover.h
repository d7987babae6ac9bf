/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * recover.h - the last holder of the stack lock died inside
 *
 * What this room is for
 *   A process that was killed in the middle of a turn leaves lists and tables
 *   half changed. The next one to take the lock comes here first.
 */
#ifndef STACK_RECOVER_H
#define STACK_RECOVER_H

#include "socket/sock.h"

/* With the lock just inherited. */
void recover_after_death(struct stack *st);

#endif
