/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * recover_steps_test.c - proves recovery after a death at every instruction
 *
 * One process, the victim, works in the stack and is single-stepped. At a step
 * with the lock held, a survivor is forked. It sees the arena as the victim has
 * left it, on pages of its own, and the lock as the kernel leaves it after a
 * death; it inherits, recovers, and must find everything sound, the bystanders
 * untouched, and no block too many once all is closed. Then the victim goes on
 * to its next step. So nothing here depends on luck.
 *
 * Every 61st step, and every single one with NSSHIM_FULL=1. Sanitizers make
 * more and longer steps of the same work: then it is every 2003rd.
 */

#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/addr.h"
#include "net/ip6.h"
#include "recover.h"
#include "testkit/socktest.h"
#include "testkit/testkit_sound.h"
#include "transport/udp_group.h"
#include "ground/tx.h"

enum {
	STRIDE = SANITIZED ? 2003 : 61,
	TIMEOUT_S = 60, /* of one survivor: for ever, to a loop */
	FILLER = 5000,
};

/* --- the bystanders ------------------------------------------------------ */

static const char early[] = "sent before the death";
static const char late[] = "sent after it";

static struct {
	struct sock *client, *server; /* `early` waits in the server */
	struct sock *listener, *caller;
	struct sock *bound; /* `early` waits in it, twice */
	struct epset *set;  /* holds server, level-triggered */
	struct waiter *waiter;
	struct sock *closer; /* the other end is in TIME-WAIT */
} by;

static void must(bool cond, const char *what)
{
	if (cond)
		return;
	fprintf(stderr, "not so: %s\n", what);
	_exit(1);
}

#define MUST_BE(cond) must(cond, #cond)

/* A call on it begins, as in stack.c: who dies in it takes its connection
 * along. */
static struct sock *on(struct sock *s)
{
	if (s->conn)
		tcp_begin(s->conn);
	return s;
}

static void put(struct sock *s, const void *data, size_t len)
{
	struct iovec iov;
	struct uio u;

	on(s);
	uio_flat(&u, &iov, (void *)(uintptr_t)data, len);
	if (s->conn)
		MUST_BE(sock_stream_send(s, &u, 0) == (ssize_t)len);
	else
		MUST_BE(sock_dgram_send(s, &u, NULL, 0) == (ssize_t)len);
}

static void get(struct sock *s, const void *data, size_t len)
{
	char got[FILLER];
	struct iovec iov;
	struct uio u;
	ssize_t n;

	on(s);
	uio_flat(&u, &iov, got, len);
	n = s->conn ? sock_stream_recv(s, &u, 0)
		    : sock_dgram_recv(s, &u, NULL, 0);
	MUST_BE(n == (ssize_t)len);
	MUST_BE(memcmp(got, data, len) == 0);
}

static void watch(struct epset *set, struct sock *s, int fd, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.u64 = s->id};

	MUST_BE(epset_ctl(set, EPOLL_CTL_ADD, fd, s->id, &event) == 0);
}

static int swallow(struct link *l, const struct tx *t)
{
	(void)l;
	(void)t;
	return 0;
}

static int have_nothing(struct link *l, struct pkt *p)
{
	(void)l;
	(void)p;
	return -EAGAIN;
}

static const struct link_ops hole_ops = {.send = swallow, .recv = have_nothing};
static struct link hole = {
	.ops = &hole_ops, .fd = -1, .file = -1, .mtu = 1500, .name = "hole"};

/* An Ethernet with nobody else on it. */
static void add_wire(void)
{
	struct inet_prefix p = {inet_from4(ip4_make(10, 0, 0, 1)), 96 + 24};
	struct iface *ifp;
	int handle = link_attach(&hole);

	cr_assert(ge(int, handle, 0));
	ifp = net_add_iface(&kit.st->net, "hole", handle);
	ifp->mtu = 1500;
	cr_assert(eq(int, iface_add_addr(ifp, &p), 0));
}

