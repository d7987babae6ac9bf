/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock.c - the socket object, the table of them, and the stack's root
 *
 * What this room is for
 *   Makes and ends sockets, gives them numbers, and turns the news that the
 *   transports leave into readiness.
 *
 * Comes in   stack.c, with the lock taken.
 * Goes out   sock_stream.c and sock_dgram.c know the transports.
 * Lock       the stack lock is held, except in sock_slot_of().
 */

#include "sock.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "epset.h"
#include "ground/must.h"
#include "transport/raw.h"
#include "netlink/nl_watch.h"
#include "netlink/sock_netlink.h"
#include "sock_packet.h"

enum {
	RCVLOWAT_DEFAULT = 1,
};

int sock_stack_init(struct stack *st, struct arena *arena,
		    const struct rand_key *seed)
{
	memset(st, 0, sizeof(*st));
	engine_init(&st->eng, arena, seed);
	net_init(&st->net, &st->eng);
	tcp_init(&st->tcp, &st->eng, &st->net);
	udp_init(&st->udp, &st->eng, &st->net, UDP_PLAIN);
	udp_init(&st->echo, &st->eng, &st->net, UDP_ECHO);
	udp_init(&st->raw, &st->eng, &st->net, UDP_RAW);
	packets_init(&st->packets, &st->eng, &st->net, &st->wall_offset);
	st->net.tcp = &st->tcp;
	st->net.udp = &st->udp;
	st->net.echo = &st->echo;
	st->net.raw = &st->raw;
	st->net.packets = &st->packets;
	list_init(&st->netlinks);
	st->next_bell = 1;
	family_init(&st->family);
	return timer_init(&st->eng.timers, &st->trim, TIMER_TRIM);
}

void sock_stack_fini(struct stack *st)
{
	for (uint32_t p = 0; p < st->npages; p++) {
		for (size_t i = 0; i < SOCK_PAGE_SLOTS; i++) {
			struct sock_slot *slot = &st->pages[p][i];

			if (slot->kind == SOCK_KIND_SOCKET)
				sock_close(slot->object);
			else if (slot->kind == SOCK_KIND_EPSET)
				epset_free(slot->object);
		}
		arena_free(st->eng.arena, st->pages[p]);
	}
	nl_watch_end(st);
	tcp_fini(&st->tcp);
	udp_fini(&st->udp);
	udp_fini(&st->echo);
	udp_fini(&st->raw);
	net_fini(&st->net);
	timer_fini(&st->eng.timers, &st->trim);
	engine_fini(&st->eng);
}

static bool add_page(struct stack *st)
{
	struct sock_slot *page;

	if (st->npages == SOCK_PAGES)
		return false;
	page = arena_zalloc(st->eng.arena, SOCK_PAGE_SLOTS * sizeof(*page),
			    ARENA_SLOTS);
	if (!page)
		return false;

	for (uint32_t i = SOCK_PAGE_SLOTS; i-- > 0;) {
		page[i].index = st->npages * SOCK_PAGE_SLOTS + i;
		page[i].generation = 1;
		page[i].ready = POLLNVAL;
		page[i].next_free = st->free_slots;
		st->free_slots = &page[i];
	}
	__atomic_store_n(&st->pages[st->npages], page, __ATOMIC_RELEASE);
	st->npages++;
	return true;
}

struct sock_slot *sock_slot_new(struct stack *st, enum sock_kind kind,
				void *object)
{
	struct sock_slot *slot;

	if (!st->free_slots && !add_page(st))
		return NULL;
	slot = st->free_slots;
	st->free_slots = slot->next_free;
	slot->next_free = NULL;
	slot->kind = (uint8_t)kind;
	slot->object = object;
	slot->nonblocking = false;
	slot->shared = false;
	slot->left = false;
	slot->in_flight = 0;
	slot->special = false;
	slot->word = NULL;
	slot->ready = 0;
	st->nsocks++;
	return slot;
}

void sock_slot_free(struct stack *st, struct sock_slot *slot)
{
	uint32_t next = slot->generation + 1;

	__atomic_store_n(&slot->generation, next ? next : 1, __ATOMIC_RELEASE);
	__atomic_store_n(&slot->ready, POLLNVAL, __ATOMIC_RELEASE);
	slot->kind = SOCK_KIND_FREE;
	slot->word = NULL;
	slot->object = NULL;
	slot->next_free = st->free_slots;
	st->free_slots = slot;
	st->nsocks--;
}

sock_id sock_slot_id(const struct sock_slot *slot)
{
	return (sock_id)slot->generation << SOCK_INDEX_BITS | slot->index;
}

struct sock_slot *sock_slot_of(const struct stack *st, sock_id id)
{
	uint32_t index = id & ((1u << SOCK_INDEX_BITS) - 1);
	struct sock_slot *page;

