/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * shim.c - the two facts of shim.h
 *
 * What this room is for
 *   Storage, apart from start.c, so that a test of one room need not start the
 *   whole.
 *
 * Proved by  fdtab_test.c
 */

#include "shim.h"

bool shim_started;
long shim_ender;
