/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * resolve_conf.c - /etc/resolv.conf and the hosts line of /etc/nsswitch.conf
 *
 * What this room is for
 *   Both files are lines of words. What is not understood is skipped, because
 *   both are written for a libc that knows more than we do.
 *
 * Comes in   lookup.c with the files' text.
 * Follows    resolv.conf(5), nsswitch.conf(5).
 */
#include "resolve_conf.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lines.h"

enum { LINE_SIZE = 2048, PORT = 53 };

static const char blanks[] = " \t\r\f\v";

void resolve_conf_init(struct resolve_conf *conf)
{
	memset(conf, 0, sizeof(*conf));
	conf->ndots = 1;
	conf->timeout_sec = 5;
	conf->attempts = 2;
	conf->edns = true;
	conf->sources[0].source = RESOLVE_FILES;
	conf->sources[1].source = RESOLVE_DNS;
	conf->nsources = 2;
}

/* --- resolv.conf --------------------------------------------------------- */

static void add_server(struct resolve_conf *conf, char *word)
{
	struct sockaddr_storage *to = &conf->servers[conf->nservers];
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)to;
	struct sockaddr_in *sin = (struct sockaddr_in *)to;
	char *scope;

	if (conf->nservers == RESOLVE_SERVERS_MAX)
		return;
	memset(to, 0, sizeof(*to));
	if (inet_pton(AF_INET, word, &sin->sin_addr) == 1) {
		sin->sin_family = AF_INET;
		sin->sin_port = htons(PORT);
		conf->nservers++;
		return;
	}
	scope = strchr(word, '%');
	if (scope)
		*scope++ = '\0';
	if (inet_pton(AF_INET6, word, &sin6->sin6_addr) == 1) {
		sin6->sin6_family = AF_INET6;
		sin6->sin6_port = htons(PORT);
		sin6->sin6_scope_id = scope ? if_nametoindex(scope) : 0;
		conf->nservers++;
	}
}

/* The last search (or domain) line counts. */
static void set_search(struct resolve_conf *conf, char *words)
{
	char *save;

	conf->nsearch = 0;
	for (char *w = strtok_r(words, blanks, &save);
	     w && conf->nsearch < RESOLVE_SEARCH_MAX;
	     w = strtok_r(NULL, blanks, &save)) {
		size_t len = strlen(w);

		/* "." is the root: a search that adds nothing. */
		if (len >= RESOLVE_SEARCH_SIZE || !strcmp(w, "."))
			continue;
		memcpy(conf->search[conf->nsearch++], w, len + 1);
	}
}

static bool take_number(const char *word, const char *name, unsigned int max,
			unsigned int *out)
{
	size_t len = strlen(name);
	unsigned long n;
	char *end;

	if (strncmp(word, name, len) != 0)
		return false;
	n = strtoul(word + len, &end, 10);
	if (end == word + len || word[len] == '-')
		return true;
	*out = n > max ? max : (unsigned int)n;
	return true;
}

static void set_options(struct resolve_conf *conf, char *words)
{
	char *save;

	for (char *w = strtok_r(words, blanks, &save); w;
	     w = strtok_r(NULL, blanks, &save)) {
		if (take_number(w, "ndots:", RESOLVE_NDOTS_MAX, &conf->ndots) ||
		    take_number(w, "timeout:", RESOLVE_TIMEOUT_MAX,
				&conf->timeout_sec) ||
		    take_number(w, "attempts:", RESOLVE_ATTEMPTS_MAX,
				&conf->attempts))
			continue;
		if (!strcmp(w, "rotate"))
			conf->rotate = true;
		else if (!strcmp(w, "use-vc"))
			conf->use_tcp = true;
		else if (!strcmp(w, "no-aaaa"))
			conf->no_aaaa = true;
	}
	if (conf->timeout_sec == 0)
		conf->timeout_sec = 1;
	if (conf->attempts == 0)
		conf->attempts = 1;
}

void resolve_conf_read(struct resolve_conf *conf, const char *text, size_t len)
{
	const char *end = text + len;
	char line[LINE_SIZE];
	char *save;
	char *word;

	while (lines_next(&text, end, line, sizeof(line))) {
		line[strcspn(line, "#;")] = '\0';
		word = strtok_r(line, blanks, &save);
		if (!word)
			continue;
		if (!strcmp(word, "search") || !strcmp(word, "domain")) {
			set_search(conf, save);
		} else if (!strcmp(word, "options")) {
			set_options(conf, save);
		} else if (!strcmp(word, "nameserver")) {
			word = strtok_r(NULL, blanks, &save);
			if (word)
				add_server(conf, word);
		}
	}
}

/* Appends a whole line, or nothing. */
static void add_line(char *text, size_t size, size_t *used, const char *line)
{
	size_t len = strlen(line);

	if (len + 1 >= size - *used)
		return;
	memcpy(text + *used, line, len);
	text[*used + len] = '\n';
	*used += len + 1;
	text[*used] = '\0';
}

