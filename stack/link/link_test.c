/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * link_test.c - proves link.c: handles, and what the layers add up to
 */
#include <errno.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "link.h"
#include "ground/pkt.h"
#include "ground/tx.h"

/* A layer that writes down what it was asked. */
struct layer {
	struct link link;
	usecs due;
	usecs turned; /* the time of the last turn */
	int closed;
};

static usecs layer_next(struct link *l)
{
	return container_of(l, struct layer, link)->due;
}

static void layer_turn(struct link *l, usecs now)
{
	container_of(l, struct layer, link)->turned = now;
}

static void layer_close(struct link *l)
{
	container_of(l, struct layer, link)->closed++;
}

static int layer_send(struct link *l, const struct tx *t)
{
	(void)t;
	return (int)l->now;
}

static const struct link_ops layer_ops = {
	.send = layer_send,
	.next = layer_next,
	.turn = layer_turn,
	.close = layer_close,
};

static const struct link_ops quiet_ops = {.close = layer_close};

static struct layer top, middle, bottom;

static void stack_them(void)
{
	bottom.link = (struct link){.ops = &layer_ops, .fd = 5, .file = -1};
	middle.link = (struct link){
		.ops = &quiet_ops, .fd = 5, .file = 6, .below = &bottom.link};
	top.link = (struct link){
		.ops = &layer_ops, .fd = 5, .file = -1, .below = &middle.link};
	top.due = bottom.due = USECS_NEVER;
}

TestSuite(link, .init = stack_them);

Test(link, handles_are_given_out_and_taken_back)
{
	int a = link_attach(&top.link);
	int b = link_attach(&bottom.link);

	cr_assert(ge(int, a, 0));
	cr_assert(ne(int, a, b));
	cr_assert(eq(ptr, link_by_handle(a), &top.link));
	link_detach(a);
	cr_assert(eq(ptr, link_by_handle(a), NULL));
	cr_assert(eq(int, link_attach(&middle.link), a));
	cr_assert(eq(ptr, link_by_handle(b), &bottom.link));
}

Test(link, a_handle_of_another_process_can_be_filled_in)
{
	cr_assert(eq(int, link_attach_at(7, &top.link), 0));
	cr_assert(eq(int, link_attach_at(7, &top.link), 0));
	cr_assert(eq(int, link_attach_at(7, &bottom.link), -EBUSY));
	cr_assert(eq(ptr, link_by_handle(7), &top.link));
}

Test(link, handles_out_of_range_are_no_links)
{
	cr_assert(eq(int, link_attach_at(-1, &top.link), -EINVAL));
	cr_assert(eq(int, link_attach_at(LINK_HANDLES, &top.link), -EINVAL));
	cr_assert(eq(ptr, link_by_handle(-1), NULL));
	cr_assert(eq(ptr, link_by_handle(LINK_HANDLES), NULL));
	link_detach(-1);
	link_detach(LINK_HANDLES);
}

Test(link, when_all_handles_are_taken_attach_says_so)
{
	for (int i = 0; i < LINK_HANDLES; i++)
		cr_assert(eq(int, link_attach(&top.link), i));
	cr_assert(eq(int, link_attach(&top.link), -ENOBUFS));
}

Test(link, the_earliest_layer_decides_what_is_next)
{
	cr_assert(eq(u64, link_next(&top.link), USECS_NEVER));
	bottom.due = 50;
	cr_assert(eq(u64, link_next(&top.link), 50));
	top.due = 20;
	cr_assert(eq(u64, link_next(&top.link), 20));
}

Test(link, a_turn_reaches_every_layer)
{
	link_turn(&top.link, 9);
	cr_assert(eq(u64, top.turned, 9));
	cr_assert(eq(u64, bottom.turned, 9));
	cr_assert(eq(u64, middle.link.now, 9));
}

Test(link, send_tells_the_link_the_time)
{
	struct tx t;

	tx_init(&t);
	cr_assert(eq(int, link_send(&bottom.link, &t, 33), 33));
}

Test(link, close_closes_each_layer_once)
{
	link_close(&top.link);
	cr_assert(eq(int, top.closed, 1));
	cr_assert(eq(int, middle.closed, 1));
	cr_assert(eq(int, bottom.closed, 1));
}

Test(link, only_some_links_have_frames_to_take)
{
	cr_assert(eq(ptr, link_take(&top.link), NULL));
}
