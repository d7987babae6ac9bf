/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * config_priv.h - what config.c and config_net.c share
 *
 * What this room is for
 *   Keeping and refusing values; the functions that take those which describe
 *   the network: 0, or -EINVAL with the reason in config_reason.
 */
#ifndef SHIM_CONFIG_PRIV_H
#define SHIM_CONFIG_PRIV_H

#include "config.h"

#include <stdint.h>

/* What the function that takes a value says about it, for the one line. */
enum { CONFIG_REASON_MAX = 160 };
extern char config_reason[CONFIG_REASON_MAX];
int config_refuse(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Copies `len` bytes of `s` to the static text. NULL: the text is full. */
char *config_keep(const char *s, size_t len);
int config_keep_string(const char *value, const char **out);

/* Plain decimal: no sign, no blanks, nothing behind it but `*end`. */
int config_number(const char *s, uint64_t *out, const char **end);

/* "on" or "off". */
int config_switch(const char *value, bool *out);

/* Calls `take` for each part between commas, which is kept and may be written
 * to; an empty part is wrong. */
int config_each(const char *value, int (*take)(char *part));

int config_take_link(const char *value);
int config_take_tap(const char *value);
int config_take_addr(const char *value);
int config_take_gateway(const char *value);
int config_take_route(const char *value);
int config_take_forward(const char *value);
int config_take_mtu(const char *value);
int config_take_mac(const char *value);

#endif
