/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * link_dev.h - what links on the kernel's devices have in common
 *
 * What this room is for
 *   Names that a device can have, what the kernel says about a device, and one
 *   frame in or out by one system call, with the virtio-net header of vnet.h
 *   before it or without.
 */
#ifndef STACK_LINK_DEV_H
#define STACK_LINK_DEV_H

#include "ground/base.h"

struct pkt;
struct tx;

/* 1 to 15 printable bytes without / : % and blanks, and not "." or "..". */
bool link_dev_name_is_good(const char *name);

/* Its MTU; LIMIT_DEFAULT_MTU when it does not say, or says nonsense. */
uint32_t link_dev_mtu(const char *name);

/* Its index, or -ENODEV. */
int link_dev_index(const char *name);

/* As link_ops.send and link_ops.recv, on an open descriptor. */
int link_dev_send(int fd, const struct tx *t, bool vnet);
int link_dev_recv(int fd, struct pkt *p, bool vnet);

#endif
