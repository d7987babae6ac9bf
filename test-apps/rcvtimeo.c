/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * rcvtimeo.c - SO_RCVTIMEO and SO_SNDTIMEO
 *
 * What this app shows
 *   recv(), accept() and recvfrom() end with EAGAIN after the time and not
 *   before it, connect() with EINPROGRESS, send() into a full pipe with what
 *   went in and then EAGAIN; 0 means for ever.
 */

#include "app.h"

#include <sys/time.h>
#include <time.h>

static struct timespec began;

static void set(int fd, int option, int ms)
{
	struct timeval time = {ms / 1000, ms % 1000 * 1000};

	must(setsockopt(fd, SOL_SOCKET, option, &time, sizeof(time)));
	must(clock_gettime(CLOCK_MONOTONIC, &began));
}

static void took(int at_least_ms)
{
	struct timespec now;
	long ms;

	must(clock_gettime(CLOCK_MONOTONIC, &now));
	ms = (now.tv_sec - began.tv_sec) * 1000 +
	     (now.tv_nsec - began.tv_nsec) / 1000000;
	say("after its time: %s, soon after: %s",
	    ms >= at_least_ms - 1 ? "yes" : "no",
	    ms < at_least_ms + 5000 ? "yes" : "no");
}

int main(void)
{
	static char block[1 << 20];
	struct sockaddr_in at;
	int pair[2], door = listener(&at, 0), udp = bound(SOCK_DGRAM, &at), fd;
	ssize_t n;
	char c;

	tcp_pair(pair);
	set(pair[0], SO_RCVTIMEO, 60);
	show(recv(pair[0], &c, 1, 0));
	took(60);
	must(send(pair[1], "x", 1, 0));
	show(recv(pair[0], block, 10, MSG_WAITALL));
	set(pair[0], SO_RCVTIMEO, 60);
	show(read(pair[0], &c, 1));
	took(60);
	set(udp, SO_RCVTIMEO, 60);
	show(recvfrom(udp, &c, 1, 0, NULL, NULL));
	took(60);
	set(door, SO_RCVTIMEO, 60);
	show(accept(door, NULL, NULL));
	took(60);

	must(getsockname(door, SA(&at), &(socklen_t){sizeof(at)}));
	connected_to(&at);
	await(door, POLLIN);
	fd = must(socket(AF_INET, SOCK_STREAM, 0));
	set(fd, SO_SNDTIMEO, 60);
	show(connect(fd, SA(&at), sizeof(at)));
	took(60);

	set(pair[0], SO_SNDTIMEO, 100);
	while ((n = send(pair[0], block, sizeof(block), 0)) > 0)
		continue;
	say("full: %s", strerrorname_np(errno));
	/* A probe of the window may still make room for a byte, at any time. */
	do {
		set(pair[0], SO_SNDTIMEO, 60);
		n = send(pair[0], block, 1, 0);
	} while (n > 0);
	say("still full: %s", strerrorname_np(errno));
	took(60);
	set(pair[0], SO_RCVTIMEO, 0);
	show(send(pair[1], "y", 1, 0));
	show(recv(pair[0], &c, 1, 0));
	return 0;
}
