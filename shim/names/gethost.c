/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * gethost.c - gethostbyname(3) and gethostbyaddr(3), plain and reentrant
 *
 * What this room is for
 *   The old calls over the same lookup. The reentrant ones pack the result
 *   into the caller's memory; the plain ones are the reentrant ones with a
 *   buffer of ours that grows.
 *
 * Lock       `lock` guards the buffer while it is filled; what the program
 *            reads afterwards the next call overwrites, as ever.
 * Follows    gethostbyname(3), and glibc on what the _r calls return: 0 also
 *            when there is no such host, ERANGE for too little memory.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lookup.h"
#include "ground/ret.h"
#include "ground/shim.h"

enum { BUFFER_START = 1024, BUFFER_MAX = 1 << 20 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* --- packing ------------------------------------------------------------- */

struct packer {
	char *at;
	size_t left;
};

/* NULL: it does not fit. */
static void *take(struct packer *p, size_t size, size_t align)
{
	size_t pad = -(uintptr_t)p->at & (align - 1);
	void *taken = p->at + pad;

	if (p->left < pad || p->left - pad < size)
		return NULL;
	p->at += pad + size;
	p->left -= pad + size;
	return taken;
}

static char *take_string(struct packer *p, const char *s)
{
	size_t size = strlen(s) + 1;
	char *to = take(p, size, 1);

	return to ? memcpy(to, s, size) : NULL;
}

static bool pack_addrs(struct packer *p, const struct host *host, int family,
		       struct hostent *out)
{
	size_t size = family == AF_INET ? 4 : 16;
	size_t n = 0;

	out->h_addrtype = family;
	out->h_length = (int)size;
	out->h_addr_list =
		take(p, (host->naddrs + 1) * sizeof(char *), sizeof(char *));
	if (!out->h_addr_list)
		return false;
	for (size_t i = 0; i < host->naddrs; i++) {
		if (host->addrs[i].family != family)
			continue;
		out->h_addr_list[n] = take(p, size, 4);
		if (!out->h_addr_list[n])
			return false;
		memcpy(out->h_addr_list[n++], host->addrs[i].bytes, size);
	}
	out->h_addr_list[n] = NULL;
	return true;
}

static bool pack_names(struct packer *p, const struct host *host,
		       struct hostent *out)
{
	const char *a = NULL;
	size_t n = 0;

	while ((a = host_next_alias(host, a)))
		n++;
	out->h_aliases = take(p, (n + 1) * sizeof(char *), sizeof(char *));
	out->h_name = take_string(p, host->name);
	if (!out->h_aliases || !out->h_name)
		return false;
	for (n = 0; (a = host_next_alias(host, a)); n++) {
		out->h_aliases[n] = take_string(p, a);
		if (!out->h_aliases[n])
			return false;
	}
	out->h_aliases[n] = NULL;
	return true;
}

/* --- the reentrant ones -------------------------------------------------- */

/* The caller's four places for the result. */
struct result {
	struct hostent *entry;
	struct packer memory;
	struct hostent **found;
	int *h_errnop;
};

/* The value to return, with *found and *h_errnop to match. */
static int answer(struct result *r, enum lookup_verdict v,
		  const struct host *host, int family)
{
	*r->found = NULL;
	switch (v) {
	case LOOKUP_NO_NAME:
		*r->h_errnop = HOST_NOT_FOUND;
		return 0;
	case LOOKUP_NO_DATA:
		*r->h_errnop = NO_DATA;
		return 0;
	case LOOKUP_TRY_AGAIN:
		*r->h_errnop = TRY_AGAIN;
		return EAGAIN;
	case LOOKUP_NO_MEMORY:
		*r->h_errnop = NETDB_INTERNAL;
		return ENOMEM;
	case LOOKUP_FOUND:
		break;
	}
	if (!pack_addrs(&r->memory, host, family, r->entry) ||
	    !pack_names(&r->memory, host, r->entry)) {
		*r->h_errnop = NETDB_INTERNAL;
		shim_errno_restore(ERANGE);
		return ERANGE;
	}
	*r->h_errnop = NETDB_SUCCESS;
	*r->found = r->entry;
	return 0;
}

/* A numeric address is its own host, whatever it is called elsewhere. */
static bool is_numeric(const char *name, int family, struct host *host)
{
	struct in6_addr ip6;
	struct in_addr ip4;

	host_clear(host);
	host_set_name(host, name);
	if (family == AF_INET) {
		if (strpbrk(name, " \t\r\n\v\f") || !inet_aton(name, &ip4))
			return false;
		host_add_addr(host, AF_INET, (const uint8_t *)&ip4, 0);
		return true;
	}
	if (inet_pton(AF_INET6, name, &ip6) != 1)
		return false;
	host_add_addr(host, AF_INET6, ip6.s6_addr, 0);
	return true;
}

SHIM_EXPORT int gethostbyname2_r(const char *name, int family,
				 struct hostent *entry, char *buf, size_t size,
				 struct hostent **found, int *h_errnop)
{
	struct result r = {entry, {buf, size}, found, h_errnop};
	enum lookup_verdict v = LOOKUP_FOUND;
	struct host host;
	int ret;

