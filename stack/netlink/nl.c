/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nl.c - netlink messages: bytes to messages and attributes, and back
 *
 * What this room is for
 *   See nl.h. Attributes are aligned to four bytes only, so their values are
 *   copied and never pointed at.
 *
 * Never      knows what a message means, or where it comes from.
 * Follows    netlink(3), netlink(7).
 */
#include "nl.h"

#include <errno.h>
#include <string.h>

static size_t align(size_t len)
{
	return (len + 3) & ~(size_t)3;
}

/* --- reading -------------------------------------------------------------- */

const struct nlmsghdr *nl_next(const uint8_t **at, size_t *left)
{
	const struct nlmsghdr *h = (const void *)*at;
	size_t step;

	if (*left < sizeof(*h) || h->nlmsg_len < sizeof(*h) ||
	    h->nlmsg_len > *left)
		return NULL;
	step = MIN(align(h->nlmsg_len), *left);
	*at += step;
	*left -= step;
	return h;
}

int nl_parse(const void *row, size_t len, struct nl_attrs *out)
{
	const uint8_t *at = row;

	memset(out, 0, sizeof(*out));
	while (len >= sizeof(struct nlattr)) {
		const struct nlattr *a = (const void *)at;
		unsigned int type = a->nla_type & NLA_TYPE_MASK;
		size_t step;

		if (a->nla_len < sizeof(*a) || a->nla_len > len)
			return -EINVAL;
		if (type < NL_ATTRS)
			out->by_type[type] = a;
		step = MIN(align(a->nla_len), len);
		at += step;
		len -= step;
	}
	return 0;
}

const void *nl_fixed(const struct nlmsghdr *h, size_t len)
{
	return h->nlmsg_len - sizeof(*h) < len ? NULL : h + 1;
}

int nl_parse_after(const struct nlmsghdr *h, size_t fixed, struct nl_attrs *out)
{
	size_t from = sizeof(*h) + align(fixed);

	if (h->nlmsg_len <= from)
		return nl_parse(h, 0, out);
	return nl_parse((const uint8_t *)h + from, h->nlmsg_len - from, out);
}

const struct nlattr *nl_attr(const struct nl_attrs *all, unsigned int type)
{
	return type < NL_ATTRS ? all->by_type[type] : NULL;
}

const void *nl_data(const struct nlattr *a)
{
	return a + 1;
}

size_t nl_len(const struct nlattr *a)
{
	return a->nla_len - sizeof(*a);
}

bool nl_get_u32(const struct nl_attrs *all, unsigned int type, uint32_t *out)
{
	const struct nlattr *a = nl_attr(all, type);

	if (!a || nl_len(a) < sizeof(*out))
		return false;
	memcpy(out, nl_data(a), sizeof(*out));
	return true;
}

bool nl_get_addr(const struct nl_attrs *all, unsigned int type,
		 struct inet_addr *out)
{
	const struct nlattr *a = nl_attr(all, type);
	struct ip4_addr a4;

	if (!a)
		return false;
	if (nl_len(a) == sizeof(*out)) {
		memcpy(out, nl_data(a), sizeof(*out));
		return true;
	}
	if (nl_len(a) != sizeof(a4))
		return false;
	memcpy(&a4, nl_data(a), sizeof(a4));
	*out = inet_from4(a4);
	return true;
}

bool nl_is_text(const struct nl_attrs *all, unsigned int type, const char *text)
{
	const struct nlattr *a = nl_attr(all, type);
	size_t len = strlen(text);

	if (!a || nl_len(a) < len || memcmp(nl_data(a), text, len) != 0)
		return false;
	return nl_len(a) == len || ((const char *)nl_data(a))[len] == '\0';
}

/* --- writing -------------------------------------------------------------- */

void nl_buf_init(struct nl_buf *b, void *data, size_t size)
{
	*b = (struct nl_buf){.data = data, .size = size};
}

/* Room for `len` bytes and the bytes that align what follows; NULL: full. */
static uint8_t *extend(struct nl_buf *b, size_t len)
{
	uint8_t *at = b->data + b->len + b->open;

	if (b->is_full || align(len) > b->size - b->len - b->open) {
		b->is_full = true;
		return NULL;
	}
	memset(at + len, 0, align(len) - len);
	b->open += align(len);
	return at;
}

void nl_put_raw(struct nl_buf *b, const void *data, size_t len)
{
	uint8_t *at = extend(b, len);

	if (at && len)
		memcpy(at, data, len);
}

void nl_begin(struct nl_buf *b, uint16_t type, uint16_t flags, uint32_t seq,
	      uint32_t pid, const void *fixed, size_t len)
{
	struct nlmsghdr h = {.nlmsg_type = type,
			     .nlmsg_flags = flags,
			     .nlmsg_seq = seq,
			     .nlmsg_pid = pid};

	b->open = 0;
	b->is_full = false;
	nl_put_raw(b, &h, sizeof(h));
	nl_put_raw(b, fixed, len);
}

void nl_put(struct nl_buf *b, uint16_t type, const void *data, size_t len)
{
	struct nlattr a = {.nla_type = type};
	uint8_t *at;

	if (len > UINT16_MAX - sizeof(a)) {
		b->is_full = true;
		return;
	}
	a.nla_len = (uint16_t)(sizeof(a) + len);
	at = extend(b, a.nla_len);
	if (!at)
		return;
	memcpy(at, &a, sizeof(a));
	if (len)
		memcpy(at + sizeof(a), data, len);
}

void nl_put_u8(struct nl_buf *b, uint16_t type, uint8_t value)
{
	nl_put(b, type, &value, sizeof(value));
}

void nl_put_u32(struct nl_buf *b, uint16_t type, uint32_t value)
{
	nl_put(b, type, &value, sizeof(value));
}

void nl_put_text(struct nl_buf *b, uint16_t type, const char *text)
{
	nl_put(b, type, text, strlen(text) + 1);
}

void nl_put_addr(struct nl_buf *b, uint16_t type, const struct inet_addr *a)
{
	struct ip4_addr a4 = inet_to4(a);

	if (inet_is4(a))
		nl_put(b, type, &a4, sizeof(a4));
	else
		nl_put(b, type, a, sizeof(*a));
}

bool nl_end(struct nl_buf *b)
{
	uint32_t len = (uint32_t)b->open;

	b->open = 0;
	if (b->is_full) {
		b->is_packed = true;
		return false;
	}
	memcpy(b->data + b->len + offsetof(struct nlmsghdr, nlmsg_len), &len,
	       sizeof(len));
	b->len += len;
	return true;
}
