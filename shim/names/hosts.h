/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * hosts.h - a host: its name, its other names, its addresses; and /etc/hosts
 *
 * What this room is for
 *   The result every way of looking up names fills, and the one way that is a
 *   file. The file is given as text; nothing is opened here.
 *
 * Never      allocates. What does not fit is left out.
 * Follows    hosts(5).
 */
#ifndef SHIM_HOSTS_H
#define SHIM_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	/* A name as text, with its NUL (RFC 1035: 253 characters). */
	HOST_NAME_SIZE = 256,
	/* Two families of what one DNS answer may hold. */
	HOST_ADDRS_MAX = 96,
	/* All aliases, each with its NUL. */
	HOST_ALIASES_SIZE = 1024,
};

/* Which families are wanted: bits. */
enum { HOST_V4 = 1, HOST_V6 = 2 };

struct host_addr {
	int family;        /* AF_INET, AF_INET6 */
	uint32_t scope;    /* interface of a link-local one, or 0 */
	uint8_t bytes[16]; /* 4 used for AF_INET */
};

struct host {
	char name[HOST_NAME_SIZE]; /* the official one */
	char aliases[HOST_ALIASES_SIZE];
	size_t aliases_len;
	size_t naddrs;
	struct host_addr addrs[HOST_ADDRS_MAX];
};

/* `host` becomes empty. */
void host_clear(struct host *host);

/* Sets the name, if there is none yet. */
void host_set_name(struct host *host, const char *name);

/* Adds what is not there yet. */
void host_add_alias(struct host *host, const char *alias);
void host_add_addr(struct host *host, int family, const uint8_t *bytes,
		   uint32_t scope);

/* The alias after `alias`, or the first for NULL; NULL at the end. */
const char *host_next_alias(const struct host *host, const char *alias);

/* Adds all addresses of the wanted families that the file gives to `name`.
 * True when the name is there with at least one. */
bool hosts_by_name(const char *text, size_t len, const char *name,
		   unsigned int families, struct host *out);

/* The first line with this address. */
bool hosts_by_addr(const char *text, size_t len, const struct host_addr *addr,
		   struct host *out);

#endif
