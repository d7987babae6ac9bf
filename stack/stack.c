/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * stack.c - the counter: socket calls, one turn each
 *
 * What this room is for
 *   Finds the socket behind a number, brackets the call in a turn, and hands
 *   it to the socket floor. What a call means is decided there.
 *
 * Comes in   the shim, from any thread.
 * Goes out   sock_*.c.
 * Never      sleeps; wait.c does.
 */

#include "stack.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "process/driver.h"
#include "socket/epset.h"
#include "ground/log.h"
#include "netlink/sock_netlink.h"
#include "socket/sock_packet.h"
#include "ground/sys.h"
#include "socket/turn.h"

/* Data calls with at least this much let the engine take what has arrived. */
enum { POKE_BYTES = 16 << 10 };

/* The stack thread comes with the first use of a socket in this process (a
 * forked child or an executed program may begin with an inherited one). */
static void need_driver(void)
{
	if (driver_start() < 0)
		log_warn("no stack thread: only waiting threads drive");
}

/* Enters a turn and finds the socket; NULL (and no turn) for a stale id. */
static struct sock *enter(sock_id id)
{
	struct stack *st;
	struct sock *s;

	if (!turn_stack)
		return NULL;
	need_driver();
	st = turn_enter();
	s = sock_find(st, id);
	if (!s)
		turn_leave(st);
	else if (s->conn)
		tcp_begin(s->conn);
	return s;
}

static void leave(void)
{
	turn_leave(turn_stack);
}

int stack_socket(int family, int type, int protocol, sock_id *out)
{
	struct stack *st;
	struct sock *s;
	int ret;

	if (!turn_stack)
		return -EAFNOSUPPORT;
	need_driver();
	st = turn_enter();
	ret = sock_new(st, family, type, protocol, &s);
	if (ret == 0) {
		sock_set_user(s, sys_geteuid());
		*out = s->id;
	}
	turn_leave(st);
	return ret;
}

int stack_close(sock_id id)
{
	struct sock *s = enter(id);

	if (!s)
		return -EBADF;
	sock_close(s);
	leave();
	return 0;
}

int stack_bind(sock_id id, const struct sockaddr *addr, socklen_t len)
{
	struct sock *s = enter(id);
	int ret;

	if (!s)
		return -EBADF;
	ret = sock_bind(s, addr, len);
	sock_update(s, 0);
	leave();
	return ret;
}

int stack_listen(sock_id id, int backlog)
{
	struct sock *s = enter(id);
	int ret;

	if (!s)
		return -EBADF;
	ret = s->conn ? sock_stream_listen(s, backlog) : -EOPNOTSUPP;
	leave();
	return ret;
}

int stack_accept(sock_id id, sock_id *out, struct sockaddr *addr,
		 socklen_t *len)
{
	struct sock *s = enter(id);
	struct sock *child;
	int ret;

	if (!s)
		return -EBADF;
	ret = s->conn ? sock_stream_accept(s, &child) : -EOPNOTSUPP;
	if (ret == 0) {
		struct endpoint remote = tcp_remote(child->conn);

		*out = child->id;
		sock_addr_out(child, &remote, addr, len);
		readiness_pass_on(&s->readiness, EPOLLIN);
	}
	leave();
	return ret;
}

void stack_pass_on(sock_id id)
{
	struct sock *s = enter(id);

	if (!s)
		return;
	readiness_pass_on(&s->readiness, EPOLLIN);
	leave();
}

int stack_connect(sock_id id, const struct sockaddr *addr, socklen_t len)
{
	struct sock *s = enter(id);
	int ret;

	if (!s)
		return -EBADF;
	ret = addr ? sock_connect(s, addr, len) : -EFAULT;
	leave();
	return ret;
}

int stack_shutdown(sock_id id, int how)
{
	struct sock *s = enter(id);
	int ret;

	if (!s)
		return -EBADF;
	if (s->nl || s->packet)
		ret = -EOPNOTSUPP;
	else
		ret = s->conn ? sock_stream_shutdown(s, how)
			      : sock_dgram_shutdown(s, how);
	leave();
	return ret;
}

int stack_getsockname(sock_id id, struct sockaddr *addr, socklen_t *len)
{
	struct sock *s = enter(id);
	int ret;

	if (!s)
		return -EBADF;
	ret = sock_local_name(s, addr, len);
	leave();
	return ret;
}

int stack_getpeername(sock_id id, struct sockaddr *addr, socklen_t *len)
{
	struct sock *s = enter(id);
	int ret;

	if (!s)
		return -EBADF;
	ret = sock_peer_name(s, addr, len);
	leave();
	return ret;
}

