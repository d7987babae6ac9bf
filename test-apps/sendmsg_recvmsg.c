/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sendmsg_recvmsg.c - the struct msghdr forms
 *
 * What this app shows
 *   Names, pieces, flags that come back, control buffers of length 0, on UDP
 *   and TCP; a name where none is needed; what is refused.
 */

#include "app.h"

static struct sockaddr_in at;
static char a[4], b[4];
static struct iovec in[2] = {{a, 3}, {b, 3}};

static void take(int fd, int flags)
{
	struct sockaddr_in from = {0};
	char control[64];
	struct msghdr msg = {.msg_name = &from,
			     .msg_namelen = sizeof(from),
			     .msg_iov = in,
			     .msg_iovlen = 2,
			     .msg_control = control,
			     .msg_controllen = sizeof(control),
			     .msg_flags = -1};
	ssize_t n = recvmsg(fd, &msg, flags);

	if (n < 0) {
		say("recvmsg: %s", strerrorname_np(errno));
		return;
	}
	say("recvmsg: %zd [%.3s] [%.3s] name %u control %zu%s%s", n, a, b,
	    msg.msg_namelen, msg.msg_controllen,
	    msg.msg_flags & MSG_TRUNC ? " MSG_TRUNC" : "",
	    msg.msg_flags & ~MSG_TRUNC ? " more flags" : "");
}

static void datagrams(void)
{
	int receiver = bound(SOCK_DGRAM, &at);
	int sender = must(socket(AF_INET, SOCK_DGRAM, 0));
	char abc[] = "abc", def[] = "defg";
	struct iovec out[2] = {{abc, 3}, {def, 3}};
	struct msghdr msg = {.msg_name = &at,
			     .msg_namelen = sizeof(at),
			     .msg_iov = out,
			     .msg_iovlen = 2};

	show(sendmsg(sender, &msg, 0));
	await(receiver, POLLIN);
	take(receiver, 0);
	out[1].iov_len = 4;
	show(sendmsg(sender, &msg, 0));
	await(receiver, POLLIN);
	take(receiver, MSG_PEEK);
	take(receiver, MSG_TRUNC);
	msg.msg_iovlen = 0;
	show(sendmsg(sender, &msg, 0));
	await(receiver, POLLIN);
	take(receiver, MSG_DONTWAIT);
	take(receiver, MSG_DONTWAIT);
	msg.msg_namelen = 3;
	show(sendmsg(sender, &msg, 0));
	msg.msg_namelen = sizeof(at);
	msg.msg_iovlen = 5000;
	show(sendmsg(sender, &msg, 0));
	msg.msg_iovlen = 2;
	msg.msg_iov = NULL;
	show(sendmsg(sender, &msg, 0));
	show(sendmsg(-1, &msg, 0));
}

static void streams(void)
{
	int pair[2];
	char text[] = "stream";
	struct iovec out = {text, 6};
	struct msghdr msg = {.msg_name = &at,
			     .msg_namelen = sizeof(at),
			     .msg_iov = &out,
			     .msg_iovlen = 1};

	tcp_pair(pair);
	show(sendmsg(pair[0], &msg, 0));
	await_bytes(pair[1], 6);
	take(pair[1], 0);
	show(sendto(pair[0], "xyz", 3, 0, SA(&at), sizeof(at)));
	await_bytes(pair[1], 3);
	take(pair[1], MSG_PEEK);
	take(pair[1], MSG_WAITALL | MSG_DONTWAIT);
	take(pair[1], MSG_DONTWAIT);
	must(shutdown(pair[0], SHUT_WR));
	take(pair[1], 0);
}

int main(void)
{
	datagrams();
	streams();
	return 0;
}
