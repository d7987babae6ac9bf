/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * bounce.c - keeps a few buffers
 *
 * What this room is for
 *   See bounce.h. A buffer is somebody's as soon as its pointer is exchanged
 *   out of the array; what does not fit in again goes back to the kernel.
 */

#include "bounce.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>

#include "ground/raw.h"

enum { SPARES = 8, ERRNO_MAX = 4095 };

static char *spares[SPARES]; /* [a] */

char *bounce_get(void)
{
	long fresh;

	for (int i = 0; i < SPARES; i++) {
		char *buf =
			__atomic_exchange_n(&spares[i], NULL, __ATOMIC_ACQ_REL);

		if (buf)
			return buf;
	}
	fresh = raw6(SYS_mmap, 0, BOUNCE_BYTES, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return fresh < 0 && fresh >= -ERRNO_MAX ? NULL : (char *)fresh;
}

void bounce_put(char *buf)
{
	for (int i = 0; i < SPARES; i++) {
		char *empty = NULL;

		if (__atomic_compare_exchange_n(&spares[i], &empty, buf, false,
						__ATOMIC_ACQ_REL,
						__ATOMIC_RELAXED))
			return;
	}
	raw3(SYS_munmap, (long)buf, BOUNCE_BYTES, 0);
}