int stack_getsockopt(sock_id id, int level, int name, void *value,
		     socklen_t *len)
{
	struct sock *s = enter(id);
	int ret;

	if (!s)
		return -EBADF;
	/* Who only asks for a length gives no room. */
	ret = len && (value || *len == 0)
		      ? sock_opt_get(s, level, name, value, len)
		      : -EFAULT;
	leave();
	return ret;
}

int stack_setsockopt(sock_id id, int level, int name, const void *value,
		     socklen_t len)
{
	struct sock *s = enter(id);
	int ret;

	if (!s)
		return -EBADF;
	ret = value || len == 0 ? sock_opt_set(s, level, name, value, len)
				: -EFAULT;
	leave();
	return ret;
}

static ssize_t send_uio(struct sock *s, struct uio *u, const struct msghdr *msg,
			int flags)
{
	if (s->conn)
		return sock_stream_send(s, u, flags);
	if (s->nl)
		return sock_netlink_send(s, u, msg, flags);
	if (s->packet)
		return sock_packet_send(s, u, msg, flags);
	return sock_dgram_send(s, u, msg, flags);
}

ssize_t stack_sendmsg(sock_id id, const struct msghdr *msg, int flags)
{
	struct sock *s;
	struct uio u;
	ssize_t ret = uio_init(&u, msg->msg_iov, msg->msg_iovlen);

	if (ret < 0)
		return ret == -EINVAL && msg->msg_iovlen > IOV_MAX ? -EMSGSIZE
								   : ret;
	s = enter(id);
	if (!s)
		return -EBADF;
	ret = send_uio(s, &u, msg, flags);
	leave();
	return ret;
}

ssize_t stack_recvmsg(sock_id id, struct msghdr *msg, int flags)
{
	struct sock *s;
	struct uio u;
	ssize_t ret = uio_init(&u, msg->msg_iov, msg->msg_iovlen);

	if (ret < 0)
		return ret == -EINVAL && msg->msg_iovlen > IOV_MAX ? -EMSGSIZE
								   : ret;
	s = enter(id);
	if (!s)
		return -EBADF;
	if (s->conn) {
		ret = sock_stream_recv(s, &u, flags);
		if (ret >= 0) {
			msg->msg_namelen = 0;
			msg->msg_controllen = 0;
			msg->msg_flags = flags & MSG_OOB;
		}
	} else if (s->nl) {
		ret = sock_netlink_recv(s, &u, msg, flags);
	} else if (s->packet) {
		ret = sock_packet_recv(s, &u, msg, flags);
	} else {
		ret = sock_dgram_recv(s, &u, msg, flags);
	}
	leave();
	return ret;
}

ssize_t stack_send(sock_id id, const void *buf, size_t len, int flags)
{
	struct sock *s = enter(id);
	struct iovec iov;
	struct uio u;
	ssize_t ret;

	if (!s)
		return -EBADF;
	uio_flat(&u, &iov, (void *)(uintptr_t)buf, len);
	ret = send_uio(s, &u, NULL, flags);
	leave();
	if (len >= POKE_BYTES)
		driver_poke();
	return ret;
}

ssize_t stack_recv(sock_id id, void *buf, size_t len, int flags)
{
	struct sock *s = enter(id);
	struct iovec iov;
	struct uio u;
	ssize_t ret;

	if (!s)
		return -EBADF;
	uio_flat(&u, &iov, buf, len);
	if (s->conn)
		ret = sock_stream_recv(s, &u, flags);
	else if (s->nl)
		ret = sock_netlink_recv(s, &u, NULL, flags);
	else if (s->packet)
		ret = sock_packet_recv(s, &u, NULL, flags);
	else
		ret = sock_dgram_recv(s, &u, NULL, flags);
	leave();
	return ret;
}

int stack_map(sock_id id, size_t len, off_t offset, int *fd, off_t *at)
{
	struct sock *s = enter(id);
	uint64_t place = 0;
	int ret;

	if (!s)
		return -EBADF;
	/* Other sockets have nothing to map: socket(7). */
	ret = s->packet && offset == 0 ? sock_packet_map(s, len, &place)
				       : (s->packet ? -EINVAL : -ENODEV);
	*at = (off_t)place;
	*fd = arena_fd(s->stack->eng.arena);
	leave();
	return ret;
}

int stack_ioctl(sock_id id, unsigned long request, void *arg)
{
	struct sock *s = enter(id);
	int ret;

	if (!s)
		return -EBADF;
	ret = arg ? sock_ioctl(s, request, arg) : -EFAULT;
	leave();
	return ret;
}

