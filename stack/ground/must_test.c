/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * must_test.c - proves must.c: a false condition ends the program with a
 * message that names it, the last log lines and the callers.
 */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"
#include "must.h"

static char said[16384];

/* Runs `body` in a child; returns how it ended, leaves what it said. */
static int run_child(void (*body)(void))
{
	size_t have = 0;
	ssize_t n;
	int ends[2], status;
	pid_t child;

	cr_assert(eq(int, pipe(ends), 0));
	child = fork();
	cr_assert(ge(int, child, 0));
	if (child == 0) {
		signal(SIGABRT, SIG_DFL);
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		body();
		_exit(0);
	}
	close(ends[1]);
	while ((n = read(ends[0], said + have, sizeof(said) - 1 - have)) > 0)
		have += (size_t)n;
	said[have] = '\0';
	close(ends[0]);
	waitpid(child, &status, 0);
	return status;
}

static void keep_a_promise(void)
{
	MUST(1 + 1 == 2);
}

__attribute__((noinline)) static void break_a_promise(void)
{
	static const struct log_levels info = {{LOG_INFO}};

	log_open(-1, &info);
	log_info("the line before");
	MUST(1 + 1 == 3);
}

Test(must, true_condition_goes_on)
{
	int status = run_child(keep_a_promise);

	cr_assert(eq(int, !WIFEXITED(status), 0));
	cr_assert(eq(str, said, ""));
}

Test(must, false_condition_aborts_and_says_why)
{
	int status = run_child(break_a_promise);

	cr_assert(eq(int, !WIFSIGNALED(status), 0));
	cr_assert(eq(int, WTERMSIG(status), SIGABRT));
	cr_assert(strstr(said, "1 + 1 == 3") != NULL, "said: %s", said);
	cr_assert(strstr(said, "break_a_promise()") != NULL, "said: %s", said);
	cr_assert(strstr(said, "must_test.c:") != NULL, "said: %s", said);
	cr_assert(strstr(said, "the line before") != NULL, "said: %s", said);
}

/* Either frames, or one line that says why there are none. */
Test(must, false_condition_shows_the_callers)
{
	run_child(break_a_promise);
	cr_assert(strstr(said, "  #1 ") != NULL ||
			  strstr(said, "no backtrace: ") != NULL,
		  "said: %s", said);
}
