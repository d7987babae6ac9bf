/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * fork_inherits.c - parent and child with the same sockets
 *
 * What this app shows
 *   The child answers on a connection its parent accepted, accepts from a
 *   listener its parent made, and connects on its own; what one closes stays
 *   open in the other; the last one to go is the one the peer hears.
 */

#include "app.h"

#include <sys/wait.h>

static struct sockaddr_in at;
static int door;

/* In the child: everything through inherited descriptors. */
static int child(int fd)
{
	char buf[16];
	int mine;

	if (recv(fd, buf, 5, MSG_WAITALL) != 5 || send(fd, buf, 5, 0) != 5)
		return 1;
	mine = accept(door, NULL, NULL);
	if (mine < 0 || send(mine, "child", 5, 0) != 5)
		return 2;
	close(mine);
	mine = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(mine, SA(&at), sizeof(at)) < 0)
		return 3;
	if (recv(mine, buf, 6, MSG_WAITALL) != 6)
		return 4;
	return 0;
}

static int ended(pid_t pid)
{
	int status;

	must(waitpid(pid, &status, 0));
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int main(void)
{
	int pair[2], client, fd;
	char buf[16] = "";
	pid_t pid;

	door = listener(&at, 4);
	tcp_pair(pair);
	pid = must(fork());
	if (pid == 0)
		_exit(child(pair[1]));
	must(close(pair[1]));
	show(send(pair[0], "hello", 5, 0));
	show(recv(pair[0], buf, 5, MSG_WAITALL));
	say("echo: %s", buf);
	client = connected_to(&at);
	show(recv(client, buf, 5, MSG_WAITALL));
	say("the child's accept: %s", buf);
	show(recv(client, buf, 5, 0));
	fd = show_fd(accept(door, NULL, NULL));
	show(send(fd, "parent", 6, 0));
	say("child: %d", ended(pid));
	say("the child's connection: %s",
	    words(await_all(fd, POLLIN | POLLRDHUP)));
	say("the one it answered on: %s",
	    words(await_all(pair[0], POLLIN | POLLRDHUP)));

	/* A child that does nothing and goes: nobody hears it. */
	tcp_pair(pair);
	pid = must(fork());
	if (pid == 0)
		_exit(0);
	say("child: %d", ended(pid));
	say("after its exit: %s", words(state(pair[0])));
	show(send(pair[0], "still", 5, 0));
	show(recv(pair[1], buf, 5, MSG_WAITALL));
	return 0;
}
