/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * dns.h - DNS messages: a question in bytes, an answer out of bytes
 *
 * What this room is for
 *   Writes one question and reads the answer to exactly that question. What
 *   arrives is not to be trusted: every length is checked, compression
 *   pointers only go backwards, chains of aliases are bounded.
 *
 * Never      sends, receives, waits or allocates: that is dns_client.c.
 * Follows    RFC 1035 4; RFC 6891 (EDNS0); RFC 5452 9 (what must match).
 */
#ifndef SHIM_DNS_H
#define SHIM_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	/* A name on the wire, with its last zero (RFC 1035 2.3.4). */
	DNS_NAME_WIRE_MAX = 255,
	/* The same as text, without a last dot, with its NUL. */
	DNS_NAME_TEXT_MAX = 254,
	/* What we say we take over UDP: no fragments on any usual path. */
	DNS_UDP_MAX = 1232,
	DNS_QUESTION_MAX = 12 + DNS_NAME_WIRE_MAX + 4 + 11,
	DNS_MESSAGE_MAX = 65535,
	/* Addresses kept of one answer; the rest is of no use. */
	DNS_ADDRS_MAX = 48,
	/* Aliases followed inside one answer. */
	DNS_CHAIN_MAX = 16,
};

enum dns_type {
	DNS_A = 1,
	DNS_CNAME = 5,
	DNS_SOA = 6,
	DNS_PTR = 12,
	DNS_AAAA = 28,
	DNS_OPT = 41,
};

/* A name in wire form; compared without case. */
struct dns_name {
	uint8_t len;
	uint8_t wire[DNS_NAME_WIRE_MAX];
};

/* What we asked; an answer must match all of it. */
struct dns_question {
	uint16_t id;
	uint16_t type;
	struct dns_name name;
	bool edns;
};

enum dns_verdict {
	DNS_ANSWERED,  /* there is what was asked for */
	DNS_NO_DATA,   /* the name is there, the type is not */
	DNS_NO_NAME,   /* there is no such name */
	DNS_TRUNCATED, /* ask again over TCP */
	DNS_NO_EDNS,   /* ask again without EDNS */
	DNS_FAILED,    /* this server cannot answer: ask another one */
	DNS_NOT_OURS,  /* not the answer to this question: wait on */
};

struct dns_answer {
	uint32_t ttl; /* seconds the verdict may be kept; 0: not at all */
	char canon[DNS_NAME_TEXT_MAX]; /* where the aliases end; PTR: the name
					*/
	size_t naddrs;
	uint8_t addrs[DNS_ADDRS_MAX][16]; /* 4 bytes used of each for A */
};

/* "www.example.net", a last dot is fine. -EINVAL: not a name. */
int dns_name_parse(const char *text, struct dns_name *out);

/* -EINVAL when it is not a host name a program should see (glibc: res_hnok);
 * the root is "". */
int dns_name_print(const struct dns_name *name, char text[DNS_NAME_TEXT_MAX]);

bool dns_name_is_equal(const struct dns_name *a, const struct dns_name *b);

/* The name under which an address of 4 or 16 bytes is asked for backwards. */
void dns_name_of_addr(const uint8_t *addr, size_t len, struct dns_name *out);

/* Writes the question; returns its length. */
size_t dns_write(const struct dns_question *q, uint8_t buf[DNS_QUESTION_MAX]);

/* `out` is filled when the verdict is DNS_ANSWERED; its `ttl`, too, when it is
 * DNS_NO_DATA or DNS_NO_NAME (RFC 2308). */
enum dns_verdict dns_read(const struct dns_question *q, const uint8_t *msg,
			  size_t len, struct dns_answer *out);

#endif
