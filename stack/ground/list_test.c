/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * list_test.c - proves list.h: order, removal from anywhere, splicing.
 */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "list.h"

struct item {
	int value;
	struct list link;
};

static struct list head;
static struct item items[4];

static void open_list(void)
{
	list_init(&head);
	for (int i = 0; i < 4; i++) {
		items[i].value = i;
		list_init(&items[i].link);
	}
}

TestSuite(list, .init = open_list);

/* The values in order, as one decimal number behind a 1. */
static int digits(const struct list *l)
{
	int number = 1;

	list_for_each (it, l)
		number = number * 10 + list_entry(it, struct item, link)->value;
	return number;
}

Test(list, empty_has_no_first)
{
	cr_assert(list_is_empty(&head));
	cr_assert(eq(ptr, list_first(&head), NULL));
	cr_assert(eq(ptr, list_pop(&head), NULL));
	cr_assert(not(list_is_linked(&items[0].link)));
}

Test(list, push_keeps_order_and_push_front_reverses_it)
{
	for (int i = 1; i < 4; i++)
		list_push(&head, &items[i].link);
	cr_assert(eq(int, digits(&head), 1123));
	list_push_front(&head, &items[0].link);
	cr_assert(eq(int, digits(&head), 10123));
	cr_assert(eq(ptr, list_first(&head), &items[0].link));
}

Test(list, insert_after_lands_behind_its_neighbour)
{
	list_push(&head, &items[1].link);
	list_push(&head, &items[3].link);
	list_insert_after(&items[1].link, &items[2].link);
	cr_assert(eq(int, digits(&head), 1123));
}

Test(list, remove_takes_one_out_and_may_be_repeated)
{
	for (int i = 1; i < 4; i++)
		list_push(&head, &items[i].link);
	list_remove(&items[2].link);
	list_remove(&items[2].link);
	cr_assert(eq(int, digits(&head), 113));
	cr_assert(not(list_is_linked(&items[2].link)));
	cr_assert(list_is_linked(&items[1].link));
}

Test(list, pop_gives_front_to_back)
{
	for (int i = 0; i < 4; i++)
		list_push(&head, &items[i].link);
	for (int i = 0; i < 4; i++)
		cr_assert(eq(ptr, list_pop(&head), &items[i].link));
	cr_assert(list_is_empty(&head));
}

Test(list, safe_walk_may_remove_what_it_stands_on)
{
	for (int i = 0; i < 4; i++)
		list_push(&head, &items[i].link);
	list_for_each_safe (it, next, &head) {
		if (list_entry(it, struct item, link)->value % 2)
			list_remove(it);
	}
	cr_assert(eq(int, digits(&head), 102));
}

Test(list, splice_moves_all_to_the_end)
{
	struct list other;

	list_init(&other);
	list_push(&head, &items[1].link);
	list_push(&other, &items[2].link);
	list_push(&other, &items[3].link);
	list_splice(&head, &other);
	cr_assert(eq(int, digits(&head), 1123));
	cr_assert(list_is_empty(&other));

	list_splice(&head, &other);
	cr_assert(eq(int, digits(&head), 1123));
}
