/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * fork_epoll.c - parent and child wait in one epoll
 *
 * What this app shows
 *   The set is one: what the child adds is reported to the parent, an edge goes
 *   to one of them, and it outlives either; members, a pipe among them, that
 *   were there before the fork are reported in both.
 */

#include "app.h"

#include <sys/epoll.h>
#include <sys/wait.h>

static void add(int ep, int fd, uint32_t events, uint32_t tag)
{
	struct epoll_event e = {.events = events, .data.u32 = tag};

	must(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e));
}

/* The tag of one event, or -1. */
static int one(int ep, int ms)
{
	struct epoll_event e;

	return epoll_wait(ep, &e, 1, ms) == 1 ? (int)e.data.u32 : -1;
}

static int ended(pid_t pid)
{
	int status;

	must(waitpid(pid, &status, 0));
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Waits for tag 1, adds tag 2, whose socket is its own, and stays. */
static int child(int ep, int fd, int mine, int go_on)
{
	char byte;

	if (one(ep, APP_PATIENCE_MS) != 1)
		return 1;
	if (recv(fd, &byte, 1, 0) != 1)
		return 2;
	add(ep, mine, EPOLLIN, 2);
	if (send(fd, "y", 1, 0) != 1)
		return 3;
	return read(go_on, &byte, 1) == 0 ? 0 : 4;
}

int main(void)
{
	int ep = must(epoll_create1(0)), pair[2], other[2], edge[2], go_on[2];
	struct epoll_event e = {0};
	int seen[2], tubes[2];
	char byte;
	pid_t pid;

	tcp_pair(pair);
	tcp_pair(other);
	must(pipe(go_on));
	must(pipe(tubes));
	add(ep, pair[1], EPOLLIN, 1);
	add(ep, tubes[0], EPOLLIN, 3);
	pid = must(fork());
	if (pid == 0) {
		close(go_on[1]);
		_exit(child(ep, pair[1], other[1], go_on[0]));
	}
	show(send(pair[0], "x", 1, 0));
	show(recv(pair[0], &byte, 1, 0));
	say("nothing more: %d", one(ep, 0));
	show(send(other[0], "x", 1, 0));
	show(one(ep, APP_PATIENCE_MS));
	must(close(go_on[1]));
	say("child: %d", ended(pid));
	show(one(ep, APP_PATIENCE_MS));
	show(recv(other[1], &byte, 1, 0));
	show(write(tubes[1], "x", 1));
	show(one(ep, APP_PATIENCE_MS));
	show(epoll_ctl(ep, EPOLL_CTL_DEL, other[1], &e));
	must(read(tubes[0], &byte, 1));

	/* One edge, two who wait: one of them gets it. */
	tcp_pair(edge);
	must(pipe(tubes));
	add(ep, edge[1], EPOLLIN | EPOLLET, 4);
	pid = must(fork());
	if (pid == 0)
		_exit(one(ep, 2000) == 4);
	must(send(edge[0], "x", 1, 0));
	seen[0] = one(ep, 2000) == 4;
	seen[1] = ended(pid);
	say("seen %d times", seen[0] + seen[1]);
	return 0;
}
