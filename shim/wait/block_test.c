/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * block_test.c - proves block.c: timeouts, and which signals end a wait.
 *
 * The time limits below only bound a failure; nothing depends on how long
 * anything takes.
 */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>

#include "block.h"

static sock_id sock;
static struct sockaddr_storage own;
static socklen_t own_len = sizeof(own);
static volatile int runs;

static void open_bound(void)
{
	struct sockaddr_storage any = {.ss_family = AF_INET};

	cr_assert(eq(int, stack_socket(AF_INET, SOCK_DGRAM, 0, &sock), 0));
	cr_assert(eq(int, stack_bind(sock, (struct sockaddr *)&any, 16), 0));
	cr_assert(eq(int,
		     stack_getsockname(sock, (struct sockaddr *)&own, &own_len),
		     0));
}

TestSuite(block, .init = open_bound, .timeout = 20);

static void send_to_self(void)
{
	struct iovec iov = {.iov_base = "x", .iov_len = 1};
	struct msghdr msg = {.msg_name = &own,
			     .msg_namelen = own_len,
			     .msg_iov = &iov,
			     .msg_iovlen = 1};

	stack_sendmsg(sock, &msg, 0);
}

/* The second alarm brings what the wait is for. */
static void on_alarm(int signo)
{
	struct itimerval again = {.it_value = {0, 20000}};

	(void)signo;
	if (++runs == 2)
		send_to_self();
	else
		setitimer(ITIMER_REAL, &again, NULL);
}

static void start_alarm(int flags)
{
	struct sigaction act = {.sa_handler = on_alarm, .sa_flags = flags};
	struct itimerval soon = {.it_value = {0, 20000}};

	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
}

static int wait_until_readable(void)
{
	BLOCK(b, sock, BLOCK_RECEIVING);
	int ret;

	do
		ret = block_wait(&b, EPOLLIN);
	while (!ret && !(stack_ready(sock) & EPOLLIN));
	return ret;
}

Test(block, readiness_ends_the_wait)
{
	send_to_self();
	cr_assert(eq(int, wait_until_readable(), 0));
}

Test(block, receive_timeout_is_eagain)
{
	struct timeval t = {0, 1000};

	stack_setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	cr_assert(eq(int, wait_until_readable(), -EAGAIN));
}

Test(block, plain_handler_ends_an_untimed_wait)
{
	start_alarm(0);
	cr_assert(eq(int, wait_until_readable(), -EINTR));
	cr_assert(eq(int, runs, 1));
}

Test(block, restarting_handler_does_not)
{
	start_alarm(SA_RESTART);
	cr_assert(eq(int, wait_until_readable(), 0));
	cr_assert(eq(int, runs, 2));
}

/* signal(7): calls with a socket timeout are never restarted. */
Test(block, restarting_handler_ends_a_timed_wait)
{
	struct timeval t = {15, 0};

	stack_setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	start_alarm(SA_RESTART);
	cr_assert(eq(int, wait_until_readable(), -EINTR));
}

Test(block, closed_socket_is_ebadf)
{
	stack_close(sock);
	cr_assert(eq(int, wait_until_readable(), -EBADF));
}
