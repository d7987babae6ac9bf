/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * boot.c - from a configuration to a running stack
 *
 * What this room is for
 *   Maps the arena, opens the device and what stacks on it, gives interfaces
 *   their addresses and routes, and gives everything back when a step fails.
 *   Each failure is one sentence that says what to do.
 *
 * Never      falls back to anything: no stack, no program.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "boot.h"

#include "net/acd.h"
#include "net/addr.h"
#include "net/auto6.h"
#include "socket/bell.h"
#include "net/dhcp4.h"
#include "net/iid.h"
#include "net/ipv4ll.h"
#include "driver.h"
#include "ground/explain.h"
#include "keeper.h"
#include "link/link_kind.h"
#include "links.h"
#include "ground/log.h"
#include "ground/must.h"
#include "socket/ownfd.h"
#include "ground/sys.h"
#include "thread.h"
#include "socket/turn.h"
#include "undertaker.h"

#define MEMORY_DEFAULT (4ull << 30)
#define MEMORY_MIN (16ull << 20)

static int arena_memfd = -1;
static uint32_t die_turns; /* see stack_die_inside() */

bool stack_is_up(void)
{
	return turn_stack != NULL;
}

/* config.c has checked it. */
void boot_open_log(const struct stack_config *c)
{
	struct log_levels levels;
	const char *file;

	MUST(log_parse(c->log ? c->log : "warn", &levels, &file) == 0);
	log_open(c->log_fd, &levels);
	log_use_colour(c->log_colour);
}

void boot_adopt_arena(struct arena *arena, int fd)
{
	arena_memfd = fd;
	ownfd_adopt(&arena_memfd);
	arena_set_fd(arena, arena_memfd);
}

int boot_arena_fd(void)
{
	return arena_memfd;
}

int boot_explain_taken(const struct why *why)
{
	return explain(why, -EEXIST,
		       "the address %p, where the stack's memory must lie, is "
		       "taken in this program (a sanitizer or another "
		       "preload?)",
		       ARENA_ADDRESS);
}

static int make_arena(const struct stack_config *c, struct arena **out,
		      const struct why *why)
{
	uint64_t cap = c->memory_bytes ? c->memory_bytes : MEMORY_DEFAULT;
	int ret;

	if (cap < MEMORY_MIN)
		return explain(why, -EINVAL,
			       "%llu bytes of memory are too few: at least "
			       "16m are needed",
			       (unsigned long long)cap);
	ret = arena_create(cap, out);
	if (ret == -EEXIST)
		return boot_explain_taken(why);
	if (ret < 0)
		return explain(why, ret,
			       "the stack's memory cannot be made: %s",
			       strerror(-ret));
	boot_adopt_arena(*out, arena_fd(*out));
	return 0;
}

static int make_stack(struct arena *arena, const struct stack_config *c,
		      struct stack **out, const struct why *why)
{
	struct rand_key seed;
	struct stack *st = arena_alloc(arena, sizeof(*st), ARENA_ROOT);
	int ret;

