/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * resolve_conf_test.c - proves resolve_conf.c: what the two files mean
 */
#include "resolve_conf.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static struct resolve_conf conf;

static void init(void)
{
	resolve_conf_init(&conf);
}

TestSuite(resolve_conf, .init = init);

static void read_conf(const char *text)
{
	size_t len = strlen(text);
	char *copy = malloc(len ? len : 1);

	memcpy(copy, text, len);
	resolve_conf_read(&conf, copy, len);
	free(copy);
}

/* "f" files, "d" dns, "!" stops there. */
static const char *sources_of(const char *line)
{
	static char out[2 * RESOLVE_SOURCES_MAX + 1];
	size_t n = 0;

	resolve_conf_init(&conf);
	resolve_conf_read_nsswitch(&conf, line, strlen(line));
	for (size_t i = 0; i < conf.nsources; i++) {
		out[n++] = conf.sources[i].source == RESOLVE_DNS ? 'd' : 'f';
		if (conf.sources[i].stops)
			out[n++] = '!';
	}
	out[n] = '\0';
	return out;
}

Test(resolve_conf, servers_search_and_options_are_read)
{
	char text[INET6_ADDRSTRLEN];

	read_conf("# made by hand\n"
		  "nameserver 10.0.0.53\n"
		  "nameserver\t2001:db8::53 ; second\n"
		  "nameserver nonsense\n"
		  "domain old.example\n"
		  "search a.example b.example\n"
		  "options ndots:3 timeout:2 attempts:4 rotate use-vc no-aaaa");
	cr_assert(eq(sz, conf.nservers, 2));
	inet_ntop(AF_INET6,
		  &((struct sockaddr_in6 *)&conf.servers[1])->sin6_addr, text,
		  sizeof(text));
	cr_assert(eq(str, text, "2001:db8::53"));
	cr_assert(eq(int, ((struct sockaddr_in *)&conf.servers[0])->sin_port,
		     htons(53)));
	cr_assert(eq(sz, conf.nsearch, 2));
	cr_assert(eq(str, conf.search[1], "b.example"));
	cr_assert(eq(u32, conf.ndots, 3));
	cr_assert(eq(u32, conf.timeout_sec, 2));
	cr_assert(eq(u32, conf.attempts, 4));
	cr_assert(conf.rotate && conf.use_tcp && conf.no_aaaa);
}

Test(resolve_conf, numbers_are_held_within_bounds)
{
	read_conf("options ndots:99 timeout:0 attempts:-1\n"
		  "options timeout:99999999999999999999\n");
	cr_assert(eq(u32, conf.ndots, RESOLVE_NDOTS_MAX));
	cr_assert(eq(u32, conf.timeout_sec, RESOLVE_TIMEOUT_MAX));
	cr_assert(eq(u32, conf.attempts, 2));

	read_conf("options timeout:0 attempts:0\n");
	cr_assert(eq(u32, conf.timeout_sec, 1));
	cr_assert(eq(u32, conf.attempts, 1));
}

Test(resolve_conf, more_than_there_is_room_for_is_left_out)
{
	char text[4096] = "search";

	for (int i = 0; i < 30; i++)
		strcat(text, " dom.example");
	for (int i = 0; i < 9; i++)
		strcat(text, "\nnameserver 10.0.0.1");
	read_conf(text);
	cr_assert(eq(sz, conf.nsearch, RESOLVE_SEARCH_MAX));
	cr_assert(eq(sz, conf.nservers, RESOLVE_SERVERS_MAX));
}

Test(resolve_conf, environment_overrides_the_file)
{
	read_conf("search a.example\noptions ndots:2\n");
	resolve_conf_override(&conf, "env.example", "ndots:5 rotate");
	cr_assert(eq(sz, conf.nsearch, 1));
	cr_assert(eq(str, conf.search[0], "env.example"));
	cr_assert(eq(u32, conf.ndots, 5));
	resolve_conf_override(&conf, NULL, NULL);
	cr_assert(eq(sz, conf.nsearch, 1));
}

