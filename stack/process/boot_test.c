/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * boot_test.c - proves boot.c as far as that needs no device: values are
 * checked, and what fails fails with one sentence and leaves nothing.
 *
 * What comes up, and how it is inherited: integration/ and test-apps/.
 */

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "driver.h"
#include "testkit/socktest.h"

/* Everything that a sentence must be. */
static void expect_sentence(const char *why)
{
	cr_expect(gt(sz, strlen(why), 10), "\"%s\"", why);
	cr_expect(strchr(why, '\n') == NULL, "\"%s\"", why);
}

struct value {
	const char *text;
	int result;
};

static void expect_values(int (*check)(const char *, char *, size_t),
			  const struct value *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char why[200] = "";

		cr_expect(eq(int, check(v[i].text, why, sizeof(why)),
			     v[i].result),
			  "\"%s\"", v[i].text);
		if (v[i].result < 0)
			expect_sentence(why);
		else
			cr_expect(eq(str, why, ""));
		/* Who does not want to know why gets the same answer. */
		cr_expect(eq(int, check(v[i].text, NULL, 0), v[i].result));
	}
}

Test(boot, addresses_are_checked)
{
	static const struct value v[] = {
		{"10.0.0.1", 0},         {"255.255.255.255", 0},
		{"", -EINVAL},           {"10.0.0", -EINVAL},
		{"10.0.0.256", -EINVAL}, {"10.0.0.1/24", -EINVAL},
		{"2001:db8::1", 0},      {"gateway", -EINVAL},
		{"10.0.0.1 ", -EINVAL}};

	expect_values(stack_check_addr, v, ARRAY_LEN(v));
}

Test(boot, prefixes_are_checked)
{
	static const struct value v[] = {
		{"10.0.0.2/24", 0},      {"10.0.0.2/32", 0},
		{"10.0.0.2/0", 0},       {"10.0.0.2/33", -EINVAL},
		{"10.0.0.2/", -EINVAL},  {"10.0.0.2/-1", -EINVAL},
		{"/24", -EINVAL},        {"", -EINVAL},
		{"2001:db8::1/64", 0},   {"2001:db8::1/129", -EINVAL},
		{"ff02::1/64", -EINVAL}, {"::1/128", -EINVAL},
		{"::/64", -EINVAL},      {"10.0.0.2/2x", -EINVAL}};

	expect_values(stack_check_prefix, v, ARRAY_LEN(v));
}

Test(boot, impairments_are_checked)
{
	static const struct value v[] = {{"loss=2%,delay=10ms,seed=7", 0},
					 {"loss=200%", -EINVAL},
					 {"los=2%", -EINVAL}};

	expect_values(stack_check_impair, v, ARRAY_LEN(v));
}

Test(boot, log_levels_are_checked)
{
	const char *file;

	cr_assert(eq(int, stack_check_log("debug", &file), 0));
	cr_assert(eq(int, stack_check_log("off", &file), 0));
	cr_assert(eq(int, stack_check_log("loud", &file), -EINVAL));
	cr_assert(stack_log_is_verbose("info,/tmp/x"));
	cr_assert(not(stack_log_is_verbose("tcp:debug")));
}

/* --- failures ------------------------------------------------------------ */

static struct stack_config config(void)
{
	return (struct stack_config){.link = "tap:nsshim0",
				     .addrs = {"10.0.0.2/24"},
				     .naddrs = 1,
				     .log_fd = -1};
}

static int boot(const struct stack_config *c)
{
	char why[200] = "";
	int ret = stack_boot(c, why, sizeof(why));

	if (ret < 0)
		expect_sentence(why);
	cr_expect(eq(int, stack_is_up(), ret == 0));
	return ret;
}

Test(boot, too_little_memory)
{
	struct stack_config c = config();

	c.memory_bytes = 1 << 20;
	cr_assert(eq(int, boot(&c), -EINVAL));
}

Test(boot, a_name_that_no_device_can_have)
{
	struct stack_config c = config();

	c.link = "tap:a-name-of-sixteen";
	/* Twice: the first attempt must have left the address free. */
	cr_assert(eq(int, boot(&c), -EINVAL));
	cr_assert(eq(int, boot(&c), -EINVAL));
	cr_assert(eq(int, stack_boot(&c, NULL, 0), -EINVAL));
}

