/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * hosts.c - a host: its name, its other names, its addresses; and /etc/hosts
 *
 * What this room is for
 *   A line is an address and names. All lines that hold a name count, as with
 *   "multi on"; the first of them gives the official name.
 *
 * Comes in   lookup.c with the file's text.
 * Never      minds a line that makes no sense: it is not there.
 * Follows    hosts(5).
 */
#include "hosts.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "lines.h"

enum {
	/* Longer lines are read up to here. */
	LINE_MAX_BYTES = 2048,
	NAMES_MAX = 64,
};

/* One line, taken apart. */
struct line {
	char text[LINE_MAX_BYTES];
	struct host_addr addr;
	size_t nnames;
	const char *names[NAMES_MAX];
};

void host_clear(struct host *host)
{
	host->name[0] = '\0';
	host->aliases_len = 0;
	host->naddrs = 0;
}

void host_set_name(struct host *host, const char *name)
{
	size_t len = strlen(name);

	if (host->name[0] || len >= sizeof(host->name))
		return;
	memcpy(host->name, name, len + 1);
}

const char *host_next_alias(const struct host *host, const char *alias)
{
	const char *next = alias ? alias + strlen(alias) + 1 : host->aliases;

	return next < host->aliases + host->aliases_len ? next : NULL;
}

void host_add_alias(struct host *host, const char *alias)
{
	size_t size = strlen(alias) + 1;

	if (!strcasecmp(host->name, alias) ||
	    size > sizeof(host->aliases) - host->aliases_len)
		return;
	for (const char *a = host_next_alias(host, NULL); a;
	     a = host_next_alias(host, a))
		if (!strcasecmp(a, alias))
			return;
	memcpy(host->aliases + host->aliases_len, alias, size);
	host->aliases_len += size;
}

static bool is_same(const struct host_addr *a, const struct host_addr *b)
{
	return a->family == b->family && a->scope == b->scope &&
	       !memcmp(a->bytes, b->bytes, a->family == AF_INET ? 4 : 16);
}

void host_add_addr(struct host *host, int family, const uint8_t *bytes,
		   uint32_t scope)
{
	struct host_addr addr = {.family = family, .scope = scope};

	memcpy(addr.bytes, bytes, family == AF_INET ? 4 : 16);
	for (size_t i = 0; i < host->naddrs; i++)
		if (is_same(&host->addrs[i], &addr))
			return;
	if (host->naddrs < HOST_ADDRS_MAX)
		host->addrs[host->naddrs++] = addr;
}

/* The next line of the text without its comment; false: there is none. */
static bool next_line(const char **at, const char *end, struct line *line)
{
	char *hash;

	if (!lines_next(at, end, line->text, sizeof(line->text)))
		return false;
	hash = strchr(line->text, '#');
	if (hash)
		*hash = '\0';
	return true;
}

/* Takes the line's text apart; false when it is not an entry. */
static bool take_apart(struct line *line)
{
	static const char blanks[] = " \t\r\f\v";
	char *save;
	char *word;

	memset(&line->addr, 0, sizeof(line->addr));
	line->nnames = 0;
	word = strtok_r(line->text, blanks, &save);
	if (!word)
		return false;
	if (inet_pton(AF_INET, word, line->addr.bytes) == 1)
		line->addr.family = AF_INET;
	else if (inet_pton(AF_INET6, word, line->addr.bytes) == 1)
		line->addr.family = AF_INET6;
	else
		return false;
	while (line->nnames < NAMES_MAX &&
	       (word = strtok_r(NULL, blanks, &save)))
		line->names[line->nnames++] = word;
	return line->nnames > 0;
}

/* A last dot says that a name is complete; a file's names always are. */
static bool is_name(const char *in_file, const char *asked)
{
	size_t len = strlen(asked);

	if (len > 1 && asked[len - 1] == '.')
		len--;
	return strlen(in_file) == len && !strncasecmp(in_file, asked, len);
}

static bool has_name(const struct line *line, const char *name)
{
	for (size_t i = 0; i < line->nnames; i++)
		if (is_name(line->names[i], name))
			return true;
	return false;
}

static void add_line(const struct line *line, struct host *out)
{
	host_set_name(out, line->names[0]);
	for (size_t i = 0; i < line->nnames; i++)
		host_add_alias(out, line->names[i]);
	host_add_addr(out, line->addr.family, line->addr.bytes, 0);
}

bool hosts_by_name(const char *text, size_t len, const char *name,
		   unsigned int families, struct host *out)
{
	const char *end = text + len;
	bool is_found = false;
	struct line line;

	while (next_line(&text, end, &line)) {
		unsigned int family;

		if (!take_apart(&line) || !has_name(&line, name))
			continue;
		family = line.addr.family == AF_INET ? HOST_V4 : HOST_V6;
		if (!(family & families))
			continue;
		add_line(&line, out);
		is_found = true;
	}
	return is_found;
}

bool hosts_by_addr(const char *text, size_t len, const struct host_addr *addr,
		   struct host *out)
{
	const char *end = text + len;
	struct host_addr asked = *addr;
	struct line line;

	asked.scope = 0;
	while (next_line(&text, end, &line)) {
		if (!take_apart(&line) || !is_same(&line.addr, &asked))
			continue;
		add_line(&line, out);
		return true;
	}
	return false;
}
