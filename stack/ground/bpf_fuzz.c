/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * bpf_fuzz.c - any program at all, on any packet
 *
 * What this room is for
 *   Proves that a program that is taken ends, and reads nothing but its packet:
 *   the first byte says how many steps there are, the rest is the packet, in a
 *   block of just that size, with headers before it.
 */
#include <stdlib.h>
#include <string.h>

#include "bpf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct arena *arena;

static void run(struct bpf *f, const uint8_t *packet, size_t len)
{
	uint8_t *copy = malloc(len + 1);
	struct bpf_view v = {.data = copy, .len = len};

	if (!copy)
		abort();
	if (len)
		memcpy(copy, packet, len);
	bpf_run(f, &v);
	if (len >= 34) {
		v.link = copy;
		v.net = copy + 14;
		v.data = copy + 34;
		v.len = len - 34;
		bpf_run(f, &v);
	}
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bpf_step steps[255];
	struct bpf *f;
	size_t n;

	if (!arena && arena_create_private(16 << 20, &arena) < 0)
		abort();
	if (size < 1)
		return 0;
	n = data[0];
	if (size < 1 + n * sizeof(steps[0]))
		return 0;
	memcpy(steps, data + 1, n * sizeof(steps[0]));
	if (bpf_new(arena, steps, n, &f) == 0) {
		run(f, data + 1 + n * sizeof(steps[0]),
		    size - 1 - n * sizeof(steps[0]));
		bpf_put(arena, f);
	}
	return 0;
}
