/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * start.c - start-up and the end of the process
 *
 * What this room is for
 *   Start-up is the list in start(). It fails closed: a configuration that does
 *   not parse or a stack that cannot be made is one line on stderr and the end
 *   of the program, before it did anything.
 *
 *   The first program makes the stack; what it executes joins it, because two
 *   descriptors (the arena's and the device's) survive exec and NSSHIM_FAMILY
 *   says which. Where something has closed them and the process in
 *   NSSHIM_HELD_BY still lives, the program runs without a stack: its sockets
 *   fail with ENETDOWN, and never go to the host's network.
 *
 *   At the end every socket is closed, and the keeper (keep.c) delivers what
 *   send() took, as the kernel would after its process is gone. Where there is
 *   no keeper, the process waits for that, some seconds at most.
 *
 * Never      starts a thread; the stack does, with the first socket.
 * Follows    _exit(2), quick_exit(3).
 * Proved by  integration/bad_config.sh
 */

#include "start.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "wait/block.h"
#include "fd/close.h"
#include "ground/config.h"
#include "process/enter.h"
#include "process/exec.h"
#include "fd/fdopen.h"
#include "process/fork.h"
#include "fd/holder.h"
#include "process/keep.h"
#include "ground/raw.h"
#include "ground/real.h"
#include "ground/ret.h"
#include "process/rlimit.h"
#include "process/target.h"
#include "ground/shim.h"
#include "wait/signal.h"

/* How long the end of a process without a keeper waits for the peers. */
#define DRAIN_US 5000000ull

/* How long a program waits for an address before its first line. */
#define ADDRESS_WAIT_US 10000000ull

enum {
	EXIT_NO_STACK = 1,
	WHY_MAX = 512,
	/* A failed try leaves descriptors behind. */
	TRIES_MAX = 8,
};

static const char held_by[] = "NSSHIM_HELD_BY";
static const char family[] = "NSSHIM_FAMILY";
static const char die_inside[] = "NSSHIM_DIE_INSIDE";
static pthread_mutex_t once = PTHREAD_MUTEX_INITIALIZER;

static void say(const char *text)
{
	char line[WHY_MAX + 16];
	int n = snprintf(line, sizeof(line), "nsshim: %s\n", text);

	if (n > (int)sizeof(line) - 1)
		n = (int)sizeof(line) - 1;
	raw3(SYS_write, STDERR_FILENO, (long)line, n);
}

__attribute__((noreturn)) static void fail(const char *why)
{
	say(why);
	for (;;)
		raw1(SYS_exit_group, EXIT_NO_STACK);
}

/* Does another living process of ours hold the device? */
static bool has_holder(void)
{
	const char *value = getenv(held_by);
	long pid = value ? strtol(value, NULL, 10) : 0;

	return pid > 1 && pid != raw1(SYS_getpid, 0) &&
	       raw3(SYS_kill, pid, 0, 0) != -ESRCH;
}

/* What the programs that this one executes must know. */
static void tell_children(void)
{
	char value[STACK_FAMILY_TEXT];

	if (stack_export(value, sizeof(value)) == 0)
		setenv(family, value, 1);
	snprintf(value, sizeof(value), "%ld", raw1(SYS_getpid, 0));
	setenv(held_by, value, 1);
}

/* The log goes to its own descriptor, high above the program's. */
static int open_log(void)
{
	static int opened = -1;
	long fd, high;

	if (!config.log_file)
		return STDERR_FILENO;
	if (opened >= 0)
		return opened;
	fd = raw6(SYS_openat, AT_FDCWD, (long)config.log_file,
		  O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644, 0, 0);
	if (fd < 0)
		return -1;
	high = raw3(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 700);
	if (high >= 0)
		raw1(SYS_close, fd);
	opened = (int)(high >= 0 ? high : fd);
	return opened;
}

/* https://no-color.org: any value that is not empty. */
static bool shows_colours(int fd)
{
	const char *no = getenv("NO_COLOR");
	struct termios unused;

	return !(no && *no) && raw3(SYS_ioctl, fd, TCGETS, (long)&unused) == 0;
}

/* Programs look up, bind and connect with their first lines. */
static void wait_for_address(void)
{
	char why[WHY_MAX];

	if (stack_wait_for_address(ADDRESS_WAIT_US, why, sizeof(why)) ==
	    -ETIMEDOUT)
		say(why);
}

/* Is there work also while no program has a socket? A router passes on. */
static bool needs_keeper(void)
{
	return config.stack.dhcp4 || config.stack.forward;
}

/* What the network lends is looked after while programs do without sockets, and
 * given back when the last one has ended: both are the keeper's. */
