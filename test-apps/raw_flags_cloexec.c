/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * raw_flags_cloexec.c - SOCK_NONBLOCK and SOCK_CLOEXEC in every combination
 *
 * What this app shows
 *   What socket() sets for TCP, UDP, and a UNIX socket beside them; and that
 *   the number each gets is the lowest free one.
 */

#include "app.h"

static void make(const char *what, int family, int type)
{
	static const int flags[] = {0, SOCK_NONBLOCK, SOCK_CLOEXEC,
				    SOCK_NONBLOCK | SOCK_CLOEXEC};
	int lowest = must(dup(STDERR_FILENO));

	must(close(lowest));
	for (size_t i = 0; i < COUNT(flags); i++) {
		int fd = must(socket(family, type | flags[i], 0)), seen = -1;
		socklen_t len = sizeof(seen);

		must(getsockopt(fd, SOL_SOCKET, SO_TYPE, &seen, &len));
		say("%s: non-blocking %d, close-on-exec %d, type %d, lowest %d",
		    what, is_nonblocking(fd), must(fcntl(fd, F_GETFD)),
		    seen == type, fd == lowest);
		must(close(fd));
	}
}

int main(void)
{
	make("TCP", AF_INET, SOCK_STREAM);
	make("UDP", AF_INET, SOCK_DGRAM);
	make("TCP over IPv6", AF_INET6, SOCK_STREAM);
	make("UNIX", AF_UNIX, SOCK_STREAM);
	return 0;
}
