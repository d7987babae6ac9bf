/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * config_test.c - proves config.c: which values are taken, which refused
 *
 * A refusal must name the variable, the value and what it takes, because it is
 * the last thing the user sees before the program stops.
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static char why[256];

static bool says(const char *words)
{
	return strstr(why, words) != NULL;
}

static void set_the_required_ones(void)
{
	clearenv();
	setenv("NSSHIM_TAP", "tap0", 1);
	setenv("NSSHIM_ADDR", "10.0.0.2/24", 1);
}

TestSuite(config, .init = set_the_required_ones);

static const struct {
	const char *name;
	const char *value;
} accepted[] = {
	{"NSSHIM_TAP", "tap0"},
	{"NSSHIM_TAP", "fifteen-letters"},
	{"NSSHIM_ADDR", "10.0.0.2/24"},
	{"NSSHIM_ADDR", "10.0.0.2/24,192.168.1.9/16"},
	{"NSSHIM_GATEWAY", "10.0.0.1"},
	{"NSSHIM_GATEWAY", ""},
	{"NSSHIM_DNS", "10.0.0.1"},
	{"NSSHIM_DNS", "10.0.0.1:5353,9.9.9.9,::1"},
	{"NSSHIM_DNS", "[fd00::1]:53"},
	{"NSSHIM_DNS", "[fd00::1]"},
	{"NSSHIM_MTU", "68"},
	{"NSSHIM_MTU", "65521"},
	{"NSSHIM_MAC", "02:00:00:00:00:01"},
	{"NSSHIM_MAC", "0a:Bc:dE:f0:12:34"},
	{"NSSHIM_HOST", "127.0.0.0/8,192.168.0.0/16"},
	{"NSSHIM_HOST", "10.1.2.3,fd00::/8,::/0,0.0.0.0/0"},
	{"NSSHIM_MEMORY", "4g"},
	{"NSSHIM_MEMORY", "512M"},
	{"NSSHIM_MEMORY", "16777216"},
	{"NSSHIM_MEMORY", "64g"},
	{"NSSHIM_LOG", "debug"},
	{"NSSHIM_LOG", "off"},
	{"NSSHIM_LOG", "info,/tmp/a,b"},
	{"NSSHIM_ADDR", "dhcp"},
	{"NSSHIM_ADDR", "dhcp,fd00::2/64"},
	{"NSSHIM_ADDR", "auto"},
	{"NSSHIM_ADDR", "10.0.0.2/24,auto"},
	{"NSSHIM_ADDR", "temporary,auto"},
	{"NSSHIM_ADDR", "auto,eui64"},
	{"NSSHIM_ADDR", "fd00::2/64,eui64"},
	{"NSSHIM_PCAP", "/tmp/x.pcap"},
	{"NSSHIM_NAME", "Web-1.example_net"},
	{"NSSHIM_SECRET", "any words"},
	{"NSSHIM_ECN", "on"},
	{"NSSHIM_ECN", "off"},
	{"NSSHIM_OFFLOAD", "on"},
	{"NSSHIM_OFFLOAD", "off"},
};

Test(config, good_values_are_taken)
{
	for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++) {
		set_the_required_ones();
		setenv(accepted[i].name, accepted[i].value, 1);
		cr_expect(eq(int, config_read(why, sizeof(why)), 0),
			  "%s=%s: %s", accepted[i].name, accepted[i].value,
			  why);
	}
}

