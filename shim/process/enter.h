/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * enter.h - into the stack that is there already
 *
 * What this room is for
 *   A program comes into a running stack by inheritance (NSSHIM_FAMILY and the
 *   descriptors behind it), by name (NSSHIM_JOIN), or because the last program
 *   on its device has ended, was configured alike, and its keeper is still
 *   delivering: then the same stack goes on.
 */
#ifndef SHIM_ENTER_H
#define SHIM_ENTER_H

#include "ground/shim.h"

/* 0: we are in; -ENOENT: there is none, make one; other -errno: it is not for
 * us, with a sentence in `why`. May wait some seconds for a keeper that ends.
 */
int enter_stack(const struct stack_config *c, char *why, size_t why_size);

/* After a boot that found the device taken: by a keeper, perhaps, that has not
 * opened its door yet, because its program was so quick. 0, or -ENOENT when it
 * is worth another boot; that may take a second. */
int enter_when_open(const struct stack_config *c, char *why, size_t why_size);

/* After a boot: gives the stack its name. 0, or -errno and a sentence. */
int enter_name(char *why, size_t why_size);

#endif
