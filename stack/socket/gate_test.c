/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * gate_test.c - proves gate.c: a frame wakes one of those who sleep, whose
 * place in the line decides; and the bell and the program's descriptor wake,
 * too.
 *
 * A socket pair plays the link, a pipe each bell; threads play processes: to
 * the kernel a gate is a gate. What is in the link is never read, so whoever
 * looks for himself would see it.
 */

#include "gate.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SLEEPERS = 3 };

static int wire[2]; /* what is written to [1] can be read from the link [0] */

struct sleeper {
	pthread_t thread;
	struct gate gate;
	int bell[2];
	int tid; /* [a] */
	int ret; /* [a] -1: asleep, or on the way */
	struct pollfd fds[2];
};

static void open_wire(void)
{
	cr_assert(eq(int, socketpair(AF_UNIX, SOCK_DGRAM, 0, wire), 0));
}

TestSuite(gate, .init = open_wire, .timeout = 60);

static void frame(void)
{
	cr_assert(eq(i64, write(wire[1], "x", 1), 1));
}

static void *sleep_in_gate(void *arg)
{
	struct sleeper *z = arg;
	int ret;

	__atomic_store_n(&z->tid, gettid(), __ATOMIC_SEQ_CST);
	ret = gate_poll(&z->gate, z->fds, 0, 2, NULL, NULL);
	__atomic_store_n(&z->ret, ret, __ATOMIC_SEQ_CST);
	return NULL;
}

static bool is_asleep(int tid)
{
	char path[64], state = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	f = fopen(path, "r");
	cr_assert(f != NULL);
	cr_assert(eq(int, fscanf(f, "%*d (%*[^)]) %c", &state), 1));
	fclose(f);
	return state == 'S';
}

/* Returns once it sleeps in its gate. */
static void send_to_sleep(struct sleeper *z)
{
	int tid;

	z->ret = -1;
	z->tid = 0;
	if (!z->bell[1])
		cr_assert(eq(int, pipe(z->bell), 0));
	z->fds[0] = (struct pollfd){z->bell[0], POLLIN, 0};
	z->fds[1] = (struct pollfd){wire[0], POLLIN, 0};
	cr_assert(
		eq(int, pthread_create(&z->thread, NULL, sleep_in_gate, z), 0));
	while (!(tid = __atomic_load_n(&z->tid, __ATOMIC_SEQ_CST)))
		sched_yield();
	while (!is_asleep(tid))
		sched_yield();
}

static void wait_for(struct sleeper *z)
{
	cr_assert(eq(int, pthread_join(z->thread, NULL), 0));
}

/* The bell ends its sleep; did it hear of a frame? */
static bool rung_it_heard_of_a_frame(struct sleeper *z)
{
	char byte;

	cr_assert(eq(i64, write(z->bell[1], "x", 1), 1));
	wait_for(z);
	cr_assert(eq(i64, read(z->bell[0], &byte, 1), 1));
	cr_assert(eq(int, z->fds[0].revents, POLLIN));
	return z->fds[1].revents != 0;
}

static void take_frame(void)
{
	char byte;

	cr_assert(eq(i64, read(wire[0], &byte, 1), 1));
}

Test(gate, a_frame_wakes_the_first_in_the_line_and_nobody_else)
{
	struct sleeper z[SLEEPERS] = {0};

	for (int i = 0; i < SLEEPERS; i++)
		send_to_sleep(&z[i]);
	frame();
	wait_for(&z[0]);
	cr_assert(eq(int, z[0].ret, 1));
	cr_assert(eq(int, z[0].fds[1].revents, POLLIN));
	for (int i = 1; i < SLEEPERS; i++)
		cr_assert(not(rung_it_heard_of_a_frame(&z[i])));
}

Test(gate, who_is_not_asleep_is_passed_over)
{
	struct sleeper busy = {0}, idle = {0};

	send_to_sleep(&busy);
	send_to_sleep(&idle);
	cr_assert(not(rung_it_heard_of_a_frame(&busy)));
	frame();
	wait_for(&idle);
	cr_assert(eq(int, idle.fds[1].revents, POLLIN));
}

