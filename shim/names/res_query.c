/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * res_query.c - resolver(3): res_send, res_query, res_search and their kin
 *
 * What this room is for
 *   Programs that ask for more than addresses (MX, SRV, SSHFP) use libc's
 *   resolver, whose sockets are libc's own and would go to the host. Here the
 *   messages go through the stack; writing them stays libc's part.
 *
 * Servers    those of getaddrinfo(), unless the program has put others into
 *            its state: then those.
 * Errors     -1 with errno and h_errno, as glibc.
 * Follows    resolver(3); RFC 1035 7; RFC 7766.
 * Proved by  integration/lookup_tools.sh
 */
#include <arpa/nameser.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <resolv.h>
#include <stdio.h>
#include <string.h>

#include "dns_exchange.h"
#include "lookup.h"
#include "ground/ret.h"
#include "ground/shim.h"

enum { QUERY_SIZE = 512, NAME_SIZE = 1025 };

/* --- whom to ask --------------------------------------------------------- */

static bool is_named(const struct sockaddr_in *server,
		     const struct resolve_conf *host)
{
	for (size_t i = 0; i < host->nservers; i++)
		if (!memcmp(&host->servers[i], server, sizeof(*server)))
			return true;
	return false;
}

/* What libc read from the host's file is replaced; what the program wrote
 * there itself holds. */
static void use_servers_of(res_state s, const struct resolve_conf *host,
			   struct resolve_conf *conf)
{
	size_t n = 0;

	for (int i = 0; i < s->nscount && i < MAXNS; i++) {
		const struct sockaddr_in *server = &s->nsaddr_list[i];

		if (server->sin_family != AF_INET || is_named(server, host) ||
		    server->sin_addr.s_addr == htonl(INADDR_ANY))
			continue;
		/* Nobody is named in the host's file: libc's own default. */
		if (host->nservers == 0 &&
		    server->sin_addr.s_addr == htonl(INADDR_LOOPBACK))
			continue;
		memset(&conf->servers[n], 0, sizeof(conf->servers[n]));
		memcpy(&conf->servers[n++], server, sizeof(*server));
	}
	if (n > 0)
		conf->nservers = n;
}

static bool prepare(res_state s, struct resolve_conf *conf)
{
	struct resolve_conf host;

	shim_need_start();
	if (!(s->options & RES_INIT) && res_ninit(s) < 0)
		return false;
	if (!lookup_host_conf(&host))
		return false;
	*conf = host;
	if (!lookup_add_to_host_conf(conf))
		return false;
	use_servers_of(s, &host, conf);
	conf->use_tcp |= (s->options & RES_USEVC) != 0;
	return true;
}

/* --- a message ----------------------------------------------------------- */

/* One server: its answer, also a refusal. Cut ones are asked for again. */
static ssize_t ask_one(res_state s, const struct resolve_conf *conf,
		       const struct sockaddr_storage *server,
		       const uint8_t *msg, size_t len, uint8_t *answer,
		       size_t size)
{
	uint64_t deadline = stack_now() + conf->timeout_sec * 1000000ull;
	bool tcp = conf->use_tcp || len > NS_PACKETSZ;
	ssize_t n = 0;

	if (!tcp)
		n = dns_exchange_datagram(server, msg, len, answer, size,
					  deadline);
	/* The header's TC bit. */
	if (n >= NS_HFIXEDSZ && (answer[2] & 2) && !(s->options & RES_IGNTC))
		tcp = true;
	if (tcp)
		n = dns_exchange_stream(server, msg, len, answer, size,
					deadline);
	return n;
}

static bool is_good(const uint8_t *answer, ssize_t n)
{
	int rcode;

	if (n < NS_HFIXEDSZ)
		return false;
	rcode = answer[3] & 15;
	return rcode == ns_r_noerror || rcode == ns_r_nxdomain;
}

/* Every server, as often as the file says. Length or -errno. */
static ssize_t ask_all(res_state s, const struct resolve_conf *conf,
		       const uint8_t *msg, size_t len, uint8_t *answer,
		       size_t size)
{
	ssize_t ret = -ECONNREFUSED;

	for (unsigned int k = 0; k < conf->attempts; k++) {
		for (size_t i = 0; i < conf->nservers; i++) {
			ssize_t n = ask_one(s, conf, &conf->servers[i], msg,
					    len, answer, size);

			if (is_good(answer, n))
				return n;
			if (n != -ECONNREFUSED)
				ret = -ETIMEDOUT;
		}
	}
	return ret;
}

