/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * signal_handler_writes.c - a handler that uses sockets while main() does
 *
 * What this app shows
 *   POSIX lets a handler call send(), recv(), socket() and close(). One does,
 *   a hundred times, while main() sends as hard as it can to a thread that
 *   checks every byte: nothing hangs, nothing is lost or doubled.
 */

#include "app.h"

#include <signal.h>
#include <sys/time.h>

enum { RUNS = 100, PERIOD = 251, BLOCK = 65536 };

static unsigned char pattern[BLOCK + PERIOD];
static int stream[2], side[2];
static volatile sig_atomic_t ran, failed;
static uint64_t received;
static bool all_right = true;

static void on_alarm(int number)
{
	int saved = errno, fd;
	char c;

	(void)number;
	if (ran < RUNS) {
		failed += send(side[0], ".", 1, MSG_DONTWAIT) != 1;
		failed += recv(side[0], &c, 1, MSG_DONTWAIT) != -1;
		fd = socket(AF_INET, SOCK_STREAM, 0);
		failed += close(fd) != 0;
		fd = dup(stream[0]);
		failed += close(fd) != 0;
		ran++;
	}
	errno = saved;
}

static void *check(void *unused)
{
	static unsigned char buf[BLOCK];
	ssize_t n;

	(void)unused;
	while ((n = must(recv(stream[1], buf, sizeof(buf), 0))) > 0) {
		all_right &= memcmp(buf, pattern + received % PERIOD,
				    (size_t)n) == 0;
		received += (uint64_t)n;
	}
	return NULL;
}

int main(void)
{
	struct sigaction action = {.sa_handler = on_alarm,
				   .sa_flags = SA_RESTART};
	struct itimerval often = {{0, 2000}, {0, 2000}};
	struct itimerval never = {{0, 0}, {0, 0}};
	char dots[2 * RUNS];
	pthread_t checker;
	uint64_t sent = 0;
	sigset_t alarms;
	ssize_t n;

	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = (unsigned char)(i % PERIOD);
	tcp_pair(stream);
	tcp_pair(side);
	sigemptyset(&alarms);
	sigaddset(&alarms, SIGALRM);
	must(-pthread_sigmask(SIG_BLOCK, &alarms, NULL));
	must(-pthread_create(&checker, NULL, check, NULL));
	must(-pthread_sigmask(SIG_UNBLOCK, &alarms, NULL));
	must(sigaction(SIGALRM, &action, NULL));
	must(setitimer(ITIMER_REAL, &often, NULL));
	while (ran < RUNS) {
		n = send(stream[0], pattern + sent % PERIOD, BLOCK, 0);
		sent += (uint64_t)must(n);
	}
	must(setitimer(ITIMER_REAL, &never, NULL));
	must(shutdown(stream[0], SHUT_WR));
	must(-pthread_join(checker, NULL));
	say("handler ran %d times, %d calls failed", (int)ran, (int)failed);
	say("received what was sent: %s", received == sent ? "yes" : "no");
	say("in order: %s", all_right ? "yes" : "no");
	await_bytes(side[1], RUNS);
	say("from the handler: %d bytes",
	    must(recv(side[1], dots, sizeof(dots), 0)));
	return 0;
}
