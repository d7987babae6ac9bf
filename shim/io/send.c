/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * send.c - send(2), sendto(2), sendmsg(2), sendmmsg(2)
 *
 * What this room is for
 *   Sends on our sockets go to the stack; a blocking one returns when the stack
 *   has taken everything, or a count when something came between. All others
 *   go to libc untouched, except that a message which carries one of our
 *   descriptors to another process is noticed.
 *
 * Never      copies data: what is left of a vector goes on piece by piece.
 * Follows    send(2), sendmmsg(2), signal(7).
 * Proved by  test-apps/big_transfer.c
 */

#include "send.h"

#include <errno.h>
#include <limits.h>

#include "wait/block.h"
#include "ground/config.h"
#include "socket/connect.h"
#include "fd/fdtab.h"
#include "socket/host.h"
#include "fd/passed.h"
#include "ground/real.h"
#include "ground/ret.h"
#include "wait/signal.h"

enum {
	/* The kernel's bound on one call (MAX_RW_COUNT). */
	SEND_MAX = 0x7ffff000,
	/* UIO_MAXIOV. */
	MESSAGES_MAX = 1024,
};

/* What the call returns when `err` came after `done` bytes. */
static ssize_t give_up(sock_id s, size_t done, ssize_t err, int flags)
{
	if (done)
		return (ssize_t)done;
	if (err == -EPIPE && !(flags & MSG_NOSIGNAL) &&
	    stack_type(s) == SOCK_STREAM)
		signal_pipe();
	return err;
}

/* Goes on with a flat send that could not finish at once. */
static ssize_t go_on(struct block *b, const char *buf, size_t len, size_t done,
		     ssize_t n, int flags)
{
	for (;;) {
		if (n < 0 && n != -EAGAIN)
			return give_up(b->sock, done, n, flags);
		if (n > 0)
			done += (size_t)n;
		if (done >= len || block_is_refused(b->sock, flags))
			return done ? (ssize_t)done : n;
		n = block_wait(b, EPOLLOUT);
		if (n < 0)
			return give_up(b->sock, done, n, flags);
		n = stack_send(b->sock, buf + done, len - done, flags);
	}
}

ssize_t send_flat(sock_id s, const void *buf, size_t len, int flags)
{
	BLOCK(b, s, BLOCK_SENDING);
	ssize_t n;

	if (UNLIKELY(!buf && len))
		return -EFAULT;
	if (UNLIKELY(len > SEND_MAX))
		len = SEND_MAX;
	n = stack_send(s, buf, len, flags);
	if (LIKELY(n >= 0 && ((size_t)n == len || !len)))
		return n;
	if (n >= 0 && stack_type(s) != SOCK_STREAM)
		return n;
	return go_on(&b, buf, len, 0, n, flags);
}

/* The bytes of a vector, or -EINVAL. */
static ssize_t vector_length(const struct msghdr *msg)
{
	size_t sum = 0;

	if (msg->msg_iovlen > IOV_MAX)
		return -EMSGSIZE;
	if (!msg->msg_iov && msg->msg_iovlen)
		return -EFAULT;
	for (size_t i = 0; i < msg->msg_iovlen; i++) {
		if (msg->msg_iov[i].iov_len > (size_t)SSIZE_MAX - sum)
			return -EINVAL;
		sum += msg->msg_iov[i].iov_len;
	}
	return (ssize_t)sum;
}

/* The first `done` bytes of a stream message are taken; the rest goes on flat,
 * one part after the other. */
static ssize_t finish_vector(struct block *b, const struct msghdr *msg,
			     size_t done, int flags)
{
	size_t skip = done;

	for (size_t i = 0; i < msg->msg_iovlen; i++) {
		const struct iovec *v = &msg->msg_iov[i];
		size_t len = v->iov_len;
		ssize_t n;

		if (skip >= len) {
			skip -= len;
			continue;
		}
		n = go_on(b, v->iov_base, len, skip, 0, flags);
		if (n < 0)
			return (ssize_t)done;
		done += (size_t)n - skip;
		if ((size_t)n < len)
			return (ssize_t)done;
		skip = 0;
	}
	return (ssize_t)done;
}

ssize_t send_message(sock_id s, const struct msghdr *msg, int flags)
{
	BLOCK(b, s, BLOCK_SENDING);
	ssize_t len = vector_length(msg);
	ssize_t n;

	if (len < 0)
		return len;
	for (;;) {
		n = stack_sendmsg(s, msg, flags);
		if (n == len || (n >= 0 && (stack_type(s) != SOCK_STREAM ||
					    block_is_refused(s, flags))))
			return n;
		if (n > 0)
			return finish_vector(&b, msg, (size_t)n, flags);
		if ((n < 0 && n != -EAGAIN) || block_is_refused(s, flags))
			return give_up(s, 0, n, flags);
		n = block_wait(&b, EPOLLOUT);
		if (n < 0)
			return give_up(s, 0, n, flags);
	}
}

/* A datagram to a prefix of NSSHIM_HOST makes its socket the kernel's. */
static bool goes_to_host(int fd, sock_id s, const void *addr, socklen_t len)
{
	if (LIKELY(!addr) || stack_type(s) == SOCK_STREAM)
		return false;
	return config_is_host(addr, len) && host_take_over(fd, s) == 0;
}

