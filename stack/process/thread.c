/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * thread.c - a thread of the stack's own
 *
 * What this room is for
 *   See thread.h. A system call is repeated as glibc does it for setuid(2): by
 *   the signal that glibc keeps for that, which nobody can block or catch.
 *
 * Proved by  thread_test.c, test-apps/keeps_capabilities.c
 */
#include "thread.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "ground/base.h"
#include "ground/sys.h"

enum {
	STACK_BYTES = 256 << 10,
	THREADS_MAX = 4,     /* of our own in a process: two, in fact */
	SIGNAL = 33,         /* nptl(7): "internally, by the NPTL" */
	LOOK_AGAIN_MS = 100, /* is who is to obey still there? */
};

/* As rt_sigaction(2) has it; libc's sigaction() refuses this signal. */
struct action {
	void (*handler)(int, siginfo_t *, void *);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

static int tids[THREADS_MAX]; /* 0: none */
static uint32_t ntids;

/* What they are to do; one at a time. */
static struct order {
	long nr, a, b, c, d, e;
	void (*theirs)(int, siginfo_t *, void *); /* glibc's handler */
	uint32_t asked[THREADS_MAX];              /* 1: has not done it yet */
	uint32_t left; /* futex word: how many have not */
	uint32_t busy;
} order;

struct beginning {
	void *(*run)(void *);
	void *arg;
	uint32_t begun; /* futex word */
};

static void enlist(void)
{
	uint32_t i = __atomic_fetch_add(&ntids, 1, __ATOMIC_RELAXED);

	if (i < THREADS_MAX)
		__atomic_store_n(&tids[i], sys_gettid(), __ATOMIC_RELEASE);
}

static void *begin(void *arg)
{
	struct beginning *b = arg;
	void *(*run)(void *) = b->run;

	arg = b->arg;
	enlist();
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

void thread_after_fork_in_child(void)
{
	memset(tids, 0, sizeof(tids));
	ntids = 0;
	order.busy = 0;
}

/* --- one system call in all of them --------------------------------------- */

static void is_done(uint32_t i)
{
	if (__atomic_exchange_n(&order.asked[i], 0, __ATOMIC_ACQ_REL) &&
	    __atomic_sub_fetch(&order.left, 1, __ATOMIC_ACQ_REL) == 0)
		sys_futex(&order.left, FUTEX_WAKE_PRIVATE, 1, NULL);
}

/* In one of ours it is our order, once; else glibc means it. */
static void on_signal(int sig, siginfo_t *info, void *context)
{
	int self = sys_gettid();

	for (uint32_t i = 0; i < THREADS_MAX; i++) {
		if (tids[i] != self ||
		    !__atomic_load_n(&order.asked[i], __ATOMIC_ACQUIRE))
			continue;
		sys_call6(order.nr, order.a, order.b, order.c, order.d, order.e,
			  0);
		is_done(i);
		return;
	}
	order.theirs(sig, info, context);
}

static bool is_there(uint32_t i, int sig)
{
	return tids[i] &&
	       sys_call3(SYS_tgkill, sys_getpid(), tids[i], sig) == 0;
}

/* Sends it to all, and waits. */
static void give_order(void)
{
	struct timespec ts = {0, LOOK_AGAIN_MS * 1000000L};
	uint32_t left;

	order.left = THREADS_MAX;
	for (uint32_t i = 0; i < THREADS_MAX; i++) {
		__atomic_store_n(&order.asked[i], 1, __ATOMIC_RELEASE);
		if (!is_there(i, SIGNAL))
			is_done(i);
	}
	while ((left = __atomic_load_n(&order.left, __ATOMIC_ACQUIRE)) > 0) {
		sys_futex(&order.left, FUTEX_WAIT_PRIVATE, left, &ts);
		for (uint32_t i = 0; i < THREADS_MAX; i++)
			if (!is_there(i, 0))
				is_done(i);
	}
}

void thread_repeat(long nr, long a, long b, long c, long d, long e)
{
	struct action theirs, ours;

	if (__atomic_load_n(&ntids, __ATOMIC_ACQUIRE) == 0 ||
	    __atomic_exchange_n(&order.busy, 1, __ATOMIC_ACQUIRE))
		return;
	/* glibc sets it up with the first thread. */
	if (sys_call6(SYS_rt_sigaction, SIGNAL, 0, (long)&theirs,
		      sizeof(theirs.mask), 0, 0) == 0 &&
	    theirs.flags & SA_SIGINFO) {
		ours = theirs;
		ours.handler = on_signal;
		order.theirs = theirs.handler;
		order.nr = nr, order.a = a, order.b = b, order.c = c;
		order.d = d, order.e = e;
		sys_call6(SYS_rt_sigaction, SIGNAL, (long)&ours, 0,
			  sizeof(ours.mask), 0, 0);
		give_order();
		sys_call6(SYS_rt_sigaction, SIGNAL, (long)&theirs, 0,
			  sizeof(theirs.mask), 0, 0);
	}
	__atomic_store_n(&order.busy, 0, __ATOMIC_RELEASE);
}