static const struct {
	const char *name;
	const char *value;
	const char *says;
} refused[] = {
	{"NSSHIM_TAP", "sixteen-letters!", "longer"},
	{"NSSHIM_TAP", "a/b", "interface name"},
	{"NSSHIM_TAP", "a b", "interface name"},
	{"NSSHIM_ADDR", "automatic", "takes"},
	{"NSSHIM_ADDR", "dhcp,temporary", "without auto"},
	{"NSSHIM_ADDR", "10.0.0.2/24,", "empty part"},
	{"NSSHIM_ADDR", ",10.0.0.2/24", "empty part"},
	{"NSSHIM_ADDR", "10.0.0.2/33", "takes"},
	{"NSSHIM_ADDR", "nonsense", "takes"},
	{"NSSHIM_GATEWAY", "10.0.0", "host"},
	{"NSSHIM_GATEWAY", "0.0.0.0", "host"},
	{"NSSHIM_GATEWAY", "10.0.0.1/24", "host"},
	{"NSSHIM_DNS", "dns.example", "address"},
	{"NSSHIM_DNS", "10.0.0.1:0", "server"},
	{"NSSHIM_DNS", "10.0.0.1:65536", "server"},
	{"NSSHIM_DNS", "10.0.0.1:", "server"},
	{"NSSHIM_DNS", "[::1", "server"},
	{"NSSHIM_DNS", "[::1]x", "server"},
	{"NSSHIM_DNS", "1.1.1.1,1.1.1.2,1.1.1.3,1.1.1.4", "more than 3"},
	{"NSSHIM_ADDR", "10.0.0.2/24@tap1", "tap1 is none of the links"},
	{"NSSHIM_ADDR", "dhcp@", "none of the links"},
	{"NSSHIM_MTU", "1400@eth0", "none of the links"},
	{"NSSHIM_MAC", "02:00:00:00:00:01@tap", "none of the links"},
	{"NSSHIM_TAP", "tap0,tap1,tap0", "named twice"},
	{"NSSHIM_ROUTE", "10.0.0.0/8", "neither via nor dev"},
	{"NSSHIM_ROUTE", "default via 10.0.0.1,", "no network"},
	{"NSSHIM_MTU", "67", "range"},
	{"NSSHIM_MTU", "65522", "range"},
	{"NSSHIM_MTU", "-1", "number"},
	{"NSSHIM_MTU", " 1500", "number"},
	{"NSSHIM_MTU", "1500x", "number"},
	{"NSSHIM_MTU", "99999999999999999999999", "number"},
	{"NSSHIM_MAC", "02:00:00:00:00", "hardware"},
	{"NSSHIM_MAC", "02:00:00:00:00:01:", "hardware"},
	{"NSSHIM_MAC", "02:00:00:00:00:0g", "hardware"},
	{"NSSHIM_MAC", "2:0:0:0:0:1", "hardware"},
	{"NSSHIM_MAC", "01:00:00:00:00:01", "group"},
	{"NSSHIM_MAC", "00:00:00:00:00:00", "zero"},
	{"NSSHIM_HOST", "127.0.0.0/33", "prefix"},
	{"NSSHIM_HOST", "fd00::/129", "prefix"},
	{"NSSHIM_HOST", "127.0.0.0/", "prefix"},
	{"NSSHIM_HOST", "localhost", "prefix"},
	{"NSSHIM_MEMORY", "15m", "range"},
	{"NSSHIM_MEMORY", "65g", "range"},
	{"NSSHIM_MEMORY", "18446744073709551615g", "size"},
	{"NSSHIM_MEMORY", "1gb", "size"},
	{"NSSHIM_MEMORY", "much", "size"},
	{"NSSHIM_LOG", "loud", "level"},
	{"NSSHIM_LOG", "info,", "no file"},
	{"NSSHIM_IMPAIR", "lots=yes", "takes"},
	{"NSSHIM_NAME", "a name", "not a name"},
	{"NSSHIM_ECN", "2", "on or off"},
	{"NSSHIM_OFFLOAD", "yes", "on or off"},
};

Test(config, bad_values_are_refused_in_one_clear_line)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		set_the_required_ones();
		setenv(refused[i].name, refused[i].value, 1);
		why[0] = '\0';
		cr_expect(eq(int, config_read(why, sizeof(why)), -EINVAL),
			  "%s=%s", refused[i].name, refused[i].value);
		cr_expect(why == strstr(why, refused[i].name), "%s", why);
		cr_expect(says(refused[i].value), "%s", why);
		cr_expect(says(refused[i].says), "%s", why);
		cr_expect(says("it takes"), "%s", why);
		cr_expect(not(says("\n")), "%s", why);
	}
}

Test(config, missing_required_variables_are_named)
{
	unsetenv("NSSHIM_ADDR");
	cr_assert(eq(int, config_read(why, sizeof(why)), -EINVAL));
	cr_assert(strstr(why, "NSSHIM_ADDR is not set: ") == why, "%s", why);

	setenv("NSSHIM_TAP", "", 1);
	cr_assert(eq(int, config_read(why, sizeof(why)), -EINVAL));
	cr_assert(strstr(why, "NSSHIM_TAP is not set: ") == why, "%s", why);
}

