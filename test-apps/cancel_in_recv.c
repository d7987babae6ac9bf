/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * cancel_in_recv.c - pthread_cancel() of a thread that waits for the network
 *
 * What this app shows
 *   recv(), accept(), connect(), poll(), select() and epoll_wait() are
 *   cancellation points; the cleanup handler runs; the socket works on.
 */

#include "app.h"

#include <sys/epoll.h>
#include <sys/select.h>

enum call { RECV, READ, ACCEPT, CONNECT, POLL, SELECT, EPOLL, CALLS };
static const char *const names[CALLS] = {
	"recv", "read", "accept", "connect", "poll", "select", "epoll_wait"};
static struct sockaddr_in at;
static int door, pair[2], ep, cleaned;
static volatile pid_t sleeper;

static void clean(void *unused)
{
	(void)unused;
	cleaned++;
}

static void block_in(enum call call)
{
	struct epoll_event e;
	fd_set set;
	char c;

	FD_ZERO(&set);
	FD_SET(pair[0], &set);
	switch (call) {
	case RECV:
		must(recv(pair[0], &c, 1, 0));
		break;
	case READ:
		must(read(pair[0], &c, 1));
		break;
	case ACCEPT:
		must(accept(door, NULL, NULL));
		break;
	case CONNECT:
		connected_to(&at);
		break;
	case POLL:
		await(pair[0], POLLIN);
		break;
	case SELECT:
		must(select(pair[0] + 1, &set, NULL, NULL, NULL));
		break;
	case EPOLL:
		must(epoll_wait(ep, &e, 1, -1));
		break;
	case CALLS:
		break;
	}
}

static void *wait_in_call(void *call)
{
	pthread_cleanup_push(clean, NULL);
	sleeper = (pid_t)syscall(SYS_gettid);
	block_in((enum call)(intptr_t)call);
	pthread_cleanup_pop(0);
	return NULL;
}

int main(void)
{
	struct epoll_event e = {.events = EPOLLIN};
	pthread_t thread;
	void *result;
	char c;

	door = listener(&at, 0);
	tcp_pair(pair);
	ep = must(epoll_create1(0));
	must(epoll_ctl(ep, EPOLL_CTL_ADD, pair[0], &e));
	for (intptr_t call = 0; call < CALLS; call++) {
		if (call == CONNECT) {
			connected_to(&at); /* the queue is full now */
			await(door, POLLIN);
		}
		sleeper = 0;
		cleaned = 0;
		must(-pthread_create(&thread, NULL, wait_in_call,
				     (void *)call));
		await_asleep(&sleeper);
		must(-pthread_cancel(thread));
		must(-pthread_join(thread, &result));
		say("%s: cancelled %d, cleaned %d", names[call],
		    result == PTHREAD_CANCELED, cleaned);
		must(send(pair[1], "x", 1, 0));
		must(recv(pair[0], &c, 1, 0));
	}
	say("the socket works on");
	return 0;
}