static void open_world(void)
{
	struct endpoint to = kit_local(1003);
	struct arena *arena = NULL;
	struct sock *sender, *other;

	cr_assert(eq(int, arena_create(256 << 20, &arena), 0));
	kit_open_in(arena);
	add_wire();
	kit_pair(1001, &by.client, &by.server);
	put(by.client, early, sizeof(early));
	kit_pair(1002, &by.closer, &other);
	sock_close(by.closer);
	kit_settle();
	sock_close(other);
	kit_settle();
	MUST_BE(kit.st->tcp.ntime_wait == 1);

	by.listener = kit_listener(1003);
	by.caller = kit_socket(SOCK_STREAM);
	MUST_BE(sock_stream_connect(on(by.caller), &to) == -EINPROGRESS);
	kit_settle();
	put(by.caller, early, sizeof(early));

	by.bound = kit_receiver(1004);
	sender = kit_socket(SOCK_DGRAM);
	to = kit_local(1004);
	MUST_BE(sock_dgram_connect(sender, &to) == 0);
	put(sender, early, sizeof(early));
	put(sender, early, sizeof(early));
	kit_settle();

	MUST_BE(epset_new(kit.st, &by.set) == 0);
	watch(by.set, by.server, 7, EPOLLIN);
	by.waiter = waiter_new(kit.arena, 1);
	waiter_watch(by.waiter, 0, &sender->readiness, EPOLLIN);
	MUST_BE(sock_set_inode(by.bound, 4711) == 0);
	/* No timer of theirs is due while the victim works. */
	for (int i = 0; i < 100; i++) {
		kit.st->eng.now += MSEC(100);
		kit_settle();
	}
	lock_release(&kit.st->eng.lock);
}

static void bystanders_live_on(void)
{
	struct epoll_event event;
	struct sock *child;

	MUST_BE(epset_harvest(by.set, &event, 1) == 1);
	MUST_BE(event.data.u64 == by.server->id);
	MUST_BE(by.waiter->word != 0);
	MUST_BE(sock_by_inode(kit.st, 4711) == by.bound);
	MUST_BE(kit.st->tcp.ntime_wait >= 1);

	get(by.server, early, sizeof(early));
	put(by.client, late, sizeof(late));
	put(by.server, late, sizeof(late));
	kit_settle();
	get(by.server, late, sizeof(late));
	get(by.client, late, sizeof(late));

	MUST_BE(sock_stream_accept(on(by.listener), &child) == 0);
	get(child, early, sizeof(early));
	put(by.caller, late, sizeof(late));
	kit_settle();
	get(child, late, sizeof(late));

	get(by.bound, early, sizeof(early));
	get(by.bound, early, sizeof(early));
}

/* What the dead one tried works for who comes after it. */
static void life_goes_on(void)
{
	struct sock *a, *b;

	kit_pair(1005, &a, &b);
	put(a, early, sizeof(early));
	kit_settle();
	get(b, early, sizeof(early));
	kit_send_to(1004);
	kit_read_one(by.bound);
}

static void close_world(void)
{
	struct stack *st = kit.st;

	struct waiter *w;

	/* The undertaker does that. */
	while ((w = arena_next(kit.arena, ARENA_WAIT, NULL)))
		waiter_free(kit.arena, w);
	sock_stack_fini(st);
	link_loop_free_queue(kit.arena, st->loop);
	MUST_BE(arena_count(kit.arena, ARENA_PKT) == 0);
	MUST_BE(arena_count(kit.arena, ARENA_TABLE) == 0);
	MUST_BE(arena_count(kit.arena, ARENA_OTHER) == 0);
	arena_free(kit.arena, st);
	MUST_BE(arena_used(kit.arena) == kit.used_before);
}

/* --- victim and survivor ------------------------------------------------- */

/* The owner in the lock word, as the kernel and libc have it. */
static int *lock_word(void)
{
	return &kit.st->eng.lock.mutex.__data.__lock;
}

static bool is_inside(pid_t victim)
{
	return (*lock_word() & FUTEX_TID_MASK) == victim;
}

