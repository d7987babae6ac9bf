/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * dns_exchange.h - one message to one name server, and what comes back
 *
 * What this room is for
 *   A question in bytes goes out, over UDP or TCP, and the answer in bytes
 *   comes in, before a deadline. dns_client.c asks questions of its own;
 *   res_send.c those of programs that write DNS messages themselves.
 *
 * Units      deadlines are microseconds of stack_now().
 * Errors     -errno: -ETIMEDOUT when nobody answered in time, else what the
 *            sockets said.
 * Follows    RFC 1035 4.2; RFC 7766 (TCP); RFC 5452 9 (what must match).
 */
#ifndef SHIM_DNS_EXCHANGE_H
#define SHIM_DNS_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

/* Milliseconds until then, rounded up; 0 when it has passed. */
int dns_exchange_ms_until(uint64_t deadline_us);

/* A datagram socket that is connected to the server, or -errno. */
int dns_exchange_open(const struct sockaddr_storage *server);

/* Over TCP. Returns the answer's length, of which `size` bytes at most are in
 * `answer`; the rest is lost. */
ssize_t dns_exchange_stream(const struct sockaddr_storage *server,
			    const uint8_t *ask, size_t len, uint8_t *answer,
			    size_t size, uint64_t deadline_us);

/* Over UDP. What does not answer this very question is not taken. Returns the
 * bytes in `answer`, size at most. */
ssize_t dns_exchange_datagram(const struct sockaddr_storage *server,
			      const uint8_t *ask, size_t len, uint8_t *answer,
			      size_t size, uint64_t deadline_us);

/* Is `answer` an answer with the number and the question of `ask`? */
bool dns_exchange_matches(const uint8_t *ask, size_t len, const uint8_t *answer,
			  size_t answer_len);

#endif
