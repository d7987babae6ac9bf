/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * resolve.c - getaddrinfo(3), freeaddrinfo(3)
 *
 * What this room is for
 *   libc's resolver has sockets of its own and would ask the host's network;
 *   so the whole call is ours: what the hints mean, which services, which
 *   addresses, in which order. Each entry is one malloc and the canonical name
 *   another, exactly as libc's lists are: any part of a list may be freed, and
 *   either freeaddrinfo() frees either list.
 *
 * Comes in   the program. lookup.c finds names, addr_order.c orders.
 * Never      asks libc for a host. Services are a file: libc reads it.
 *            getaddrinfo_a() and res_*() stay libc's: they do not come here.
 * Follows    RFC 3493 6.1, getaddrinfo(3), and glibc where both are silent.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "addr_order.h"
#include "lookup.h"
#include "ground/shim.h"

enum {
	SERVICES_MAX = 8,
	/* Of struct servent: a line of /etc/services. */
	SERVENT_SIZE = 4096,
	/* Any port will do to ask for a route. */
	PROBE_PORT = 9,
	FLAGS_KNOWN = AI_PASSIVE | AI_CANONNAME | AI_NUMERICHOST | AI_V4MAPPED |
		      AI_ALL | AI_ADDRCONFIG | AI_NUMERICSERV | AI_IDN |
		      AI_CANONIDN | 0x0300 /* old flags of IDN, ignored */,
};

/* Where to: one of these per entry and address. */
struct service {
	int socktype;
	int protocol;
	in_port_t port; /* network order */
};

struct services {
	size_t n;
	struct service list[SERVICES_MAX];
};

/* What kinds of services there are, in the order they are reported. */
static const struct kind {
	int socktype;
	int protocol;
	const char *name; /* in /etc/services */
	bool any_protocol;
	bool no_service; /* it has no ports */
	bool by_default; /* when the hints leave it open */
} kinds[] = {
	{SOCK_STREAM, IPPROTO_TCP, "tcp", false, false, true},
	{SOCK_DGRAM, IPPROTO_UDP, "udp", false, false, true},
	{SOCK_DCCP, IPPROTO_DCCP, "dccp", false, false, false},
	{SOCK_DGRAM, IPPROTO_UDPLITE, "udplite", false, false, false},
	{SOCK_STREAM, IPPROTO_SCTP, "sctp", false, false, false},
	{SOCK_SEQPACKET, IPPROTO_SCTP, "sctp", false, false, false},
	{SOCK_RAW, 0, "raw", true, true, true},
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* --- services ------------------------------------------------------------ */

static bool is_asked(const struct kind *k, const struct addrinfo *hints)
{
	if (hints->ai_socktype && hints->ai_socktype != k->socktype)
		return false;
	return !hints->ai_protocol || k->any_protocol ||
	       hints->ai_protocol == k->protocol;
}

static void add_service(struct services *s, const struct kind *k,
			const struct addrinfo *hints, in_port_t port)
{
	s->list[s->n++] = (struct service){
		.socktype = k->socktype,
		.protocol = k->any_protocol ? hints->ai_protocol : k->protocol,
		.port = port,
	};
}

/* The port in /etc/services, or -1. */
static int named_port(const char *name, const char *protocol)
{
	char buf[SERVENT_SIZE];
	struct servent entry;
	struct servent *found;

	if (getservbyname_r(name, protocol, &entry, buf, sizeof(buf), &found) ||
	    !found)
		return -1;
	return found->s_port;
}

/* What strtoul() takes whole is a number, cut to 16 bits; but a negative one
 * is looked up like a name. All of that is glibc's. */
static bool is_number(const char *service, int *number)
{
	char *end;

	*number = (int)strtoul(service, &end, 10);
	return !*end;
}

static int find_services(const char *service, const struct addrinfo *hints,
			 struct services *out)
{
	bool is_open = !hints->ai_socktype && !hints->ai_protocol;
	bool is_known = false;
	int number = 0;

	if (service && !is_number(service, &number)) {
		if (hints->ai_flags & AI_NUMERICSERV)
			return EAI_NONAME;
		number = -1;
	}
	for (size_t i = 0; i < KINDS; i++) {
		const struct kind *k = &kinds[i];
		int port = htons((uint16_t)number);

		if (!is_asked(k, hints))
			continue;
		is_known = true;
		if (service && k->no_service) {
			if (is_open && number >= 0)
				add_service(out, k, hints, (in_port_t)port);
			continue;
		}
		if (number < 0)
			port = named_port(service, k->name);
		else if (is_open && !k->by_default)
			continue;
		if (port >= 0)
			add_service(out, k, hints, (in_port_t)port);
		/* A kind that was asked for is one kind: the first. */
		if (!is_open)
			break;
	}
	if (!is_known)
		return hints->ai_socktype ? EAI_SOCKTYPE : EAI_SERVICE;
	return out->n > 0 ? 0 : EAI_SERVICE;
}

/* --- hosts --------------------------------------------------------------- */

static void map_v4(struct host_addr *addr)
{
	uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff};

	memcpy(mapped + 12, addr->bytes, 4);
	memcpy(addr->bytes, mapped, 16);
	addr->family = AF_INET6;
}

