/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_opt_special.c - the socket options that are more than a number
 *
 * What this room is for
 *   Options with a struct for a value, options that reach into bindings, and
 *   those that are only read.
 *
 * Lock       the stack lock is held.
 * Follows    socket(7), ip(7), ipv6(7), tcp(7).
 */

#include "sock_opt_priv.h"

#include <errno.h>
#include <limits.h>
#include <linux/tcp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/time.h>

#include "tcp/tcp_cc.h"

#ifndef SO_COOKIE
#define SO_COOKIE 57
#endif

int sock_opt_give(void *value, socklen_t *len, const void *from, size_t size)
{
	*len = MIN(*len, (socklen_t)size);
	memcpy(value, from, *len);
	return 0;
}

/* What ports.c must know of the socket's options. */
static int push_reuse(struct sock *s)
{
	uint32_t flags = s->reuse;

	if (s->family == AF_INET6)
		flags |= BINDING_IS6;
	if (s->v6only)
		flags |= BINDING_V6ONLY;
	if (s->nl || s->packet)
		return 0;
	if (s->conn)
		return tcp_set(s->conn, TCP_O_REUSE, (int)flags);
	s->pcb->bind.flags =
		(s->pcb->bind.flags &
		 ~(uint32_t)(BINDING_REUSEADDR | BINDING_REUSEPORT |
			     BINDING_IS6 | BINDING_V6ONLY)) |
		flags;
	return 0;
}

void sock_opt_apply_family(struct sock *s)
{
	int ret = push_reuse(s);

	(void)ret; /* A new socket takes it always. */
}

static int take_error(struct sock *s)
{
	int error;

	if (s->conn) {
		error = tcp_take_error(s->conn);
	} else {
		error = -udp_take_error(s->pcb);
	}
	sock_update(s, 0);
	return error;
}

static int get_buffer(struct sock *s, int name)
{
	int value = 0;

	if (s->conn) {
		enum tcp_option o =
			name == SO_SNDBUF ? TCP_O_SNDBUF : TCP_O_RCVBUF;

		return tcp_get(s->conn, o, &value) < 0 ? 0 : value;
	}
	return name == SO_SNDBUF ? s->sndbuf : (int)s->pcb->rcv_max;
}

/* socket(7): the kernel doubles what is asked, and bounds it. */
static int set_buffer(struct sock *s, int name, int asked)
{
	int bytes = asked < 0 ? LIMIT_SOCKBUF_ASK : asked;

	bytes = MIN(bytes, LIMIT_SOCKBUF_ASK / 2) * 2;
	bytes = MAX(bytes, LIMIT_SOCKBUF_MIN);
	if (s->conn) {
		bool sending = name == SO_SNDBUF || name == SO_SNDBUFFORCE;

		return tcp_set(s->conn, sending ? TCP_O_SNDBUF : TCP_O_RCVBUF,
			       bytes);
	}
	if (name == SO_RCVBUF || name == SO_RCVBUFFORCE)
		s->pcb->rcv_max = (size_t)bytes;
	else
		s->sndbuf = bytes;
	return 0;
}

static int get_timeval(usecs t, void *value, socklen_t *len)
{
	struct timeval tv = {0, 0};

	if (t != USECS_NEVER) {
		tv.tv_sec = (time_t)(t / USECS_PER_SEC);
		tv.tv_usec = (suseconds_t)(t % USECS_PER_SEC);
	}
	return sock_opt_give(value, len, &tv, sizeof(tv));
}

static int set_timeval(usecs *t, const void *value, socklen_t len)
{
	struct timeval tv;

	if (len < sizeof(tv))
		return -EINVAL;
	memcpy(&tv, value, sizeof(tv));
	if (tv.tv_usec < 0 || tv.tv_usec >= (suseconds_t)USECS_PER_SEC)
		return -EDOM;
	/* socket(7): zero means never; negative does not wait at all. */
	if (tv.tv_sec < 0)
		*t = 0;
	else if (tv.tv_sec == 0 && tv.tv_usec == 0)
		*t = USECS_NEVER;
	else if ((uint64_t)tv.tv_sec > USECS_NEVER / USECS_PER_SEC - 1)
		*t = USECS_NEVER;
	else
		*t = SEC(tv.tv_sec) + (usecs)tv.tv_usec;
	return 0;
}

