/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * link_impair_parse.c - how bad the wire shall be, in words
 *
 * What this room is for
 *   Turns "loss=2%,delay=10ms,rate=100mbit,seed=7" into numbers, and says
 *   which word was wrong otherwise.
 *
 * Never      asks libc for decimals: strtod() follows the program's locale.
 */
#include <errno.h>
#include <stdio.h>

#include "link.h"

/* The longest word that can be right; longer ones are quoted cut. */
enum { WORD_MAX = 40 };

struct unit {
	const char *name;
	double factor;
};

static const struct unit shares[] = {{"%", 0.01}, {"", 1}, {NULL, 0}};
static const struct unit times[] = {
	{"us", 1}, {"ms", 1e3}, {"s", 1e6}, {NULL, 0}};
static const struct unit rates[] = {
	{"bit", 1}, {"kbit", 1e3}, {"mbit", 1e6}, {"gbit", 1e9}, {NULL, 0}};
static const struct unit plain[] = {{"", 1}, {NULL, 0}};

/* "12", "0.5"; at most 15 digits, so that a double holds it exactly. */
static int read_number(const char **at, double *out)
{
	double scale = 1, n = 0;
	const char *s = *at;
	int digits = 0;
	bool is_fraction = false;

	for (;; s++) {
		if (*s == '.' && !is_fraction && digits > 0) {
			is_fraction = true;
			continue;
		}
		if (*s < '0' || *s > '9')
			break;
		n = n * 10 + (*s - '0');
		scale = is_fraction ? scale * 10 : scale;
		if (++digits > 15)
			return -EINVAL;
	}
	*at = s;
	*out = n / scale;
	return digits > 0 ? 0 : -EINVAL;
}

/* A number and one of the units, and nothing behind it. */
static int read_value(const char *s, const struct unit *units, double *out)
{
	double n;

	if (read_number(&s, &n) < 0)
		return -EINVAL;
	for (; units->name; units++) {
		if (!strcmp(s, units->name)) {
			*out = n * units->factor;
			return 0;
		}
	}
	return -EINVAL;
}

static int read_share(const char *s, double *out)
{
	double n;

	if (read_value(s, shares, &n) < 0 || n > 1)
		return -EINVAL;
	*out = n;
	return 0;
}

static int read_count(const char *s, const struct unit *units, double max,
		      uint64_t *out)
{
	double n;

	if (read_value(s, units, &n) < 0 || n > max)
		return -EINVAL;
	*out = (uint64_t)(n + 0.5);
	return 0;
}

static int read_setting(const char *name, const char *value,
			struct impairment *imp)
{
	const double hour = 3600e6, terabit = 1e12, exact = 1e15;

	if (!strcmp(name, "loss"))
		return read_share(value, &imp->loss);
	if (!strcmp(name, "reorder"))
		return read_share(value, &imp->reorder);
	if (!strcmp(name, "dup"))
		return read_share(value, &imp->dup);
	if (!strcmp(name, "corrupt"))
		return read_share(value, &imp->corrupt);
	if (!strcmp(name, "delay"))
		return read_count(value, times, hour, &imp->delay);
	if (!strcmp(name, "jitter"))
		return read_count(value, times, hour, &imp->jitter);
	if (!strcmp(name, "rate"))
		return read_count(value, rates, terabit, &imp->rate_bps);
	if (!strcmp(name, "seed"))
		return read_count(value, plain, exact, &imp->seed);
	return -EINVAL;
}

/* Copies the next word and moves *at behind its comma. */
static int next_word(const char **at, char word[WORD_MAX])
{
	size_t len = strcspn(*at, ",");

	snprintf(word, WORD_MAX, "%.*s", (int)MIN(len, WORD_MAX - 1u), *at);
	*at += len;
	if (**at == ',')
		(*at)++;
	return len < WORD_MAX ? 0 : -EINVAL;
}

static int refuse(char *why, size_t why_size, const char *word)
{
	if (why && why_size > 0)
		snprintf(why, why_size,
			 "\"%s\" is none of loss=2%% reorder=5%% dup=1%% "
			 "corrupt=0.1%% delay=10ms jitter=1ms rate=100mbit "
			 "seed=7",
			 word);
	return -EINVAL;
}

int link_impair_parse(const char *spec, struct impairment *out, char *why,
		      size_t why_size)
{
	struct impairment imp = {0};
	char word[WORD_MAX], name[WORD_MAX];

	while (*spec) {
		int err = next_word(&spec, word);
		char *value = strchr(word, '=');

		if (err < 0 || !value)
			return refuse(why, why_size, word);
		snprintf(name, sizeof(name), "%.*s", (int)(value - word), word);
		if (read_setting(name, value + 1, &imp) < 0)
			return refuse(why, why_size, word);
	}
	*out = imp;
	return 0;
}
