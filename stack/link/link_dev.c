/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * link_dev.c - what links on the kernel's devices have in common
 *
 * What this room is for
 *   See link_dev.h.
 *
 * Follows    netdevice(7). Any socket may ask; AF_UNIX exists even where
 *            networks are forbidden.
 */
#include "link_dev.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>

#include "ground/limits.h"
#include "ground/pkt.h"
#include "ground/sys.h"
#include "ground/tx.h"
#include "vnet.h"

bool link_dev_name_is_good(const char *name)
{
	size_t len = strnlen(name, IFNAMSIZ);

	if (len == 0 || len >= IFNAMSIZ || !strcmp(name, ".") ||
	    !strcmp(name, ".."))
		return false;
	for (; *name; name++) {
		if (*name <= ' ' || *name > '~' || strchr("/:%", *name))
			return false;
	}
	return true;
}

static int ask(const char *name, unsigned long what, struct ifreq *request)
{
	int fd = sys_socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return fd;
	memset(request, 0, sizeof(*request));
	memcpy(request->ifr_name, name, strlen(name));
	err = sys_ioctl(fd, what, request);
	sys_close(fd);
	return err;
}

uint32_t link_dev_mtu(const char *name)
{
	struct ifreq request;

	if (ask(name, SIOCGIFMTU, &request) < 0 ||
	    request.ifr_mtu < LIMIT_IP4_MTU_MIN ||
	    request.ifr_mtu > LIMIT_LOOP_MTU)
		return LIMIT_DEFAULT_MTU;
	return (uint32_t)request.ifr_mtu;
}

int link_dev_index(const char *name)
{
	struct ifreq request;

	return ask(name, SIOCGIFINDEX, &request) < 0 ? -ENODEV
						     : request.ifr_ifindex;
}

/* Gathering costs the kernel more than a copy of so little costs us. */
enum { FLAT_MAX = 256 };

static int send_flat(int fd, const struct tx *t, bool vnet)
{
	uint8_t frame[sizeof(struct vnet_header) + FLAT_MAX];
	struct iovec iov[TX_IOV_MAX + 1];
	size_t pieces = tx_gather(t, iov), len = 0;
	struct vnet_header header;
	ssize_t sent;

	if (vnet) {
		vnet_from_tx(t, &header);
		memcpy(frame, &header, sizeof(header));
		len = sizeof(header);
	}
	for (size_t i = 0; i < pieces; i++) {
		memcpy(frame + len, iov[i].iov_base, iov[i].iov_len);
		len += iov[i].iov_len;
	}
	sent = sys_write(fd, frame, len);
	return sent < 0 ? (int)sent : 0;
}

int link_dev_send(int fd, const struct tx *t, bool vnet)
{
	struct iovec iov[TX_IOV_MAX + 2];
	struct vnet_header header;
	size_t n = 0;
	ssize_t sent;

	if (tx_len(t) <= FLAT_MAX)
		return send_flat(fd, t, vnet);
	if (vnet) {
		vnet_from_tx(t, &header);
		iov[n++] = (struct iovec){&header, sizeof(header)};
	}
	n += tx_gather(t, iov + n);
	sent = sys_writev(fd, iov, (int)n);
	return sent < 0 ? (int)sent : 0;
}

int link_dev_recv(int fd, struct pkt *p, bool vnet)
{
	size_t before = vnet ? sizeof(struct vnet_header) : 0;
	struct vnet_header header;
	ssize_t got;

	/* Where the IP header, behind both link headers, will be 4-byte
	 * aligned. One buffer for all of it: see send_flat(). */
	p->data += (2 - before - (uintptr_t)p->data) & 3;
	got = sys_read(fd, p->data, pkt_tailroom(p));
	if (got < 0)
		return (int)got;

	p->len = (uint32_t)got;
	if (!vnet)
		return (int)p->len;
	if (p->len < before) {
		p->len = 0;
		memset(&header, 0, sizeof(header));
	} else {
		memcpy(&header, pkt_pull(p, before), before);
	}
	vnet_to_pkt(&header, p);
	return (int)p->len;
}
