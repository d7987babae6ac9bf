/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * thread.c - a thread of the stack's own
 *
 * What this room is for
 *   See thread.h.
 */
#include "thread.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>

#include "ground/base.h"
#include "ground/sys.h"

enum { STACK_BYTES = 256 << 10 };

struct beginning {
	void *(*run)(void *);
	void *arg;
	uint32_t begun; /* futex word */
};

static void *begin(void *arg)
{
	struct beginning *b = arg;
	void *(*run)(void *) = b->run;

	arg = b->arg;
	__atomic_store_n(&b->begun, 1, __ATOMIC_RELEASE);
	/* Perhaps it is gone already: then nobody is woken. */
	sys_futex(&b->begun, FUTEX_WAKE_PRIVATE, INT_MAX, NULL);
	return run(arg);
}

static int create(struct beginning *b)
{
	pthread_attr_t attr;
	pthread_t thread;
	int ret;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	ret = pthread_create(&thread, &attr, begin, b);
	pthread_attr_destroy(&attr);
	return -ret;
}

int thread_start(void *(*run)(void *), void *arg)
{
	struct beginning b = {run, arg, 0};
	sigset_t all, old;
	int ret;

	KEEP_IN_MEMORY(&b);
	sigfillset(&all);
	sys_sigprocmask(SIG_SETMASK, &all, &old);
	ret = create(&b);
	while (ret == 0 && !__atomic_load_n(&b.begun, __ATOMIC_ACQUIRE))
		sys_futex(&b.begun, FUTEX_WAIT_PRIVATE, 0, NULL);
	sys_sigprocmask(SIG_SETMASK, &old, NULL);
	return ret;
}