/* Copies of our descriptors that travel in a message are held by others, too.
 * Before it is sent, because it may have arrived when sendmsg() returns. */
static void share_ours(int fd)
{
	fdtab_word word = fdtab_get(fd);

	if (!fdtab_is_ours(word))
		return;
	fdtab_share(fd);
	if (fdtab_is_sock(word))
		stack_note_in_flight(fdtab_id(word), 1);
}

static void take_back(int fd)
{
	sock_id s = fdtab_sock(fd);

	if (s)
		stack_note_in_flight(s, -1);
}

static void note_passed(const struct msghdr *msg, void (*note)(int fd))
{
	if (UNLIKELY(msg && msg->msg_control && shim_is_ready()))
		passed_each(msg, note);
}

static bool is_fast_open(sock_id s, int flags)
{
	return UNLIKELY(flags & MSG_FASTOPEN) && stack_type(s) == SOCK_STREAM;
}

/* tcp(7) MSG_FASTOPEN, as for a peer whose cookie is not known: the connection
 * first, and then the data. */
static ssize_t connect_and_send(int fd, sock_id s, const struct msghdr *msg,
				int flags)
{
	struct msghdr rest = *msg;
	int ret;

	if (config_is_host(msg->msg_name, msg->msg_namelen)) {
		ret = host_take_over(fd, s);
		return ret ? ret : shim_from_libc(real.sendmsg(fd, msg, flags));
	}
	ret = connect_ours(s, msg->msg_name, msg->msg_namelen, flags);
	if (ret < 0)
		return ret;
	rest.msg_name = NULL;
	rest.msg_namelen = 0;
	return send_message(s, &rest, flags & ~MSG_FASTOPEN);
}

SHIM_EXPORT ssize_t send(int fd, const void *buf, size_t len, int flags)
{
	sock_id s = fdtab_sock(fd);

	if (!s)
		return real.send(fd, buf, len, flags);
	return shim_ret(send_flat(s, buf, len, flags));
}

SHIM_ALIAS(send, __send);

SHIM_EXPORT ssize_t sendto(int fd, const void *buf, size_t len, int flags,
			   const struct sockaddr *addr, socklen_t addr_len)
{
	struct iovec iov = {.iov_base = (void *)buf, .iov_len = len};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	sock_id s = fdtab_sock(fd);

	if (!s || goes_to_host(fd, s, addr, addr_len))
		return real.sendto(fd, buf, len, flags, addr, addr_len);
	if (!addr)
		return shim_ret(send_flat(s, buf, len, flags));
	if (len > SEND_MAX)
		iov.iov_len = SEND_MAX;
	msg.msg_name = (void *)addr;
	msg.msg_namelen = addr_len;
	if (is_fast_open(s, flags))
		return shim_ret(connect_and_send(fd, s, &msg, flags));
	return shim_ret(send_message(s, &msg, flags));
}

SHIM_EXPORT ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	sock_id s = fdtab_sock(fd);
	ssize_t n;

	if (!s) {
		note_passed(msg, share_ours);
		n = real.sendmsg(fd, msg, flags);
		if (n < 0)
			note_passed(msg, take_back);
		return n;
	}
	if (!msg)
		return shim_ret(-EFAULT);
	if (goes_to_host(fd, s, msg->msg_name, msg->msg_namelen))
		return real.sendmsg(fd, msg, flags);
	if (is_fast_open(s, flags) && msg->msg_name)
		return shim_ret(connect_and_send(fd, s, msg, flags));
	return shim_ret(send_message(s, msg, flags));
}

static int pass_on(int fd, struct mmsghdr *msgs, unsigned int n, int flags)
{
	unsigned int max = n < MESSAGES_MAX ? n : MESSAGES_MAX;
	int sent;

	for (unsigned int i = 0; msgs && i < max; i++)
		note_passed(&msgs[i].msg_hdr, share_ours);
	sent = real.sendmmsg(fd, msgs, n, flags);
	for (unsigned int i = sent < 0 ? 0 : (unsigned int)sent;
	     msgs && i < max; i++)
		note_passed(&msgs[i].msg_hdr, take_back);
	return sent;
}

/* An error after the first message is a short count; the next call meets it. */
SHIM_EXPORT int sendmmsg(int fd, struct mmsghdr *msgs, unsigned int n,
			 int flags)
{
	sock_id s = fdtab_sock(fd);
	unsigned int i;

	if (!s)
		return pass_on(fd, msgs, n, flags);
	if (n && goes_to_host(fd, s, msgs->msg_hdr.msg_name,
			      msgs->msg_hdr.msg_namelen))
		return real.sendmmsg(fd, msgs, n, flags);

	for (i = 0; i < n && i < MESSAGES_MAX; i++) {
		ssize_t ret = send_message(s, &msgs[i].msg_hdr, flags);

		if (ret < 0)
			return (int)(i ? (ssize_t)i : shim_ret(ret));
		msgs[i].msg_len = (unsigned int)ret;
	}
	return (int)i;
}
