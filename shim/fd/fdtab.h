/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * fdtab.h - is this descriptor ours?
 *
 * What this room is for
 *   The translation from descriptor numbers to what they mean to us. Every
 *   read() of every file asks it, so the answer costs two loads: no lock, no
 *   thread-local memory, no allocation. Two levels, grown on demand; a number
 *   beyond the table is the kernel's.
 *
 *   A slot is one atomic word:
 *     unknown   0; asked once of the kernel (fstat) and of the stack (inode)
 *     kernel    not ours
 *     socket    a stack socket: sock_id
 *     epoll     the kernel's epoll that also has stack members: epoll id
 *   and two marks: this socket has had a second descriptor in this process
 *   (then closing one looks for the others), and it has been shared with
 *   another process (then closing the last one asks the kernel for others).
 *   Nothing else is remembered about descriptors, hence there is nothing to
 *   lock: a handler, a vfork child, a fork see a table that is always whole.
 *
 * Slots are emptied before the kernel's close, so that whoever gets the number
 * next finds it empty. A slot that is not empty at a number the kernel has just
 * given us proves a close behind our back; it is healed. A vfork child shares
 * this memory but not the descriptors: what it does changes nothing here.
 */
#ifndef SHIM_FDTAB_H
#define SHIM_FDTAB_H

#include "process/fork.h"
#include "ground/shim.h"

typedef uint64_t fdtab_word;

#define FDTAB_UNKNOWN ((fdtab_word)0)
#define FDTAB_KERNEL ((fdtab_word)1 << 62)
#define FDTAB_SOCK ((fdtab_word)2 << 62)
#define FDTAB_EPOLL ((fdtab_word)3 << 62)
#define FDTAB_KIND ((fdtab_word)3 << 62)
#define FDTAB_DUPED ((fdtab_word)1 << 61)
#define FDTAB_SHARED ((fdtab_word)1 << 60)
#define FDTAB_ID (FDTAB_SHARED - 1)

enum {
	FDTAB_LEAF_BITS = 12,
	FDTAB_DIR_BITS = 14,
	FDTAB_LEAF_SLOTS = 1 << FDTAB_LEAF_BITS,
	FDTAB_DIR_SLOTS = 1 << FDTAB_DIR_BITS,
	FDTAB_LIMIT = 1 << (FDTAB_LEAF_BITS + FDTAB_DIR_BITS),
};

extern fdtab_word *fdtab_dir[FDTAB_DIR_SLOTS];

/* What the slot says, without asking anybody. */
static inline fdtab_word fdtab_load(int fd);

/* The slot's meaning; an unknown one is found out first (may be a system call,
 * once). Kernel for whatever is closed or out of range. */
static inline fdtab_word fdtab_get(int fd);

/* The stack socket or epoll set behind `fd`, or 0. */
static inline sock_id fdtab_sock(int fd);
static inline sock_id fdtab_epoll(int fd);

/* Kind and id of a word. */
static inline bool fdtab_is_sock(fdtab_word w);
static inline bool fdtab_is_epoll(fdtab_word w);
static inline bool fdtab_is_ours(fdtab_word w);
static inline sock_id fdtab_id(fdtab_word w);

/*
 * The kernel has just given us number `fd`: say what it is now. Whatever the
 * slot held is torn down (a hidden close). 0 or -EMFILE (beyond the table).
 */
int fdtab_set(int fd, fdtab_word word);

/*
 * The epoll descriptor `fd` gets its first stack member: makes the stack's set
 * and marks the slot (and those of its duplicates). Two threads may race; one
 * set survives. 0 or -errno; *out is the set.
 */
int fdtab_make_epoll(int fd, sock_id *out);

/* The kernel gave number `fd` to something we know nothing of. */
void fdtab_forget(int fd);

/* The kernel gave number `fd` to something that is not ours: heals the slot of
 * a close behind our back. The mark `kernel` outlives closes: nothing of ours
 * appears at a number without passing through a hook that says so. */
static inline void fdtab_heal(int fd);

/* Empties the slot, before the kernel's close; hand the word to
 * fdtab_release() after it. */
fdtab_word fdtab_take(int fd);

/* Marks a socket or epoll as having a second descriptor; call before the
 * kernel's dup. Returns the word for the new number. */
fdtab_word fdtab_mark_duped(int fd, fdtab_word word);

/* Descriptor `fd` with this word is gone: closes the stack's socket or epoll
 * set when it was the last one of all. */
void fdtab_release(int fd, fdtab_word word);

/* Calls `visit` for every slot from `first` to `last` that is a socket or an
 * epoll of ours. */
void fdtab_each(int first, int last,
		void (*visit)(int fd, fdtab_word word, void *context),
		void *context);

/* Was there ever something of ours in this table? */
bool fdtab_was_used(void);

/* The lowest descriptor of this process that holds the same thing, or -1. */
int fdtab_find(fdtab_word word);

/* Another program takes our place, in this process: who has a descriptor is
 * for the kernel to know from now on. */
void fdtab_name_all(void);

/* Another process gets copies: of all our descriptors (fork), or of this one
 * (in a message). */
void fdtab_share_all(void);
void fdtab_share(int fd);

/* The slow half of fdtab_get(). */
fdtab_word fdtab_find_out(int fd);

/* Inline bodies. */

static inline fdtab_word fdtab_load(int fd)
{
	fdtab_word *leaf;

	if (UNLIKELY((unsigned)fd >= FDTAB_LIMIT))
		return FDTAB_KERNEL;
	leaf = __atomic_load_n(&fdtab_dir[fd >> FDTAB_LEAF_BITS],
			       __ATOMIC_ACQUIRE);
	if (UNLIKELY(!leaf))
		return FDTAB_UNKNOWN;
	return __atomic_load_n(&leaf[fd & (FDTAB_LEAF_SLOTS - 1)],
			       __ATOMIC_ACQUIRE);
}

static inline fdtab_word fdtab_get(int fd)
{
	fdtab_word w = fdtab_load(fd);

	return LIKELY(w != FDTAB_UNKNOWN) ? w : fdtab_find_out(fd);
}

static inline bool fdtab_is_sock(fdtab_word w)
{
	return (w & FDTAB_KIND) == FDTAB_SOCK;
}

static inline bool fdtab_is_epoll(fdtab_word w)
{
	return (w & FDTAB_KIND) == FDTAB_EPOLL;
}

static inline bool fdtab_is_ours(fdtab_word w)
{
	return (w & FDTAB_SOCK) != 0;
}

static inline sock_id fdtab_id(fdtab_word w)
{
	return w & FDTAB_ID;
}

static inline sock_id fdtab_sock(int fd)
{
	fdtab_word w = fdtab_get(fd);

	if (LIKELY(!fdtab_is_sock(w)))
		return 0;
	fork_notice();
	return fdtab_id(w);
}

static inline sock_id fdtab_epoll(int fd)
{
	fdtab_word w = fdtab_get(fd);

	return fdtab_is_epoll(w) ? fdtab_id(w) : 0;
}

static inline void fdtab_heal(int fd)
{
	if (fd >= 0 && UNLIKELY(fdtab_is_ours(fdtab_load(fd))))
		fdtab_set(fd, FDTAB_KERNEL);
}

#endif
