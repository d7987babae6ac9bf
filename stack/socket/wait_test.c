/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * wait_test.c - proves wait.c, with real threads and the real clock: who is
 * woken by what, and that nothing is left behind however a wait ends.
 *
 * No test sleeps. A test that wants a thread to be asleep waits until its
 * waiter says so; a test that wants no event takes a deadline that is over.
 * Deadlines that must not be reached are far away.
 */

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "process/driver.h"
#include "testkit/socktest.h"

TestSuite(wait, .init = kit_open_live, .fini = kit_close_live, .timeout = 60);

enum { PORT = 5000, FAR = 30 };

static uint64_t far_away(void)
{
	return stack_now() + SEC(FAR);
}

static sock_id receiver(uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons(port),
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	sock_id s = 0;

	cr_assert(eq(int, stack_socket(AF_INET, SOCK_DGRAM, 0, &s), 0));
	cr_assert(eq(int, stack_bind(s, (void *)&a, sizeof(a)), 0));
	return s;
}

static void send_to(uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons(port),
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	sock_id s = 0;

	cr_assert(eq(int, stack_socket(AF_INET, SOCK_DGRAM, 0, &s), 0));
	cr_assert(eq(int, stack_connect(s, (void *)&a, sizeof(a)), 0));
	cr_assert(eq(i64, stack_send(s, "x", 1, 0), 1));
	cr_assert(eq(int, stack_close(s), 0));
}

/* How many waiters have said that they sleep. */
static size_t asleep(void)
{
	struct waiter *w = NULL;
	size_t n = 0;

	cr_assert(lock_take(&kit.st->eng.lock) == LOCK_CLEAN);
	while ((w = arena_next(kit.arena, ARENA_WAIT, w)))
		n += __atomic_load_n(&w->asleep, __ATOMIC_SEQ_CST) !=
		     WAITER_AWAKE;
	lock_release(&kit.st->eng.lock);
	return n;
}

static void await_asleep(size_t n)
{
	while (asleep() != n)
		sched_yield();
}

/* One waiting thread. */
struct sleeper {
	pthread_t thread;
	sock_id sock;
	uint32_t events;
	uint64_t deadline;
	int result;
};

static void *sleep_there(void *arg)
{
	struct sleeper *z = arg;

	z->result = stack_wait(z->sock, z->events, z->deadline);
	return NULL;
}

static void start(struct sleeper *z, void *(*body)(void *))
{
	if (!z->deadline)
		z->deadline = far_away();
	cr_assert(eq(int, pthread_create(&z->thread, NULL, body, z), 0));
}

static int end(struct sleeper *z)
{
	cr_assert(eq(int, pthread_join(z->thread, NULL), 0));
	return z->result;
}

/* --- stack_wait ---------------------------------------------------------- */

Test(wait, what_holds_already_needs_no_sleep)
{
	sock_id s = receiver(PORT);

	cr_assert(eq(int, stack_wait(s, EPOLLOUT, UINT64_MAX), 0));
	send_to(PORT);
	cr_assert(eq(int, stack_wait(s, EPOLLIN, UINT64_MAX), 0));
	cr_assert(eq(int, stack_wait(s, EPOLLIN, 0), 0), "even too late");
}

Test(wait, a_deadline_in_the_past_is_a_look)
{
	sock_id s = receiver(PORT);

	cr_assert(eq(int, stack_wait(s, EPOLLIN, 1), -ETIMEDOUT));
	cr_assert(eq(int, stack_wait(s, EPOLLIN, 0), -ETIMEDOUT));
	cr_assert(eq(int, stack_wait(s, EPOLLIN, stack_now()), -ETIMEDOUT));
}

Test(wait, a_deadline_passes)
{
	sock_id s = receiver(PORT);
	uint64_t deadline = stack_now() + MSEC(5);

	cr_assert(eq(int, stack_wait(s, EPOLLIN, deadline), -ETIMEDOUT));
	cr_assert(ge(u64, stack_now(), deadline));
}

Test(wait, another_threads_send_wakes)
{
	struct sleeper z = {.sock = receiver(PORT), .events = EPOLLIN};

	start(&z, sleep_there);
	await_asleep(1);
	send_to(PORT);
	cr_assert(eq(int, end(&z), 0));
	cr_assert(stack_ready(z.sock) & EPOLLIN);
}

