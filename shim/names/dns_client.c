/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * dns_client.c - asks name servers
 *
 * What this room is for
 *   What the cache does not know is asked. One round is all open questions to
 *   one server, with one deadline. A server that is silent, refuses or fails
 *   leaves them open for the next; every server gets its turn as often as
 *   resolv.conf says.
 *
 * Comes in   lookup.c with a complete name.
 * Goes out   datagrams on connected sockets, so that only the server's own
 *            answers come back; a stream when an answer was cut.
 * Proved by  integration/names.sh
 * Never      takes an answer that does not match its question (dns.c).
 */
#include "dns_client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dns_cache.h"
#include "dns_exchange.h"
#include "ground/shim.h"

enum { BUFFER_SIZE = 4096 };

/* One question on its way to one server. */
struct asking {
	struct dns_question question;
	struct dns_query *query;
	const struct sockaddr_storage *server;
	int fd; /* or -1: this server is done with it */
};

/* One server's turn. */
struct round {
	struct asking askings[DNS_CLIENT_MAX];
	size_t n;
	uint64_t deadline_us;
};

static bool is_final(enum dns_verdict v)
{
	return v == DNS_ANSWERED || v == DNS_NO_DATA || v == DNS_NO_NAME;
}

/* --- TCP ----------------------------------------------------------------- */

static enum dns_verdict ask_over_tcp(const struct asking *a, uint64_t deadline)
{
	enum dns_verdict v = DNS_FAILED;
	uint8_t ask[DNS_QUESTION_MAX];
	size_t len = dns_write(&a->question, ask);
	uint8_t *msg = malloc(DNS_MESSAGE_MAX);
	ssize_t n;

	if (!msg)
		return DNS_FAILED;
	n = dns_exchange_stream(a->server, ask, len, msg, DNS_MESSAGE_MAX,
				deadline);
	if (n >= 0)
		v = dns_read(&a->question, msg, (size_t)n, &a->query->answer);
	free(msg);
	return is_final(v) ? v : DNS_FAILED;
}

/* --- UDP ----------------------------------------------------------------- */

static void stop(struct asking *a)
{
	if (a->fd >= 0)
		close(a->fd);
	a->fd = -1;
}

static bool send_question(struct asking *a)
{
	uint8_t buf[DNS_QUESTION_MAX];
	size_t len;

	/* No entropy, no question: a number one can guess invites forgers. */
	if (getrandom(&a->question.id, sizeof(a->question.id), 0) !=
	    sizeof(a->question.id))
		return false;
	len = dns_write(&a->question, buf);
	return send(a->fd, buf, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static void start(struct asking *a)
{
	a->fd = dns_exchange_open(a->server);
	if (a->fd >= 0 && !send_question(a))
		stop(a);
}

/* A datagram has come, or an error. */
static void on_readable(struct asking *a, uint64_t deadline)
{
	uint8_t buf[BUFFER_SIZE];
	enum dns_verdict v;
	ssize_t n;

	n = recv(a->fd, buf, sizeof(buf), 0);
	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			stop(a);
		return;
	}
	v = dns_read(&a->question, buf, (size_t)n, &a->query->answer);
	switch (v) {
	case DNS_NOT_OURS:
		return;
	case DNS_NO_EDNS:
		a->question.edns = false;
		if (!send_question(a))
			stop(a);
		return;
	case DNS_TRUNCATED:
		a->query->verdict = ask_over_tcp(a, deadline);
		break;
	case DNS_ANSWERED:
	case DNS_NO_DATA:
	case DNS_NO_NAME:
	case DNS_FAILED:
		a->query->verdict = v;
		break;
	}
	stop(a);
}

/* Until every question is answered or given up, or the time is over. */
static void run(struct round *r)
{
	struct pollfd fds[DNS_CLIENT_MAX];
	int ms;
	int n;

	while ((ms = dns_exchange_ms_until(r->deadline_us)) > 0) {
		size_t open = 0;

		for (size_t i = 0; i < r->n; i++) {
			fds[i] = (struct pollfd){.fd = r->askings[i].fd,
						 .events = POLLIN};
			open += r->askings[i].fd >= 0;
		}
		if (open == 0)
			return;
		n = poll(fds, r->n, ms);
		if (n < 0 && errno != EINTR)
			return;
		if (n <= 0)
			continue;
		for (size_t i = 0; i < r->n; i++)
			if (fds[i].fd >= 0 && fds[i].revents)
				on_readable(&r->askings[i], r->deadline_us);
	}
}

static void ask_server(const struct resolve_conf *conf,
		       const struct sockaddr_storage *server,
		       const struct dns_name *name, struct dns_query *queries,
		       size_t n)
{
	struct round r = {.n = 0};

	r.deadline_us = stack_now() + conf->timeout_sec * 1000000ull;
	for (size_t i = 0; i < n; i++) {
		struct asking *a = &r.askings[r.n];

		if (is_final(queries[i].verdict))
			continue;
		a->question.type = queries[i].type;
		a->question.name = *name;
		a->question.edns = conf->edns;
		a->query = &queries[i];
		a->server = server;
		a->fd = -1;
		r.n++;
		if (conf->use_tcp) {
			if (getrandom(&a->question.id, 2, 0) == 2)
				a->query->verdict =
					ask_over_tcp(a, r.deadline_us);
			continue;
		}
		start(a);
	}
	run(&r);
	for (size_t i = 0; i < r.n; i++)
		stop(&r.askings[i]);
}

static bool all_final(const struct dns_query *queries, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!is_final(queries[i].verdict))
			return false;
	return true;
}

static void ask_servers(const struct resolve_conf *conf,
			const struct dns_name *name, struct dns_query *queries,
			size_t n)
{
	static unsigned int turn;
	size_t first = 0;

	if (conf->rotate && conf->nservers > 0)
		first = __atomic_fetch_add(&turn, 1, __ATOMIC_RELAXED) %
			conf->nservers;

	for (unsigned int k = 0; k < conf->attempts; k++) {
		for (size_t i = 0; i < conf->nservers; i++) {
			if (all_final(queries, n))
				return;
			ask_server(conf,
				   &conf->servers[(first + i) % conf->nservers],
				   name, queries, n);
		}
	}
}

void dns_client_ask(const struct resolve_conf *conf,
		    const struct dns_name *name, struct dns_query *queries,
		    size_t n)
{
	uint64_t now = stack_now();

	for (size_t i = 0; i < n; i++)
		if (!dns_cache_find(conf, name, &queries[i], now))
			queries[i].verdict = DNS_FAILED;
	ask_servers(conf, name, queries, n);
	now = stack_now();
	for (size_t i = 0; i < n; i++)
		dns_cache_keep(conf, name, &queries[i], now);
}
