/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * fdtab.c - the translation table, its growth and its endings
 *
 * What this room is for
 *   Everything about descriptors that is not the two loads of fdtab.h: finding
 *   out what an unknown number is, replacing, emptying, and deciding whether a
 *   closed descriptor was the last one of its socket.
 *
 *   There is no reference count to keep in step with the kernel's. A socket
 *   whose slot was never marked DUPED has one descriptor here; for the rare
 *   others the table is searched. The races: emptying is an exchange, so one
 *   of two closers gets the word; dup marks the old slot before and checks the
 *   socket after (dup.c); a stale id is -EBADF to the stack, never another
 *   socket.
 *
 * Never      takes a lock or allocates with malloc.
 */

#include "fdtab.h"

#include <errno.h>
#include <sys/mman.h>

#include "wait/block.h"
#include "process/fork.h"
#include "holder.h"
#include "ground/raw.h"

/* Numbers below 4096 never need a system call for their leaf. */
static fdtab_word first_leaf[FDTAB_LEAF_SLOTS];
fdtab_word *fdtab_dir[FDTAB_DIR_SLOTS] = {first_leaf};

/* No slot above this one was ever ours. */
static int highest = -1;

static fdtab_word *grow(int fd)
{
	fdtab_word **at = &fdtab_dir[fd >> FDTAB_LEAF_BITS];
	size_t bytes = FDTAB_LEAF_SLOTS * sizeof(fdtab_word);
	fdtab_word *expected = NULL;
	long leaf;

	leaf = raw6(SYS_mmap, 0, (long)bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (leaf < 0 && leaf > -4096)
		return NULL;
	if (__atomic_compare_exchange_n(at, &expected, (fdtab_word *)leaf,
					false, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE))
		return (fdtab_word *)leaf;
	raw3(SYS_munmap, leaf, (long)bytes, 0);
	return expected;
}

/* NULL when the number is beyond the table; or, with may_grow, no memory. */
static fdtab_word *slot_of(int fd, bool may_grow)
{
	fdtab_word *leaf;

	if ((unsigned)fd >= FDTAB_LIMIT)
		return NULL;
	leaf = __atomic_load_n(&fdtab_dir[fd >> FDTAB_LEAF_BITS],
			       __ATOMIC_ACQUIRE);
	if (!leaf && may_grow)
		leaf = grow(fd);
	return leaf ? &leaf[fd & (FDTAB_LEAF_SLOTS - 1)] : NULL;
}

static void remember_highest(int fd)
{
	int seen = __atomic_load_n(&highest, __ATOMIC_RELAXED);

	while (fd > seen &&
	       !__atomic_compare_exchange_n(&highest, &seen, fd, true,
					    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
}

/* Kind and id: what two descriptors of one thing have in common. */
static fdtab_word thing(fdtab_word w)
{
	return w & (FDTAB_KIND | FDTAB_ID);
}

/* Who else holds it is not known here. It may have come by an exec without a
 * fork, and then it has no name yet. */
static fdtab_word adopt(int fd, sock_id s)
{
	if (holder_name(fd, s) == 0)
		stack_note_shared(s);
	return FDTAB_SOCK | FDTAB_DUPED | FDTAB_SHARED | s;
}

fdtab_word fdtab_find_out(int fd)
{
	fdtab_word expected = FDTAB_UNKNOWN;
	fdtab_word found = FDTAB_KERNEL;
	fdtab_word *slot;
	uint64_t inode;
	sock_id s;

	/* Before start-up nothing is known about it, and nothing is noted. */
	if (!shim_is_ready() || fd < 0)
		return FDTAB_KERNEL;

	switch (holder_inode(fd, &inode)) {
	case 0:
		s = stack_is_up() ? stack_by_inode(inode) : 0;
		if (s)
			found = adopt(fd, s);
		break;
	case -EBADF:
		return FDTAB_KERNEL; /* and stays unknown */
	default:
		break;
	}

	slot = slot_of(fd, true);
	if (!slot)
		return FDTAB_KERNEL;
	if (fdtab_is_ours(found))
		remember_highest(fd);
	if (__atomic_compare_exchange_n(slot, &expected, found, false,
					__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return found;
	return expected == FDTAB_UNKNOWN ? FDTAB_KERNEL : expected;
}

int fdtab_set(int fd, fdtab_word word)
{
	fdtab_word *slot = slot_of(fd, fdtab_is_ours(word));
	fdtab_word old;

	if (!slot)
		return fdtab_is_ours(word) ? -EMFILE : 0;
	if (UNLIKELY(fork_is_vfork_child()))
		return 0;
	if (fdtab_is_ours(word))
		remember_highest(fd);
	old = __atomic_exchange_n(slot, word, __ATOMIC_ACQ_REL);
	if (fdtab_is_ours(old))
		fdtab_release(fd, old);
	return 0;
}

void fdtab_forget(int fd)
{
	fdtab_set(fd, FDTAB_UNKNOWN);
}

fdtab_word fdtab_take(int fd)
{
	fdtab_word *slot = slot_of(fd, false);

	if (!slot || !__atomic_load_n(slot, __ATOMIC_RELAXED))
		return FDTAB_UNKNOWN;
	return __atomic_exchange_n(slot, FDTAB_UNKNOWN, __ATOMIC_ACQ_REL);
}

fdtab_word fdtab_mark_duped(int fd, fdtab_word word)
{
	fdtab_word *slot = slot_of(fd, false);
	fdtab_word seen = word;

	if (!fdtab_is_ours(word) || !slot)
		return word;
	/* A slot that changed meanwhile is being closed; the new descriptor
	 * will find its socket gone. */
	while (thing(seen) == thing(word) &&
	       !__atomic_compare_exchange_n(slot, &seen, seen | FDTAB_DUPED,
					    true, __ATOMIC_ACQ_REL,
					    __ATOMIC_ACQUIRE))
		;
	return word | FDTAB_DUPED;
}

void fdtab_each(int first, int last,
		void (*visit)(int fd, fdtab_word word, void *context),
		void *context)
{
	int end = __atomic_load_n(&highest, __ATOMIC_ACQUIRE);

	for (int fd = first; fd <= last && fd <= end; fd++) {
		fdtab_word w = fdtab_load(fd);

		if (fdtab_is_ours(w))
			visit(fd, w, context);
	}
}

bool fdtab_was_used(void)
{
	return __atomic_load_n(&highest, __ATOMIC_ACQUIRE) >= 0;
}

int fdtab_find(fdtab_word word)
{
	int end = __atomic_load_n(&highest, __ATOMIC_ACQUIRE);

	for (int fd = 0; fd <= end; fd++)
		if (thing(fdtab_load(fd)) == thing(word))
			return fd;
	return -1;
}

void fdtab_release(int fd, fdtab_word word)
{
	(void)fd;
	if (!fdtab_is_ours(word))
		return;
	if ((word & FDTAB_DUPED) && fdtab_find(word) >= 0)
		return;
	if (fdtab_is_epoll(word)) {
		stack_epoll_free(fdtab_id(word));
		return;
	}
	/* As with the kernel, epoll members live as long as the socket. */
	if ((word & FDTAB_SHARED) && holder_is_held(fdtab_id(word))) {
		stack_note_left(fdtab_id(word));
		return;
	}
	block_close(fdtab_id(word));
}

static void share(int fd, fdtab_word word, void *context)
{
	fdtab_word *slot = slot_of(fd, false);

	(void)context;
	if (word & FDTAB_SHARED)
		return;
	if (fdtab_is_sock(word)) {
		int err = holder_name(fd, fdtab_id(word));

		/* Its duplicate has been named: they are one holder. */
		if (err && err != -EINVAL)
			return;
		stack_note_shared(fdtab_id(word));
	}
	/* A slot that changed meanwhile is not the one we named. */
	__atomic_compare_exchange_n(slot, &word, word | FDTAB_SHARED, false,
				    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

void fdtab_name_all(void)
{
	if (fdtab_was_used())
		holder_draw_key();
	fdtab_each(0, FDTAB_LIMIT - 1, share, NULL);
}

void fdtab_share_all(void)
{
	fdtab_name_all();
	if (stack_is_up())
		stack_before_family();
}

static void share_duplicate(int fd, fdtab_word word, void *context)
{
	if (thing(word) == *(fdtab_word *)context)
		share(fd, word, NULL);
}

void fdtab_share(int fd)
{
	fdtab_word wanted = thing(fdtab_load(fd));

	fdtab_each(0, FDTAB_LIMIT - 1, share_duplicate, &wanted);
}

/* All descriptors of one kernel epoll have the same inode number as every
 * other epoll (they share one), so duplicates are not found here: the mark
 * DUPED and the same id are given to them by dup. A set made after the dup is
 * seen by the descriptor it was made with. */
int fdtab_make_epoll(int fd, sock_id *out)
{
	fdtab_word *slot = slot_of(fd, true);
	fdtab_word seen;
	sock_id ep;
	int err;

	if (!slot)
		return -EMFILE;
	seen = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
	if (fdtab_is_epoll(seen)) {
		*out = fdtab_id(seen);
		return 0;
	}
	err = stack_epoll_new(&ep);
	if (err)
		return err;
	remember_highest(fd);
	while (!fdtab_is_epoll(seen)) {
		if (__atomic_compare_exchange_n(slot, &seen, FDTAB_EPOLL | ep,
						false, __ATOMIC_ACQ_REL,
						__ATOMIC_ACQUIRE)) {
			*out = ep;
			return 0;
		}
	}
	stack_epoll_free(ep);
	*out = fdtab_id(seen);
	return 0;
}
