/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * config.c - the NSSHIM_ variables, read once, then immutable
 *
 * What this room is for
 *   One row per variable: its name, the function that takes its value, and
 *   the words for what it takes. An empty value counts as not set, as shells
 *   write it; two variables must be set.
 *
 * Comes in   start.c calls config_read() in the constructor.
 * Goes out   start.c boots the stack with it; everybody else reads.
 * Never      allocates: the values are copied into one static text.
 */
#include "config_priv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct config config;

static char text[CONFIG_TEXT_MAX];
static size_t text_used;

char config_reason[CONFIG_REASON_MAX];

int config_refuse(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(config_reason, sizeof(config_reason), fmt, ap);
	va_end(ap);
	return -EINVAL;
}

char *config_keep(const char *s, size_t len)
{
	char *kept = text + text_used;

	if (len >= sizeof(text) - text_used)
		return NULL;
	memcpy(kept, s, len);
	kept[len] = '\0';
	text_used += len + 1;
	return kept;
}

int config_keep_string(const char *value, const char **out)
{
	*out = config_keep(value, strlen(value));
	return *out ? 0 : config_refuse("is too long");
}

int config_number(const char *s, uint64_t *out, const char **end)
{
	uint64_t n = 0;

	if (*s < '0' || *s > '9')
		return -EINVAL;
	for (; *s >= '0' && *s <= '9'; s++) {
		if (n > (UINT64_MAX - 9) / 10)
			return -EINVAL;
		n = n * 10 + (uint64_t)(*s - '0');
	}
	*out = n;
	*end = s;
	return 0;
}

int config_switch(const char *value, bool *out)
{
	if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
		return config_refuse("is neither");
	*out = !strcmp(value, "on");
	return 0;
}

int config_each(const char *value, int (*take)(char *part))
{
	const char *comma;
	char *part;
	int ret;

	do {
		comma = strchrnul(value, ',');
		part = config_keep(value, (size_t)(comma - value));
		if (!part)
			return config_refuse("is too long");
		if (!*part)
			return config_refuse("has an empty part");
		ret = take(part);
		if (ret < 0)
			return ret;
		value = comma + 1;
	} while (*comma);
	return 0;
}

/* --- one function per variable ------------------------------------------- */

/* Splits "1.2.3.4:53", "::1", "[::1]:53" into address and port. */
static int split_port(const char *part, char *host, size_t host_size,
		      uint64_t *port)
{
	const char *colon = strrchr(part, ':');
	const char *end = part + strlen(part);
	const char *rest = "";

	*port = 53;
	if (*part == '[') {
		part++;
		end = strchr(part, ']');
		if (!end || (end[1] && end[1] != ':'))
			return -EINVAL;
		rest = end + 1;
	} else if (colon && strchr(part, ':') == colon) {
		end = colon;
		rest = colon;
	}
	if ((size_t)(end - part) >= host_size)
		return -EINVAL;
	memcpy(host, part, (size_t)(end - part));
	host[end - part] = '\0';
	if (!*rest)
		return 0;
	if (config_number(rest + 1, port, &rest) < 0 || *rest || *port == 0 ||
	    *port > 65535)
		return -EINVAL;
	return 0;
}

static int take_one_dns(char *part)
{
	struct sockaddr_storage *to = &config.dns[config.ndns];
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)to;
	struct sockaddr_in *sin = (struct sockaddr_in *)to;
	char host[INET6_ADDRSTRLEN];
	uint64_t port;

	if (config.ndns == CONFIG_DNS_MAX)
		return config_refuse("more than %d servers", CONFIG_DNS_MAX);
	if (split_port(part, host, sizeof(host), &port) < 0)
		return config_refuse("%s is not a server", part);
	if (inet_pton(AF_INET, host, &sin->sin_addr) == 1) {
		sin->sin_family = AF_INET;
		sin->sin_port = htons((uint16_t)port);
	} else if (inet_pton(AF_INET6, host, &sin6->sin6_addr) == 1) {
		sin6->sin6_family = AF_INET6;
		sin6->sin6_port = htons((uint16_t)port);
	} else {
		return config_refuse("%s is not an address", host);
	}
	config.ndns++;
	return 0;
}

