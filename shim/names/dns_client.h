/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * dns_client.h - asks name servers
 *
 * What this room is for
 *   Sends questions to one server after the other until each has an answer;
 *   what was answered a while ago is not asked again (dns_cache.h).
 *   It uses the program's own calls (socket, send, poll), so the questions go
 *   out through the stack, or through the host when the server lies in
 *   NSSHIM_HOST. Each question has a socket, hence a source port, and a number
 *   of its own.
 *
 * Follows    RFC 1035 7; RFC 5452 (what must be unpredictable); RFC 7766 (TCP
 *            after truncation).
 */
#ifndef SHIM_DNS_CLIENT_H
#define SHIM_DNS_CLIENT_H

#include "dns.h"
#include "resolve_conf.h"

/* Questions asked at the same time: A and AAAA. */
enum { DNS_CLIENT_MAX = 2 };

struct dns_query {
	uint16_t type;            /* asked: enum dns_type */
	enum dns_verdict verdict; /* ANSWERED, NO_DATA, NO_NAME; or FAILED:
				   * nobody answered */
	struct dns_answer answer;
};

/* Answers all n queries about one name: from the cache, or by the configured
 * servers. */
void dns_client_ask(const struct resolve_conf *conf,
		    const struct dns_name *name, struct dns_query *queries,
		    size_t n);

#endif