static void be_survivor(void)
{
	void *at = mmap(ARENA_ADDRESS, ARENA_RESERVE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE,
			arena_fd(kit.arena), 0);
	uint64_t before = kit.st->eng.stats.count[STAT_LOCK_INHERITED];
	const char *why;

	MUST_BE(at == ARENA_ADDRESS);
	alarm(TIMEOUT_S);
	*lock_word() = FUTEX_OWNER_DIED;
	turn_enter_at(kit.st->eng.now);
	MUST_BE(kit.st->eng.stats.count[STAT_LOCK_INHERITED] == before + 1);
	why = sound_check(kit.st);
	must(!why, why);
	kit_settle();
	why = sound_check(kit.st);
	must(!why, why);
	bystanders_live_on();
	life_goes_on();
	why = sound_check(kit.st);
	must(!why, why);
	close_world();
	_exit(0);
}

/* The program counter, for whoever wants to know where it was. */
static unsigned long long where(pid_t victim)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, victim, NULL, &regs) < 0)
		return 0;
	return regs.rip;
}

static void survive(pid_t victim, unsigned long step)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		be_survivor();
	cr_assert(gt(int, pid, 0));
	cr_assert(eq(int, waitpid(pid, &status, 0), pid));
	cr_assert(eq(int, status, 0), "step %lu, at %#llx", step,
		  where(victim));
}

static pid_t start_victim(void (*act)(void))
{
	pid_t pid = fork();
	int status;

	cr_assert(ge(int, pid, 0));
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		act();
		_exit(0);
	}
	cr_assert(eq(int, waitpid(pid, &status, 0), pid));
	cr_assert(eq(int, !!WIFSTOPPED(status), 1));
	return pid;
}

static void die_at_every_step(void (*act)(void))
{
	unsigned long stride = getenv("NSSHIM_FULL") ? 1 : STRIDE;
	unsigned long step, deaths = 0;
	int status;
	pid_t victim;

	open_world();
	victim = start_victim(act);
	for (step = 0;; step++) {
		cr_assert(ge(i64, ptrace(PTRACE_SINGLESTEP, victim, NULL, 0L),
			     0));
		cr_assert(eq(int, waitpid(victim, &status, 0), victim));
		if (WIFEXITED(status))
			break;
		cr_assert(eq(int, !!WIFSTOPPED(status), 1));
		cr_assert(eq(int, WSTOPSIG(status), SIGTRAP));
		if (step % stride || !is_inside(victim))
			continue;
		survive(victim, step);
		deaths++;
	}
	cr_assert(eq(int, WEXITSTATUS(status), 0));
	cr_assert(ge(u64, deaths, 20));
	printf("%lu deaths in %lu steps\n", deaths, step);
}

/* --- what the victim does ------------------------------------------------ */

static void in(void)
{
	turn_enter_at(kit.st->eng.now + 1000);
}

static void out(void)
{
	turn_leave(kit.st);
}

static void live_a_stream(void)
{
	static const char filler[FILLER];
	struct endpoint to = kit_local(2000);
	struct sock *l, *a, *b;

	in();
	l = kit_listener(2000);
	out();
	in();
	a = kit_socket(SOCK_STREAM);
	MUST_BE(sock_stream_connect(on(a), &to) == -EINPROGRESS);
	out();
	in();
	MUST_BE(sock_stream_connect(on(a), &to) == 0);
	MUST_BE(sock_stream_accept(on(l), &b) == 0);
	put(a, filler, sizeof(filler));
	out();
	in();
	get(b, filler, sizeof(filler));
	MUST_BE(sock_stream_shutdown(on(b), SHUT_WR) == 0);
	out();
	in();
	sock_close(a);
	out();
	in();
	sock_close(b);
	sock_close(l);
	out();
}

Test(recover_steps, of_a_stream, .timeout = 3600)
{
	die_at_every_step(live_a_stream);
}

static void live_a_datagram(void)
{
	struct endpoint to = kit_local(1004);
	struct inet_addr group = inet_from4(ip4_make(224, 1, 2, 3));
	struct sock *s;

	in();
	s = kit_socket(SOCK_DGRAM);
	MUST_BE(udp_join(s->pcb, &group, 1) == 0);
	MUST_BE(sock_set_inode(s, 4712) == 0);
	out();
	in();
	MUST_BE(sock_dgram_connect(s, &to) == 0);
	udp_disconnect(s->pcb);
	out();
	in();
	sock_close(s);
	out();
}

Test(recover_steps, of_a_datagram_socket, .timeout = 3600)
{
	die_at_every_step(live_a_datagram);
}

