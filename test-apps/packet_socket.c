/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * packet_socket.c - AF_PACKET on the loopback
 *
 * What this app shows
 *   What socket(), bind() and the options take; a frame of a type of its own,
 *   heard by raw and cooked sockets, in both directions, with its address,
 *   auxiliary data and time; what is refused; a ring that is mapped, polled,
 *   and emptied without a call.
 */

#include "app.h"

#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sys/mman.h>
#include <time.h>

enum { TYPE = 0x88b5, FRAME = 60 };

static struct sockaddr_ll on_lo(uint16_t type)
{
	return (struct sockaddr_ll){
		.sll_family = AF_PACKET,
		.sll_protocol = htons(type),
		.sll_ifindex = (int)if_nametoindex("lo"),
	};
}

static void sockets_and_names(void)
{
	struct sockaddr_ll at = on_lo(TYPE), back = {0};
	socklen_t len = sizeof(back);
	int fd;

	show_fd(socket(AF_PACKET, SOCK_STREAM, 0));
	fd = show_fd(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(TYPE)));
	show(listen(fd, 1));
	show(accept(fd, NULL, NULL));
	show(connect(fd, SA(&at), sizeof(at)));
	show(shutdown(fd, SHUT_RDWR));
	show(getpeername(fd, SA(&back), &len));
	show(bind(fd, SA(&at), sizeof(at) - 1));
	at.sll_family = AF_INET;
	show(bind(fd, SA(&at), sizeof(at)));
	at.sll_family = AF_PACKET;
	at.sll_ifindex = 9999;
	show(bind(fd, SA(&at), sizeof(at)));
	at = on_lo(0);
	show(bind(fd, SA(&at), sizeof(at)));
	len = sizeof(back);
	show(getsockname(fd, SA(&back), &len));
	say("length %u, family %d, protocol %#x, lo %d, hardware %d, %d bytes",
	    len, back.sll_family, ntohs(back.sll_protocol),
	    back.sll_ifindex == at.sll_ifindex, back.sll_hatype,
	    back.sll_halen);
	close(fd);
}

#define OPTION(name)                                                           \
	{                                                                      \
#name, name                                                    \
	}
static const struct {
	const char *name;
	int number;
} options[] = {
	OPTION(PACKET_AUXDATA),   OPTION(PACKET_ORIGDEV),
	OPTION(PACKET_VERSION),   OPTION(PACKET_RESERVE),
	OPTION(PACKET_TIMESTAMP), OPTION(PACKET_LOSS),
};

static void say_option(int fd, const char *name, int number)
{
	static const int values[] = {1, 0, 2, -1};
	int value = -7;
	socklen_t len = sizeof(value);
	int ret = getsockopt(fd, SOL_PACKET, number, &value, &len);

	say("%s: at first %d, %d, length %u", name, ret, value, len);
	for (size_t i = 0; i < COUNT(values); i++) {
		ret = setsockopt(fd, SOL_PACKET, number, &values[i],
				 sizeof(int));
		say("%s: set %d: %s", name, values[i],
		    ret < 0 ? strerrorname_np(errno) : "taken");
	}
	ret = 0;
	setsockopt(fd, SOL_PACKET, number, &ret, sizeof(ret));
}

static void the_options(void)
{
	struct packet_mreq m = {.mr_ifindex = (int)if_nametoindex("lo"),
				.mr_type = PACKET_MR_PROMISC};
	int fd = must(socket(AF_PACKET, SOCK_RAW, 0));
	socklen_t len;
	int value;

	for (size_t i = 0; i < COUNT(options); i++)
		say_option(fd, options[i].name, options[i].number);
	for (int version = 0; version < 4; version++) {
		value = version;
		len = sizeof(value);
		show(getsockopt(fd, SOL_PACKET, PACKET_HDRLEN, &value, &len));
		say("version %d: %d", version, value);
	}
	show(setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &m, sizeof(m)));
	show(setsockopt(fd, SOL_PACKET, PACKET_DROP_MEMBERSHIP, &m, sizeof(m)));
	show(setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &m, 4));
	m.mr_ifindex = 9999;
	show(setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &m, sizeof(m)));
	show(setsockopt(fd, SOL_PACKET, 9999, &value, sizeof(value)));
	show(setsockopt(fd, IPPROTO_IP, IP_TTL, &value, sizeof(value)));
	value = -7;
	len = sizeof(value);
	show(getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &len));
	say("type %d", value);
	show(getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &value, &len));
	say("domain %d", value);
	show(getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &value, &len));
	say("protocol %d", value);
	close(fd);
}

