/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * packet_log.c - a line of the log for every packet
 *
 * What this room is for
 *   See packet_log.h. Serial numbers count in the arena, so that the processes
 *   of a family never give one twice. When a packet passed is remembered by
 *   this process alone: an answer to what another process read has no time
 *   beside it.
 *
 * Time       A turn has one time for all that it does, so how long an answer
 *            took is asked of the clock here, for the log and nothing else.
 */
#include "packet_log.h"

#include <stdio.h>
#include <time.h>

#include "packet_print.h"
#include "ground/uio.h"

enum {
	REMEMBERED = 1024, /* packets whose time is known */
	LINE_MAX_BYTES = 200,
	/* All headers, and a packet that had to wait has them as payload. */
	FRONT_BYTES = 256,
};

static struct packet_flows flows; /* [S] of this process */
static struct {
	uint32_t serial;
	usecs when;
} passed[REMEMBERED]; /* [S] */

static usecs clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return SEC(t.tv_sec) + (usecs)t.tv_nsec / 1000;
}

static uint32_t number(struct engine *eng)
{
	uint32_t serial = ++eng->packets;

	passed[serial % REMEMBERED].serial = serial;
	passed[serial % REMEMBERED].when = clock_now();
	return serial;
}

void packet_log_in(struct engine *eng, const char *ifname, const struct pkt *p)
{
	struct packet_view v = {p->data, p->len, p->len, p->segs};
	enum log_room room = packet_room(&v);
	char line[LINE_MAX_BYTES];

	eng->cause = number(eng);
	if (!log_is_on(room, LOG_DEBUG))
		return;
	packet_print(&v, &flows, line, sizeof(line));
	log_line(room, LOG_DEBUG, "#%u in %s %s", eng->cause, ifname, line);
}

void packet_log_done(struct engine *eng)
{
	eng->cause = 0;
}

/* ", answers #12 after 34 us" */
static void say_cause(uint32_t cause, usecs now, char *out, size_t size)
{
	out[0] = '\0';
	if (!cause)
		return;
	if (passed[cause % REMEMBERED].serial != cause)
		snprintf(out, size, ", answers #%u", cause);
	else
		snprintf(out, size, ", answers #%u after %llu us", cause,
			 (unsigned long long)(now -
					      passed[cause % REMEMBERED].when));
}

static size_t copy_front(const struct tx *t, uint8_t front[FRONT_BYTES])
{
	struct iovec iov[TX_IOV_MAX + 1];
	size_t n = tx_gather(t, iov);
	struct uio from;

	if (uio_init(&from, iov, n) < 0)
		return 0;
	return uio_read(&from, front, FRONT_BYTES);
}

void packet_log_out(struct engine *eng, const char *ifname, const struct tx *t)
{
	uint8_t front[FRONT_BYTES];
	struct packet_view v = {front, copy_front(t, front), tx_len(t),
				tx_segments(t)};
	enum log_room room = packet_room(&v);
	uint32_t serial = number(eng);
	char line[LINE_MAX_BYTES], cause[64];

	if (!log_is_on(room, LOG_DEBUG))
		return;
	packet_print(&v, &flows, line, sizeof(line));
	say_cause(t->cause ? t->cause : eng->cause,
		  passed[serial % REMEMBERED].when, cause, sizeof(cause));
	log_line(room, LOG_DEBUG, "#%u out %s %s%s", serial, ifname, line,
		 cause);
}
