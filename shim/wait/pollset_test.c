/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * pollset_test.c - proves pollset.c: every entry goes to its side and comes
 * back to its place
 *
 * The table is told what the numbers are; nothing is opened and nobody sleeps.
 */
#include "pollset.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>

#include "fd/fdtab.h"

enum { SOCK_A = 40, SOCK_B = 41, EPOLL_C = 42, FILE_D = 43, FILE_E = 44 };

static struct pollset set;

static void fill_the_table(void)
{
	fdtab_set(SOCK_A, FDTAB_SOCK | 1001);
	fdtab_set(SOCK_B, FDTAB_SOCK | FDTAB_DUPED | 1002);
	fdtab_set(EPOLL_C, FDTAB_EPOLL | 1003);
	fdtab_set(FILE_D, FDTAB_KERNEL);
	fdtab_set(FILE_E, FDTAB_KERNEL);
}

TestSuite(pollset, .init = fill_the_table);

Test(pollset, sets_without_ours_are_left_alone)
{
	struct pollfd fds[] = {{.fd = FILE_D}, {.fd = -1}, {.fd = FILE_E}};

	cr_assert(not(pollset_is_ours(fds, 3)));
	cr_assert(not(pollset_is_ours(NULL, 0)));
	fds[1].fd = EPOLL_C;
	cr_assert(pollset_is_ours(fds, 3));
	fds[1].fd = SOCK_B;
	cr_assert(pollset_is_ours(fds, 3));
}

Test(pollset, mixed_set_splits_and_merges_in_order)
{
	struct pollfd fds[] = {
		{.fd = FILE_D, .events = POLLIN, .revents = 99},
		{.fd = SOCK_B, .events = POLLOUT, .revents = 99},
		{.fd = -5, .events = POLLIN, .revents = 99},
		{.fd = SOCK_A, .events = POLLIN | POLLRDHUP},
		{.fd = FILE_E, .events = POLLOUT},
		{.fd = SOCK_A, .events = POLLPRI},
	};

	cr_assert(eq(int, pollset_init(&set, 6), 0));
	pollset_split(&set, fds, 6);
	cr_assert(eq(sz, set.nsocks, 3));
	cr_assert(eq(sz, set.nkernel, 3));
	cr_assert(eq(u64, set.socks[0].sock, 1002));
	cr_assert(eq(u64, set.socks[1].sock, 1001));
	cr_assert(eq(u32, set.socks[1].events, POLLIN | POLLRDHUP));
	cr_assert(eq(u32, set.socks[2].events, POLLPRI));
	cr_assert(eq(int, set.kernel[0].fd, FILE_D));
	cr_assert(eq(int, set.kernel[1].fd, -5));
	cr_assert(eq(int, set.kernel[2].fd, FILE_E));

	set.kernel[0].revents = POLLIN;
	set.kernel[1].revents = 0;
	set.kernel[2].revents = 0;
	set.socks[0].revents = POLLOUT | POLLERR;
	set.socks[1].revents = 0;
	set.socks[2].revents = POLLHUP;
	cr_assert(eq(int, pollset_merge(&set, fds, 6), 3));
	cr_assert(eq(int, fds[0].revents, POLLIN));
	cr_assert(eq(int, fds[1].revents, POLLOUT | POLLERR));
	cr_assert(eq(int, fds[2].revents, 0));
	cr_assert(eq(int, fds[3].revents, 0));
	cr_assert(eq(int, fds[4].revents, 0));
	cr_assert(eq(int, fds[5].revents, POLLHUP));
	pollset_fini(&set);
}

Test(pollset, epoll_with_stack_members_is_ready_when_either_side_is)
{
	struct pollfd fds[] = {{.fd = EPOLL_C, .events = POLLIN}};

	cr_assert(eq(int, pollset_init(&set, 1), 0));
	pollset_split(&set, fds, 1);
	cr_assert(eq(sz, set.nsocks, 1));
	cr_assert(eq(sz, set.nkernel, 1));
	cr_assert(eq(u64, set.socks[0].sock, 1003));

	set.socks[0].revents = POLLIN;
	set.kernel[0].revents = 0;
	cr_assert(eq(int, pollset_merge(&set, fds, 1), 1));
	set.socks[0].revents = 0;
	set.kernel[0].revents = POLLIN;
	cr_assert(eq(int, pollset_merge(&set, fds, 1), 1));
	set.kernel[0].revents = 0;
	cr_assert(eq(int, pollset_merge(&set, fds, 1), 0));
	pollset_fini(&set);
}