Test(wait, what_was_not_asked_for_does_not_end_it)
{
	struct sleeper z = {.sock = receiver(PORT), .events = EPOLLPRI};

	start(&z, sleep_there);
	await_asleep(1);
	send_to(PORT);
	await_asleep(1);
	cr_assert(eq(int, stack_close(z.sock), 0));
	cr_assert(eq(int, end(&z), -EBADF));
}

Test(wait, closing_the_socket_ends_it)
{
	struct sleeper z = {.sock = receiver(PORT), .events = EPOLLIN};

	start(&z, sleep_there);
	await_asleep(1);
	cr_assert(eq(int, stack_close(z.sock), 0));
	cr_assert(eq(int, end(&z), -EBADF));
}

Test(wait, every_sleeper_of_a_socket_is_woken)
{
	enum { N = 8 };
	struct sleeper z[N];
	sock_id s = receiver(PORT);

	for (int i = 0; i < N; i++) {
		z[i] = (struct sleeper){.sock = s, .events = EPOLLIN};
		start(&z[i], sleep_there);
	}
	await_asleep(N);
	send_to(PORT);
	for (int i = 0; i < N; i++)
		cr_expect(eq(int, end(&z[i]), 0));
}

Test(wait, each_sleeper_wakes_for_its_own_socket)
{
	enum { N = 8 };
	struct sleeper z[N];

	for (int i = 0; i < N; i++) {
		z[i] = (struct sleeper){.sock = receiver(PORT + (uint16_t)i),
					.events = EPOLLIN};
		start(&z[i], sleep_there);
	}
	await_asleep(N);
	/* The one that drives is among them; it may come at any turn. */
	for (int i = 0; i < N; i++) {
		send_to(PORT + (uint16_t)i);
		cr_expect(eq(int, end(&z[i]), 0));
		await_asleep((size_t)(N - 1 - i));
	}
}

/* Two threads that answer each other, and nobody else to wake them. */
static void *answer(void *arg)
{
	struct sleeper *z = arg;
	char c;

	for (int i = 0; i < 1000; i++) {
		z->result = stack_wait(z->sock, EPOLLIN, z->deadline);
		if (z->result < 0 || stack_recv(z->sock, &c, 1, 0) != 1 ||
		    stack_send(z->sock, &c, 1, 0) != 1)
			break;
	}
	return NULL;
}

static void connect_to(sock_id s, uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons(port),
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	cr_assert(eq(int, stack_connect(s, (void *)&a, sizeof(a)), 0));
}

Test(wait, a_thousand_answers_lose_no_wake_up)
{
	struct sleeper z = {.sock = receiver(PORT)};
	sock_id s = receiver(PORT + 1);
	char c = 'x';

	connect_to(z.sock, PORT + 1);
	connect_to(s, PORT);
	start(&z, answer);
	for (int i = 0; i < 1000; i++) {
		cr_assert(eq(i64, stack_send(s, &c, 1, 0), 1));
		cr_assert(eq(int, stack_wait(s, EPOLLIN, far_away()), 0));
		cr_assert(eq(i64, stack_recv(s, &c, 1, 0), 1));
	}
	cr_assert(eq(int, end(&z), 0));
}

/* --- signals and cancellation -------------------------------------------- */

static volatile sig_atomic_t handled;

static void handler(int signo)
{
	(void)signo;
	handled++;
}

static void handle(int flags)
{
	struct sigaction sa = {.sa_handler = handler, .sa_flags = flags};

	cr_assert(eq(int, sigaction(SIGUSR1, &sa, NULL), 0));
}

Test(wait, a_handler_ends_it_with_eintr)
{
	/* Whether the call is made again is not decided here. */
	for (int flags = 0; flags <= SA_RESTART; flags += SA_RESTART) {
		struct sleeper z = {.sock = receiver(PORT), .events = EPOLLIN};

		handle(flags);
		start(&z, sleep_there);
		await_asleep(1);
		/* Between saying so and sleeping a signal may be too early. */
		handled = 0;
		while (asleep() && kit_count(ARENA_WAIT)) {
			pthread_kill(z.thread, SIGUSR1);
			sched_yield();
		}
		cr_assert(eq(int, end(&z), -EINTR));
		cr_assert(gt(int, handled, 0));
		cr_assert(eq(int, stack_close(z.sock), 0));
	}
}

