/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * pidfds.c - process descriptors: hearing of the end of the family's processes
 *
 * What this room is for
 *   See pidfds.h. The descriptors are our own (ownfd.h): programs that close
 *   everything spare them.
 *
 * Proved by  pidfds_test.c, integration/family.sh, integration/keeper.sh
 */
#include "pidfds.h"

#include <errno.h>
#include <string.h>

#include "ground/log.h"
#include "ground/sys.h"
#include "socket/ownfd.h"

/* Of this process, entry by entry. */
static int watched[LIMIT_FAMILY]; /* pid, or 0: nobody */
static int pidfds[LIMIT_FAMILY];

bool pidfds_watch(uint32_t i, int pid)
{
	struct ownfd_opening o;
	int fd;

	if (watched[i] == pid)
		return true;
	pidfds_forget(i);
	ownfd_open_begin(&o);
	fd = (int)sys_call3(SYS_pidfd_open, pid, 0, 0);
	if (fd >= 0) {
		pidfds[i] = fd;
		watched[i] = pid;
		ownfd_adopt(&pidfds[i]);
	}
	ownfd_open_end(&o);
	if (fd < 0 && fd != -ESRCH)
		log_warn("cannot watch process %d: %s", pid, strerror(-fd));
	return fd != -ESRCH;
}

void pidfds_forget(uint32_t i)
{
	if (!watched[i])
		return;
	watched[i] = 0;
	ownfd_forget(&pidfds[i]);
	sys_close(pidfds[i]);
}

bool pidfds_has_ended(uint32_t i)
{
	struct timespec zero = {0, 0};
	struct pollfd fd = {pidfds[i], POLLIN, 0};

	return watched[i] && sys_ppoll(&fd, 1, &zero, NULL) > 0;
}

nfds_t pidfds_list(struct pollfd *fds, uint32_t *who)
{
	nfds_t n = 0;

	for (uint32_t i = 1; i < LIMIT_FAMILY; i++) {
		if (!watched[i])
			continue;
		if (who)
			who[n] = i;
		fds[n++] = (struct pollfd){pidfds[i], POLLIN, 0};
	}
	return n;
}

void pidfds_after_fork_in_child(void)
{
	for (uint32_t i = 0; i < LIMIT_FAMILY; i++)
		pidfds_forget(i);
}
