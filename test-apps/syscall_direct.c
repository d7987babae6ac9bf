/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * syscall_direct.c - the same calls through syscall(2)
 *
 * What this app shows
 *   A program (libuv) that closes, sends, polls and duplicates by number
 *   reaches the same sockets as one that calls libc; errors come as -1 and
 *   errno; numbers that have nothing to do with sockets work as ever.
 */

#include "app.h"

#include <sys/epoll.h>
#include <sys/uio.h>

int main(void)
{
	struct sockaddr_in at;
	socklen_t len = sizeof(at);
	int door = (int)syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
	int fd, peer, copy, ep;
	char buf[16] = "";
	struct iovec iov = {buf, sizeof(buf)};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	struct epoll_event e = {EPOLLIN, {.u32 = 5}};
	struct pollfd p;

	at = on_loopback(0);
	show(syscall(SYS_bind, door, &at, sizeof(at)));
	show(syscall(SYS_listen, door, 3));
	show(syscall(SYS_getsockname, door, &at, &len));
	fd = show_fd(syscall(SYS_socket, AF_INET, SOCK_STREAM, 0));
	show(syscall(SYS_connect, fd, &at, sizeof(at)));
	peer = show_fd(syscall(SYS_accept4, door, NULL, NULL, SOCK_NONBLOCK));
	say("non-blocking: %d", is_nonblocking(peer));
	show(syscall(SYS_read, peer, buf, 1));
	show(syscall(SYS_sendto, fd, "abc", 3, 0, NULL, 0));
	await_bytes(peer, 3);
	show(syscall(SYS_recvfrom, peer, buf, 16, 0, NULL, NULL));
	show(syscall(SYS_write, fd, "de", 2));
	await_bytes(peer, 2);
	show(syscall(SYS_recvmsg, peer, &msg, 0));
	say("received %.2s", buf);
	copy = show_fd(syscall(SYS_dup, fd));
	show(syscall(SYS_close, fd));
	show(syscall(SYS_close, fd));
	show(write(fd, "x", 1));
	show(write(copy, "x", 1));
	p = (struct pollfd){peer, POLLIN, 0};
	show(syscall(SYS_poll, &p, 1, APP_PATIENCE_MS));
	ep = show_fd(syscall(SYS_epoll_create1, 0));
	show(syscall(SYS_epoll_ctl, ep, EPOLL_CTL_ADD, peer, &e));
	show(syscall(SYS_epoll_wait, ep, &e, 1, APP_PATIENCE_MS));
	show(syscall(SYS_shutdown, copy, SHUT_WR));
	await_all(peer, POLLRDHUP);
	show(syscall(SYS_fcntl, peer, F_SETFL, 0));
	say("non-blocking: %d", is_nonblocking(peer));
	say("dup3: %d",
	    syscall(SYS_dup3, STDERR_FILENO, peer, O_CLOEXEC) == peer);
	show(send(peer, "x", 1, 0));
	await_all(copy, POLLRDHUP);
	show(syscall(SYS_close_range, copy, copy, 0));
	show(read(copy, buf, 1));
	show(syscall(SYS_getpid) == getpid());
	show(syscall(SYS_close, -1));
	show(syscall(999999));
	return 0;
}
