/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * fakestack.c - the counter of stack.h, played by the kernel's own sockets
 *
 * What this room is for
 *   Tests of the shim alone: every "stack socket" is a kernel socket at a high
 *   number, always non-blocking underneath. What a program sees through the
 *   shim must then be what it sees without, whoever wrote the TCP.
 *
 * Never      is part of the preloaded object.
 * Lock       one mutex; nobody sleeps with it.
 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "ground/raw.h"
#include "ground/shim.h"

enum { SOCKS = 4096, HIGH = 600, MEMBERS = 4096, SET_BYTES = 8 };

struct fake {
	uint32_t generation;
	int fd; /* + 1; 0: free */
	bool is_epoll, nonblocking;
	uint64_t inode;
	int family, type;
};

struct member {
	sock_id ep, sock;
	int fd;
	struct epoll_event event;
};

static struct fake fakes[SOCKS];
static struct member members[MEMBERS];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static __thread int depth;
static __thread int pending;
static void (*deliver_hook)(void);
static bool is_up;

/* A test's own code, once, inside the next call that takes the lock. */
void (*fakestack_inside)(void);
extern void (*fakestack_inside)(void);

static void enter(void)
{
	void (*inside)(void) = fakestack_inside;

	depth++;
	pthread_mutex_lock(&mutex);
	fakestack_inside = NULL;
	if (inside)
		inside();
}

static void leave(void)
{
	pthread_mutex_unlock(&mutex);
	if (--depth == 0 && pending)
		deliver_hook();
}

static struct fake *find(sock_id s)
{
	struct fake *f = &fakes[s & 0xffff];

	if ((s & 0xffff) >= SOCKS || !f->fd || f->generation != s >> 16)
		return NULL;
	return f;
}

static int fd_of(sock_id s)
{
	struct fake *f = find(s);

	return f ? f->fd - 1 : -1;
}

static int add(int fd, bool is_epoll, sock_id *out)
{
	int high = (int)raw3(SYS_fcntl, fd, F_DUPFD_CLOEXEC, HIGH);

	raw1(SYS_close, fd);
	if (high < 0)
		return high;
	enter();
	for (unsigned int i = 1; i < SOCKS; i++) {
		struct fake *f = &fakes[i];

		if (f->fd)
			continue;
		f->generation++;
		f->fd = high + 1;
		f->is_epoll = is_epoll;
		f->nonblocking = false;
		f->inode = 0;
		*out = (uint64_t)f->generation << 16 | i;
		leave();
		return 0;
	}
	leave();
	raw1(SYS_close, high);
	return -ENFILE;
}

int stack_boot(const struct stack_config *config, char *why, size_t why_size)
{
	(void)config, (void)why, (void)why_size;
	is_up = true;
	return 0;
}

bool stack_is_up(void)
{
	return is_up;
}

int stack_check_addr(const char *text, char *why, size_t why_size)
{
	(void)text, (void)why, (void)why_size;
	return 0;
}

int stack_check_prefix(const char *text, char *why, size_t why_size)
{
	return stack_check_addr(text, why, why_size);
}

int stack_check_route(const char *text, char *why, size_t why_size)
{
	return stack_check_addr(text, why, why_size);
}

int stack_check_link(const char *text, char *why, size_t why_size)
{
	return stack_check_addr(text, why, why_size);
}

int stack_find_link(const char *links, const char *device)
{
	(void)links, (void)device;
	return 0;
}

int stack_check_impair(const char *spec, char *why, size_t why_size)
{
	return stack_check_addr(spec, why, why_size);
}

int stack_check_log(const char *text, const char **file)
{
	(void)text;
	*file = NULL;
	return 0;
}

bool stack_log_is_verbose(const char *text)
{
	(void)text;
	return false;
}

void stack_set_deliver_hook(void (*deliver)(void))
{
	deliver_hook = deliver;
}

bool stack_is_inside(void)
{
	return depth > 0;
}

void stack_put_aside(void)
{
	pending = 1;
}

void stack_interrupt(void)
{
}

uint32_t stack_interrupts(void)
{
	return 0;
}

void stack_put_aside_done(void)
{
	pending = 0;
}

void stack_after_fork_in_child(void)
{
}

void stack_drain(uint64_t linger_us)
{
	(void)linger_us;
}

size_t stack_own_fds(int *fds, size_t max)
{
	size_t n = 0;

	for (unsigned int i = 1; i < SOCKS; i++)
		if (fakes[i].fd) {
			if (n < max)
				fds[n] = fakes[i].fd - 1;
			n++;
		}
	return n;
}