	if (family != AF_INET && family != AF_INET6) {
		*found = NULL;
		*h_errnop = NETDB_INTERNAL;
		return EAFNOSUPPORT;
	}
	shim_need_start();
	if (!is_numeric(name, family, &host))
		v = lookup_name(name, family == AF_INET ? HOST_V4 : HOST_V6,
				&host);
	ret = answer(&r, v, &host, family);
	/* CPython looks here after the reentrant calls, too. */
	h_errno = *h_errnop;
	return ret;
}

SHIM_EXPORT int gethostbyname_r(const char *name, struct hostent *entry,
				char *buf, size_t size, struct hostent **found,
				int *h_errnop)
{
	return gethostbyname2_r(name, AF_INET, entry, buf, size, found,
				h_errnop);
}

SHIM_EXPORT int gethostbyaddr_r(const void *addr, socklen_t len, int family,
				struct hostent *entry, char *buf, size_t size,
				struct hostent **found, int *h_errnop)
{
	struct result r = {entry, {buf, size}, found, h_errnop};
	struct host_addr asked = {.family = family};
	enum lookup_verdict v;
	struct host host;
	int ret;

	if ((family != AF_INET || len < 4) &&
	    (family != AF_INET6 || len < 16)) {
		*found = NULL;
		*h_errnop = NETDB_INTERNAL;
		return EAFNOSUPPORT;
	}
	shim_need_start();
	memcpy(asked.bytes, addr, family == AF_INET ? 4 : 16);
	v = lookup_addr(&asked, &host);
	host.naddrs = 0;
	host_add_addr(&host, family, asked.bytes, 0);
	ret = answer(&r, v, &host, family);
	/* CPython looks here after the reentrant calls, too. */
	h_errno = *h_errnop;
	return ret;
}

/* --- the plain ones ------------------------------------------------------ */

static char *buffer;
static size_t buffer_size;

static bool grow(void)
{
	size_t size = buffer_size ? buffer_size * 2 : BUFFER_START;
	char *bigger = size <= BUFFER_MAX ? realloc(buffer, size) : NULL;

	if (!bigger)
		return false;
	buffer = bigger;
	buffer_size = size;
	return true;
}

/* By name when there is one, else by address. */
static struct hostent *find(const char *name, const void *addr, socklen_t len,
			    int family)
{
	static struct hostent entry;
	struct hostent *found = NULL;
	int herr = NETDB_INTERNAL;
	int ret = ERANGE;

	pthread_mutex_lock(&lock);
	while (ret == ERANGE && (buffer || grow())) {
		ret = name ? gethostbyname2_r(name, family, &entry, buffer,
					      buffer_size, &found, &herr)
			   : gethostbyaddr_r(addr, len, family, &entry, buffer,
					     buffer_size, &found, &herr);
		if (ret == ERANGE && !grow())
			break;
	}
	pthread_mutex_unlock(&lock);
	if (!found) {
		h_errno = herr;
		if (herr == NETDB_INTERNAL)
			shim_errno_restore(ret);
	}
	return found;
}

SHIM_EXPORT struct hostent *gethostbyname2(const char *name, int family)
{
	return find(name, NULL, 0, family);
}

SHIM_EXPORT struct hostent *gethostbyname(const char *name)
{
	return find(name, NULL, 0, AF_INET);
}

SHIM_EXPORT struct hostent *gethostbyaddr(const void *addr, socklen_t len,
					  int family)
{
	return find(NULL, addr, len, family);
}
