/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * socket_filter.c - SO_ATTACH_FILTER and its kin
 *
 * What this app shows
 *   Which programs are taken; what a filter sees of a datagram, of a segment
 *   and of a raw packet, and what is left of them; locking, reading and taking
 *   it away; that a connection has its listener's.
 */

#include "app.h"

#include <linux/filter.h>
#include <netinet/ip_icmp.h>

#define FILTER(fd, ...)                                                        \
	attach(fd, (struct sock_filter[]){__VA_ARGS__},                        \
	       COUNT(((struct sock_filter[]){__VA_ARGS__})))
#define KEEP(n) BPF_STMT(BPF_RET | BPF_K, n)

static int attach(int fd, struct sock_filter *steps, size_t n)
{
	struct sock_fprog prog = {(unsigned short)n, steps};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
			  sizeof(prog));
}

static void programs(void)
{
	int fd = must(socket(AF_INET, SOCK_DGRAM, 0));
	struct sock_fprog none = {0, NULL};
	int zero = 0;

	show(FILTER(fd, KEEP(1)));
	show(FILTER(fd, BPF_STMT(BPF_LD | BPF_IMM, 1)));
	show(FILTER(fd, BPF_STMT(BPF_JMP | BPF_JA, 7), KEEP(1)));
	show(FILTER(fd, BPF_STMT(BPF_ALU | BPF_DIV, 0), KEEP(1)));
	show(FILTER(fd, BPF_STMT(BPF_LD | BPF_MEM, 3), KEEP(1)));
	show(FILTER(fd, BPF_STMT(BPF_ST, 16), KEEP(1)));
	show(FILTER(fd,
		    BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			     (uint32_t)SKF_AD_OFF + SKF_AD_MAX),
		    KEEP(1)));
	show(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &none, sizeof(none)));
	show(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &none, 4));
	show(setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &zero, 4));
	show(setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &zero, 4));
	close(fd);
}

static void locks(void)
{
	int fd = must(socket(AF_INET, SOCK_STREAM, 0));
	struct sock_filter back[4];
	socklen_t len = sizeof(int);
	int value = -7, one = 1, zero = 0;

	show(getsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &value, &len));
	say("locked: %d", value);
	len = 0;
	show(getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, NULL, &len));
	say("%u steps", len);
	show(FILTER(fd, BPF_STMT(BPF_LD | BPF_IMM, 5), KEEP(77)));
	len = 0;
	show(getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, back, &len));
	say("%u steps", len);
	len = 1;
	show(getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, back, &len));
	len = 4;
	show(getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, back, &len));
	say("%u steps, the last one %u", len, back[1].k);
	show(setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &one, sizeof(one)));
	show(setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &zero, sizeof(zero)));
	show(setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &zero, sizeof(zero)));
	show(FILTER(fd, KEEP(1)));
	len = sizeof(value);
	show(getsockopt(fd, SOL_SOCKET, SO_BPF_EXTENSIONS, &value, &len));
	say("extensions: %d", value);
	close(fd);
}

static void wait_for(int fd)
{
	struct pollfd p = {fd, POLLIN, 0};

	if (poll(&p, 1, APP_PATIENCE_MS) != 1)
		app_give_up("data");
}

/* Only datagrams of 3 bytes and to that port: UDP's header is at offset 0. */
static void datagrams(void)
{
	struct sockaddr_in at;
	int fd = bound(SOCK_DGRAM, &at);
	int from = must(socket(AF_INET, SOCK_DGRAM, 0));
	char text[16] = "";

	show(FILTER(
		fd, BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 11, 0, 3),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)SKF_NET_OFF + 9),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 1),
		KEEP(10), KEEP(0)));
	show(sendto(from, "four", 4, 0, SA(&at), sizeof(at)));
	show(sendto(from, "abc", 3, 0, SA(&at), sizeof(at)));
	wait_for(fd);
	show(recv(fd, text, sizeof(text), 0));
	say("%s", text);
	show(recv(fd, text, sizeof(text), MSG_DONTWAIT));
	show(FILTER(fd, KEEP(1)));
	show(sendto(from, "abc", 3, 0, SA(&at), sizeof(at)));
	wait_for(fd);
	show(recv(fd, text, sizeof(text), 0));
	close(fd);
	close(from);
}

static void streams(void)
{
	struct sockaddr_in at;
	int l = bound(SOCK_STREAM, &at);
	int a = must(socket(AF_INET, SOCK_STREAM, 0)), b;
	struct sock_filter back[4];
	socklen_t len = 4;
	char text[16] = "";
	int zero = 0;

	must(listen(l, 1));
	show(FILTER(l, KEEP(0x7fffffff)));
	must(connect(a, SA(&at), sizeof(at)));
	b = must(accept(l, NULL, NULL));
	show(getsockopt(b, SOL_SOCKET, SO_GET_FILTER, back, &len));
	say("%u steps", len);
	show(setsockopt(b, SOL_SOCKET, SO_DETACH_FILTER, &zero, 4));
	len = 0;
	show(getsockopt(l, SOL_SOCKET, SO_GET_FILTER, back, &len));
	say("the listener has %u steps", len);
	must(send(a, "hello", 5, 0));
	wait_for(b);
	show(recv(b, text, sizeof(text), 0));
	say("%s", text);
	close(l);
	close(a);
	close(b);
}

/* Two packets over the loopback, of which one is wanted: request or answer. */
static void raw_packets(void)
{
	struct sockaddr_in to = on_loopback(0);
	int fd = must(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
	struct icmphdr echo = {.type = ICMP_ECHO, .checksum = htons(0xf7ff)};
	uint8_t packet[64];
	ssize_t n;

	/* The IP header is at offset 0, of 20 bytes here. */
	show(FILTER(fd, BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		    BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0),
		    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP_ECHOREPLY, 0, 1),
		    KEEP(64), KEEP(0)));
	show(sendto(fd, &echo, sizeof(echo), 0, SA(&to), sizeof(to)));
	wait_for(fd);
	n = recv(fd, packet, sizeof(packet), 0);
	say("%zd bytes, ICMP type %d", n, packet[20]);
	show(recv(fd, packet, sizeof(packet), MSG_DONTWAIT));
	close(fd);
}

int main(void)
{
	programs();
	locks();
	datagrams();
	streams();
	raw_packets();
	return 0;
}
