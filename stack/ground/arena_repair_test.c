/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * arena_repair_test.c - proves arena_repair.c: what is claimed stays, as it
 * was; the rest is free again, and counted so.
 */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "arena_priv.h"

static struct arena *a;

static void open_arena(void)
{
	cr_assert(eq(int, arena_create_private(32 << 20, &a), 0));
}

static void close_arena(void)
{
	arena_unmap(a);
}

TestSuite(arena_repair, .init = open_arena, .fini = close_arena);

struct thing {
	struct list link;
	int number;
};

static struct thing *new_thing(struct list *head, int number)
{
	struct thing *t = arena_zalloc(a, sizeof(*t), ARENA_OTHER);

	cr_assert(ne(ptr, t, NULL));
	t->number = number;
	list_push(head, &t->link);
	return t;
}

Test(arena_repair, what_nobody_claims_is_free_and_the_rest_is_untouched)
{
	void *root = arena_alloc(a, 100, ARENA_ROOT);
	char *kept = arena_alloc(a, 500, ARENA_SOCK);
	size_t used = arena_used(a);
	void *big = arena_alloc(a, 5 << 20, ARENA_TABLE);
	void *lost = arena_alloc(a, 3 << 20, ARENA_PKT);

	cr_assert(ne(ptr, arena_alloc(a, 500, ARENA_SOCK), NULL));
	cr_assert(ne(ptr, arena_alloc(a, 500, ARENA_MAKING), NULL));
	cr_assert(ne(ptr, big, NULL));
	cr_assert(ne(ptr, lost, NULL));
	kept[499] = 'x';

	arena_claim_begin(a);
	cr_assert(not(arena_is(a, big, ARENA_TABLE)));
	cr_assert(arena_claim(a, kept, ARENA_SOCK));
	arena_sweep(a);
	arena_claim_end(a);

	cr_assert(eq(sz, arena_used(a), used));
	cr_assert(eq(ptr, arena_root(a), root));
	cr_assert(eq(sz, arena_count(a, ARENA_SOCK), 1));
	cr_assert(eq(ptr, arena_next(a, ARENA_SOCK, NULL), kept));
	cr_assert(eq(chr, kept[499], 'x'));
	cr_assert(eq(sz, arena_count(a, ARENA_PKT), 0));
	cr_assert(eq(ptr, arena_alloc(a, 5 << 20, ARENA_TABLE), big));
}

Test(arena_repair, only_what_it_is_can_be_claimed_and_only_once)
{
	char *block = arena_alloc(a, 300, ARENA_CONN);
	char *gone = arena_alloc(a, 300, ARENA_CONN);

	arena_free(a, gone);
	arena_claim_begin(a);
	cr_assert(not(arena_claim(a, NULL, ARENA_CONN)));
	cr_assert(not(arena_claim(a, a, ARENA_CONN)));
	cr_assert(not(arena_claim(a, &block, ARENA_CONN)));
	cr_assert(not(arena_claim(a, block + 64, ARENA_CONN)));
	cr_assert(not(arena_claim(a, block + (64 << 20), ARENA_CONN)));
	cr_assert(not(arena_claim(a, gone, ARENA_CONN)));
	cr_assert(not(arena_claim(a, block, ARENA_SOCK)));
	cr_assert(not(arena_is_claimed(a, block, ARENA_CONN)));
	cr_assert(arena_claim(a, block, ARENA_CONN));
	cr_assert(arena_is_claimed(a, block, ARENA_CONN));
	cr_assert(not(arena_claim(a, block, ARENA_CONN)));
}

/* As far as the links lead to blocks in use; what is behind is swept. */
Test(arena_repair, a_list_is_sound_up_to_where_it_is_broken)
{
	struct list head;
	struct thing *second, *third;

	list_init(&head);
	new_thing(&head, 1);
	second = new_thing(&head, 2);
	third = new_thing(&head, 3);
	new_thing(&head, 4);
	third->link.next = (struct list *)((uintptr_t)third + 8);
	second->link.prev = NULL;
	head.prev = NULL;

	arena_claim_begin(a);
	cr_assert(eq(u32,
		     arena_claim_list(a, &head, ARENA_OTHER,
				      offsetof(struct thing, link)),
		     3));
	arena_sweep(a);
	cr_assert(eq(sz, arena_count(a, ARENA_OTHER), 3));
	cr_assert(eq(ptr, head.prev, &third->link));
	cr_assert(eq(ptr, third->link.next, &head));
	cr_assert(eq(ptr, third->link.prev, &second->link));
}

/* A loop ends where it comes to what was claimed. */
Test(arena_repair, a_list_that_bites_its_tail_ends)
{
	struct list head;
	struct thing *first, *second;

	list_init(&head);
	first = new_thing(&head, 1);
	second = new_thing(&head, 2);
	second->link.next = &first->link;
	arena_claim_begin(a);
	cr_assert(eq(u32,
		     arena_claim_list(a, &head, ARENA_OTHER,
				      offsetof(struct thing, link)),
		     2));
	cr_assert(eq(ptr, second->link.next, &head));
}

/* Tables grow once more while they are made anew. */
Test(arena_repair, there_is_no_cap_until_the_end)
{
	size_t cap = arena_cap(a);

	arena_claim_begin(a);
	arena_sweep(a);
	cr_assert(ne(ptr, arena_alloc(a, 40 << 20, ARENA_TABLE), NULL));
	cr_assert(eq(sz, arena_cap(a), cap));
	arena_claim_end(a);
	cr_assert(eq(ptr, arena_alloc(a, 64, ARENA_TABLE), NULL));
}

/* Whoever recovers may be killed between any two steps. */
Test(arena_repair, can_be_begun_again)
{
	void *block = arena_alloc(a, 300, ARENA_CONN);
	size_t used = arena_used(a);

	arena_claim_begin(a);
	cr_assert(arena_claim(a, block, ARENA_CONN));
	arena_claim_begin(a);
	cr_assert(not(arena_is_claimed(a, block, ARENA_CONN)));
	cr_assert(arena_claim(a, block, ARENA_CONN));
	arena_sweep(a);
	arena_claim_end(a);
	cr_assert(eq(sz, arena_used(a), used));
	arena_free(a, block);
}
