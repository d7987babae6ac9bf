/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * splice.c - splice(2)
 *
 * What this room is for
 *   Between a pipe and one of our sockets, by copying. Nothing is taken from
 *   one side before the other has it: a pipe is looked into with tee(), a
 *   socket with MSG_PEEK, and what was passed on is then thrown away.
 *
 * Follows    splice(2), tee(2).
 */

#include <errno.h>
#include <poll.h>
#include <sys/stat.h>

#include "bounce.h"
#include "fd/fdtab.h"
#include "ground/raw.h"
#include "ground/real.h"
#include "recv.h"
#include "ground/ret.h"
#include "send.h"

enum { PIPE_ROOM_BYTES = 4096 };

static bool is_pipe(int fd)
{
	struct stat st;

	return raw3(SYS_fstat, fd, (long)&st, 0) == 0 && S_ISFIFO(st.st_mode);
}

/* Reads `len` bytes, which are known to be there. */
static void discard(int fd, char *buf, size_t len)
{
	while (len > 0) {
		long n = raw3(SYS_read, fd, (long)buf,
			      (long)(len < BOUNCE_BYTES ? len : BOUNCE_BYTES));

		if (n <= 0)
			return;
		len -= (size_t)n;
	}
}

static ssize_t pipe_to_sock(int in, sock_id s, char *buf, size_t len,
			    unsigned int flags)
{
	int more = flags & SPLICE_F_MORE ? MSG_MORE : 0;
	int copy[2];
	ssize_t n = raw3(SYS_pipe2, (long)copy, O_CLOEXEC, 0);

	if (n < 0)
		return n;
	n = raw6(SYS_tee, in, copy[1], (long)len, flags & SPLICE_F_NONBLOCK, 0,
		 0);
	if (n > 0)
		n = raw3(SYS_read, copy[0], (long)buf, n);
	if (n > 0)
		n = send_flat(s, buf, (size_t)n, more);
	if (n > 0)
		discard(in, buf, (size_t)n);
	raw1(SYS_close, copy[0]);
	raw1(SYS_close, copy[1]);
	return n;
}

/* How much the pipe takes without blocking; a whole piece when it may block. */
static ssize_t room_in(int out, unsigned int flags)
{
	struct pollfd p = {.fd = out, .events = POLLOUT};
	struct timespec now = {0, 0};

	if (!(flags & SPLICE_F_NONBLOCK))
		return BOUNCE_BYTES;
	if (raw6(SYS_ppoll, (long)&p, 1, (long)&now, 0, 8, 0) != 1)
		return -EAGAIN;
	return PIPE_ROOM_BYTES;
}

static ssize_t sock_to_pipe(sock_id s, int out, char *buf, size_t len,
			    unsigned int flags)
{
	int dontwait = flags & SPLICE_F_NONBLOCK ? MSG_DONTWAIT : 0;
	ssize_t n = room_in(out, flags);

	if (n < 0)
		return n;
	if (len > (size_t)n)
		len = (size_t)n;
	n = recv_flat(s, buf, len, MSG_PEEK | dontwait);
	if (n > 0)
		n = raw3(SYS_write, out, (long)buf, n);
	if (n > 0)
		recv_flat(s, buf, (size_t)n, MSG_DONTWAIT);
	return n;
}

static ssize_t splice_ours(int in, const off64_t *in_at, int out,
			   const off64_t *out_at, size_t len,
			   unsigned int flags)
{
	sock_id from = fdtab_sock(in), to = fdtab_sock(out);
	char *buf;
	ssize_t n;

	if (in_at || out_at || !is_pipe(from ? out : in))
		return -EINVAL;
	if (!len)
		return 0;
	buf = bounce_get();
	if (!buf)
		return -ENOMEM;
	if (len > BOUNCE_BYTES)
		len = BOUNCE_BYTES;
	n = from ? sock_to_pipe(from, out, buf, len, flags)
		 : pipe_to_sock(in, to, buf, len, flags);
	bounce_put(buf);
	return n;
}

SHIM_EXPORT ssize_t splice(int in, off64_t *in_at, int out, off64_t *out_at,
			   size_t len, unsigned int flags)
{
	if (fdtab_sock(in) || fdtab_sock(out))
		return shim_ret(
			splice_ours(in, in_at, out, out_at, len, flags));
	return REAL(splice)(in, in_at, out, out_at, len, flags);
}
