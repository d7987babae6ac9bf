/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * keep.c - starts the keeper of our stack
 *
 * What this room is for
 *   See keep.h. A helper is cloned that tells nobody when it ends, clones the
 *   keeper and ends: then the keeper is nobody's child here. Both share our
 *   memory until the keeper's program runs, so nothing is copied, however
 *   large the program is; the calling thread waits meanwhile (0.3 ms).
 *
 *   A process that gets the orphans of others (process 1, a subreaper) would
 *   see the keeper as its child for ever: it has none, and delivers itself.
 *
 * Never      runs libc in the two clones: errno and the locks are the thread's
 *            that waits for them.
 * Follows    clone(2) on CLONE_VFORK and on children without a signal; wait(2)
 *            on __WCLONE; prctl(2) on PR_SET_CHILD_SUBREAPER.
 * Proved by  integration/keeper.sh
 */

#include "keep.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ground/config.h"
#include "exec.h"
#include "ground/raw.h"
#include "ground/ret.h"

enum { STACK_BYTES = 32 << 10 };

/* [I] after keep_find(); empty: there is none. */
static char program[PATH_MAX];

void keep_find(void)
{
	static const char name[] = "/nsshim-keeper";
	Dl_info us;
	char *slash;

	if (!dladdr((void *)(uintptr_t)&keep_find, &us) || !us.dli_fname ||
	    !realpath(us.dli_fname, program)) {
		program[0] = '\0';
		return;
	}
	slash = strrchr(program, '/');
	if (!slash || slash + sizeof(name) > program + sizeof(program) ||
	    !memcpy(slash, name, sizeof(name)) || access(program, X_OK))
		program[0] = '\0';
}

/* What the clones work with, in the memory of the thread that waits. */
struct birth {
	char *argv[6];
	char *const *envp;
	struct stack_family family;
	int lifeline; /* its reading end, or -1 */
	char *stack;
	long pid;   /* of the keeper */
	long error; /* of its exec */
};

static int become_keeper(void *arg)
{
	struct birth *b = arg;

	/* Our descriptor table, not the program's: nothing else goes along. */
	raw3(SYS_close_range, 0, ~0u, CLOSE_RANGE_CLOEXEC);
	raw3(SYS_fcntl, b->family.arena, F_SETFD, 0);
	for (size_t i = 0; i < b->family.nlinks; i++)
		raw3(SYS_fcntl, b->family.links[i], F_SETFD, 0);
	if (b->lifeline >= 0)
		raw3(SYS_fcntl, b->lifeline, F_SETFD, 0);
	raw1(SYS_setsid, 0);
	b->error =
		raw3(SYS_execve, (long)program, (long)b->argv, (long)b->envp);
	raw1(SYS_exit_group, 1);
	return 0;
}

static int help(void *arg)
{
	struct birth *b = arg;

	b->pid = clone(become_keeper, b->stack + STACK_BYTES,
		       CLONE_VM | CLONE_VFORK | CLONE_UNTRACED | SIGCHLD, b);
	raw1(SYS_exit_group, 0);
	return 0;
}

static bool gets_orphans(void)
{
	int subreaper = 0;

	raw3(SYS_prctl, PR_GET_CHILD_SUBREAPER, (long)&subreaper, 0);
	return subreaper || raw1(SYS_getpid, 0) == 1;
}

/* All signals wait: a handler must not run in a clone. */
static void give_birth(struct birth *b)
{
	uint64_t all = ~0ull, old;
	int saved = errno;
	int helper;

	raw6(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)&old, 8, 0, 0);
	helper = clone(help, b->stack + 2 * STACK_BYTES,
		       CLONE_VM | CLONE_VFORK | CLONE_UNTRACED, b);
	if (helper > 0)
		raw6(SYS_wait4, helper, 0, __WCLONE, 0, 0, 0);
	raw6(SYS_rt_sigprocmask, SIG_SETMASK, (long)&old, 0, 8, 0, 0);
	if (helper < 0)
		b->error = -errno;
	shim_errno_restore(saved);
}

/* One end for all processes of the stack, the other for the keeper. */
static int make_lifeline(void)
{
	int ends[2];
	long ret = raw3(SYS_pipe2, (long)ends, O_CLOEXEC, 0);

	if (ret < 0)
		return (int)ret;
	stack_hold_lifeline(ends[1]);
	stack_let_inherit(true);
	return ends[0];
}

int keep_start(bool with_lifeline)
{
	struct birth b = {.lifeline = -1, .pid = -EAGAIN};
	char text[STACK_FAMILY_TEXT], line[16];
	long stack;

	if (!program[0] || gets_orphans())
		return -ENOTSUP;
	if (!stack_get_family(&b.family))
		return -ENOENT;
	stack = raw6(SYS_mmap, 0, 2 * STACK_BYTES, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (stack < 0 && stack > -4096)
		return (int)stack;
	if (with_lifeline)
		b.lifeline = make_lifeline();
	b.stack = (char *)stack;
	/* The writing end is not for who waits at the other one. */
	b.family.lifeline = -1;
	b.family.lifeline_inode = 0;
	if (stack_write_family(&b.family, text, sizeof(text)) < 0)
		text[0] = '\0';
	snprintf(line, sizeof(line), "%d", b.lifeline);
	b.argv[0] = (char *)"nsshim-keeper";
	b.argv[1] = (char *)(config.stack.link ? config.stack.link : "-");
	b.argv[2] = (char *)(config.name ? config.name : "-");
	b.argv[3] = text;
	b.argv[4] = line;
	b.envp = exec_settings();
	give_birth(&b);
	if (b.lifeline >= 0)
		raw1(SYS_close, b.lifeline);
	raw3(SYS_munmap, stack, 2 * STACK_BYTES, 0);
	return (int)(b.error ? b.error : b.pid);
}
