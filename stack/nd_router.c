/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nd_router.c - what routers say: who they are, what is on the link, redirects
 *
 * What this room is for
 *   The door for router advertisements and redirects. They are refused until
 *   this host configures itself by them.
 *
 * Proved by  nd_test.c
 * Lock       the stack lock is held.
 * Follows    RFC 4861 6, 8.
 */
#include "nd_router.h"

enum verdict nd_router_input(struct iface *ifp, struct pkt *p)
{
	(void)ifp;
	(void)p;
	return DROP_ND_NOT_OURS;
}

enum verdict nd_router_redirect(struct iface *ifp, struct pkt *p)
{
	(void)ifp;
	(void)p;
	return DROP_ND_NOT_OURS;
}

void nd_router_gone(struct iface *ifp, const struct inet_addr *a)
{
	(void)ifp;
	(void)a;
}
