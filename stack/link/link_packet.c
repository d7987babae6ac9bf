/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * link_packet.c - an interface of the host, shared with its kernel
 *
 * What this room is for
 *   An AF_PACKET socket on an existing interface, with a hardware address of
 *   our own beside the kernel's. The host's kernel takes frames for our address
 *   as somebody else's, so it never answers them: no reset for a connection
 *   that it does not know. And the two do not hear each other: what the host
 *   sends leaves by the wire, as with macvlan.
 *
 *   Each frame has a virtio-net header before it (vnet.h): checksums stay
 *   partial and super-segments of 64 KiB pass whole. Frames come merged also
 *   when we were told to do without offload, because the host's driver merges
 *   for everybody; only what we send is plain then.
 *
 *   A filter in the kernel lets through what is addressed to us or to many, so
 *   that the rest of the wire costs us no wake-up. The interface listens to all
 *   addresses meanwhile (PACKET_MR_PROMISC); the kernel ends that with the
 *   socket.
 *
 * Never      changes the interface: not up, no address, no MTU.
 * Follows    packet(7).
 */
#define LOG_ROOM LOG_ROOM_LINK

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include "ground/explain.h"
#include "link.h"
#include "link_dev.h"
#include "ground/log.h"
#include "ground/sys.h"

/* Since Linux 4.20; older headers lack the name. */
enum { IGNORE_OUTGOING = 23 };

static int packet_send(struct link *l, const struct tx *t)
{
	return link_dev_send(l->fd, t, true);
}

/* ENETDOWN comes once each time the interface goes down: it may come back. */
static int packet_recv(struct link *l, struct pkt *p)
{
	int got = link_dev_recv(l->fd, p, true);

	if (got != -ENETDOWN)
		return got;
	log_warn("interface %s went down", l->name);
	return -EAGAIN;
}

/* Accepts what is sent to `mac` or to a group. */
static int packet_address(struct link *l, const struct eth_addr *mac)
{
	const uint8_t *b = mac->b;
	uint32_t high = (uint32_t)b[0] << 8 | b[1];
	uint32_t low = (uint32_t)b[2] << 24 | (uint32_t)b[3] << 16 |
		       (uint32_t)b[4] << 8 | b[5];
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 4, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, high, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, low, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = {ARRAY_LEN(code), code};

	return sys_setsockopt(l->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
			      sizeof(program));
}

static void packet_close(struct link *l)
{
	sys_close(l->fd);
	free(l);
}

static const struct link_ops packet_ops = {
	.send = packet_send,
	.recv = packet_recv,
	.address = packet_address,
	.close = packet_close,
};

/* Opening: each error with a sentence that says what to do. */

static int open_socket(const struct why *why)
{
	int fd = sys_socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
			    0);

	if (fd == -EPERM || fd == -EACCES)
		return explain(why, fd,
			       "no permission for packet sockets: it takes "
			       "root, or CAP_NET_RAW for this program");
	if (fd < 0)
		return explain(why, fd, "cannot make a packet socket: error %d",
			       -fd);
	return fd;
}

static int set_option(int fd, int option, const void *value, socklen_t len)
{
	return sys_setsockopt(fd, SOL_PACKET, option, value, len);
}

/* Nothing is received before bind() names a protocol, so no frame comes in
 * before the options hold. */
static int prepare(int fd, int ifindex)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
				 .sll_ifindex = ifindex};
	struct packet_mreq all = {.mr_ifindex = ifindex,
				  .mr_type = PACKET_MR_PROMISC};
	int on = 1, err;

	to.sll_protocol = __builtin_bswap16(ETH_P_ALL);
	err = set_option(fd, PACKET_VNET_HDR, &on, sizeof(on));
	if (err == 0)
		err = set_option(fd, IGNORE_OUTGOING, &on, sizeof(on));
	if (err == 0)
		err = set_option(fd, PACKET_ADD_MEMBERSHIP, &all, sizeof(all));
	return err < 0 ? err : sys_bind(fd, &to, sizeof(to));
}

static int attach(int fd, const char *name, const struct why *why)
{
	int ifindex = link_dev_index(name);
	int err;

	if (ifindex < 0)
		return explain(why, ifindex,
			       "there is no interface %s here; ip link shows "
			       "those that there are",
			       name);
	err = prepare(fd, ifindex);
	if (err < 0)
		return explain(why, err, "cannot listen on %s: error %d", name,
			       -err);
	return 0;
}

/* An adopted descriptor must be what this process would have made. */
static int inspect(int fd, const struct why *why)
{
	int domain = 0;
	socklen_t len = sizeof(domain);

	if (sys_getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) < 0 ||
	    domain != AF_PACKET)
		return explain(why, -EINVAL,
			       "descriptor %d is not a packet socket", fd);
	return fd;
}

static int obtain(const char *name, int adopted, const struct why *why)
{
	int fd, err;

	if (adopted >= 0)
		return inspect(adopted, why);
	if (!link_dev_name_is_good(name))
		return explain(why, -EINVAL,
			       "\"%.40s\" is not the name of an interface",
			       name);
	fd = open_socket(why);
	if (fd < 0)
		return fd;
	err = attach(fd, name, why);
	if (err < 0)
		sys_close(fd);
	return err < 0 ? err : fd;
}

int link_packet_open(const struct link_packet_config *c, struct link **out,
		     char *why_text, size_t why_size)
{
	const struct why why = {why_text, why_size};
	struct link *l = calloc(1, sizeof(*l));

	if (!l)
		return explain(&why, -ENOMEM, "out of memory");
	l->fd = obtain(c->name, c->fd, &why);
	if (l->fd < 0) {
		int err = l->fd;

		free(l);
		return err;
	}
	l->ops = &packet_ops;
	l->file = -1;
	l->caps = LINK_MERGES;
	if (c->offload)
		l->caps |= LINK_CSUM | LINK_TSO4 | LINK_TSO6;
	l->mtu = link_dev_mtu(c->name);
	snprintf(l->name, sizeof(l->name), "%s", c->name);
	*out = l;
	return 0;
}
