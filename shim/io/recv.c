/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * recv.c - recv(2), recvfrom(2), recvmsg(2), recvmmsg(2)
 *
 * What this room is for
 *   Receives on our sockets come from the stack, sleeping when nothing is
 *   there. All others go to libc untouched; descriptors that arrive over
 *   AF_UNIX may be anything, so their slots become unknown.
 *
 * Follows    recv(2), recvmmsg(2), signal(7), unix(7).
 * Proved by  test-apps/sendmsg_recvmsg.c
 */

#include "recv.h"

#include <errno.h>
#include <limits.h>

#include "wait/block.h"
#include "fd/fdtab.h"
#include "fd/passed.h"
#include "ground/real.h"
#include "ground/ret.h"

enum {
	/* The kernel's bound on one call (MAX_RW_COUNT). */
	RECV_MAX = 0x7ffff000,
	/* UIO_MAXIOV. */
	MESSAGES_MAX = 1024,
	/* Neither of them ever sleeps. */
	NEVER_BLOCKS = MSG_ERRQUEUE | MSG_OOB,
};

/* Is the call to go on until the buffer is full? */
static bool wants_all(sock_id s, int flags)
{
	return UNLIKELY(flags & MSG_WAITALL) &&
	       !(flags & (MSG_PEEK | NEVER_BLOCKS)) &&
	       stack_type(s) == SOCK_STREAM;
}

/* Waits for data after -EAGAIN. 0: ask again; else what the call returns. */
static int wait_for_data(struct block *b, int flags)
{
	if ((flags & NEVER_BLOCKS) || block_is_refused(b->sock, flags))
		return -EAGAIN;
	return block_wait(b, EPOLLIN);
}

/* A question without a turn, where the answer is likely that nothing is there:
 * a request was sent a moment ago, or a program reads until it hears so. */
static bool is_empty(sock_id s, int flags)
{
	return !(flags & NEVER_BLOCKS) && stack_is_empty(s);
}

static ssize_t receive(struct block *b, char *buf, size_t len, int flags)
{
	size_t done = 0;
	ssize_t n;

	for (;;) {
		n = -EAGAIN;
		if (!is_empty(b->sock, flags))
			n = stack_recv(b->sock, buf + done, len - done, flags);
		if (n > 0 && done + (size_t)n < len &&
		    wants_all(b->sock, flags)) {
			done += (size_t)n;
			continue;
		}
		if (n >= 0)
			return (ssize_t)done + n;
		if (n == -EAGAIN)
			n = wait_for_data(b, flags);
		if (n < 0)
			return done ? (ssize_t)done : n;
	}
}

ssize_t recv_flat(sock_id s, void *buf, size_t len, int flags)
{
	BLOCK(b, s, BLOCK_RECEIVING);

	if (UNLIKELY(!buf && len && !(flags & MSG_TRUNC)))
		return -EFAULT;
	return receive(&b, buf, len > RECV_MAX ? RECV_MAX : len, flags);
}

static bool is_valid_vector(const struct msghdr *msg, size_t *len)
{
	size_t sum = 0;

	for (size_t i = 0; i < msg->msg_iovlen; i++) {
		if (msg->msg_iov[i].iov_len > (size_t)SSIZE_MAX - sum)
			return false;
		sum += msg->msg_iov[i].iov_len;
	}
	*len = sum;
	return true;
}

/* MSG_WAITALL: the rest of the vector, one part after the other. */
static size_t fill(struct block *b, const struct msghdr *msg, size_t done,
		   int flags)
{
	size_t skip = done;

	for (size_t i = 0; i < msg->msg_iovlen; i++) {
		const struct iovec *v = &msg->msg_iov[i];
		ssize_t n;

		if (skip >= v->iov_len) {
			skip -= v->iov_len;
			continue;
		}
		n = receive(b, (char *)v->iov_base + skip, v->iov_len - skip,
			    flags);
		if (n <= 0)
			break;
		done += (size_t)n;
		if ((size_t)n < v->iov_len - skip)
			break;
		skip = 0;
	}
	return done;
}

static ssize_t receive_message(struct block *b, struct msghdr *msg, int flags)
{
	socklen_t name_len = msg->msg_namelen;
	size_t control_len = msg->msg_controllen;
	size_t len = 0;
	ssize_t n;

	if (msg->msg_iovlen > IOV_MAX)
		return -EMSGSIZE;
	if (!msg->msg_iov && msg->msg_iovlen)
		return -EFAULT;
	if (!is_valid_vector(msg, &len))
		return -EINVAL;
	for (;;) {
		msg->msg_namelen = name_len;
		msg->msg_controllen = control_len;
		n = -EAGAIN;
		if (!is_empty(b->sock, flags))
			n = stack_recvmsg(b->sock, msg, flags);
		if (n > 0 && (size_t)n < len && wants_all(b->sock, flags))
			return (ssize_t)fill(b, msg, (size_t)n, flags);
		if (n != -EAGAIN)
			return n;
		n = wait_for_data(b, flags);
		if (n < 0)
			return n;
	}
}