static void wait_for(int fd)
{
	struct pollfd p = {fd, POLLIN, 0};

	if (poll(&p, 1, APP_PATIENCE_MS) != 1)
		app_give_up("a frame");
}

static void say_frame(const char *who, int fd)
{
	struct sockaddr_ll from = {0};
	uint8_t bytes[FRAME + 40] = {0};
	char control[128];
	struct iovec iov = {bytes, 40};
	struct msghdr msg = {.msg_name = &from,
			     .msg_namelen = sizeof(from),
			     .msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control,
			     .msg_controllen = sizeof(control)};
	struct tpacket_auxdata aux;
	ssize_t n;

	wait_for(fd);
	n = recvmsg(fd, &msg, MSG_TRUNC);
	say("%s: %zd bytes, %s, type %#x, way %d, hardware %d, address %u, "
	    "length %u, first %#x",
	    who, n, msg.msg_flags & MSG_TRUNC ? "cut" : "whole",
	    ntohs(from.sll_protocol), from.sll_pkttype, from.sll_hatype,
	    from.sll_halen, msg.msg_namelen, bytes[0]);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c;
	     c = CMSG_NXTHDR(&msg, c)) {
		say("  message %d %d of %zu bytes", c->cmsg_level, c->cmsg_type,
		    (size_t)c->cmsg_len);
		if (c->cmsg_level != SOL_PACKET)
			continue;
		memcpy(&aux, CMSG_DATA(c), sizeof(aux));
		say("  status %#x, %u of %u bytes, headers at %u and %u",
		    aux.tp_status & 0xff, aux.tp_snaplen, aux.tp_len,
		    aux.tp_mac, aux.tp_net);
	}
}

static const uint8_t frame[FRAME] = {2, 0, 0, 0,    0,    1,   2,   0,   0,
				     0, 0, 2, 0x88, 0xb5, 'd', 'a', 't', 'a'};

static void say_statistics(int fd)
{
	struct tpacket_stats st = {77, 77};
	socklen_t len = sizeof(st);

	show(getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &st, &len));
	say("%u frames, %u lost", st.tp_packets, st.tp_drops);
}

/* The counters begin anew whenever they are asked for. */
static void await_frames(int fd, unsigned int want)
{
	unsigned int frames = 0, lost = 0;

	for (int i = 0; frames < want; i++) {
		struct tpacket_stats st = {0, 0};
		socklen_t len = sizeof(st);

		must(getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &st, &len));
		frames += st.tp_packets;
		lost += st.tp_drops;
		if (i >= APP_PATIENCE_MS)
			app_give_up("frames");
		poll(NULL, 0, 1);
	}
	say("%u frames, %u lost", frames, lost);
}

