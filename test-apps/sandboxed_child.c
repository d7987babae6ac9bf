/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sandboxed_child.c - a process that gives up almost everything
 *
 * What this app shows
 *   After limits of one descriptor and no process, and a filter that knows only
 *   what an echo needs, the child still answers on the connection that it was
 *   given, waiting in poll() and in recv(); what it gave up stays given up.
 */

#include "app.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define ALLOW(call)                                                            \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1),                 \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static struct sock_filter filter[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	ALLOW(read),
	ALLOW(write),
	ALLOW(recvfrom),
	ALLOW(sendto),
	ALLOW(ppoll),
	ALLOW(poll),
	ALLOW(close),
	ALLOW(futex),
	ALLOW(exit_group),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
};

static int confine(bool by_syscall)
{
	struct sock_fprog program = {COUNT(filter), filter};
	struct rlimit one = {1, 1}, none = {0, 0};

	if (setrlimit(RLIMIT_NOFILE, &one) || setrlimit(RLIMIT_NPROC, &none) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	if (by_syscall)
		return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0,
				    &program);
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int child(int fd, bool by_syscall)
{
	struct pollfd p = {fd, POLLIN, 0};
	char buf[16];
	ssize_t n;

	if (confine(by_syscall))
		return 1;
	if (poll(&p, 1, APP_PATIENCE_MS) != 1 || p.revents != POLLIN)
		return 2;
	n = read(fd, buf, sizeof(buf));
	if (n <= 0 || write(fd, buf, (size_t)n) != n)
		return 3;
	n = recv(fd, buf, sizeof(buf), 0);
	if (n <= 0 || send(fd, buf, (size_t)n, 0) != n)
		return 4;
	if (syscall(SYS_getppid) != -1 || errno != EACCES)
		return 5;
	return 0;
}

static void run(const char *how, bool by_syscall)
{
	char buf[16] = "";
	int pair[2], status;
	pid_t pid;

	say("%s", how);
	tcp_pair(pair);
	pid = must(fork());
	if (pid == 0) {
		close(pair[0]);
		_exit(child(pair[1], by_syscall));
	}
	must(close(pair[1]));
	show(send(pair[0], "hello", 5, 0));
	show(recv(pair[0], buf, 5, MSG_WAITALL));
	show(send(pair[0], "again", 5, 0));
	show(recv(pair[0], buf, 5, MSG_WAITALL));
	say("echo: %s", buf);
	must(waitpid(pid, &status, 0));
	say("the child: %d, signal %d",
	    WIFEXITED(status) ? WEXITSTATUS(status) : -1,
	    WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	say("its end: %s", words(await_all(pair[0], POLLIN | POLLRDHUP)));
	must(close(pair[0]));
}

int main(void)
{
	run("prctl()", false);
	run("seccomp()", true);
	return 0;
}
