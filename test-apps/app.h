/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * app.h - what every test-app says, and how it gets its sockets
 *
 * What this room is for
 *   A test-app shows one behaviour by printing calls and their results. Its
 *   transcript must be the same on every run and on every host: no ports, no
 *   descriptor numbers, no times, no process ids, nothing that a race decides.
 *   `show(call)` prints the call and its result, `must(call)` ends the program
 *   when a call fails that is only there to set the stage.
 *
 * Never      sleeps to let something happen: it polls for it, at most 10 s.
 */
#ifndef TEST_APPS_APP_H
#define TEST_APPS_APP_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define SA(p) ((struct sockaddr *)(void *)(p))
enum { APP_PATIENCE_MS = 10000 };

/* The call and its result. */
#define show(call) app_show(#call, (long)(call), false)
/* The same for a call that returns a descriptor, whose number is not said. */
#define show_fd(call) app_show(#call, (long)(call), true)
/* A call that must not fail; its result. */
#define must(call) app_must(#call, __FILE__, __LINE__, (long)(call))

__attribute__((format(printf, 1, 2))) static inline void say(const char *format,
							     ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

static inline int app_show(const char *call, long result, bool is_fd)
{
	int error = errno;

	if (result < 0)
		say("%s: %s", call, strerrorname_np(error));
	else if (is_fd)
		say("%s: a descriptor", call);
	else
		say("%s: %ld", call, result);
	errno = error;
	return (int)result;
}

static inline int app_must(const char *call, const char *file, int line,
			   long result)
{
	if (result < 0) {
		say("%s:%d: %s: %s", file, line, call, strerrorname_np(errno));
		exit(2);
	}
	return (int)result;
}

static inline void app_give_up(const char *what)
{
	say("gave up waiting for %s", what);
	exit(2);
}

/* 127.0.0.1 and a port in network order. */
static inline struct sockaddr_in on_loopback(in_port_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = port,
		.sin_addr = {htonl(INADDR_LOOPBACK)},
	};
}

/* ADDR and PORT of the command line. */
static inline struct sockaddr_in at_args(char **args)
{
	struct sockaddr_in at = {.sin_family = AF_INET};

	if (!args[0] || !args[1] || !inet_aton(args[0], &at.sin_addr)) {
		say("usage: [server ADDR PORT | client ADDR PORT]");
		exit(2);
	}
	at.sin_port = htons((uint16_t)atoi(args[1]));
	return at;
}

/*
 * A port that nobody has on any address of either family. A port of which only
 * some address is free, because connections of an earlier program linger there
 * on others, shall not decide what a second bind() is told.
 */
static inline in_port_t free_port(int type)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6};
	socklen_t len = sizeof(any);
	int fd = must(socket(AF_INET6, type, 0));

	must(bind(fd, SA(&any), sizeof(any)));
	must(getsockname(fd, SA(&any), &len));
	must(close(fd));
	return any.sin6_port;
}

/* A socket on a port of its own; `at` is where. */
static inline int bound(int type, struct sockaddr_in *at)
{
	int fd = must(socket(AF_INET, type, 0));
	socklen_t len = sizeof(*at);

	*at = on_loopback(0);
	must(bind(fd, SA(at), len));
	must(getsockname(fd, SA(at), &len));
	return fd;
}

static inline int listener(struct sockaddr_in *at, int backlog)
{
	int fd = bound(SOCK_STREAM, at);

	must(listen(fd, backlog));
	return fd;
}

static inline int connected_to(const struct sockaddr_in *at)
{
	int fd = must(socket(AF_INET, SOCK_STREAM, 0));

	must(connect(fd, SA(at), sizeof(*at)));
	return fd;
}

/* [0] connected, [1] accepted. */
static inline void tcp_pair(int pair[2])
{
	struct sockaddr_in at;
	int door = listener(&at, 1);

	pair[0] = connected_to(&at);
	pair[1] = must(accept(door, NULL, NULL));
	must(close(door));
}