/* Two sockets in a group, of whom each makes up its mind about the sources. */
static void live_in_a_group(void)
{
	struct inet_addr group = inet_from4(ip4_make(224, 1, 2, 3));
	struct inet_addr list[2] = {inet_from4(ip4_make(10, 0, 0, 1)),
				    inet_from4(ip4_make(10, 0, 0, 2))};
	struct mcast_filter f = {false, 2, list};
	struct sock *a, *b;

	in();
	a = kit_socket(SOCK_DGRAM);
	b = kit_socket(SOCK_DGRAM);
	MUST_BE(udp_join(a->pcb, &group, 1) == 0);
	MUST_BE(udp_source(b->pcb, UDP_SOURCE_JOIN, &group, list, 1) == 0);
	out();
	in();
	MUST_BE(udp_source(a->pcb, UDP_SOURCE_BLOCK, &group, list, 1) == 0);
	MUST_BE(udp_set_filter(b->pcb, &group, 1, &f) == 0);
	MUST_BE(udp_source(a->pcb, UDP_SOURCE_UNBLOCK, &group, list, 1) == 0);
	MUST_BE(udp_leave(a->pcb, &group, 1) == 0);
	out();
	in();
	sock_close(a);
	sock_close(b);
	out();
}

Test(recover_steps, of_two_sockets_in_a_group, .timeout = 3600)
{
	die_at_every_step(live_in_a_group);
}

static void live_an_epoll_set(void)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT};
	struct epset *set, *outer;
	struct waiter *w;

	in();
	MUST_BE(epset_new(kit.st, &set) == 0);
	watch(set, by.bound, 5, EPOLLIN | EPOLLET);
	watch(set, by.server, 6, EPOLLIN | EPOLLOUT);
	out();
	in();
	MUST_BE(epset_new(kit.st, &outer) == 0);
	MUST_BE(epset_ctl(outer, EPOLL_CTL_ADD, 8, set->id, &event) == 0);
	w = waiter_new(kit.arena, 2);
	waiter_watch(w, 0, &outer->readiness, EPOLLIN);
	waiter_watch(w, 1, &by.server->readiness, EPOLLIN);
	out();
	in();
	MUST_BE(epset_harvest(set, &event, 1) == 1);
	event.events = EPOLLOUT;
	MUST_BE(epset_ctl(set, EPOLL_CTL_MOD, 5, by.bound->id, &event) == 0);
	MUST_BE(epset_ctl(set, EPOLL_CTL_DEL, 6, by.server->id, NULL) == 0);
	waiter_free(kit.arena, w);
	epset_free(set);
	epset_free(outer);
	out();
}

Test(recover_steps, of_an_epoll_set, .timeout = 3600)
{
	die_at_every_step(live_an_epoll_set);
}

/* A neighbour is asked for, answers, and lets go what waited; time passes. */
static void live_with_a_neighbour(void)
{
	struct endpoint to = {inet_from4(ip4_make(10, 0, 0, 9)), 9, 0};
	struct neigh_table *t = &kit.st->net.ifs[1].neigh;
	struct eth_addr mac = {{2, 0, 0, 0, 0, 9}};
	struct sock *s;

	in();
	s = kit_socket(SOCK_DGRAM);
	MUST_BE(sock_dgram_connect(s, &to) == 0);
	put(s, early, sizeof(early));
	put(s, early, sizeof(early));
	out();
	turn_enter_at(kit.st->eng.now + SEC(1));
	out();
	in();
	neigh_confirm(t, &to.addr, &mac);
	put(s, early, sizeof(early));
	pmtu_learn(&kit.st->net.pmtu, &to.addr, 1400, 1500);
	out();
	in();
	sock_close(s);
	out();
}

Test(recover_steps, of_a_neighbour, .timeout = 3600)
{
	die_at_every_step(live_with_a_neighbour);
}

/* A connection is opened again while it is in TIME-WAIT, one waits for a place
 * in a full accept queue, one is refused, and a listener closes on them. */
