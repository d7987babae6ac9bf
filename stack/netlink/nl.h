/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nl.h - netlink messages: bytes to messages and attributes, and back
 *
 * What this room is for
 *   A datagram of netlink is a row of messages, a message is a header, a fixed
 *   part and a row of attributes, and all of them begin at multiples of four.
 *   Reading never trusts a length; writing never passes the end of the buffer:
 *   a message that does not fit is taken back as a whole.
 *
 * Never      knows what a message means, or where it comes from.
 * Follows    netlink(3), netlink(7), rtnetlink(7).
 */
#ifndef STACK_NL_H
#define STACK_NL_H

#include <linux/netlink.h>

#include "ground/base.h"
#include "link/inet.h"

/* --- reading -------------------------------------------------------------- */

/* Attribute types that are looked at; programs may send others. */
enum { NL_ATTRS = 80 };

/* The attributes of one message, by type; the last of a type counts. */
struct nl_attrs {
	const struct nlattr *by_type[NL_ATTRS];
};

/*
 * The next message of a datagram, or NULL: at its end, or when what is there is
 * no whole message. `at` and `left` are moved on. `at` is aligned to four.
 */
const struct nlmsghdr *nl_next(const uint8_t **at, size_t *left) MUST_CHECK;

/*
 * Sorts a row of attributes. 0; -EINVAL when a length is wrong (what stands
 * before it is there nevertheless).
 */
int nl_parse(const void *row, size_t len, struct nl_attrs *out) MUST_CHECK;

/* The fixed part of a message: NULL when it is shorter than `len`. */
const void *nl_fixed(const struct nlmsghdr *h, size_t len) MUST_CHECK;

/* The attributes behind a fixed part of `fixed` bytes; as nl_parse(). */
int nl_parse_after(const struct nlmsghdr *h, size_t fixed,
		   struct nl_attrs *out) MUST_CHECK;

const struct nlattr *nl_attr(const struct nl_attrs *all, unsigned int type);
const void *nl_data(const struct nlattr *a);
size_t nl_len(const struct nlattr *a);

/* False, and *out untouched, when it is missing or not of that size. */
bool nl_get_u32(const struct nl_attrs *all, unsigned int type, uint32_t *out);

/* An address of 4 or 16 bytes. */
bool nl_get_addr(const struct nl_attrs *all, unsigned int type,
		 struct inet_addr *out);

/* Is it this text, with or without its end? */
bool nl_is_text(const struct nl_attrs *all, unsigned int type,
		const char *text);

/* --- writing -------------------------------------------------------------- */

struct nl_buf {
	uint8_t *data; /* aligned to four */
	size_t size;
	size_t len;     /* of the messages that are complete */
	size_t open;    /* of the message that is being written, from len on */
	bool is_full;   /* that one does not fit */
	bool is_packed; /* some message did not fit: send, and go on */
};

void nl_buf_init(struct nl_buf *b, void *data, size_t size);

/* Begins a message; its fixed part is `len` bytes. */
void nl_begin(struct nl_buf *b, uint16_t type, uint16_t flags, uint32_t seq,
	      uint32_t pid, const void *fixed, size_t len);

void nl_put(struct nl_buf *b, uint16_t type, const void *data, size_t len);
void nl_put_u8(struct nl_buf *b, uint16_t type, uint8_t value);
void nl_put_u32(struct nl_buf *b, uint16_t type, uint32_t value);
void nl_put_text(struct nl_buf *b, uint16_t type, const char *text);

/* In 4 bytes or in 16. */
void nl_put_addr(struct nl_buf *b, uint16_t type, const struct inet_addr *a);

/* Bytes without attribute, for messages that have them (nlmsgerr). */
void nl_put_raw(struct nl_buf *b, const void *data, size_t len);

/* Ends the message: false when it did not fit and was taken back. */
bool nl_end(struct nl_buf *b);

#endif
