/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sys_test.c - proves sys.h: results and errors come back, errno stays alone
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "sys.h"

Test(sys, an_error_is_returned_and_errno_is_untouched)
{
	char byte;

	errno = 12345;
	cr_assert(eq(int, (int)sys_read(-1, &byte, 1), -EBADF));
	cr_assert(eq(int, sys_close(-1), -EBADF));
	cr_assert(eq(int, errno, 12345));
}

Test(sys, the_same_process_as_libc_sees)
{
	cr_assert(eq(int, sys_getpid(), (int)getpid()));
	cr_assert(eq(int, sys_gettid(), (int)getpid()));
}

/* All six arguments reach the kernel in their places. */
Test(sys, a_datagram_passes_through_a_socket_pair)
{
	char buf[8] = {0};
	int sv[2];

	cr_assert(eq(int, sys_socketpair(AF_UNIX, SOCK_DGRAM, 0, sv), 0));
	cr_assert(eq(int, (int)sys_sendto(sv[0], "four", 4, 0, NULL, 0), 4));
	cr_assert(eq(int,
		     (int)sys_recvfrom(sv[1], buf, 8, MSG_DONTWAIT, NULL, NULL),
		     4));
	cr_assert(eq(str, buf, "four"));
	cr_assert(eq(int,
		     (int)sys_recvfrom(sv[1], buf, 8, MSG_DONTWAIT, NULL, NULL),
		     -EAGAIN));
	sys_close(sv[0]);
	sys_close(sv[1]);
}

Test(sys, epoll_and_ppoll_see_an_eventfd)
{
	struct epoll_event e = {.events = EPOLLIN, .data.u64 = 77};
	struct timespec none = {0, 0};
	int fd = sys_eventfd2(1, O_CLOEXEC);
	int ep = sys_epoll_create1(EPOLL_CLOEXEC);
	struct pollfd p = {.fd = fd, .events = POLLIN};

	cr_assert(ge(int, fd, 0));
	cr_assert(eq(int, sys_epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e), 0));
	e.data.u64 = 0;
	cr_assert(eq(int, sys_epoll_pwait(ep, &e, 1, 0, NULL), 1));
	cr_assert(eq(u64, e.data.u64, 77));
	cr_assert(eq(int, sys_epoll_pwait2(ep, &e, 1, &none, NULL), 1));
	cr_assert(eq(int, sys_ppoll(&p, 1, &none, NULL), 1));
	sys_close(ep);
	sys_close(fd);
}

Test(sys, a_futex_with_another_value_does_not_wait)
{
	uint32_t word = 1;

	cr_assert(eq(int, sys_futex(&word, FUTEX_WAIT, 2, NULL), -EAGAIN));
	cr_assert(eq(int, sys_futex(&word, FUTEX_WAKE, 1, NULL), 0));
}