	if (index >= LIMIT_SOCKETS)
		return NULL;
	page = __atomic_load_n(&st->pages[index / SOCK_PAGE_SLOTS],
			       __ATOMIC_ACQUIRE);
	return page ? &page[index % SOCK_PAGE_SLOTS] : NULL;
}

struct sock *sock_find(struct stack *st, sock_id id)
{
	struct sock_slot *slot = sock_slot_of(st, id);

	if (!slot || slot->kind != SOCK_KIND_SOCKET || sock_slot_id(slot) != id)
		return NULL;
	return slot->object;
}

static int check_netlink(int type, int protocol)
{
	if (type != SOCK_RAW && type != SOCK_DGRAM)
		return -ESOCKTNOSUPPORT;
	return sock_netlink_knows(protocol) ? protocol : -EPROTONOSUPPORT;
}

/* icmp(7): datagrams of this protocol are echo requests. */
static int echo_protocol(int family)
{
	return family == AF_INET6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
}

/* The protocol that socket(2) means, or -errno. */
static int check_protocol(int family, int type, int protocol)
{
	/* In Linux's order. */
	if (type < 0 || type > SOCK_PACKET)
		return -EINVAL;
	if (family == AF_NETLINK)
		return check_netlink(type, protocol);
	if (family == AF_PACKET)
		return sock_packet_check(type, protocol);
	if (family != AF_INET && family != AF_INET6)
		return -EAFNOSUPPORT;
	if (protocol < 0 || protocol >= IPPROTO_MAX)
		return -EINVAL;
	switch (type) {
	case SOCK_STREAM:
		if (protocol == 0 || protocol == IPPROTO_TCP)
			return IPPROTO_TCP;
		return -EPROTONOSUPPORT;
	case SOCK_DGRAM:
		if (protocol == 0 || protocol == IPPROTO_UDP)
			return IPPROTO_UDP;
		if (protocol == echo_protocol(family))
			return protocol;
		return -EPROTONOSUPPORT;
	case SOCK_RAW:
		if (protocol == 0 || protocol > IPPROTO_RAW)
			return -EPROTONOSUPPORT;
		return protocol;
	default:
		return -ESOCKTNOSUPPORT;
	}
}

/* Everything of a socket but its transport; arena_made() when it has one. */
static int new_bare(struct stack *st, int family, int type, int protocol,
		    struct sock **out)
{
	struct sock *s = arena_zalloc(st->eng.arena, sizeof(*s), ARENA_MAKING);

	if (!s)
		return -ENOBUFS;
	s->slot = sock_slot_new(st, SOCK_KIND_SOCKET, s);
	if (!s->slot) {
		arena_free(st->eng.arena, s);
		return -ENFILE;
	}
	s->id = sock_slot_id(s->slot);
	s->stack = st;
	s->owner = family_self();
	s->family = family;
	s->type = type;
	s->protocol = protocol;
	s->rcvtimeo = USECS_NEVER;
	s->sndtimeo = USECS_NEVER;
	s->linger = USECS_NEVER;
	s->rcvlowat = RCVLOWAT_DEFAULT;
	s->sndbuf = LIMIT_UDP_BUF;
	sock_opt6_init(s);
	readiness_init(&s->readiness, s->slot);
	*out = s;
	return 0;
}

static void free_bare(struct sock *s)
{
	struct engine *eng = &s->stack->eng;

	if (s->inode)
		HASH_DELETE(by_inode, s->stack->inodes, s);
	sock_slot_free(s->stack, s->slot);
	readiness_fini(&s->readiness);
	arena_free(eng->arena, s);
}

static int new_datagram(struct sock *s)
{
	struct stack *st = s->stack;
	int ret;

	if (s->type == SOCK_RAW)
		ret = raw_new(&st->raw, s->protocol, s->family == AF_INET6,
			      &s->pcb);
	else if (s->protocol != IPPROTO_UDP)
		ret = raw_new(&st->echo, s->protocol, s->family == AF_INET6,
			      &s->pcb);
	else
		ret = udp_new(&st->udp, &s->pcb);
	if (ret == 0)
		s->pcb->news.owner = s;
	return ret;
}

int sock_new(struct stack *st, int family, int type, int protocol,
	     struct sock **out)
{
	struct sock *s;
	int ret = check_protocol(family, type, protocol);

	if (ret < 0)
		return ret;
	ret = new_bare(st, family, type, ret, &s);
	if (ret < 0)
		return ret;

	if (family == AF_NETLINK) {
		ret = sock_netlink_new(s);
	} else if (family == AF_PACKET) {
		ret = sock_packet_new(s);
	} else if (type == SOCK_STREAM) {
		ret = tcp_new(&st->tcp, s, &s->conn);
	} else {
		ret = new_datagram(s);
	}
	if (ret < 0) {
		free_bare(s);
		return ret;
	}
	arena_made(st->eng.arena, s, ARENA_SOCK);
	if (s->conn || s->pcb)
		sock_opt_apply_family(s);
	sock_update(s, 0);
	*out = s;
	return 0;
}