static void get_address(void)
{
	wait_for_address();
	if (!needs_keeper())
		return;
	stack_need_keeper();
	tell_children();
}

/* Joins the stack of who started us, or makes one. */
static int join_or_boot(char *why, size_t why_size)
{
	struct stack_config c = config.stack;
	int ret;

	c.log_fd = open_log();
	if (c.log_fd < 0) {
		snprintf(why, why_size, "NSSHIM_LOG: cannot open %s",
			 config.log_file);
		return -EIO;
	}
	c.log_colour = shows_colours(c.log_fd);
	/* Where it may not be raised, a stack that is made here takes less. */
	(void)rlimit_make_room();
	ret = enter_stack(&c, why, why_size);
	if (ret != -ENOENT) {
		if (ret == 0) {
			tell_children();
			get_address();
		}
		return ret;
	}
	ret = stack_boot(&c, why, why_size);
	if (ret == -EBUSY) {
		ret = enter_when_open(&c, why, why_size);
		if (ret == 0) {
			tell_children();
			get_address();
			return 0;
		}
		ret = stack_boot(&c, why, why_size);
	}
	if (ret)
		return ret;
	tell_children();
	exec_remember();
	ret = enter_name(why, why_size);
	if (ret == 0)
		get_address();
	return ret;
}

static int start_keeper(void)
{
	return keep_start(config.name != NULL || needs_keeper());
}

static void end(void);

static void start(void)
{
	char why[WHY_MAX] = "";

	/* libc's functions first: everything below may call them. */
	real_find();

	if (config_read(why, sizeof(why)))
		fail(why);
	/* Handlers of the program must not meet a held lock. */
	signal_start();
	keep_find();
	stack_set_keeper_hook(start_keeper);
	if (join_or_boot(why, sizeof(why)) && !has_holder())
		fail(why);

	if (target_am_go())
		stack_warn("this is a Go program: it makes system calls of its "
			   "own, and is on the host's network with them");
	stack_set_held_hook(holder_is_held);
	if (getenv(die_inside))
		stack_die_inside(
			(uint32_t)strtoul(getenv(die_inside), NULL, 10));
	/* While the environment is still the one we were started with. */
	if (stack_is_up())
		holder_draw_key();
	fork_start();
	exec_remember();
	at_quick_exit(end);
	__atomic_store_n(&shim_started, true, __ATOMIC_RELEASE);

	/* Sockets that came along through exec. */
	exec_adopt();
	fdopen_adopt_standard();
}

static void start_once(void)
{
	if (shim_is_ready())
		return;
	pthread_mutex_lock(&once);
	if (!shim_is_ready())
		start();
	pthread_mutex_unlock(&once);
}

__attribute__((constructor)) static void construct(void)
{
	start_once();
}

/* A socket in a program that found no stack: has the holder gone? */
static int boot_now(void)
{
	static int failures;
	char why[WHY_MAX] = "";
	int err;

	pthread_mutex_lock(&once);
	if (!stack_is_up() && failures < TRIES_MAX) {
		err = join_or_boot(why, sizeof(why));
		if (err && !failures++)
			say(why);
	}
	pthread_mutex_unlock(&once);
	return stack_is_up() ? 0 : -ENETDOWN;
}

int start_stack(void)
{
	start_once();
	return LIKELY(stack_is_up()) ? 0 : boot_now();
}

void shim_need_start(void)
{
	start_stack();
}

static void close_visited(int fd, fdtab_word word, void *context)
{
	(void)context;
	close_ours(fd, word);
}

/* What came, went and was refused, for whoever asked for a talkative log. */
static void tell_counters(void)
{
	if (config.verbose && fdtab_was_used() && !fork_has_parent())
		stack_print_stats(open_log());
}

/* Once, by whichever way the process ends. */
static void end(void)
{
	if (!shim_is_ready() || !stack_is_up() || fork_is_vfork_child())
		return;
	if (__atomic_exchange_n(&shim_ender, raw1(SYS_gettid, 0),
				__ATOMIC_ACQ_REL))
		return;
	fdtab_each(0, FDTAB_LIMIT - 1, close_visited, NULL);
	block_end();
	/* While others live their stack threads deliver for us. */
	if (fdtab_was_used())
		stack_drain(DRAIN_US);
	tell_counters();
	/* For good: the thread shall not be killed in the middle of a turn,
	 * which other processes would have to repair. */
	stack_hold();
}

__attribute__((destructor)) static void destruct(void)
{
	fdopen_flush();
	end();
}

__attribute__((noreturn)) SHIM_EXPORT void _exit(int status)
{
	end();
	for (;;)
		raw1(SYS_exit_group, status);
}

SHIM_ALIAS(_exit, _Exit);
