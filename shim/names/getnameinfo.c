/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * getnameinfo.c - getnameinfo(3)
 *
 * What this room is for
 *   From a socket address to the names of its host and service, or to numbers
 *   where there is no name or none is wanted.
 *
 * Never      answers for families that are not ours: libc does.
 * Follows    RFC 3493 6.2, getnameinfo(3), and glibc where both are silent.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lookup.h"
#include "ground/real.h"
#include "ground/shim.h"

enum {
	FLAGS_KNOWN = NI_NUMERICHOST | NI_NUMERICSERV | NI_NOFQDN |
		      NI_NAMEREQD | NI_DGRAM | NI_IDN |
		      0xc0 /* old flags of IDN, ignored */,
	/* RFC 2133's sockaddr_in6 had no scope. */
	SIN6_LEN_MIN = offsetof(struct sockaddr_in6, sin6_scope_id),
	/* Of struct servent: a line of /etc/services. */
	SERVENT_SIZE = 4096,
};

/* EAI_OVERFLOW rather than half a name. */
static int put(char *to, socklen_t size, const char *text)
{
	size_t len = strlen(text);

	if (len >= size)
		return EAI_OVERFLOW;
	memcpy(to, text, len + 1);
	return 0;
}

static bool take_addr(const struct sockaddr *sa, socklen_t len,
		      struct host_addr *addr, in_port_t *port)
{
	struct sockaddr_in6 sin6 = {.sin6_scope_id = 0};
	struct sockaddr_in sin;

	memset(addr, 0, sizeof(*addr));
	addr->family = sa->sa_family;
	if (sa->sa_family == AF_INET && len >= sizeof(sin)) {
		memcpy(&sin, sa, sizeof(sin));
		memcpy(addr->bytes, &sin.sin_addr, 4);
		*port = sin.sin_port;
		return true;
	}
	if (sa->sa_family == AF_INET6 && len >= SIN6_LEN_MIN) {
		memcpy(&sin6, sa, len < sizeof(sin6) ? len : sizeof(sin6));
		memcpy(addr->bytes, &sin6.sin6_addr, 16);
		addr->scope = sin6.sin6_scope_id;
		*port = sin6.sin6_port;
		return true;
	}
	return false;
}

static int put_number(const struct host_addr *addr, char *host, socklen_t size)
{
	char text[INET6_ADDRSTRLEN + 1 + IF_NAMESIZE];
	char name[IF_NAMESIZE];
	struct in6_addr ip;
	size_t used;

	if (!inet_ntop(addr->family, addr->bytes, text, sizeof(text)))
		return EAI_SYSTEM;
	if (addr->family == AF_INET6 && addr->scope) {
		used = strlen(text);
		memcpy(&ip, addr->bytes, sizeof(ip));
		if ((IN6_IS_ADDR_LINKLOCAL(&ip) ||
		     IN6_IS_ADDR_MC_LINKLOCAL(&ip)) &&
		    if_indextoname(addr->scope, name))
			snprintf(text + used, sizeof(text) - used, "%%%s",
				 name);
		else
			snprintf(text + used, sizeof(text) - used, "%%%u",
				 addr->scope);
	}
	return put(host, size, text);
}

/* NI_NOFQDN: hosts of the own domain go by their first name. */
static void cut_domain(char *name)
{
	char domain[HOST_NAME_SIZE];
	char *dot = strchr(name, '.');

	if (!dot)
		return;
	lookup_own_domain(domain, sizeof(domain));
	if (domain[0] && !strcasecmp(dot + 1, domain))
		*dot = '\0';
}

static int put_host(const struct host_addr *addr, char *host, socklen_t size,
		    int flags)
{
	struct host found;

	if (flags & NI_NUMERICHOST)
		return flags & NI_NAMEREQD ? EAI_NONAME
					   : put_number(addr, host, size);

	switch (lookup_addr(addr, &found)) {
	case LOOKUP_FOUND:
		if (flags & NI_NOFQDN)
			cut_domain(found.name);
		return put(host, size, found.name);
	case LOOKUP_TRY_AGAIN:
		return EAI_AGAIN;
	case LOOKUP_NO_MEMORY:
		return EAI_MEMORY;
	case LOOKUP_NO_NAME:
	case LOOKUP_NO_DATA:
		break;
	}
	if (flags & NI_NAMEREQD)
		return EAI_NONAME;
	return put_number(addr, host, size);
}

static int put_service(in_port_t port, char *service, socklen_t size, int flags)
{
	char buf[SERVENT_SIZE];
	struct servent entry;
	struct servent *found = NULL;
	char text[8];

	if (!(flags & NI_NUMERICSERV) &&
	    getservbyport_r(port, flags & NI_DGRAM ? "udp" : "tcp", &entry, buf,
			    sizeof(buf), &found) == 0 &&
	    found)
		return put(service, size, found->s_name);
	snprintf(text, sizeof(text), "%u", (unsigned int)ntohs(port));
	return put(service, size, text);
}

SHIM_EXPORT int getnameinfo(const struct sockaddr *sa, socklen_t len,
			    char *host, socklen_t host_size, char *service,
			    socklen_t service_size, int flags)
{
	struct host_addr addr;
	in_port_t port = 0;
	int ret = 0;

	if (flags & ~FLAGS_KNOWN)
		return EAI_BADFLAGS;
	if (!sa || len < sizeof(sa_family_t))
		return EAI_FAMILY;
	if (sa->sa_family != AF_INET && sa->sa_family != AF_INET6)
		return REAL(getnameinfo)(sa, len, host, host_size, service,
					 service_size, flags);
	shim_need_start();

	if ((flags & NI_NAMEREQD) && !host && !service)
		return EAI_NONAME;
	if (!take_addr(sa, len, &addr, &port))
		return EAI_FAMILY;
	if (host && host_size > 0)
		ret = put_host(&addr, host, host_size, flags);
	if (ret == 0 && service && service_size > 0)
		ret = put_service(port, service, service_size, flags);
	return ret;
}
