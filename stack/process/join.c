/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * join.c - a process joins a stack that runs, by descriptors it was given
 *
 * What this room is for
 *   What makes a process one of the stack (struct stack_family) as a text for
 *   the environment of programs that this one executes, and the way in for
 *   who has such a text, or was given the descriptors by a keeper.
 *
 * Never      believes a number: it may have become anything meanwhile. The
 *            arena must have the right number, the links must be links.
 * Proved by  boot_test.c
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "boot.h"
#include "links.h"
#include "ground/sys.h"
#include "socket/bell.h"
#include "socket/ownfd.h"
#include "socket/turn.h"

static_assert((int)STACK_LINKS_MAX == (int)LINKS_MAX, "stack.h has it, too");

static int lifeline = -1; /* see stack_hold_lifeline() */

/* 0: not a pipe. */
static uint64_t pipe_inode(int fd)
{
	struct stat st;

	return fd >= 0 && sys_fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode)
		       ? st.st_ino
		       : 0;
}

bool stack_get_family(struct stack_family *out)
{
	memset(out, 0, sizeof(*out));
	out->nlinks = turn_stack ? links_fds(out->links) : 0;
	if (out->nlinks == 0)
		return false;
	out->arena = boot_arena_fd();
	out->lifeline = lifeline;
	out->lifeline_inode = pipe_inode(lifeline);
	out->id = arena_id(turn_stack->eng.arena);
	return true;
}

int stack_write_family(const struct stack_family *f, char *text, size_t size)
{
	int n = snprintf(text, size, "%d,%d:%" PRIx64 ",%" PRIx64, f->arena,
			 f->lifeline, f->lifeline_inode, f->id);
	size_t used = (size_t)n;

	for (size_t i = 0; n > 0 && used < size && i < f->nlinks; i++) {
		n = snprintf(text + used, size - used, ",%d", f->links[i]);
		used += (size_t)n;
	}
	return n < 0 || used >= size ? -ENOSPC : 0;
}

int stack_read_family(const char *text, struct stack_family *out)
{
	int used = 0;

	memset(out, 0, sizeof(*out));
	if (sscanf(text, "%d,%d:%" SCNx64 ",%" SCNx64 "%n", &out->arena,
		   &out->lifeline, &out->lifeline_inode, &out->id, &used) != 4)
		return -ENOENT;
	text += used;
	while (out->nlinks < STACK_LINKS_MAX &&
	       sscanf(text, ",%d%n", &out->links[out->nlinks], &used) == 1) {
		text += used;
		out->nlinks++;
	}
	return out->nlinks && !*text ? 0 : -ENOENT;
}

int stack_export(char *text, size_t size)
{
	struct stack_family f;
	int ret = stack_get_family(&f) ? stack_write_family(&f, text, size)
				       : -ENOENT;

	if (ret == 0)
		stack_let_inherit(true);
	return ret;
}

void stack_let_inherit(bool yes)
{
	int flag = yes ? 0 : FD_CLOEXEC;
	struct stack_family f;

	if (!stack_get_family(&f))
		return;
	sys_fcntl(f.arena, F_SETFD, flag);
	for (size_t i = 0; i < f.nlinks; i++)
		sys_fcntl(f.links[i], F_SETFD, flag);
	if (lifeline >= 0)
		sys_fcntl(lifeline, F_SETFD, flag);
}

void stack_hold_lifeline(int fd)
{
	if (fd < 0)
		return;
	if (lifeline >= 0) {
		ownfd_forget(&lifeline);
		sys_close(lifeline);
	}
	lifeline = fd;
	ownfd_adopt(&lifeline);
}

/* The links of a stack that another process has made. */
static int reopen_links(const struct stack_config *c, struct stack *st,
			const struct stack_family *f, const struct why *why)
{
	struct link *l;
	int ret = link_loop_open(st->eng.arena, &st->loop, &l);

	if (ret == 0)
		ret = link_attach_at(st->net.ifs[0].link, l);
	if (ret < 0)
		return explain(why, ret,
			       "the loopback interface cannot be attached: %s",
			       strerror(-ret));
	for (size_t i = 0; ret == 0 && i < f->nlinks; i++) {
		ret = links_open(c, st, i, f->links[i], &l, why);
		if (ret == 0)
			ret = link_attach_at(st->net.ifs[i + 1].link, l);
	}
	return ret;
}

/* Is this the arena that the text told of, and a stack in it? */
static struct stack *find_stack(struct arena *arena,
				const struct stack_family *f)
{
	struct stack *st = arena_root(arena);

	if (arena_id(arena) != f->id || !st || st->net.nifs != f->nlinks + 1 ||
	    st->links.n != f->nlinks)
		return NULL;
	return st;
}

int stack_join(const char *text, const struct stack_config *c, char *sentence,
	       size_t size)
{
	const struct why where = {sentence, size}, *why = &where;
	struct stack_family f;
	struct arena *arena;
	struct stack *st;
	int ret = stack_read_family(text, &f);

	if (ret < 0)
		return ret;
	boot_open_log(c);
	ret = arena_attach(f.arena, &arena);
	if (ret == -EEXIST)
		return boot_explain_taken(why);
	if (ret == -ENOMEM)
		return explain(why, ret,
			       "the limit of address space (ulimit -v) has no "
			       "room for the memory of the stack that runs");
	if (ret < 0)
		return -ENOENT;
	st = find_stack(arena, &f);
	if (!st) {
		arena_unmap(arena);
		return -ENOENT;
	}
	boot_adopt_arena(arena, f.arena);
	bell_setup(f.id);
	ret = reopen_links(c, st, &f, why);
	if (ret < 0) {
		boot_take_back(arena);
		return ret;
	}
	if (f.lifeline_inode && pipe_inode(f.lifeline) == f.lifeline_inode)
		stack_hold_lifeline(f.lifeline);
	turn_stack = st;
	return 0;
}
