/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * udp_connected_refused.c - the error that comes back to a connected socket
 *
 * What this app shows
 *   A port unreachable becomes ECONNREFUSED, once: in recv(), in send() or in
 *   SO_ERROR; poll() says ERR. An unconnected socket hears nothing, unless it
 *   asked with IP_RECVERR, and then finds the rest in the error queue.
 */

#include "app.h"

#include <linux/errqueue.h>

static struct sockaddr_in nobody;

static void error_queue(int fd)
{
	char buf[8], control[256];
	struct sockaddr_in to;
	struct iovec iov = {buf, sizeof(buf)};
	struct msghdr msg = {.msg_name = &to,
			     .msg_namelen = sizeof(to),
			     .msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control,
			     .msg_controllen = sizeof(control)};
	ssize_t n = must(recvmsg(fd, &msg, MSG_ERRQUEUE));
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	struct sock_extended_err ee;

	memcpy(&ee, CMSG_DATA(c), sizeof(ee));
	say("error queue: %zd bytes, MSG_ERRQUEUE %d, to the same: %d", n,
	    (msg.msg_flags & MSG_ERRQUEUE) != 0,
	    to.sin_port == nobody.sin_port);
	say("level %d type %d: %s, origin %d, type %d, code %d",
	    c->cmsg_level == IPPROTO_IP, c->cmsg_type == IP_RECVERR,
	    strerrorname_np((int)ee.ee_errno), ee.ee_origin, ee.ee_type,
	    ee.ee_code);
}

int main(void)
{
	struct sockaddr_in mine;
	int fd = bound(SOCK_DGRAM, &mine), on = 1;
	char c;

	must(close(bound(SOCK_DGRAM, &nobody)));
	show(connect(fd, SA(&nobody), sizeof(nobody)));
	show(send(fd, "x", 1, 0));
	say("poll: %s", words(await_all(fd, POLLERR)));
	show(recv(fd, &c, 1, MSG_DONTWAIT));
	show(recv(fd, &c, 1, MSG_DONTWAIT));
	show(send(fd, "x", 1, 0));
	await_all(fd, POLLERR);
	show(send(fd, "x", 1, 0));
	show(send(fd, "x", 1, 0));
	await_all(fd, POLLERR);
	say("SO_ERROR: %s", so_error(fd));
	say("SO_ERROR: %s", so_error(fd));

	fd = bound(SOCK_DGRAM, &mine);
	show(sendto(fd, "x", 1, 0, SA(&nobody), sizeof(nobody)));
	say("unconnected: %s", words(state(fd)));
	show(recv(fd, &c, 1, MSG_DONTWAIT));
	show(recv(fd, &c, 1, MSG_DONTWAIT | MSG_ERRQUEUE));
	must(setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on)));
	show(sendto(fd, "xyz", 3, 0, SA(&nobody), sizeof(nobody)));
	say("with IP_RECVERR: %s", words(await_all(fd, POLLERR)));
	error_queue(fd);
	say("afterwards: %s", words(state(fd)));
	return 0;
}
