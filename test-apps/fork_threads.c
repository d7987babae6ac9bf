/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * fork_threads.c - fork(), _Fork() and clone() while threads are at work
 *
 * What this app shows
 *   Two threads send and receive all the time. Children made meanwhile, in all
 *   three ways, use a connection they inherited and one of their own; nothing
 *   is lost on the threads' connections.
 */

#include "app.h"

#include <signal.h>
#include <sys/wait.h>

enum { CHILDREN = 20, WORKERS = 2, PATIENCE_S = 60 };

static bool is_over;
static long wrong;

/* Numbers to itself over a connection; every one must come back. */
static void *work(void *arg)
{
	int *pair = arg;

	for (uint32_t i = 0; !__atomic_load_n(&is_over, __ATOMIC_ACQUIRE);
	     i++) {
		uint32_t got = ~i;

		if (send(pair[0], &i, sizeof(i), 0) != sizeof(i) ||
		    recv(pair[1], &got, sizeof(got), MSG_WAITALL) !=
			    sizeof(got) ||
		    got != i)
			__atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static int echo_on(int fd)
{
	char byte;

	return recv(fd, &byte, 1, 0) == 1 && send(fd, &byte, 1, 0) == 1;
}

static int child(int fd)
{
	int own[2];
	char byte = 0;

	if (!echo_on(fd))
		return 1;
	tcp_pair(own);
	if (send(own[0], "z", 1, 0) != 1 || recv(own[1], &byte, 1, 0) != 1)
		return 2;
	return byte == 'z' ? 0 : 3;
}

static pid_t by_fork(void)
{
	return fork();
}

static pid_t by_fork_alone(void)
{
	return _Fork();
}

static pid_t by_clone(void)
{
	return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static void run(const char *how, pid_t (*make)(void))
{
	int fine = 0, echoes = 0, ends = 0;

	for (int i = 0; i < CHILDREN; i++) {
		int pair[2], status;
		char byte = 0;
		pid_t pid;

		tcp_pair(pair);
		pid = must(make());
		if (pid == 0) {
			/* A hang is an end with a signal. */
			alarm(PATIENCE_S);
			close(pair[0]);
			_exit(child(pair[1]));
		}
		must(close(pair[1]));
		must(send(pair[0], "a", 1, 0));
		echoes += recv(pair[0], &byte, 1, 0) == 1 && byte == 'a';
		must(waitpid(pid, &status, 0));
		fine += status == 0;
		ends += recv(pair[0], &byte, 1, 0) == 0;
		must(close(pair[0]));
	}
	say("%s: %d fine, %d echoes, %d ends", how, fine, echoes, ends);
}

int main(void)
{
	int pairs[WORKERS][2];
	pthread_t threads[WORKERS];

	for (int i = 0; i < WORKERS; i++) {
		tcp_pair(pairs[i]);
		must(-pthread_create(&threads[i], NULL, work, pairs[i]));
	}
	run("fork", by_fork);
	run("_Fork", by_fork_alone);
	run("clone", by_clone);
	__atomic_store_n(&is_over, true, __ATOMIC_RELEASE);
	for (int i = 0; i < WORKERS; i++)
		must(-pthread_join(threads[i], NULL));
	say("wrong: %ld", wrong);
	return 0;
}
