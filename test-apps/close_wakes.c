/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * close_wakes.c - closing a descriptor that another thread sleeps on
 *
 * What this app shows
 *   close(2), "Multithreaded processes": on Linux the sleeper keeps the
 *   socket and goes on; it still gets what comes, and only then the peer
 *   hears the end. And as OpenJDK does it: dup2() of something else over the
 *   number, then a signal.
 */

#include "app.h"

#include <signal.h>

static int pair[2];
static volatile pid_t sleeper;

static void on_signal(int number)
{
	(void)number;
}

static void *read_one(void *unused)
{
	char c;
	ssize_t n;

	(void)unused;
	sleeper = (pid_t)syscall(SYS_gettid);
	n = recv(pair[0], &c, 1, 0);
	return (void *)(n < 0 ? (ssize_t)-errno : n);
}

static pthread_t start(void)
{
	pthread_t thread;

	tcp_pair(pair);
	sleeper = 0;
	must(-pthread_create(&thread, NULL, read_one, NULL));
	await_asleep(&sleeper);
	return thread;
}

static void finish(const char *what, pthread_t thread)
{
	void *result;

	must(-pthread_join(thread, &result));
	if ((long)result < 0)
		say("%s: %s", what, strerrorname_np(-(int)(long)result));
	else
		say("%s: %ld", what, (long)result);
}

int main(void)
{
	struct sigaction action = {.sa_handler = on_signal};
	int null = must(open("/dev/null", O_RDWR));
	pthread_t thread;

	must(sigaction(SIGUSR1, &action, NULL));
	thread = start();
	must(close(pair[0]));
	poll(NULL, 0, 50);
	say("closed, the peer: %s", words(state(pair[1])));
	show(send(pair[1], "x", 1, 0));
	finish("the sleeper got", thread);
	say("then the peer: %s", words(await_all(pair[1], POLLRDHUP)));

	thread = start();
	must(close(pair[0]));
	must(shutdown(pair[1], SHUT_WR));
	finish("closed, then the peer's end", thread);

	thread = start();
	must(dup2(null, pair[0]));
	must(-pthread_kill(thread, SIGUSR1));
	finish("replaced and signalled", thread);
	say("the peer: %s", words(await_all(pair[1], POLLRDHUP)));
	return 0;
}
