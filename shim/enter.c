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
#include <sys/stat.h>
#include <time.h>

#include "config.h"
#include "door.h"
#include "keep.h"
#include "raw.h"

enum {
	ANSWER_MS = 3000, /* a loaded machine */
	NAP_MS = 10,
	END_TRIES = 500,  /* naps until a keeper that yields must be gone */
	OPEN_TRIES = 100, /* naps until one that starts has opened its door */
	TEXT_MAX = 96,
};

static const char family[] = "NSSHIM_FAMILY";

static void nap(void)
{
	struct timespec ts = {0, NAP_MS * 1000000l};

	raw6(SYS_ppoll, 0, 0, (long)&ts, 0, 0, 0);
}

static void close_gift(const struct door_gift *g)
{
	for (size_t i = 0; i < DOOR_FDS; i++)
		if (g->fds[i] >= 0)
			raw1(SYS_close, g->fds[i]);
}

/* Joins through what a door gave. */
static int join_gift(const struct door_gift *g, const struct stack_config *c,
		     char *why, size_t why_size)
{
	char text[TEXT_MAX];
	struct stat st = {0};
	int ret;

	if (g->fds[2] >= 0)
		raw3(SYS_fstat, g->fds[2], (long)&st, 0);
	snprintf(text, sizeof(text), "%d,%d,%d:%llx,%llx", g->fds[0], g->fds[1],
		 g->fds[2], (unsigned long long)st.st_ino,
		 (unsigned long long)g->id);
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
	const char *last = strrchr(text, ',');

	return last ? strtoull(last + 1, NULL, 16) : 0;
}

/* What the parent's program left us; or, when something has closed that, what
 * the keeper gives to one who knows the number. */
static int enter_inherited(const struct stack_config *c, char *why, size_t size)
{
	const char *text = getenv(family);
	struct door_gift gift;
	int ret;

	if (!text)
		return -ENOENT;
	ret = stack_join(text, c, why, size);
	if (ret != -ENOENT || !config_door())
		return ret;
	ret = door_knock("link", config_door(), DOOR_REJOIN, id_in(text),
			 ANSWER_MS, &gift);
	return ret ? -ENOENT : join_gift(&gift, c, why, size);
}

static int enter_by_name(const struct stack_config *c, char *why, size_t size)
{
	const char *name = config.join;
	struct door_gift gift;
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
	struct door_gift gift;
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
	ret = enter_vacated("link", config_door(), c, why, why_size);
	return ret == 0 || ret == -EPROTO ? ret : -ENOENT;
}

int enter_when_open(const struct stack_config *c, char *why, size_t why_size)
{
	int ret = -ENOENT;

	for (int n = 0; n < OPEN_TRIES && ret == -ENOENT; n++) {
		nap();
		ret = enter_vacated("link", config_door(), c, why, why_size);
	}
	return ret == 0 ? 0 : -ENOENT;
}

int enter_name(char *why, size_t why_size)
{
	struct door_gift gift;
	int memfd, tap, ret;
	uint64_t id = 0;

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
	stack_family_fds(&memfd, &tap, &id);
	ret = -ENOENT;
	for (int n = 0; n < END_TRIES && ret == -ENOENT; n++) {
		ret = door_knock("name", config.name, DOOR_REJOIN, id,
				 ANSWER_MS, &gift);
		if (ret == -ENOENT)
			nap();
	}
	if (ret)
		return refuse_name(ret, why, why_size);
	close_gift(&gift);
	return 0;
}