static void frames(void)
{
	int raw = must(socket(AF_PACKET, SOCK_RAW, htons(TYPE)));
	int all = must(socket(AF_PACKET, SOCK_RAW, 0));
	int cooked = must(socket(AF_PACKET, SOCK_DGRAM, htons(TYPE)));
	int sender = must(socket(AF_PACKET, SOCK_RAW, 0));
	struct sock_filter steps[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TYPE, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 30), BPF_STMT(BPF_RET | BPF_K, 0)};
	struct sock_fprog prog = {COUNT(steps), steps};
	struct sockaddr_ll to = on_lo(TYPE), any = on_lo(ETH_P_ALL);
	struct timespec ts;
	int one = 1, n = -1;

	show(setsockopt(cooked, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one)));
	show(setsockopt(cooked, SOL_SOCKET, SO_TIMESTAMP, &one, sizeof(one)));
	show(setsockopt(all, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
			sizeof(prog)));
	show(setsockopt(all, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one)));
	must(bind(all, SA(&any), sizeof(any)));
	show(sendto(sender, frame, FRAME, 0, SA(&to), sizeof(to)));
	wait_for(raw);
	show(ioctl(raw, FIONREAD, &n));
	say("%d bytes", n);
	show(ioctl(raw, SIOCOUTQ, &n));
	show(recv(raw, &n, 1, MSG_OOB));
	show(recv(raw, &n, 1, MSG_ERRQUEUE | MSG_DONTWAIT));
	say_frame("raw", raw);
	say_frame("cooked", cooked);
	say_frame("all, going", all);
	say_frame("all, coming", all);
	show(recv(all, &n, 1, MSG_DONTWAIT));
	/* The second time there is one to ask for. */
	ioctl(raw, SIOCGSTAMPNS_OLD, &ts);
	say_statistics(all);
	say_statistics(all);
	close(raw);
	close(all);
	close(cooked);
	close(sender);
}

static void refused(void)
{
	int raw = must(socket(AF_PACKET, SOCK_RAW, 0));
	int cooked = must(socket(AF_PACKET, SOCK_DGRAM, 0));
	struct sockaddr_ll to = on_lo(TYPE);
	static uint8_t large[70000];

	show(send(raw, frame, FRAME, 0));
	show(sendto(raw, frame, 13, 0, SA(&to), sizeof(to)));
	show(sendto(raw, frame, FRAME, 0, SA(&to), 10));
	show(sendto(raw, large, sizeof(large), 0, SA(&to), sizeof(to)));
	to.sll_ifindex = 9999;
	show(sendto(raw, frame, FRAME, 0, SA(&to), sizeof(to)));
	to = on_lo(TYPE);
	to.sll_halen = 6;
	show(sendto(cooked, frame, FRAME, 0, SA(&to), sizeof(to)));
	close(raw);
	close(cooked);
}

static void a_ring(void)
{
	struct tpacket_req req = {4096, 2, 2048, 4}, none = {0};
	struct sockaddr_ll to = on_lo(TYPE);
	int fd = must(socket(AF_PACKET, SOCK_RAW, htons(TYPE)));
	int sender = must(socket(AF_PACKET, SOCK_RAW, 0));
	struct pollfd p = {fd, POLLIN, 0};
	int version = TPACKET_V2;
	struct tpacket2_hdr *h;
	void *at;

	show(setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, 4));
	req.tp_frame_nr = 5;
	show(setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)));
	req.tp_frame_nr = 4;
	show(setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &req, 4));
	show(setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)));
	show(setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)));
	show(setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, 4));
	at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	say("half of it: %s", at == MAP_FAILED ? strerrorname_np(errno) : "ok");
	at = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	say("mapped: %s", at == MAP_FAILED ? strerrorname_np(errno) : "ok");
	if (at == MAP_FAILED)
		exit(2);
	show(setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &none, sizeof(none)));
	show(poll(&p, 1, 0));
	for (int i = 0; i < 5; i++)
		must(sendto(sender, frame, FRAME, 0, SA(&to), sizeof(to)));
	await_frames(fd, 5);
	wait_for(fd);
	for (int i = 0; i < 4; i++) {
		h = (void *)((char *)at + i * 2048);
		say("frame %d: status %#x, %u of %u, at %u and %u, type %#x", i,
		    h->tp_status & 0x1f, h->tp_snaplen, h->tp_len, h->tp_mac,
		    h->tp_net, ((uint8_t *)h)[h->tp_mac + 12]);
		h->tp_status = TP_STATUS_KERNEL;
	}
	show(poll(&p, 1, 0));
	must(sendto(sender, frame, FRAME, 0, SA(&to), sizeof(to)));
	wait_for(fd);
	show(munmap(at, 8192));
	close(fd);
	close(sender);
}

int main(void)
{
	sockets_and_names();
	the_options();
	frames();
	refused();
	a_ring();
	return 0;
}