static void live_with_a_crowd(void)
{
	struct endpoint at = kit_local(2001), none = kit_local(2002);
	struct sock *l, *s[4];

	in();
	l = kit_socket(SOCK_STREAM);
	MUST_BE(tcp_bind(l->conn, &at) == 0);
	MUST_BE(sock_stream_listen(on(l), 0) == 0);
	out();
	for (int i = 0; i < 3; i++) {
		in();
		s[i] = kit_socket(SOCK_STREAM);
		MUST_BE(sock_stream_connect(on(s[i]), &at) == -EINPROGRESS);
		out();
	}
	in();
	s[3] = kit_socket(SOCK_STREAM);
	MUST_BE(sock_stream_connect(on(s[3]), &none) == -EINPROGRESS);
	out();
	in();
	sock_close(l);
	for (int i = 0; i < 4; i++)
		sock_close(s[i]);
	out();
}

Test(recover_steps, of_a_crowd, .timeout = 3600)
{
	die_at_every_step(live_with_a_crowd);
}

static void live_with_netlink(void)
{
	struct {
		struct nlmsghdr head;
		struct rtgenmsg body;
	} ask = {.head = {.nlmsg_len = sizeof(ask),
			  .nlmsg_type = RTM_GETLINK,
			  .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP}};
	struct sock *s = NULL;
	struct iovec iov;
	struct uio u;
	ssize_t n;

	in();
	MUST_BE(sock_new(kit.st, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, &s) == 0);
	uio_flat(&u, &iov, &ask, sizeof(ask));
	n = sock_netlink_send(s, &u, NULL, 0);
	MUST_BE(n == (ssize_t)sizeof(ask));
	out();
	in();
	sock_close(s);
	out();
}

Test(recover_steps, of_a_netlink_socket, .timeout = 3600)
{
	die_at_every_step(live_with_netlink);
}

/* Frames in a queue and in a ring, filters, and a connection with its
 * listener's. */
static void live_with_packet_sockets(void)
{
	struct sock_filter steps[] = {BPF_STMT(BPF_RET | BPF_K, 0xffff)};
	struct sock_fprog prog = {1, steps};
	struct tpacket_req3 req = {4096, 2, 2048, 4, 100, 0, 0};
	struct sock *queue = NULL, *ring = NULL, *l, *a, *b;
	struct endpoint to = kit_local(2003);
	int version = TPACKET_V3;

	in();
	MUST_BE(sock_new(kit.st, AF_PACKET, SOCK_RAW, htons(3), &queue) == 0);
	MUST_BE(sock_new(kit.st, AF_PACKET, SOCK_DGRAM, htons(3), &ring) == 0);
	MUST_BE(sock_opt_set(queue, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
			     sizeof(prog)) == 0);
	MUST_BE(sock_opt_set(ring, SOL_PACKET, PACKET_VERSION, &version, 4) ==
		0);
	MUST_BE(sock_opt_set(ring, SOL_PACKET, PACKET_RX_RING, &req,
			     sizeof(req)) == 0);
	out();
	in();
	l = kit_listener(2003);
	a = kit_socket(SOCK_STREAM);
	MUST_BE(sock_opt_set(l, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
			     sizeof(prog)) == 0);
	MUST_BE(sock_stream_connect(on(a), &to) == -EINPROGRESS);
	out();
	in();
	MUST_BE(sock_stream_accept(on(l), &b) == 0);
	MUST_BE(queue->packet->rcv_count > 0);
	packet_drop_first(queue->packet);
	MUST_BE(sock_opt_set(queue, SOL_SOCKET, SO_DETACH_FILTER, &version,
			     4) == 0);
	out();
	in();
	sock_close(l);
	sock_close(b);
	sock_close(queue);
	sock_close(ring);
	sock_close(a);
	out();
}

Test(recover_steps, of_packet_sockets, .timeout = 3600)
{
	die_at_every_step(live_with_packet_sockets);
}

/* Who recovers may die of it: the next one does it all again. */
static void live_through_a_recovery(void)
{
	in();
	recover_after_death(kit.st);
	_exit(0);
}

Test(recover_steps, of_a_recovery, .timeout = 3600)
{
	die_at_every_step(live_through_a_recovery);
}

/* --- what the network says of itself ------------------------------------- */

