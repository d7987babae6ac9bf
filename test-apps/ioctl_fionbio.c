/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * ioctl_fionbio.c - non-blocking by ioctl(), as CPython and nginx do it
 *
 * What this app shows
 *   FIONBIO sets and clears what F_GETFL shows, on sockets of both kinds, on
 *   listeners and on a pipe beside them; FIOCLEX and FIONCLEX; FIOASYNC.
 */

#include "app.h"

static void flip(const char *what, int fd)
{
	int on = 1, off = 0;

	show(ioctl(fd, FIONBIO, &on));
	say("%s: non-blocking %d", what, is_nonblocking(fd));
	show(ioctl(fd, FIONBIO, &off));
	say("%s: non-blocking %d", what, is_nonblocking(fd));
	show(ioctl(fd, FIONBIO, NULL));
	show(ioctl(fd, FIOCLEX));
	say("%s: close-on-exec %d", what, must(fcntl(fd, F_GETFD)));
	show(ioctl(fd, FIONCLEX));
	say("%s: close-on-exec %d", what, must(fcntl(fd, F_GETFD)));
}

int main(void)
{
	struct sockaddr_in at;
	int door = listener(&at, 1), udp = bound(SOCK_DGRAM, &at), ends[2];
	int on = 1;
	char c;

	must(pipe(ends));
	flip("listener", door);
	flip("udp", udp);
	flip("pipe", ends[0]);
	must(ioctl(door, FIONBIO, &on));
	must(ioctl(udp, FIONBIO, &on));
	show(accept(door, NULL, NULL));
	show(recv(udp, &c, 1, 0));
	show(ioctl(-1, FIONBIO, &on));
	return 0;
}
