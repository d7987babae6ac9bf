/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * shutdown_semantics.c - shutdown() in every situation
 *
 * What this app shows
 *   What it refuses; what reading and writing mean after each of its three
 *   ways; that it wakes a thread blocked in recv() or accept().
 */

#include "app.h"

static volatile pid_t sleeper;

static void refused(void)
{
	struct sockaddr_in at;
	int tcp = must(socket(AF_INET, SOCK_STREAM, 0));
	int udp = bound(SOCK_DGRAM, &at);

	show(shutdown(tcp, SHUT_WR));
	show(shutdown(tcp, 3));
	show(shutdown(udp, SHUT_RDWR));
	show(shutdown(-1, SHUT_WR));
	must(connect(udp, SA(&at), sizeof(at)));
	show(shutdown(udp, SHUT_WR));
	show(send(udp, "x", 1, MSG_NOSIGNAL));
}

static void ways(void)
{
	int pair[2];
	char buf[8];

	tcp_pair(pair);
	show(shutdown(pair[0], SHUT_RD));
	say("after SHUT_RD: %s", words(state(pair[0])));
	show(recv(pair[0], buf, sizeof(buf), 0));
	show(send(pair[0], "x", 1, 0));
	show(shutdown(pair[0], SHUT_WR));
	say("after SHUT_WR: %s", words(state(pair[0])));
	show(send(pair[0], "x", 1, MSG_NOSIGNAL));
	show(shutdown(pair[0], SHUT_WR));

	tcp_pair(pair);
	show(send(pair[0], "last", 4, 0));
	show(shutdown(pair[0], SHUT_RDWR));
	say("after SHUT_RDWR: %s", words(state(pair[0])));
	show(recv(pair[0], buf, sizeof(buf), 0));
	show(recv(pair[1], buf, sizeof(buf), 0));
	show(recv(pair[1], buf, sizeof(buf), 0));
}

static void *read_one(void *fd)
{
	char c;

	sleeper = (pid_t)syscall(SYS_gettid);
	return (void *)recv(*(int *)fd, &c, 1, 0);
}

static void *accept_one(void *fd)
{
	sleeper = (pid_t)syscall(SYS_gettid);
	if (accept(*(int *)fd, NULL, NULL) < 0)
		return (void *)(intptr_t)errno;
	return NULL;
}

static void wakes(void)
{
	struct sockaddr_in at;
	int pair[2], door = listener(&at, 1);
	pthread_t thread;
	socklen_t len = sizeof(at);
	void *result;

	tcp_pair(pair);
	must(-pthread_create(&thread, NULL, read_one, &pair[0]));
	await_asleep(&sleeper);
	show(shutdown(pair[0], SHUT_RD));
	must(-pthread_join(thread, &result));
	say("the reader got %d", (int)(intptr_t)result);

	sleeper = 0;
	must(-pthread_create(&thread, NULL, accept_one, &door));
	await_asleep(&sleeper);
	show(shutdown(door, SHUT_RD));
	must(-pthread_join(thread, &result));
	say("accept: %s", strerrorname_np((int)(intptr_t)result));
	show(accept(door, NULL, NULL));
	show(listen(door, 1));
	must(getsockname(door, SA(&at), &len)); /* it may have another port */
	must(close(connected_to(&at)));
	say("the door is open again");
}

int main(void)
{
	refused();
	ways();
	wakes();
	return 0;
}
