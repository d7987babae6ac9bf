/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * dhcp4_wait.c - a program that needs an address waits for DHCP
 *
 * What this room is for
 *   Drives the stack in the calling thread, because at start-up there is no
 *   other, until the lease is there or the patience is over. The wait counts
 *   from when asking began, so that of many programs that start without a
 *   server only the first ones wait.
 *
 * Comes in   shim/start.c, shim/lookup.c.
 * Proved by  integration/dhcp.sh
 * Follows    RFC 2132 3.8 (name servers).
 */
#include "stack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "driver.h"
#include "link/link.h"
#include "ground/sys.h"
#include "socket/turn.h"

/* Another process may read the link, and nobody tells us then. */
#define LOOK_AGAIN_US MSEC(50)

/* The end of the wait; 0: there is nothing to wait for. */
static usecs wait_until(struct stack *st, uint64_t us)
{
	usecs until = 0;

	for (uint32_t i = 0; i < st->net.nifs; i++) {
		const struct dhcp4 *d = &st->net.dhcp4[i];

		if (d->stage != DHCP4_OFF && !d->has_lease)
			until = MAX(until, d->began + us);
	}
	return until;
}

static void sleep_for(usecs us)
{
	struct pollfd fds[DRIVER_SCRATCH];
	size_t n = driver_links(fds);
	struct timespec pause = {(time_t)(us / USECS_PER_SEC),
				 (long)(us % USECS_PER_SEC * 1000)};

	sys_ppoll(fds, n, &pause, NULL);
}

int stack_wait_for_address(uint64_t us)
{
	while (turn_stack) {
		struct stack *st;
		usecs until, next, now;

		driver_poke();
		st = turn_enter();
		/* What was due while nobody drove is done before we ask. */
		turn_settle(st);
		until = wait_until(st, us);
		next = turn_next(st);
		now = st->eng.now;
		turn_leave(st);
		if (until == 0)
			return 0;
		if (now >= until)
			return -ETIMEDOUT;
		next = MIN(MAX(next, now + 1), MIN(until, now + LOOK_AGAIN_US));
		sleep_for(next - now);
	}
	return 0;
}

size_t stack_dns(struct sockaddr_in *out, size_t max)
{
	struct stack *st;
	size_t n = 0;

	if (!turn_stack)
		return 0;
	st = turn_enter();
	for (uint32_t i = 0; i < st->net.nifs; i++) {
		const struct dhcp4 *d = &st->net.dhcp4[i];

		for (uint8_t k = 0;
		     d->has_lease && k < d->lease.ndns && n < max; k++) {
			memset(&out[n], 0, sizeof(out[n]));
			out[n].sin_family = AF_INET;
			out[n].sin_port = htons(53);
			memcpy(&out[n].sin_addr, &d->lease.dns[k], 4);
			n++;
		}
	}
	turn_leave(st);
	return n;
}
