/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * ownfd_test.c - proves ownfd.c: ours live high, and move when claimed.
 */

#include "ownfd.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ground/critical.h"

static int delivered;

static void deliver(void)
{
	critical.pending = 0;
	delivered++;
}

/* What a handler may call takes no lock that its own thread holds. */
Test(ownfd, signals_wait_while_the_table_is_locked)
{
	int fd = open("/dev/null", O_RDONLY);
	int listed[4];

	critical_deliver = deliver;
	critical.pending = 1;
	ownfd_adopt(&fd);
	cr_assert(eq(int, delivered, 1));
	critical.pending = 1;
	ownfd_list(listed, 4);
	cr_assert(eq(int, delivered, 2));
	critical.pending = 1;
	ownfd_forget(&fd);
	cr_assert(eq(int, delivered, 3));
	cr_assert(eq(int, critical.depth, 0));
	ownfd_after_fork_in_child();
	cr_assert(eq(int, critical.depth, 0));
}

Test(ownfd, adopted_moves_up_and_is_listed)
{
	int low = open("/dev/null", O_RDONLY);
	int fd = low;
	int listed[4];

	cr_assert(eq(int, ownfd_adopt(&fd), 0));
	cr_assert(gt(int, fd, low));
	cr_assert(eq(int, fcntl(low, F_GETFD), -1));
	cr_assert(eq(int, fcntl(fd, F_GETFD), FD_CLOEXEC));
	cr_assert(eq(sz, ownfd_list(listed, 4), 1));
	cr_assert(eq(int, listed[0], fd));
	ownfd_forget(&fd);
	cr_assert(eq(sz, ownfd_list(listed, 4), 0));
}

Test(ownfd, claimed_number_is_left)
{
	int fd = open("/dev/null", O_RDONLY);
	int was;

	ownfd_adopt(&fd);
	was = fd;
	cr_assert(eq(int, ownfd_move(was), 0));
	cr_assert(ne(int, fd, was));
	cr_assert(ge(int, fcntl(fd, F_GETFD), 0));
	cr_assert(eq(int, ownfd_move(3), -ENOENT));
}

/* --- while one is being opened ----------------------------------------------
 */

enum { OPENINGS = 5000, LOOKS = 20 };

static int opener_is_done;

/* What a thread of the stack does while the program goes on. */
static void *open_many(void *arg)
{
	for (int i = 0; i < OPENINGS; i++) {
		struct ownfd_opening o;
		int fd;

		ownfd_open_begin(&o);
		fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		cr_assert(eq(int, ownfd_adopt(&fd), 0));
		ownfd_open_end(&o);
		ownfd_forget(&fd);
		close(fd);
	}
	__atomic_store_n(&opener_is_done, 1, __ATOMIC_RELEASE);
	return arg;
}

static bool is_null(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode);
}

/* What the program puts at a number that is free, it finds there. */
Test(ownfd, program_keeps_what_it_duplicates_while_ours_are_opened)
{
	pthread_t opener;

	cr_assert(eq(int, pthread_create(&opener, NULL, open_many, NULL), 0));
	while (!__atomic_load_n(&opener_is_done, __ATOMIC_ACQUIRE)) {
		int fd = open("/dev/null", O_RDWR);
		bool has_begun = ownfd_choose_begin();
		int to = dup2(fd, fd + 1);

		ownfd_choose_end(has_begun);
		cr_assert(eq(int, to, fd + 1), "errno %d", errno);
		for (int i = 0; i < LOOKS; i++)
			cr_assert(is_null(to));
		close(to);
		close(fd);
	}
	pthread_join(opener, NULL);
}

/* In a signal handler, too, that interrupts another one's dup2(). */
Test(ownfd, choosing_nests)
{
	bool outer = ownfd_choose_begin();
	bool inner = ownfd_choose_begin();
	struct ownfd_opening o;

	cr_assert(outer && inner);
	ownfd_choose_end(inner);
	ownfd_choose_end(outer);
	/* None is left that an opening would wait for. */
	ownfd_open_begin(&o);
	ownfd_open_end(&o);
	cr_assert(ownfd_choose_begin());
	ownfd_choose_end(true);
}