static int get_linger(const struct sock *s, void *value, socklen_t *len)
{
	struct linger l = {0, 0};

	if (s->linger != USECS_NEVER) {
		l.l_onoff = 1;
		l.l_linger = (int)(s->linger / USECS_PER_SEC);
	}
	return sock_opt_give(value, len, &l, sizeof(l));
}

static int set_linger(struct sock *s, const void *value, socklen_t len)
{
	struct linger l;

	if (len < sizeof(l))
		return -EINVAL;
	memcpy(&l, value, sizeof(l));
	s->linger = USECS_NEVER;
	if (l.l_onoff)
		s->linger = SEC(l.l_linger < 0 ? INT_MAX : l.l_linger);
	sock_note_special(s);
	if (!s->conn)
		return 0;
	return tcp_set(s->conn, TCP_O_LINGER_RESET,
		       l.l_onoff && l.l_linger == 0);
}

int sock_opt_path_mtu(struct sock *s, int *number)
{
	struct endpoint remote;
	struct path path;
	int ret;

	if (s->conn)
		remote = tcp_remote(s->conn);
	else
		remote = (struct endpoint){s->pcb->bind.key.remote, 0,
					   s->pcb->scope};
	if (inet_is_any(&remote.addr))
		return -ENOTCONN;
	ret = route_lookup_on(&s->stack->net, &remote.addr, NULL, remote.scope,
			      &path);
	if (ret < 0)
		return ret;
	*number = (int)path.mtu;
	return SOCK_OPT_IS_INT;
}

static int get_tcp_level(struct sock *s, int name, void *value, socklen_t *len)
{
	if (name == TCP_INFO) {
		struct tcp_info info;

		tcp_get_info(s->conn, &info);
		return sock_opt_give(value, len, &info, sizeof(info));
	}
	if (name == TCP_CONGESTION) {
		char word[16] = "";

		strncpy(word, tcp_cc_name(tcp_congestion(s->conn)),
			sizeof(word) - 1);
		return sock_opt_give(value, len, word, sizeof(word));
	}
	return -ENOPROTOOPT;
}

static int get_ip_level(struct sock *s, int name, int *number)
{
	if (name == IP_MTU)
		return sock_opt_path_mtu(s, number);
	if (name == IP_MULTICAST_IF) {
		*number = (int)s->multicast_addr;
		return SOCK_OPT_IS_INT;
	}
	return -ENOPROTOOPT;
}

static int get_socket_level(struct sock *s, int name, void *value,
			    socklen_t *len, int *number)
{
	switch (name) {
	case SO_REUSEADDR:
		*number = (s->reuse & BINDING_REUSEADDR) != 0;
		return SOCK_OPT_IS_INT;
	case SO_REUSEPORT:
		*number = (s->reuse & BINDING_REUSEPORT) != 0;
		return SOCK_OPT_IS_INT;
	case SO_TYPE:
		*number = s->type;
		return SOCK_OPT_IS_INT;
	case SO_PROTOCOL:
		*number = s->protocol;
		return SOCK_OPT_IS_INT;
	case SO_DOMAIN:
		*number = s->family;
		return SOCK_OPT_IS_INT;
	case SO_ACCEPTCONN:
		*number = s->conn && tcp_get_state(s->conn) == TCPS_LISTEN;
		return SOCK_OPT_IS_INT;
	case SO_ERROR:
		*number = take_error(s);
		return SOCK_OPT_IS_INT;
	case SO_SNDBUF:
	case SO_RCVBUF:
		*number = get_buffer(s, name);
		return SOCK_OPT_IS_INT;
	case SO_BROADCAST:
		*number = s->broadcast;
		return SOCK_OPT_IS_INT;
	case SO_SNDLOWAT:
		*number = 1;
		return SOCK_OPT_IS_INT;
	case SO_TIMESTAMP:
		*number = s->recv_stamp && !s->recv_stamp_nano;
		return SOCK_OPT_IS_INT;
	case SO_TIMESTAMPNS:
		*number = s->recv_stamp_nano;
		return SOCK_OPT_IS_INT;
	case SO_LINGER:
		return get_linger(s, value, len);
	case SO_RCVTIMEO:
		return get_timeval(s->rcvtimeo, value, len);
	case SO_SNDTIMEO:
		return get_timeval(s->sndtimeo, value, len);
	case SO_BINDTODEVICE:
		return sock_opt_get_device(s, value, len);
	case SO_COOKIE:
		if (*len < sizeof(s->id))
			return -EINVAL;
		return sock_opt_give(value, len, &s->id, sizeof(s->id));
	default:
		return -ENOPROTOOPT;
	}
}

