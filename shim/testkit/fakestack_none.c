/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * fakestack_none.c - what the counter's stand-in has none of
 *
 * What this room is for
 *   The part of fakestack.c that does nothing: it has no family of processes,
 *   no keeper and no log.
 *
 * Never      is part of the preloaded object.
 */

#include <errno.h>

#include "ground/shim.h"

void stack_set_held_hook(bool (*ask)(sock_id))
{
	(void)ask;
}

void stack_note_shared(sock_id s)
{
	(void)s;
}

void stack_note_in_flight(sock_id s, int count)
{
	(void)s, (void)count;
}

void stack_note_left(sock_id s)
{
	(void)s;
}

void stack_die_inside(uint32_t turns)
{
	(void)turns;
}

void stack_before_family(void)
{
}

void stack_before_confinement(void)
{
}

void stack_repeat(long nr, long a, long b, long c, long d, long e)
{
	(void)nr, (void)a, (void)b, (void)c, (void)d, (void)e;
}

void stack_settle_in(void)
{
}

void stack_let_inherit(bool yes)
{
	(void)yes;
}

void stack_set_keeper_hook(int (*start)(void))
{
	(void)start;
}

void stack_need_keeper(void)
{
}

bool stack_get_family(struct stack_family *out)
{
	(void)out;
	return false;
}

int stack_write_family(const struct stack_family *f, char *text, size_t size)
{
	(void)f, (void)text, (void)size;
	return -ENOSPC;
}

int stack_read_family(const char *text, struct stack_family *out)
{
	(void)text, (void)out;
	return -ENOENT;
}

void stack_warn(const char *line)
{
	(void)line;
}

void stack_hold_lifeline(int fd)
{
	(void)fd;
}

int stack_export(char *text, size_t size)
{
	(void)text, (void)size;
	return -ENOENT;
}

int stack_join(const char *text, const struct stack_config *c, char *why,
	       size_t why_size)
{
	(void)text, (void)c, (void)why, (void)why_size;
	return -ENOENT;
}

int stack_wait_for_address(uint64_t us, char *why, size_t why_size)
{
	(void)us, (void)why, (void)why_size;
	return 0;
}

uint64_t stack_address_space(uint64_t memory_bytes)
{
	(void)memory_bytes;
	return 0;
}

size_t stack_dns(struct sockaddr_storage *out, size_t max)
{
	(void)out, (void)max;
	return 0;
}

bool stack_search_domain(size_t i, char *out, size_t size)
{
	(void)i, (void)out, (void)size;
	return false;
}

bool stack_choose_fd_begin(void)
{
	return false;
}

void stack_choose_fd_end(bool has_begun)
{
	(void)has_begun;
}
