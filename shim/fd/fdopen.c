/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * fdopen.c - fdopen(3), dprintf(3)
 *
 * What this room is for
 *   A stream on a stack socket is a cookie stream whose cookie is the number.
 *   It closes the descriptor with fclose(), refuses to seek as a socket does,
 *   and knows its number: fileno() looks at the stream's _fileno, which cookie
 *   streams have as well.
 *
 * Proved by  test-apps/fdopen_stdio.c
 * Never      changes a stream on anything else.
 */
#include "fdopen.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fdtab.h"
#include "ground/real.h"
#include "ground/ret.h"
#include "ground/shim.h"

/* The name that fortified programs call. */
int __dprintf_chk(int fd, int flag, const char *fmt, ...);

/* Numbers above are flushed by libc only, which may be too late. */
enum { STREAMS_MAX = 1024 };

static FILE *streams[STREAMS_MAX];

static void remember(int fd, FILE *f)
{
	if (fd < STREAMS_MAX)
		__atomic_store_n(&streams[fd], f, __ATOMIC_RELEASE);
}

void fdopen_flush(void)
{
	for (int fd = 0; fd < STREAMS_MAX; fd++) {
		FILE *f = __atomic_load_n(&streams[fd], __ATOMIC_ACQUIRE);

		if (f && __fpending(f) > 0)
			fflush_unlocked(f);
	}
}

static int number(void *cookie)
{
	return (int)(intptr_t)cookie;
}

static ssize_t read_cookie(void *cookie, char *buf, size_t len)
{
	return read(number(cookie), buf, len);
}

/* All of it, or -errno. */
static int write_all(int fd, const char *buf, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, buf, len);

		if (n < 0)
			return -errno;
		buf += n;
		len -= (size_t)n;
	}
	return 0;
}

/* stdio takes less than `len` for an error; errno says which. */
static ssize_t write_cookie(void *cookie, const char *buf, size_t len)
{
	return write_all(number(cookie), buf, len) == 0 ? (ssize_t)len : 0;
}

static int seek_cookie(void *cookie, off64_t *offset, int whence)
{
	(void)cookie;
	(void)offset;
	(void)whence;
	return (int)shim_ret(-ESPIPE);
}

static int close_cookie(void *cookie)
{
	remember(number(cookie), NULL);
	return close(number(cookie));
}

static FILE *open_cookie(int fd, const char *mode)
{
	static const cookie_io_functions_t calls = {
		.read = read_cookie,
		.write = write_cookie,
		.seek = seek_cookie,
		.close = close_cookie,
	};
	FILE *f = fopencookie((void *)(intptr_t)fd, mode, calls);

	if (!f)
		return NULL;
	f->_fileno = fd;
	remember(fd, f);
	return f;
}

SHIM_EXPORT FILE *fdopen(int fd, const char *mode)
{
	if (!fdtab_sock(fd))
		return REAL(fdopen)(fd, mode);

	return open_cookie(fd, mode);
}

/* What the old stream had not written yet goes where its number leads now, and
 * at the same pace. */
static void take_after(FILE *f, FILE *old)
{
	size_t n = __fpending(old);

	if (__fbufsize(old) == 1)
		setvbuf(f, NULL, _IONBF, 0);
	else if (__flbf(old))
		setvbuf(f, NULL, _IOLBF, 0);
	if (n > 0)
		fwrite_unlocked(old->_IO_write_base, 1, n, f);
	__fpurge(old);
}

void fdopen_redirect(int fd)
{
	static const char *const modes[] = {"r", "w", "w"};
	FILE **const standard[] = {&stdin, &stdout, &stderr};
	int saved = shim_errno_save();
	FILE *old, *f;

	if (fd > STDERR_FILENO || !fdtab_sock(fd))
		return;
	old = *standard[fd];
	/* It has another number, or something unread, or is ours already. */
	if (!old || old->_fileno != fd ||
	    (fd == STDIN_FILENO && old->_IO_read_ptr < old->_IO_read_end) ||
	    __atomic_load_n(&streams[fd], __ATOMIC_ACQUIRE) == old)
		return;
	f = open_cookie(fd, modes[fd]);
	if (f && fd == STDERR_FILENO)
		setvbuf(f, NULL, _IONBF, 0);
	if (f && fd != STDIN_FILENO)
		take_after(f, old);
	if (f)
		*standard[fd] = f;
	shim_errno_restore(saved);
}

void fdopen_adopt_standard(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		fdopen_redirect(fd);
}

SHIM_EXPORT int vdprintf(int fd, const char *fmt, va_list ap)
{
	char *text;
	int len;
	int ret;

	if (!fdtab_sock(fd))
		return REAL(vdprintf)(fd, fmt, ap);

	len = vasprintf(&text, fmt, ap);
	if (len < 0)
		return len;
	ret = write_all(fd, text, (size_t)len);
	free(text);
	return (int)shim_ret(ret < 0 ? ret : len);
}

SHIM_EXPORT int dprintf(int fd, const char *fmt, ...)
{
	va_list ap;
	int ret;

	va_start(ap, fmt);
	ret = vdprintf(fd, fmt, ap);
	va_end(ap);
	return ret;
}

/* libc's check of "%n" is lost on our sockets only, not on files. */
SHIM_EXPORT int __vdprintf_chk(int fd, int flag, const char *fmt, va_list ap)
{
	if (!fdtab_sock(fd))
		return REAL(__vdprintf_chk)(fd, flag, fmt, ap);
	return vdprintf(fd, fmt, ap);
}

SHIM_EXPORT int __dprintf_chk(int fd, int flag, const char *fmt, ...)
{
	va_list ap;
	int ret;

	va_start(ap, fmt);
	ret = __vdprintf_chk(fd, flag, fmt, ap);
	va_end(ap);
	return ret;
}
