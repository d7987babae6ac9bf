/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * host.c - replaces a stack socket by a kernel socket
 *
 * What this room is for
 *   Makes the kernel socket, replays what the program had set (an option is
 *   replayed when it differs from that of a fresh stack socket), the bound
 *   address, O_NONBLOCK and CLOEXEC, and the epoll memberships; then dup3()s it
 *   over every descriptor this process has for the socket.
 *
 * Never      is reached after a connection exists: connect and bind come first.
 * Proved by  integration/names.sh
 */

#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "wait/epoll.h"
#include "fd/fdtab.h"
#include "ground/raw.h"

enum { MEMBERSHIPS_MAX = 64, OPTION_MAX = 64 };

/* Sizes are reported doubled, as the kernel does; they are set halved. */
static const struct option {
	int level, name;
	bool is_doubled;
} options[] = {
	{SOL_SOCKET, SO_REUSEADDR, false},
	{SOL_SOCKET, SO_REUSEPORT, false},
	{SOL_SOCKET, SO_KEEPALIVE, false},
	{SOL_SOCKET, SO_BROADCAST, false},
	{SOL_SOCKET, SO_OOBINLINE, false},
	{SOL_SOCKET, SO_DONTROUTE, false},
	{SOL_SOCKET, SO_LINGER, false},
	{SOL_SOCKET, SO_PRIORITY, false},
	{SOL_SOCKET, SO_RCVTIMEO, false},
	{SOL_SOCKET, SO_SNDTIMEO, false},
	{SOL_SOCKET, SO_RCVLOWAT, false},
	{SOL_SOCKET, SO_TIMESTAMP, false},
	{SOL_SOCKET, SO_RCVBUF, true},
	{SOL_SOCKET, SO_SNDBUF, true},
	{IPPROTO_IP, IP_TTL, false},
	{IPPROTO_IP, IP_TOS, false},
	{IPPROTO_IP, IP_PKTINFO, false},
	{IPPROTO_IP, IP_RECVTTL, false},
	{IPPROTO_IP, IP_RECVTOS, false},
	{IPPROTO_IP, IP_RECVERR, false},
	{IPPROTO_IP, IP_MTU_DISCOVER, false},
	{IPPROTO_IP, IP_FREEBIND, false},
	{IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, false},
	{IPPROTO_IP, IP_MULTICAST_TTL, false},
	{IPPROTO_IP, IP_MULTICAST_LOOP, false},
	{IPPROTO_IPV6, IPV6_V6ONLY, false},
	{IPPROTO_IPV6, IPV6_UNICAST_HOPS, false},
	{IPPROTO_IPV6, IPV6_TCLASS, false},
	{IPPROTO_IPV6, IPV6_RECVPKTINFO, false},
	{IPPROTO_TCP, TCP_NODELAY, false},
	{IPPROTO_TCP, TCP_CORK, false},
	{IPPROTO_TCP, TCP_KEEPIDLE, false},
	{IPPROTO_TCP, TCP_KEEPINTVL, false},
	{IPPROTO_TCP, TCP_KEEPCNT, false},
	{IPPROTO_TCP, TCP_SYNCNT, false},
	{IPPROTO_TCP, TCP_LINGER2, false},
	{IPPROTO_TCP, TCP_DEFER_ACCEPT, false},
	{IPPROTO_TCP, TCP_USER_TIMEOUT, false},
};

static void replay_option(int to, sock_id s, sock_id fresh,
			  const struct option *o)
{
	char set[OPTION_MAX], usual[OPTION_MAX];
	socklen_t len = sizeof(set), usual_len = sizeof(usual);
	int value;

	if (stack_getsockopt(s, o->level, o->name, set, &len) ||
	    stack_getsockopt(fresh, o->level, o->name, usual, &usual_len))
		return;
	if (len == usual_len && !memcmp(set, usual, len))
		return;
	if (o->is_doubled && len == sizeof(value)) {
		memcpy(&value, set, sizeof(value));
		value /= 2;
		memcpy(set, &value, sizeof(value));
	}
	raw6(SYS_setsockopt, to, o->level, o->name, (long)set, (long)len, 0);
}

static void replay_options(int to, sock_id s)
{
	int protocol = 0;
	socklen_t len = sizeof(protocol);
	sock_id fresh;

	stack_getsockopt(s, SOL_SOCKET, SO_PROTOCOL, &protocol, &len);
	if (stack_socket(stack_family(s), stack_type(s), protocol, &fresh))
		return;
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		replay_option(to, s, fresh, &options[i]);
	stack_close(fresh);
}

/* Only an unspecified address can be the host's, too; the port may be taken
 * there, and then the kernel chooses one. */
static void replay_bind(int to, sock_id s)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&addr;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&addr;

	memset(&addr, 0, sizeof(addr));
	if (stack_getsockname(s, (struct sockaddr *)&addr, &len))
		return;
	if (addr.ss_family == AF_INET6
		    ? !v6->sin6_port || !IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr)
		    : !v4->sin_port || v4->sin_addr.s_addr != INADDR_ANY)
		return;
	raw3(SYS_bind, to, (long)&addr, (long)len);
}

struct replacement {
	fdtab_word word;
	int by;
};

static void replace(int fd, fdtab_word word, void *context)
{
	struct replacement *r = context;
	long flags;

	if (!fdtab_is_sock(word) || fdtab_id(word) != fdtab_id(r->word))
		return;
	flags = raw3(SYS_fcntl, fd, F_GETFD, 0);
	if (flags < 0)
		return;
	raw3(SYS_dup3, r->by, fd, flags & FD_CLOEXEC ? O_CLOEXEC : 0);
	fdtab_set(fd, FDTAB_KERNEL);
}

static void replay_membership(const struct stack_membership *m)
{
	struct epoll_event event = m->event;
	int epfd = fdtab_find(FDTAB_EPOLL | m->ep);

	if (epfd < 0)
		return;
	epoll_note_kernel_member(epfd);
	raw6(SYS_epoll_ctl, epfd, EPOLL_CTL_ADD, m->fd, (long)&event, 0, 0);
}

int host_take_over(int fd, sock_id s)
{
	struct stack_membership members[MEMBERSHIPS_MAX];
	struct replacement r = {.word = fdtab_load(fd)};
	int type = stack_type(s);
	int protocol = 0;
	socklen_t len = sizeof(protocol);
	size_t n;

	if (type < 0)
		return type;
	if (stack_is_nonblocking(s))
		type |= SOCK_NONBLOCK;
	stack_getsockopt(s, SOL_SOCKET, SO_PROTOCOL, &protocol, &len);
	r.by = (int)raw3(SYS_socket, stack_family(s), type | SOCK_CLOEXEC,
			 protocol);
	if (r.by < 0)
		return r.by;

	replay_options(r.by, s);
	replay_bind(r.by, s);
	n = stack_epoll_memberships(s, members, MEMBERSHIPS_MAX);
	fdtab_each(0, FDTAB_LIMIT - 1, replace, &r);
	for (size_t i = 0; i < n && i < MEMBERSHIPS_MAX; i++)
		replay_membership(&members[i]);
	raw1(SYS_close, r.by);
	return 0;
}