Test(pollset, other_names_of_events_are_answered_under_them)
{
	struct pollfd fds[] = {
		{.fd = SOCK_A, .events = POLLRDNORM | POLLRDBAND},
		{.fd = SOCK_B, .events = POLLWRNORM},
	};

	cr_assert(eq(int, pollset_init(&set, 2), 0));
	pollset_split(&set, fds, 2);
	cr_assert(eq(u32, set.socks[0].events, POLLIN));
	cr_assert(eq(u32, set.socks[1].events, POLLOUT));
	set.socks[0].revents = POLLIN;
	set.socks[1].revents = POLLOUT;
	cr_assert(eq(int, pollset_merge(&set, fds, 2), 2));
	cr_assert(eq(int, fds[0].revents, POLLRDNORM));
	cr_assert(eq(int, fds[1].revents, POLLWRNORM));
	pollset_fini(&set);
}

Test(pollset, stack_answers_nobody_asked_for_are_dropped)
{
	struct pollfd fds[] = {{.fd = SOCK_A, .events = 0}};

	cr_assert(eq(int, pollset_init(&set, 1), 0));
	pollset_split(&set, fds, 1);
	set.socks[0].revents = POLLIN | POLLOUT;
	cr_assert(eq(int, pollset_merge(&set, fds, 1), 0));
	set.socks[0].revents = POLLIN | POLLNVAL;
	cr_assert(eq(int, pollset_merge(&set, fds, 1), 1));
	cr_assert(eq(int, fds[0].revents, POLLNVAL));
	pollset_fini(&set);
}

/* A descriptor may be given out again while poll() sleeps. */
Test(pollset, merge_does_not_ask_the_table_again)
{
	struct pollfd fds[] = {
		{.fd = SOCK_A, .events = POLLIN},
		{.fd = FILE_D, .events = POLLIN},
	};

	cr_assert(eq(int, pollset_init(&set, 2), 0));
	pollset_split(&set, fds, 2);
	fdtab_dir[0][SOCK_A] = FDTAB_KERNEL;
	fdtab_dir[0][FILE_D] = FDTAB_SOCK | 1009;
	set.socks[0].revents = POLLIN;
	set.kernel[0].revents = 0;
	cr_assert(eq(int, pollset_merge(&set, fds, 2), 1));
	cr_assert(eq(int, fds[0].revents, POLLIN));
	cr_assert(eq(int, fds[1].revents, 0));
	pollset_fini(&set);
}

Test(pollset, big_sets_do_not_overflow)
{
	enum { N = 5000 };
	static struct pollfd fds[N];

	for (int i = 0; i < N; i++)
		fds[i] = (struct pollfd){
			.fd = i % 2 ? EPOLL_C : SOCK_A,
			.events = POLLIN,
		};
	cr_assert(eq(int, pollset_init(&set, N), 0));
	pollset_split(&set, fds, N);
	cr_assert(eq(sz, set.nsocks, N));
	cr_assert(eq(sz, set.nkernel, N / 2));
	for (int i = 0; i < N; i++)
		set.socks[i].revents = i == N - 1 ? POLLIN : 0;
	cr_assert(eq(int, pollset_merge(&set, fds, N), 1));
	cr_assert(eq(int, fds[N - 1].revents, POLLIN));
	pollset_fini(&set);
}

Test(pollset, deadlines_round_up_and_do_not_wrap)
{
	uint64_t before = stack_now();

	cr_assert(eq(u64, pollset_deadline(0, 0), 0));
	cr_assert(eq(u64, pollset_deadline(UINT64_MAX / 2, 0), UINT64_MAX));
	cr_assert(gt(u64, pollset_deadline(0, 1), before));
}

Test(pollset, timeouts_are_read_as_ppoll_says)
{
	uint64_t before = stack_now();
	struct timespec second = {1, 0};
	struct timespec wrong[] = {{-1, 0}, {0, -1}, {0, 1000000000}};
	uint64_t at;

	cr_assert(eq(int, pollset_read_timeout(NULL, &at), 0));
	cr_assert(eq(u64, at, UINT64_MAX));
	cr_assert(eq(int, pollset_read_timeout(&second, &at), 0));
	cr_assert(ge(u64, at, before + 1000000));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		cr_expect(
			eq(int, pollset_read_timeout(&wrong[i], &at), -EINVAL),
			"%zu", i);
}
