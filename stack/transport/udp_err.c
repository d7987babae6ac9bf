/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * udp_err.c - the error queue of a datagram socket
 *
 * What this room is for
 *   See udp_err.h. An entry is a packet block: the refusal in front, then the
 *   payload that the ICMP message quoted.
 *
 * Comes in   udp_in.c notes; sock_dgram.c takes.
 * Never      decides who wants to hear of an error: udp_in.c does.
 * Lock       the stack lock is held.
 * Follows    ip(7) IP_RECVERR; RFC 1122 4.1.3.3.
 */
#include "udp_err.h"

#include <errno.h>
#include <string.h>

#include "net/icmp.h"
#include "ground/must.h"
#include "link/wire.h"

/* What was quoted behind the UDP header. */
static size_t payload_of(const struct udp_pcb *pcb, const struct icmp_error *e,
			 const uint8_t **payload)
{
	const size_t header =
		pcb->udp->kind == UDP_PLAIN ? sizeof(struct udp_wire) : 0;

	if (!e->quote || e->quote_len <= header)
		return 0;
	*payload = e->quote + header;
	return MIN(e->quote_len - header, (size_t)LIMIT_UDP_QUOTE);
}

static void enqueue(struct udp_pcb *pcb, const struct udp_refusal *refusal,
		    const uint8_t *payload, size_t len)
{
	struct pkt *p;

	MUST_HOLD(&pcb->udp->eng->lock);
	if (pcb->err_count >= LIMIT_UDP_ERRORS)
		return;
	p = pkt_new(pcb->udp->eng->arena, sizeof(*refusal) + len, 0);
	if (!p)
		return;
	memcpy(pkt_append(p, sizeof(*refusal)), refusal, sizeof(*refusal));
	if (len)
		memcpy(pkt_append(p, len), payload, len);
	list_push(&pcb->errq, &p->link);
	pcb->err_count++;
}

void udp_err_note(struct udp_pcb *pcb, const struct icmp_error *e)
{
	struct udp_refusal refusal = {
		.error = e->error,
		.type = e->type,
		.code = e->code,
		.info = e->mtu,
		.to = {e->remote, e->remote_port, 0},
		.offender = {e->offender, 0, 0},
	};
	const uint8_t *payload = NULL;
	size_t len = payload_of(pcb, e, &payload);

	if (inet_needs_scope(&e->remote))
		refusal.to.scope = e->ifindex;
	if (inet_needs_scope(&e->offender))
		refusal.offender.scope = e->ifindex;
	enqueue(pcb, &refusal, payload, len);
}

void udp_err_note_local(struct udp_pcb *pcb, int error,
			const struct endpoint *to, uint32_t info)
{
	struct udp_refusal refusal = {
		.error = error, .is_local = true, .info = info, .to = *to};

	enqueue(pcb, &refusal, NULL, 0);
	news_leave(pcb->udp->eng, &pcb->news, NEWS_ERROR);
}

static struct pkt *first_of(const struct udp_pcb *pcb)
{
	struct list *link = list_first(&pcb->errq);

	return link ? list_entry(link, struct pkt, link) : NULL;
}

ssize_t udp_err_take(struct udp_pcb *pcb, struct uio *to,
		     struct udp_refusal *out, size_t *full_len)
{
	struct pkt *p = first_of(pcb);
	struct udp_refusal next;
	size_t copied;

	MUST_HOLD(&pcb->udp->eng->lock);
	if (!p)
		return -EAGAIN;
	memcpy(out, p->data, sizeof(*out));
	*full_len = p->len - sizeof(*out);
	copied = uio_write(to, p->data + sizeof(*out), *full_len);
	pkt_free(pcb->udp->eng->arena, p);
	pcb->err_count--;

	pcb->error = 0;
	p = first_of(pcb);
	if (p) {
		memcpy(&next, p->data, sizeof(next));
		pcb->error = next.error;
	}
	return (ssize_t)copied;
}

void udp_err_clear(struct udp_pcb *pcb)
{
	pkt_free_list(pcb->udp->eng->arena, &pcb->errq);
	pcb->err_count = 0;
}