static int take_dns(const char *value)
{
	return config_each(value, take_one_dns);
}

/* "10.0.0.0/8", "10.0.0.1", "fd00::/8"; v4 is kept v4-mapped. */
static int parse_prefix(const char *part, struct config_prefix *out)
{
	const char *slash = strchrnul(part, '/');
	char host[INET6_ADDRSTRLEN];
	uint64_t bits = 0;
	unsigned int max;

	if ((size_t)(slash - part) >= sizeof(host))
		return -EINVAL;
	memcpy(host, part, (size_t)(slash - part));
	host[slash - part] = '\0';

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, host, &out->addr.s6_addr[12]) == 1) {
		memset(&out->addr.s6_addr[10], 0xff, 2);
		max = 32;
	} else if (inet_pton(AF_INET6, host, &out->addr) == 1) {
		max = 128;
	} else {
		return -EINVAL;
	}

	if (!*slash)
		bits = max;
	else if (config_number(slash + 1, &bits, &slash) < 0 || *slash)
		return -EINVAL;
	if (bits > max)
		return -EINVAL;
	out->bits = (unsigned int)bits + (128 - max);
	return 0;
}

static int take_one_host(char *part)
{
	if (config.nhost == CONFIG_HOST_MAX)
		return config_refuse("more than %d prefixes", CONFIG_HOST_MAX);
	if (parse_prefix(part, &config.host[config.nhost]) < 0)
		return config_refuse("%s is not a prefix", part);
	config.nhost++;
	return 0;
}

static int take_host(const char *value)
{
	return config_each(value, take_one_host);
}

static int take_memory(const char *value)
{
	static const char suffixes[] = "kmg";
	unsigned int shift = 0;
	const char *at;
	uint64_t n;

	if (config_number(value, &n, &value) < 0)
		return config_refuse("is not a size");
	if (*value) {
		at = strchr(suffixes, *value | 0x20);
		if (!at || value[1])
			return config_refuse("is not a size");
		shift = 10 * (unsigned int)(at - suffixes + 1);
	}
	if (n > (64ull << 30) >> shift || n << shift < 16ull << 20)
		return config_refuse("is out of range");
	config.stack.memory_bytes = n << shift;
	return 0;
}

static int take_log(const char *value)
{
	const char *kept = config_keep(value, strlen(value));
	const char *file;

	if (!kept)
		return config_refuse("is too long");
	if (stack_check_log(kept, &file) < 0)
		return config_refuse("%.*s is not a level",
				     (int)strcspn(file, ","), file);
	if (file && !*file)
		return config_refuse("has a comma and no file");
	config.stack.log = kept;
	config.log_file = file;
	config.verbose = stack_log_is_verbose(kept);
	return 0;
}

static int take_pcap(const char *value)
{
	return config_keep_string(value, &config.stack.pcap);
}

static int take_impair(const char *value)
{
	if (stack_check_impair(value, config_reason, sizeof(config_reason)) < 0)
		return -EINVAL;
	return config_keep_string(value, &config.stack.impair);
}

static int check_name(const char *value)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-._";

	if (strlen(value) > 63 || value[strspn(value, allowed)])
		return config_refuse("is not a name");
	return 0;
}

static int take_name(const char *value)
{
	if (check_name(value) < 0)
		return -EINVAL;
	return config_keep_string(value, &config.name);
}

static int take_join(const char *value)
{
	if (check_name(value) < 0)
		return -EINVAL;
	return config_keep_string(value, &config.join);
}

static int take_secret(const char *value)
{
	return config_keep_string(value, &config.stack.secret);
}

static int take_ecn(const char *value)
{
	int ret = config_switch(value, &config.stack.ecn);

	config.stack.no_ecn = ret == 0 && !config.stack.ecn;
	return ret;
}

static int take_offload(const char *value)
{
	return config_switch(value, &config.stack.offload);
}

enum need { OPTIONAL, REQUIRED, UNLESS_LINK };

