/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * fcntl_flags.c - what fcntl() says about a socket
 *
 * What this app shows
 *   F_GETFL is O_RDWR and what was set, nothing else; F_SETFL ignores the
 *   access mode; F_GETFD; owners; what is refused; that locks do not work.
 */

#include "app.h"

#include <sys/stat.h>

static void flags(const char *when, int fd)
{
	int f = must(fcntl(fd, F_GETFL));

	say("%s: mode %d,%s%s%s%s", when, f & O_ACCMODE,
	    f & O_NONBLOCK ? " O_NONBLOCK" : "",
	    f & O_APPEND ? " O_APPEND" : "", f & O_ASYNC ? " O_ASYNC" : "",
	    f & ~(O_ACCMODE | O_NONBLOCK | O_APPEND | O_ASYNC) ? " more" : "");
}

int main(void)
{
	int fd = must(socket(AF_INET, SOCK_STREAM, 0));
	struct flock lock = {.l_type = F_WRLCK};
	struct stat st;

	flags("fresh", fd);
	flags("SOCK_NONBLOCK",
	      must(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0)));
	show(fcntl(fd, F_SETFL, O_NONBLOCK));
	flags("O_NONBLOCK", fd);
	show(fcntl(fd, F_SETFL, O_RDONLY));
	flags("O_RDONLY", fd);
	show(fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK));
	flags("O_APPEND", fd);
	show(fcntl(fd, F_SETFL, 0));
	flags("nothing", fd);
	show(fcntl(fd, F_GETFD));
	show(fcntl(fd, F_SETFD, FD_CLOEXEC));
	show(fcntl(fd, F_GETFD));
	show(fcntl(fd, F_SETFD, 0));
	show(fcntl(fd, F_GETFD));
	show(fcntl(fd, F_SETOWN, 0));
	show(fcntl(fd, F_GETOWN));
	say("owner: %d", must(fcntl(fd, F_SETOWN, getpid())) == 0 &&
				 fcntl(fd, F_GETOWN) == getpid());
	show(fcntl(fd, F_GETSIG));
	show(fcntl(fd, 9999));
	show(fcntl(-1, F_GETFL));
	show(lseek(fd, 0, SEEK_CUR));
	show(pread(fd, &st, 1, 0));
	show(pwrite(fd, &st, 1, 0));
	show(fcntl(fd, F_SETLK, &lock));
	show(ftruncate(fd, 0));
	show(fsync(fd));
	must(fstat(fd, &st));
	say("a socket: %s", S_ISSOCK(st.st_mode) ? "yes" : "no");
	say("a terminal: %s", isatty(fd) ? "yes" : strerrorname_np(errno));
	return 0;
}