/* A scope is a number, or an interface where interfaces matter. */
static bool parse_scope(const char *text, const uint8_t *ip, uint32_t *scope)
{
	bool is_local = (ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80) ||
			(ip[0] == 0xff && (ip[1] & 15) == 2);
	unsigned long n;
	char *end;

	if (is_local && (*scope = if_nametoindex(text)) != 0)
		return true;
	n = strtoul(text, &end, 10);
	*scope = (uint32_t)n;
	return *text >= '0' && *text <= '9' && !*end && n <= UINT32_MAX;
}

/* inet_aton() takes anything behind a blank; an address is all of it. */
static bool is_v4_text(const char *name, struct in_addr *out)
{
	return !strpbrk(name, " \t\r\n\v\f") && inet_aton(name, out);
}

/* 0: numeric, and in `out`; 1: not numeric; else the error. */
static int parse_numeric(const char *name, const struct addrinfo *hints,
			 struct host *out)
{
	const char *percent = strchrnul(name, '%');
	char text[INET6_ADDRSTRLEN];
	struct host_addr a = {.family = AF_INET};
	struct in6_addr v6;
	struct in_addr v4;

	if (is_v4_text(name, &v4)) {
		memcpy(a.bytes, &v4, 4);
		if (hints->ai_family == AF_INET6) {
			if (!(hints->ai_flags & AI_V4MAPPED))
				return EAI_ADDRFAMILY;
			map_v4(&a);
		}
	} else {
		if ((size_t)(percent - name) >= sizeof(text))
			return 1;
		memcpy(text, name, (size_t)(percent - name));
		text[percent - name] = '\0';
		if (inet_pton(AF_INET6, text, a.bytes) != 1)
			return 1;
		a.family = AF_INET6;
		memcpy(&v6, a.bytes, sizeof(v6));
		if (hints->ai_family == AF_INET) {
			if (!IN6_IS_ADDR_V4MAPPED(&v6))
				return EAI_ADDRFAMILY;
			memcpy(a.bytes, v6.s6_addr + 12, 4);
			a.family = AF_INET;
		}
		if (*percent && !parse_scope(percent + 1, v6.s6_addr, &a.scope))
			return EAI_NONAME;
	}
	host_set_name(out, name);
	host_add_addr(out, a.family, a.bytes, a.scope);
	return 0;
}

/* No name: the wildcard for those who listen, else the loopback. */
static void add_own(const struct addrinfo *hints, struct host *out)
{
	bool is_passive = hints->ai_flags & AI_PASSIVE;
	const uint8_t ip6[16] = {[15] = is_passive ? 0 : 1};
	const uint8_t loop4[4] = {127, 0, 0, 1};
	const uint8_t any4[4] = {0};

	if (hints->ai_family != AF_INET)
		host_add_addr(out, AF_INET6, ip6, 0);
	if (hints->ai_family != AF_INET6)
		host_add_addr(out, AF_INET, is_passive ? any4 : loop4, 0);
}

/* v4 addresses in a list for AF_INET6: mapped, or taken out. */
static void apply_v4mapped(const struct addrinfo *hints, struct host *host)
{
	bool has_v6 = false;
	size_t kept = 0;

	for (size_t i = 0; i < host->naddrs; i++)
		has_v6 |= host->addrs[i].family == AF_INET6;
	for (size_t i = 0; i < host->naddrs; i++) {
		struct host_addr a = host->addrs[i];

		if (a.family == AF_INET) {
			if (has_v6 && !(hints->ai_flags & AI_ALL))
				continue;
			map_v4(&a);
		}
		host->addrs[kept++] = a;
	}
	host->naddrs = kept;
}