static void print_server(const struct sockaddr_storage *server, char *text,
			 size_t size, size_t *used)
{
	const struct sockaddr_in6 *sin6 = (const struct sockaddr_in6 *)server;
	const struct sockaddr_in *sin = (const struct sockaddr_in *)server;
	bool is_v4 = server->ss_family == AF_INET;
	char line[16 + INET6_ADDRSTRLEN + IF_NAMESIZE] = "nameserver ";
	char *at = line + strlen(line);
	char name[IF_NAMESIZE];

	if ((is_v4 ? sin->sin_port : sin6->sin6_port) != htons(PORT))
		return;
	inet_ntop(server->ss_family,
		  is_v4 ? (const void *)&sin->sin_addr
			: (const void *)&sin6->sin6_addr,
		  at, INET6_ADDRSTRLEN);
	if (!is_v4 && sin6->sin6_scope_id &&
	    if_indextoname(sin6->sin6_scope_id, name)) {
		strcat(at, "%");
		strcat(at, name);
	}
	add_line(text, size, used, line);
}

static void print_search(const struct resolve_conf *conf, char *text,
			 size_t size, size_t *used)
{
	char line[8 + RESOLVE_SEARCH_MAX * (RESOLVE_SEARCH_SIZE + 1)] =
		"search";

	for (size_t i = 0; i < conf->nsearch; i++) {
		strcat(line, " ");
		strcat(line, conf->search[i]);
	}
	if (conf->nsearch > 0)
		add_line(text, size, used, line);
}

size_t resolve_conf_print(const struct resolve_conf *conf, char *text,
			  size_t size)
{
	char line[128];
	size_t used = 0;

	if (size == 0)
		return 0;
	text[0] = '\0';
	for (size_t i = 0; i < conf->nservers; i++)
		print_server(&conf->servers[i], text, size, &used);
	print_search(conf, text, size, &used);
	snprintf(line, sizeof(line),
		 "options ndots:%u timeout:%u attempts:%u%s%s%s", conf->ndots,
		 conf->timeout_sec, conf->attempts,
		 conf->rotate ? " rotate" : "", conf->use_tcp ? " use-vc" : "",
		 conf->no_aaaa ? " no-aaaa" : "");
	add_line(text, size, &used, line);
	return used;
}

/* Cut to what fits, so that the words can be taken apart. */
static void copy(char to[LINE_SIZE], const char *from)
{
	size_t len = strnlen(from, LINE_SIZE - 1);

	memcpy(to, from, len);
	to[len] = '\0';
}

void resolve_conf_override(struct resolve_conf *conf, const char *localdomain,
			   const char *options)
{
	char words[LINE_SIZE];

	if (localdomain) {
		copy(words, localdomain);
		set_search(conf, words);
	}
	if (options) {
		copy(words, options);
		set_options(conf, words);
	}
}

bool resolve_conf_asks_as_it_is_first(const struct resolve_conf *conf,
				      const char *name)
{
	size_t len = strlen(name);
	unsigned int dots = 0;

	for (size_t i = 0; i < len; i++)
		dots += name[i] == '.';
	return dots >= conf->ndots || (len > 0 && name[len - 1] == '.');
}

/* --- nsswitch.conf ------------------------------------------------------- */

/* Does "[...]" make a name that was not found the end of the search? */
static bool is_stop(const char *action)
{
	static const char *const stops[] = {
		"NOTFOUND=return",
		"!UNAVAIL=return",
		"!TRYAGAIN=return",
		"!SUCCESS=return",
	};

	for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++)
		if (strcasestr(action, stops[i]) &&
		    !strcasestr(action, "!NOTFOUND="))
			return true;
	return false;
}

static void add_source(struct resolve_conf *conf, enum resolve_source source)
{
	if (conf->nsources == RESOLVE_SOURCES_MAX)
		return;
	conf->sources[conf->nsources].source = source;
	conf->sources[conf->nsources].stops = false;
	conf->nsources++;
}

/* "files mdns4_minimal [NOTFOUND=return] dns": an action belongs to the word
 * before it, and goes with it when that is skipped. */
static void set_sources(struct resolve_conf *conf, char *at)
{
	bool is_known = false;

	conf->nsources = 0;
	while (*(at += strspn(at, blanks))) {
		size_t len;

		if (*at == '[') {
			len = strcspn(at, "]");
			len += at[len] == ']';
		} else {
			len = strcspn(at, " \t\r\f\v[");
		}
		if (*at == '[') {
			char saved = at[len];

			at[len] = '\0';
			if (is_known && is_stop(at))
				conf->sources[conf->nsources - 1].stops = true;
			at[len] = saved;
		} else {
			is_known = true;
			if (len == 5 && !memcmp(at, "files", 5))
				add_source(conf, RESOLVE_FILES);
			else if (len == 3 && !memcmp(at, "dns", 3))
				add_source(conf, RESOLVE_DNS);
			else
				is_known = false;
			is_known = is_known && conf->nsources > 0;
		}
		at += len;
	}
}

void resolve_conf_read_nsswitch(struct resolve_conf *conf, const char *text,
				size_t len)
{
	const char *end = text + len;
	char line[LINE_SIZE];
	char *at;

	while (lines_next(&text, end, line, sizeof(line))) {
		line[strcspn(line, "#")] = '\0';
		at = line + strspn(line, blanks);
		if (strncmp(at, "hosts", 5) != 0)
			continue;
		at += 5;
		at += strspn(at, blanks);
		if (*at == ':')
			set_sources(conf, at + 1);
	}
}