/* An IPv6 packet for us, whose checksum is known to be right. */
static void arrive(struct iface *ifp, const struct inet_addr *dst, uint8_t next,
		   const void *payload, size_t len)
{
	struct pkt *p =
		pkt_new(kit.arena, 64 + sizeof(struct ip6_wire) + len, 64);
	struct ip6_wire *ip = pkt_append(p, sizeof(*ip) + len);

	*ip = (struct ip6_wire){.ver_tc_flow = be32_make(6u << 28),
				.payload_len = be16_make((uint16_t)len),
				.next = next,
				.hop_limit = 255,
				.src = {{0xfe, 0x80, [15] = 1}},
				.dst = *dst};
	memcpy(ip + 1, payload, len);
	p->ifp = ifp;
	p->stamp = kit.st->eng.now;
	p->csum = PKT_CSUM_VALID;
	if (ip6_input(ifp, p) != TAKEN)
		pkt_free(kit.arena, p);
}

static void hear_a_router(struct iface *ifp)
{
	static const struct inet_addr all = {{0xff, 2, [15] = 1}};
	struct {
		struct nd_router_wire ra;
		struct nd_prefix_wire prefix;
		struct nd_dns_wire dns;
		struct inet_addr server;
	} m = {.ra = {.icmp = {.type = ICMP6_ROUTER_ADVERT,
			       .word = be32_make(ND_MANAGED | 1800)}},
	       .prefix = {.type = ND_OPT_PREFIX,
			  .len = 4,
			  .bits = 64,
			  .flags = ND_PREFIX_ONLINK | ND_PREFIX_AUTO,
			  .valid_s = be32_make(86400),
			  .preferred_s = be32_make(86400),
			  .prefix = {{0x20, 1, 0xd, 0xb8}}},
	       .dns = {.type = ND_OPT_RDNSS,
		       .len = 3,
		       .lifetime_s = be32_make(600)},
	       .server = {{0x20, 1, 0xd, 0xb8, [15] = 53}}};

	arrive(ifp, &all, IP_PROTO_ICMP6, &m, sizeof(m));
}

/* A lease at once: rapid commit. */
static void hear_a_server(struct iface *ifp, struct dhcp6 *d)
{
	struct dhcp6_duid us = dhcp6_msg_duid(&ifp->mac);
	uint8_t m[90] = {2,
			 35,
			 2,
			 34,
			 0,
			 90,
			 0,
			 1,
			 DHCP6_REPLY,
			 (uint8_t)(d->xid >> 16),
			 (uint8_t)(d->xid >> 8),
			 (uint8_t)d->xid,
			 0,
			 1,
			 0,
			 10};
	static const uint8_t rest[] = {
		0,  2, 0,  3,    's', 'r', 'v', 0, 14,  0, 0, 0, 3,  0,
		40, 0, 0,  0,    2,   0,   0,   0, 50,  0, 0, 0, 80, 0,
		5,  0, 24, 0xfd, 0,   0,   0,   0, 0,   0, 0, 0, 0,  0,
		0,  0, 0,  0,    9,   0,   0,   0, 100, 0, 0, 0, 200};

	memcpy(m + 16, us.b, us.len);
	memcpy(m + 26, rest, sizeof(rest));
	m[5] = (uint8_t)(26 + sizeof(rest));
	arrive(ifp, iface_link_local(ifp), IP_PROTO_UDP, m, m[5]);
}

/* Addresses are made, given, found to be another's, and given back. */
static void live_with_a_router(void)
{
	struct iface *ifp = &kit.st->net.ifs[1];
	struct dhcp6 *d = &kit.st->net.dhcp6[1];

	in();
	MUST_BE(auto6_start(ifp, true) == 0);
	out();
	in();
	hear_a_router(ifp);
	MUST_BE(d->stage == DHCP6_SOLICITING);
	out();
	in();
	hear_a_server(ifp, d);
	MUST_BE(d->stage == DHCP6_BOUND);
	out();
	in();
	addr_on_conflict(ifp, iface_find(ifp, &d->addr), NULL);
	out();
	turn_enter_at(kit.st->eng.now + SEC(2));
	out();
	in();
	nd_router_gone(ifp, &(struct inet_addr){{0xfe, 0x80, [15] = 1}});
	dhcp6_release(d);
	out();
}

Test(recover_steps, of_what_routers_say, .timeout = 3600)
{
	die_at_every_step(live_with_a_router);
}
