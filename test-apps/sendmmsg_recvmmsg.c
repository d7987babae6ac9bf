/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sendmmsg_recvmmsg.c - many datagrams in one call
 *
 * What this app shows
 *   Counts and lengths; MSG_WAITFORONE; a short batch when the queue is
 *   empty; a time limit that is looked at after a datagram; an error in the
 *   middle of a batch; streams; vlen 0.
 */

#include "app.h"

enum { MANY = 8 };
static char text[MANY][16];
static struct iovec iov[MANY];
static struct mmsghdr batch[MANY];

static void prepare(void)
{
	for (int i = 0; i < MANY; i++) {
		memset(text[i], 'a' + i, sizeof(text[i]));
		iov[i] = (struct iovec){text[i], (size_t)i + 1};
		batch[i] = (struct mmsghdr){
			.msg_hdr = {.msg_iov = &iov[i], .msg_iovlen = 1}};
	}
}

static void empty(void)
{
	prepare();
	for (int i = 0; i < MANY; i++) {
		memset(text[i], 0, sizeof(text[i]));
		iov[i].iov_len = sizeof(text[i]);
	}
}

static void lengths(int n)
{
	for (int i = 0; i < n; i++)
		say("  %u %.1s", batch[i].msg_len, text[i]);
}

int main(void)
{
	struct timespec tenth = {0, 100000000}, wrong = {0, -1};
	int pair[2];

	udp_pair(pair);
	prepare();
	show(sendmmsg(pair[0], batch, MANY, 0));
	lengths(MANY);
	empty();
	await(pair[1], POLLIN);
	show(recvmmsg(pair[1], batch, 5, 0, NULL));
	lengths(5);
	show(recvmmsg(pair[1], batch, MANY, MSG_DONTWAIT, NULL));
	lengths(3);
	show(recvmmsg(pair[1], batch, MANY, MSG_DONTWAIT, NULL));
	prepare();
	show(sendmmsg(pair[0], batch, 2, 0));
	await(pair[1], POLLIN);
	empty();
	show(recvmmsg(pair[1], batch, MANY, MSG_WAITFORONE, NULL));
	prepare();
	show(sendmmsg(pair[0], batch, 2, 0));
	empty();
	show(recvmmsg(pair[1], batch, 2, 0, &tenth));
	show(recvmmsg(pair[1], batch, 2, 0, &wrong));
	show(recvmmsg(pair[1], batch, 0, 0, NULL));
	show(sendmmsg(pair[0], batch, 0, 0));
	prepare();
	iov[2].iov_len = 100000;
	show(sendmmsg(pair[0], batch, 4, 0));
	show(sendmmsg(pair[0], batch + 2, 2, 0));
	show(sendmmsg(-1, batch, 2, 0));

	tcp_pair(pair);
	prepare();
	show(sendmmsg(pair[0], batch, 3, 0));
	lengths(3);
	await_bytes(pair[1], 6);
	empty();
	show(recvmmsg(pair[1], batch, MANY, MSG_DONTWAIT, NULL));
	lengths(1);
	return 0;
}
