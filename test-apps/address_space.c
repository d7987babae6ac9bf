/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * address_space.c - a program that bounds and locks its memory
 *
 * What this app shows
 *   RLIMIT_AS holds for the program's own memory and reads back as it was set,
 *   also in a child; sockets work under it, with memory locked, and in a
 * process that is made under it.
 */

#include "app.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { MIB = 1 << 20, LIMIT = 300 * MIB };

static void echo(void)
{
	struct sockaddr_in at;
	int door = bound(SOCK_STREAM, &at), near, far;
	char c = 'x';

	must(listen(door, 1));
	near = must(socket(AF_INET, SOCK_STREAM, 0));
	must(connect(near, SA(&at), sizeof(at)));
	far = must(accept(door, NULL, NULL));
	must(send(near, &c, 1, 0));
	must(recv(far, &c, 1, 0));
	say("echo: %c", c);
	must(close(near));
	must(close(far));
	must(close(door));
}

static void show_limit(void)
{
	struct rlimit now;

	must(getrlimit(RLIMIT_AS, &now));
	say("limit: %llu MiB, %llu MiB", (unsigned long long)now.rlim_cur / MIB,
	    (unsigned long long)now.rlim_max / MIB);
}

static bool may_have(size_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at != MAP_FAILED)
		munmap(at, bytes);
	return at != MAP_FAILED;
}

static void in_a_child(void)
{
	int status;
	pid_t pid = must(fork());

	if (pid == 0) {
		show_limit();
		echo();
		_exit(0);
	}
	must(waitpid(pid, &status, 0));
	say("child: %d", status);
}

int main(void)
{
	struct rlimit limit = {LIMIT, LIMIT}, old;

	echo();
	must(prlimit(0, RLIMIT_AS, &limit, &old));
	say("before: %s", old.rlim_cur == RLIM_INFINITY ? "none" : "some");
	show_limit();
	say("100 MiB: %s", may_have(100 * MIB) ? "yes" : "no");
	say("400 MiB: %s", may_have(400 * MIB) ? "yes" : "no");
	echo();
	in_a_child();
	show(mlockall(MCL_CURRENT | MCL_FUTURE));
	echo();
	in_a_child();
	show(munlockall());
	limit.rlim_cur -= 50 * MIB;
	must(setrlimit(RLIMIT_AS, &limit));
	show_limit();
	return 0;
}
