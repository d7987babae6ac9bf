/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * stack.h - the counter: the only functions the shim may call
 *
 * What this room is for
 *   One stack per family of processes. A socket is named by a sock_id, a number
 *   with a generation in it, so that a stale one is -EBADF and never somebody
 *   else's socket. Every call takes the stack lock for its short work and gives
 *   it back; none sleeps except those named *_wait, stack_poll and
 *   stack_epoll_wait. Any thread, any process of the family may call.
 *
 * Errors     0 or a count, else -errno exactly as the man page of the libc call
 *            says. All data calls are non-blocking: -EAGAIN means wait.
 * Addresses  struct sockaddr as the application gives and gets it: sockaddr_in
 *            for AF_INET sockets, sockaddr_in6 (v4-mapped too) for AF_INET6.
 *
 * This header is included from outside stack/ and needs nothing of it.
 */
#ifndef STACK_STACK_H
#define STACK_STACK_H

#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>

/* 0 is no socket. Bits: index, generation; opaque to the shim. */
typedef uint64_t sock_id;

enum { STACK_LIST_MAX = 16, STACK_LINKS_MAX = 7 };

/* Filled by shim/ground/config.c; strings are borrowed for the call. */
struct stack_config {
	const char *link; /* "tap:tap0,packet:eth1", see link_kind.h */
	const char *addrs[STACK_LIST_MAX]; /* "10.0.0.2/24" */
	uint8_t addr_link[STACK_LIST_MAX]; /* and on which of them, from 0 */
	size_t naddrs;
	uint32_t dhcp4;    /* bit n: link n gets one by DHCP */
	uint32_t autoconf; /* and whatever else the network gives; with dhcp4 */
	uint32_t temporary;  /* of those: IPv6 addresses that change daily */
	uint32_t eui64;      /* identifiers from the hardware address */
	const char *secret;  /* of hardware address and identifiers, or NULL */
	const char *gateway; /* or NULL */
	bool forward;        /* be a router between the links */
	bool ecn;            /* ask for ECN */
	bool no_ecn;         /* nor answer who asks */
	const char *routes;  /* "PREFIX via GW, ...", or NULL */
	uint32_t mtu[STACK_LINKS_MAX];   /* 0: the device's */
	uint8_t mac[STACK_LINKS_MAX][6]; /* all zero: made up */
	uint64_t memory_bytes;           /* arena cap; 0: 4 GiB */
	const char *pcap;                /* file, or NULL */
	const char *impair;              /* specification, or NULL */
	bool offload;                    /* use the device's offloads */
	const char *log; /* levels as in NSSHIM_LOG; NULL: warn */
	int log_fd;      /* borrowed, or -1 */
	bool log_colour; /* log_fd is a terminal that shows colours */
};

/*
 * Maps the arena, opens the device, makes the stack. 0 or -errno, and then one
 * sentence in `why` that names what is wrong and what to do.
 */
int stack_boot(const struct stack_config *config, char *why, size_t why_size);

/*
 * What makes a process one of the stack: descriptors of the arena, of each link
 * and of a pipe (or -1; see stack_hold_lifeline()), and the arena's number.
 */
struct stack_family {
	int arena;
	int lifeline;
	uint64_t lifeline_inode; /* a number may have become anything */
	int links[STACK_LINKS_MAX];
	size_t nlinks;
	uint64_t id;
};

/* Those of this process. False: the stack is not up. */
bool stack_get_family(struct stack_family *out);

/* As the value of an environment variable, and back: 0; -ENOSPC; -ENOENT when
 * the text is none. */
enum { STACK_FAMILY_TEXT = 160 };
int stack_write_family(const struct stack_family *f, char *text, size_t size);
int stack_read_family(const char *text, struct stack_family *out);

/*
 * A program that this one executes joins its stack: export writes what the
 * child must know (an environment value) and lets the descriptors behind it
 * survive exec. 0 or -ENOSPC.
 */
int stack_export(char *text, size_t size);

/* Do those descriptors survive the next exec? Not in a program with more
 * privileges than this one. */
void stack_let_inherit(bool yes);

