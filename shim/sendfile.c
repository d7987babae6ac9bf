/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sendfile.c - sendfile(2), splice(2)
 *
 * What this room is for
 *   A file to one of our sockets: mapped a window at a time and sent from
 *   there, so that the stack's copy is the only one; what cannot be mapped is
 *   read into a buffer on the stack. splice() on our sockets is refused with
 *   EINVAL, as by any file that cannot splice, and callers copy themselves.
 *
 * Follows    sendfile(2): the offset moves by what was sent, or else the file's
 *            position does; a socket cannot be the source.
 */

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "fdtab.h"
#include "raw.h"
#include "real.h"
#include "ret.h"
#include "send.h"

enum {
	WINDOW_BYTES = 4 << 20,
	BUFFER_BYTES = 64 << 10,
	PAGE_BYTES = 4096,
	/* Less than this is cheaper read than mapped. */
	SMALL_BYTES = 64 << 10,
};

/* Where the bytes are. */
struct source {
	int fd;
	off_t at;
	off_t size; /* of a regular file; 0: it cannot be mapped */
};

/* One piece through a buffer. 0 at the end of the file. */
static ssize_t send_read(sock_id s, struct source *from, size_t len)
{
	char buf[BUFFER_BYTES];
	ssize_t n;

	if (len > sizeof(buf))
		len = sizeof(buf);
	n = raw6(SYS_pread64, from->fd, (long)buf, (long)len, from->at, 0, 0);
	return n > 0 ? send_flat(s, buf, (size_t)n, 0) : n;
}

/* One piece from the page cache. */
static ssize_t send_mapped(sock_id s, struct source *from, size_t len)
{
	off_t start = from->at & ~(off_t)(PAGE_BYTES - 1);
	size_t lead = (size_t)(from->at - start);
	ssize_t n;
	long map;

	if (from->at >= from->size)
		return 0;
	if ((off_t)len > from->size - from->at)
		len = (size_t)(from->size - from->at);
	if (len > WINDOW_BYTES)
		len = WINDOW_BYTES;
	map = raw6(SYS_mmap, 0, (long)(lead + len), PROT_READ, MAP_SHARED,
		   from->fd, start);
	if (map < 0 && map > -PAGE_BYTES) {
		from->size = 0;
		return send_read(s, from, len);
	}
	n = send_flat(s, (const char *)map + lead, len, 0);
	raw3(SYS_munmap, map, (long)(lead + len), 0);
	return n;
}

static ssize_t copy(sock_id s, struct source *from, size_t len)
{
	size_t done = 0;

	while (done < len) {
		size_t want = len - done;
		size_t most = from->size ? WINDOW_BYTES : BUFFER_BYTES;
		ssize_t n;

		n = from->size && want >= SMALL_BYTES
			    ? send_mapped(s, from, want)
			    : send_read(s, from, want);
		if (n < 0)
			return done ? (ssize_t)done : n;
		if (n == 0)
			break;
		done += (size_t)n;
		from->at += n;
		/* Less than asked: end of file, or the socket is full. */
		if ((size_t)n < want && (size_t)n < most &&
		    (!from->size || from->at < from->size) &&
		    stack_is_nonblocking(s))
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
	from->size = S_ISREG(st.st_mode) ? st.st_size : 0;
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
	ssize_t n;
	int err;

	if (fdtab_sock(in))
		return -EINVAL;
	err = look(&from, offset);
	if (err)
		return err;
	n = copy(s, &from, len);
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

SHIM_EXPORT ssize_t splice(int in, off64_t *in_at, int out, off64_t *out_at,
			   size_t len, unsigned int flags)
{
	if (fdtab_sock(in) || fdtab_sock(out))
		return shim_ret(-EINVAL);
	return REAL(splice)(in, in_at, out, out_at, len, flags);
}