Test(resolve_conf, empty_file_leaves_the_defaults)
{
	read_conf("");
	cr_assert(eq(sz, conf.nservers, 0));
	cr_assert(eq(u32, conf.ndots, 1));
	cr_assert(eq(str, (char *)sources_of(""), "fd"));
}

Test(resolve_conf, sources_keep_their_order_and_actions)
{
	cr_expect(eq(str, (char *)sources_of("hosts: files dns\n"), "fd"));
	cr_expect(eq(str, (char *)sources_of("hosts: dns files\n"), "df"));
	cr_expect(eq(str, (char *)sources_of("hosts:files\n"), "f"));
	cr_expect(eq(str, (char *)sources_of("passwd: dns\n"), "fd"));
	cr_expect(eq(str,
		     (char *)sources_of("hosts: files [NOTFOUND=return] dns"),
		     "f!d"));
	cr_expect(eq(str,
		     (char *)sources_of("hosts: files [!UNAVAIL=return]dns"),
		     "f!d"));
	cr_expect(eq(str,
		     (char *)sources_of("hosts: files [SUCCESS=merge] dns"),
		     "fd"));
}

/* Debian's and Ubuntu's usual line: the action belongs to mdns4_minimal. */
Test(resolve_conf, unknown_services_go_with_their_action)
{
	cr_expect(eq(str,
		     (char *)sources_of("hosts: files mdns4_minimal "
					"[NOTFOUND=return] dns myhostname"),
		     "fd"));
	cr_expect(eq(str,
		     (char *)sources_of("hosts: mymachines resolve "
					"[!UNAVAIL=return] files dns"),
		     "fd"));
	cr_expect(eq(str, (char *)sources_of("hosts: [NOTFOUND=return] dns"),
		     "d"));
	cr_expect(eq(str, (char *)sources_of("hosts: files ["), "f"));
	cr_expect(eq(str,
		     (char *)sources_of("hosts: files files dns dns dns dns"),
		     "ffdd"));
}

Test(resolve_conf, enough_dots_or_a_last_one_go_first)
{
	read_conf("options ndots:2\n");
	cr_assert(not(resolve_conf_asks_as_it_is_first(&conf, "")));
	cr_assert(not(resolve_conf_asks_as_it_is_first(&conf, "a.b")));
	cr_assert(resolve_conf_asks_as_it_is_first(&conf, "a.b.c"));
	cr_assert(resolve_conf_asks_as_it_is_first(&conf, "a."));
}

/* --- printed ------------------------------------------------------------- */

Test(resolve_conf, printed_it_reads_back_as_it_was)
{
	struct resolve_conf before;
	char text[512];
	size_t len;

	read_conf("nameserver 10.0.0.53\nnameserver 2001:db8::53\n"
		  "search one.example two.example\n"
		  "options ndots:3 timeout:7 attempts:4 rotate use-vc\n");
	before = conf;
	len = resolve_conf_print(&conf, text, sizeof(text));
	cr_assert(eq(sz, len, strlen(text)));
	resolve_conf_init(&conf);
	resolve_conf_read(&conf, text, len);
	cr_assert(eq(int, memcmp(&before, &conf, sizeof(conf)), 0), "%s", text);
}

Test(resolve_conf, a_server_on_another_port_is_not_printed)
{
	char text[512];

	read_conf("nameserver 10.0.0.53\n");
	((struct sockaddr_in *)&conf.servers[0])->sin_port = htons(5353);
	resolve_conf_print(&conf, text, sizeof(text));
	cr_assert(eq(ptr, strstr(text, "nameserver"), NULL), "%s", text);
}

Test(resolve_conf, only_whole_lines_are_printed)
{
	char text[512], whole[512];

	read_conf("nameserver 10.0.0.53\nsearch one.example\n");
	resolve_conf_print(&conf, whole, sizeof(whole));
	for (size_t size = 1; size < strlen(whole) + 2; size++) {
		size_t len = resolve_conf_print(&conf, text, size);

		cr_assert(lt(sz, len, size));
		cr_assert(len == 0 || text[len - 1] == '\n');
	}
}
