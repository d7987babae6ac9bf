/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * fork_duped.c - several descriptors of one connection, and children
 *
 * What this app shows
 *   A child that goes takes nothing with it, whichever of the descriptors its
 *   parent has closed by then, and whether they were made before a fork or
 *   after: what a shell does that runs commands with `>&3`.
 */

#include "app.h"

#include <sys/wait.h>

/* A child that has all the descriptors, and goes. */
static void run_child(void)
{
	pid_t pid = must(fork());

	if (pid == 0)
		exit(0);
	must(waitpid(pid, NULL, 0));
}

static void tell(const char *when, const int pair[2], int fd)
{
	char buf[8] = "";

	say("%s: %s", when, words(state(pair[0])));
	show(send(pair[0], "still", 5, 0));
	show(recv(fd, buf, 5, MSG_WAITALL));
}

int main(void)
{
	int pair[2], low, high;

	tcp_pair(pair);
	low = must(dup(pair[1]));
	run_child();
	tell("two descriptors, one fork", pair, low);
	must(close(low));
	run_child();
	tell("one descriptor, another fork", pair, pair[1]);

	low = must(dup(pair[1]));
	high = must(dup(low));
	must(close(pair[1]));
	run_child();
	tell("made after the fork", pair, high);
	must(close(low));
	run_child();
	tell("the last one", pair, high);
	must(close(high));
	say("closed: %s", words(await_all(pair[0], POLLIN | POLLRDHUP)));
	return 0;
}
