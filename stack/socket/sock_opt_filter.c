/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_opt_filter.c - filters of sockets
 *
 * What this room is for
 *   SO_ATTACH_FILTER, SO_DETACH_FILTER, SO_LOCK_FILTER, SO_GET_FILTER (the
 *   first one, read): classic BPF, on every socket that gets packets.
 *   SO_ATTACH_BPF is EOPNOTSUPP: its program is in the kernel.
 *
 * Lock       the stack lock is held.
 * Follows    socket(7); Linux's errors.
 */
#include <errno.h>
#include <linux/filter.h>
#include <string.h>

#include "sock_opt_priv.h"

static struct bpf *filter_of(const struct sock *s)
{
	if (s->conn)
		return tcp_filter(s->conn);
	if (s->pcb)
		return s->pcb->filter;
	return s->packet ? s->packet->filter : NULL;
}

/* Takes the reference over, unless it fails. */
static int set_filter(struct sock *s, struct bpf *f)
{
	struct bpf **place, *old;

	if (s->conn)
		return tcp_set_filter(s->conn, f);
	place = s->pcb ? &s->pcb->filter : &s->packet->filter;
	old = *place;
	*place = f;
	bpf_put(s->stack->eng.arena, old);
	return 0;
}

/* Counted in steps, not bytes, as Linux does. */
static int give_filter(const struct bpf *f, void *value, socklen_t *len)
{
	uint32_t n = f ? f->n : 0;

	if (*len != 0 && n != 0) {
		if (*len < n)
			return -EINVAL;
		memcpy(value, f->steps, n * sizeof(f->steps[0]));
	}
	*len = n;
	return 0;
}

int sock_opt_filter_get(struct sock *s, int level, int name, void *value,
			socklen_t *len, int *number)
{
	if (level != SOL_SOCKET)
		return SOCK_OPT_OTHERS;
	switch (name) {
	case SO_LOCK_FILTER:
		*number = s->filter_locked;
		return SOCK_OPT_IS_INT;
	case SO_BPF_EXTENSIONS:
		*number = SKF_AD_MAX;
		return SOCK_OPT_IS_INT;
	case SO_GET_FILTER:
		return give_filter(filter_of(s), value, len);
	default:
		return SOCK_OPT_OTHERS;
	}
}

static int attach(struct sock *s, const void *value, socklen_t len)
{
	struct arena *a = s->stack->eng.arena;
	struct sock_fprog prog;
	struct bpf *f = NULL;
	int ret;

	if (len != sizeof(prog))
		return -EINVAL;
	memcpy(&prog, value, sizeof(prog));
	if (s->filter_locked)
		return -EPERM;
	if (!prog.filter)
		return -EINVAL;
	ret = bpf_new(a, (const void *)prog.filter, prog.len, &f);
	if (ret < 0)
		return ret;
	ret = set_filter(s, f);
	if (ret < 0)
		bpf_put(a, f);
	return ret;
}

static int detach(struct sock *s)
{
	if (s->filter_locked)
		return -EPERM;
	if (!filter_of(s))
		return -ENOENT;
	return set_filter(s, NULL);
}

static int lock(struct sock *s, int on)
{
	if (s->filter_locked && !on)
		return -EPERM;
	s->filter_locked = on != 0;
	return 0;
}

int sock_opt_filter_set(struct sock *s, int level, int name, const void *value,
			socklen_t len)
{
	int n;

	if (level != SOL_SOCKET ||
	    (name != SO_ATTACH_FILTER && name != SO_DETACH_FILTER &&
	     name != SO_LOCK_FILTER && name != SO_ATTACH_BPF))
		return SOCK_OPT_OTHERS;
	if (s->nl || name == SO_ATTACH_BPF)
		return -EOPNOTSUPP;
	if (len < sizeof(n))
		return -EINVAL;
	memcpy(&n, value, sizeof(n));
	if (name == SO_ATTACH_FILTER)
		return attach(s, value, len);
	return name == SO_LOCK_FILTER ? lock(s, n) : detach(s);
}
