/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * fast_open.c - connecting by the first send
 *
 * What this app shows
 *   sendto() with MSG_FASTOPEN and connect() with TCP_FASTOPEN_CONNECT, to a
 * peer whose cookie is not known: who waits, who is told EINPROGRESS, and that
 * the data arrives once. wget2 and axel do it.
 */

#include "app.h"

static int door;
static struct sockaddr_in at;

static void answer(int fd)
{
	char buf[16] = {0};
	int far = must(accept(door, NULL, NULL));

	show(recv(far, buf, sizeof(buf), 0));
	say("it says %s", buf);
	must(send(far, "yes", 3, 0));
	memset(buf, 0, sizeof(buf));
	show(recv(fd, buf, sizeof(buf), 0));
	must(close(far));
	must(close(fd));
}

static void blocking(void)
{
	int fd = must(socket(AF_INET, SOCK_STREAM, 0));

	say("blocking");
	show(sendto(fd, "hello", 5, MSG_FASTOPEN, SA(&at), sizeof(at)));
	show(sendto(fd, "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL, SA(&at),
		    sizeof(at)));
	answer(fd);
}

static void by_message(void)
{
	struct iovec parts[] = {{"he", 2}, {"llo", 3}};
	struct msghdr msg = {.msg_name = &at,
			     .msg_namelen = sizeof(at),
			     .msg_iov = parts,
			     .msg_iovlen = 2};
	int fd = must(socket(AF_INET, SOCK_STREAM, 0));

	say("by sendmsg()");
	show(sendmsg(fd, &msg, MSG_FASTOPEN));
	answer(fd);
}

static void refused(void)
{
	struct sockaddr_in nobody;
	int fd = bound(SOCK_STREAM, &nobody);

	must(close(fd));
	fd = must(socket(AF_INET, SOCK_STREAM, 0));
	say("where nobody listens");
	show(sendto(fd, "hello", 5, MSG_FASTOPEN | MSG_NOSIGNAL, SA(&nobody),
		    sizeof(nobody)));
	must(close(fd));
}

static void by_option(void)
{
	int fd = must(socket(AF_INET, SOCK_STREAM, 0));
	socklen_t len = sizeof(int);
	int on = 1, two = 2, value = -1;

	say("by option");
	show(getsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &value, &len));
	say("value %d", value);
	show(setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &two, len));
	show(setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, len));
	show(getsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &value, &len));
	say("value %d", value);
	show(connect(fd, SA(&at), sizeof(at)));
	show(send(fd, "hello", 5, 0));
	answer(fd);
}

static void of_a_listener(void)
{
	socklen_t len = sizeof(int);
	int queue = 16, value = -1, bad = -1;

	say("a listener's queue");
	show(getsockopt(door, IPPROTO_TCP, TCP_FASTOPEN, &value, &len));
	say("value %d", value);
	show(setsockopt(door, IPPROTO_TCP, TCP_FASTOPEN, &bad, len));
	show(setsockopt(door, IPPROTO_TCP, TCP_FASTOPEN, &queue, len));
	show(getsockopt(door, IPPROTO_TCP, TCP_FASTOPEN, &value, &len));
	say("value %d", value);
}

int main(void)
{
	door = bound(SOCK_STREAM, &at);
	must(listen(door, 4));
	blocking();
	by_message();
	refused();
	by_option();
	of_a_listener();
	return 0;
}
