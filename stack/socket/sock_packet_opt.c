/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_packet_opt.c - options of packet sockets
 *
 * What this room is for
 *   SOL_PACKET, and what of SOL_SOCKET lies in a packet socket. Joining changes
 *   nothing: a TAP delivers whatever its other end sends.
 *
 * Lock       the stack lock is held.
 * Follows    packet(7), packet_mmap (Linux); Linux's errors.
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <string.h>

#include "sock_opt_priv.h"
#include "sock_packet.h"

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

/* --- questions ----------------------------------------------------------- */

static int give_int(int number, void *value, socklen_t *len)
{
	return sock_opt_give(value, len, &number, sizeof(number));
}

/* Reading begins a new count. */
static int give_statistics(struct packet_pcb *pcb, void *value, socklen_t *len)
{
	struct tpacket_stats_v3 st = {pcb->seen, pcb->drops, pcb->ring.freezes};
	size_t size = sizeof(st);

	if (pcb->ring.version != PACKET_RING_V3)
		size = sizeof(struct tpacket_stats);
	pcb->seen = 0;
	pcb->drops = 0;
	pcb->ring.freezes = 0;
	return sock_opt_give(value, len, &st, size);
}

static int give_header(void *value, socklen_t *len)
{
	uint32_t version;

	if (*len < sizeof(version))
		return -EINVAL;
	memcpy(&version, value, sizeof(version));
	if (!packet_ring_header(version))
		return -EINVAL;
	return give_int((int)packet_ring_header(version), value, len);
}

static int get_packet(struct packet_pcb *pcb, int name, void *value,
		      socklen_t *len)
{
	switch (name) {
	case PACKET_STATISTICS:
		return give_statistics(pcb, value, len);
	case PACKET_HDRLEN:
		return give_header(value, len);
	case PACKET_AUXDATA:
		return give_int(pcb->auxdata, value, len);
	case PACKET_ORIGDEV:
		return give_int(pcb->origdev, value, len);
	case PACKET_VERSION:
		return give_int(pcb->ring.version, value, len);
	case PACKET_RESERVE:
		return give_int((int)pcb->ring.reserve, value, len);
	case PACKET_IGNORE_OUTGOING:
		return give_int(pcb->ignore_outgoing, value, len);
	case PACKET_VNET_HDR:
	case PACKET_LOSS:
	case PACKET_TIMESTAMP:
	case PACKET_FANOUT:
		return give_int(0, value, len);
	default:
		return -ENOPROTOOPT;
	}
}

int sock_packet_opt_get(struct sock *s, int level, int name, void *value,
			socklen_t *len)
{
	struct packet_pcb *pcb = s->packet;

	if (level == SOL_PACKET)
		return get_packet(pcb, name, value, len);
	if (level != SOL_SOCKET)
		return -ENOPROTOOPT;
	switch (name) {
	case SO_RCVBUF:
		return give_int((int)pcb->rcv_max, value, len);
	case SO_SNDBUF:
		return give_int(s->sndbuf, value, len);
	case SO_ERROR: {
		int error = pcb->error;

		pcb->error = 0;
		sock_update(s, 0);
		return give_int(error, value, len);
	}
	default:
		return SOCK_OPT_OTHERS;
	}
}

/* --- orders -------------------------------------------------------------- */

static int set_ring(struct sock *s, const void *value, socklen_t len)
{
	struct packet_ring *r = &s->packet->ring;
	struct tpacket_req3 req = {0};
	struct packet_ring_shape shape;
	size_t size = r->version == PACKET_RING_V3 ? sizeof(req)
						   : sizeof(struct tpacket_req);

	if (len < size)
		return -EINVAL;
	memcpy(&req, value, size);
	/* Packet fields beyond a plain copy cost more than they save. */
	shape = (struct packet_ring_shape){
		.block_size = req.tp_block_size,
		.blocks = req.tp_block_nr,
		.frame_size = req.tp_frame_size,
		.frames = req.tp_frame_nr,
		.retire_ms = req.tp_retire_blk_tov,
		.priv_size = req.tp_sizeof_priv,
	};
	return packet_ring_set(r, &s->stack->eng, &shape);
}

