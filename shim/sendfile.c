/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sendfile.c - sendfile(2)
 *
 * What this room is for
 *   A file to one of our sockets, read and sent a piece at a time.
 *
 * Follows    sendfile(2): the offset moves by what was sent, or else the file's
 *            position does; a socket cannot be the source.
 */

#include <errno.h>
#include <sys/stat.h>

#include "bounce.h"
#include "fdtab.h"
#include "raw.h"
#include "real.h"
#include "ret.h"
#include "send.h"

/* Where the bytes are. */
struct source {
	int fd;
	off_t at;
};

/* One piece; 0 at the end of the file. */
static ssize_t send_piece(sock_id s, const struct source *from, char *buf,
			  size_t len)
{
	ssize_t n = raw6(SYS_pread64, from->fd, (long)buf, (long)len, from->at,
			 0, 0);

	return n > 0 ? send_flat(s, buf, (size_t)n, 0) : n;
}

static ssize_t copy(sock_id s, struct source *from, char *buf, size_t len)
{
	size_t done = 0;

	while (done < len) {
		size_t want = len - done;
		ssize_t n;

		if (want > BOUNCE_BYTES)
			want = BOUNCE_BYTES;
		n = send_piece(s, from, buf, want);
		if (n < 0)
			return done ? (ssize_t)done : n;
		done += (size_t)n;
		from->at += n;
		/* The file has ended, or the socket is full. */
		if ((size_t)n < want)
			break;
	}
	return (ssize_t)done;
}

/* How the kernel would refuse, and where to begin. */
static int look(struct source *from, const off_t *offset)
{
	struct stat st;
	long flags = raw3(SYS_fcntl, from->fd, F_GETFL, 0);
	long at;

	if (flags < 0 || (flags & O_ACCMODE) == O_WRONLY)
		return -EBADF;
	if (raw3(SYS_fstat, from->fd, (long)&st, 0))
		return -EBADF;
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return -EINVAL;
	if (offset) {
		from->at = *offset;
		return from->at < 0 ? -EINVAL : 0;
	}
	at = raw3(SYS_lseek, from->fd, 0, SEEK_CUR);
	from->at = at;
	return at < 0 ? (int)at : 0;
}

static ssize_t send_file(sock_id s, int in, off_t *offset, size_t len)
{
	struct source from = {.fd = in};
	char *buf;
	ssize_t n;
	int err;

	if (fdtab_sock(in))
		return -EINVAL;
	err = look(&from, offset);
	if (err)
		return err;
	buf = bounce_get();
	if (!buf)
		return -ENOMEM;
	n = copy(s, &from, buf, len);
	bounce_put(buf);
	if (n < 0)
		return n;
	if (offset)
		*offset = from.at;
	else
		raw3(SYS_lseek, in, from.at, SEEK_SET);
	return n;
}

SHIM_EXPORT ssize_t sendfile(int out, int in, off_t *offset, size_t len)
{
	sock_id s = fdtab_sock(out);

	if (s)
		return shim_ret(send_file(s, in, offset, len));
	if (fdtab_sock(in))
		return shim_ret(-EINVAL);
	return real.sendfile(out, in, offset, len);
}

SHIM_ALIAS(sendfile, sendfile64);
