/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * reqresp.c - the smallest client and server worth timing
 *
 * What this program is for
 *   reqresp server PORT            answers every byte with a byte, for ever
 *   reqresp rr ADDR PORT SECONDS   one byte to and fro on one connection
 *   reqresp crr ADDR PORT SECONDS  connect, one byte each way, close
 *   reqresp hold PORT COUNT        accepts COUNT connections, then prints how
 *                                  much memory one costs: of this process,
 *                                  and in the kernel, whoever's end it is
 *   reqresp open ADDR PORT COUNT   opens COUNT connections and keeps them
 *   The clients print transactions per second. Plain blocking calls and one
 *   epoll server: what is timed is the stack, not the program.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <glob.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 64, SLABS = 512 };

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int new_socket(void)
{
	int one = 1;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static int connect_to(const char *addr, const char *port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)atoi(port))};
	int fd = new_socket();

	inet_pton(AF_INET, addr, &to.sin_addr);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		die("connect");
	return fd;
}

static int listen_on(const char *port)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)atoi(port))};
	int fd = new_socket();

	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		die("bind");
	if (listen(fd, 4096) < 0)
		die("listen");
	return fd;
}

static void transact(int fd)
{
	char byte = 'x';

	if (write(fd, &byte, 1) != 1)
		die("write");
	if (read(fd, &byte, 1) != 1)
		die("read");
}

static void answer(int fd)
{
	char byte;

	if (read(fd, &byte, 1) == 1 && write(fd, &byte, 1) == 1)
		return;
	close(fd);
}

static void serve(const char *port)
{
	struct epoll_event ev = {.events = EPOLLIN}, events[EVENTS];
	int listener = listen_on(port);
	int ep = epoll_create1(0);
	int one = 1;

	ev.data.fd = listener;
	epoll_ctl(ep, EPOLL_CTL_ADD, listener, &ev);
	for (;;) {
		int n = epoll_wait(ep, events, EVENTS, -1);

		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;

			if (fd != listener) {
				answer(fd);
				continue;
			}
			fd = accept(listener, NULL, NULL);
			if (fd < 0)
				continue;
			setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one,
				   sizeof(one));
			ev.data.fd = fd;
			epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
		}
	}
}

static void run(const char *addr, const char *port, double seconds,
		int reconnect)
{
	int fd = reconnect ? -1 : connect_to(addr, port);
	double start = now(), end = start + seconds, t = start;
	long n = 0;

	while (t < end) {
		if (reconnect)
			fd = connect_to(addr, port);
		transact(fd);
		if (reconnect)
			close(fd);
		n++;
		t = now();
	}
	printf("%.0f\n", (double)n / (t - start));
}

/* The memory of this process, its part of the stack's included, in bytes. */
static long own_memory(void)
{
	char line[256];
	long total = 0, n;
	FILE *f = fopen("/proc/self/status", "r");

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "RssAnon: %ld", &n) == 1 ||
		    sscanf(line, "RssShmem: %ld", &n) == 1)
			total += n * 1024;
	}
	if (f)
		fclose(f);
	return total;
}

/* The kernel's kinds of objects: how many of each are in use. */
struct slab {
	char name[64];
	long used, size;
};

/* What each CPU keeps for later counts as in use, until it is given back. */
static void settle_slabs(void)
{
	glob_t files;

	if (glob("/sys/kernel/slab/*/shrink", 0, NULL, &files) != 0)
		return;
	for (size_t i = 0; i < files.gl_pathc; i++) {
		FILE *f = fopen(files.gl_pathv[i], "w");

		if (f && fputs("1", f) == EOF)
			die(files.gl_pathv[i]);
		if (f)
			fclose(f);
	}
	globfree(&files);
}

static size_t read_slabs(struct slab *s, size_t max)
{
	char line[512];
	size_t n = 0;
	FILE *f = fopen("/proc/slabinfo", "r");

	if (!f)
		die("/proc/slabinfo");
	settle_slabs();
	while (n < max && fgets(line, sizeof(line), f))
		if (sscanf(line, "%63s %ld %*d %ld", s[n].name, &s[n].used,
			   &s[n].size) == 3)
			n++;
	fclose(f);
	return n;
}

/* Caches of files that others on this machine look at meanwhile. */
static int is_of_files(const char *kind)
{
	return !strcmp(kind, "buffer_head") ||
	       (strstr(kind, "inode_cache") && strncmp(kind, "sock_", 5) &&
		strncmp(kind, "lsm_", 4));
}

/*
 * What the kernel has more than before, of those kinds of which each of `count`
 * connections has one, or one at each end: the rest of the machine does not
 * make that many at once. The port of a client is none of ours.
 */
static long kernel_memory(const struct slab *before, size_t n, long count)
{
	static struct slab now[SLABS];
	size_t m = read_slabs(now, SLABS);
	long total = 0;

	for (size_t i = 0; i < n; i++) {
		const char *kind = before[i].name;
		size_t k = 0;
		long more;

		while (k < m && strcmp(now[k].name, kind))
			k++;
		more = k < m ? now[k].used - before[i].used : 0;
		if (more > 2 * count)
			more = 2 * count;
		if (more > count / 2 && strncmp(kind, "tcp_bind", 8) &&
		    !is_of_files(kind))
			total += more * now[k].size;
	}
	return total;
}

static void raise_limit(long n)
{
	struct rlimit lim = {(rlim_t)n, (rlim_t)n};

	if (setrlimit(RLIMIT_NOFILE, &lim) < 0)
		die("setrlimit");
}

static void hold(const char *port, long count)
{
	static struct slab slabs[SLABS];
	int listener;
	long before;
	size_t n;

	raise_limit(count + 4096);
	listener = listen_on(port);
	n = read_slabs(slabs, SLABS);
	before = own_memory();
	for (long i = 0; i < count; i++)
		if (accept(listener, NULL, NULL) < 0)
			die("accept");
	sleep(2);
	printf("%ld\n",
	       (own_memory() - before + kernel_memory(slabs, n, count)) /
		       count);
}

static void open_many(const char *addr, const char *port, long count)
{
	raise_limit(count + 4096);
	for (long i = 0; i < count; i++)
		connect_to(addr, port);
	pause();
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "server"))
		serve(argv[2]);
	else if (argc == 5 && !strcmp(argv[1], "rr"))
		run(argv[2], argv[3], atof(argv[4]), 0);
	else if (argc == 5 && !strcmp(argv[1], "crr"))
		run(argv[2], argv[3], atof(argv[4]), 1);
	else if (argc == 4 && !strcmp(argv[1], "hold"))
		hold(argv[2], atol(argv[3]));
	else if (argc == 5 && !strcmp(argv[1], "open"))
		open_many(argv[2], argv[3], atol(argv[4]));
	else {
		fprintf(stderr, "reqresp server PORT | rr|crr ADDR PORT "
				"SECONDS | hold PORT COUNT | open ADDR PORT "
				"COUNT\n");
		return 2;
	}
	return 0;
}
