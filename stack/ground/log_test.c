/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * log_test.c - proves log.c: levels, the form of a line, the ring.
 */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "limits.h"
#include "log.h"

static int file;
static char text[65536];

static void open_all(int fd, enum log_level level)
{
	struct log_levels levels;

	memset(levels.of, level, sizeof(levels.of));
	log_open(fd, &levels);
}

static void open_log(void)
{
	file = memfd_create("log_test", MFD_CLOEXEC);
	open_all(file, LOG_INFO);
}

static void close_log(void)
{
	open_all(-1, LOG_OFF);
	close(file);
}

TestSuite(log, .init = open_log, .fini = close_log);

static const char *contents(int fd)
{
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static size_t count_lines(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += *s == '\n';
	return n;
}

Test(log, line_has_process_level_and_newline)
{
	char expected[64];

	log_warn("%d of %s", 3, "them");
	snprintf(expected, sizeof(expected), "nsshim[%d] warn: 3 of them\n",
		 (int)getpid());
	cr_assert(eq(str, (char *)contents(file), expected));
}

static int evaluated(int *count)
{
	return ++*count;
}

Test(log, level_that_is_off_is_not_even_formatted)
{
	int count = 0;

	log_debug("%d", evaluated(&count));
	cr_assert(eq(int, count, 0));
	log_info("%d", evaluated(&count));
	cr_assert(eq(int, count, 1));
	cr_assert(eq(sz, count_lines(contents(file)), 1));
}

Test(log, line_too_long_is_cut_and_still_ends)
{
	char longer[1000];
	size_t len;

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	log_error("%s", longer);
	len = strlen(contents(file));
	cr_assert(lt(sz, len, 300));
	cr_assert(eq(chr, text[len - 1], '\n'));
	cr_assert(eq(sz, count_lines(text), 1));
}

Test(log, ring_keeps_the_last_lines_oldest_first)
{
	int dump = memfd_create("dump", MFD_CLOEXEC);
	char first[32], last[32];

	for (int i = 0; i < LIMIT_LOG_RING + 10; i++)
		log_info("line %d.", i);
	log_dump(dump);
	contents(dump);

	snprintf(first, sizeof(first), "line %d.\n", 10);
	snprintf(last, sizeof(last), "line %d.\n", LIMIT_LOG_RING + 9);
	cr_assert(eq(sz, count_lines(text), LIMIT_LOG_RING));
	cr_assert(eq(ptr, strstr(text, "line 9.\n"), NULL));
	cr_assert(ne(ptr, strstr(text, first), NULL));
	cr_assert(lt(ptr, strstr(text, first), strstr(text, last)));
	close(dump);
}

Test(log, without_descriptor_lines_go_to_the_ring_only)
{
	int dump = memfd_create("dump", MFD_CLOEXEC);

	open_all(-1, LOG_INFO);
	log_info("quiet");
	cr_assert(eq(str, (char *)contents(file), ""));
	log_dump(dump);
	cr_assert(ne(ptr, strstr(contents(dump), "quiet\n"), NULL));
	close(dump);
}

Test(log, a_room_has_its_own_level_and_says_its_name)
{
	struct log_levels levels = {{LOG_OFF}};

	levels.of[LOG_ROOM_TCP] = LOG_DEBUG;
	log_open(file, &levels);
	log_error("unheard");
	log_room_at(LOG_ROOM_TCP, LOG_DEBUG, "heard");
	cr_assert(eq(sz, count_lines(contents(file)), 1));
	cr_assert(ne(ptr, strstr(text, " tcp debug: heard\n"), NULL), "%s",
		  text);
}

Test(log, numbers_for_packets_are_wanted_when_somebody_prints_them)
{
	struct log_levels levels = {{LOG_DEBUG}};

	log_open(file, &levels);
	cr_assert(not(log_packets), "the stack itself prints none");
	levels.of[LOG_ROOM_ARP] = LOG_DEBUG;
	log_open(file, &levels);
	cr_assert(log_packets);
	levels.of[LOG_ROOM_ARP] = LOG_INFO;
	levels.of[LOG_ROOM_DROP] = LOG_INFO;
	log_open(file, &levels);
	cr_assert(log_packets);
}

Test(log, colour_is_around_the_line_and_not_in_the_ring)
{
	int dump = memfd_create("dump", MFD_CLOEXEC);

	log_use_colour(true);
	log_error("red");
	log_use_colour(false);
	cr_assert(eq(ptr, strstr(contents(file), "\033[31mnsshim["), text));
	cr_assert(ne(ptr, strstr(text, "red\033[0m\n"), NULL), "%s", text);
	log_dump(dump);
	cr_assert(eq(ptr, strstr(contents(dump), "\033"), NULL));
	close(dump);
}

/* Not by time: the limit is far beyond what one second of it can hold only if
 * the machine is that slow, and then nothing is left out. */
Test(log, a_flood_is_cut_and_warnings_pass)
{
	int dump = memfd_create("dump", MFD_CLOEXEC);

	open_all(dump, LOG_INFO);
	for (int i = 0; i < 3 * LIMIT_LOG_LINES; i++)
		log_info("x");
	log_warn("the one that counts");
	cr_assert(le(sz, (size_t)lseek(dump, 0, SEEK_END),
		     3u * LIMIT_LOG_LINES * 40u));
	cr_assert(gt(sz,
		     (size_t)pread(dump, text, sizeof(text) - 1,
				   lseek(dump, 0, SEEK_END) - 60),
		     0));
	cr_assert(ne(ptr, strstr(text, "the one that counts\n"), NULL));
	close(dump);
}

static const struct {
	const char *text;
	int error;
	const char *file; /* or what is wrong */
	uint8_t all, tcp;
} spec[] = {
	{"off", 0, NULL, LOG_OFF, LOG_OFF},
	{"error", 0, NULL, LOG_ERROR, LOG_ERROR},
	{"debug", 0, NULL, LOG_DEBUG, LOG_DEBUG},
	{"tcp:debug", 0, NULL, LOG_WARN, LOG_DEBUG},
	{"error,tcp:info,arp:debug", 0, NULL, LOG_ERROR, LOG_INFO},
	{"info,/tmp/a,b", 0, "/tmp/a,b", LOG_INFO, LOG_INFO},
	{"tcp:off,/tmp/a:b", 0, "/tmp/a:b", LOG_WARN, LOG_OFF},
	{"info,log.txt", 0, "log.txt", LOG_INFO, LOG_INFO},
	{"info,", 0, "", LOG_INFO, LOG_INFO},
	{"loud", -EINVAL, "loud", 0, 0},
	{"", -EINVAL, "", 0, 0},
	{"/tmp/a", -EINVAL, "/tmp/a", 0, 0},
	{"tcp:loud", -EINVAL, "tcp:loud", 0, 0},
	{"info,tpc:debug", -EINVAL, "tpc:debug", 0, 0},
	{"info,tcp:", -EINVAL, "tcp:", 0, 0},
};

Test(log, levels_of_rooms_parse_and_slips_are_found)
{
	for (size_t i = 0; i < ARRAY_LEN(spec); i++) {
		struct log_levels levels;
		const char *rest;
		int ret = log_parse(spec[i].text, &levels, &rest);

		cr_expect(eq(int, ret, spec[i].error), "'%s'", spec[i].text);
		if (spec[i].file)
			cr_expect(eq(str, (char *)rest, (char *)spec[i].file));
		else
			cr_expect(eq(ptr, (void *)rest, NULL));
		if (ret < 0)
			continue;
		cr_expect(eq(u8, levels.of[LOG_ROOM_STACK], spec[i].all));
		cr_expect(eq(u8, levels.of[LOG_ROOM_TCP], spec[i].tcp), "'%s'",
			  spec[i].text);
	}
}
