/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * keeps_capabilities.c - a server that changes its user, back, and for good
 *
 * What this app shows
 *   As FTP servers do: the capabilities that are still needed are kept over
 *   the change of the user, used to become root's once more, and given up. It
 *   talks over its sockets all the while, and a child does the same.
 */

#include "app.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { NOBODY = 65534 };

int capset(cap_user_header_t head, const cap_user_data_t data);

static int talk(int fd)
{
	struct sockaddr_in self;
	socklen_t len = sizeof(self);
	char c = 'x';

	must(getsockname(fd, SA(&self), &len));
	must(sendto(fd, &c, 1, 0, SA(&self), len));
	return (int)recv(fd, &c, 1, 0);
}

static int set_capabilities(uint32_t effective, uint32_t permitted)
{
	struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2] = {
		{.effective = effective, .permitted = permitted}};

	return capset(&head, data);
}

static void change_users(int fd)
{
	const uint32_t kept = 1u << CAP_SETUID | 1u << CAP_SETGID;

	show(setregid(NOBODY, NOBODY));
	show(setreuid(NOBODY, 0));
	show(set_capabilities(0, kept));
	show(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
	show(setreuid(NOBODY, NOBODY));
	show(set_capabilities(kept, kept));
	show(talk(fd));
	/* The C library ends a program whose threads differ here. */
	show(setresuid((uid_t)-1, 0, (uid_t)-1));
	show(syscall(SYS_prctl, PR_SET_KEEPCAPS, 0, 0, 0, 0));
	show(setresuid(NOBODY, NOBODY, NOBODY));
	show(setresuid((uid_t)-1, 0, (uid_t)-1));
	show(talk(fd));
}

static void by_a_child(int fd)
{
	int status;
	pid_t pid = (pid_t)must(fork());

	if (pid == 0) {
		change_users(fd);
		exit(0);
	}
	must(waitpid(pid, &status, 0));
	say("the child's status: %d", status);
}

int main(void)
{
	struct sockaddr_in any = on_loopback(0);
	int fd = must(socket(AF_INET, SOCK_DGRAM, 0));

	must(bind(fd, SA(&any), sizeof(any)));
	show(talk(fd));
	by_a_child(fd);
	change_users(fd);
	return 0;
}