/*
 * In the executed program: attaches to the stack that `text` names. 0; -ENOENT
 * when the descriptors did not come along (then the caller boots, and hears
 * whether the device is free); other -errno with a sentence in `why`.
 */
int stack_join(const char *text, const struct stack_config *config, char *why,
	       size_t why_size);

/* Was stack_boot() successful in this process (or before the fork)? */
bool stack_is_up(void);

/*
 * Where the network was asked for addresses: drives the stack until it has
 * brought one, or until it has been asking for so long. With one address of
 * either family the other one gets a second more. 0, also when nothing was
 * asked for; -ETIMEDOUT with a sentence in `why` that says what was tried,
 * once: it goes on asking while the stack is driven.
 */
int stack_wait_for_address(uint64_t us, char *why, size_t why_size);

/* The name servers that the network has told of, port 53; how many. */
size_t stack_dns(struct sockaddr_storage *out, size_t max);

/* The i-th search domain that it has told of, "example.net"; false: there are
 * no more. */
bool stack_search_domain(size_t i, char *out, size_t size);

/* Bytes of address space that the arena reserves in every process, or will
 * when the stack is made with this cap (`memory_bytes` of the configuration).
 */
uint64_t stack_address_space(uint64_t memory_bytes);

/* Checks a value as the boot would: 0 or -EINVAL with a sentence in `why`. */
int stack_check_addr(const char *text, char *why, size_t why_size);
int stack_check_prefix(const char *text, char *why, size_t why_size);
int stack_check_route(const char *text, char *why, size_t why_size);
int stack_check_link(const char *text, char *why, size_t why_size);

/* The link of this device in a list that was checked, from 0; or -ENODEV. */
int stack_find_link(const char *links, const char *device);

int stack_check_impair(const char *spec, char *why, size_t why_size);

/* NSSHIM_LOG: *file is where the name of a file begins in `text`, or NULL;
 * -EINVAL: where the word begins that is wrong. */
int stack_check_log(const char *text, const char **file);

/* Is that, of all, so talkative that counters are wanted at the end? */
bool stack_log_is_verbose(const char *text);

/*
 * Signals that arrive while a thread is inside the stack are put aside by the
 * shim's handler trampoline: it asks stack_is_inside(), calls stack_put_aside()
 * and gets `deliver` called when the thread is outside again.
 */
void stack_set_deliver_hook(void (*deliver)(void));
bool stack_is_inside(void);
void stack_put_aside(void);
void stack_put_aside_done(void);

/*
 * A handler is about to run in this thread: a call of ours that sleeps, or will
 * in a moment, ends with -EINTR. Without this one that comes between the last
 * look and the system call would be forgotten. From the trampoline.
 * stack_interrupts: how many have run; it wraps.
 */
void stack_interrupt(void);
uint32_t stack_interrupts(void);

/*
 * Around an exec: the other threads are killed wherever they are, and the stack
 * thread shall not be in the middle of a turn then. Does nothing and answers
 * false when it cannot be kept out. let_go: the exec failed.
 */
bool stack_hold(void);
void stack_let_go(void);

/*
 * The kernel knows when the last descriptor of a socket that was ever shared
 * is gone: `ask` finds out. It may make system calls, and is never called with
 * the stack lock held.
 */
void stack_set_held_hook(bool (*ask)(sock_id s));

/* Another process may get a descriptor of it now; `ask` can answer for it. */
void stack_note_shared(sock_id s);

/*
 * Copies of a descriptor travel in messages: `count` were sent, or arrived (or
 * could not be sent: negative). The receiver of a message may be no process of
 * ours, and one that nobody receives goes without a word.
 */
void stack_note_in_flight(sock_id s, int count);

/* The last descriptor of this process is closed, and there are others. When
 * they may be in flight only, the kernel is asked again, less and less often.
 */
void stack_note_left(sock_id s);

/* Before a process that will share the stack is made; starts a thread. */
void stack_before_family(void);

/*
 * The process is about to lose the right to make descriptors, threads or most
 * system calls: gets what the stack will need of them.
 */
void stack_before_confinement(void);