Test(gate, who_was_woken_in_vain_goes_to_the_end)
{
	struct sleeper first = {0}, second = {0};

	send_to_sleep(&first);
	send_to_sleep(&second);
	/* Once may be chance. */
	for (int i = 0; i < 2; i++) {
		frame();
		wait_for(&first);
		take_frame();
		gate_served(&first.gate, false, SEC(i));
		send_to_sleep(&first);
	}
	frame();
	wait_for(&second);
	cr_assert(eq(int, second.fds[1].revents, POLLIN));
	take_frame();
	gate_served(&second.gate, true, SEC(9));
	cr_assert(not(rung_it_heard_of_a_frame(&first)));
}

Test(gate, who_is_always_woken_in_vain_stays_aside_while_others_look)
{
	struct gate g = {0};
	uint32_t looks = (uint32_t)-7;
	usecs first;

	for (int i = 0; i < 8; i++) {
		cr_assert(eq(u64, gate_aside(&g, looks), 0));
		gate_served(&g, false, SEC(1) + (usecs)i);
	}
	first = gate_aside(&g, looks);
	cr_assert(gt(u64, first, 0));
	looks += 100;
	cr_assert(gt(u64, gate_aside(&g, looks), first));
	/* Hardly anybody has come by meanwhile. */
	cr_assert(eq(u64, gate_aside(&g, looks + 1), 0));
	cr_assert(eq(u64, gate_aside(&g, looks + 100), 0));
}

/* Going aside is woken from by the clock: that is more, then. */
Test(gate, who_is_woken_in_vain_now_and_then_stays_in_the_line)
{
	struct gate g = {0};

	for (int i = 1; i < 100; i++) {
		gate_served(&g, false, MSEC(10) * (usecs)i);
		cr_assert(eq(u64, gate_aside(&g, 1000), 0));
	}
}

Test(gate, a_frame_of_ours_brings_us_back_into_the_line)
{
	struct gate g = {0};

	for (int i = 0; i < 9; i++)
		gate_served(&g, false, SEC(1) + (usecs)i);
	cr_assert(gt(u64, gate_aside(&g, 1), 0));
	gate_served(&g, true, SEC(1) + 9);
	cr_assert(eq(u64, gate_aside(&g, 2), 0));
}

Test(gate, the_programs_descriptor_wakes_and_again_under_its_number)
{
	struct timespec zero = {0, 0};
	struct gate g = {0};
	int bell[2], one[2], two[2];

	cr_assert(eq(int, pipe(bell), 0));
	cr_assert(eq(int, pipe(one), 0));
	cr_assert(eq(int, pipe(two), 0));
	for (int i = 0; i < 3; i++) {
		struct pollfd fds[] = {{one[0], POLLIN, 0},
				       {bell[0], POLLIN, 0},
				       {wire[0], POLLIN, 0}};

		cr_assert(eq(int, gate_poll(&g, fds, 1, 3, &zero, NULL), 0));
		cr_assert(eq(i64, write(one[1], "x", 1), 1));
		cr_assert(eq(int, gate_poll(&g, fds, 1, 3, NULL, NULL), 1));
		cr_assert(eq(int, fds[0].revents, POLLIN));
		/* Then the number means another file, of which the gate
		 * knows nothing. */
		if (i == 1) {
			cr_assert(eq(int, dup2(two[0], one[0]), one[0]));
			one[1] = two[1];
			continue;
		}
		cr_assert(eq(i64, read(one[0], &(char){0}, 1), 1));
	}
}

Test(gate, several_of_the_programs_wake_each_for_itself)
{
	struct timespec zero = {0, 0};
	struct gate g = {0};
	int bell[2], one[2], two[2];
	struct pollfd fds[4];

	cr_assert(eq(int, pipe(bell), 0));
	cr_assert(eq(int, pipe(one), 0));
	cr_assert(eq(int, pipe(two), 0));
	fds[0] = (struct pollfd){one[0], POLLIN, 0};
	fds[1] = (struct pollfd){two[0], POLLIN, 0};
	fds[2] = (struct pollfd){bell[0], POLLIN, 0};
	fds[3] = (struct pollfd){wire[0], POLLIN, 0};
	cr_assert(eq(int, gate_poll(&g, fds, 2, 4, &zero, NULL), 0));
	cr_assert(eq(i64, write(two[1], "x", 1), 1));
	cr_assert(gt(int, gate_poll(&g, fds, 2, 4, NULL, NULL), 0));
	cr_assert(eq(int, fds[0].revents, 0));
	cr_assert(eq(int, fds[1].revents, POLLIN));
	/* Ready it stays, and the other one becomes so. */
	cr_assert(eq(int, close(one[1]), 0));
	cr_assert(gt(int, gate_poll(&g, fds, 2, 4, NULL, NULL), 0));
	cr_assert(eq(int, fds[0].revents, POLLHUP));
	cr_assert(eq(int, fds[1].revents, POLLIN));
	/* Nobody asks for the second any more. */
	cr_assert(eq(i64, read(two[0], &(char){0}, 1), 1));
	cr_assert(eq(int, close(one[0]), 0));
	fds[0].fd = -1;
	cr_assert(eq(int, gate_poll(&g, fds, 2, 4, &zero, NULL), 0));
	frame();
	cr_assert(gt(int, gate_poll(&g, fds, 2, 4, NULL, NULL), 0));
	cr_assert(eq(int, fds[3].revents, POLLIN));
}

