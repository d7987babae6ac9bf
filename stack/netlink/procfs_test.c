/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * procfs_test.c - proves procfs.c, procfs_sock.c and procfs_snmp.c: lines as
 * Linux writes them, in pieces of any size
 */
#include <stdio.h>

#include "procfs.h"
#include "testkit/socktest.h"

#define KIT_TEST(name)                                                         \
	static void name##_body(void);                                         \
	Test(procfs, name)                                                     \
	{                                                                      \
		open_host();                                                   \
		name##_body();                                                 \
		kit_close();                                                   \
	}                                                                      \
	static void name##_body(void)

static char text[65536];
static struct iface *eth;

static void open_host(void)
{
	struct inet_prefix p = {inet_from4(ip4_make(10, 0, 0, 2)), 120};
	struct inet_addr peer = inet_from4(ip4_make(10, 0, 0, 1));
	struct eth_addr mac = {{2, 0, 0, 0, 0, 1}};
	struct route r = {.dst = {inet_from4(ip4_make(0, 0, 0, 0)), 96},
			  .gateway = peer,
			  .ifindex = 2};

	kit_open();
	eth = net_add_iface(&kit.st->net, "tap0", -1);
	cr_assert(eq(int, iface_add_addr(eth, &p), 0));
	cr_assert(eq(int, route_add(&kit.st->net, &r), 0));
	cr_assert(eq(int, neigh_set(&eth->neigh, &peer, &mac, true, false), 0));
	net_settle(&kit.st->net);
}

/* The whole file, read in pieces of that size. */
static const char *file(const char *name, size_t piece)
{
	struct procfs_place place = {0};
	size_t len = 0;
	ssize_t n;

	while ((n = procfs_read(kit.st, name, &place, text + len, piece)) > 0)
		len += (size_t)n;
	cr_assert(eq(int, (int)n, 0));
	text[len] = '\0';
	return text;
}

static void has(const char *name, const char *line)
{
	cr_expect(strstr(file(name, 8192), line) != NULL,
		  "%s has no \"%s\":\n%s", name, line, text);
}

KIT_TEST(unknown_file_is_enoent)
{
	struct procfs_place place = {0};
	char buf[16];

	cr_assert(eq(int,
		     (int)procfs_read(kit.st, "unix", &place, buf, sizeof(buf)),
		     -ENOENT));
}

KIT_TEST(routes_and_neighbours_are_in_linux_columns)
{
	has("route", "tap0\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\t0");
	has("route", "tap0\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0");
	has("arp", "10.0.0.1         0x1         0x6         "
		   "02:00:00:00:00:01     *        tap0\n");
	has("dev", "  tap0:       0       0    0    0    0     0 ");
	has("igmp", "2\ttap0      :     1      V3\n\t\t\t\t010000E0     1 ");
	has("dev_mcast", "2    tap0            1     0     01005e000001\n");
}

KIT_TEST(sockets_are_in_linux_columns)
{
	struct sock *l = kit_listener(80), *u = kit_receiver(53), *a, *b;

	cr_assert(eq(int, sock_set_inode(l, 4711), 0));
	kit_pair(81, &a, &b);
	has("tcp", ": 0100007F:0050 00000000:0000 0A 00000000:00000000 "
		   "00:00000000 00000000     0        0 4711 1 ");
	has("tcp", ": 0100007F:0051 0100007F:");
	has("udp", ": 0100007F:0035 00000000:0000 07 00000000:00000000 ");
	has("snmp", " CurrEstab ");
	has("sockstat", "UDP: inuse 1 ");
	has("sockstat", "FRAG: inuse 0 memory 0\n");
	has("nsshim", "SOCKETS 4\nTCP_CONNECTIONS 3\nPACKETS 0\n");
	sock_close(a);
	sock_close(b);
	sock_close(l);
	sock_close(u);
}

KIT_TEST(counters_have_a_value_for_each_name)
{
	static const char *const names[] = {"snmp", "netstat"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char *save, *line = strtok_r((char *)file(names[i], 8192), "\n",
					     &save);

		for (; line; line = strtok_r(NULL, "\n", &save)) {
			char *values = strtok_r(NULL, "\n", &save);
			size_t n = 0;

			cr_assert(values != NULL);
			for (; *line; line++)
				n += *line == ' ';
			for (; *values; values++)
				n -= *values == ' ';
			cr_expect(eq(sz, n, 0), "%s", names[i]);
		}
	}
}

/* However small the pieces are, the file is the same. */
KIT_TEST(pieces_lose_and_repeat_no_line)
{
	static const char *const names[] = {
		"arp",   "dev",   "dev_mcast",  "if_inet6", "igmp",
		"igmp6", "route", "ipv6_route", "sockstat", "sockstat6",
		"tcp",   "tcp6",  "udp",        "udp6",     "raw"};
	static char whole[65536];
	struct sock *many[30];

	for (uint16_t i = 0; i < 30; i++)
		many[i] = kit_listener((uint16_t)(100 + i));
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		strcpy(whole, file(names[i], 32768));
		cr_expect(strcmp(whole, file(names[i], 400)) == 0, "%s",
			  names[i]);
	}
	for (uint16_t i = 0; i < 30; i++)
		sock_close(many[i]);
}
