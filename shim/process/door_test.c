/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * door_test.c - proves door.c: who is answered, and what nonsense does
 *
 * Both sides are in this process; the keeper's is played by a thread.
 */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "door.h"

static char name[40];
static int door;

static void open_it(void)
{
	snprintf(name, sizeof(name), "test%d", getpid());
	door = door_open("name", name);
	cr_assert(ge(int, door, 0));
}

TestSuite(door, .init = open_it);

/* Sends bytes to the door as a stranger would. */
static void throw_at_door(const void *bytes, size_t n)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	int len = snprintf(un.sun_path + 1, sizeof(un.sun_path) - 1,
			   "nsshim/name/%s", name);

	cr_assert(ge(int, fd, 0));
	cr_assert(eq(
		int,
		(int)sendto(fd, bytes, n, 0, (struct sockaddr *)&un,
			    (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
					1 + (size_t)len)),
		(int)n));
	close(fd);
}

/* One knock comes; its answer is an error or descriptors. */
static int say;
static enum door_wish heard;
static int ends_of_pipe[2];

static void *answer_one(void *arg)
{
	struct stack_family gift = {.arena = 0,
				    .lifeline = ends_of_pipe[1],
				    .links = {1, 2},
				    .nlinks = 2,
				    .id = 4711};
	struct pollfd p = {door, POLLIN, 0};
	struct door_guest guest;

	(void)arg;
	poll(&p, 1, 60000);
	cr_assert(eq(int, door_next(door, &guest), 0));
	heard = guest.wish;
	door_answer(door, &guest, say, say ? NULL : &gift);
	return NULL;
}

static int knock(enum door_wish wish, struct stack_family *gift)
{
	pthread_t thread;
	int ret;

	pthread_create(&thread, NULL, answer_one, NULL);
	ret = door_knock("name", name, wish, 5, 60000, gift);
	pthread_join(thread, NULL);
	return ret;
}

Test(door, nobody_there_is_said)
{
	struct stack_family gift;

	cr_assert(eq(int,
		     door_knock("name", "nobody-has-this", DOOR_JOIN, 0, 1000,
				&gift),
		     -ENOENT));
}

Test(door, a_name_is_had_once)
{
	cr_assert(eq(int, door_open("name", name), -EADDRINUSE));
}

Test(door, a_knock_is_answered_with_descriptors)
{
	struct stack_family gift;

	struct stat st;

	cr_assert(eq(int, pipe(ends_of_pipe), 0));
	cr_assert(eq(int, knock(DOOR_TAKE, &gift), 0));
	cr_assert(eq(int, (int)heard, DOOR_TAKE));
	cr_assert(eq(u64, gift.id, 4711));
	cr_assert(eq(int, fstat(ends_of_pipe[0], &st), 0));
	cr_assert(eq(u64, gift.lifeline_inode, st.st_ino));
	cr_assert(eq(sz, gift.nlinks, 2));
	cr_assert(eq(int, close(gift.arena), 0));
	cr_assert(eq(int, close(gift.lifeline), 0));
	for (size_t i = 0; i < gift.nlinks; i++)
		cr_assert(eq(int, close(gift.links[i]), 0));
}

Test(door, a_knock_is_answered_with_an_error)
{
	struct stack_family gift;

	say = -EBUSY;
	cr_assert(eq(int, knock(DOOR_JOIN, &gift), -EBUSY));
}

Test(door, a_keeper_that_is_silent_is_given_up)
{
	struct stack_family gift;

	cr_assert(eq(int, door_knock("name", name, DOOR_JOIN, 0, 1, &gift),
		     -ETIMEDOUT));
}

/* Every shorter length, and words that are no wishes. */
Test(door, nonsense_is_told_from_knocks)
{
	struct {
		uint64_t magic;
		int32_t word;
		uint32_t zero;
		uint64_t key;
	} text = {0x6e737368696d4401ull, DOOR_JOIN, 0, 0};
	struct door_guest guest;

	for (size_t n = 0; n < sizeof(text); n++) {
		throw_at_door(&text, n);
		cr_expect(eq(int, door_next(door, &guest), -EINVAL));
	}
	text.word = -1;
	throw_at_door(&text, sizeof(text));
	cr_expect(eq(int, door_next(door, &guest), -EINVAL));
	text.word = DOOR_NWISHES;
	throw_at_door(&text, sizeof(text));
	cr_expect(eq(int, door_next(door, &guest), -EINVAL));
	text.word = DOOR_REJOIN;
	throw_at_door(&text, sizeof(text));
	cr_expect(eq(int, door_next(door, &guest), 0));
	cr_expect(eq(int, door_next(door, &guest), -EAGAIN));
}
