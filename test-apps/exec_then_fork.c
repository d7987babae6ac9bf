/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * exec_then_fork.c - a listener that a program gets by exec, without a fork
 *
 * What this app shows
 *   The new program forks, as a shell does; what its children close stays open
 *   for itself (systemd-socket-activate, then a shell script, was how this was
 *   found), and the last close is still the last one.
 */

#include "app.h"

#include <sys/wait.h>

static void in_child(void (*what)(int fd), int fd)
{
	int status;
	pid_t pid = must(fork());

	if (pid == 0) {
		what(fd);
		_exit(0);
	}
	must(waitpid(pid, &status, 0));
	say("a child: %d", status);
}

static void closes(int fd)
{
	close(fd);
}

static void does_nothing(int fd)
{
	(void)fd;
}

static int second_life(int door)
{
	struct sockaddr_in at;
	int client, fd;

	must(getsockname(door, SA(&at), &(socklen_t){sizeof(at)}));
	in_child(closes, door);
	in_child(does_nothing, door);
	client = show_fd(connected_to(&at));
	fd = show_fd(accept(door, NULL, NULL));
	in_child(closes, fd);
	show(send(client, "x", 1, 0));
	show(recv(fd, &(char){0}, 1, 0));
	show(close(door));
	show(connect(must(socket(AF_INET, SOCK_STREAM, 0)), SA(&at),
		     sizeof(at)));
	return 0;
}

int main(int argc, char **argv)
{
	char number[16];
	char *args[] = {"/proc/self/exe", number, NULL};
	struct sockaddr_in at;

	if (argc == 2)
		return second_life(atoi(argv[1]));
	snprintf(number, sizeof(number), "%d", listener(&at, 4));
	must(execv(args[0], args));
	return 1;
}
