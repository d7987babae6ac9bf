/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * splice_fallback.c - splice() between pipes and sockets
 *
 * What this app shows
 *   Both directions, the end of input, a non-blocking attempt with nothing
 *   there; without a pipe it is EINVAL. tee() and copy_file_range() refuse.
 */

#include "app.h"

#include <sys/mman.h>

int main(void)
{
	int pair[2], ends[2], file = must(memfd_create("file", 0));
	char buf[16] = "";
	loff_t offset = 0;

	tcp_pair(pair);
	must(pipe(ends));
	must(write(file, "0123456789", 10));
	must(write(ends[1], "from a pipe", 11));
	show(splice(ends[0], NULL, pair[0], NULL, 11, 0));
	await_bytes(pair[1], 11);
	show(recv(pair[1], buf, sizeof(buf), 0));
	say("received %.11s", buf);
	must(send(pair[1], "from a socket", 13, 0));
	await_bytes(pair[0], 13);
	show(splice(pair[0], NULL, ends[1], NULL, 100, 0));
	show(read(ends[0], buf, sizeof(buf)));
	say("received %.13s", buf);
	make_nonblocking(pair[0]);
	show(splice(pair[0], NULL, ends[1], NULL, 1, 0));
	show(splice(ends[0], NULL, pair[0], NULL, 1, SPLICE_F_NONBLOCK));
	show(splice(file, &offset, pair[0], NULL, 1, 0));
	show(splice(pair[0], NULL, pair[1], NULL, 1, 0));
	show(splice(ends[0], NULL, pair[0], &offset, 1, 0));
	show(tee(pair[0], ends[1], 1, 0));
	show(copy_file_range(file, &offset, pair[0], NULL, 1, 0));
	must(shutdown(pair[1], SHUT_WR));
	await(pair[0], POLLIN);
	show(splice(pair[0], NULL, ends[1], NULL, 1, 0));
	return 0;
}