	if (sys_getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		return explain(why, -EIO, "the kernel gives no random numbers");
	ret = st ? sock_stack_init(st, arena, &seed) : -ENOMEM;
	if (ret < 0)
		return explain(why, ret, "the stack's memory is too small");
	st->eng.now = driver_now();
	st->wall_offset = driver_wall_offset();
	st->tcp.has_sleepers = true;
	st->net.forwards = c->forward;
	st->tcp.ecn = c->ecn      ? TCP_ECN_ASK
		      : c->no_ecn ? TCP_ECN_OFF
				  : TCP_ECN_ANSWER;
	*out = st;
	return link_list_parse(c->link, &st->links, why->text, why->size);
}

static int open_loopback(struct stack *st, const struct why *why)
{
	struct inet_prefix p = {inet_from4(ip4_make(127, 0, 0, 1)), 96 + 8};
	struct inet_prefix p6 = {{{0}}, 128};
	struct iface *lo;
	struct link *l;
	int ret = link_loop_open(st->eng.arena, &st->loop, &l);

	if (ret < 0)
		return explain(why, ret,
			       "the loopback interface cannot be made: %s",
			       strerror(-ret));
	ret = link_attach(l);
	if (ret < 0)
		return explain(why, ret, "too many links");
	lo = net_add_iface(&st->net, "lo", ret);
	MUST(lo);
	lo->is_loopback = true;
	lo->mtu = LIMIT_LOOP_MTU;
	lo->caps = l->caps;
	p6.addr.b[15] = 1;
	ret = iface_add_addr(lo, &p);
	return ret < 0 ? ret : iface_add_addr(lo, &p6);
}

/* Locally administered and unicast. Different from stack to stack or, with a
 * secret, from link to link. */
static struct eth_addr make_mac(struct stack *st, const struct stack_config *c,
				size_t link, const char *name)
{
	static const uint8_t none[6];
	struct eth_addr mac;
	struct rand_key key;
	uint64_t n = rand_u64(&st->eng.rand);

	memcpy(mac.b, c->mac[link], 6);
	if (memcmp(mac.b, none, 6) != 0)
		return mac;
	if (c->secret) {
		key = iid_key_of(c->secret, strlen(c->secret));
		n = rand_siphash(&key, name, strlen(name));
	}
	memcpy(mac.b, &n, 6);
	mac.b[0] = (uint8_t)((mac.b[0] & 0xfc) | 0x02);
	return mac;
}

/*
 * RFC 7217 5 wants a secret that outlives the host's next start. With neither
 * a secret nor a hardware address to go by, the stack is another host each
 * time.
 */
static void choose_iid_key(struct stack *st, const struct stack_config *c)
{
	static const uint8_t none[6];

	if (c->secret)
		st->net.iid_key = iid_key_of(c->secret, strlen(c->secret));
	else if (memcmp(c->mac[0], none, 6) != 0)
		st->net.iid_key = iid_key_of(c->mac[0], 6);
}

/* Both are probed while they are used already. */
static int add_address(struct iface *ifp, const struct inet_prefix *p)
{
	int ret;

	if (!inet_is4(&p->addr)) {
		ret = addr_add_link_local(ifp);
		return ret < 0 ? ret : addr_add6(ifp, p, ADDR_BY_CONFIG, true);
	}
	ret = iface_add_addr(ifp, p);
	if (ret == 0)
		acd_watch(ifp, &p->addr);
	return ret;
}

/* Those of link number `link`. */
static int add_addresses(const struct stack_config *c, struct iface *ifp,
			 size_t link, const struct why *why)
{
	for (size_t i = 0; i < c->naddrs; i++) {
		struct inet_prefix p;
		int ret;

		if (c->addr_link[i] != link)
			continue;
		ret = inet_parse_prefix(c->addrs[i], &p);
		if (ret == 0)
			ret = add_address(ifp, &p);
		if (ret < 0)
			return explain(why, ret,
				       "NSSHIM_ADDR: %s cannot be used: %s",
				       c->addrs[i], strerror(-ret));
	}
	return 0;
}

/* Link number `n` of the configuration, as an interface. */
static int open_device(const struct stack_config *c, struct stack *st, size_t n,
		       const struct why *why)
{
	struct iface *ifp;
	struct link *l;
	int ret = links_open(c, st, n, -1, &l, why);

	if (ret < 0)
		return ret;
	ret = link_attach(l);
	if (ret < 0)
		return explain(why, ret, "too many links");
	ifp = net_add_iface(&st->net, l->name, ret);
	MUST(ifp);
	ifp->mtu = c->mtu[n] ? c->mtu[n] : l->mtu;
	ifp->caps = l->caps;
	ifp->mac = make_mac(st, c, n, l->name);
	choose_iid_key(st, c);
	ret = link_address(l, &ifp->mac);
	if (ret < 0)
		return explain(why, ret,
			       "the link does not take our hardware address: "
			       "%s",
			       strerror(-ret));
	ifp->uses_eui64 = c->eui64 >> n & 1;
	ret = add_addresses(c, ifp, n, why);
	if (ret == 0 && c->dhcp4 & 1u << n)
		ret = dhcp4_start(ifp, c->mtu[n] == 0);
	if (ret == 0 && c->autoconf & 1u << n)
		ret = auto6_start(ifp, c->temporary & 1u << n);
	if (ret == 0 && c->autoconf & 1u << n)
		ret = ipv4ll_start(ifp);
	return ret;
}

static int open_devices(const struct stack_config *c, struct stack *st,
			const struct why *why)
{
	int ret = 0;

	for (size_t n = 0; ret == 0 && n < st->links.n; n++)
		ret = open_device(c, st, n, why);
	return ret < 0 ? ret : boot_add_routes(c, st, why);
}

void boot_take_back(struct arena *arena)
{
	links_forget();
	ownfd_forget(&arena_memfd);
	arena_unmap(arena);
}

int stack_boot(const struct stack_config *c, char *sentence, size_t size)
{
	const struct why where = {sentence, size}, *why = &where;
	struct arena *arena;
	struct stack *st = NULL;
	int ret;

	boot_open_log(c);
	ret = make_arena(c, &arena, why);
	if (ret < 0)
		return ret;
	ret = make_stack(arena, c, &st, why);
	if (ret < 0)
		goto unmap;

	bell_setup(arena_id(arena));
	MUST(lock_take(&st->eng.lock) == LOCK_CLEAN);
	ret = open_loopback(st, why);
	if (ret == 0)
		ret = open_devices(c, st, why);
	lock_release(&st->eng.lock);
	if (ret < 0)
		goto unmap;

	turn_stack = st;
	return 0;

unmap:
	/* The process ends after this: other descriptors need no care. */
	boot_take_back(arena);
	return ret;
}

/* --- the processes of the stack ------------------------------------------- */

void stack_after_fork_in_child(void)
{
	if (!turn_stack)
		return;
	if (die_turns)
		turn_die_after = die_turns + (uint32_t)sys_getpid() % die_turns;
	ownfd_after_fork_in_child();
	thread_after_fork_in_child();
	undertaker_after_fork_in_child();
	bell_after_fork_in_child();
	driver_after_fork_in_child();
	if (!family_self())
		return;
	turn_enter();
	family_after_fork_in_child(turn_stack);
	turn_leave(turn_stack);
	undertaker_tell();
}

void stack_note_shared(sock_id id)
{
	struct sock_slot *slot = sock_slot_of(turn_stack, id);

	if (slot)
		__atomic_store_n(&slot->shared, true, __ATOMIC_RELEASE);
}

void stack_before_family(void)
{
	if (turn_stack && family_self())
		undertaker_start();
}

void stack_die_inside(uint32_t turns)
{
	die_turns = turns;
}

void stack_before_confinement(void)
{
	stack_settle_in();
	stack_before_family();
	driver_stock();
}

void stack_repeat(long nr, long a, long b, long c, long d, long e)
{
	thread_repeat(nr, a, b, c, d, e);
}

void stack_settle_in(void)
{
	if (turn_stack && driver_start() < 0)
		log_warn("no stack thread: only waiting threads drive");
}

int stack_check_addr(const char *text, char *why_text, size_t why_size)
{
	const struct why why = {why_text, why_size};
	struct inet_addr a;

	if (inet_parse(text, &a) == 0)
		return 0;
	return explain(&why, -EINVAL, "\"%s\" is not an IP address", text);
}

/* Can it be one interface's address? */
static bool is_host(const struct inet_addr *a)
{
	return inet_is4(a) || (!inet_is_any(a) && !inet_is_multicast(a) &&
			       !inet_is_loopback(a));
}

int stack_check_prefix(const char *text, char *why_text, size_t why_size)
{
	const struct why why = {why_text, why_size};
	struct inet_prefix p;

	if (inet_parse_prefix(text, &p) == 0 && is_host(&p.addr))
		return 0;
	return explain(&why, -EINVAL,
		       "\"%s\" is not an address with a prefix length "
		       "like 10.0.0.2/24 or fd00::2/64",
		       text);
}

int stack_check_link(const char *text, char *why, size_t why_size)
{
	struct link_list list;

	return link_list_parse(text, &list, why, why_size);
}

int stack_find_link(const char *links, const char *device)
{
	struct link_list list;
	int ret = link_list_parse(links, &list, NULL, 0);

	return ret < 0 ? ret : link_list_find(&list, device);
}

int stack_check_impair(const char *spec, char *why, size_t why_size)
{
	struct impairment imp;

	return link_impair_parse(spec, &imp, why, why_size);
}

int stack_check_log(const char *text, const char **file)
{
	struct log_levels levels;

	return log_parse(text, &levels, file);
}

bool stack_log_is_verbose(const char *text)
{
	struct log_levels levels;
	const char *file;

	return log_parse(text, &levels, &file) == 0 &&
	       levels.of[LOG_ROOM_STACK] >= LOG_INFO;
}

size_t stack_own_fds(int *fds, size_t max)
{
	return ownfd_list(fds, max);
}

uint64_t stack_address_space(uint64_t memory_bytes)
{
	if (stack_is_up())
		return arena_reserved(turn_stack->eng.arena);
	return arena_reserve(memory_bytes ? memory_bytes : MEMORY_DEFAULT);
}

bool stack_hold(void)
{
	return turn_stack && driver_hold();
}

void stack_let_go(void)
{
	driver_let_go();
}

bool stack_owns_fd(int fd)
{
	return ownfd_has(fd);
}

bool stack_choose_fd_begin(void)
{
	return ownfd_choose_begin();
}

void stack_choose_fd_end(bool has_begun)
{
	ownfd_choose_end(has_begun);
}

int stack_move_fd(int fd)
{
	int ret = ownfd_move(fd);

	return ret;
}

void stack_drain(uint64_t linger_us)
{
	usecs deadline = driver_now() + linger_us;
	bool has_left = false;
	bool is_busy =
		turn_stack && !family_leave(turn_stack) && !keeper_takes_over();

	while (is_busy && driver_now() < deadline) {
		struct timespec pause = {0, 200 * 1000};
		struct stack *st = turn_enter();

		is_busy = tcp_any_sending(&st->tcp) ||
			  (has_left && arena_count(st->eng.arena, ARENA_PKT));
		if (!is_busy && !has_left)
			is_busy = has_left = net_leave(&st->net);
		turn_leave(st);
		if (!is_busy)
			break;
		driver_poke();
		sys_ppoll(NULL, 0, &pause, NULL);
	}
}

bool stack_iface(size_t i, struct stack_iface_info *out)
{
	struct stack *st;
	struct iface *ifp;

	if (!turn_stack)
		return false;
	st = turn_enter();
	memset(out, 0, sizeof(*out));
	ifp = i < st->net.nifs ? &st->net.ifs[i] : NULL;
	if (ifp)
		sock_describe_iface(ifp, out);
	turn_leave(st);
	return ifp != NULL;
}

void stack_warn(const char *line)
{
	log_warn("%s", line);
}

void stack_print_stats(int fd)
{
	size_t used, cap, counts[ARENA_NKINDS];
	struct stack *st;
	struct stats copy;

	if (!turn_stack || fd < 0)
		return;
	st = turn_enter();
	copy = st->eng.stats;
	used = arena_used(st->eng.arena);
	cap = arena_cap(st->eng.arena);
	for (int i = 0; i < ARENA_NKINDS; i++)
		counts[i] = arena_count(st->eng.arena, (enum arena_kind)i);
	turn_leave(st);
	stats_print(&copy, fd);
	dprintf(fd, "%-24s %zu of %zu\n", "MEMORY_BYTES", used, cap);
	for (int i = 0; i < ARENA_NKINDS; i++) {
		const char *name = arena_kind_name((enum arena_kind)i);

		if (name)
			dprintf(fd, "%-24s %zu\n", name, counts[i]);
	}
}
