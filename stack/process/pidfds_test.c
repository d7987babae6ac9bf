/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * pidfds_test.c - proves pidfds.c with children of its own
 */
#include "pidfds.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* A child that does nothing until it is killed. */
static pid_t start_child(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

/* Ends it; nobody has waited for it yet. */
static void kill_child(pid_t pid)
{
	siginfo_t info;

	kill(pid, SIGKILL);
	waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
}

static void end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

Test(pidfds, the_end_of_a_process_is_heard_before_it_is_waited_for)
{
	pid_t pid = start_child();

	cr_assert(pidfds_watch(3, pid));
	cr_expect(not(pidfds_has_ended(3)));
	kill_child(pid);
	cr_expect(pidfds_has_ended(3));
	end_child(pid);
	pidfds_forget(3);
}

Test(pidfds, who_is_gone_cannot_be_watched)
{
	pid_t pid = start_child();
	struct pollfd fds[LIMIT_FAMILY];

	end_child(pid);
	cr_expect(not(pidfds_watch(3, pid)));
	cr_expect(not(pidfds_has_ended(3)));
	cr_expect(eq(ulong, pidfds_list(fds, NULL), 0));
}

Test(pidfds, an_entry_that_changes_hands_is_watched_anew)
{
	pid_t first = start_child(), second = start_child();
	struct pollfd fds[LIMIT_FAMILY];
	uint32_t who[LIMIT_FAMILY];

	cr_assert(pidfds_watch(3, first));
	cr_assert(pidfds_watch(3, first));
	cr_assert(pidfds_watch(3, second));
	cr_assert(eq(ulong, pidfds_list(fds, who), 1));
	cr_expect(eq(u32, who[0], 3));
	kill_child(first);
	cr_expect(not(pidfds_has_ended(3)));
	kill_child(second);
	cr_expect(pidfds_has_ended(3));
	pidfds_after_fork_in_child();
	cr_expect(eq(ulong, pidfds_list(fds, who), 0));
	end_child(first);
	end_child(second);
}
