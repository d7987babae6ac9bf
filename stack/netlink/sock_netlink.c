/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_netlink.c - socket calls on netlink: a program talks with the stack
 *
 * What this room is for
 *   See sock_netlink.h. Requests are copied in before they are looked at, and
 *   answers are written to one scratch block: what a program does with its own
 *   memory meanwhile changes nothing here.
 *
 * Never      knows what a message says: nl_request.c.
 * Lock       the stack lock is held.
 * Follows    netlink(7), recv(2).
 */
#include "sock_netlink.h"

#include <errno.h>
#include <string.h>

#include "ground/must.h"
#include "ground/sys.h"

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

enum {
	/* The largest request; iproute2's batches are about as large. */
	REQUEST_MAX = 64 << 10,
	/* A datagram of answers: at least what old programs read at once. */
	PIECE_MIN = 4096 - 320,
	PIECE_MAX = 32768 - 320,
	GROUPS_MAX = 64,
};

/* One datagram that waits to be read. */
struct nl_datagram {
	struct list link;
	uint32_t group; /* it was told to; 0: an answer */
	uint32_t len;
	uint8_t data[] __attribute__((aligned(8)));
};

bool sock_netlink_knows(int protocol)
{
	return protocol == NETLINK_ROUTE || protocol == NETLINK_SOCK_DIAG;
}

int sock_netlink_new(struct sock *s)
{
	struct nl_sock *nl =
		arena_zalloc(s->stack->eng.arena, sizeof(*nl), ARENA_OTHER);

	if (!nl)
		return -ENOBUFS;
	nl->owner = s;
	nl->rcv_max = LIMIT_UDP_BUF;
	list_init(&nl->queue);
	list_push(&s->stack->netlinks, &nl->link);
	s->nl = nl;
	return 0;
}

static void drop(struct nl_sock *nl, struct nl_datagram *d)
{
	struct arena *a = nl->owner->stack->eng.arena;

	list_remove(&d->link);
	nl->queued -= arena_block_size(a, d);
	arena_free(a, d);
}

void sock_netlink_free(struct sock *s)
{
	struct nl_sock *nl = s->nl;

	while (!list_is_empty(&nl->queue))
		drop(nl, list_entry(nl->queue.next, struct nl_datagram, link));
	list_remove(&nl->link);
	arena_free(s->stack->eng.arena, nl);
	s->nl = NULL;
}

bool sock_netlink_claim(struct sock *s)
{
	struct arena *a = s->stack->eng.arena;
	struct nl_sock *nl = s->nl;

	if (!arena_claim(a, nl, ARENA_OTHER))
		return false;
	arena_claim_list(a, &nl->queue, ARENA_OTHER,
			 offsetof(struct nl_datagram, link));
	nl->queued = 0;
	list_for_each (it, &nl->queue)
		nl->queued += arena_block_size(
			a, list_entry(it, struct nl_datagram, link));
	return true;
}

void sock_netlink_rebuild(struct sock *s)
{
	list_init(&s->nl->link);
	list_push(&s->stack->netlinks, &s->nl->link);
}

/* --- addresses ------------------------------------------------------------ */

static bool is_taken(const struct nl_sock *nl, uint32_t pid)
{
	struct stack *st = nl->owner->stack;

	list_for_each (it, &st->netlinks) {
		const struct nl_sock *other =
			list_entry(it, struct nl_sock, link);

		if (other != nl && other->pid == pid &&
		    other->owner->protocol == nl->owner->protocol)
			return true;
	}
	return false;
}

/* netlink(7): the process's number first, and then any other. */
static void choose_pid(struct nl_sock *nl)
{
	struct engine *eng = &nl->owner->stack->eng;
	uint32_t pid = (uint32_t)sys_getpid();

	while (pid == 0 || is_taken(nl, pid))
		pid = rand_u32(&eng->rand) | UINT32_C(1) << 31;
	nl->pid = pid;
}

static int read_addr(const struct sockaddr *addr, socklen_t len,
		     struct sockaddr_nl *out)
{
	if (!addr || len < sizeof(*out))
		return -EINVAL;
	memcpy(out, addr, sizeof(*out));
	return out->nl_family == AF_NETLINK ? 0 : -EINVAL;
}