static const struct variable {
	const char *name;
	int (*take)(const char *value);
	const char *takes;
	enum need need;
} variables[] = {
	{"NSSHIM_LINK", config_take_link,
	 "tap:DEVICE, packet:INTERFACE or stream:PATH, or several with commas",
	 OPTIONAL},
	{"NSSHIM_TAP", config_take_tap,
	 "the name of a TAP device, like tap0, or several", UNLESS_LINK},
	{"NSSHIM_ADDR", config_take_addr,
	 "auto, dhcp, or addresses with their prefix lengths, like "
	 "10.0.0.2/24, "
	 "perhaps with @DEVICE",
	 REQUIRED},
	{"NSSHIM_GATEWAY", config_take_gateway,
	 "an address, like 10.0.0.1, or one of each family", OPTIONAL},
	{"NSSHIM_ROUTE", config_take_route,
	 "routes, like \"10.9.0.0/16 via 10.0.0.1\", with commas", OPTIONAL},
	{"NSSHIM_FORWARD", config_take_forward, "on or off", OPTIONAL},
	{"NSSHIM_DNS", take_dns, "up to 3 addresses, like 10.0.0.1,9.9.9.9",
	 OPTIONAL},
	{"NSSHIM_MTU", config_take_mtu,
	 "a number from 68 to 65521, perhaps with @DEVICE", OPTIONAL},
	{"NSSHIM_MAC", config_take_mac,
	 "an address like 02:00:00:00:00:01, perhaps with @DEVICE", OPTIONAL},
	{"NSSHIM_HOST", take_host, "prefixes, like 192.168.0.0/16,127.0.0.0/8",
	 OPTIONAL},
	{"NSSHIM_MEMORY", take_memory, "a size from 16m to 64g", OPTIONAL},
	{"NSSHIM_LOG", take_log,
	 "off, error, warn, info or debug, and ROOM:LEVEL like tcp:debug, and "
	 "perhaps \",FILE\"",
	 OPTIONAL},
	{"NSSHIM_PCAP", take_pcap, "a file name", OPTIONAL},
	{"NSSHIM_IMPAIR", take_impair, "a list like loss=1%,delay=10ms",
	 OPTIONAL},
	{"NSSHIM_NAME", take_name,
	 "up to 63 letters, digits, dots, dashes and underscores", OPTIONAL},
	{"NSSHIM_JOIN", take_join,
	 "up to 63 letters, digits, dots, dashes and underscores", OPTIONAL},
	{"NSSHIM_SECRET", take_secret, "any words", OPTIONAL},
	{"NSSHIM_ECN", take_ecn, "on or off", OPTIONAL},
	{"NSSHIM_OFFLOAD", take_offload, "on or off", OPTIONAL},
};

/* getenv() could be the program's own; and the program may not be set up. */
static const char *find_value(const char *name)
{
	size_t len = strlen(name);

	for (char **e = environ; e && *e; e++)
		if (!strncmp(*e, name, len) && (*e)[len] == '=')
			return *e + len + 1;
	return NULL;
}

/* A running stack has a device and addresses. */
static bool is_joining(void)
{
	const char *value = find_value("NSSHIM_JOIN");

	return value && *value;
}

static bool is_needed(const struct variable *v)
{
	if (is_joining())
		return false;
	return v->need == REQUIRED ||
	       (v->need == UNLESS_LINK && !config.stack.link);
}

static int read_one(const struct variable *v, char *why, size_t why_size)
{
	const char *value = find_value(v->name);

	if (!value || !*value) {
		if (!is_needed(v))
			return 0;
		snprintf(why, why_size, "%s is not set: it takes %s", v->name,
			 v->takes);
		return -EINVAL;
	}
	config_reason[0] = '\0';
	if (v->take(value) == 0)
		return 0;
	snprintf(why, why_size, "%s=%.80s: %s; it takes %s", v->name, value,
		 config_reason, v->takes);
	/* The value is the user's, but the line stays one line. */
	for (char *c = why; why_size > 0 && *c; c++)
		if ((unsigned char)*c < ' ')
			*c = '?';
	return -EINVAL;
}