Test(config, a_link_takes_the_place_of_a_tap)
{
	unsetenv("NSSHIM_TAP");
	setenv("NSSHIM_LINK", "stream:/run/passt.sock", 1);
	cr_assert(eq(int, config_read(why, sizeof(why)), 0), "%s", why);
	cr_assert(eq(str, (char *)config.stack.link, "stream:/run/passt.sock"));
}

Test(config, a_link_and_a_tap_are_one_too_many)
{
	setenv("NSSHIM_LINK", "packet:eth0", 1);
	cr_assert(eq(int, config_read(why, sizeof(why)), -EINVAL));
	cr_assert(strstr(why, "NSSHIM_TAP=tap0: ") == why, "%s", why);
	cr_assert(says("one of them"), "%s", why);
}

Test(config, links_that_are_none_are_refused)
{
	static const char *const wrong[] = {
		"eth0", "tap:", "packet:a/b", "stream:", "wire:eth0", "tap",
	};

	unsetenv("NSSHIM_TAP");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		setenv("NSSHIM_LINK", wrong[i], 1);
		cr_expect(eq(int, config_read(why, sizeof(why)), -EINVAL));
		cr_expect(strstr(why, "NSSHIM_LINK=") == why, "%s", why);
		cr_expect(says("it takes tap:DEVICE"), "%s", why);
	}
}

Test(config, what_belongs_to_a_link_names_it)
{
	setenv("NSSHIM_TAP", "tap0,tap1,tap2", 1);
	setenv("NSSHIM_ADDR", "10.0.0.2/24,dhcp@tap1,fd00::2/64@tap2", 1);
	setenv("NSSHIM_MTU", "1300@tap1,1400", 1);
	setenv("NSSHIM_MAC", "02:00:00:00:00:01,02:00:00:00:00:03@tap2", 1);
	cr_assert(eq(int, config_read(why, sizeof(why)), 0), "%s", why);
	cr_expect(eq(str, (char *)config.stack.link,
		     "tap:tap0,tap:tap1,tap:tap2"));
	cr_expect(eq(str, (char *)config.stack.addrs[1], "fd00::2/64"));
	cr_expect(eq(sz, config.stack.naddrs, 2));
	cr_expect(eq(u8, config.stack.addr_link[0], 0));
	cr_expect(eq(u8, config.stack.addr_link[1], 2));
	cr_expect(eq(u32, config.stack.dhcp4, 2));
	cr_expect(eq(u32, config.stack.mtu[0], 1400));
	cr_expect(eq(u32, config.stack.mtu[1], 1300));
	cr_expect(eq(u32, config.stack.mtu[2], 1400));
	cr_expect(eq(u8, config.stack.mac[0][5], 1));
	cr_expect(eq(u8, config.stack.mac[1][5], 0));
	cr_expect(eq(u8, config.stack.mac[2][5], 3));
}

/* The keeper's door is the TAP's, whatever else there is; others have the key
 * of the configuration in the name. */
Test(config, each_link_has_a_door)
{
	unsetenv("NSSHIM_TAP");
	setenv("NSSHIM_LINK", "tap:tap0,packet:eth0,tap:tap1", 1);
	cr_assert(eq(int, config_read(why, sizeof(why)), 0), "%s", why);
	cr_expect(eq(str, (char *)config_door(0), "tap:tap0"));
	cr_expect(strstr(config_door(1), "packet:eth0/") == config_door(1));
	cr_expect(eq(str, (char *)config_door(2), "tap:tap1"));
	cr_expect(config_door(3) == NULL);
}

Test(config, values_survive_the_environment)
{
	setenv("NSSHIM_ADDR", "10.0.0.2/24,10.9.9.9/8", 1);
	setenv("NSSHIM_MAC", "02:aB:00:00:00:ff", 1);
	setenv("NSSHIM_LOG", "debug,/tmp/log", 1);
	setenv("NSSHIM_MEMORY", "512m", 1);
	setenv("NSSHIM_OFFLOAD", "off", 1);
	cr_assert(eq(int, config_read(why, sizeof(why)), 0), "%s", why);

	for (char *c = getenv("NSSHIM_ADDR"); *c; c++)
		*c = 'x';
	clearenv();

	cr_assert(eq(str, (char *)config.stack.link, "tap:tap0"));
	cr_assert(eq(sz, config.stack.naddrs, 2));
	cr_assert(eq(str, (char *)config.stack.addrs[0], "10.0.0.2/24"));
	cr_assert(eq(str, (char *)config.stack.addrs[1], "10.9.9.9/8"));
	cr_assert(eq(u8, config.stack.mac[0][1], 0xab));
	cr_assert(eq(u8, config.stack.mac[0][5], 0xff));
	cr_assert(eq(str, (char *)config.log_file, "/tmp/log"));
	cr_assert(eq(u64, config.stack.memory_bytes, 512ull << 20));
	cr_assert(not(config.stack.offload));
	cr_assert(config.verbose);
}