void sock_set_user(struct sock *s, uint32_t uid)
{
	s->uid = uid;
	if (s->conn)
		tcp_set_user(s->conn, uid);
	else if (s->pcb)
		s->pcb->bind.user = uid;
}

void sock_note_special(struct sock *s)
{
	bool special = s->rcvtimeo != USECS_NEVER ||
		       s->sndtimeo != USECS_NEVER || s->linger != USECS_NEVER ||
		       s->rcvlowat != RCVLOWAT_DEFAULT;

	__atomic_store_n(&s->slot->special, special, __ATOMIC_RELEASE);
}

int sock_new_accepted(struct sock *listener, struct sock **out)
{
	struct tcp_conn *c;
	struct sock *s;
	int ret = new_bare(listener->stack, listener->family, SOCK_STREAM,
			   IPPROTO_TCP, &s);

	if (ret < 0)
		return ret;
	c = tcp_accept(listener->conn);
	MUST(c);
	/* socket(7): a new connection inherits the listener's options. */
	s->uid = listener->uid;
	s->rcvtimeo = listener->rcvtimeo;
	s->sndtimeo = listener->sndtimeo;
	s->linger = listener->linger;
	s->reuse = listener->reuse;
	s->priority = listener->priority;
	s->mark = listener->mark;
	s->filter_locked = listener->filter_locked;
	s->rcvlowat = listener->rcvlowat;
	sock_note_special(s);
	s->v6only = listener->v6only;
	s->ip6 = listener->ip6;
	s->ifindex = listener->ifindex;
	s->phase = SOCK_CONNECTED;
	s->conn = c;
	arena_made(s->stack->eng.arena, s, ARENA_SOCK);
	tcp_set_owner(c, s);
	sock_update(s, 0);
	*out = s;
	return 0;
}

void sock_close(struct sock *s)
{
	if (s->conn) {
		tcp_set_owner(s->conn, NULL);
		tcp_close(s->conn);
	}
	if (s->pcb) {
		news_forget(&s->pcb->news);
		udp_free(s->pcb);
	}
	if (s->nl)
		sock_netlink_free(s);
	if (s->packet)
		sock_packet_free(s);
	s->conn = NULL;
	s->pcb = NULL;
	free_bare(s);
}

int sock_set_inode(struct sock *s, uint64_t inode)
{
	struct engine *eng = &s->stack->eng;
	struct sock *stale = sock_by_inode(s->stack, inode);

	/* The kernel gave the number out again: who had it is gone. */
	if (stale && stale != s) {
		HASH_DELETE(by_inode, s->stack->inodes, stale);
		stale->inode = 0;
	}
	if (s->inode)
		HASH_DELETE(by_inode, s->stack->inodes, s);
	s->inode = inode;
	HASH_ADD(by_inode, s->stack->inodes, inode, sizeof(s->inode), s);
	if (sock_by_inode(s->stack, inode) != s) {
		s->inode = 0;
		return -ENOBUFS;
	}
	return 0;
}

struct sock *sock_by_inode(struct stack *st, uint64_t inode)
{
	struct engine *eng = &st->eng;
	struct sock *s;

	HASH_FIND(by_inode, st->inodes, &inode, sizeof(inode), s);
	return s;
}

void sock_set_ifindex(struct sock *s, uint32_t ifindex)
{
	s->ifindex = ifindex;
	if (s->pcb)
		udp_set_ifindex(s->pcb, ifindex);
	if (s->conn)
		tcp_set_ifindex(s->conn, ifindex);
}

void sock_update(struct sock *s, uint32_t edges)
{
	uint32_t level;

	if (s->nl)
		level = sock_netlink_ready(s);
	else if (s->packet)
		level = sock_packet_ready(s);
	else
		level = s->conn ? sock_stream_ready(s) : sock_dgram_ready(s);
	readiness_set(&s->readiness, level, edges);
}

static uint32_t edges_of(uint32_t news)
{
	uint32_t edges = 0;

	if (news & (NEWS_READABLE | NEWS_ACCEPTABLE))
		edges |= EPOLLIN | EPOLLRDNORM;
	if (news & NEWS_WRITABLE)
		edges |= EPOLLOUT | EPOLLWRNORM;
	if (news & NEWS_CONNECTED)
		edges |= EPOLLOUT | EPOLLWRNORM;
	if (news & NEWS_END_OF_INPUT)
		edges |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
	if (news & NEWS_URGENT)
		edges |= EPOLLPRI;
	if (news & (NEWS_ERROR | NEWS_CLOSED))
		edges |= EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLRDHUP;
	return edges;
}

void sock_collect_news(struct stack *st)
{
	struct list *link;

	while ((link = list_pop(&st->eng.news))) {
		struct news *n = list_entry(link, struct news, link);
		uint32_t bits = n->bits;

		n->bits = 0;
		if (n->owner)
			sock_update(n->owner, edges_of(bits));
	}
}