/* Two UDP sockets connected to each other. */
static inline void udp_pair(int pair[2])
{
	struct sockaddr_in at[2];

	pair[0] = bound(SOCK_DGRAM, &at[0]);
	pair[1] = bound(SOCK_DGRAM, &at[1]);
	must(connect(pair[0], SA(&at[1]), sizeof(at[1])));
	must(connect(pair[1], SA(&at[0]), sizeof(at[0])));
}

static inline int is_nonblocking(int fd)
{
	return (must(fcntl(fd, F_GETFL)) & O_NONBLOCK) != 0;
}

static inline void make_nonblocking(int fd)
{
	must(fcntl(fd, F_SETFL, must(fcntl(fd, F_GETFL)) | O_NONBLOCK));
}

/* Waits until poll() reports one of `events`; all that it reports. */
static inline unsigned int await(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	if (must(poll(&p, 1, APP_PATIENCE_MS)) == 0)
		app_give_up("poll");
	return (unsigned short)p.revents;
}

/* What poll() reports now. */
static inline unsigned int state(int fd)
{
	struct pollfd p = {.fd = fd,
			   .events = POLLIN | POLLOUT | POLLPRI | POLLRDHUP};

	must(poll(&p, 1, 0));
	return (unsigned short)p.revents;
}

/* Waits until all of `events` stand; everything that stands then. */
static inline unsigned int await_all(int fd, unsigned int events)
{
	for (int i = 0; (state(fd) & events) != events; i++) {
		if (i >= APP_PATIENCE_MS)
			app_give_up("events");
		poll(NULL, 0, 1);
	}
	return state(fd);
}

/* Waits until at least `want` bytes can be read. */
static inline void await_bytes(int fd, int want)
{
	int have = 0;

	for (int i = 0; must(ioctl(fd, FIONREAD, &have)) == 0 && have < want;
	     i++) {
		if (i >= APP_PATIENCE_MS)
			app_give_up("bytes");
		poll(NULL, 0, 1);
	}
}

/* Waits until the peer has acknowledged all that was sent by `fd`. */
static inline void await_sent(int fd)
{
	int left = 0;

	for (int i = 0; must(ioctl(fd, TIOCOUTQ, &left)) == 0 && left > 0;
	     i++) {
		if (i >= APP_PATIENCE_MS)
			app_give_up("acknowledgements");
		poll(NULL, 0, 1);
	}
}

/* Waits until thread number *tid (0: not started yet) sleeps in the kernel. */
static inline void await_asleep(const volatile pid_t *tid)
{
	char path[64], line[256], *end;

	for (int i = 0; i < APP_PATIENCE_MS; i++) {
		FILE *f;

		poll(NULL, 0, 2);
		if (!*tid)
			continue;
		snprintf(path, sizeof(path), "/proc/self/task/%d/stat", *tid);
		f = fopen(path, "r");
		end = f && fgets(line, sizeof(line), f) ? strrchr(line, ')')
							: NULL;
		if (f)
			fclose(f);
		if (end && end[1] == ' ' && end[2] == 'S')
			return;
	}
	app_give_up("a sleeping thread");
}

/* Poll bits, which are epoll's as well, in words. */
static inline const char *words(unsigned int events)
{
	static const struct {
		unsigned int bit;
		const char *word;
	} names[] = {{POLLIN, "IN "},      {POLLPRI, "PRI "},
		     {POLLOUT, "OUT "},    {POLLERR, "ERR "},
		     {POLLHUP, "HUP "},    {POLLNVAL, "NVAL "},
		     {POLLRDHUP, "RDHUP "}};
	static char text[4][64];
	static unsigned int turn;
	char *out = text[turn++ % 4];

	out[0] = '\0';
	for (size_t i = 0; i < COUNT(names); i++) {
		if (events & names[i].bit)
			strcat(out, names[i].word);
	}
	if (!out[0])
		return "nothing";
	out[strlen(out) - 1] = '\0';
	return out;
}

/* SO_ERROR, by name. */
static inline const char *so_error(int fd)
{
	int error = 0;
	socklen_t len = sizeof(error);

	must(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len));
	return error ? strerrorname_np(error) : "0";
}

#endif