/* RFC-less, but packet(7): the interface must be there, a group must be an
 * address of its hardware. */
static int set_membership(const struct sock *s, const void *value,
			  socklen_t len)
{
	struct packet_mreq m;

	if (len < sizeof(m))
		return -EINVAL;
	memcpy(&m, value, sizeof(m));
	if (len < offsetof(struct packet_mreq, mr_address) + m.mr_alen)
		return -EINVAL;
	if (m.mr_ifindex <= 0 || (uint32_t)m.mr_ifindex > s->stack->net.nifs)
		return -ENODEV;
	if ((m.mr_type == PACKET_MR_MULTICAST ||
	     m.mr_type == PACKET_MR_UNICAST) &&
	    m.mr_alen != sizeof(struct eth_addr))
		return -EINVAL;
	return 0;
}

static int set_ring_manner(struct packet_ring *r, int name, int n)
{
	if (name == PACKET_VERSION && (n < 0 || n > PACKET_RING_V3))
		return -EINVAL;
	if (name == PACKET_RESERVE && n < 0)
		return -EINVAL;
	if (packet_ring_is_set(r))
		return -EBUSY;
	if (name == PACKET_VERSION)
		r->version = (uint8_t)n;
	else
		r->reserve = (uint32_t)n;
	return 0;
}

static int set_number(struct packet_pcb *pcb, int name, int n)
{
	switch (name) {
	case PACKET_VERSION:
	case PACKET_RESERVE:
		return set_ring_manner(&pcb->ring, name, n);
	case PACKET_AUXDATA:
		pcb->auxdata = n != 0;
		return 0;
	case PACKET_ORIGDEV:
		pcb->origdev = n != 0;
		return 0;
	case PACKET_IGNORE_OUTGOING:
		if (n < 0 || n > 1)
			return -EINVAL;
		pcb->ignore_outgoing = n != 0;
		return 0;
	case PACKET_COPY_THRESH: /* a copy in the queue besides: never */
	case PACKET_LOSS:        /* of rings that send */
	case PACKET_TIMESTAMP:   /* there is one clock */
	case PACKET_QDISC_BYPASS:
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

static int set_packet(struct sock *s, int name, const void *value,
		      socklen_t len)
{
	int n;

	switch (name) {
	case PACKET_ADD_MEMBERSHIP:
	case PACKET_DROP_MEMBERSHIP:
		return set_membership(s, value, len);
	case PACKET_RX_RING:
		return set_ring(s, value, len);
	default:
		break;
	}
	if (len < sizeof(n))
		return -EINVAL;
	memcpy(&n, value, sizeof(n));
	return set_number(s->packet, name, n);
}

/* socket(7): twice what is asked, within bounds. */
static int set_buffer(struct sock *s, int name, const void *value,
		      socklen_t len)
{
	int bytes;

	if (len < sizeof(bytes))
		return -EINVAL;
	memcpy(&bytes, value, sizeof(bytes));
	bytes = bytes < 0 ? LIMIT_SOCKBUF_ASK : bytes;
	bytes = MIN(bytes, LIMIT_SOCKBUF_ASK / 2) * 2;
	bytes = MAX(bytes, LIMIT_SOCKBUF_MIN);
	if (name == SO_SNDBUF || name == SO_SNDBUFFORCE)
		s->sndbuf = bytes;
	else
		s->packet->rcv_max = (size_t)bytes;
	return 0;
}

int sock_packet_opt_set(struct sock *s, int level, int name, const void *value,
			socklen_t len)
{
	int ret;

	if (level == SOL_PACKET) {
		ret = set_packet(s, name, value, len);
		sock_update(s, 0);
		return ret;
	}
	if (level != SOL_SOCKET)
		return -ENOPROTOOPT;
	if (name == SO_RCVBUF || name == SO_SNDBUF || name == SO_RCVBUFFORCE ||
	    name == SO_SNDBUFFORCE)
		return set_buffer(s, name, value, len);
	return SOCK_OPT_OTHERS;
}