bool stack_hold(void)
{
	return false;
}

void stack_let_go(void)
{
}

bool stack_owns_fd(int fd)
{
	for (unsigned int i = 1; i < SOCKS && fd >= HIGH; i++)
		if (fakes[i].fd == fd + 1)
			return true;
	return false;
}

int stack_move_fd(int fd)
{
	for (unsigned int i = 1; i < SOCKS; i++)
		if (fakes[i].fd == fd + 1) {
			int to =
				(int)raw3(SYS_fcntl, fd, F_DUPFD_CLOEXEC, HIGH);

			if (to < 0)
				return to;
			fakes[i].fd = to + 1;
			return 0;
		}
	return -ENOENT;
}

int stack_socket(int family, int type, int protocol, sock_id *out)
{
	long fd = raw3(SYS_socket, family, type | SOCK_NONBLOCK, protocol);
	int err;

	if (fd < 0)
		return (int)fd;
	err = add((int)fd, false, out);
	if (!err) {
		find(*out)->family = family;
		find(*out)->type = type;
	}
	return err;
}

int stack_close(sock_id s)
{
	struct fake *f;
	int fd;

	enter();
	f = find(s);
	fd = f ? f->fd - 1 : -1;
	if (f)
		f->fd = 0;
	for (int i = 0; f && i < MEMBERS; i++)
		if (members[i].sock == s)
			members[i].sock = 0;
	leave();
	if (fd < 0)
		return -EBADF;
	raw3(SYS_shutdown, fd, SHUT_RDWR, 0); /* wakes who sleeps in it */
	return (int)raw1(SYS_close, fd);
}

int stack_bind(sock_id s, const struct sockaddr *addr, socklen_t len)
{
	return (int)raw3(SYS_bind, fd_of(s), (long)addr, len);
}

int stack_listen(sock_id s, int backlog)
{
	return (int)raw3(SYS_listen, fd_of(s), backlog, 0);
}

int stack_accept(sock_id s, sock_id *out, struct sockaddr *addr, socklen_t *len)
{
	struct fake *f = find(s);
	long fd = raw6(SYS_accept4, fd_of(s), (long)addr, (long)len,
		       SOCK_NONBLOCK, 0, 0);
	int err;

	if (fd < 0)
		return (int)fd;
	err = add((int)fd, false, out);
	if (!err) {
		find(*out)->family = f->family;
		find(*out)->type = f->type;
	}
	return err;
}

int stack_connect(sock_id s, const struct sockaddr *addr, socklen_t len)
{
	return (int)raw3(SYS_connect, fd_of(s), (long)addr, len);
}

int stack_shutdown(sock_id s, int how)
{
	return (int)raw3(SYS_shutdown, fd_of(s), how, 0);
}

int stack_getsockname(sock_id s, struct sockaddr *addr, socklen_t *len)
{
	return (int)raw3(SYS_getsockname, fd_of(s), (long)addr, (long)len);
}

int stack_getpeername(sock_id s, struct sockaddr *addr, socklen_t *len)
{
	return (int)raw3(SYS_getpeername, fd_of(s), (long)addr, (long)len);
}

int stack_getsockopt(sock_id s, int level, int name, void *value,
		     socklen_t *len)
{
	return (int)raw6(SYS_getsockopt, fd_of(s), level, name, (long)value,
			 (long)len, 0);
}

int stack_setsockopt(sock_id s, int level, int name, const void *value,
		     socklen_t len)
{
	return (int)raw6(SYS_setsockopt, fd_of(s), level, name, (long)value,
			 (long)len, 0);
}

ssize_t stack_sendmsg(sock_id s, const struct msghdr *msg, int flags)
{
	return raw3(SYS_sendmsg, fd_of(s), (long)msg, flags | MSG_NOSIGNAL);
}

ssize_t stack_recvmsg(sock_id s, struct msghdr *msg, int flags)
{
	return raw3(SYS_recvmsg, fd_of(s), (long)msg, flags & ~MSG_WAITALL);
}

ssize_t stack_send(sock_id s, const void *buf, size_t len, int flags)
{
	return raw6(SYS_sendto, fd_of(s), (long)buf, (long)len,
		    flags | MSG_NOSIGNAL, 0, 0);
}

ssize_t stack_recv(sock_id s, void *buf, size_t len, int flags)
{
	return raw6(SYS_recvfrom, fd_of(s), (long)buf, (long)len,
		    flags & ~MSG_WAITALL, 0, 0);
}

int stack_lend(sock_id s, size_t len, struct stack_lent *lent)
{
	(void)s;
	(void)len;
	(void)lent;
	return -EOPNOTSUPP;
}

