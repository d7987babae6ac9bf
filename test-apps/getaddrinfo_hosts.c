/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * getaddrinfo_hosts.c - names that need no server
 *
 * What this app shows
 *   Numbers, "localhost", services by name and number, AI_ flags, and the
 *   errors; getnameinfo() back; the older gethostbyname() and getservbyname().
 */

#include "app.h"

#include <netdb.h>

static void ask(const char *node, const char *service, int flags, int type)
{
	struct addrinfo hints = {
		.ai_flags = flags, .ai_family = AF_INET, .ai_socktype = type};
	struct addrinfo *list = NULL;
	char host[64] = "", port[16] = "";
	int result = getaddrinfo(node, service, &hints, &list);

	say("%s %s flags %x type %d: %s", node ? node : "-",
	    service ? service : "-", (unsigned int)flags, type,
	    result ? gai_strerror(result) : "found");
	for (struct addrinfo *a = list; a; a = a->ai_next) {
		must(-getnameinfo(a->ai_addr, a->ai_addrlen, host, sizeof(host),
				  port, sizeof(port),
				  NI_NUMERICHOST | NI_NUMERICSERV));
		say("  %s %s type %d protocol %d length %u%s%s", host, port,
		    a->ai_socktype, a->ai_protocol, a->ai_addrlen,
		    a->ai_canonname ? " is " : "",
		    a->ai_canonname ? a->ai_canonname : "");
	}
	if (list)
		freeaddrinfo(list);
}

int main(void)
{
	struct sockaddr_in at = on_loopback(htons(80));
	char host[64], service[64];
	struct servent *s;
	struct hostent *h;

	ask("10.1.2.3", "80", AI_NUMERICHOST, SOCK_STREAM);
	ask("10.1.2.3", NULL, 0, SOCK_DGRAM);
	ask("10.1.2.3", "80", 0, 0);
	ask("10.1.2.3", "http", 0, SOCK_STREAM);
	ask("10.1.2.3", "http", AI_NUMERICSERV, SOCK_STREAM);
	ask("10.1.2.3", "no-such-service", 0, SOCK_STREAM);
	ask("10.1", "1", 0, SOCK_STREAM);
	ask("localhost", "9", 0, SOCK_STREAM);
	ask("localhost", "9", AI_CANONNAME, SOCK_DGRAM);
	ask("localhost", "9", AI_NUMERICHOST, SOCK_STREAM);
	ask(NULL, "9", 0, SOCK_STREAM);
	ask(NULL, "9", AI_PASSIVE, SOCK_STREAM);
	ask(NULL, NULL, 0, SOCK_STREAM);
	ask("10.1.2.3", "9", 1 << 30, SOCK_STREAM);
	ask("::1", "9", AI_NUMERICHOST, SOCK_STREAM);
	ask("10.1.2.3", "9", 0, 77);

	say("getnameinfo: %d %s %s",
	    getnameinfo(SA(&at), sizeof(at), host, sizeof(host), service,
			sizeof(service), NI_NUMERICHOST),
	    host, service);
	say("getnameinfo, too short: %d",
	    getnameinfo(SA(&at), sizeof(at), host, 3, NULL, 0, NI_NUMERICHOST));
	s = getservbyname("https", "tcp");
	say("https: %d", s ? ntohs((uint16_t)s->s_port) : -1);
	h = gethostbyname("localhost");
	say("localhost: %s",
	    h ? inet_ntoa(*(struct in_addr *)(void *)h->h_addr) : "unknown");
	h = gethostbyname("10.9.8.7");
	say("a number: %s",
	    h ? inet_ntoa(*(struct in_addr *)(void *)h->h_addr) : "unknown");
	return 0;
}
