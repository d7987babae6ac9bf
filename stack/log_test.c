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

static void open_log(void)
{
	file = memfd_create("log_test", MFD_CLOEXEC);
	log_open(file, LOG_INFO);
}

static void close_log(void)
{
	log_open(-1, LOG_OFF);
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

	log_open(-1, LOG_INFO);
	log_info("quiet");
	cr_assert(eq(str, (char *)contents(file), ""));
	log_dump(dump);
	cr_assert(ne(ptr, strstr(contents(dump), "quiet\n"), NULL));
	close(dump);
}

Test(log, level_words_parse_and_others_do_not)
{
	static const char *const words[] = {"off", "error", "warn", "info",
					    "debug"};
	static const char *const wrong[] = {"", "of", "offf", "Error", "3"};
	enum log_level level;

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		cr_assert(eq(int, log_level_parse(words[i], &level), 0));
		cr_assert(eq(int, (int)level, (int)i));
	}
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		cr_assert(eq(int, log_level_parse(wrong[i], &level), -EINVAL),
			  "'%s'", wrong[i]);
}
