/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * boot_route.c - the routes of the configuration
 *
 * What this room is for
 *   NSSHIM_GATEWAY and NSSHIM_ROUTE, once all links have their addresses.
 *
 * Proved by  integration/router.sh
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "boot.h"
#include "net/route_parse.h"
#include "socket/sock.h"

enum { ROUTE_TEXT_MAX = 256 };

/* A link-local one is behind the first link. */
static int add_gateway(struct stack *st, const char *text,
		       const struct why *why)
{
	struct route r = {.metric = 0};
	uint32_t first = st->net.ifs[1].index;
	struct path path;
	int ret = inet_parse(text, &r.gateway);

	if (ret < 0)
		return explain(why, ret, "NSSHIM_GATEWAY=%s is not an address",
			       text);
	if (inet_is4(&r.gateway))
		r.dst = (struct inet_prefix){inet_from4(ip4_make(0, 0, 0, 0)),
					     96};
	if (route_lookup_on(&st->net, &r.gateway, NULL,
			    inet_is_link_local(&r.gateway) ? first : 0,
			    &path) < 0 ||
	    path.ifp->is_loopback)
		return explain(why, -EINVAL,
			       "NSSHIM_GATEWAY=%s is in none of the networks "
			       "of NSSHIM_ADDR",
			       text);
	r.ifindex = path.ifp->index;
	return route_add(&st->net, &r);
}

/* "10.0.0.1", "fd00::1", or both with a comma. */
static int add_gateways(const struct stack_config *c, struct stack *st,
			const struct why *why)
{
	const char *at = c->gateway;
	int ret = 0;

	while (at && *at && ret == 0) {
		size_t len = strcspn(at, ",");
		char text[INET_TEXT_MAX];

		snprintf(text, sizeof(text), "%.*s", (int)len, at);
		ret = add_gateway(st, text, why);
		at += at[len] ? len + 1 : len;
	}
	return ret;
}

static struct iface *iface_named(struct stack *st, const char *name)
{
	for (uint32_t i = 0; i < st->net.nifs; i++) {
		if (!strcmp(st->net.ifs[i].name, name))
			return &st->net.ifs[i];
	}
	return NULL;
}

/* With a device, the gateway is behind that: its address may yet come. */
static int find_way(struct stack *st, struct route_words *w,
		    const struct why *why)
{
	struct iface *ifp = iface_named(st, w->dev);
	struct path path;

	if (w->r.type != ROUTE_UNICAST)
		return 0;
	if (w->dev[0] && !ifp)
		return explain(why, -EINVAL,
			       "NSSHIM_ROUTE: there is no device %s", w->dev);
	if (!ifp && (route_lookup(&st->net, &w->r.gateway, NULL, &path) < 0 ||
		     path.ifp->is_loopback))
		return explain(why, -EINVAL,
			       "NSSHIM_ROUTE: a gateway is in none of the "
			       "networks of NSSHIM_ADDR");
	w->r.ifindex = ifp ? ifp->index : path.ifp->index;
	return 0;
}

static int add_route(struct stack *st, const char *text, const struct why *why)
{
	struct route_words w;
	int ret = route_parse(text, &w, why->text, why->size);

	if (ret == 0)
		ret = find_way(st, &w, why);
	if (ret < 0)
		return ret;
	ret = route_add(&st->net, &w.r);
	if (ret < 0)
		return explain(why, ret, "NSSHIM_ROUTE: %s: %s", text,
			       strerror(-ret));
	return 0;
}

/* With commas between. */
static int each_route(const char *at,
		      int (*take)(struct stack *st, const char *text,
				  const struct why *why),
		      struct stack *st, const struct why *why)
{
	int ret = 0;

	while (at && ret == 0) {
		size_t len = strcspn(at, ",");
		char text[ROUTE_TEXT_MAX];

		if (len >= sizeof(text))
			return explain(why, -EINVAL, "a route is too long");
		memcpy(text, at, len);
		text[len] = '\0';
		ret = take(st, text, why);
		at = at[len] ? at + len + 1 : NULL;
	}
	return ret;
}

static int check_route(struct stack *st, const char *text,
		       const struct why *why)
{
	struct route_words w;

	(void)st;
	return route_parse(text, &w, why->text, why->size);
}

int stack_check_route(const char *text, char *why_text, size_t why_size)
{
	const struct why why = {why_text, why_size};

	return each_route(text, check_route, NULL, &why);
}

int boot_add_routes(const struct stack_config *c, struct stack *st,
		    const struct why *why)
{
	int ret = add_gateways(c, st, why);

	return ret < 0 ? ret : each_route(c->routes, add_route, st, why);
}
