/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * link_tap.c - a TAP device
 *
 * What this room is for
 *   One write is one frame out, one read is one frame in. With offload each
 *   frame has a virtio-net header before it (vnet.h), checksums stay partial
 *   and super-segments of 64 KiB pass whole: a system call per 64 KiB instead
 *   of one per 1,500 bytes. Without offload the TAP is attached without that
 *   header, and told so: a persistent TAP remembers what its last user wanted.
 *
 *   UDP segmentation is only used on the way out. Whether the kernel knows it
 *   is found out by asking for it; then it is switched off for the way in,
 *   because a datagram socket wants datagrams. One process of a family does
 *   that: the device is everybody's, and in use.
 *
 * Never      sets the device up or gives the kernel's end an address: that
 *            needs privileges which a program should not have.
 * Follows    Linux Documentation/networking/tuntap.rst.
 */
#define LOG_ROOM LOG_ROOM_LINK

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <linux/if_tun.h>

#include "ground/explain.h"
#include "link.h"
#include "link_dev.h"
#include "ground/log.h"
#include "ground/pkt.h"
#include "ground/sys.h"
#include "ground/tx.h"
#include "vnet.h"

/* Since Linux 6.2; older headers lack the names. */
enum { TAP_OFFLOAD_USO = 0x20 | 0x40 };

enum { TAP_OFFLOAD = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 };

struct tap {
	struct link link;
	bool vnet; /* [I] a virtio-net header comes before each frame */
};

static struct tap *tap_of(struct link *l)
{
	return container_of(l, struct tap, link);
}

static int tap_send(struct link *l, const struct tx *t)
{
	return link_dev_send(l->fd, t, tap_of(l)->vnet);
}

/* Whoever polls it would be told so for ever, and be told nothing. */
static void on_removed(struct link *l)
{
	if (!l->gone)
		log_error("TAP %s was removed while it was in use: this "
			  "program has no network any more",
			  l->name);
	l->gone = true;
}

static int tap_recv(struct link *l, struct pkt *p)
{
	int got = link_dev_recv(l->fd, p, tap_of(l)->vnet);

	if (got == -EBADFD)
		on_removed(l);
	return got;
}

static void tap_close(struct link *l)
{
	sys_close(l->fd);
	free(tap_of(l));
}

static const struct link_ops tap_ops = {
	.send = tap_send,
	.recv = tap_recv,
	.close = tap_close,
};

/* Opening: each error with a sentence that says what to do. */

static int open_clone_device(const struct why *why)
{
	int fd = sys_openat(AT_FDCWD, "/dev/net/tun",
			    O_RDWR | O_NONBLOCK | O_CLOEXEC, 0);

	if (fd == -EACCES || fd == -EPERM)
		return explain(why, fd,
			       "no permission to open /dev/net/tun; as root: "
			       "chmod 666 /dev/net/tun");
	if (fd == -ENOENT || fd == -ENODEV || fd == -ENXIO)
		return explain(why, -ENODEV,
			       "there is no /dev/net/tun; as root: "
			       "modprobe tun");
	if (fd < 0)
		return explain(why, fd, "cannot open /dev/net/tun: error %d",
			       -fd);
	return fd;
}

static int explain_attach(const struct why *why, int err, const char *name)
{
	switch (err) {
	case -EBUSY:
		return explain(why, err,
			       "TAP %s is in use by another process; stop it "
			       "or choose another TAP",
			       name);
	case -EPERM:
	case -EACCES:
		return explain(why, err,
			       "no permission to open TAP %s; once, as root: "
			       "./run-with-stack.sh --make-tap %s --user "
			       "YOUR-USER-NAME",
			       name, name);
	case -EINVAL:
		return explain(why, err,
			       "%s exists and is not a TAP device; choose "
			       "another name",
			       name);
	default:
		return explain(why, err, "cannot open TAP %s: error %d", name,
			       -err);
	}
}

