/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * ownfd.c - the few descriptors that are ours, not the program's
 *
 * What this room is for
 *   A table of places where a number is kept. Programs close and dup over
 *   numbers they think are free; the high end of the table is where they look
 *   last, and select() never looks above FD_SETSIZE.
 *
 * Never      allocates.
 */

#include "ownfd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/resource.h>

#include "ground/critical.h"
#include "ground/sys.h"

enum {
	HIGH_MARK = 1 << 16, /* beyond this a descriptor table gets costly */
	HIGH_ROOM = OWNFD_MAX,
};

static int *places[OWNFD_MAX];
static size_t nplaces;
static int lowest = INT_MAX; /* [a] no number of ours was ever below it */
static char spin;

/* [a] How many calls of the program choose a number now, or OPENING. */
static int choosing;
enum {
	OPENING = -1,
	YIELDS = 64,
	NAP_NS = 100000,
	TRIES = 5000, /* half a second and more: the other may not be running */
};

/* A handler that came here while its own thread is would wait for ever. */
static void spin_lock(void)
{
	critical_enter();
	while (__atomic_test_and_set(&spin, __ATOMIC_ACQUIRE))
		;
}

static void spin_unlock(void)
{
	__atomic_clear(&spin, __ATOMIC_RELEASE);
	critical_leave();
}

/* The lowest number we would like: near the limit, but not absurdly high. */
static int high_from(void)
{
	struct rlimit lim = {1024, 1024};
	long top;

	sys_call6(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, (long)&lim, 0, 0);
	top = lim.rlim_cur > HIGH_MARK ? HIGH_MARK : (long)lim.rlim_cur;
	return (int)(top > 4 * HIGH_ROOM ? top - HIGH_ROOM : top - top / 4);
}

static int move_up(int fd)
{
	int from = high_from();
	int moved;

	if (fd >= from)
		return fd;
	moved = sys_fcntl(fd, F_DUPFD_CLOEXEC, from);
	if (moved < 0)
		return moved;
	sys_close(fd);
	return moved;
}

static void remember_lowest(int fd)
{
	if (fd >= 0 && fd < __atomic_load_n(&lowest, __ATOMIC_RELAXED))
		__atomic_store_n(&lowest, fd, __ATOMIC_RELEASE);
}

int ownfd_adopt(int *fd)
{
	int moved = move_up(*fd);

	if (moved >= 0)
		*fd = moved;
	spin_lock();
	if (nplaces < OWNFD_MAX)
		places[nplaces++] = fd;
	remember_lowest(*fd);
	spin_unlock();
	return moved == -EBADF ? -EBADF : 0;
}

void ownfd_forget(int *fd)
{
	spin_lock();
	for (size_t i = 0; i < nplaces; i++) {
		if (places[i] == fd) {
			places[i] = places[--nplaces];
			break;
		}
	}
	spin_unlock();
}

static void pause_before(int try)
{
	struct timespec nap = {0, NAP_NS};

	if (try < YIELDS)
		sys_call3(SYS_sched_yield, 0, 0, 0);
	else
		sys_ppoll(NULL, 0, &nap, NULL);
}

static bool try_to_open(void)
{
	int nobody = 0;

	return __atomic_compare_exchange_n(&choosing, &nobody, OPENING, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

void ownfd_open_begin(struct ownfd_opening *o)
{
	sigset_t all;
	int n = 0;

	sigfillset(&all);
	sys_sigprocmask(SIG_SETMASK, &all, &o->mask);
	while (!try_to_open() && n < TRIES)
		pause_before(n++);
	/* Whoever chooses for so long was killed as a vfork child. */
	if (n == TRIES)
		__atomic_store_n(&choosing, OPENING, __ATOMIC_RELEASE);
}

void ownfd_open_end(const struct ownfd_opening *o)
{
	__atomic_store_n(&choosing, 0, __ATOMIC_RELEASE);
	sys_sigprocmask(SIG_SETMASK, &o->mask, NULL);
}

/* Changes `choosing` by one, unless it is below `least`. */
static bool count(int step, int least)
{
	int seen = __atomic_load_n(&choosing, __ATOMIC_RELAXED);

	while (seen >= least)
		if (__atomic_compare_exchange_n(&choosing, &seen, seen + step,
						true, __ATOMIC_ACQ_REL,
						__ATOMIC_RELAXED))
			return true;
	return false;
}

bool ownfd_choose_begin(void)
{
	for (int n = 0; n < TRIES; n++) {
		if (count(1, 0))
			return true;
		pause_before(n);
	}
	return false;
}

void ownfd_choose_end(bool has_begun)
{
	if (has_begun)
		(void)!count(-1, 1);
}

static void await_opening(void)
{
	for (int n = 0; n < TRIES; n++) {
		if (__atomic_load_n(&choosing, __ATOMIC_ACQUIRE) != OPENING)
			return;
		pause_before(n);
	}
}

void ownfd_after_fork_in_child(void)
{
	spin = 0;
	__atomic_store_n(&choosing, 0, __ATOMIC_RELEASE);
}

size_t ownfd_list(int *fds, size_t max)
{
	size_t n = 0;

	await_opening();
	spin_lock();
	for (size_t i = 0; i < nplaces; i++) {
		if (*places[i] < 0)
			continue;
		if (n < max)
			fds[n] = *places[i];
		n++;
	}
	spin_unlock();
	return n;
}

bool ownfd_has(int fd)
{
	bool is_ours = false;

	if (UNLIKELY(__atomic_load_n(&choosing, __ATOMIC_RELAXED) == OPENING))
		await_opening();
	if (fd < __atomic_load_n(&lowest, __ATOMIC_ACQUIRE))
		return false;
	spin_lock();
	for (size_t i = 0; i < nplaces && !is_ours; i++)
		is_ours = *places[i] == fd;
	spin_unlock();
	return is_ours;
}

int ownfd_move(int fd)
{
	int ret = -ENOENT;

	spin_lock();
	for (size_t i = 0; i < nplaces && ret == -ENOENT; i++) {
		if (*places[i] != fd)
			continue;
		/* The next free number from the high mark on, never `fd`,
		 * which is still in use. */
		int moved = sys_fcntl(fd, F_DUPFD_CLOEXEC, high_from());

		ret = moved < 0 ? moved : 0;
		if (moved >= 0)
			*places[i] = moved;
		remember_lowest(moved);
	}
	spin_unlock();
	return ret;
}
