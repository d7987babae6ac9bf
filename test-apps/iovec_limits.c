/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * iovec_limits.c - vectors that are too long, and pointers to nowhere
 *
 * What this app shows
 *   IOV_MAX pieces work and one more does not; a negative length is EINVAL,
 *   one of many gigabytes is cut; a bad pointer is EFAULT and breaks nothing.
 */

#include "app.h"

#include <limits.h>
#include <sys/uio.h>

static struct iovec many[IOV_MAX + 1];

int main(void)
{
	volatile int minus_one = -1;
	struct iovec *volatile nowhere = NULL;
	struct iovec wrong = {NULL, (size_t)-1}, huge[2];
	struct msghdr msg = {.msg_iov = many, .msg_iovlen = IOV_MAX + 1};
	int pair[2];
	static char buf[IOV_MAX + 1];

	for (size_t i = 0; i < COUNT(many); i++)
		many[i] = (struct iovec){"x", 1};
	huge[0] = (struct iovec){buf, 3u << 30};
	huge[1] = (struct iovec){buf, 3u << 30};
	tcp_pair(pair);
	show(writev(pair[1], many, IOV_MAX));
	show(recv(pair[0], buf, IOV_MAX, MSG_WAITALL));
	show(writev(pair[1], many, IOV_MAX + 1));
	show(writev(pair[1], many, minus_one));
	show(readv(pair[0], many, minus_one));
	show(sendmsg(pair[1], &msg, 0));
	show(recvmsg(pair[0], &msg, 0));
	show(writev(pair[1], &wrong, 1));
	show(readv(pair[0], &wrong, 1));
	show(writev(pair[1], nowhere, 1));
	must(send(pair[1], "y", 1, 0));
	await_bytes(pair[0], 1);
	msg = (struct msghdr){.msg_iov = huge, .msg_iovlen = 2};
	show(recvmsg(pair[0], &msg, MSG_PEEK));
	show(recv(pair[0], buf, SSIZE_MAX, 0));
	must(send(pair[1], "z", 1, 0));
	show(recv(pair[0], buf, sizeof(buf), 0));
	return 0;
}
