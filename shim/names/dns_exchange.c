/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * dns_exchange.c - one message to one name server, and what comes back
 *
 * What this room is for
 *   See dns_exchange.h.
 *
 * Goes out   through the program's own calls (socket, send, poll): to the
 *            stack, or to the host when the server lies in NSSHIM_HOST.
 * Never      looks into a message further than its question.
 */
#include "dns_exchange.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <netinet/in.h>

#include "ground/shim.h"

enum { HEADER_SIZE = 12, QUESTION_TAIL = 4, ANSWER_BIT = 0x80 };

static socklen_t addr_len(const struct sockaddr_storage *addr)
{
	return addr->ss_family == AF_INET ? sizeof(struct sockaddr_in)
					  : sizeof(struct sockaddr_in6);
}

int dns_exchange_ms_until(uint64_t deadline_us)
{
	uint64_t now = stack_now();

	return deadline_us > now ? (int)((deadline_us - now + 999) / 1000) : 0;
}

/* Waits for one descriptor: 0, -ETIMEDOUT, or what poll said. */
static int wait_for(int fd, short events, uint64_t deadline_us)
{
	struct pollfd p = {.fd = fd, .events = events};
	int ms;

	while ((ms = dns_exchange_ms_until(deadline_us)) > 0) {
		int n = poll(&p, 1, ms);

		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
	}
	return -ETIMEDOUT;
}

/* A call failed: waits until it may be tried again, 0; or -errno. */
static int wait_after_error(int fd, short events, uint64_t deadline_us)
{
	if (errno != EAGAIN && errno != EINTR)
		return -errno;
	return wait_for(fd, events, deadline_us);
}

/* --- TCP ----------------------------------------------------------------- */

/* All of it before the deadline, in either direction. */
static int send_all(int fd, const uint8_t *buf, size_t len, uint64_t deadline)
{
	while (len > 0) {
		ssize_t n = send(fd, buf, len, MSG_NOSIGNAL);
		int ret = n < 0 ? wait_after_error(fd, POLLOUT, deadline) : 0;

		if (ret < 0)
			return ret;
		if (n < 0)
			continue;
		buf += n;
		len -= (size_t)n;
	}
	return 0;
}

static int recv_all(int fd, uint8_t *buf, size_t len, uint64_t deadline)
{
	while (len > 0) {
		ssize_t n = recv(fd, buf, len, 0);
		int ret = n < 0 ? wait_after_error(fd, POLLIN, deadline) : 0;

		if (n == 0)
			return -ECONNRESET;
		if (ret < 0)
			return ret;
		if (n < 0)
			continue;
		buf += n;
		len -= (size_t)n;
	}
	return 0;
}

static int connect_to(int fd, const struct sockaddr_storage *server,
		      uint64_t deadline)
{
	socklen_t len = sizeof(int);
	int error = 0;
	int ret;

	if (connect(fd, (const void *)server, addr_len(server)) == 0)
		return 0;
	if (errno != EINPROGRESS && errno != EINTR)
		return -errno;
	ret = wait_for(fd, POLLOUT, deadline);
	if (ret < 0)
		return ret;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		return -errno;
	return -error;
}

/* The question and its answer, each behind its length in two bytes. */
static ssize_t converse(int fd, const uint8_t *ask, size_t len, uint8_t *answer,
			size_t size, uint64_t deadline)
{
	uint8_t prefix[2] = {(uint8_t)(len >> 8), (uint8_t)len};
	size_t n;
	int ret;

	ret = send_all(fd, prefix, sizeof(prefix), deadline);
	if (ret == 0)
		ret = send_all(fd, ask, len, deadline);
	if (ret == 0)
		ret = recv_all(fd, prefix, sizeof(prefix), deadline);
	if (ret < 0)
		return ret;
	n = (size_t)prefix[0] << 8 | prefix[1];
	ret = recv_all(fd, answer, n < size ? n : size, deadline);
	return ret < 0 ? ret : (ssize_t)n;
}

ssize_t dns_exchange_stream(const struct sockaddr_storage *server,
			    const uint8_t *ask, size_t len, uint8_t *answer,
			    size_t size, uint64_t deadline_us)
{
	ssize_t ret;
	int fd;

	if (len > UINT16_MAX)
		return -EMSGSIZE;
	fd = socket(server->ss_family,
		    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	ret = connect_to(fd, server, deadline_us);
	if (ret == 0)
		ret = converse(fd, ask, len, answer, size, deadline_us);
	close(fd);
	return ret;
}

/* --- UDP ----------------------------------------------------------------- */

int dns_exchange_open(const struct sockaddr_storage *server)
{
	int fd = socket(server->ss_family,
			SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int ret;

	if (fd < 0)
		return -errno;
	if (connect(fd, (const void *)server, addr_len(server)) == 0)
		return fd;
	ret = -errno;
	close(fd);
	return ret;
}

/* Where the first question ends; 0 when there is none. Bounded by len. */
static size_t question_end(const uint8_t *msg, size_t len)
{
	size_t at = HEADER_SIZE;

	if (len < HEADER_SIZE || (msg[4] == 0 && msg[5] == 0))
		return 0;
	while (at < len && msg[at] != 0 && msg[at] < 64)
		at += 1 + msg[at];
	/* No server compresses a question, which is the first name. */
	if (at >= len || msg[at] != 0 || len - at < 1 + QUESTION_TAIL)
		return 0;
	return at + 1 + QUESTION_TAIL;
}

/* Names are compared without case; lengths are below any letter. */
static bool is_same_text(const uint8_t *a, const uint8_t *b, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		uint8_t x = a[i], y = b[i];

		x = x >= 'A' && x <= 'Z' ? x + 32 : x;
		y = y >= 'A' && y <= 'Z' ? y + 32 : y;
		if (x != y)
			return false;
	}
	return true;
}

bool dns_exchange_matches(const uint8_t *ask, size_t len, const uint8_t *answer,
			  size_t answer_len)
{
	size_t end = question_end(ask, len);

	if (len < HEADER_SIZE || answer_len < HEADER_SIZE ||
	    memcmp(ask, answer, 2) != 0 || !(answer[2] & ANSWER_BIT))
		return false;
	/* A refusal may come without the question (FORMERR). */
	if (end == 0 || (answer[4] == 0 && answer[5] == 0))
		return end == 0 || (answer[3] & 15) != 0;
	return question_end(answer, answer_len) == end &&
	       is_same_text(ask + HEADER_SIZE, answer + HEADER_SIZE,
			    end - HEADER_SIZE);
}

static ssize_t wait_for_answer(int fd, const uint8_t *ask, size_t len,
			       uint8_t *answer, size_t size, uint64_t deadline)
{
	/* Bounded by time, also when forgeries never end. */
	while (dns_exchange_ms_until(deadline) > 0) {
		ssize_t n = recv(fd, answer, size, 0);
		int ret = n < 0 ? wait_after_error(fd, POLLIN, deadline) : 0;

		if (n >= 0 && dns_exchange_matches(ask, len, answer, (size_t)n))
			return n;
		if (ret < 0)
			return ret;
	}
	return -ETIMEDOUT;
}

ssize_t dns_exchange_datagram(const struct sockaddr_storage *server,
			      const uint8_t *ask, size_t len, uint8_t *answer,
			      size_t size, uint64_t deadline_us)
{
	ssize_t ret;
	int fd = dns_exchange_open(server);

	if (fd < 0)
		return fd;
	if (send(fd, ask, len, MSG_NOSIGNAL) < 0)
		ret = -errno;
	else
		ret = wait_for_answer(fd, ask, len, answer, size, deadline_us);
	close(fd);
	return ret;
}
