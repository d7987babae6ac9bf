/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * exec_keeps_fd.c - sockets across execve()
 *
 * What this app shows
 *   The new program goes on with a connection and a listener that it was
 *   given, one of them as standard input; one with FD_CLOEXEC is closed and
 *   its peer hears it; the environment may be empty.
 */

#include "app.h"

#include <sys/wait.h>

/* The new program: standard input is a connection, argv names a listener. */
static int second_life(int door, int closed)
{
	char buf[8] = "";
	struct sockaddr_in at;
	int fd, client;

	if (read(STDIN_FILENO, buf, 5) != 5)
		return 11;
	if (write(STDIN_FILENO, buf, 5) != 5)
		return 12;
	if (fcntl(closed, F_GETFD) != -1 || errno != EBADF)
		return 13;
	if (getsockname(door, SA(&at), &(socklen_t){sizeof(at)}) < 0)
		return 14;
	client = connected_to(&at);
	fd = accept(door, NULL, NULL);
	if (fd < 0 || send(client, "x", 1, 0) != 1)
		return 15;
	return recv(fd, buf, 1, 0) == 1 ? 0 : 16;
}

static void run(const char *when, char **envp)
{
	struct sockaddr_in at;
	int pair[2], other[2], door = listener(&at, 4), status;
	char number[16], closed[16], buf[8] = "";
	char *args[] = {"/proc/self/exe", "second", number, closed, NULL};
	pid_t pid;

	tcp_pair(pair);
	tcp_pair(other);
	must(fcntl(other[0], F_SETFD, FD_CLOEXEC));
	snprintf(number, sizeof(number), "%d", door);
	snprintf(closed, sizeof(closed), "%d", other[0]);
	pid = must(fork());
	if (pid == 0) {
		dup2(pair[1], STDIN_FILENO);
		close(pair[1]);
		close(pair[0]);
		close(other[1]);
		execve(args[0], args, envp);
		_exit(99);
	}
	must(close(pair[1]));
	must(close(other[0]));
	say("%s", when);
	say("closed by exec: %s", words(await_all(other[1], POLLRDHUP)));
	show(send(pair[0], "hello", 5, 0));
	show(recv(pair[0], buf, 5, MSG_WAITALL));
	say("echo: %s", buf);
	must(waitpid(pid, &status, 0));
	say("the new program: %d",
	    WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	show(recv(pair[0], buf, 5, 0));
}

int main(int argc, char **argv)
{
	char *nothing[] = {NULL};

	if (argc == 4 && strcmp(argv[1], "second") == 0)
		return second_life(atoi(argv[2]), atoi(argv[3]));
	run("with the environment", environ);
	run("without", nothing);
	return 0;
}
