/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * link.c - handles of links, and the walk through their layers
 *
 * What this room is for
 *   The arena may not hold pointers into a process, so an interface knows its
 *   link by a number; this table, one per process, says which link that is.
 *
 * Lock       the stack lock is held.
 */
#include <errno.h>

#include "link.h"
#include "ground/must.h"
#include "ground/pkt.h"
#include "ground/tx.h"

static struct link *handles[LINK_HANDLES]; /* [P] */

int link_attach(struct link *l)
{
	for (int i = 0; i < LINK_HANDLES; i++) {
		if (!handles[i]) {
			handles[i] = l;
			return i;
		}
	}
	return -ENOBUFS;
}

int link_attach_at(int handle, struct link *l)
{
	if (handle < 0 || handle >= LINK_HANDLES)
		return -EINVAL;
	if (handles[handle] && handles[handle] != l)
		return -EBUSY;
	handles[handle] = l;
	return 0;
}

void link_detach(int handle)
{
	if (handle >= 0 && handle < LINK_HANDLES)
		handles[handle] = NULL;
}

struct link *link_by_handle(int handle)
{
	if (handle < 0 || handle >= LINK_HANDLES)
		return NULL;
	return handles[handle];
}

int link_send(struct link *l, const struct tx *t, usecs now)
{
	l->now = now;
	return l->ops->send(l, t);
}

int link_recv(struct link *l, struct pkt *p)
{
	MUST(p->len == 0);
	p->gso_size = 0;
	p->segs = 1;
	p->csum = PKT_CSUM_UNKNOWN;
	return l->ops->recv(l, p);
}

struct pkt *link_take(struct link *l)
{
	return l->ops->take ? l->ops->take(l) : NULL;
}

int link_address(struct link *l, const struct eth_addr *mac)
{
	int err = 0;

	for (; l && err == 0; l = l->below)
		if (l->ops->address)
			err = l->ops->address(l, mac);
	return err;
}

usecs link_next(struct link *l)
{
	usecs first = USECS_NEVER;

	for (; l; l = l->below) {
		usecs due = l->ops->next ? l->ops->next(l) : USECS_NEVER;

		first = MIN(first, due);
	}
	return first;
}

void link_turn(struct link *l, usecs now)
{
	for (; l; l = l->below) {
		l->now = now;
		if (l->ops->turn)
			l->ops->turn(l, now);
	}
}

void link_close(struct link *l)
{
	while (l) {
		struct link *below = l->below;

		l->ops->close(l);
		l = below;
	}
}
