/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * spawn_actions.c - posix_spawn(), vfork(), system(), popen()
 *
 * What this app shows
 *   Programs get a connection as 0 and 1 by file actions, and by a vfork child
 *   that closes and duplicates; in the parent nothing has changed: numbers,
 *   flags, data, and the sockets the child closed.
 */

#include "app.h"

#include <spawn.h>
#include <sys/wait.h>

static int status_of(pid_t pid)
{
	int status;

	must(waitpid(pid, &status, 0));
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The parent's own sockets, before and after. */
static void check(int fd, int kept)
{
	char byte;

	say("close-on-exec %d, open %d, %s", must(fcntl(kept, F_GETFD)),
	    fcntl(fd, F_GETFD) >= 0, words(state(kept)));
	show(send(kept, "x", 1, 0));
	await(kept, POLLIN);
	show(recv(kept, &byte, 1, MSG_DONTWAIT));
}

static void hear(int fd, size_t n)
{
	char buf[64] = "";

	show(recv(fd, buf, n, MSG_WAITALL));
	say("it said: %s", buf);
}

static void by_spawn(const int pair[2], int kept)
{
	char *args[] = {"sh", "-c", "read a; echo you said $a", NULL};
	posix_spawn_file_actions_t actions;
	pid_t pid;

	say("posix_spawn");
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, pair[1], 0);
	posix_spawn_file_actions_adddup2(&actions, pair[1], 1);
	posix_spawn_file_actions_addclose(&actions, pair[0]);
	posix_spawn_file_actions_addclose(&actions, pair[1]);
	posix_spawn_file_actions_addclose(&actions, kept);
	show(posix_spawn(&pid, "/bin/sh", &actions, NULL, args, environ));
	show(send(pair[0], "spawn\n", 6, 0));
	hear(pair[0], 15);
	say("sh: %d", status_of(pid));
	posix_spawn_file_actions_destroy(&actions);
	check(pair[1], kept);
}

/* As CPython's subprocess does; no call here is one that a vfork child may not
 * make on Linux. */
static void by_vfork(const int pair[2], int kept)
{
	char *args[] = {"sh", "-c", "read a; echo you said $a", NULL};
	pid_t pid;

	say("vfork");
	pid = vfork();
	if (pid == 0) {
		dup2(pair[1], 0);
		dup2(pair[1], 1);
		close(pair[0]);
		close(kept);
		fcntl(pair[1], F_SETFD, FD_CLOEXEC);
		syscall(SYS_close_range, 3, ~0u, 0);
		execve("/bin/sh", args, environ);
		_exit(99);
	}
	must(pid);
	show(send(pair[0], "vfork\n", 6, 0));
	hear(pair[0], 15);
	say("sh: %d", status_of(pid));
	check(pair[1], kept);

	pid = vfork();
	if (pid == 0) {
		close(pair[0]);
		close(pair[1]);
		_exit(7);
	}
	say("_exit: %d", status_of(must(pid)));
	check(pair[1], kept);
}

static void by_shell(int kept)
{
	char line[64] = "";
	FILE *f;

	say("system, popen");
	show(system("exit 3") >> 8);
	f = popen("echo from a pipe", "r");
	say("popen: %s", f && fgets(line, sizeof(line), f) ? line : "nothing");
	show(pclose(f));
	check(kept, kept);
}

int main(void)
{
	struct sockaddr_in at;
	/* What is sent on it comes back to it. */
	int kept = bound(SOCK_DGRAM, &at);
	int pair[2];

	must(connect(kept, SA(&at), sizeof(at)));
	tcp_pair(pair);
	by_spawn(pair, kept);
	by_vfork(pair, kept);
	by_shell(kept);
	return 0;
}