int stack_type(sock_id id)
{
	struct sock *s = enter(id);
	int type;

	if (!s)
		return -EBADF;
	type = s->type;
	leave();
	return type;
}

int stack_family(sock_id id)
{
	struct sock *s = enter(id);
	int family;

	if (!s)
		return -EBADF;
	family = s->family;
	leave();
	return family;
}

/* The slot of a number that is not stale, without the lock; or NULL. */
static struct sock_slot *live_slot(sock_id id)
{
	struct sock_slot *slot =
		turn_stack ? sock_slot_of(turn_stack, id) : NULL;

	return slot && sock_slot_id(slot) == id ? slot : NULL;
}

bool stack_is_nonblocking(sock_id id)
{
	const struct sock_slot *slot = live_slot(id);

	if (!slot)
		return true;
	return __atomic_load_n(&slot->nonblocking, __ATOMIC_RELAXED);
}

void stack_set_nonblocking(sock_id id, bool on)
{
	struct sock_slot *slot = live_slot(id);

	if (slot)
		__atomic_store_n(&slot->nonblocking, on, __ATOMIC_RELAXED);
}

int stack_set_inode(sock_id id, uint64_t inode)
{
	struct sock *s = enter(id);
	int ret;

	if (!s)
		return -EBADF;
	ret = sock_set_inode(s, inode);
	leave();
	return ret;
}

sock_id stack_by_inode(uint64_t inode)
{
	struct stack *st;
	struct sock *s;
	sock_id id;

	if (!turn_stack)
		return 0;
	st = turn_enter();
	s = sock_by_inode(st, inode);
	id = s ? s->id : 0;
	turn_leave(st);
	return id;
}

/* Nearly always false: then a blocking call and a close need no turn to find
 * out that there is neither timeout nor linger. */
static bool is_special(sock_id id)
{
	struct sock_slot *slot = live_slot(id);

	return slot && __atomic_load_n(&slot->special, __ATOMIC_ACQUIRE);
}

/* A listener is not writable, nor is what is not connected yet. */
bool stack_is_empty(sock_id id)
{
	const uint32_t telling = EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLERR |
				 EPOLLHUP | EPOLLRDHUP;

	if (!turn_stack)
		return false;
	need_driver();
	return (stack_ready(id) & telling) == EPOLLOUT && !is_special(id);
}

uint64_t stack_timeout_us(sock_id id, bool sending)
{
	struct sock *s = is_special(id) ? enter(id) : NULL;
	usecs t;

	if (!s)
		return USECS_NEVER;
	t = sending ? s->sndtimeo : s->rcvtimeo;
	leave();
	return t;
}

uint64_t stack_linger_us(sock_id id)
{
	struct sock *s = is_special(id) ? enter(id) : NULL;
	usecs t;

	if (!s)
		return USECS_NEVER;
	t = s->conn ? s->linger : USECS_NEVER;
	leave();
	return t;
}

/* --- epoll sets ---------------------------------------------------------- */

int stack_epoll_new(sock_id *out)
{
	struct stack *st;
	struct epset *set;
	int ret;

	if (!turn_stack)
		return -ENOMEM;
	need_driver();
	st = turn_enter();
	ret = epset_new(st, &set);
	if (ret == 0)
		*out = set->id;
	turn_leave(st);
	return ret;
}

int stack_epoll_free(sock_id ep)
{
	struct stack *st;
	struct epset *set;

	if (!turn_stack)
		return -EBADF;
	st = turn_enter();
	set = epset_find(st, ep);
	if (set && family_drop(&set->holders))
		epset_free(set);
	turn_leave(st);
	return set ? 0 : -EBADF;
}

int stack_epoll_ctl(sock_id ep, int op, int fd, sock_id id,
		    const struct epoll_event *event)
{
	struct stack *st;
	struct epset *set;
	int ret = -EBADF;

	if (!turn_stack)
		return ret;
	st = turn_enter();
	set = epset_find(st, ep);
	if (set && !event && op != EPOLL_CTL_DEL)
		ret = -EFAULT;
	else if (set)
		ret = epset_ctl(set, op, fd, id, event);
	turn_leave(st);
	return ret;
}

size_t stack_epoll_memberships(sock_id id, struct stack_membership *out,
			       size_t max)
{
	struct sock *s = enter(id);
	size_t n;

	if (!s)
		return 0;
	n = epset_memberships(s, out, max);
	leave();
	return n;
}
