/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * signal.h - what block.c and start.c want to know of signals
 *
 * What this room is for
 *   Which kind of handler ran in this thread, and putting the trampoline's
 *   delivery in place.
 */
#ifndef SHIM_SIGNAL_H
#define SHIM_SIGNAL_H

#include <stdint.h>

/* How often a handler of the program ran in this thread. */
struct signal_counts {
	uint32_t restarting; /* installed with SA_RESTART */
	uint32_t other;      /* without */
};

/* Of this thread. */
extern __thread struct signal_counts signal_counts
	__attribute__((tls_model("initial-exec")));

/* Registers the delivery of what was put aside. */
void signal_start(void);

/* A broken pipe: SIGPIPE to the calling thread. */
void signal_pipe(void);

#endif
