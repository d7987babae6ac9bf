/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sendfile.c - sendfile(2)
 *
 * What this room is for
 *   A file to one of our sockets, a piece at a time. A large piece is read
 *   into a buffer of the stack's, from which it goes out: one copy less than
 *   by a buffer of our own, which small ones and odd cases go through.
 *
 * Follows    sendfile(2): the offset moves by what was sent, or else the file's
 *            position does; a socket cannot be the source.
 */

#include <errno.h>
#include <sys/stat.h>

#include "wait/block.h"
#include "bounce.h"
#include "fd/fdtab.h"
#include "ground/raw.h"
#include "ground/real.h"
#include "ground/ret.h"
#include "send.h"
#include "wait/signal.h"

/* Where the bytes are. */
struct source {
	int fd;
	off_t at;
};

/* Below this a copy costs less than a turn to save it. */
enum { LEND_LEAST = 8 << 10 };

static ssize_t read_source(const struct source *from, void *buf, size_t len)
{
	return raw6(SYS_pread64, from->fd, (long)buf, (long)len, from->at, 0,
		    0);
}

/* Waits for room as any blocking send does; -EOPNOTSUPP: copy. */
static int borrow(struct block *b, size_t len, struct stack_lent *lent)
{
	for (;;) {
		int err = stack_lend(b->sock, len, lent);

		if (err != -EAGAIN || block_is_refused(b->sock, 0))
			return err;
		err = block_wait(b, EPOLLOUT);
		if (err)
			return err;
	}
}

/* One piece, read to where it is sent from. */
static ssize_t lend_piece(sock_id s, const struct source *from, size_t len)
{
	BLOCK(b, s, BLOCK_SENDING);
	struct stack_lent lent;
	ssize_t n, got;
	int err = borrow(&b, len, &lent);

	if (err)
		return err;
	got = read_source(from, lent.room, lent.len);
	n = stack_send_lent(&lent, got > 0 ? (size_t)got : 0, 0);
	if (n == -EPIPE)
		signal_pipe();
	return got > 0 ? n : got;
}

static ssize_t copy_piece(sock_id s, const struct source *from, char *buf,
			  size_t len)
{
	ssize_t n = read_source(from, buf, len);

	return n > 0 ? send_flat(s, buf, (size_t)n, 0) : n;
}

/* One piece; 0 at the end of the file. *buf is got when it is needed. */
static ssize_t send_piece(sock_id s, const struct source *from, char **buf,
			  size_t len)
{
	ssize_t n = -EOPNOTSUPP;

	if (len > BOUNCE_BYTES)
		len = BOUNCE_BYTES;
	if (len >= LEND_LEAST)
		n = lend_piece(s, from, len);
	if (n != -EOPNOTSUPP)
		return n;
	if (!*buf)
		*buf = bounce_get();
	return *buf ? copy_piece(s, from, *buf, len) : -ENOMEM;
}

static ssize_t send_all(sock_id s, struct source *from, size_t len)
{
	char *buf = NULL;
	size_t done = 0;
	ssize_t n = 0;

	while (done < len) {
		n = send_piece(s, from, &buf, len - done);
		/* The file has ended, or the socket is full. */
		if (n <= 0)
			break;
		done += (size_t)n;
		from->at += n;
	}
	if (buf)
		bounce_put(buf);
	return done ? (ssize_t)done : n;
}

/* How the kernel would refuse what has no offset or nothing to read, and where
 * to begin. */
static int look(struct source *from)
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
	at = raw3(SYS_lseek, from->fd, 0, SEEK_CUR);
	from->at = at;
	return at < 0 ? (int)at : 0;
}

static ssize_t send_file(sock_id s, int in, off_t *offset, size_t len)
{
	struct source from = {.fd = in};
	int err = 0;
	ssize_t n;

	if (fdtab_sock(in))
		return -EINVAL;
	/* With an offset, pread() refuses for the same reasons. */
	if (!offset || !len)
		err = look(&from);
	if (err)
		return err;
	if (offset)
		from.at = *offset;
	if (from.at < 0)
		return -EINVAL;
	n = send_all(s, &from, len);
	if (n < 0)
		return n == -EISDIR ? -EINVAL : n;
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
