/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * fdopen_stdio.c - a socket as a stream of libc
 *
 * What this app shows
 *   fdopen(), fprintf(), fflush(), fgets(), fread(), feof(), fileno() and
 *   fclose(), in both directions, and dprintf(). The calls that stdio makes
 *   inside libc reach the same socket.
 */

#include "app.h"

int main(void)
{
	int pair[2], c;
	char line[64];
	FILE *in, *out, *update;

	tcp_pair(pair);
	out = fdopen(pair[1], "w");
	in = fdopen(pair[0], "r");
	say("streams: %d %d", in != NULL, out != NULL);
	if (!in || !out)
		return 1;
	say("fileno: %d %d", fileno(in) == pair[0], fileno(out) == pair[1]);
	show(fprintf(out, "first %s\nsecond %d\nthird", "line", 2));
	say("before fflush: %s", words(state(pair[0]) & POLLIN));
	show(fflush(out));
	await_bytes(pair[0], 25);
	say("fgets: %s", fgets(line, sizeof(line), in));
	say("fgets: %s", fgets(line, sizeof(line), in));
	show(dprintf(pair[1], ", and more %d\n", 3));
	show(fputs("end", out));
	show(fclose(out));
	show(write(pair[1], "x", 1));
	say("fgets: %s", fgets(line, sizeof(line), in));
	say("fread: %zu", fread(line, 1, sizeof(line), in));
	say("feof %d, ferror %d", feof(in), ferror(in));
	show(fclose(in));
	show(read(pair[0], line, 1));

	tcp_pair(pair);
	update = fdopen(pair[0], "r+");
	if (!update)
		return 1;
	setvbuf(update, NULL, _IONBF, 0);
	show(fputs("question\n", update));
	show(recv(pair[1], line, sizeof(line), 0));
	must(send(pair[1], "answer\n", 7, 0));
	say("fgets: %s", fgets(line, sizeof(line), update));
	make_nonblocking(pair[0]);
	c = fgetc(update);
	say("fgetc: %d, %s", c, strerrorname_np(errno));
	show(fclose(update));
	return 0;
}
