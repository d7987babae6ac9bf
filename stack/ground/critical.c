/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * critical.c - the thread-local depth that critical.h counts
 *
 * What this room is for
 *   Storage. Initial-exec TLS, because a preloaded object is there from the
 *   start and a handler may run before anything else did.
 */

#include "critical.h"

__thread struct critical critical __attribute__((tls_model("initial-exec")));

void (*critical_deliver)(void);
