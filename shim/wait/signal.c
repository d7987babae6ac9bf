/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * signal.c - sigaction(2) and its old relations, and the trampoline
 *
 * What this room is for
 *   A handler may call send() or close() at any moment, also while its own
 *   thread is inside the stack with the lock taken. So our trampoline stands
 *   before every handler of the program. A signal that comes in the middle is
 *   put aside: all signals stay blocked (the mask the kernel restores on return
 *   is filled), and when the thread leaves the stack the signal is queued to it
 *   again and the mask put back. Two additions per operation, where blocking
 *   signals would cost two system calls.
 *
 *   The table keeps only the last handler function and flags of each signal.
 *   SIG_DFL and SIG_IGN go to the kernel unchanged and leave the table alone,
 *   so that a vfork child that resets dispositions changes nothing here. What
 *   the old action was is asked of the kernel, and translated back.
 *
 * Never      holds anything a handler could wait for.
 * Follows    sigaction(2), signal(7), POSIX on signal() and sigset().
 */

#include "signal.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "ground/raw.h"
#include "ground/real.h"
#include "ground/ret.h"
#include "ground/shim.h"

enum { NSIGNALS = 65, KERNEL_SET_BYTES = 8 };

typedef void handler_function(int, siginfo_t *, void *);

/* [a] The program's last function for each signal, and how it asked for it. */
static struct {
	handler_function *function;
	int flags;
} handlers[NSIGNALS];

/* [a] Signals for which siginterrupt() was asked: signal() without restart. */
static uint64_t interrupting;

/* What was put aside in this thread. */
struct aside {
	int signo;
	siginfo_t info;
	sigset_t mask; /* the interrupted code's */
};

static __thread struct aside aside __attribute__((tls_model("initial-exec")));
__thread struct signal_counts signal_counts
	__attribute__((tls_model("initial-exec")));

/* Raised by what the thread itself did: waiting would repeat it for ever. */
static bool is_synchronous(int signo, const siginfo_t *info)
{
	return (signo == SIGSEGV || signo == SIGBUS || signo == SIGILL ||
		signo == SIGFPE || signo == SIGTRAP || signo == SIGSYS) &&
	       info->si_code > 0;
}

static void put_aside(int signo, const siginfo_t *info, ucontext_t *context)
{
	aside.signo = signo;
	aside.info = *info;
	memcpy(&aside.mask, &context->uc_sigmask, KERNEL_SET_BYTES);
	memset(&context->uc_sigmask, 0xff, KERNEL_SET_BYTES);
	stack_put_aside();
}

static void deliver(void)
{
	stack_put_aside_done();
	raw6(SYS_rt_tgsigqueueinfo, raw1(SYS_getpid, 0), raw1(SYS_gettid, 0),
	     aside.signo, (long)&aside.info, 0, 0);
	/* The handler runs before this returns. */
	raw6(SYS_rt_sigprocmask, SIG_SETMASK, (long)&aside.mask, 0,
	     KERNEL_SET_BYTES, 0, 0);
}

/* SA_RESETHAND is ours to do: the kernel would do it when a signal is only
 * put aside, and its second arrival would kill. */
static void reset(int signo)
{
	struct sigaction dfl = {.sa_handler = SIG_DFL};

	REAL(sigaction)(signo, &dfl, NULL);
}

static void trampoline(int signo, siginfo_t *info, void *context)
{
	handler_function *function;
	int flags;

	if (stack_is_inside() && !is_synchronous(signo, info)) {
		put_aside(signo, info, context);
		return;
	}

	function = __atomic_load_n(&handlers[signo].function, __ATOMIC_ACQUIRE);
	flags = __atomic_load_n(&handlers[signo].flags, __ATOMIC_RELAXED);
	if (flags & SA_RESTART)
		signal_counts.restarting++;
	else
		signal_counts.other++;
	if ((unsigned)flags & SA_RESETHAND)
		reset(signo);
	stack_interrupt();
	/* A handler of one argument does not look at the other two. */
	function(signo, info, context);
}

static bool is_function(const struct sigaction *act)
{
	return act->sa_handler != SIG_DFL && act->sa_handler != SIG_IGN &&
	       act->sa_handler != SIG_ERR && act->sa_handler != SIG_HOLD;
}

/* The kernel says "the trampoline"; the program installed something else. */
static void translate_back(int signo, struct sigaction *old)
{
	int mine = SA_SIGINFO | (int)SA_RESETHAND;

	if (!(old->sa_flags & SA_SIGINFO) || old->sa_sigaction != trampoline)
		return;
	old->sa_sigaction = handlers[signo].function;
	old->sa_flags =
		(old->sa_flags & ~mine) | (handlers[signo].flags & mine);
}

