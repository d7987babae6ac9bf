/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * start.c - start-up and the end of the process
 *
 * What this room is for
 *   Start-up is the list in start(). It fails closed: a configuration that does
 *   not parse or a stack that cannot be made is one line on stderr and the end
 *   of the program, before it did anything.
 *
 *   A program that was started by one of ours inherits the environment, but the
 *   device has one user: the parent. NSSHIM_HELD_BY names that process. Helpers
 *   (a shell, a compressor) run without a stack of their own; their sockets
 *   fail with ENETDOWN, never go to the host's network.
 *
 *   At the end every socket is closed and what send() took is still delivered,
 *   as the kernel would after its process is gone.
 *
 * Never      starts a thread; the stack does, with the first socket.
 * Follows    _exit(2), quick_exit(3).
 */

#include "start.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "close.h"
#include "config.h"
#include "fdopen.h"
#include "fork.h"
#include "raw.h"
#include "real.h"
#include "ret.h"
#include "shim.h"
#include "signal.h"

/* How long the end of the process waits for the peers. */
#define DRAIN_US 5000000ull

enum { EXIT_NO_STACK = 1, WHY_MAX = 512 };

static const char held_by[] = "NSSHIM_HELD_BY";
static pthread_mutex_t once = PTHREAD_MUTEX_INITIALIZER;
static bool is_helper;

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

/* Is the device held by another living process of this family? */
static bool has_holder(void)
{
	const char *value = getenv(held_by);
	long pid = value ? strtol(value, NULL, 10) : 0;

	return pid > 1 && pid != raw1(SYS_getpid, 0) &&
	       raw3(SYS_kill, pid, 0, 0) != -ESRCH;
}

static void note_holder(void)
{
	char value[24];

	snprintf(value, sizeof(value), "%ld", raw1(SYS_getpid, 0));
	setenv(held_by, value, 1);
}

/* The log goes to its own descriptor, high above the program's. */
static int open_log(void)
{
	long fd, high;

	if (!config.log_file)
		return STDERR_FILENO;
	fd = raw6(SYS_openat, AT_FDCWD, (long)config.log_file,
		  O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644, 0, 0);
	if (fd < 0)
		return -1;
	high = raw3(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 700);
	if (high < 0)
		return (int)fd;
	raw1(SYS_close, fd);
	return (int)high;
}

static int boot(char *why, size_t why_size)
{
	struct stack_config c = config.stack;

	c.log_fd = open_log();
	if (c.log_fd < 0) {
		snprintf(why, why_size, "NSSHIM_LOG: cannot open %s",
			 config.log_file);
		return -ENOENT;
	}
	return stack_boot(&c, why, why_size);
}

static void end(void);

static void start(void)
{
	char why[WHY_MAX] = "";

	/* libc's functions first: everything below may call them. */
	real_find();

	if (config_read(why, sizeof(why)))
		fail(why);

	is_helper = has_holder();
	if (!is_helper) {
		if (boot(why, sizeof(why)))
			fail(why);
		note_holder();
	}

	/* From here on handlers of the program must not meet a held lock. */
	signal_start();
	fork_start();
	at_quick_exit(end);
	__atomic_store_n(&shim_started, true, __ATOMIC_RELEASE);

	/* Only now can 0, 1 and 2 be told from the kernel's. */
	if (!is_helper)
		fdopen_adopt_standard();
}

void shim_need_start(void)
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
	shim_need_start();
}

/* A helper's first socket: the parent may have gone meanwhile. */
static int boot_late(void)
{
	static bool has_said;
	char why[WHY_MAX] = "";
	int err = 0;

	pthread_mutex_lock(&once);
	if (!stack_is_up()) {
		err = boot(why, sizeof(why));
		if (!err) {
			is_helper = false;
		} else if (!has_said) {
			has_said = true;
			say(why);
		}
	}
	pthread_mutex_unlock(&once);
	return err ? -ENETDOWN : 0;
}

int start_stack(void)
{
	shim_need_start();
	return LIKELY(!is_helper) ? 0 : boot_late();
}

static void close_visited(int fd, fdtab_word word, void *context)
{
	(void)context;
	close_ours(fd, word);
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
	/* While the parent lives its stack thread delivers for us. */
	if (fdtab_was_used() && !fork_has_parent())
		stack_drain(DRAIN_US);
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
