/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sa_restart.c - which blocking calls a signal ends
 *
 * What this app shows
 *   signal(7): recv(), accept(), recvmsg() and read() go on after a handler
 *   with SA_RESTART and fail with EINTR without it; with SO_RCVTIMEO, and in
 *   poll(), select() and epoll_wait(), they fail with EINTR either way.
 */

#include "app.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/time.h>

enum call { RECV, READ, RECVMSG, ACCEPT, POLL, SELECT, EPOLL, CALLS };
static const char *const names[CALLS] = {"recv", "read",   "recvmsg", "accept",
					 "poll", "select", "epoll"};
static struct sockaddr_in at;
static int door, pair[2], ep;
static volatile sig_atomic_t ran;
static volatile bool done;
static volatile pid_t sleeper;
static enum call call;

static void on_signal(int number)
{
	(void)number;
	ran++;
}

static long do_call(void)
{
	struct iovec iov = {&(char){0}, 1};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	struct pollfd p = {pair[0], POLLIN, 0};
	struct epoll_event e;
	fd_set set;

	FD_ZERO(&set);
	FD_SET(pair[0], &set);
	switch (call) {
	case RECV:
		return recv(pair[0], iov.iov_base, 1, 0);
	case READ:
		return read(pair[0], iov.iov_base, 1);
	case RECVMSG:
		return recvmsg(pair[0], &msg, 0);
	case ACCEPT:
		return accept(door, NULL, NULL) < 0 ? -1 : 1;
	case POLL:
		return poll(&p, 1, -1);
	case SELECT:
		return select(pair[0] + 1, &set, NULL, NULL, NULL);
	case EPOLL:
		return epoll_wait(ep, &e, 1, -1);
	case CALLS:
		break;
	}
	return 0;
}

static void *call_once(void *unused)
{
	long n;

	(void)unused;
	sleeper = (pid_t)syscall(SYS_gettid);
	n = do_call();
	n = n < 0 ? -errno : n;
	done = true;
	return (void *)n;
}

/* Signals until the call has ended, or five handlers ran in vain. */
static void interrupt(enum call which, const char *how)
{
	pthread_t thread;
	void *result;
	char c;

	call = which;
	ran = 0;
	done = false;
	sleeper = 0;
	must(-pthread_create(&thread, NULL, call_once, NULL));
	/* Handlers that run before the call has begun show nothing. */
	await_asleep(&sleeper);
	for (int i = 0; !done && ran < 5 && i < APP_PATIENCE_MS / 20; i++) {
		poll(NULL, 0, 20);
		if (!done)
			pthread_kill(thread, SIGUSR1);
	}
	if (which == ACCEPT)
		connected_to(&at);
	else
		must(send(pair[1], "x", 1, 0));
	must(-pthread_join(thread, &result));
	say("%s %s: %s", names[which], how,
	    (long)result < 0 ? strerrorname_np(-(int)(long)result) : "went on");
	/* What the call has not taken is not for the next one. */
	if (which != ACCEPT && ((long)result < 0 || which >= POLL))
		must(recv(pair[0], &c, 1, 0));
}

int main(void)
{
	struct sigaction action = {.sa_handler = on_signal};
	struct timeval minute = {60, 0};
	struct epoll_event e = {.events = EPOLLIN};

	door = listener(&at, 64);
	tcp_pair(pair);
	ep = must(epoll_create1(0));
	must(epoll_ctl(ep, EPOLL_CTL_ADD, pair[0], &e));
	action.sa_flags = SA_RESTART;
	must(sigaction(SIGUSR1, &action, NULL));
	for (int i = 0; i < CALLS; i++)
		interrupt((enum call)i, "with SA_RESTART");
	action.sa_flags = 0;
	must(sigaction(SIGUSR1, &action, NULL));
	for (int i = 0; i < CALLS; i++)
		interrupt((enum call)i, "without it");
	action.sa_flags = SA_RESTART;
	must(sigaction(SIGUSR1, &action, NULL));
	must(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &minute, 16));
	interrupt(RECV, "with both SA_RESTART and SO_RCVTIMEO");
	return 0;
}
