/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * readcost.c - what a read() of an ordinary file costs, in nanoseconds
 *
 * What this program is for
 *   Every read() of the program passes our hook; a file's must hardly notice.
 *   Prints the least time of one pread-sized read over many rounds, because
 *   the least is what the code costs and the rest is what the machine did.
 */

#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 2000, READS = 1000 };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int main(void)
{
	int fd = open("/dev/null", O_RDONLY);
	double best = 1e12;
	char byte;

	for (int r = 0; r < ROUNDS; r++) {
		double start = now();

		for (int i = 0; i < READS; i++)
			if (read(fd, &byte, 1) != 0)
				return 1;
		if (now() - start < best)
			best = now() - start;
	}
	printf("%.1f\n", best / READS);
	return 0;
}
