/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * route_parse.c - a route in words, as ip-route(8) writes them
 *
 * What this room is for
 *   See route_parse.h.
 *
 * Follows    ip-route(8).
 */
#include "route_parse.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ground/explain.h"

enum { WORD_MAX = 64, MAPPED_BITS = 96 };

/* linux/rtnetlink.h: an administrator said so. */
enum { PROTOCOL_STATIC = 4 };

/* The next word; false: there is none. One that is too long is cut, and is
 * right nowhere then. */
static bool next_word(const char **at, char word[WORD_MAX])
{
	size_t len;

	*at += strspn(*at, " ");
	len = strcspn(*at, " ");
	snprintf(word, WORD_MAX, "%.*s", (int)MIN(len, WORD_MAX - 1u), *at);
	*at += len;
	return len > 0;
}

static int read_type(const char *word)
{
	static const struct {
		const char *name;
		enum route_type type;
	} types[] = {
		{"unicast", ROUTE_UNICAST},
		{"blackhole", ROUTE_BLACKHOLE},
		{"unreachable", ROUTE_UNREACHABLE},
		{"prohibit", ROUTE_PROHIBIT},
	};

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		if (!strcmp(word, types[i].name))
			return types[i].type;
	}
	return -ENOENT;
}

static int read_metric(const char *word, uint32_t *out)
{
	uint64_t n = 0;

	for (const char *c = word; *c; c++) {
		if (*c < '0' || *c > '9' || n > UINT32_MAX)
			return -EINVAL;
		n = n * 10 + (uint64_t)(*c - '0');
	}
	*out = (uint32_t)n;
	return *word && n <= UINT32_MAX ? 0 : -EINVAL;
}

static int read_host(const char *word, struct inet_addr *out)
{
	int ret = inet_parse(word, out);

	return ret == 0 && !inet_is_any(out) && !inet_is_multicast(out)
		       ? 0
		       : -EINVAL;
}

static int read_dev(const char *word, struct route_words *w)
{
	if (strlen(word) >= sizeof(w->dev))
		return -EINVAL;
	memcpy(w->dev, word, strlen(word) + 1);
	return 0;
}

/* Two words. */
static int read_setting(const char *name, const char *value,
			struct route_words *w)
{
	if (!strcmp(name, "via"))
		return read_host(value, &w->r.gateway);
	if (!strcmp(name, "dev"))
		return read_dev(value, w);
	if (!strcmp(name, "metric"))
		return read_metric(value, &w->r.metric);
	if (!strcmp(name, "src"))
		return read_host(value, &w->r.source);
	return -EINVAL;
}

/* What the words say has to fit together. */
static int check(const struct route_words *w, bool is_default,
		 const struct why *why)
{
	bool has_gateway = !inet_is_any(&w->r.gateway);
	bool is4 = inet_is4(&w->r.dst.addr);
	struct inet_prefix net = route_network(&w->r.dst);

	if (!inet_equal(&net.addr, &w->r.dst.addr))
		return explain(why, -EINVAL,
			       "the network has bits behind its prefix length");
	if (w->r.type != ROUTE_UNICAST)
		return has_gateway || w->dev[0]
			       ? explain(why, -EINVAL,
					 "what leads nowhere has neither a "
					 "gateway nor a device")
			       : 0;
	if (!has_gateway && !w->dev[0])
		return explain(why, -EINVAL, "neither via nor dev is there");
	if (has_gateway && !is_default && inet_is4(&w->r.gateway) != is4)
		return explain(why, -EINVAL,
			       "network and gateway are of two families");
	if (has_gateway && inet_is_link_local(&w->r.gateway) && !w->dev[0])
		return explain(why, -EINVAL,
			       "a link-local gateway needs a device");
	return 0;
}

/* "default" is of the gateway's family. */
static void set_default(struct route_words *w)
{
	bool is6 = !inet_is_any(&w->r.gateway) && !inet_is4(&w->r.gateway);

	w->r.dst = (struct inet_prefix){{{0}}, 0};
	if (!is6)
		w->r.dst = (struct inet_prefix){
			inet_from4(ip4_make(0, 0, 0, 0)), MAPPED_BITS};
}

int route_parse(const char *text, struct route_words *w, char *why_text,
		size_t why_size)
{
	const struct why why = {why_text, why_size};
	char word[WORD_MAX], value[WORD_MAX];
	bool is_default;
	int type;

	memset(w, 0, sizeof(*w));
	w->r.protocol = PROTOCOL_STATIC;
	if (!next_word(&text, word))
		return explain(&why, -EINVAL, "there is no network");
	type = read_type(word);
	if (type >= 0) {
		w->r.type = (uint8_t)type;
		if (!next_word(&text, word))
			return explain(&why, -EINVAL, "there is no network");
	}
	is_default = !strcmp(word, "default");
	if (!is_default && inet_parse_prefix(word, &w->r.dst) < 0)
		return explain(&why, -EINVAL, "\"%s\" is no network", word);
	while (next_word(&text, word)) {
		if (!next_word(&text, value) ||
		    read_setting(word, value, w) < 0)
			return explain(&why, -EINVAL,
				       "\"%s\" is none of via ADDRESS, dev "
				       "DEVICE, metric N, src ADDRESS",
				       word);
	}
	if (is_default)
		set_default(w);
	return check(w, is_default, &why);
}
