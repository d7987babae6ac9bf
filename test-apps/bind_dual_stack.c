/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * bind_dual_stack.c - who may have a port, when both families want it
 *
 * What this app shows
 *   For TCP, for TCP with a listener there, and for UDP: a grid of what is
 *   bound first (rows) and second (columns). "." is granted, "x" is
 *   EADDRINUSE. Without options, with SO_REUSEADDR, with SO_REUSEPORT on both.
 */

#include "app6.h"

static const struct way {
	const char *text;
	bool v6only;
} ways[] = {
	{"0.0.0.0", false},
	{"127.0.0.1", false},
	{"::", false},
	{"::", true},
	{"::1", false},
	{"::1", true},
	{"::ffff:127.0.0.1", false},
	{"::ffff:0.0.0.0", false},
};

static int make(int type, const struct way *w, int option)
{
	union any6 at = at6(w->text, 0);
	int fd = must(socket(at.sa.sa_family, type, 0)), on = 1;

	if (option)
		must(setsockopt(fd, SOL_SOCKET, option, &on, sizeof(on)));
	if (w->v6only)
		must(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on,
				sizeof(on)));
	return fd;
}

static char try_pair(int type, bool listening, int option,
		     const struct way *first, const struct way *second)
{
	int fds[2] = {make(type, first, option), make(type, second, option)};
	union any6 at = at6(first->text, free_port(type)), then;
	char answer = '.';

	must(bind(fds[0], &at.sa, len6(&at)));
	if (listening)
		must(listen(fds[0], 1));
	then = at6(second->text, port6(fds[0]));
	if (bind(fds[1], &then.sa, len6(&then)) < 0)
		answer = errno == EADDRINUSE ? 'x' : '?';
	must(close(fds[0]));
	must(close(fds[1]));
	return answer;
}

static void grid(int type, bool listening, int option)
{
	char row[COUNT(ways) + 1] = "";

	say("%s%s%s", type == SOCK_STREAM ? "TCP" : "UDP",
	    listening ? " listening" : "",
	    option == SO_REUSEADDR   ? ", SO_REUSEADDR"
	    : option == SO_REUSEPORT ? ", SO_REUSEPORT"
				     : "");
	for (size_t a = 0; a < COUNT(ways); a++) {
		for (size_t b = 0; b < COUNT(ways); b++)
			row[b] = try_pair(type, listening, option, &ways[a],
					  &ways[b]);
		say("  %-17s%-7s %s", ways[a].text,
		    ways[a].v6only ? " only" : "", row);
	}
}

/* Which of several listeners takes a connection? */
static void who_takes(const char *to)
{
	static const struct way doors[] = {{"0.0.0.0", false}, {"::", true}};
	union any6 at;
	int fds[2], client, on = 1;

	fds[0] = make(SOCK_STREAM, &doors[0], 0);
	fds[1] = make(SOCK_STREAM, &doors[1], 0);
	at = at6(doors[0].text, free_port(SOCK_STREAM));
	must(bind(fds[0], &at.sa, len6(&at)));
	at = at6(doors[1].text, port6(fds[0]));
	must(bind(fds[1], &at.sa, len6(&at)));
	for (int i = 0; i < 2; i++) {
		must(ioctl(fds[i], FIONBIO, &on));
		must(listen(fds[i], 4));
	}
	at = at6(to, port6(fds[0]));
	client = must(socket(at.sa.sa_family, SOCK_STREAM, 0));
	must(connect(client, &at.sa, len6(&at)));
	await(inet_addr(to) == INADDR_NONE ? fds[1] : fds[0], POLLIN);
	say("to %s: 0.0.0.0 %s, [::] only %s", to,
	    accept(fds[0], NULL, NULL) < 0 ? "no" : "takes it",
	    accept(fds[1], NULL, NULL) < 0 ? "no" : "takes it");
	must(close(client));
	must(close(fds[0]));
	must(close(fds[1]));
}

int main(void)
{
	static const int options[] = {0, SO_REUSEADDR, SO_REUSEPORT};

	for (size_t i = 0; i < COUNT(options); i++) {
		grid(SOCK_STREAM, false, options[i]);
		grid(SOCK_STREAM, true, options[i]);
		grid(SOCK_DGRAM, false, options[i]);
	}
	who_takes("127.0.0.1");
	who_takes("::1");
	return 0;
}
