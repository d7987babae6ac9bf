/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sandbox_test.c - proves sandbox.c: what the head allows, and what it leaves
 *
 * Filters are installed in children, whose exit status tells. The library is
 * linked into this test, so its own code is that of the test; libc's is not.
 */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ground/raw.h"
#include "sandbox.h"

/* The program's: nothing is allowed but the end; all else is EACCES. */
static struct sock_filter strict[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
};
static const struct sock_fprog theirs = {4, strict};

static void confine(const struct sock_fprog *filter)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filter))
		_exit(99);
}

/* What `child` returns in a process that has `filter`. */
static int in_child(const struct sock_fprog *filter, int (*child)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int result;

		confine(filter);
		result = child();
		/* Before _exit() a sanitizer makes calls of its own. */
		for (;;)
			raw1(SYS_exit_group, result);
	}
	cr_assert(eq(int, waitpid(pid, &status, 0), pid));
	cr_assert(eq(int, WIFEXITED(status), 1));
	return WEXITSTATUS(status);
}

static int ours_asks(void)
{
	return raw1(SYS_getpid, 0) > 0 ? 1 : 2;
}

static int libc_asks(void)
{
	return getppid() > 0 || getpid() > 0 ? 1 : 2;
}

static int ours_asks_for_unix(void)
{
	return raw3(SYS_socket, AF_UNIX, SOCK_DGRAM, 0) >= 0 ? 1 : 2;
}

static int ours_asks_for_inet(void)
{
	return raw3(SYS_socket, AF_INET, SOCK_DGRAM, 0) == -EACCES ? 1 : 2;
}

static int ours_asks_for_a_file(void)
{
	return raw6(SYS_openat, -100, (long)"/", 0, 0, 0, 0) == -EACCES ? 1 : 2;
}

/* The test's own proof: without the head nothing of this is allowed. */
Test(sandbox, filter_alone_refuses_ours)
{
	cr_assert(eq(int, in_child(&theirs, ours_asks), 2));
}

Test(sandbox, head_allows_calls_of_the_list_from_our_code)
{
	struct sock_filter room[SANDBOX_HEAD_MAX + 4];
	struct sock_fprog f = sandbox_extend(&theirs, room);

	cr_assert(eq(int, in_child(&f, ours_asks), 1));
	cr_assert(eq(int, in_child(&f, ours_asks_for_unix), 1));
}

Test(sandbox, head_leaves_all_others_to_the_program)
{
	struct sock_filter room[SANDBOX_HEAD_MAX + 4];
	struct sock_fprog f = sandbox_extend(&theirs, room);

	cr_assert(eq(int, in_child(&f, libc_asks), 2));
	cr_assert(eq(int, in_child(&f, ours_asks_for_inet), 1));
	cr_assert(eq(int, in_child(&f, ours_asks_for_a_file), 1));
}

Test(sandbox, head_ends_with_the_code)
{
	struct sock_filter head[SANDBOX_HEAD_MAX + 4];
	struct sock_fprog f = {0, head};
	const void *begin, *end;

	cr_assert(eq(int, sandbox_own_code(&begin, &end), 0));
	f.len = (unsigned short)sandbox_head(head, begin, (char *)begin + 1);
	cr_assert(gt(int, f.len, 0));
	for (int i = 0; i < 4; i++)
		head[f.len++] = strict[i];
	cr_assert(eq(int, in_child(&f, ours_asks), 2));
}

Test(sandbox, impossible_code_gets_no_head)
{
	struct sock_filter head[SANDBOX_HEAD_MAX];

	cr_assert(eq(sz, sandbox_head(head, head, head), 0));
	cr_assert(eq(sz,
		     sandbox_head(head, (void *)0xfffffff0, (void *)(1L << 32)),
		     0));
}

Test(sandbox, a_filter_of_full_length_stays_as_it_is)
{
	const struct sock_fprog full = {BPF_MAXINSNS, strict};

	cr_assert(eq(sz, sandbox_room(&full), 0));
	cr_assert(eq(sz, sandbox_room(NULL), 0));
}
