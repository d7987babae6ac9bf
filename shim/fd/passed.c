/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * passed.c - the descriptors that travel in a message
 *
 * What this room is for
 *   Walks the control messages of a message. The kernel will refuse one whose
 *   length is impossible; we come before it, so the walk ends there.
 *
 * Never      allocates or calls the kernel.
 * Follows    cmsg(3), unix(7) SCM_RIGHTS.
 */

#include "passed.h"

#include <stddef.h>
#include <string.h>

void passed_each(const struct msghdr *msg, void (*visit)(int fd))
{
	const char *end = (const char *)msg->msg_control + msg->msg_controllen;
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(msg); c;
	     c = CMSG_NXTHDR((struct msghdr *)msg, c)) {
		size_t bytes;

		if (c->cmsg_len < CMSG_LEN(0) ||
		    c->cmsg_len > (size_t)(end - (const char *)c))
			return;
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		bytes = c->cmsg_len - CMSG_LEN(0);
		for (size_t at = 0; at + sizeof(int) <= bytes;
		     at += sizeof(int)) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + at, sizeof(fd));
			visit(fd);
		}
	}
}