static void remember(int signo, const struct sigaction *act)
{
	__atomic_store_n(&handlers[signo].flags, act->sa_flags,
			 __ATOMIC_RELAXED);
	__atomic_store_n(&handlers[signo].function, act->sa_sigaction,
			 __ATOMIC_RELEASE);
}

static int change(int signo, const struct sigaction *act, struct sigaction *old)
{
	struct sigaction ours, before;
	int ret;

	if (signo <= 0 || signo >= NSIGNALS || !act || !is_function(act)) {
		ret = REAL(sigaction)(signo, act, old);
		if (!ret && old && signo > 0 && signo < NSIGNALS)
			translate_back(signo, old);
		return ret;
	}

	/* The old action is read before the table forgets it. */
	ret = REAL(sigaction)(signo, NULL, &before);
	if (ret)
		return ret;
	translate_back(signo, &before);

	ours = *act;
	ours.sa_sigaction = trampoline;
	ours.sa_flags = (act->sa_flags & ~(int)SA_RESETHAND) | SA_SIGINFO;
	/* POSIX: SA_RESETHAND may behave as if SA_NODEFER were set; Linux does
	 * not, and neither do we. */
	remember(signo, act);
	ret = REAL(sigaction)(signo, &ours, NULL);
	if (!ret && old)
		*old = before;
	return ret;
}

SHIM_EXPORT int sigaction(int signo, const struct sigaction *act,
			  struct sigaction *old)
{
	return change(signo, act, old);
}

SHIM_ALIAS(sigaction, __sigaction);

static sighandler_t simple(int signo, sighandler_t handler, int flags)
{
	struct sigaction act, old;

	memset(&act, 0, sizeof(act));
	act.sa_handler = handler;
	act.sa_flags = flags;
	if (flags & SA_RESTART)
		sigaddset(&act.sa_mask, signo);
	if (handler == SIG_ERR) {
		shim_ret(-EINVAL);
		return SIG_ERR;
	}
	return change(signo, &act, &old) ? SIG_ERR : old.sa_handler;
}

SHIM_EXPORT sighandler_t signal(int signo, sighandler_t handler)
{
	uint64_t set = __atomic_load_n(&interrupting, __ATOMIC_RELAXED);
	bool is_interrupting =
		signo > 0 && signo < NSIGNALS && (set >> (signo - 1) & 1);

	return simple(signo, handler, is_interrupting ? 0 : SA_RESTART);
}

SHIM_ALIAS(signal, bsd_signal);
SHIM_ALIAS(signal, ssignal);

SHIM_EXPORT sighandler_t sysv_signal(int signo, sighandler_t handler)
{
	return simple(signo, handler,
		      (int)SA_RESETHAND | SA_NODEFER | SA_INTERRUPT);
}

SHIM_ALIAS(sysv_signal, __sysv_signal);

SHIM_EXPORT int siginterrupt(int signo, int flag)
{
	struct sigaction act;

	if (signo <= 0 || signo >= NSIGNALS)
		return (int)shim_ret(-EINVAL);
	if (change(signo, NULL, &act))
		return -1;
	if (flag) {
		__atomic_or_fetch(&interrupting, 1ull << (signo - 1),
				  __ATOMIC_RELAXED);
		act.sa_flags &= ~SA_RESTART;
	} else {
		__atomic_and_fetch(&interrupting, ~(1ull << (signo - 1)),
				   __ATOMIC_RELAXED);
		act.sa_flags |= SA_RESTART;
	}
	return change(signo, &act, NULL);
}

/* Blocks `signo` and tells whether it was blocked before. */
static bool hold(int signo, int how)
{
	sigset_t one, old;

	sigemptyset(&one);
	sigemptyset(&old);
	sigaddset(&one, signo);
	sigprocmask(how, &one, &old);
	return sigismember(&old, signo) == 1;
}

SHIM_EXPORT sighandler_t sigset(int signo, sighandler_t disposition)
{
	struct sigaction act, old;
	bool was_held;

	if (signo <= 0 || signo >= NSIGNALS || disposition == SIG_ERR) {
		shim_ret(-EINVAL);
		return SIG_ERR;
	}
	memset(&act, 0, sizeof(act));
	act.sa_handler = disposition;
	if (change(signo, disposition == SIG_HOLD ? NULL : &act, &old))
		return SIG_ERR;
	was_held =
		hold(signo, disposition == SIG_HOLD ? SIG_BLOCK : SIG_UNBLOCK);
	return was_held ? SIG_HOLD : old.sa_handler;
}

void signal_start(void)
{
	stack_set_deliver_hook(deliver);
}

/* It may be the end of the process: then the stack thread shall not be killed
 * in the middle of a turn, which other processes would have to repair. */
void signal_pipe(void)
{
	bool held = stack_hold();

	raw3(SYS_tgkill, raw1(SYS_getpid, 0), raw1(SYS_gettid, 0), SIGPIPE);
	if (held)
		stack_let_go();
}
