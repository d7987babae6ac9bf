/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sendfile_offsets.c - sendfile() from a file into a socket
 *
 * What this app shows
 *   With an offset it moves the offset and not the file's position, without
 *   one the position; it stops at the end of the file, and when the socket is
 *   full; a socket is no source; what else is refused.
 */

#include "app.h"

#include <sys/mman.h>
#include <sys/sendfile.h>

static int pair[2], file;

static void receive(int n)
{
	char buf[64] = "";

	await_bytes(pair[1], n);
	must(recv(pair[1], buf, sizeof(buf) - 1, 0));
	say("received %s", buf);
}

static void large(void)
{
	off_t offset = 0, size = 16 << 20;
	ssize_t n;

	must(ftruncate(file, size));
	make_nonblocking(pair[0]);
	while ((n = sendfile(pair[0], file, &offset, (size_t)size)) > 0)
		continue;
	if (n == 0) {
		say("the socket took it all");
		return;
	}
	say("full: %s", strerrorname_np(errno));
	say("moved part of the way: %s",
	    offset > 0 && offset < size ? "yes" : "no");
}

int main(void)
{
	off_t offset = 3, wrong = -1;
	int ends[2];

	file = must(memfd_create("file", 0));
	must(write(file, "0123456789", 10));
	must(lseek(file, 1, SEEK_SET));
	tcp_pair(pair);
	show(sendfile(pair[0], file, &offset, 4));
	say("offset %d, position %d", (int)offset,
	    (int)lseek(file, 0, SEEK_CUR));
	receive(4);
	show(sendfile(pair[0], file, NULL, 2));
	say("position %d", (int)lseek(file, 0, SEEK_CUR));
	receive(2);
	show(sendfile(pair[0], file, &offset, 100));
	say("offset %d", (int)offset);
	receive(3);
	show(sendfile(pair[0], file, &offset, 100));
	show(sendfile64(pair[0], file, NULL, 100));
	say("position %d", (int)lseek(file, 0, SEEK_CUR));
	receive(7);
	show(sendfile(pair[0], file, NULL, 0));
	show(sendfile(pair[0], file, &wrong, 1));
	show(sendfile(pair[0], pair[1], NULL, 1));
	show(sendfile(file, pair[1], NULL, 1));
	show(sendfile(pair[0], -1, NULL, 1));
	show(sendfile(-1, file, NULL, 1));
	must(pipe(ends));
	offset = 0;
	show(sendfile(ends[1], file, &offset, 5));
	large();
	return 0;
}