int sock_netlink_bind(struct sock *s, const struct sockaddr *addr,
		      socklen_t len)
{
	struct nl_sock *nl = s->nl;
	struct sockaddr_nl a;
	int ret = read_addr(addr, len, &a);

	if (ret < 0)
		return ret;
	if (nl->pid && a.nl_pid != nl->pid)
		return -EINVAL;
	if (!nl->pid && a.nl_pid && is_taken(nl, a.nl_pid))
		return -EADDRINUSE;
	if (!nl->pid && a.nl_pid)
		nl->pid = a.nl_pid;
	else if (!nl->pid)
		choose_pid(nl);
	nl->groups = (nl->groups & ~(uint64_t)UINT32_MAX) | a.nl_groups;
	return 0;
}

/* There is nobody to talk to but the stack, whose number is 0. */
int sock_netlink_connect(struct sock *s, const struct sockaddr *addr,
			 socklen_t len)
{
	struct sockaddr_nl a;
	int ret;

	if (sock_addr_is(addr, len, AF_UNSPEC))
		return 0;
	ret = read_addr(addr, len, &a);
	if (ret < 0)
		return ret;
	if (a.nl_pid)
		return -ECONNREFUSED;
	if (!s->nl->pid)
		choose_pid(s->nl);
	return 0;
}

static void give_name(struct sockaddr *to, socklen_t *room, uint32_t pid,
		      uint32_t groups)
{
	struct sockaddr_nl a = {
		.nl_family = AF_NETLINK, .nl_pid = pid, .nl_groups = groups};

	memcpy(to, &a, MIN(*room, sizeof(a)));
	*room = sizeof(a);
}

int sock_netlink_name(const struct sock *s, bool of_peer, struct sockaddr *addr,
		      socklen_t *len)
{
	if (of_peer)
		give_name(addr, len, 0, 0);
	else
		give_name(addr, len, s->nl->pid, (uint32_t)s->nl->groups);
	return 0;
}

/* --- the queue ------------------------------------------------------------ */

/* The queue is full: who listens to groups hears that it has missed some. */
static void overrun(struct nl_sock *nl)
{
	if (!nl->no_enobufs)
		nl->error = ENOBUFS;
}

static void enqueue(struct nl_sock *nl, uint32_t group, const void *data,
		    size_t len)
{
	struct arena *a = nl->owner->stack->eng.arena;
	struct nl_datagram *d = NULL;

	if (nl->queued < nl->rcv_max && arena_room_left(a) < ARENA_ROOM_FULL)
		d = arena_alloc(a, sizeof(*d) + len, ARENA_OTHER);
	if (!d) {
		overrun(nl);
		return;
	}
	list_init(&d->link);
	d->group = group;
	d->len = (uint32_t)len;
	memcpy(d->data, data, len);
	list_push(&nl->queue, &d->link);
	nl->queued += arena_block_size(a, d);
}

static struct nl_manner manner_of(const struct nl_sock *nl)
{
	return (struct nl_manner){.protocol = nl->owner->protocol,
				  .pid = nl->pid,
				  .strict = nl->strict,
				  .cap_ack = nl->cap_ack,
				  .ext_ack = nl->ext_ack};
}

/*
 * Writes pieces of the dump until one waits to be read. A piece is as large as
 * the program's reads have been.
 */
static void go_on(struct nl_sock *nl)
{
	struct stack *st = nl->owner->stack;
	size_t size =
		MIN(MAX(nl->widest, (size_t)PIECE_MIN), (size_t)PIECE_MAX);
	struct nl_manner m = manner_of(nl);
	struct nl_buf out;
	void *scratch;

	if (!nl->dump.is_active || !list_is_empty(&nl->queue))
		return;
	scratch = arena_alloc(st->eng.arena, size, ARENA_OTHER);
	if (!scratch) {
		nl->dump.is_active = false;
		overrun(nl);
		return;
	}
	nl_buf_init(&out, scratch, size);
	nl_request_go_on(st, &m, &nl->dump, &out);
	if (out.len)
		enqueue(nl, 0, scratch, out.len);
	else /* An object that fits nowhere must not hold the dump up. */
		nl->dump.is_active = false;
	arena_free(st->eng.arena, scratch);
}

/* --- send ----------------------------------------------------------------- */

/* `data` and the room for answers lie in one block. */
static int take_request(struct nl_sock *nl, struct uio *from, size_t len)
{
	struct stack *st = nl->owner->stack;
	struct nl_manner m = manner_of(nl);
	size_t aligned = (len + 7) & ~(size_t)7;
	uint8_t *block = arena_alloc(st->eng.arena, aligned + PIECE_MAX + len,
				     ARENA_OTHER);
	struct nl_buf out;
	int ret;

	if (!block)
		return -ENOBUFS;
	uio_read(from, block, len);
	nl_buf_init(&out, block + aligned, PIECE_MAX + len);
	ret = nl_request(st, &m, block, len, &nl->dump, &out);
	if (ret < 0)
		overrun(nl);
	if (out.len)
		enqueue(nl, 0, out.data, out.len);
	arena_free(st->eng.arena, block);
	go_on(nl);
	return 0;
}