/* What was armed by an earlier sleep says nothing about the present file. */
Test(gate, an_event_of_the_file_before_is_not_the_one_of_now)
{
	struct timespec zero = {0, 0};
	struct gate g = {0};
	int bell[2], one[2], two[2], other;
	struct pollfd fds[3];

	cr_assert(eq(int, pipe(bell), 0));
	cr_assert(eq(int, pipe(one), 0));
	cr_assert(eq(int, pipe(two), 0));
	other = dup(one[0]);
	fds[0] = (struct pollfd){one[0], POLLIN, 0};
	fds[1] = (struct pollfd){bell[0], POLLIN, 0};
	fds[2] = (struct pollfd){wire[0], POLLIN, 0};
	cr_assert(eq(int, gate_poll(&g, fds, 1, 3, &zero, NULL), 0));
	/* It stays in the gate, by the other number. */
	cr_assert(eq(int, dup2(two[0], one[0]), one[0]));
	cr_assert(eq(i64, write(one[1], "x", 1), 1));
	(void)!gate_poll(&g, fds, 1, 3, &zero, NULL);
	cr_assert(eq(int, fds[0].revents, 0));
	close(other);
}

Test(gate, one_twice_is_for_poll)
{
	struct timespec zero = {0, 0};
	struct gate g = {0};
	int bell[2], one[2];
	struct pollfd fds[4];

	cr_assert(eq(int, pipe(bell), 0));
	cr_assert(eq(int, pipe(one), 0));
	fds[0] = (struct pollfd){one[0], POLLIN, 0};
	fds[1] = (struct pollfd){one[0], POLLPRI, 0};
	fds[2] = (struct pollfd){bell[0], POLLIN, 0};
	fds[3] = (struct pollfd){wire[0], POLLIN, 0};
	cr_assert(eq(int, gate_poll(&g, fds, 2, 4, &zero, NULL), -ENOTSUP));
	fds[1].fd = -1;
	cr_assert(eq(int, gate_poll(&g, fds, 2, 4, &zero, NULL), 0));
}

Test(gate, what_no_epoll_takes_is_for_poll)
{
	struct timespec zero = {0, 0};
	struct gate g = {0};
	int bell[2], file = open("/proc/self/exe", O_RDONLY);
	struct pollfd fds[] = {{file, POLLIN, 0}, {0, POLLIN, 0}};

	cr_assert(eq(int, pipe(bell), 0));
	fds[1].fd = bell[0];
	cr_assert(ge(int, file, 0));
	cr_assert(eq(int, gate_poll(&g, fds, 1, 2, &zero, NULL), -ENOTSUP));
}

Test(gate, a_link_that_moved_to_another_number_still_wakes)
{
	struct timespec zero = {0, 0};
	struct gate g = {0};
	int bell[2];
	struct pollfd fds[] = {{0, POLLIN, 0}, {wire[0], POLLIN, 0}};

	cr_assert(eq(int, pipe(bell), 0));
	fds[0].fd = bell[0];
	cr_assert(eq(int, gate_poll(&g, fds, 0, 2, &zero, NULL), 0));
	fds[1].fd = dup(wire[0]);
	close(wire[0]);
	frame();
	cr_assert(eq(int, gate_poll(&g, fds, 0, 2, NULL, NULL), 1));
	cr_assert(eq(int, fds[1].revents, POLLIN));
}
