/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * dup2_beside_comers.c - what dup2() put at a free number stays there
 *
 * What this app shows
 *   A program with one thread uses dup2() onto numbers that it knows to be
 *   free, as shells do, while processes with sockets come and go beside it:
 *   each call works, and what it duplicated is still there afterwards.
 */

#include "app.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { ROUNDS = 20000, LOOKS = 10 };

/* Forks processes that have a socket for a moment, for ever. */
static void come_and_go(void)
{
	for (;;) {
		pid_t pid = must(fork());

		if (pid == 0) {
			must(close(must(socket(AF_INET, SOCK_DGRAM, 0))));
			_exit(0);
		}
		must(waitpid(pid, NULL, 0));
	}
}

static bool is_null(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode);
}

int main(void)
{
	int listener = must(socket(AF_INET, SOCK_STREAM, 0));
	int refused = 0, lost = 0;
	pid_t comers = must(fork());

	if (comers == 0)
		come_and_go();
	for (int i = 0; i < ROUNDS; i++) {
		int fd = must(open("/dev/null", O_RDWR));

		refused += dup2(fd, fd + 1) != fd + 1;
		for (int n = 0; n < LOOKS; n++)
			if (!is_null(fd + 1)) {
				lost++;
				break;
			}
		close(fd + 1);
		close(fd);
	}
	must(kill(comers, SIGKILL));
	must(waitpid(comers, NULL, 0));
	say("%d refused, %d lost", refused, lost);
	must(close(listener));
	return 0;
}
