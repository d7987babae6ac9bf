/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * unshare.h - which namespaces a process of the stack may leave
 *
 * What this room is for
 *   See unshare.c.
 */
#ifndef SHIM_UNSHARE_H
#define SHIM_UNSHARE_H

#include <stdint.h>

/* The flags of clone(2) or unshare(2) without what must not be left. */
uint64_t unshare_allowed(uint64_t flags);

#endif
