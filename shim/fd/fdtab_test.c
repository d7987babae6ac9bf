/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * fdtab_test.c - proves fdtab.c: one socket, its descriptors, its last close.
 */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "fdtab.h"
#include "holder.h"

static sock_id sock;
static int fd;

static void open_one(void)
{
	shim_started = true;
	cr_assert(eq(int, stack_boot(NULL, NULL, 0), 0));
	cr_assert(eq(int, stack_socket(AF_INET, SOCK_DGRAM, 0, &sock), 0));
	fd = holder_open(SOCK_CLOEXEC);
	cr_assert(ge(int, fd, 0));
	cr_assert(eq(int, holder_tie(fd, sock), 0));
}

TestSuite(fdtab, .init = open_one);

static bool is_alive(void)
{
	return stack_type(sock) == SOCK_DGRAM;
}

Test(fdtab, tied_holder_is_the_socket)
{
	cr_assert(eq(u64, fdtab_sock(fd), sock));
	cr_assert(eq(u64, stack_by_inode(0), 0));
}

Test(fdtab, unknown_file_becomes_the_kernels)
{
	int file = open("/dev/null", O_RDONLY);

	cr_assert(eq(u64, fdtab_load(file), FDTAB_UNKNOWN));
	cr_assert(eq(u64, fdtab_sock(file), 0));
	cr_assert(eq(u64, fdtab_load(file), FDTAB_KERNEL));
}

/* Nothing may be remembered of a number that nobody has. */
Test(fdtab, closed_number_stays_unknown)
{
	cr_assert(eq(u64, fdtab_get(700), FDTAB_KERNEL));
	cr_assert(eq(u64, fdtab_load(700), FDTAB_UNKNOWN));
	cr_assert(eq(u64, fdtab_get(-1), FDTAB_KERNEL));
	cr_assert(eq(u64, fdtab_get(FDTAB_LIMIT), FDTAB_KERNEL));
}

/* A copy that came past every hook is found by the holder's inode. */
Test(fdtab, unseen_duplicate_is_adopted)
{
	int copy = dup(fd);

	cr_assert(eq(u64, fdtab_sock(copy), sock));
}

Test(fdtab, last_descriptor_closes_the_socket)
{
	fdtab_word word = fdtab_take(fd);

	cr_assert(eq(u64, fdtab_load(fd), FDTAB_UNKNOWN));
	close(fd);
	fdtab_release(fd, word);
	cr_assert(not(is_alive()));
}

Test(fdtab, duplicate_keeps_the_socket)
{
	fdtab_word word = fdtab_mark_duped(fd, fdtab_load(fd));
	int copy = dup(fd);

	cr_assert(eq(int, fdtab_set(copy, word), 0));

	fdtab_release(fd, fdtab_take(fd));
	cr_assert(is_alive());
	fdtab_release(copy, fdtab_take(copy));
	cr_assert(not(is_alive()));
}

/* A number the kernel gave anew proves a close behind our back. */
Test(fdtab, reused_number_tears_the_old_socket_down)
{
	fdtab_heal(fd);
	cr_assert(not(is_alive()));
	cr_assert(eq(u64, fdtab_load(fd), FDTAB_KERNEL));
}

static void close_three(int a, int b, int c)
{
	const int all[] = {a, b, c};

	for (int i = 0; i < 3; i++) {
		fdtab_word word = fdtab_take(all[i]);

		close(all[i]);
		fdtab_release(all[i], word);
	}
}

/* Shared with another process: the kernel knows whether anybody holds it. */
Test(fdtab, copy_elsewhere_keeps_the_shared_socket)
{
	fdtab_word word;
	int elsewhere;

	fdtab_share(fd);
	elsewhere = fcntl(fd, F_DUPFD, 900); /* as a child's would be */
	word = fdtab_take(fd);
	cr_assert(ne(u64, word & FDTAB_SHARED, 0));
	close(fd);
	fdtab_release(fd, word);
	cr_assert(is_alive());

	close(elsewhere);
	fdtab_release(fd, word);
	cr_assert(not(is_alive()));
}

/* Whichever of its descriptors goes last has to ask. */
Test(fdtab, sharing_one_marks_its_duplicates)
{
	fdtab_word word = fdtab_mark_duped(fd, fdtab_load(fd));
	int copy = dup(fd), later, elsewhere;

	cr_assert(eq(int, fdtab_set(copy, word), 0));
	fdtab_share(fd);
	cr_assert(ne(u64, fdtab_load(copy) & FDTAB_SHARED, 0));
	/* A mark that was lost is found again: the name is there already. */
	later = dup(fd);
	cr_assert(eq(int, fdtab_set(later, word), 0));
	fdtab_share(later);
	cr_assert(ne(u64, fdtab_load(later) & FDTAB_SHARED, 0));

	elsewhere = fcntl(fd, F_DUPFD, 900); /* as a child's would be */
	close_three(fd, copy, later);
	cr_assert(is_alive());
	close(elsewhere);
}

Test(fdtab, high_number_grows_the_table)
{
	int high = FDTAB_LEAF_SLOTS * 3 + 5;

	cr_assert(eq(int, fdtab_set(high, FDTAB_SOCK | FDTAB_DUPED | sock), 0));
	cr_assert(eq(u64, fdtab_sock(high), sock));
	cr_assert(eq(int, fdtab_find(FDTAB_SOCK | sock), fd));
	cr_assert(eq(int, fdtab_set(FDTAB_LIMIT, FDTAB_SOCK | sock), -EMFILE));
}

Test(fdtab, epoll_gets_one_set)
{
	int epfd = open("/dev/null", O_RDONLY);
	sock_id first = 0, second = 0;

	cr_assert(eq(int, fdtab_make_epoll(epfd, &first), 0));
	cr_assert(eq(int, fdtab_make_epoll(epfd, &second), 0));
	cr_assert(eq(u64, first, second));
	cr_assert(eq(u64, fdtab_epoll(epfd), first));
	fdtab_release(epfd, fdtab_take(epfd));
	cr_assert(eq(int, stack_epoll_free(first), -EBADF));
}

static void count(int at, fdtab_word word, void *context)
{
	(void)word;
	*(int *)context += at == fd;
}

Test(fdtab, each_visits_only_ours_in_range)
{
	int seen = 0;

	fdtab_each(0, FDTAB_LIMIT - 1, count, &seen);
	cr_assert(eq(int, seen, 1));
	fdtab_each(fd + 1, FDTAB_LIMIT - 1, count, &seen);
	cr_assert(eq(int, seen, 1));
}