static int find_by_name(const char *name, const struct addrinfo *hints,
			struct host *out)
{
	unsigned int families = HOST_V4 | HOST_V6;

	if (hints->ai_family == AF_INET)
		families = HOST_V4;
	if (hints->ai_family == AF_INET6 && !(hints->ai_flags & AI_V4MAPPED))
		families = HOST_V6;

	switch (lookup_name(name, families, out)) {
	case LOOKUP_FOUND:
		break;
	case LOOKUP_NO_NAME:
		return EAI_NONAME;
	case LOOKUP_NO_DATA:
		return EAI_NODATA;
	case LOOKUP_TRY_AGAIN:
		return EAI_AGAIN;
	case LOOKUP_NO_MEMORY:
		return EAI_MEMORY;
	}
	if (hints->ai_family == AF_INET6)
		apply_v4mapped(hints, out);
	return out->naddrs > 0 ? 0 : EAI_NODATA;
}

static int find_host(const char *name, const struct addrinfo *hints,
		     struct host *out)
{
	int ret;

	host_clear(out);
	if (!name) {
		add_own(hints, out);
		return 0;
	}
	ret = parse_numeric(name, hints, out);
	if (ret != 1)
		return ret;
	if (hints->ai_flags & AI_NUMERICHOST)
		return EAI_NONAME;
	return find_by_name(name, hints, out);
}

/* --- order --------------------------------------------------------------- */

static socklen_t fill_sockaddr(struct sockaddr_in6 *to,
			       const struct host_addr *addr, in_port_t port)
{
	struct sockaddr_in *sin = (struct sockaddr_in *)to;

	memset(to, 0, sizeof(*to));
	if (addr->family == AF_INET) {
		sin->sin_family = AF_INET;
		sin->sin_port = port;
		memcpy(&sin->sin_addr, addr->bytes, 4);
		return sizeof(*sin);
	}
	to->sin6_family = AF_INET6;
	to->sin6_port = port;
	to->sin6_scope_id = addr->scope;
	memcpy(&to->sin6_addr, addr->bytes, 16);
	return sizeof(*to);
}