/*
 * After a system call by which a thread of the program has changed what it may
 * do: makes the same call in the stack's own threads of this process.
 */
void stack_repeat(long nr, long a, long b, long c, long d, long e);

/* A process that holds sockets settles in: starts its threads. */
void stack_settle_in(void);

/* For tests: forked children kill themselves with the stack lock held, in one
 * of their turns from the n-th to the 2n-th. 0: never. */
void stack_die_inside(uint32_t turns);

/* In the child of a fork, before it does anything else with the stack. */
void stack_after_fork_in_child(void);

/*
 * Process end: when no other process and no keeper lives on, waits until what
 * send() accepted has been acknowledged and FINs are out, and gives back what
 * the network lent, at most `linger_us`; closes nothing itself.
 */
void stack_drain(uint64_t linger_us);

/* Descriptors the stack itself holds in this process, for close_range() and
 * friends to spare. Returns how many there are; writes at most `max`. */
size_t stack_own_fds(int *fds, size_t max);

/* Is `fd` one of them? Asked by every close(); cheap. */
bool stack_owns_fd(int fd);

/*
 * Around a call that puts a descriptor of the program at a number of its
 * choice: none of ours is given that number meanwhile, for the moment that one
 * is being opened. What begin returned is for end. Async-signal-safe.
 */
bool stack_choose_fd_begin(void);
void stack_choose_fd_end(bool has_begun);

/* The program claims number `fd`, which is ours: move our descriptor away.
 * 0, -ENOENT when it is not ours, -EMFILE. Async-signal-safe. */
int stack_move_fd(int fd);

/* --- the keeper: delivers what send() took, when all have ended ----------- */

/* `start` makes a keeper process and returns its number, or -errno. Called with
 * the first socket of a family, without the stack lock. */
void stack_set_keeper_hook(int (*start)(void));

/* Starts the keeper now, if there is none: an address that the network lent
 * wants looking after before the first socket, and giving back at the end. */
void stack_need_keeper(void);

/* In the keeper, after stack_join(). 0, -EBUSY: there is one; -EMFILE. */
int stack_keep_begin(void);

/*
 * One round of a keeper's life, which ends at the latest when one of `fds` is
 * ready. `stay`: somebody may still join. False: nobody is left, and nothing
 * to send, or it is `give_up_at` (stack_now() based): the keeper must end.
 */
enum { STACK_KEEP_FDS = 320 };
bool stack_keep(struct pollfd *fds, size_t n, bool stay, uint64_t give_up_at);

/* Was nobody left, in the last round? */
bool stack_keep_is_alone(void);

/* One end of a pipe that all processes of a named stack hold, so that its
 * keeper sees when the last of them is gone; it is this room's from now on. */
void stack_hold_lifeline(int fd);

/* --- sockets ------------------------------------------------------------- */

/* AF_INET/AF_INET6; SOCK_STREAM or SOCK_DGRAM without flags. -EPROTONOSUPPORT,
 * -ESOCKTNOSUPPORT, -EAFNOSUPPORT, -ENOBUFS, -ENFILE. */
int stack_socket(int family, int type, int protocol, sock_id *out);

/* The last reference is gone. Never fails for a valid id; -EBADF. Lingering
 * close (SO_LINGER) is the shim's: stack_linger_us() says how long to wait for
 * stack_close_wait() first. */
int stack_close(sock_id s);

int stack_bind(sock_id s, const struct sockaddr *addr, socklen_t len);
int stack_listen(sock_id s, int backlog);

/* -EAGAIN when nobody waits. addr and len may be NULL. */
int stack_accept(sock_id s, sock_id *out, struct sockaddr *addr,
		 socklen_t *len);

/* 0 at once for datagrams and AF_UNSPEC; -EINPROGRESS the first time, then
 * -EALREADY, -EISCONN or the error. */
int stack_connect(sock_id s, const struct sockaddr *addr, socklen_t len);

int stack_shutdown(sock_id s, int how);
int stack_getsockname(sock_id s, struct sockaddr *addr, socklen_t *len);
int stack_getpeername(sock_id s, struct sockaddr *addr, socklen_t *len);
int stack_getsockopt(sock_id s, int level, int name, void *value,
		     socklen_t *len);