ssize_t recv_message(sock_id s, struct msghdr *msg, int flags)
{
	BLOCK(b, s, BLOCK_RECEIVING);

	return receive_message(&b, msg, flags);
}

/* What arrived with the message may be sockets of ours, or may have numbers
 * that were ours. */
static void adopt(int fd)
{
	sock_id s;

	fdtab_forget(fd);
	s = fdtab_sock(fd);
	if (s)
		stack_note_in_flight(s, -1);
}

/* The original stays in its message. */
static void adopt_copy(int fd)
{
	fdtab_forget(fd);
	fdtab_get(fd);
}

static void adopt_received(const struct msghdr *msg, int flags)
{
	int saved;

	if (LIKELY(!msg->msg_control || !msg->msg_controllen))
		return;
	saved = shim_errno_save();
	passed_each(msg, flags & MSG_PEEK ? adopt_copy : adopt);
	shim_errno_restore(saved);
}

SHIM_EXPORT ssize_t recv(int fd, void *buf, size_t len, int flags)
{
	sock_id s = fdtab_sock(fd);

	if (!s)
		return real.recv(fd, buf, len, flags);
	return shim_ret(recv_flat(s, buf, len, flags));
}

SHIM_EXPORT ssize_t recvfrom(int fd, void *buf, size_t len, int flags,
			     struct sockaddr *addr, socklen_t *addr_len)
{
	struct iovec iov = {.iov_base = buf, .iov_len = len};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	sock_id s = fdtab_sock(fd);
	ssize_t n;

	if (!s)
		return real.recvfrom(fd, buf, len, flags, addr, addr_len);
	if (!addr || !addr_len)
		return shim_ret(recv_flat(s, buf, len, flags));
	if (len > RECV_MAX)
		iov.iov_len = RECV_MAX;
	msg.msg_name = addr;
	msg.msg_namelen = *addr_len;
	n = recv_message(s, &msg, flags);
	if (n >= 0)
		*addr_len = msg.msg_namelen;
	return shim_ret(n);
}

SHIM_EXPORT ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	sock_id s = fdtab_sock(fd);
	ssize_t n;

	if (!s) {
		n = real.recvmsg(fd, msg, flags);
		if (n >= 0)
			adopt_received(msg, flags);
		return n;
	}
	if (!msg)
		return shim_ret(-EFAULT);
	return shim_ret(recv_message(s, msg, flags));
}

/* The time left, as recvmmsg() leaves it: looked at after each datagram only,
 * because that is what Linux does. */
static bool is_over(struct timespec *timeout, uint64_t deadline)
{
	uint64_t now = stack_now();
	uint64_t left = deadline > now ? deadline - now : 0;

	timeout->tv_sec = (time_t)(left / 1000000);
	timeout->tv_nsec = (long)(left % 1000000) * 1000;
	return left == 0;
}

static int receive_many(sock_id s, struct mmsghdr *msgs, unsigned int n,
			int flags, struct timespec *timeout)
{
	BLOCK(b, s, BLOCK_RECEIVING);
	uint64_t deadline = 0;
	unsigned int i;

	if (timeout) {
		if (timeout->tv_sec < 0 || timeout->tv_nsec < 0 ||
		    timeout->tv_nsec > 999999999)
			return -EINVAL;
		deadline = stack_now() + (uint64_t)timeout->tv_sec * 1000000 +
			   (uint64_t)timeout->tv_nsec / 1000;
	}
	for (i = 0; i < n && i < MESSAGES_MAX; i++) {
		ssize_t ret;

		b.is_armed = false;
		ret = receive_message(&b, &msgs[i].msg_hdr,
				      flags & ~MSG_WAITFORONE);
		if (ret < 0)
			return i ? (int)i : (int)ret;
		msgs[i].msg_len = (unsigned int)ret;
		if (flags & MSG_WAITFORONE)
			flags |= MSG_DONTWAIT;
		if (timeout && is_over(timeout, deadline))
			return (int)i + 1;
	}
	return (int)i;
}

SHIM_EXPORT int recvmmsg(int fd, struct mmsghdr *msgs, unsigned int n,
			 int flags, struct timespec *timeout)
{
	sock_id s = fdtab_sock(fd);
	int ret;

	if (s)
		return (int)shim_ret(receive_many(s, msgs, n, flags, timeout));
	ret = real.recvmmsg(fd, msgs, n, flags, timeout);
	for (int i = 0; i < ret; i++)
		adopt_received(&msgs[i].msg_hdr, flags);
	return ret;
}