int sock_opt_special_get(struct sock *s, int level, int name, void *value,
			 socklen_t *len, int *number)
{
	if (level == SOL_SOCKET)
		return get_socket_level(s, name, value, len, number);
	if (level == IPPROTO_TCP)
		return get_tcp_level(s, name, value, len);
	return get_ip_level(s, name, number);
}

static int set_congestion(struct sock *s, const void *value, socklen_t len)
{
	int algo;

	if (len < 1)
		return -EINVAL;
	algo = tcp_cc_find(value, len);
	if (algo < 0)
		return algo;
	return tcp_set_congestion(s->conn, algo);
}

static int set_socket_int(struct sock *s, int name, int n)
{
	uint32_t bit =
		name == SO_REUSEADDR ? BINDING_REUSEADDR : BINDING_REUSEPORT;

	switch (name) {
	case SO_REUSEADDR:
	case SO_REUSEPORT:
		s->reuse = n ? s->reuse | bit : s->reuse & ~bit;
		return push_reuse(s);
	case SO_BROADCAST:
		s->broadcast = n != 0;
		if (s->pcb)
			s->pcb->broadcast = s->broadcast;
		return 0;
	case SO_SNDBUF:
	case SO_RCVBUF:
	case SO_SNDBUFFORCE:
	case SO_RCVBUFFORCE:
		return set_buffer(s, name, n);
	case SO_TIMESTAMP:
	case SO_TIMESTAMPNS:
		s->recv_stamp = n != 0;
		s->recv_stamp_nano = n != 0 && name == SO_TIMESTAMPNS;
		return 0;
	default:
		/* SO_TYPE, SO_ERROR and their like are only read. */
		return -ENOPROTOOPT;
	}
}

/* SO_RCVTIMEO, SO_SNDTIMEO. */
static int set_timeout(struct sock *s, usecs *t, const void *value,
		       socklen_t len)
{
	int ret = set_timeval(t, value, len);

	sock_note_special(s);
	return ret;
}

static int set_socket_level(struct sock *s, int name, const void *value,
			    socklen_t len)
{
	int n;

	switch (name) {
	case SO_LINGER:
		return set_linger(s, value, len);
	case SO_RCVTIMEO:
		return set_timeout(s, &s->rcvtimeo, value, len);
	case SO_SNDTIMEO:
		return set_timeout(s, &s->sndtimeo, value, len);
	case SO_BINDTODEVICE:
		return sock_opt_set_device(s, value, len);
	default:
		break;
	}
	if (len < sizeof(n))
		return -EINVAL;
	memcpy(&n, value, sizeof(n));
	return set_socket_int(s, name, n);
}

int sock_opt_special_set(struct sock *s, int level, int name, const void *value,
			 socklen_t len)
{
	if (level == SOL_SOCKET)
		return set_socket_level(s, name, value, len);
	if (level == IPPROTO_TCP)
		return name == TCP_CONGESTION ? set_congestion(s, value, len)
					      : -ENOPROTOOPT;
	if (name == IP_MULTICAST_IF)
		return sock_opt_multicast_if(s, value, len);
	return -ENOPROTOOPT;
}