int stack_setsockopt(sock_id s, int level, int name, const void *value,
		     socklen_t len);

/*
 * MSG_OOB, MSG_MORE, MSG_CONFIRM are understood; MSG_DONTWAIT and MSG_NOSIGNAL
 * are the shim's and ignored here. -EPIPE leaves the signal to the shim.
 * For a stream a count less than asked means: wait for POLLOUT, go on.
 */
ssize_t stack_sendmsg(sock_id s, const struct msghdr *msg, int flags);

/*
 * MSG_PEEK, MSG_TRUNC, MSG_OOB, MSG_ERRQUEUE are understood; MSG_WAITALL and
 * blocking are the shim's. Sets msg_namelen, msg_controllen, msg_flags.
 */
ssize_t stack_recvmsg(sock_id s, struct msghdr *msg, int flags);

/* Flat forms, for the fast path; addr may be NULL. */
ssize_t stack_send(sock_id s, const void *buf, size_t len, int flags);
ssize_t stack_recv(sock_id s, void *buf, size_t len, int flags);

/* Would a receive without MSG_OOB and MSG_ERRQUEUE surely be -EAGAIN? No lock
 * taken; false when in doubt. */
bool stack_is_empty(sock_id s);

/*
 * Sending what the caller reads from elsewhere, a file: lend gives a buffer of
 * the stack's own, which is filled without any lock and goes out without being
 * copied once more. Each one lent must be given to stack_send_lent() with the
 * number of bytes in it; 0 takes it back.
 *
 * lend: 0 and `lent` filled, with at most `len` bytes of room; -EAGAIN as
 * stack_send(); -EOPNOTSUPP: use stack_send(), which also knows the errors.
 */
struct stack_lent {
	sock_id sock;
	void *room;
	size_t len;
	void *block; /* the stack's */
};

int stack_lend(sock_id s, size_t len, struct stack_lent *lent);
ssize_t stack_send_lent(const struct stack_lent *lent, size_t len, int flags);

/*
 * mmap(2) of a packet socket's ring: where its bytes lie in *fd, a descriptor
 * of the stack's own. -EINVAL: no ring of that size; -ENODEV: no such socket.
 */
int stack_map(sock_id s, size_t len, off_t offset, int *fd, off_t *at);

/* FIONREAD, SIOCATMARK, SIOCOUTQ, SIOCOUTQNSD, SIOCGIF*, FIOASYNC family is
 * the shim's. -ENOTTY or -EINVAL for what is not known. */
int stack_ioctl(sock_id s, unsigned long request, void *arg);

/* Facts that never change: SOCK_STREAM..., AF_INET.... -EBADF. */
int stack_type(sock_id s);
int stack_family(sock_id s);

/* EPOLLIN, OUT, PRI, ERR, HUP, RDHUP as they stand now; no lock taken.
 * A stale id reads as EPOLLNVAL's poll twin: POLLNVAL. */
uint32_t stack_ready(sock_id s);

/* O_NONBLOCK of the open file description; kept in the arena, so all
 * descriptors and processes see the same. A stale id is non-blocking. */
bool stack_is_nonblocking(sock_id s);
void stack_set_nonblocking(sock_id s, bool on);

/* The placeholder's inode is the identity of a socket across exec and
 * descriptor passing. by_inode answers 0 when it is none of ours. */
int stack_set_inode(sock_id s, uint64_t inode);
sock_id stack_by_inode(uint64_t inode);

/* SO_RCVTIMEO, SO_SNDTIMEO in microseconds; UINT64_MAX: none. */
uint64_t stack_timeout_us(sock_id s, bool sending);

/* SO_LINGER with a time: microseconds; UINT64_MAX when not set. */
uint64_t stack_linger_us(sock_id s);

/* --- waiting ------------------------------------------------------------- */

/* Monotonic microseconds. */
uint64_t stack_now(void);