ssize_t sock_netlink_send(struct sock *s, struct uio *from,
			  const struct msghdr *msg, int flags)
{
	size_t len = from->left;
	struct sockaddr_nl to = {0};
	int ret = 0;

	if (flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (len == 0)
		return -ENODATA;
	if (msg && msg->msg_name && msg->msg_namelen)
		ret = read_addr(msg->msg_name, msg->msg_namelen, &to);
	if (ret < 0)
		return ret;
	/* Between programs netlink carries nothing here. */
	if (to.nl_pid)
		return -ECONNREFUSED;
	if (to.nl_groups)
		return -EPERM;
	if (len > REQUEST_MAX)
		return -EMSGSIZE;
	if (!s->nl->pid)
		choose_pid(s->nl);
	ret = take_request(s->nl, from, len);
	sock_update(s, 0);
	return ret < 0 ? ret : (ssize_t)len;
}

/* --- receive -------------------------------------------------------------- */

static int take_error(struct nl_sock *nl)
{
	int error = nl->error;

	nl->error = 0;
	return -error;
}

static void put_pktinfo(struct msghdr *msg, uint32_t group)
{
	struct nl_pktinfo info = {.group = group};
	struct cmsghdr head = {CMSG_LEN(sizeof(info)), SOL_NETLINK,
			       NETLINK_PKTINFO};

	if (!msg->msg_control || msg->msg_controllen < head.cmsg_len) {
		msg->msg_flags |= MSG_CTRUNC;
		msg->msg_controllen = 0;
		return;
	}
	memcpy(msg->msg_control, &head, sizeof(head));
	memcpy((char *)msg->msg_control + CMSG_LEN(0), &info, sizeof(info));
	msg->msg_controllen =
		MIN(CMSG_SPACE(sizeof(info)), msg->msg_controllen);
}

static void tell_about(const struct nl_sock *nl, const struct nl_datagram *d,
		       bool is_cut, struct msghdr *msg)
{
	uint32_t groups = 0;

	if (d->group && d->group <= 32)
		groups = UINT32_C(1) << (d->group - 1);
	msg->msg_flags = is_cut ? MSG_TRUNC : 0;
	if (msg->msg_name)
		give_name(msg->msg_name, &msg->msg_namelen, 0, groups);
	if (nl->pktinfo)
		put_pktinfo(msg, d->group);
	else
		msg->msg_controllen = 0;
}

ssize_t sock_netlink_recv(struct sock *s, struct uio *to, struct msghdr *msg,
			  int flags)
{
	struct nl_sock *nl = s->nl;
	size_t room = to->left;
	struct nl_datagram *d;
	size_t full, done;

	if (flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (nl->error) {
		int ret = take_error(nl);

		sock_update(s, 0);
		return ret;
	}
	nl->widest = MAX(nl->widest, room);
	if (list_is_empty(&nl->queue))
		return -EAGAIN;

	d = list_entry(nl->queue.next, struct nl_datagram, link);
	full = d->len;
	done = uio_write(to, d->data, MIN(full, room));
	if (msg)
		tell_about(nl, d, full > room, msg);
	if (!(flags & MSG_PEEK)) {
		drop(nl, d);
		go_on(nl);
	}
	sock_update(s, 0);
	return (ssize_t)(flags & MSG_TRUNC ? full : done);
}

uint32_t sock_netlink_ready(const struct sock *s)
{
	uint32_t bits = EPOLLOUT | EPOLLWRNORM;

	if (!list_is_empty(&s->nl->queue))
		bits |= EPOLLIN | EPOLLRDNORM;
	if (s->nl->error)
		bits |= EPOLLERR;
	return bits;
}

/* --- groups --------------------------------------------------------------- */

static uint64_t bit_of(uint32_t group)
{
	return group && group <= GROUPS_MAX ? UINT64_C(1) << (group - 1) : 0;
}

bool sock_netlink_is_heard(const struct stack *st, uint32_t group)
{
	list_for_each (it, &st->netlinks)
		if (list_entry(it, struct nl_sock, link)->groups &
		    bit_of(group))
			return true;
	return false;
}

bool sock_netlink_has_listeners(const struct stack *st)
{
	list_for_each (it, &st->netlinks)
		if (list_entry(it, struct nl_sock, link)->groups)
			return true;
	return false;
}

void sock_netlink_tell(struct stack *st, uint32_t group, const void *data,
		       size_t len)
{
	list_for_each (it, &st->netlinks) {
		struct nl_sock *nl = list_entry(it, struct nl_sock, link);

		if (nl->owner->protocol != NETLINK_ROUTE ||
		    !(nl->groups & bit_of(group)))
			continue;
		enqueue(nl, group, data, len);
		sock_update(nl->owner, EPOLLIN | EPOLLRDNORM);
	}
}

/* --- options -------------------------------------------------------------- */

static bool *flag_of(struct nl_sock *nl, int name)
{
	switch (name) {
	case NETLINK_PKTINFO:
		return &nl->pktinfo;
	case NETLINK_NO_ENOBUFS:
		return &nl->no_enobufs;
	case NETLINK_CAP_ACK:
		return &nl->cap_ack;
	case NETLINK_EXT_ACK:
		return &nl->ext_ack;
	case NETLINK_GET_STRICT_CHK:
		return &nl->strict;
	default:
		return NULL;
	}
}

static int give_number(int number, void *value, socklen_t *len)
{
	*len = MIN(*len, (socklen_t)sizeof(number));
	memcpy(value, &number, *len);
	return 0;
}

/* The groups as an array of words; *len becomes what there is. */
static int give_groups(const struct nl_sock *nl, void *value, socklen_t *len)
{
	memcpy(value, &nl->groups, MIN(*len, sizeof(nl->groups)));
	*len = sizeof(nl->groups);
	return 0;
}

int sock_netlink_opt_get(struct sock *s, int level, int name, void *value,
			 socklen_t *len)
{
	struct nl_sock *nl = s->nl;
	const bool *flag;

	if (level == SOL_SOCKET && name == SO_RCVBUF)
		return give_number((int)nl->rcv_max, value, len);
	if (level == SOL_SOCKET && name == SO_SNDBUF)
		return give_number(s->sndbuf, value, len);
	if (level == SOL_SOCKET && name == SO_ERROR) {
		int error = -take_error(nl);

		sock_update(s, 0);
		return give_number(error, value, len);
	}
	if (level == SOL_SOCKET)
		return SOCK_NETLINK_OTHERS;
	if (level != SOL_NETLINK)
		return -ENOPROTOOPT;
	if (name == NETLINK_LIST_MEMBERSHIPS)
		return give_groups(nl, value, len);
	flag = flag_of(nl, name);
	if (!flag)
		return -ENOPROTOOPT;
	return *len < sizeof(int) ? -EINVAL : give_number(*flag, value, len);
}

/* socket(7): twice what is asked, within bounds. */
static int set_buffer(struct sock *s, int name, int asked)
{
	int bytes = asked < 0 ? LIMIT_SOCKBUF_ASK : asked;

	bytes = MIN(bytes, LIMIT_SOCKBUF_ASK / 2) * 2;
	bytes = MAX(bytes, LIMIT_SOCKBUF_MIN);
	if (name == SO_SNDBUF || name == SO_SNDBUFFORCE)
		s->sndbuf = bytes;
	else
		s->nl->rcv_max = (size_t)bytes;
	return 0;
}

static int set_netlink(struct nl_sock *nl, int name, int n)
{
	bool *flag = flag_of(nl, name);

	if (flag) {
		*flag = n != 0;
		return 0;
	}
	switch (name) {
	case NETLINK_ADD_MEMBERSHIP:
	case NETLINK_DROP_MEMBERSHIP:
		if (n <= 0 || n > GROUPS_MAX)
			return -EINVAL;
		if (name == NETLINK_ADD_MEMBERSHIP)
			nl->groups |= bit_of((uint32_t)n);
		else
			nl->groups &= ~bit_of((uint32_t)n);
		return 0;
	case NETLINK_BROADCAST_ERROR:
	case NETLINK_LISTEN_ALL_NSID:
		return 0; /* nobody else is there to be told of */
	default:
		return -ENOPROTOOPT;
	}
}

int sock_netlink_opt_set(struct sock *s, int level, int name, const void *value,
			 socklen_t len)
{
	int n;

	if (level == SOL_SOCKET && name != SO_RCVBUF && name != SO_SNDBUF &&
	    name != SO_RCVBUFFORCE && name != SO_SNDBUFFORCE)
		return SOCK_NETLINK_OTHERS;
	if (level != SOL_NETLINK && level != SOL_SOCKET)
		return -ENOPROTOOPT;
	if (len < sizeof(n))
		return -EINVAL;
	memcpy(&n, value, sizeof(n));
	if (level == SOL_SOCKET)
		return set_buffer(s, name, n);
	return set_netlink(s->nl, name, n);
}
