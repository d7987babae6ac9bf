/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * holder.c - the holders of our numbers, and whose they are
 *
 * What this room is for
 *   See holder.h. Names are made in holder_name.c.
 *
 * Proved by  fdtab_test.c
 */

#include "holder.h"

#include <errno.h>
#include <sys/stat.h>

#include "fdtab.h"
#include "ground/raw.h"

int holder_inode(int fd, uint64_t *inode)
{
	struct stat st;
	long ret = raw3(SYS_fstat, fd, (long)&st, 0);

	if (ret < 0)
		return (int)ret;
	if (!S_ISSOCK(st.st_mode))
		return -ENOTSOCK;
	*inode = st.st_ino;
	return 0;
}

int holder_tie(int fd, sock_id s)
{
	uint64_t inode = 0;
	int err = holder_inode(fd, &inode);

	if (!err)
		err = stack_set_inode(s, inode);
	if (!err)
		err = fdtab_set(fd, FDTAB_SOCK | s);
	if (err)
		raw1(SYS_close, fd);
	return err;
}