/*
 * Sleeps until one of `events` (EPOLL bits; ERR and HUP always count) holds,
 * or the time `deadline_us` (stack_now() based; UINT64_MAX: never) is reached.
 * 0: something holds; -ETIMEDOUT; -EINTR: a signal handler ran (or the process
 * was stopped and continued); -EBADF: the socket was closed meanwhile. A
 * cancellation point that leaves nothing behind. since: the handlers count that
 * have run since stack_interrupts() said that.
 */
int stack_wait(sock_id s, uint32_t events, uint64_t deadline_us);
int stack_wait_since(sock_id s, uint32_t events, uint64_t deadline_us,
		     uint32_t since);

/* Who was woken for a connection but cannot take it (no descriptor is left):
 * another one that sleeps in accept() may. */
void stack_pass_on(sock_id s);

/* Waits for a lingering close: all data and the FIN acknowledged. As above. */
int stack_close_wait(sock_id s, uint64_t deadline_us);

/* One stack member of a poll set. */
struct stack_pollee {
	sock_id sock;
	uint32_t events;  /* asked: EPOLL bits (equal to POLL bits) */
	uint32_t revents; /* answered */
};

/*
 * poll over stack sockets and kernel descriptors together. Kernel entries are
 * filled like ppoll(2) does. `deadline_us` as above; `mask` as in ppoll(2) or
 * NULL. Returns how many of both have revents != 0; 0 at the deadline; -EINTR;
 * -ENOMEM, -EINVAL. A cancellation point.
 */
int stack_poll(struct stack_pollee *socks, size_t nsocks, struct pollfd *kernel,
	       size_t nkernel, uint64_t deadline_us, const sigset_t *mask);

/* --- epoll --------------------------------------------------------------- */

/*
 * The stack members of one epoll descriptor. The shim makes one when the first
 * stack socket is added and keeps kernel members in the kernel's epoll. Named
 * like sockets, and stale ids are -EBADF.
 */
int stack_epoll_new(sock_id *out);
int stack_epoll_free(sock_id ep); /* this process holds it no more */

/*
 * As epoll_ctl(2), key is (fd, sock): -EEXIST, -ENOENT, -ENOSPC, -EINVAL
 * (EPOLLEXCLUSIVE rules). Closing the socket removes its members.
 */
int stack_epoll_ctl(sock_id ep, int op, int fd, sock_id s,
		    const struct epoll_event *event);

/*
 * As epoll_pwait2(2). `kernel_epfd` is the program's own epoll descriptor when
 * it has kernel members, else -1; both kinds are reported fairly.
 */
int stack_epoll_wait(sock_id ep, int kernel_epfd, struct epoll_event *events,
		     int max, uint64_t deadline_us, const sigset_t *mask);

/* Where `s` is a member, for a socket that becomes the kernel's (NSSHIM_HOST).
 * Returns how many there are; writes at most `max`. */
struct stack_membership {
	sock_id ep;
	int fd;
	struct epoll_event event;
};
size_t stack_epoll_memberships(sock_id s, struct stack_membership *out,
			       size_t max);

/* Something to report among the stack members? For poll() on an epoll fd. */
bool stack_epoll_is_ready(sock_id ep);

/* --- the host ------------------------------------------------------------ */

struct stack_iface_info {
	char name[16];
	uint32_t index; /* 1-based */
	uint32_t mtu;
	uint8_t mac[6];
	bool is_loopback;
	size_t naddrs;
	struct {
		struct sockaddr_storage addr; /* sockaddr_in or sockaddr_in6 */
		uint8_t prefix_len;
	} addrs[STACK_LIST_MAX];
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;
};

/* Interface number i, from 0; false: there are no more. */
bool stack_iface(size_t i, struct stack_iface_info *out);

/*
 * The file /proc/net/NAME, as the stack would have it: as many lines as fit
 * into `buf` (16 KiB are good), from *place on, which is all zero at first.
 * Bytes; 0 at the end; -ENOENT: that file is not about the stack.
 */
struct stack_proc_place {
	uint64_t opaque[8];
};
ssize_t stack_proc_read(const char *name, struct stack_proc_place *place,
			char *buf, size_t size);

/* A line of the shim's for the log. */
void stack_warn(const char *line);

/* Prints every non-zero counter to `fd`. */
void stack_print_stats(int fd);

#endif
