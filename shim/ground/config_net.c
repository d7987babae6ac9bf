/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * config_net.c - the variables that describe the network
 *
 * What this room is for
 *   Links, and what each of them has. What belongs to one link ends in
 *   "@DEVICE"; without that it is the first link's, or every link's.
 *
 * Comes in   config.c, which reads NSSHIM_LINK and NSSHIM_TAP first.
 * Proved by  config_test.c
 */
#include "config_priv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

/*
 * Cuts "@DEVICE" off: the link's number, `otherwise` when there is nothing to
 * cut off, or -EINVAL.
 */
static int cut_link(char *part, int otherwise)
{
	char *at = strrchr(part, '@');
	int n;

	if (!at)
		return otherwise;
	*at = '\0';
	n = config.stack.link ? stack_find_link(config.stack.link, at + 1)
			      : -ENODEV;
	if (n >= 0)
		return n;
	return config_refuse("%s is none of the links", at + 1);
}

int config_take_link(const char *value)
{
	if (stack_check_link(value, config_reason, CONFIG_REASON_MAX) < 0)
		return -EINVAL;
	return config_keep_string(value, &config.stack.link);
}

/* NSSHIM_TAP=tap0,tap1 is short for NSSHIM_LINK=tap:tap0,tap:tap1. */
static char tap_links[STACK_LINKS_MAX * (sizeof("tap:,") + IF_NAMESIZE)];

static int take_one_tap(char *part)
{
	size_t used = strlen(tap_links);
	int n;

	if (strlen(part) >= IF_NAMESIZE)
		return config_refuse("is longer than an interface name may be");
	if (strpbrk(part, "/ \t\n%:"))
		return config_refuse("is not an interface name");
	n = snprintf(tap_links + used, sizeof(tap_links) - used, "%stap:%s",
		     used ? "," : "", part);
	if (n < 0 || (size_t)n >= sizeof(tap_links) - used)
		return config_refuse("more than %d links", STACK_LINKS_MAX);
	return 0;
}

int config_take_tap(const char *value)
{
	int ret;

	if (config.stack.link)
		return config_refuse("NSSHIM_LINK is set, too: one of them");
	tap_links[0] = '\0';
	ret = config_each(value, take_one_tap);
	return ret < 0 ? ret : config_take_link(tap_links);
}

static int take_one_addr(char *part)
{
	struct stack_config *s = &config.stack;
	int link = cut_link(part, 0);

	if (link < 0)
		return link;
	if (!strcmp(part, "dhcp")) {
		s->dhcp4 |= 1u << link;
		return 0;
	}
	if (!strcmp(part, "auto")) {
		s->dhcp4 |= 1u << link;
		s->autoconf |= 1u << link;
		return 0;
	}
	if (!strcmp(part, "temporary")) {
		s->temporary |= 1u << link;
		return 0;
	}
	if (!strcmp(part, "eui64")) {
		s->eui64 |= 1u << link;
		return 0;
	}
	if (s->naddrs == STACK_LIST_MAX)
		return config_refuse("more than %d addresses", STACK_LIST_MAX);
	if (stack_check_prefix(part, config_reason, CONFIG_REASON_MAX) < 0)
		return -EINVAL;
	s->addr_link[s->naddrs] = (uint8_t)link;
	s->addrs[s->naddrs++] = part;
	return 0;
}

int config_take_addr(const char *value)
{
	int ret = config_each(value, take_one_addr);

	if (ret == 0 && config.stack.temporary & ~config.stack.autoconf)
		return config_refuse("has temporary without auto");
	return ret;
}

static bool has_gateway4, has_gateway6;

/* One of each family; the value goes to the stack as it is. */
static int take_one_gateway(char *part)
{
	struct in6_addr ip6;
	struct in_addr ip4;

	if (inet_pton(AF_INET, part, &ip4) == 1) {
		if (ip4.s_addr == INADDR_ANY || ip4.s_addr == INADDR_NONE)
			return config_refuse("is not the address of a host");
		if (has_gateway4)
			return config_refuse("has two IPv4 gateways");
		has_gateway4 = true;
		return 0;
	}
	if (inet_pton(AF_INET6, part, &ip6) != 1 ||
	    IN6_IS_ADDR_UNSPECIFIED(&ip6) || IN6_IS_ADDR_MULTICAST(&ip6) ||
	    IN6_IS_ADDR_V4MAPPED(&ip6))
		return config_refuse("is not the address of a host");
	if (has_gateway6)
		return config_refuse("has two IPv6 gateways");
	has_gateway6 = true;
	return 0;
}

int config_take_gateway(const char *value)
{
	int ret;

	has_gateway4 = has_gateway6 = false;
	ret = config_each(value, take_one_gateway);
	return ret < 0 ? ret : config_keep_string(value, &config.stack.gateway);
}

int config_take_route(const char *value)
{
	if (stack_check_route(value, config_reason, CONFIG_REASON_MAX) < 0)
		return -EINVAL;
	return config_keep_string(value, &config.stack.routes);
}

int config_take_forward(const char *value)
{
	return config_switch(value, &config.stack.forward);
}

/* Each link's own comes before that of all. */
static int take_one_mtu(char *part)
{
	static const int all = STACK_LINKS_MAX;
	int link = cut_link(part, all);
	const char *end;
	uint64_t n;

	if (link < 0)
		return link;
	if (config_number(part, &n, &end) < 0 || *end)
		return config_refuse("is not a number");
	if (n < 68 || n > 65521)
		return config_refuse("is out of range");
	for (int i = 0; i < STACK_LINKS_MAX; i++) {
		if (i == link || (link == all && !config.stack.mtu[i]))
			config.stack.mtu[i] = (uint32_t)n;
	}
	return 0;
}

int config_take_mtu(const char *value)
{
	return config_each(value, take_one_mtu);
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at =
		c ? strchr(digits, c | ('A' <= c && c <= 'F') << 5) : NULL;

	return at ? (int)(at - digits) : -1;
}

static int read_mac(const char *text, uint8_t mac[6])
{
	for (size_t i = 0; i < 6; i++) {
		int high = hex_digit(text[0]);
		int low = high < 0 ? -1 : hex_digit(text[1]);
		char after = low < 0 ? '\0' : text[2];

		if (low < 0 || after != (i + 1 < 6 ? ':' : '\0'))
			return config_refuse("is not a hardware address");
		mac[i] = (uint8_t)(high << 4 | low);
		text += 3;
	}
	return 0;
}

static int take_one_mac(char *part)
{
	static const uint8_t zero[6];
	int link = cut_link(part, 0);
	uint8_t mac[6];

	if (link < 0 || read_mac(part, mac) < 0)
		return -EINVAL;
	if (mac[0] & 1)
		return config_refuse("is a group address, not a host's");
	if (!memcmp(mac, zero, sizeof(mac)))
		return config_refuse("is all zero");
	memcpy(config.stack.mac[link], mac, sizeof(mac));
	return 0;
}

int config_take_mac(const char *value)
{
	return config_each(value, take_one_mac);
}