Test(boot, a_sentence_longer_than_its_room_is_cut)
{
	struct stack_config c = config();
	char why[8] = "";

	c.link = "tap:a-name-of-sixteen";
	cr_assert(eq(int, stack_boot(&c, why, sizeof(why)), -EINVAL));
	cr_assert(eq(sz, strlen(why), sizeof(why) - 1));
}

Test(boot, the_address_of_the_arena_is_taken)
{
	struct stack_config c = config();
	void *at =
		mmap(ARENA_ADDRESS, 4096, PROT_NONE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	cr_assert(at == ARENA_ADDRESS);
	cr_assert(eq(int, boot(&c), -EEXIST));
}

/* --- without a stack ----------------------------------------------------- */

Test(boot, without_a_stack_everything_says_so)
{
	char text[100];

	cr_assert(not(stack_is_up()));
	cr_assert(not(stack_hold()));
	cr_assert(eq(int, stack_export(text, sizeof(text)), -ENOENT));
	cr_assert(not(stack_owns_fd(0)));
	cr_assert(eq(int, stack_move_fd(0), -ENOENT));
	cr_assert(eq(sz, stack_own_fds(NULL, 0), 0));
	stack_drain(UINT32_MAX);
	stack_settle_in();
	stack_before_family();
	stack_after_fork_in_child();
}

Test(boot, an_inheritance_that_is_none)
{
	static const char *const texts[] = {"",
					    "x",
					    "1,2",
					    "-1,-1:0,0",
					    "0,-1:0,0,",
					    "0,-1:0,0,1x",
					    "9999,-1:0,abc,9999",
					    "0,-1:0,0,1,1,1,1,1,1,1,1"};
	struct stack_config c = config();
	char why[200], text[100];
	int fd = memfd_create("not ours", 0);

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		cr_expect(eq(int, stack_join(texts[i], &c, why, sizeof(why)),
			     -ENOENT),
			  "\"%s\"", texts[i]);
	cr_assert(eq(int, ftruncate(fd, 1 << 20), 0));
	snprintf(text, sizeof(text), "%d,-1:0,0,%d", fd, fd);
	cr_assert(eq(int, stack_join(text, &c, why, sizeof(why)), -ENOENT));
	cr_assert(not(stack_is_up()));
	cr_assert(eq(int, fcntl(fd, F_GETFD), 0), "it stays the program's");
}

Test(boot, what_makes_a_process_one_of_the_stack_fits_a_variable)
{
	struct stack_family f = {.arena = INT_MAX,
				 .lifeline = INT_MAX,
				 .lifeline_inode = UINT64_MAX,
				 .nlinks = STACK_LINKS_MAX,
				 .id = UINT64_MAX};
	char text[STACK_FAMILY_TEXT];
	struct stack_family got;

	for (size_t i = 0; i < f.nlinks; i++)
		f.links[i] = INT_MAX - (int)i;
	cr_assert(eq(int, stack_write_family(&f, text, sizeof(text)), 0));
	cr_assert(eq(int, stack_read_family(text, &got), 0), "%s", text);
	cr_assert(memcmp(&f, &got, sizeof(f)) == 0, "%s", text);
	for (size_t n = 0; n <= strlen(text); n++)
		cr_expect(eq(int, stack_write_family(&f, text, n), -ENOSPC));
}

/* --- the end of a process ------------------------------------------------ */

Test(boot, draining_nothing_is_over_at_once, .init = kit_open_live)
{
	usecs before = driver_now();

	stack_drain(SEC(3600));
	cr_assert(lt(u64, driver_now(), before + SEC(1800)));
}

Test(boot, counters_are_printed, .init = kit_open_live)
{
	char text[4096] = "";
	sock_id s;
	int fds[2];

	cr_assert(eq(int, pipe(fds), 0));
	cr_assert(eq(int, stack_socket(AF_INET, SOCK_DGRAM, 0, &s), 0));
	{
		struct sockaddr_in to = {.sin_family = AF_INET,
					 .sin_port = htons(9),
					 .sin_addr.s_addr =
						 htonl(INADDR_LOOPBACK)};

		cr_assert(
			eq(int, stack_connect(s, (void *)&to, sizeof(to)), 0));
	}
	cr_assert(eq(i64, stack_send(s, "x", 1, 0), 1));
	stack_print_stats(fds[1]);
	cr_assert(gt(i64, read(fds[0], text, sizeof(text) - 1), 0));
	cr_assert(strstr(text, "UDP_OUT_DATAGRAMS") != NULL, "%s", text);
}
