/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * list.h - a circular, doubly linked list whose links live in the members
 *
 * What this room is for
 *   Queues and memberships that need O(1) insertion and removal. A list head
 *   is a link that belongs to no member. The links may lie in the arena.
 *
 *   Whoever is killed in the middle of a change leaves a list that can still
 *   be walked forward: next pointers are always those of the list as it was
 *   or as it shall be. That is what the order of the stores is for.
 *
 * Never      allocates or owns what it links.
 */
#ifndef STACK_LIST_H
#define STACK_LIST_H

#include "base.h"

struct list {
	struct list *next;
	struct list *prev;
};

static inline void list_init(struct list *l);
static inline bool list_is_empty(const struct list *head);

/* A link is on some list, provided it was initialised or removed before. */
static inline bool list_is_linked(const struct list *link);

static inline void list_push(struct list *head, struct list *link);
static inline void list_push_front(struct list *head, struct list *link);
static inline void list_insert_after(struct list *at, struct list *link);

/* Removing an unlinked (but initialised) link is allowed and does nothing. */
static inline void list_remove(struct list *link);

/* First link, or NULL when empty. list_pop also removes it. */
static inline struct list *list_first(const struct list *head);
static inline struct list *list_pop(struct list *head);

/* Moves all members of `from` to the end of `to`. */
static inline void list_splice(struct list *to, struct list *from);

#define list_entry(link, type, member) container_of(link, type, member)
#define list_for_each(it, head)                                                \
	for (struct list *it = (head)->next; it != (head); it = it->next)
#define list_for_each_safe(it, tmp, head)                                      \
	for (struct list *it = (head)->next, *tmp = it->next; it != (head);    \
	     it = tmp, tmp = it->next)

/* Inline bodies. */

/* The compiler keeps the stores before it before those behind it. */
static inline void list_fence(void)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

static inline void list_init(struct list *l)
{
	l->next = l;
	l->prev = l;
}

static inline bool list_is_empty(const struct list *head)
{
	return head->next == head;
}

static inline bool list_is_linked(const struct list *link)
{
	return link->next != link;
}

static inline void list_insert_after(struct list *at, struct list *link)
{
	struct list *next = at->next;

	link->next = next;
	link->prev = at;
	list_fence();
	at->next = link;
	next->prev = link;
}

static inline void list_push(struct list *head, struct list *link)
{
	list_insert_after(head->prev, link);
}

static inline void list_push_front(struct list *head, struct list *link)
{
	list_insert_after(head, link);
}

static inline void list_remove(struct list *link)
{
	link->prev->next = link->next;
	link->next->prev = link->prev;
	list_fence();
	list_init(link);
}

static inline struct list *list_first(const struct list *head)
{
	return list_is_empty(head) ? NULL : head->next;
}

static inline struct list *list_pop(struct list *head)
{
	struct list *first = list_first(head);

	if (first)
		list_remove(first);
	return first;
}

static inline void list_splice(struct list *to, struct list *from)
{
	struct list *last = to->prev;

	if (list_is_empty(from))
		return;
	from->prev->next = to;
	list_fence();
	last->next = from->next;
	from->next->prev = last;
	to->prev = from->prev;
	list_fence();
	list_init(from);
}

#endif