/* The second of two sleepers does not drive: it sleeps on a futex. */
Test(wait, a_handler_ends_the_sleep_of_who_does_not_drive)
{
	struct sleeper a = {.sock = receiver(PORT), .events = EPOLLIN};
	struct sleeper b = {.sock = receiver(PORT + 1), .events = EPOLLIN};

	handle(0);
	start(&a, sleep_there);
	await_asleep(1);
	start(&b, sleep_there);
	await_asleep(2);
	while (asleep() == 2) {
		pthread_kill(b.thread, SIGUSR1);
		sched_yield();
	}
	cr_assert(eq(int, end(&b), -EINTR));
	send_to(PORT);
	cr_assert(eq(int, end(&a), 0));
}

/* As the shim's trampoline. */
static void interrupt(int signo)
{
	(void)signo;
	stack_interrupt();
}

enum { CALLS = 2000 };
static int begun;

static void *sleep_until_not_interrupted(void *arg)
{
	struct sleeper *z = arg;

	for (int i = 1; i <= CALLS; i++) {
		uint32_t since = stack_interrupts();

		__atomic_store_n(&begun, i, __ATOMIC_SEQ_CST);
		z->result =
			stack_wait_since(z->sock, EPOLLIN, z->deadline, since);
		if (z->result != -EINTR)
			break;
	}
	__atomic_store_n(&begun, CALLS + 1, __ATOMIC_SEQ_CST);
	return NULL;
}

/* One signal for each call, wherever it is: before it sleeps, in the middle of
 * a turn, asleep. The kernel goes on with a futex that has no deadline. */
static void interrupt_each_call(void)
{
	struct sigaction sa = {.sa_handler = interrupt, .sa_flags = SA_RESTART};
	struct sleeper z = {.sock = receiver(PORT + 1), .deadline = UINT64_MAX};

	cr_assert(eq(int, sigaction(SIGUSR1, &sa, NULL), 0));
	begun = 0;
	start(&z, sleep_until_not_interrupted);
	for (int i = 1; i <= CALLS; i++) {
		while (__atomic_load_n(&begun, __ATOMIC_SEQ_CST) < i)
			sched_yield();
		for (volatile int n = 0; n < i % 100 * 50; n++)
			continue;
		pthread_kill(z.thread, SIGUSR1);
	}
	cr_assert(eq(int, end(&z), -EINTR));
}

Test(wait, no_handler_comes_too_early_for_who_drives)
{
	interrupt_each_call();
}

Test(wait, no_handler_comes_too_early_for_who_does_not_drive)
{
	struct sleeper a = {.sock = receiver(PORT), .events = EPOLLIN};

	start(&a, sleep_there);
	await_asleep(1);
	interrupt_each_call();
	send_to(PORT);
	cr_assert(eq(int, end(&a), 0));
}

/* What lies in the handler's past does not count. */
Test(wait, a_handler_that_ran_before_the_call_does_not_end_it)
{
	sock_id s = receiver(PORT);

	stack_interrupt();
	cr_assert(eq(int, stack_wait(s, EPOLLIN, 1), -ETIMEDOUT));
	cr_assert(eq(int, stack_poll(NULL, 0, NULL, 0, 1, NULL), 0));
}

static void cancel(struct sleeper *z)
{
	void *result;

	cr_assert(eq(int, pthread_cancel(z->thread), 0));
	cr_assert(eq(int, pthread_join(z->thread, &result), 0));
	cr_assert(result == PTHREAD_CANCELED);
}

Test(wait, cancelled_it_leaves_nothing_and_the_stack_goes_on)
{
	struct sleeper a = {.sock = receiver(PORT), .events = EPOLLIN};
	struct sleeper b = {.sock = receiver(PORT + 1), .events = EPOLLIN};

	for (int i = 0; i < 20; i++) {
		start(&a, sleep_there);
		await_asleep(1);
		cancel(&a);
		cr_assert(eq(sz, kit_count(ARENA_WAIT), 0));
	}
	start(&b, sleep_there);
	await_asleep(1);
	send_to(PORT + 1);
	cr_assert(eq(int, end(&b), 0));
}