ssize_t stack_send_lent(const struct stack_lent *lent, size_t len, int flags)
{
	return stack_send(lent->sock, lent->room, len, flags);
}

bool stack_is_empty(sock_id s)
{
	(void)s;
	return false;
}

/* The kernel's sockets that play the stack have no rings. */
int stack_map(sock_id s, size_t len, off_t offset, int *fd, off_t *at)
{
	(void)s;
	(void)len;
	(void)offset;
	*fd = -1;
	*at = 0;
	return -ENODEV;
}

int stack_ioctl(sock_id s, unsigned long request, void *arg)
{
	return (int)raw3(SYS_ioctl, fd_of(s), (long)request, (long)arg);
}

int stack_type(sock_id s)
{
	struct fake *f = find(s);

	return f ? f->type : -EBADF;
}

int stack_family(sock_id s)
{
	struct fake *f = find(s);

	return f ? f->family : -EBADF;
}

uint32_t stack_ready(sock_id s)
{
	struct pollfd p = {.fd = fd_of(s),
			   .events = POLLIN | POLLOUT | POLLPRI | POLLRDHUP};
	struct timespec now = {0, 0};

	if (p.fd < 0)
		return POLLNVAL;
	raw6(SYS_ppoll, (long)&p, 1, (long)&now, 0, SET_BYTES, 0);
	return (uint32_t)p.revents;
}

bool stack_is_nonblocking(sock_id s)
{
	struct fake *f = find(s);

	return !f || f->nonblocking;
}

void stack_set_nonblocking(sock_id s, bool on)
{
	struct fake *f = find(s);

	if (f)
		f->nonblocking = on;
}

int stack_set_inode(sock_id s, uint64_t inode)
{
	struct fake *f = find(s);

	if (!f)
		return -EBADF;
	f->inode = inode;
	return 0;
}

sock_id stack_by_inode(uint64_t inode)
{
	for (unsigned int i = 1; i < SOCKS; i++)
		if (fakes[i].fd && fakes[i].inode == inode)
			return (uint64_t)fakes[i].generation << 16 | i;
	return 0;
}

static uint64_t timeval_us(sock_id s, int name)
{
	struct timeval t;
	socklen_t len = sizeof(t);

	if (stack_getsockopt(s, SOL_SOCKET, name, &t, &len) ||
	    (!t.tv_sec && !t.tv_usec))
		return UINT64_MAX;
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_usec;
}

uint64_t stack_timeout_us(sock_id s, bool sending)
{
	return timeval_us(s, sending ? SO_SNDTIMEO : SO_RCVTIMEO);
}

uint64_t stack_linger_us(sock_id s)
{
	(void)s;
	return UINT64_MAX;
}

