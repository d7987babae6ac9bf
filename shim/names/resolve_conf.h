/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * resolve_conf.h - /etc/resolv.conf and the hosts line of /etc/nsswitch.conf
 *
 * What this room is for
 *   Whom to ask for names, in which order, how long and how often. Files are
 *   given as text; nothing is opened here.
 *
 * Follows    resolv.conf(5), nsswitch.conf(5). Services we do not have (mdns,
 *            resolve, myhostname, ...) are skipped together with their action.
 */
#ifndef SHIM_RESOLVE_CONF_H
#define SHIM_RESOLVE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

enum {
	RESOLVE_SERVERS_MAX = 3,
	RESOLVE_SEARCH_MAX = 8,
	RESOLVE_SEARCH_SIZE = 256,
	RESOLVE_SOURCES_MAX = 4,
	/* As glibc: RES_MAXNDOTS, RES_MAXRETRANS, RES_MAXRETRY. */
	RESOLVE_NDOTS_MAX = 15,
	RESOLVE_TIMEOUT_MAX = 30,
	RESOLVE_ATTEMPTS_MAX = 5,
};

enum resolve_source { RESOLVE_FILES, RESOLVE_DNS };

struct resolve_conf {
	struct sockaddr_storage servers[RESOLVE_SERVERS_MAX];
	size_t nservers;
	char search[RESOLVE_SEARCH_MAX][RESOLVE_SEARCH_SIZE];
	size_t nsearch;
	unsigned int ndots;
	unsigned int timeout_sec;
	unsigned int attempts;
	bool rotate;
	bool use_tcp;
	bool edns;
	bool no_aaaa;

	struct {
		enum resolve_source source;
		bool stops; /* [NOTFOUND=return] follows it */
	} sources[RESOLVE_SOURCES_MAX];
	size_t nsources;
};

/* What holds when neither file says anything: files, then dns; no server. */
void resolve_conf_init(struct resolve_conf *conf);

/* Both may be called with any bytes. */
void resolve_conf_read(struct resolve_conf *conf, const char *text, size_t len);
void resolve_conf_read_nsswitch(struct resolve_conf *conf, const char *text,
				size_t len);

/* The environment's LOCALDOMAIN and RES_OPTIONS, or NULL. */
void resolve_conf_override(struct resolve_conf *conf, const char *localdomain,
			   const char *options);

/* resolv.conf(5), ndots: a name with enough dots, or a last one, is asked for
 * as it is before the search domains are tried. */
bool resolve_conf_asks_as_it_is_first(const struct resolve_conf *conf,
				      const char *name);

/*
 * The same as a file, for programs that read it themselves (dig, c-ares).
 * Servers on other ports than 53 are left out: the file has no words for them.
 * Returns the length, cut to whole lines that fit.
 */
size_t resolve_conf_print(const struct resolve_conf *conf, char *text,
			  size_t size);

#endif
