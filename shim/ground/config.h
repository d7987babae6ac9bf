/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * config.h - the NSSHIM_ variables, read once, then immutable
 *
 * What this room is for
 *   Turns the environment into struct config. A value that does not parse
 *   stops the program: there is no falling back to the host's network.
 *
 * Never      allocates, logs, opens anything or exits: it runs in the
 *            constructor, and start.c decides. Strings are copied, because
 *            programs write their titles over the environment.
 * Lock       none: written before the first thread, read-only after.
 */
#ifndef SHIM_CONFIG_H
#define SHIM_CONFIG_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "../stack/stack.h"

enum {
	/* Prefixes in NSSHIM_HOST. */
	CONFIG_HOST_MAX = 32,
	/* Name servers; as many as /etc/resolv.conf may name. */
	CONFIG_DNS_MAX = 3,
	/* What all values together may need. */
	CONFIG_TEXT_MAX = 8192,
};

struct config_prefix {
	struct in6_addr addr; /* v4 ones in v4-mapped form */
	unsigned int bits;    /* 0 to 128; v4 ones 96 to 128 */
};

struct config {
	/* For stack_boot(). log_fd is left -1: start.c opens log_file. */
	struct stack_config stack;

	/* NSSHIM_HOST: destinations left to the kernel. */
	struct config_prefix host[CONFIG_HOST_MAX];
	size_t nhost;

	/* NSSHIM_DNS: none means /etc/resolv.conf decides. */
	struct sockaddr_storage dns[CONFIG_DNS_MAX];
	size_t ndns;

	const char *log_file; /* NSSHIM_LOG's second part, or NULL: stderr */
	const char *name;     /* NSSHIM_NAME: of the stack we make, or NULL */
	const char *join;     /* NSSHIM_JOIN: of a running one, or NULL */
	bool verbose;         /* the log level is info or more */
};

extern struct config config;

/*
 * Reads the environment. 0, or -EINVAL and in `why` one line without a newline
 * that names the variable, its value and what it takes.
 */
int config_read(char *why, size_t why_size);

/* What makes a stack another one, as a number: two configurations with the
 * same key could be one stack. */
uint64_t config_key(void);

/* The door (door.h) of link `n`: one per TAP, which one stack may have; other
 * links may be had by several, and there it is one per configuration. NULL:
 * there are no more links. */
const char *config_door(size_t n);

/* Is this a destination (or local address) that NSSHIM_HOST gives to the
 * kernel? False for anything that is not a whole sockaddr_in or _in6. */
bool config_is_host(const struct sockaddr *addr, socklen_t len);

#endif
