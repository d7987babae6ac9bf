/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * udp_truncation.c - a datagram is read once, whole or not
 *
 * What this app shows
 *   The rest of a datagram that did not fit is gone; MSG_TRUNC tells its real
 *   length; MSG_PEEK leaves it; read() of 0 bytes takes it; an empty one is
 *   an event, and no end of input; MSG_WAITALL means nothing here.
 */

#include "app.h"

int main(void)
{
	int pair[2];
	char buf[16] = "";

	udp_pair(pair);
	for (int i = 0; i < 8; i++)
		must(send(pair[0], &"datagram"[i], (size_t)(8 - i), 0));
	must(send(pair[0], "", 0, 0));
	must(send(pair[0], "last", 4, 0));
	await(pair[1], POLLIN);
	show(recv(pair[1], buf, 3, 0));
	say("%.3s", buf);
	show(recv(pair[1], buf, 3, MSG_TRUNC));
	say("%.3s", buf);
	show(recv(pair[1], buf, 2, MSG_PEEK));
	say("%.2s", buf);
	show(recv(pair[1], buf, 2, MSG_PEEK | MSG_TRUNC));
	show(recv(pair[1], buf, 16, MSG_WAITALL));
	show(read(pair[1], buf, 2));
	say("%.2s", buf);
	show(recv(pair[1], buf, 0, 0));
	show(recv(pair[1], buf, 0, MSG_TRUNC));
	show(recv(pair[1], NULL, 0, MSG_PEEK));
	show(recv(pair[1], buf, 16, 0));
	say("%.2s", buf);
	show(recv(pair[1], buf, 16, 0));
	say("an empty one waits: %s", words(state(pair[1]) & POLLIN));
	show(recv(pair[1], buf, 16, 0));
	show(recv(pair[1], buf, 16, 0));
	show(recv(pair[1], buf, 16, MSG_DONTWAIT));
	show(read(pair[1], buf, 0));
	return 0;
}
