/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * stats_test.c - proves stats.c and drop.h: every counter and every reason
 * has a name, and printing shows what is not zero.
 */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "stats.h"

Test(stats, every_counter_has_a_name)
{
	for (int i = 0; i < STAT_COUNT; i++)
		cr_assert(gt(sz, strlen(stats_name((enum stats_counter)i)), 1),
			  "%d", i);
	cr_assert(eq(str, (char *)stats_name(STAT_TCP_IN_SEGS), "TCP_IN_SEGS"));
	cr_assert(eq(str, (char *)stats_name(STAT_COUNT), "?"));
}

Test(stats, every_reason_has_a_name_and_a_text)
{
	for (int i = 0; i < DROP_COUNT; i++) {
		cr_assert(gt(sz, strlen(drop_name((enum verdict)i)), 1));
		cr_assert(gt(sz, strlen(drop_text((enum verdict)i)), 1));
	}
	cr_assert(eq(str, (char *)drop_name(TAKEN), "TAKEN"));
	cr_assert(eq(str, (char *)drop_name(DROP_ARP_SHORT), "ARP_SHORT"));
	cr_assert(eq(str, (char *)drop_text(DROP_ARP_SHORT),
		     "ARP message truncated"));
	cr_assert(eq(str, (char *)drop_name(DROP_COUNT), "?"));
	cr_assert(eq(str, (char *)drop_text(DROP_COUNT), "?"));
}

Test(stats, print_shows_only_what_happened)
{
	int fd = memfd_create("stats_test", MFD_CLOEXEC);
	struct stats s = {0};
	char text[1024] = "";

	stats_add(&s, STAT_ARP_IN, 2);
	stats_add(&s, STAT_ARP_IN, 40);
	s.drops[DROP_IP_TTL] = 7;
	stats_print(&s, fd);

	cr_assert(gt(i64, pread(fd, text, sizeof(text) - 1, 0), 0));
	cr_assert(ne(ptr, strstr(text, "ARP_IN "), NULL));
	cr_assert(ne(ptr, strstr(text, " 42\n"), NULL));
	cr_assert(ne(ptr, strstr(text, "IP_TTL"), NULL));
	cr_assert(ne(ptr, strstr(text, "(time to live is zero)\n"), NULL));
	cr_assert(eq(ptr, strstr(text, "ARP_OUT"), NULL));
	close(fd);
}