Test(wait, the_one_who_drives_is_cancelled_and_the_other_is_woken_still)
{
	struct sleeper a = {.sock = receiver(PORT), .events = EPOLLIN};
	struct sleeper b = {.sock = receiver(PORT + 1), .events = EPOLLIN};

	start(&a, sleep_there);
	await_asleep(1);
	start(&b, sleep_there);
	await_asleep(2);
	cancel(&a);
	cr_assert(eq(sz, kit_count(ARENA_WAIT), 1));
	send_to(PORT + 1);
	cr_assert(eq(int, end(&b), 0));
}

/* --- stack_poll ---------------------------------------------------------- */

static void *poll_both(void *arg)
{
	struct sleeper *z = arg;
	struct stack_pollee p = {z->sock, EPOLLIN, 0};
	struct pollfd fd = {(int)z->events, POLLIN, 0};
	int n = stack_poll(&p, 1, &fd, 1, z->deadline, NULL);

	z->result = n < 0 ? n : (p.revents ? 1 : 0) | (fd.revents ? 2 : 0);
	return NULL;
}

Test(wait, poll_hears_the_socket_and_the_pipe)
{
	struct sleeper z = {.sock = receiver(PORT)};
	int fds[2];
	char c;

	cr_assert(eq(int, pipe(fds), 0));
	z.events = (uint32_t)fds[0];
	start(&z, poll_both);
	await_asleep(1);
	cr_assert(eq(i64, write(fds[1], "x", 1), 1));
	cr_assert(eq(int, end(&z), 2));
	cr_assert(eq(i64, read(fds[0], &c, 1), 1));

	start(&z, poll_both);
	await_asleep(1);
	send_to(PORT);
	cr_assert(eq(int, end(&z), 1));

	cr_assert(eq(i64, write(fds[1], "x", 1), 1));
	start(&z, poll_both);
	cr_assert(eq(int, end(&z), 3));
}

Test(wait, poll_with_more_descriptors_than_fit_on_the_stack)
{
	enum { N = DRIVER_FEW + 10 };
	struct stack_pollee p = {receiver(PORT), EPOLLIN, 0};
	struct pollfd fds[N];
	int pipes[N][2];

	for (int i = 0; i < N; i++) {
		cr_assert(eq(int, pipe(pipes[i]), 0));
		fds[i] = (struct pollfd){pipes[i][0], POLLIN, 0};
	}
	cr_assert(eq(int, stack_poll(&p, 1, fds, N, 1, NULL), 0));
	cr_assert(eq(i64, write(pipes[N - 1][1], "x", 1), 1));
	cr_assert(eq(int, stack_poll(&p, 1, fds, N, far_away(), NULL), 1));
	cr_assert(eq(int, fds[N - 1].revents, POLLIN));
	cr_assert(eq(int, fds[0].revents, 0));
}

Test(wait, poll_counts_what_is_ready_of_both_kinds)
{
	struct stack_pollee p[3] = {{receiver(PORT), EPOLLIN, 0},
				    {receiver(PORT + 1), EPOLLIN, 0},
				    {12345, EPOLLIN, 0}};
	struct pollfd fds[2] = {{-1, POLLIN, 77}, {9999, POLLIN, 0}};

	send_to(PORT + 1);
	cr_assert(eq(int, stack_poll(p, 3, fds, 2, UINT64_MAX, NULL), 3));
	cr_assert(eq(u32, p[0].revents, 0));
	cr_assert(eq(u32, p[1].revents, EPOLLIN));
	cr_assert(eq(u32, p[2].revents, POLLNVAL));
	cr_assert(eq(int, fds[0].revents, 0));
	cr_assert(eq(int, fds[1].revents, POLLNVAL));
}

Test(wait, poll_of_nothing_is_a_way_to_pass_time)
{
	cr_assert(eq(int, stack_poll(NULL, 0, NULL, 0, 0, NULL), 0));
	cr_assert(eq(int, stack_poll(NULL, 0, NULL, 0, 1, NULL), 0));
	cr_assert(eq(int,
		     stack_poll(NULL, 0, NULL, 0, stack_now() + MSEC(2), NULL),
		     0));
}

