/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * passed_test.c - proves passed.c: every descriptor once, and nothing beyond
 * the control data, whatever lengths stand in it.
 */

#include "passed.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

static int seen[16];
static size_t nseen;

static void note(int fd)
{
	if (nseen < sizeof(seen) / sizeof(seen[0]))
		seen[nseen] = fd;
	nseen++;
}

/* A message of exactly `len` bytes on the heap, so that sanitizers see a
 * step beyond it. */
static struct msghdr message(const void *control, size_t len)
{
	struct msghdr msg = {.msg_control = malloc(len), .msg_controllen = len};

	memcpy(msg.msg_control, control, len);
	nseen = 0;
	return msg;
}

static size_t put(char *to, int type, size_t claimed, const int *fds, size_t n)
{
	struct cmsghdr head = {claimed, SOL_SOCKET, type};

	memset(to, 0, CMSG_SPACE(n * sizeof(int)));
	memcpy(to, &head, sizeof(head));
	memcpy(to + CMSG_LEN(0), fds, n * sizeof(int));
	return CMSG_SPACE(n * sizeof(int));
}

Test(passed, every_descriptor_of_every_message_once)
{
	int a[] = {3, 4, 5}, b[] = {9};
	char control[256];
	size_t n = put(control, SCM_RIGHTS, CMSG_LEN(sizeof(a)), a, 3);
	struct msghdr msg;

	n += put(control + n, SCM_CREDENTIALS, CMSG_LEN(sizeof(b)), b, 1);
	n += put(control + n, SCM_RIGHTS, CMSG_LEN(sizeof(b)), b, 1);
	msg = message(control, n);
	passed_each(&msg, note);
	cr_assert(eq(sz, nseen, 4));
	cr_assert(eq(int, seen[0], 3));
	cr_assert(eq(int, seen[2], 5));
	cr_assert(eq(int, seen[3], 9));
	free(msg.msg_control);
}

Test(passed, impossible_length_ends_the_walk)
{
	static const size_t claims[] = {0, 1, sizeof(struct cmsghdr) - 1,
					CMSG_LEN(64), (size_t)-1};
	int a[] = {3};
	char control[64];
	size_t n = CMSG_SPACE(sizeof(a));

	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
		struct msghdr msg;

		put(control, SCM_RIGHTS, claims[i], a, 1);
		msg = message(control, n);
		passed_each(&msg, note);
		cr_expect(eq(sz, nseen, 0), "claimed %zu", claims[i]);
		free(msg.msg_control);
	}
}

Test(passed, no_control_data_has_no_descriptors)
{
	struct msghdr msg = {0};

	nseen = 0;
	passed_each(&msg, note);
	cr_assert(eq(sz, nseen, 0));
}