int config_read(char *why, size_t why_size)
{
	int ret = 0;

	memset(&config, 0, sizeof(config));
	text_used = 0;
	config.stack.offload = true;
	config.stack.log_fd = -1;

	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		if (ret < 0)
			return ret;
		ret = read_one(&variables[i], why, why_size);
	}
	return ret;
}

/* FNV-1a, over words with their ends. */
static void mix(uint64_t *hash, const void *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		*hash = (*hash ^ ((const uint8_t *)bytes)[i]) *
			0x100000001b3ull;
}

static void mix_word(uint64_t *hash, const char *word)
{
	mix(hash, word ? word : "", word ? strlen(word) + 1 : 1);
}

uint64_t config_key(void)
{
	const struct stack_config *c = &config.stack;
	uint64_t hash = 0xcbf29ce484222325ull;

	mix_word(&hash, config.name);
	mix_word(&hash, c->link);
	mix_word(&hash, c->gateway);
	mix_word(&hash, c->routes);
	mix_word(&hash, c->secret);
	for (size_t i = 0; i < c->naddrs; i++)
		mix_word(&hash, c->addrs[i]);
	mix(&hash, &c->forward, sizeof(c->forward));
	mix(&hash, c->addr_link, sizeof(c->addr_link));
	mix(&hash, &c->dhcp4, sizeof(c->dhcp4));
	mix(&hash, &c->autoconf, sizeof(c->autoconf));
	mix(&hash, &c->temporary, sizeof(c->temporary));
	mix(&hash, &c->eui64, sizeof(c->eui64));
	mix(&hash, c->mtu, sizeof(c->mtu));
	mix(&hash, c->mac, sizeof(c->mac));
	mix(&hash, &c->memory_bytes, sizeof(c->memory_bytes));
	return hash;
}

const char *config_door(size_t n)
{
	static char door[80];
	const char *link = config.stack.link;
	size_t len;

	for (; link && n > 0; n--) {
		link = strchr(link, ',');
		if (link)
			link++;
	}
	if (!link)
		return NULL;
	len = strcspn(link, ",");
	if (!strncmp(link, "tap:", 4))
		snprintf(door, sizeof(door), "%.*s", (int)len, link);
	else
		snprintf(door, sizeof(door), "%.*s/%llx",
			 (int)(len < 40 ? len : 40), link,
			 (unsigned long long)config_key());
	return door;
}

static bool has_prefix(const struct in6_addr *addr,
		       const struct config_prefix *p)
{
	unsigned int bytes = p->bits / 8;
	unsigned int rest = p->bits % 8;
	uint8_t mask = (uint8_t)(0xff00 >> rest);

	/* "::/0" means IPv6, not IPv4 in its clothes. */
	if (p->bits < 96 && IN6_IS_ADDR_V4MAPPED(addr))
		return false;
	if (memcmp(addr, &p->addr, bytes) != 0)
		return false;
	return !rest ||
	       !((addr->s6_addr[bytes] ^ p->addr.s6_addr[bytes]) & mask);
}

bool config_is_host(const struct sockaddr *addr, socklen_t len)
{
	struct sockaddr_in sin;
	struct sockaddr_in6 sin6;
	struct in6_addr ip = {{{0}}};

	if (config.nhost == 0 || !addr || len < sizeof(sa_family_t))
		return false;
	if (addr->sa_family == AF_INET && len >= sizeof(sin)) {
		memcpy(&sin, addr, sizeof(sin));
		memset(&ip.s6_addr[10], 0xff, 2);
		memcpy(&ip.s6_addr[12], &sin.sin_addr, 4);
	} else if (addr->sa_family == AF_INET6 &&
		   len >= offsetof(struct sockaddr_in6, sin6_scope_id)) {
		memcpy(&sin6, addr,
		       offsetof(struct sockaddr_in6, sin6_scope_id));
		ip = sin6.sin6_addr;
	} else {
		return false;
	}
	for (size_t i = 0; i < config.nhost; i++)
		if (has_prefix(&ip, &config.host[i]))
			return true;
	return false;
}