/* ppoll(2): what is pending comes in with the mask, and goes before time. */
Test(wait, poll_with_a_mask_lets_a_pending_signal_in)
{
	struct stack_pollee p = {receiver(PORT), EPOLLIN, 0};
	sigset_t all, none;

	handle(0);
	sigfillset(&all);
	sigemptyset(&none);
	cr_assert(eq(int, pthread_sigmask(SIG_SETMASK, &all, NULL), 0));
	for (int i = 0; i < 2; i++) {
		uint64_t deadline = i ? 0 : far_away();

		handled = 0;
		cr_assert(eq(int, pthread_kill(pthread_self(), SIGUSR1), 0));
		cr_expect(eq(int, stack_poll(&p, 1, NULL, 0, deadline, &none),
			     -EINTR));
		cr_expect(eq(int, handled, 1));
	}
	/* With something to tell, it stays pending. */
	send_to(PORT);
	handled = 0;
	cr_assert(eq(int, pthread_kill(pthread_self(), SIGUSR1), 0));
	cr_assert(eq(int, stack_poll(&p, 1, NULL, 0, far_away(), &none), 1));
	cr_assert(eq(int, handled, 0));
	cr_assert(eq(int, pthread_sigmask(SIG_SETMASK, &none, NULL), 0));
	cr_assert(eq(int, handled, 1));
}

Test(wait, poll_cancelled_leaves_nothing)
{
	struct sleeper z = {.sock = receiver(PORT)};
	int fds[2];

	cr_assert(eq(int, pipe(fds), 0));
	z.events = (uint32_t)fds[0];
	start(&z, poll_both);
	await_asleep(1);
	cancel(&z);
	cr_assert(eq(sz, kit_count(ARENA_WAIT), 0));
}

/* --- stack_epoll_wait ---------------------------------------------------- */

static sock_id new_set(sock_id s, uint64_t data)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.u64 = data};
	sock_id ep = 0;

	cr_assert(eq(int, stack_epoll_new(&ep), 0));
	cr_assert(eq(int, stack_epoll_ctl(ep, EPOLL_CTL_ADD, 3, s, &ev), 0));
	return ep;
}

static int kernel_set(int fd, uint64_t data)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.u64 = data};
	int ep = epoll_create1(0);

	cr_assert(ge(int, ep, 0));
	cr_assert(eq(int, epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev), 0));
	return ep;
}

/* `events` is the kernel's set, or -1. */
static void *epoll_there(void *arg)
{
	struct sleeper *z = arg;
	struct epoll_event ev[4];
	int n = stack_epoll_wait(z->sock, (int)z->events, ev, 4, z->deadline,
				 NULL);

	z->result = n;
	for (int i = 0; i < n; i++)
		z->result = i ? z->result | (int)ev[i].data.u64
			      : (int)ev[i].data.u64;
	return NULL;
}

Test(wait, epoll_hears_stack_members_and_the_kernels)
{
	sock_id s = receiver(PORT);
	struct sleeper z = {.sock = new_set(s, 1)};
	int fds[2];
	char c;

	cr_assert(eq(int, pipe(fds), 0));
	z.events = (uint32_t)kernel_set(fds[0], 2);
	start(&z, epoll_there);
	await_asleep(1);
	send_to(PORT);
	cr_assert(eq(int, end(&z), 1));
	cr_assert(eq(i64, stack_recv(s, &c, 1, 0), 1));

	start(&z, epoll_there);
	await_asleep(1);
	cr_assert(eq(i64, write(fds[1], "x", 1), 1));
	cr_assert(eq(int, end(&z), 2));

	send_to(PORT);
	start(&z, epoll_there);
	cr_assert(eq(int, end(&z), 1 | 2));
}

Test(wait, epoll_without_kernel_members)
{
	struct sleeper z = {.sock = new_set(receiver(PORT), 1),
			    .events = (uint32_t)-1};

	start(&z, epoll_there);
	await_asleep(1);
	send_to(PORT);
	cr_assert(eq(int, end(&z), 1));
}

Test(wait, epoll_one_event_at_a_time_starves_nobody)
{
	sock_id ep = new_set(receiver(PORT), 1);
	struct epoll_event ev;
	int fds[2], kernel, seen[3] = {0};

	cr_assert(eq(int, pipe(fds), 0));
	kernel = kernel_set(fds[0], 2);
	cr_assert(eq(i64, write(fds[1], "x", 1), 1));
	send_to(PORT);
	for (int i = 0; i < 10; i++) {
		cr_assert(eq(
			int,
			stack_epoll_wait(ep, kernel, &ev, 1, far_away(), NULL),
			1));
		seen[ev.data.u64]++;
	}
	cr_assert(eq(int, seen[1], 5));
	cr_assert(eq(int, seen[2], 5));
}