SHIM_EXPORT int res_nsend(res_state s, const unsigned char *msg, int len,
			  unsigned char *answer, int size)
{
	struct resolve_conf conf;
	ssize_t n;
	int state;

	if (size < NS_HFIXEDSZ || len < NS_HFIXEDSZ)
		return (int)shim_ret(-EINVAL);
	/* As in lookup.c: a cancelled thread would leave sockets behind. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	n = prepare(s, &conf)
		    ? ask_all(s, &conf, msg, (size_t)len, answer, (size_t)size)
		    : -ENOMEM;
	pthread_setcancelstate(state, NULL);
	return (int)shim_ret(n);
}

SHIM_EXPORT int res_send(const unsigned char *msg, int len,
			 unsigned char *answer, int size)
{
	return res_nsend(&_res, msg, len, answer, size);
}

/* --- a question ---------------------------------------------------------- */

/* herror(3)'s variable, and the state's. */
static int fail_with(res_state s, int error)
{
	s->res_h_errno = error;
	h_errno = error;
	return -1;
}

static int verdict_of(const unsigned char *answer)
{
	bool empty = answer[6] == 0 && answer[7] == 0;

	switch (answer[3] & 15) {
	case ns_r_noerror:
		return empty ? NO_DATA : 0;
	case ns_r_nxdomain:
		return HOST_NOT_FOUND;
	case ns_r_servfail:
		return TRY_AGAIN;
	default:
		return NO_RECOVERY;
	}
}

SHIM_EXPORT int res_nquery(res_state s, const char *name, int class, int type,
			   unsigned char *answer, int size)
{
	unsigned char ask[QUERY_SIZE];
	int verdict;
	int n;

	if (!(s->options & RES_INIT) && res_ninit(s) < 0)
		return fail_with(s, NETDB_INTERNAL);
	n = res_nmkquery(s, ns_o_query, name, class, type, NULL, 0, NULL, ask,
			 sizeof(ask));
	if (n <= 0)
		return fail_with(s, NO_RECOVERY);
	n = res_nsend(s, ask, n, answer, size);
	if (n < 0)
		return fail_with(s, TRY_AGAIN);
	verdict = verdict_of(answer);
	return verdict ? fail_with(s, verdict) : n;
}

SHIM_EXPORT int res_query(const char *name, int class, int type,
			  unsigned char *answer, int size)
{
	return res_nquery(&_res, name, class, type, answer, size);
}

SHIM_EXPORT int res_nquerydomain(res_state s, const char *name,
				 const char *domain, int class, int type,
				 unsigned char *answer, int size)
{
	char whole[NAME_SIZE];
	int n = snprintf(whole, sizeof(whole), "%s%s%s", name,
			 domain ? "." : "", domain ? domain : "");

	if (n < 0 || (size_t)n >= sizeof(whole))
		return fail_with(s, NO_RECOVERY);
	return res_nquery(s, whole, class, type, answer, size);
}

SHIM_EXPORT int res_querydomain(const char *name, const char *domain, int class,
				int type, unsigned char *answer, int size)
{
	return res_nquerydomain(&_res, name, domain, class, type, answer, size);
}

/* --- a name that may be short -------------------------------------------- */

/* Does the search end here: found, or nobody answers? */
static bool is_end(int n)
{
	return n >= 0 || h_errno == TRY_AGAIN || h_errno == NETDB_INTERNAL;
}

SHIM_EXPORT int res_nsearch(res_state s, const char *name, int class, int type,
			    unsigned char *answer, int size)
{
	struct resolve_conf conf;
	size_t len = strlen(name);
	bool complete = len > 0 && name[len - 1] == '.';
	bool no_data = false;
	bool first;
	int n = -1;

	if (!prepare(s, &conf))
		return fail_with(s, NETDB_INTERNAL);
	first = resolve_conf_asks_as_it_is_first(&conf, name);
	if (first) {
		n = res_nquery(s, name, class, type, answer, size);
		if (complete || is_end(n))
			return n;
		no_data = h_errno == NO_DATA;
	}
	for (size_t i = 0; i < conf.nsearch; i++) {
		n = res_nquerydomain(s, name, conf.search[i], class, type,
				     answer, size);
		if (is_end(n))
			return n;
		no_data |= h_errno == NO_DATA;
	}
	if (!first) {
		n = res_nquery(s, name, class, type, answer, size);
		if (is_end(n))
			return n;
		no_data |= h_errno == NO_DATA;
	}
	return fail_with(s, no_data ? NO_DATA : HOST_NOT_FOUND);
}

SHIM_EXPORT int res_search(const char *name, int class, int type,
			   unsigned char *answer, int size)
{
	return res_nsearch(&_res, name, class, type, answer, size);
}

/* Programs older than glibc 2.34 ask for these. */
SHIM_ALIAS(res_nsend, __res_nsend);
SHIM_ALIAS(res_send, __res_send);
SHIM_ALIAS(res_nquery, __res_nquery);
SHIM_ALIAS(res_query, __res_query);
SHIM_ALIAS(res_nquerydomain, __res_nquerydomain);
SHIM_ALIAS(res_querydomain, __res_querydomain);
SHIM_ALIAS(res_nsearch, __res_nsearch);
SHIM_ALIAS(res_search, __res_search);
