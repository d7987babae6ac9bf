/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * passed_socket.c - sockets in messages over AF_UNIX (SCM_RIGHTS)
 *
 * What this app shows
 *   A connection, a listener and a datagram socket arrive in another process as
 *   what they are, also when the sender closes at once or the message waits;
 *   the last close counts, wherever it is; a message that nobody receives lets
 *   go of what it carried, and its peer hears it.
 */

#include "app.h"

#include <sys/wait.h>

static ssize_t pass(int by, const int *fds, size_t n)
{
	char control[CMSG_SPACE(4 * sizeof(int))] = {0};
	struct iovec iov = {"x", 1};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control,
			     .msg_controllen = CMSG_SPACE(n * sizeof(int))};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(c), fds, n * sizeof(int));
	return sendmsg(by, &msg, MSG_NOSIGNAL);
}

/* How many came. */
static size_t take(int from, int *fds, int flags)
{
	char control[CMSG_SPACE(4 * sizeof(int))];
	char byte;
	struct iovec iov = {&byte, 1};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control,
			     .msg_controllen = sizeof(control)};
	struct cmsghdr *c;
	size_t bytes;

	if (recvmsg(from, &msg, flags) != 1)
		return 0;
	c = CMSG_FIRSTHDR(&msg);
	if (!c || c->cmsg_type != SCM_RIGHTS)
		return 0;
	bytes = c->cmsg_len - CMSG_LEN(0);
	memcpy(fds, CMSG_DATA(c), bytes);
	return bytes / sizeof(int);
}

static void echo(int fd)
{
	char buf[16];
	ssize_t n = recv(fd, buf, sizeof(buf), 0);

	if (n > 0)
		send(fd, buf, (size_t)n, MSG_NOSIGNAL);
}

/* Made before there was any socket: whatever it has, it got in a message. A
 * connection, a listener, a datagram socket. */
static void receiver(int from)
{
	int fds[4];
	int fd;

	if (take(from, fds, 0) != 3)
		_exit(1);
	echo(fds[0]);
	fd = accept(fds[1], NULL, NULL);
	if (fd < 0)
		_exit(2);
	echo(fd);
	echo(fds[2]);
	/* The end of the process closes them. */
	if (recv(from, &fd, 1, 0) < 0)
		_exit(3);
	_exit(0);
}

static void ask(const char *what, int fd)
{
	char buf[16] = "";

	say("%s", what);
	show(send(fd, "hello", 5, 0));
	show(recv(fd, buf, sizeof(buf), 0));
	say("echo: %s", buf);
}

static void to_another_process(int by, pid_t child)
{
	struct sockaddr_in at;
	int door = listener(&at, 4);
	int tcp[2], udp[2], status;
	int client;

	tcp_pair(tcp);
	udp_pair(udp);
	show(pass(by, (int[]){tcp[1], door, udp[1]}, 3));
	show(close(tcp[1]));
	show(close(door));
	show(close(udp[1]));
	ask("a connection", tcp[0]);
	client = connected_to(&at);
	ask("a listener", client);
	ask("a datagram socket", udp[0]);
	say("the connection: %s", words(state(tcp[0])));
	show(send(by, "x", 1, 0));
	must(waitpid(child, &status, 0));
	say("the receiver: %d", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	say("the connection: %s", words(await_all(tcp[0], POLLIN | POLLRDHUP)));
	say("the accepted one: %s",
	    words(await_all(client, POLLIN | POLLRDHUP)));
	show(connect(must(socket(AF_INET, SOCK_STREAM, 0)), SA(&at),
		     sizeof(at)));
}

/* The message waits while nobody has the socket; then it is received twice. */
static void to_itself(void)
{
	char buf[16] = "";
	int tcp[2], pair[2], fds[4];

	say("in flight");
	tcp_pair(tcp);
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	show(pass(pair[0], &tcp[1], 1));
	show(close(tcp[1]));
	show(send(tcp[0], "early", 5, 0));
	say("meanwhile: %s", words(state(tcp[0])));
	show((long)take(pair[1], fds, MSG_PEEK));
	show(recv(fds[0], buf, 5, MSG_WAITALL));
	say("it got: %s", buf);
	show(close(fds[0]));
	say("still in flight: %s", words(state(tcp[0])));
	show((long)take(pair[1], fds, 0));
	show(send(fds[0], "late", 4, 0));
	show(recv(tcp[0], buf, 4, MSG_WAITALL));
	show(close(fds[0]));
	say("closed: %s", words(await_all(tcp[0], POLLIN | POLLRDHUP)));
}

static void dropped(void)
{
	int tcp[2], pair[2];

	say("dropped");
	tcp_pair(tcp);
	must(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
	show(pass(pair[0], &tcp[1], 1));
	show(close(tcp[1]));
	say("meanwhile: %s", words(state(tcp[0])));
	show(close(pair[0]));
	show(close(pair[1]));
	say("nobody has it: %s", words(await_all(tcp[0], POLLIN | POLLRDHUP)));
}

/* What could not be sent is the sender's alone. */
static void refused(void)
{
	int tcp[2], pair[2];

	say("refused");
	tcp_pair(tcp);
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	show(close(pair[1]));
	show(pass(pair[0], &tcp[1], 1));
	show(close(tcp[1]));
	say("closed: %s", words(await_all(tcp[0], POLLIN | POLLRDHUP)));
}

int main(void)
{
	int pair[2];
	pid_t child;

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	child = must(fork());
	if (child == 0) {
		close(pair[0]);
		receiver(pair[1]);
	}
	must(close(pair[1]));
	to_another_process(pair[0], child);
	to_itself();
	dropped();
	refused();
	return 0;
}
