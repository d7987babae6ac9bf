/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * readv_writev.c - many buffers in one call
 *
 * What this app shows
 *   Pieces go out in order and come back over other borders; empty pieces;
 *   none; two threads' writev() never mix; preadv2() with offset -1.
 */

#include "app.h"

#include <sys/uio.h>

/* What both threads write fits into the buffers of a new connection: who waits
 * for room in the middle of a message lets others pass, here and in Linux. */
enum { BATCHES = 10, ROUNDS = 20, PIECES = 8, PIECE = 100 };
static int pair[2];

static void *write_rounds(void *letter)
{
	char block[PIECE];
	struct iovec iov[PIECES];

	memset(block, *(char *)letter, sizeof(block));
	for (int i = 0; i < PIECES; i++)
		iov[i] = (struct iovec){block, sizeof(block)};
	for (int i = 0; i < ROUNDS; i++) {
		if (writev(pair[1], iov, PIECES) != PIECES * PIECE)
			say("a short write");
	}
	return NULL;
}

static int count_mixed(void)
{
	pthread_t threads[2];
	char message[PIECES * PIECE], letters[2] = {'a', 'b'};
	int mixed = 0;

	for (int i = 0; i < 2; i++)
		must(-pthread_create(&threads[i], NULL, write_rounds,
				     &letters[i]));
	for (int i = 0; i < 2 * ROUNDS; i++) {
		must(recv(pair[0], message, sizeof(message), MSG_WAITALL));
		for (size_t k = 1; k < sizeof(message); k++)
			mixed += message[k] != message[0];
	}
	for (int i = 0; i < 2; i++)
		must(-pthread_join(threads[i], NULL));
	return mixed;
}

static void two_threads(void)
{
	int mixed = 0;

	for (int i = 0; i < BATCHES; i++)
		mixed += count_mixed();
	say("bytes of the other thread in a message: %d", mixed);
}

int main(void)
{
	char a[3] = "", b[5] = "", c[16] = "", hel[] = "hel", lo[] = "lo, ";
	char world[] = "world";
	struct iovec out[] = {{hel, 3}, {NULL, 0}, {lo, 4}, {world, 5}};
	struct iovec in[] = {{a, 2}, {b, 4}, {NULL, 0}, {c, 15}};

	tcp_pair(pair);
	show(writev(pair[1], out, 4));
	await_bytes(pair[0], 12);
	show(readv(pair[0], in, 4));
	say("[%s] [%s] [%s]", a, b, c);
	show(writev(pair[1], out, 0));
	show(readv(pair[0], in, 0));
	show(writev(pair[1], out + 1, 1));
	show(pwritev2(pair[1], out, 1, -1, 0));
	await_bytes(pair[0], 3);
	show(preadv2(pair[0], in, 2, -1, 0));
	show(pwritev(pair[1], out, 1, 0));
	show(preadv(pair[0], in, 1, 0));
	make_nonblocking(pair[0]);
	show(readv(pair[0], in, 4));
	must(fcntl(pair[0], F_SETFL, 0));
	two_threads();
	must(shutdown(pair[1], SHUT_WR));
	show(readv(pair[0], in, 4));
	return 0;
}