Test(wait, epoll_with_a_deadline_in_the_past_is_a_look)
{
	sock_id ep = new_set(receiver(PORT), 1);
	struct epoll_event ev[2];

	cr_assert(eq(int, stack_epoll_wait(ep, -1, ev, 2, 0, NULL), 0));
	cr_assert(eq(int, stack_epoll_wait(ep, -1, ev, 2, 1, NULL), 0));
	cr_assert(not(stack_epoll_is_ready(ep)));
	send_to(PORT);
	cr_assert(stack_epoll_is_ready(ep));
	cr_assert(eq(int, stack_epoll_wait(ep, -1, ev, 2, 0, NULL), 1));
	cr_assert(eq(int, stack_epoll_free(ep), 0));
	cr_assert(eq(int, stack_epoll_wait(ep, -1, ev, 2, 0, NULL), -EBADF));
}

Test(wait, epoll_a_member_added_meanwhile_is_heard)
{
	sock_id s = receiver(PORT), t = receiver(PORT + 1);
	struct sleeper z = {.sock = new_set(s, 1), .events = (uint32_t)-1};
	struct epoll_event ev = {.events = EPOLLIN, .data.u64 = 4};

	send_to(PORT + 1);
	start(&z, epoll_there);
	await_asleep(1);
	cr_assert(
		eq(int, stack_epoll_ctl(z.sock, EPOLL_CTL_ADD, 4, t, &ev), 0));
	cr_assert(eq(int, end(&z), 4));
}

Test(wait, epoll_cancelled_or_freed_leaves_nothing)
{
	struct sleeper z = {.sock = new_set(receiver(PORT), 1),
			    .events = (uint32_t)-1};

	start(&z, epoll_there);
	await_asleep(1);
	cancel(&z);
	cr_assert(eq(sz, kit_count(ARENA_WAIT), 0));
	start(&z, epoll_there);
	await_asleep(1);
	cr_assert(eq(int, stack_epoll_free(z.sock), 0));
	cr_assert(eq(int, end(&z), -EBADF));
}

/* --- stack_close_wait ---------------------------------------------------- */

static void stream_pair(sock_id *a, sock_id *b)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons(PORT),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	sock_id l;

	cr_assert(eq(int, stack_socket(AF_INET, SOCK_STREAM, 0, &l), 0));
	cr_assert(eq(int, stack_bind(l, (void *)&at, sizeof(at)), 0));
	cr_assert(eq(int, stack_listen(l, 1), 0));
	cr_assert(eq(int, stack_socket(AF_INET, SOCK_STREAM, 0, a), 0));
	cr_assert(eq(int, stack_connect(*a, (void *)&at, sizeof(at)),
		     -EINPROGRESS));
	cr_assert(eq(int, stack_accept(l, b, NULL, NULL), 0));
}

Test(wait, close_wait_is_over_when_all_is_acknowledged)
{
	sock_id a, b;

	stream_pair(&a, &b);
	cr_assert(eq(int, stack_close_wait(a, UINT64_MAX), 0));
	cr_assert(eq(i64, stack_send(a, "x", 1, 0), 1));
	cr_assert(eq(int, stack_close_wait(a, far_away()), 0));
	cr_assert(eq(int, stack_close(a), 0));
	cr_assert(eq(int, stack_close_wait(a, UINT64_MAX), 0));
	(void)b;
}

static void *wait_for_close(void *arg)
{
	struct sleeper *z = arg;

	z->result = stack_close_wait(z->sock, z->deadline);
	return NULL;
}

Test(wait, close_wait_lasts_while_the_peer_does_not_read)
{
	static char lots[1 << 20];
	struct sleeper z = {.events = 0};
	sock_id a, b;

	stream_pair(&a, &b);
	while (stack_send(a, lots, sizeof(lots), 0) > 0)
		;
	cr_assert(eq(int, stack_close_wait(a, 1), -ETIMEDOUT));
	z.sock = a;
	start(&z, wait_for_close);
	while (stack_recv(b, lots, sizeof(lots), 0) > 0)
		;
	while (kit_count(ARENA_WAIT))
		if (stack_recv(b, lots, sizeof(lots), 0) <= 0)
			sched_yield();
	cr_assert(eq(int, end(&z), 0));
}
