/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_ends.c - the two ends of a socket: given by bind and connect, and asked
 *
 * What this room is for
 *   Which transport a socket stands on decides what its ends are, and who may
 *   choose them.
 *
 * Comes in   stack.c.
 * Goes out   sock_stream.c, sock_dgram.c; netlink and packet sockets have ends
 *            of their own kind.
 * Follows    bind(2), connect(2), getsockname(2), getpeername(2).
 */
#include "sock.h"

#include <errno.h>

#include "netlink/sock_netlink.h"
#include "sock_packet.h"

/* An address that needs a scope ties to the interface; one of IPv6 to IPv6. */
static void note_bound(struct sock *s, const struct endpoint *local)
{
	if (local->scope)
		sock_set_ifindex(s, local->scope);
	if (!inet_is4(&local->addr) && !inet_is_any(&local->addr))
		s->v6only = true;
}

int sock_bind(struct sock *s, const struct sockaddr *addr, socklen_t len)
{
	struct endpoint local;
	int ret;

	if (s->nl)
		return sock_netlink_bind(s, addr, len);
	if (s->packet)
		return sock_packet_bind(s, addr, len);
	ret = sock_bind_addr(s, addr, len, &local);
	if (ret < 0)
		return ret;
	ret = s->conn ? sock_stream_bind(s, &local) : udp_bind(s->pcb, &local);
	if (ret == 0)
		note_bound(s, &local);
	return ret;
}

static int disconnect(struct sock *s)
{
	if (s->conn)
		sock_stream_disconnect(s);
	else
		udp_disconnect(s->pcb);
	sock_update(s, 0);
	return 0;
}

int sock_connect(struct sock *s, const struct sockaddr *addr, socklen_t len)
{
	struct endpoint remote;
	int ret;

	if (s->nl)
		return sock_netlink_connect(s, addr, len);
	if (s->packet)
		return -EOPNOTSUPP;
	if (sock_addr_is(addr, len, AF_UNSPEC))
		return disconnect(s);
	ret = sock_addr_in(s, addr, len, &remote);
	if (ret < 0)
		return ret;
	ret = sock_addr_check_remote(s, &remote, addr, len);
	if (ret < 0)
		return ret;
	sock_addr_to_self(s, &remote);
	if (s->conn)
		return sock_stream_connect(s, &remote);
	ret = sock_dgram_connect(s, &remote);
	if (ret == 0)
		sock_dgram_note_flow(s, addr, len);
	return ret;
}

/* Of an end of a datagram socket. */
static uint32_t scope_of(const struct sock *s, const struct inet_addr *a)
{
	if (!inet_needs_scope(a))
		return 0;
	return s->pcb->scope ? s->pcb->scope : s->pcb->ifindex;
}

static struct endpoint local_of(const struct sock *s)
{
	if (s->conn)
		return tcp_local(s->conn);
	return (struct endpoint){s->pcb->bind.key.local, s->pcb->bind.key.lport,
				 scope_of(s, &s->pcb->bind.key.local)};
}

int sock_local_name(struct sock *s, struct sockaddr *addr, socklen_t *len)
{
	struct endpoint local;

	if (!addr || !len)
		return -EFAULT;
	if ((int)*len < 0)
		return -EINVAL;
	if (s->nl)
		return sock_netlink_name(s, false, addr, len);
	if (s->packet)
		return sock_packet_name(s, addr, len);
	local = local_of(s);
	sock_addr_out(s, &local, addr, len);
	return 0;
}

/* The peer, where there is one: getpeername(2). */
static bool remote_of(const struct sock *s, struct endpoint *out)
{
	if (!s->conn) {
		*out = (struct endpoint){s->pcb->bind.key.remote,
					 s->pcb->bind.key.rport, s->pcb->scope};
		return udp_is_connected(s->pcb);
	}
	*out = tcp_remote(s->conn);
	switch (tcp_get_state(s->conn)) {
	case TCPS_CLOSED:
	case TCPS_LISTEN:
	case TCPS_SYN_SENT:
	case TCPS_TIME_WAIT: /* CLOSED in the eyes of a program */
		return false;
	case TCPS_SYN_RCVD:
	case TCPS_ESTABLISHED:
	case TCPS_FIN_WAIT_1:
	case TCPS_FIN_WAIT_2:
	case TCPS_CLOSING:
	case TCPS_CLOSE_WAIT:
	case TCPS_LAST_ACK:
		return true;
	}
	return false;
}

int sock_peer_name(struct sock *s, struct sockaddr *addr, socklen_t *len)
{
	struct endpoint remote;

	if (s->packet)
		return -EOPNOTSUPP;
	if (!s->nl && !remote_of(s, &remote))
		return -ENOTCONN;
	if (!addr || !len)
		return -EFAULT;
	if ((int)*len < 0)
		return -EINVAL;
	if (s->nl)
		return sock_netlink_name(s, true, addr, len);
	sock_addr_out(s, &remote, addr, len);
	return 0;
}