Test(config, a_value_with_control_characters_stays_one_line)
{
	setenv("NSSHIM_MTU", "1\n2\x1b[31m", 1);
	cr_assert(eq(int, config_read(why, sizeof(why)), -EINVAL));
	for (char *c = why; *c; c++)
		cr_assert(ge(int, (unsigned char)*c, ' '));
}

Test(config, too_much_text_is_refused)
{
	static char long_value[CONFIG_TEXT_MAX + 1];

	memset(long_value, 'a', sizeof(long_value) - 1);
	setenv("NSSHIM_PCAP", long_value, 1);
	cr_assert(eq(int, config_read(why, sizeof(why)), -EINVAL));
	cr_assert(says("too long"), "%s", why);
}

static bool is_host4(const char *ip)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};

	inet_pton(AF_INET, ip, &sin.sin_addr);
	return config_is_host((struct sockaddr *)&sin, sizeof(sin));
}

static bool is_host6(const char *ip)
{
	struct sockaddr_in6 sin6 = {.sin6_family = AF_INET6};

	inet_pton(AF_INET6, ip, &sin6.sin6_addr);
	return config_is_host((struct sockaddr *)&sin6, sizeof(sin6));
}

Test(config, host_prefixes_match_to_the_bit)
{
	setenv("NSSHIM_HOST", "10.0.0.0/9,192.0.2.7,fd00::/7", 1);
	cr_assert(eq(int, config_read(why, sizeof(why)), 0), "%s", why);

	cr_expect(is_host4("10.127.255.255"));
	cr_expect(not(is_host4("10.128.0.0")));
	cr_expect(is_host4("192.0.2.7"));
	cr_expect(not(is_host4("192.0.2.6")));
	cr_expect(is_host6("fc00::1"));
	cr_expect(not(is_host6("fe00::1")));
	cr_expect(is_host6("::ffff:10.1.1.1"));
	cr_expect(not(is_host6("::ffff:11.1.1.1")));
}

Test(config, all_of_ipv6_is_not_ipv4)
{
	setenv("NSSHIM_HOST", "::/0", 1);
	cr_assert(eq(int, config_read(why, sizeof(why)), 0), "%s", why);
	cr_expect(is_host6("2001:db8::1"));
	cr_expect(not(is_host4("10.0.0.1")));
}

Test(config, short_or_foreign_addresses_are_not_hosts)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};
	struct sockaddr un = {.sa_family = AF_UNIX};

	setenv("NSSHIM_HOST", "0.0.0.0/0,::/0", 1);
	cr_assert(eq(int, config_read(why, sizeof(why)), 0), "%s", why);
	cr_expect(config_is_host((struct sockaddr *)&sin, sizeof(sin)));
	for (socklen_t len = 0; len < sizeof(sin); len++)
		cr_expect(not(config_is_host((struct sockaddr *)&sin, len)));
	cr_expect(not(config_is_host(&un, sizeof(un))));
	cr_expect(not(config_is_host(NULL, 0)));
}

/* Two that could be one stack have the same key, and no others. */
Test(config, key_tells_networks_apart)
{
	uint64_t key;

	cr_assert(eq(int, config_read(why, sizeof(why)), 0));
	key = config_key();
	setenv("NSSHIM_LOG", "debug", 1);
	cr_assert(eq(int, config_read(why, sizeof(why)), 0));
	cr_expect(eq(u64, config_key(), key));
	setenv("NSSHIM_MTU", "1400", 1);
	cr_assert(eq(int, config_read(why, sizeof(why)), 0));
	cr_expect(ne(u64, config_key(), key));
}

Test(config, one_that_joins_needs_no_device)
{
	unsetenv("NSSHIM_TAP");
	unsetenv("NSSHIM_ADDR");
	setenv("NSSHIM_JOIN", "web", 1);
	cr_assert(eq(int, config_read(why, sizeof(why)), 0));
	cr_expect(eq(str, (char *)config.join, "web"));
}