/* Binds fd to the device, which may have been made with several queues. */
static int attach(int fd, const char *name, bool vnet, const struct why *why)
{
	short flags = (short)(IFF_TAP | IFF_NO_PI | (vnet ? IFF_VNET_HDR : 0));
	struct ifreq request = {0};
	int err;

	memcpy(request.ifr_name, name, strlen(name));
	request.ifr_flags = flags;
	err = sys_ioctl(fd, TUNSETIFF, &request);
	if (err == -EINVAL) {
		request.ifr_flags = (short)(flags | IFF_MULTI_QUEUE);
		err = sys_ioctl(fd, TUNSETIFF, &request);
	}
	return err < 0 ? explain_attach(why, err, name) : 0;
}

/* What an adopted descriptor already is. */
static int inspect(int fd, struct tap *tap, const struct why *why)
{
	struct ifreq request = {0};
	int err = sys_ioctl(fd, TUNGETIFF, &request);
	int flags = sys_fcntl(fd, F_GETFL, 0);

	if (err < 0 || flags < 0)
		return explain(why, err < 0 ? err : flags,
			       "descriptor %d is not an open TAP", fd);
	if (!(request.ifr_flags & IFF_TAP) || !(request.ifr_flags & IFF_NO_PI))
		return explain(why, -EINVAL,
			       "descriptor %d must be a TAP with IFF_NO_PI",
			       fd);
	tap->vnet = request.ifr_flags & IFF_VNET_HDR;
	memcpy(tap->link.name, request.ifr_name, IFNAMSIZ);
	tap->link.name[IFNAMSIZ - 1] = '\0';
	return sys_fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

static int set_offload(int fd, unsigned bits)
{
	return sys_ioctl(fd, TUNSETOFFLOAD, (void *)(uintptr_t)bits);
}

/* Tells the device what may come in, and finds out what may go out. */
static void negotiate(struct tap *tap, bool offload)
{
	int fd = tap->link.fd, size = sizeof(struct vnet_header);

	tap->link.caps = 0;
	if (!tap->vnet) {
		set_offload(fd, 0);
		return;
	}
	sys_ioctl(fd, TUNSETVNETHDRSZ, &size);
	if (offload && set_offload(fd, TAP_OFFLOAD | TAP_OFFLOAD_USO) == 0)
		tap->link.caps |= LINK_USO;
	if (offload && set_offload(fd, TAP_OFFLOAD) == 0)
		tap->link.caps |= LINK_CSUM | LINK_TSO4 | LINK_TSO6;
	else
		set_offload(fd, 0);
}

/* Opens or adopts: sets fd, name and vnet. */
static int obtain(const struct link_tap_config *config, struct tap *tap,
		  const struct why *why)
{
	int err;

	if (config->fd >= 0) {
		tap->link.fd = config->fd;
		return inspect(config->fd, tap, why);
	}
	if (!config->name || !link_dev_name_is_good(config->name))
		return explain(why, -EINVAL,
			       "\"%.40s\" is not a device name: 1 to 15 "
			       "letters, digits, dots, dashes",
			       config->name ? config->name : "");
	tap->link.fd = open_clone_device(why);
	if (tap->link.fd < 0)
		return tap->link.fd;
	tap->vnet = config->offload;
	snprintf(tap->link.name, sizeof(tap->link.name), "%s", config->name);
	err = attach(tap->link.fd, config->name, tap->vnet, why);
	if (err < 0)
		sys_close(tap->link.fd);
	return err;
}

int link_tap_open(const struct link_tap_config *config, struct link **out,
		  char *why_text, size_t why_size)
{
	const struct why why = {why_text, why_size};
	struct tap *tap = calloc(1, sizeof(*tap));
	int err;

	if (!tap)
		return explain(&why, -ENOMEM, "out of memory");
	err = obtain(config, tap, &why);
	if (err < 0) {
		free(tap);
		return err;
	}
	if (config->caps)
		tap->link.caps = *config->caps;
	else
		negotiate(tap, config->offload);
	tap->link.ops = &tap_ops;
	tap->link.file = -1;
	tap->link.mtu = link_dev_mtu(tap->link.name);
	*out = &tap->link;
	return 0;
}