/* A connected datagram socket sends nothing, but knows its source. */
static void find_source(struct addr_order *o)
{
	struct sockaddr_in6 sa;
	socklen_t len = fill_sockaddr(&sa, &o->to, htons(PROBE_PORT));
	int fd = socket(o->to.family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	if (connect(fd, (struct sockaddr *)&sa, len) == 0) {
		len = sizeof(sa);
		o->is_usable =
			getsockname(fd, (struct sockaddr *)&sa, &len) == 0;
	}
	close(fd);
	if (!o->is_usable)
		return;
	memcpy(o->source.b, &sa.sin6_addr, 16);
	if (o->to.family == AF_INET) {
		memset(o->source.b, 0, 10);
		memset(o->source.b + 10, 0xff, 2);
		memcpy(o->source.b + 12, &((struct sockaddr_in *)&sa)->sin_addr,
		       4);
	}
}

/* IPv4 alone stays as the name server ordered it. */
static void sort_addrs(struct host *host)
{
	struct addr_order list[HOST_ADDRS_MAX];
	bool has_v6 = false;

	for (size_t i = 0; i < host->naddrs; i++)
		has_v6 |= host->addrs[i].family == AF_INET6;
	if (host->naddrs < 2 || !has_v6)
		return;
	memset(list, 0, host->naddrs * sizeof(list[0]));
	for (size_t i = 0; i < host->naddrs; i++) {
		list[i].to = host->addrs[i];
		find_source(&list[i]);
	}
	addr_order_sort(list, host->naddrs);
	for (size_t i = 0; i < host->naddrs; i++)
		host->addrs[i] = list[i].to;
}

/* --- the list ------------------------------------------------------------ */

static struct addrinfo *new_entry(const struct host_addr *addr,
				  const struct service *s, int flags)
{
	struct addrinfo *ai;

	ai = calloc(1, sizeof(*ai) + sizeof(struct sockaddr_in6));
	if (!ai)
		return NULL;
	ai->ai_flags = flags;
	ai->ai_family = addr->family;
	ai->ai_socktype = s->socktype;
	ai->ai_protocol = s->protocol;
	ai->ai_addr = (struct sockaddr *)(ai + 1);
	ai->ai_addrlen =
		fill_sockaddr((struct sockaddr_in6 *)(ai + 1), addr, s->port);
	return ai;
}

static int make_list(const struct host *host, const struct services *services,
		     int flags, struct addrinfo **out)
{
	struct addrinfo **tail = out;

	*out = NULL;
	for (size_t i = 0; i < host->naddrs; i++) {
		for (size_t k = 0; k < services->n; k++) {
			*tail = new_entry(&host->addrs[i], &services->list[k],
					  flags);
			if (!*tail)
				goto free_list;
			tail = &(*tail)->ai_next;
		}
	}
	if (flags & AI_CANONNAME) {
		(*out)->ai_canonname = strdup(host->name);
		if (!(*out)->ai_canonname)
			goto free_list;
	}
	return 0;

free_list:
	freeaddrinfo(*out);
	*out = NULL;
	return EAI_MEMORY;
}

/* --- the call ------------------------------------------------------------ */

/* Which families have an address that is not the loopback's? */
static void see_families(bool *has_v4, bool *has_v6)
{
	struct stack_iface_info info;

	*has_v4 = *has_v6 = false;
	for (size_t i = 0; stack_iface(i, &info); i++) {
		if (info.is_loopback)
			continue;
		for (size_t a = 0; a < info.naddrs; a++) {
			int family = info.addrs[a].addr.ss_family;

			*has_v4 |= family == AF_INET;
			*has_v6 |= family == AF_INET6;
		}
	}
}

/* AI_ADDRCONFIG: no addresses of a family one has none of oneself. */
static int narrow(struct addrinfo *hints)
{
	bool has_v4;
	bool has_v6;

	if (!(hints->ai_flags & AI_ADDRCONFIG) || !stack_is_up())
		return 0;
	see_families(&has_v4, &has_v6);
	if (hints->ai_family == AF_UNSPEC && has_v4 != has_v6)
		hints->ai_family = has_v4 ? AF_INET : AF_INET6;
	else if ((hints->ai_family == AF_INET && !has_v4) ||
		 (hints->ai_family == AF_INET6 && !has_v6))
		return EAI_NONAME;
	return 0;
}

static int check_hints(const struct addrinfo *hints, const char *name)
{
	if (hints->ai_flags & ~FLAGS_KNOWN)
		return EAI_BADFLAGS;
	if ((hints->ai_flags & AI_CANONNAME) && !name)
		return EAI_BADFLAGS;
	if (hints->ai_family != AF_UNSPEC && hints->ai_family != AF_INET &&
	    hints->ai_family != AF_INET6)
		return EAI_FAMILY;
	return 0;
}

/* "*" is nobody, as in glibc. */
static const char *or_null(const char *s)
{
	return s && strcmp(s, "*") != 0 ? s : NULL;
}

SHIM_EXPORT int getaddrinfo(const char *name, const char *service,
			    const struct addrinfo *hints, struct addrinfo **out)
{
	struct addrinfo asked = {.ai_flags = AI_V4MAPPED | AI_ADDRCONFIG};
	struct services services = {.n = 0};
	struct host host;
	int ret;

	shim_need_start();
	name = or_null(name);
	service = or_null(service);
	if (!name && !service)
		return EAI_NONAME;
	/* Said, but nothing: any service. */
	if (service && !*service)
		service = NULL;
	if (hints)
		asked = *hints;

	ret = check_hints(&asked, name);
	if (ret == 0)
		ret = narrow(&asked);
	if (ret == 0)
		ret = find_services(service, &asked, &services);
	if (ret == 0)
		ret = find_host(name, &asked, &host);
	if (ret != 0)
		return ret;
	sort_addrs(&host);
	return make_list(&host, &services, asked.ai_flags, out);
}

SHIM_EXPORT void freeaddrinfo(struct addrinfo *ai)
{
	while (ai) {
		struct addrinfo *next = ai->ai_next;

		free(ai->ai_canonname);
		free(ai);
		ai = next;
	}
}
