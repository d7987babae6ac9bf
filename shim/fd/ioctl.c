/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * ioctl.c - ioctl(2), sockatmark(3)
 *
 * What this room is for
 *   On our sockets: FIONBIO is the socket's, what concerns the descriptor or
 *   its owner is the holder's, and the rest (FIONREAD, SIOCATMARK, SIOCGIF*) is
 *   the stack's.
 *
 * Follows    ioctl(2), socket(7), tcp(7), netdevice(7).
 */

#include <errno.h>
#include <linux/sockios.h>
#include <stdarg.h>

#include "fdtab.h"
#include "ground/real.h"
#include "ground/ret.h"

static bool is_holders(unsigned long request)
{
	return request == FIOCLEX || request == FIONCLEX ||
	       request == FIOASYNC || request == FIOSETOWN ||
	       request == SIOCSPGRP || request == FIOGETOWN ||
	       request == SIOCGPGRP;
}

static int set_nonblocking(sock_id s, const int *on)
{
	if (!on)
		return -EFAULT;
	stack_set_nonblocking(s, *on != 0);
	return 0;
}

SHIM_EXPORT int ioctl(int fd, unsigned long request, ...)
{
	sock_id s = fdtab_sock(fd);
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);

	if (!s || is_holders(request))
		return real.ioctl(fd, request, arg);
	if (request == FIONBIO)
		return (int)shim_ret(set_nonblocking(s, arg));
	return (int)shim_ret(stack_ioctl(s, request, arg));
}

/* libc's own asks the kernel behind our back. */
SHIM_EXPORT int sockatmark(int fd)
{
	int is_at = 0;

	return ioctl(fd, SIOCATMARK, &is_at) < 0 ? -1 : is_at;
}
