/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * stdio_redirected.c - standard streams whose number becomes a socket
 *
 * What this app shows
 *   What bash does for `exec >/dev/tcp/...` and back, and inetd for a program
 *   that reads lines and prints; what was printed and not written before the
 *   number changed goes where it leads now.
 */

#include "app.h"

#include <sys/wait.h>

static void hear(const char *who, int fd, size_t n)
{
	char buf[64] = "";

	if (n >= sizeof(buf) || recv(fd, buf, n, MSG_WAITALL) != (ssize_t)n)
		say("%s: cut short", who);
	else
		say("%s: %s", who, buf);
}

static void redirect(void)
{
	int kept = must(dup(STDOUT_FILENO)), pair[2];
	size_t left;

	tcp_pair(pair);
	must(fflush(stdout));
	must(dup2(pair[1], STDOUT_FILENO));
	left = (size_t)printf("printed %d\n", 1);
	left += (size_t)printf("and again\n");
	puts("puts");
	must(fflush(stdout));
	must(dup2(kept, STDOUT_FILENO));
	hear("there", pair[0], left + 5);
	say("back here, fileno %d", fileno(stdout));

	/* Not flushed: the number decides when it is written. */
	printf("late ");
	must(dup2(pair[1], STDOUT_FILENO));
	must(fflush(stdout));
	must(dup2(kept, STDOUT_FILENO));
	hear("there", pair[0], 5);

	kept = must(dup(STDERR_FILENO));
	must(dup2(pair[1], STDERR_FILENO));
	errno = EPIPE;
	perror("perror");
	must(dup2(kept, STDERR_FILENO));
	hear("there", pair[0], 20);
	must(close(pair[1]));
	say("state: %s", words(await_all(pair[0], POLLIN | POLLRDHUP)));
}

/* The new program: knows nothing of sockets. */
static int second_life(void)
{
	char line[64];

	while (fgets(line, sizeof(line), stdin))
		printf("you said %s", line);
	fprintf(stderr, "the end\n");
	return 0;
}

static void be_inetd(void)
{
	char *args[] = {"/proc/self/exe", "second", NULL};
	int pair[2], status;
	pid_t pid;

	tcp_pair(pair);
	pid = must(fork());
	if (pid == 0) {
		for (int fd = 0; fd < 3; fd++)
			dup2(pair[1], fd);
		close(pair[0]);
		close(pair[1]);
		execv(args[0], args);
		_exit(99);
	}
	must(close(pair[1]));
	show(send(pair[0], "one\ntwo\n", 8, 0));
	show(shutdown(pair[0], SHUT_WR));
	/* Standard error is not buffered. */
	hear("first", pair[0], 8);
	hear("then", pair[0], 26);
	must(waitpid(pid, &status, 0));
	say("status %d, %s", status,
	    words(await_all(pair[0], POLLIN | POLLRDHUP)));
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		return second_life();
	redirect();
	be_inetd();
	return 0;
}
