/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * procfs.h - the stack as the files of /proc/net show it
 *
 * What this room is for
 *   netstat, nstat, route, arp, ifconfig and many a script read text that Linux
 *   writes. Each file is a function that writes one line, so that a reader may
 *   take any number of them at a time; what cannot be known is 0. procfs.c has
 *   interfaces, addresses, routes and neighbours; procfs_sock.c the sockets;
 *   procfs_snmp.c the counters.
 *
 * Lock       the stack lock is held.
 * Follows    proc(5), Linux's columns.
 */
#ifndef STACK_PROCFS_H
#define STACK_PROCFS_H

#include "socket/sock_list.h"

/* How far a reader is; all zero: at the start. */
struct procfs_place {
	uint64_t line;
	uint64_t at[2]; /* as the file likes */
	struct sock_cursor sock;
};

/* Where lines go. */
struct procfs_text {
	char *buf;
	size_t size, len;
	bool is_full;
};

/*
 * Writes as many lines as fit from *place on, and moves it. Bytes; 0 at the
 * end; -ENOENT: there is no such file here. A line needs up to 4096 bytes.
 */
ssize_t procfs_read(struct stack *st, const char *name,
		    struct procfs_place *place, char *buf,
		    size_t size) MUST_CHECK;

/* Appends to the line. */
PRINTF_LIKE(2, 3)
void procfs_print(struct procfs_text *t, const char *fmt, ...);

/* Pads the line that began at `from` with spaces up to `width`, and ends it. */
void procfs_end_line(struct procfs_text *t, size_t from, size_t width);

/* The files of the other rooms: one line each call, false after the last. */
bool procfs_tcp(struct stack *st, struct procfs_place *p,
		struct procfs_text *t);
bool procfs_tcp6(struct stack *st, struct procfs_place *p,
		 struct procfs_text *t);
bool procfs_udp(struct stack *st, struct procfs_place *p,
		struct procfs_text *t);
bool procfs_udp6(struct stack *st, struct procfs_place *p,
		 struct procfs_text *t);
bool procfs_raw(struct stack *st, struct procfs_place *p,
		struct procfs_text *t);
bool procfs_raw6(struct stack *st, struct procfs_place *p,
		 struct procfs_text *t);
bool procfs_igmp(struct stack *st, struct procfs_place *p,
		 struct procfs_text *t);
bool procfs_igmp6(struct stack *st, struct procfs_place *p,
		  struct procfs_text *t);
bool procfs_mcfilter(struct stack *st, struct procfs_place *p,
		     struct procfs_text *t);
bool procfs_mcfilter6(struct stack *st, struct procfs_place *p,
		      struct procfs_text *t);
bool procfs_dev_mcast(struct stack *st, struct procfs_place *p,
		      struct procfs_text *t);
bool procfs_sockstat(struct stack *st, struct procfs_place *p,
		     struct procfs_text *t);
bool procfs_nsshim(struct stack *st, struct procfs_place *p,
		   struct procfs_text *t);
bool procfs_sockstat6(struct stack *st, struct procfs_place *p,
		      struct procfs_text *t);
bool procfs_snmp(struct stack *st, struct procfs_place *p,
		 struct procfs_text *t);
bool procfs_snmp6(struct stack *st, struct procfs_place *p,
		  struct procfs_text *t);
bool procfs_netstat(struct stack *st, struct procfs_place *p,
		    struct procfs_text *t);

#endif
