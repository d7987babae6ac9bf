/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * enter.c - into the stack that is there already
 *
 * What this room is for
 *   See enter.h. What a door gave is joined as if it had been inherited.
 *
 * Never      joins a stack whose keeper runs as another user.
 * Proved by  integration/keeper.sh, integration/named.sh
 */

#include "enter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ground/config.h"
#include "door.h"
#include "keep.h"
#include "ground/raw.h"

enum {
	ANSWER_MS = 3000, /* a loaded machine */
	NAP_MS = 10,
	END_TRIES = 500,  /* naps until a keeper that yields must be gone */
	OPEN_TRIES = 100, /* naps until one that starts has opened its door */
};

static const char family[] = "NSSHIM_FAMILY";

static void nap(void)
{
	struct timespec ts = {0, NAP_MS * 1000000l};

	raw6(SYS_ppoll, 0, 0, (long)&ts, 0, 0, 0);
}

static void close_gift(const struct stack_family *g)
{
	raw1(SYS_close, g->arena);
	raw1(SYS_close, g->lifeline);
	for (size_t i = 0; i < g->nlinks; i++)
		raw1(SYS_close, g->links[i]);
}

/* Joins through what a door gave. */
static int join_gift(const struct stack_family *g, const struct stack_config *c,
		     char *why, size_t why_size)
{
	char text[STACK_FAMILY_TEXT];
	int ret = stack_write_family(g, text, sizeof(text));

	if (ret == 0)
		ret = stack_join(text, c, why, why_size);
	if (ret != -ENOENT)
		return ret;
	close_gift(g);
	snprintf(why, why_size,
		 "the keeper gave no stack that this version can use");
	return -EPROTO;
}

static uint64_t id_in(const char *text)
{
	struct stack_family f;

	return stack_read_family(text, &f) == 0 ? f.id : 0;
}

/* What the parent's program left us; or, when something has closed that, what
 * the keeper gives to one who knows the number. */
static int enter_inherited(const struct stack_config *c, char *why, size_t size)
{
	const char *text = getenv(family);
	struct stack_family gift;
	int ret;

	if (!text)
		return -ENOENT;
	ret = stack_join(text, c, why, size);
	if (ret != -ENOENT || !config_door(0))
		return ret;
	ret = door_knock("link", config_door(0), DOOR_REJOIN, id_in(text),
			 ANSWER_MS, &gift);
	return ret ? -ENOENT : join_gift(&gift, c, why, size);
}

static int enter_by_name(const struct stack_config *c, char *why, size_t size)
{
	const char *name = config.join;
	struct stack_family gift;
	int ret = door_knock("name", name, DOOR_JOIN, 0, ANSWER_MS, &gift);

	switch (ret) {
	case 0:
		return join_gift(&gift, c, why, size);
	case -ENOENT:
		snprintf(why, size,
			 "NSSHIM_JOIN=%s: no stack of that name runs in this "
			 "network namespace; start one with NSSHIM_NAME=%s",
			 name, name);
		return -ENXIO;
	case -EPERM:
		snprintf(why, size,
			 "NSSHIM_JOIN=%s: that stack is another user's, and "
			 "only its own user may join",
			 name);
		return ret;
	case -ETIMEDOUT:
		snprintf(why, size,
			 "NSSHIM_JOIN=%s: the keeper of that stack does not "
			 "answer",
			 name);
		return ret;
	default:
		snprintf(why, size, "NSSHIM_JOIN=%s: cannot join: %s", name,
			 strerror(-ret));
		return ret;
	}
}

/* A keeper that is alone lets one go on who is configured alike; for others it
 * ends soon. */
static int enter_vacated(const char *kind, const char *name,
			 const struct stack_config *c, char *why, size_t size)
{
	struct stack_family gift;
	int ret = -ENOENT;

	for (int n = 0; n < END_TRIES; n++) {
		ret = door_knock(kind, name, DOOR_TAKE, config_key(), ANSWER_MS,
				 &gift);
		if (ret != -EAGAIN)
			break;
		nap();
	}
	return ret ? ret : join_gift(&gift, c, why, size);
}

/* Any of our links may be that of a keeper, and each has to be free. */
static int enter_links(const struct stack_config *c, char *why, size_t size)
{
	const char *door;
	int ret = -ENOENT;

	for (size_t i = 0; ret == -ENOENT && (door = config_door(i)); i++)
		ret = enter_vacated("link", door, c, why, size);
	return ret;
}

static int refuse_name(int err, char *why, size_t size)
{
	snprintf(why, size,
		 "NSSHIM_NAME=%s: a stack of that name runs already%s",
		 config.name,
		 err == -EPERM ? ", another user's"
			       : "; join it with NSSHIM_JOIN");
	return err;
}

int enter_stack(const struct stack_config *c, char *why, size_t why_size)
{
	int ret = enter_inherited(c, why, why_size);

	if (ret != -ENOENT)
		return ret;
	if (config.join)
		return enter_by_name(c, why, why_size);
	if (config.name) {
		ret = enter_vacated("name", config.name, c, why, why_size);
		if (ret && ret != -ENOENT)
			return refuse_name(ret, why, why_size);
		if (!ret)
			return 0;
	}
	/* Who else has the device is for the boot to say. */
	ret = enter_links(c, why, why_size);
	return ret == 0 || ret == -EPROTO ? ret : -ENOENT;
}

int enter_when_open(const struct stack_config *c, char *why, size_t why_size)
{
	int ret = -ENOENT;

	for (int n = 0; n < OPEN_TRIES && ret == -ENOENT; n++) {
		nap();
		ret = enter_links(c, why, why_size);
	}
	return ret == 0 ? 0 : -ENOENT;
}

int enter_name(char *why, size_t why_size)
{
	struct stack_family gift;
	struct stack_family ours;
	int ret;

	if (!config.name)
		return 0;
	ret = keep_start(true);
	if (ret < 0) {
		snprintf(why, why_size,
			 "NSSHIM_NAME=%s: its keeper (nsshim-keeper, beside "
			 "the library) does not start: %s",
			 config.name, strerror(-ret));
		return ret;
	}
	/* Only one of two that start together gets the name. */
	stack_get_family(&ours);
	ret = -ENOENT;
	for (int n = 0; n < END_TRIES && ret == -ENOENT; n++) {
		ret = door_knock("name", config.name, DOOR_REJOIN, ours.id,
				 ANSWER_MS, &gift);
		if (ret == -ENOENT)
			nap();
	}
	if (ret)
		return refuse_name(ret, why, why_size);
	close_gift(&gift);
	return 0;
}