uint64_t stack_now(void)
{
	struct timespec t;

	raw3(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&t, 0);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static struct timespec *left(uint64_t deadline_us, struct timespec *t)
{
	uint64_t now = stack_now();
	uint64_t us = deadline_us > now ? deadline_us - now : 0;

	if (deadline_us == UINT64_MAX)
		return NULL;
	t->tv_sec = (time_t)(us / 1000000);
	t->tv_nsec = (long)(us % 1000000) * 1000;
	return t;
}

void stack_pass_on(sock_id s)
{
	(void)s;
}

int stack_wait_since(sock_id s, uint32_t events, uint64_t deadline_us,
		     uint32_t since)
{
	struct pollfd p = {.fd = fd_of(s), .events = (short)events};
	struct timespec t;
	long n;

	(void)since;
	if (p.fd < 0)
		return -EBADF;
	n = raw6(SYS_ppoll, (long)&p, 1, (long)left(deadline_us, &t), 0,
		 SET_BYTES, 0);
	if (n < 0)
		return (int)n;
	if (!find(s))
		return -EBADF;
	return n ? 0 : -ETIMEDOUT;
}

int stack_close_wait(sock_id s, uint64_t deadline_us)
{
	(void)s, (void)deadline_us;
	return 0;
}

int stack_poll(struct stack_pollee *socks, size_t nsocks, struct pollfd *kernel,
	       size_t nkernel, uint64_t deadline_us, const sigset_t *mask)
{
	size_t n = nsocks + nkernel;
	size_t bytes = (n + 1) * sizeof(struct pollfd);
	struct timespec t;
	struct pollfd *all;
	long ret;

	all = (struct pollfd *)raw6(SYS_mmap, 0, (long)bytes,
				    PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (size_t i = 0; i < nsocks; i++) {
		all[i].fd = fd_of(socks[i].sock);
		all[i].events = (short)socks[i].events;
	}
	if (nkernel)
		memcpy(all + nsocks, kernel, nkernel * sizeof(*kernel));
	ret = raw6(SYS_ppoll, (long)all, (long)n, (long)left(deadline_us, &t),
		   (long)mask, SET_BYTES, 0);
	for (size_t i = 0; i < nsocks && ret >= 0; i++)
		socks[i].revents = (uint32_t)(uint16_t)all[i].revents;
	if (nkernel && ret >= 0)
		memcpy(kernel, all + nsocks, nkernel * sizeof(*kernel));
	raw3(SYS_munmap, (long)all, (long)bytes, 0);
	return (int)ret;
}

int stack_epoll_new(sock_id *out)
{
	long fd = raw1(SYS_epoll_create1, 0);

	return fd < 0 ? (int)fd : add((int)fd, true, out);
}

int stack_epoll_free(sock_id ep)
{
	struct fake *f = find(ep);

	if (!f)
		return -EBADF;
	raw1(SYS_close, f->fd - 1);
	f->fd = 0;
	for (int i = 0; i < MEMBERS; i++)
		if (members[i].ep == ep)
			members[i].sock = 0;
	return 0;
}

static struct member *member_of(sock_id ep, int fd, sock_id s)
{
	for (int i = 1; i < MEMBERS; i++)
		if (members[i].sock == s && members[i].ep == ep &&
		    (members[i].fd == fd || !s))
			return &members[i];
	return NULL;
}

static struct member *free_member(void)
{
	for (int i = 1; i < MEMBERS; i++)
		if (!members[i].sock)
			return &members[i];
	return NULL;
}

int stack_epoll_ctl(sock_id ep, int op, int fd, sock_id s,
		    const struct epoll_event *event)
{
	struct epoll_event inner = {.events = event ? event->events : 0};
	struct member *m = member_of(ep, fd, s);
	int ret;

	if (op == EPOLL_CTL_ADD && m)
		return -EEXIST;
	if (op != EPOLL_CTL_ADD && !m)
		return -ENOENT;
	if (!m)
		m = free_member();
	inner.data.u64 = (uint64_t)(m - members);
	ret = (int)raw6(SYS_epoll_ctl, fd_of(ep), op, fd_of(s), (long)&inner, 0,
			0);
	if (ret)
		return ret;
	if (op == EPOLL_CTL_DEL)
		m->sock = 0;
	else
		*m = (struct member){ep, s, fd, *event};
	return 0;
}

int stack_epoll_wait(sock_id ep, int kernel_epfd, struct epoll_event *events,
		     int max, uint64_t deadline_us, const sigset_t *mask)
{
	struct pollfd both[2] = {{.fd = fd_of(ep), .events = POLLIN},
				 {.fd = kernel_epfd, .events = POLLIN}};
	struct timespec t;
	long n = raw6(SYS_ppoll, (long)both, 2, (long)left(deadline_us, &t),
		      (long)mask, SET_BYTES, 0);
	long got = 0;

	if (n <= 0)
		return (int)n;
	if (both[0].revents) {
		got = raw6(SYS_epoll_pwait, both[0].fd, (long)events, max, 0, 0,
			   SET_BYTES);
		for (long i = 0; i < got; i++)
			events[i].data = members[events[i].data.u64].event.data;
	}
	if (got < max && both[1].revents) {
		n = raw6(SYS_epoll_pwait, kernel_epfd, (long)(events + got),
			 max - got, 0, 0, SET_BYTES);
		got += n > 0 ? n : 0;
	}
	return (int)got;
}

size_t stack_epoll_memberships(sock_id s, struct stack_membership *out,
			       size_t max)
{
	size_t n = 0;

	for (int i = 1; i < MEMBERS; i++)
		if (members[i].sock == s && n < max)
			out[n++] = (struct stack_membership){
				members[i].ep, members[i].fd, members[i].event};
	return n;
}

bool stack_epoll_is_ready(sock_id ep)
{
	return stack_ready(ep) & POLLIN;
}

bool stack_iface(size_t i, struct stack_iface_info *out)
{
	if (i)
		return false;
	memset(out, 0, sizeof(*out));
	memcpy(out->name, "lo", 3);
	out->index = 1;
	out->is_loopback = true;
	return true;
}

ssize_t stack_proc_read(const char *name, struct stack_proc_place *place,
			char *buf, size_t size)
{
	(void)name, (void)place, (void)buf, (void)size;
	return -ENOENT;
}

void stack_print_stats(int fd)
{
	(void)fd;
}
