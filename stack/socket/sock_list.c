/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_list.c - every socket of the host, as lists of sockets show them
 *
 * What this room is for
 *   See sock_list.h. A socket that only exists, without a port, is in no list:
 *   Linux enters it when it is bound.
 *
 * Lock       the stack lock is held.
 * Proved by  nl_diag_test.c
 */
#include "sock_list.h"

#include <netinet/in.h>

/* Linux's states that UDP sockets have: bound, and connected. */
enum { UDP_BOUND = 7, UDP_CONNECTED = 1 };

/* What the socket floor knows of it, when a program has it. */
static void add_socket(struct sock_row *row)
{
	const struct sock *s = row->sock;

	row->family = row->v.flags & BINDING_IS6 ? AF_INET6 : AF_INET;
	if (!s)
		return;
	row->family = s->family;
	row->uid = s->uid;
	row->inode = s->inode;
	row->ifindex = s->ifindex;
	row->cookie = s->id;
	row->v.shut_recv = row->v.shut_recv || s->shut_read;
	row->v.shut_send = row->v.shut_send || s->shut_write;
}

static bool next_tcp(struct stack *st, struct sock_cursor *c,
		     struct sock_row *out)
{
	do {
		*out = (struct sock_row){0};
		if (!tcp_view_next(&st->tcp, &c->tcp, &out->v))
			return false;
	} while (out->v.state == TCPS_CLOSED);
	out->number = tcp_view_state(out->v.state);
	out->sock = out->v.owner;
	out->cookie = (uintptr_t)out->v.conn;
	return true;
}

static bool next_udp(struct stack *st, struct sock_cursor *c,
		     struct sock_row *out)
{
	struct udp_pcb *pcb = (void *)(uintptr_t)c->place;

	do {
		pcb = arena_next(st->eng.arena, ARENA_PCB, pcb);
		if (!pcb)
			return false;
	} while (pcb->bind.key.lport == 0);
	c->place = (uintptr_t)pcb;
	*out = (struct sock_row){
		.v = {.key = pcb->bind.key,
		      .flags = pcb->bind.flags,
		      .rqueue = (uint32_t)pcb->rcv_cost,
		      .rcvbuf = (uint32_t)pcb->rcv_max,
		      .tos = udp_manner_of(pcb, &pcb->bind.key.remote)->tos,
		      .shut_recv = pcb->shut_read},
		.number = udp_is_connected(pcb) ? UDP_CONNECTED : UDP_BOUND,
		.sock = pcb->news.owner,
		.drops = pcb->drops,
	};
	if (out->sock)
		out->v.sndbuf = (uint32_t)out->sock->sndbuf;
	return true;
}

bool sock_list_next(struct stack *st, int protocol, struct sock_cursor *c,
		    struct sock_row *out)
{
	bool found = protocol == IPPROTO_TCP ? next_tcp(st, c, out)
					     : next_udp(st, c, out);

	if (found)
		add_socket(out);
	return found;
}
