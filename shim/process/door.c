/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * door.c - into a stack that runs already
 *
 * What this room is for
 *   See door.h. One datagram asks, one answers. Both carry the sender's
 *   credentials, which the kernel fills in.
 *
 * Follows    unix(7): SCM_CREDENTIALS, SCM_RIGHTS, autobind.
 */

#include "door.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

#include "ground/raw.h"

#define MAGIC 0x6e737368696d4401ull

/* How often whoever waits for an answer looks whether there is anybody. */
enum { LOOK_MS = 100 };

struct message {
	uint64_t magic;
	int32_t word; /* a wish, or 0 or -errno */
	uint32_t zero;
	uint64_t key; /* or the arena's number */
};

/* What a message may carry along. */
union ancillary {
	struct cmsghdr align;
	char room[CMSG_SPACE(sizeof(struct ucred)) +
		  CMSG_SPACE(DOOR_FDS * sizeof(int))];
};

struct letter {
	struct message text;
	struct sockaddr_un from;
	socklen_t from_len;
	long uid;
	int fds[DOOR_FDS];
	size_t nfds;
};

static socklen_t name_of(const char *kind, const char *name,
			 struct sockaddr_un *un)
{
	int n;

	memset(un, 0, sizeof(*un));
	un->sun_family = AF_UNIX;
	n = snprintf(un->sun_path + 1, sizeof(un->sun_path) - 1, "nsshim/%s/%s",
		     kind, name);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			   (size_t)n);
}

static int open_named(const struct sockaddr_un *un, socklen_t len)
{
	int fd = (int)raw3(SYS_socket, AF_UNIX,
			   SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int one = 1;
	long ret;

	if (fd < 0)
		return fd;
	ret = raw6(SYS_setsockopt, fd, SOL_SOCKET, SO_PASSCRED, (long)&one,
		   sizeof(one), 0);
	if (!ret)
		ret = raw3(SYS_bind, fd, (long)un, len);
	if (!ret)
		return fd;
	raw1(SYS_close, fd);
	return (int)ret;
}

int door_open(const char *kind, const char *name)
{
	struct sockaddr_un un;
	socklen_t len = name_of(kind, name, &un);

	return open_named(&un, len);
}

static int post(int fd, const void *to, socklen_t to_len,
		const struct message *text, const int *fds, size_t n)
{
	struct iovec iov = {(void *)(uintptr_t)text, sizeof(*text)};
	union ancillary a;
	struct msghdr m = {.msg_name = (void *)(uintptr_t)to,
			   .msg_namelen = to_len,
			   .msg_iov = &iov,
			   .msg_iovlen = 1};

	memset(&a, 0, sizeof(a));
	if (n) {
		struct cmsghdr *c = &a.align;

		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(c), fds, n * sizeof(int));
		m.msg_control = &a;
		m.msg_controllen = CMSG_SPACE(n * sizeof(int));
	}
	return (int)raw3(SYS_sendmsg, fd, (long)&m,
			 MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* Descriptors that came along are ours to close, wanted or not. */
static void take_rights(struct letter *l, struct cmsghdr *c)
{
	size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

	for (size_t i = 0; i < n; i++) {
		int fd;

		memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
		if (l->nfds < DOOR_FDS)
			l->fds[l->nfds++] = fd;
		else
			raw1(SYS_close, fd);
	}
}

static void drop_rights(struct letter *l)
{
	while (l->nfds)
		raw1(SYS_close, l->fds[--l->nfds]);
}

/* 0; -EAGAIN; -EINVAL when it is no message of ours. */
static int fetch(int fd, struct letter *l)
{
	struct iovec iov = {&l->text, sizeof(l->text)};
	union ancillary a;
	struct msghdr m = {.msg_name = &l->from,
			   .msg_namelen = sizeof(l->from),
			   .msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = &a,
			   .msg_controllen = sizeof(a)};
	struct ucred cred;
	long ret;

	memset(l, 0, sizeof(*l));
	l->uid = -1;
	ret = raw3(SYS_recvmsg, fd, (long)&m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (ret < 0)
		return (int)ret;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_RIGHTS) {
			take_rights(l, c);
		} else if (c->cmsg_type == SCM_CREDENTIALS &&
			   c->cmsg_len == CMSG_LEN(sizeof(cred))) {
			memcpy(&cred, CMSG_DATA(c), sizeof(cred));
			l->uid = (long)cred.uid;
		}
	}
	l->from_len = m.msg_namelen;
	if (ret == sizeof(l->text) && l->text.magic == MAGIC &&
	    !(m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
		return 0;
	drop_rights(l);
	return -EINVAL;
}

static bool is_same_user(const struct letter *l)
{
	return l->uid >= 0 && l->uid == raw1(SYS_getuid, 0);
}

int door_next(int door, struct door_guest *guest)
{
	struct letter l;
	int err = fetch(door, &l);

	if (err)
		return err;
	drop_rights(&l);
	if (l.text.word < 0 || l.text.word >= DOOR_NWISHES ||
	    l.from_len > sizeof(guest->address))
		return -EINVAL;
	guest->wish = (enum door_wish)l.text.word;
	guest->key = l.text.key;
	guest->address_len = l.from_len;
	memcpy(guest->address, &l.from, l.from_len);
	if (is_same_user(&l))
		return 0;
	door_answer(door, guest, -EPERM, NULL);
	return -EPERM;
}

void door_answer(int door, const struct door_guest *guest, int error,
		 const struct stack_family *gift)
{
	struct message text = {.magic = MAGIC, .word = error};
	int fds[DOOR_FDS];
	size_t n = 0;

	if (gift) {
		text.key = gift->id;
		fds[n++] = gift->arena;
		fds[n++] = gift->lifeline;
		for (size_t i = 0; i < gift->nlinks; i++)
			fds[n++] = gift->links[i];
	}
	post(door, guest->address, (socklen_t)guest->address_len, &text, fds,
	     n);
}

static long now_ms(void)
{
	return (long)(stack_now() / 1000);
}

/* Waits for the answer; what others may send meanwhile counts for nothing. */
static int hear(int fd, const struct sockaddr_un *from, socklen_t from_len,
		int wait_ms, struct letter *l)
{
	long until = now_ms() + wait_ms;
	struct pollfd p = {fd, POLLIN, 0};

	for (;;) {
		long left = until - now_ms();
		struct timespec ts = {left / 1000, left % 1000 * 1000000};

		if (left <= 0)
			return -ETIMEDOUT;
		if (left > LOOK_MS)
			ts = (struct timespec){0, LOOK_MS * 1000000l};
		/* One that has ended meanwhile answers nothing any more. */
		if (!raw6(SYS_ppoll, (long)&p, 1, (long)&ts, 0, 0, 0) &&
		    raw3(SYS_connect, fd, (long)from, from_len) ==
			    -ECONNREFUSED)
			return -ENOENT;
		if (fetch(fd, l))
			continue;
		if (l->from_len == from_len &&
		    !memcmp(&l->from, from, from_len))
			return 0;
		drop_rights(l);
	}
}

static uint64_t inode_of(int fd)
{
	struct stat st = {0};

	raw3(SYS_fstat, fd, (long)&st, 0);
	return st.st_ino;
}

static int accept_gift(struct letter *l, struct stack_family *gift)
{
	int err = is_same_user(l) ? l->text.word : -EPERM;

	if (err > 0 || (!err && l->nfds < DOOR_FDS_MIN))
		err = -EINVAL;
	if (err) {
		drop_rights(l);
		return err;
	}
	memset(gift, 0, sizeof(*gift));
	gift->arena = l->fds[0];
	gift->lifeline = l->fds[1];
	gift->lifeline_inode = inode_of(gift->lifeline);
	gift->nlinks = l->nfds - 2;
	memcpy(gift->links, l->fds + 2, gift->nlinks * sizeof(int));
	gift->id = l->text.key;
	return 0;
}

int door_knock(const char *kind, const char *name, enum door_wish wish,
	       uint64_t key, int wait_ms, struct stack_family *gift)
{
	const struct sockaddr_un any = {.sun_family = AF_UNIX};
	struct message text = {MAGIC, wish, 0, key};
	struct sockaddr_un un;
	socklen_t len = name_of(kind, name, &un);
	struct letter l;
	int fd, err;

	fd = open_named(&any, sizeof(sa_family_t));
	if (fd < 0)
		return fd;
	err = post(fd, &un, len, &text, NULL, 0);
	if (err == -ECONNREFUSED)
		err = -ENOENT;
	else if (err == -EAGAIN || err == -EPERM)
		err = -ETIMEDOUT;
	else if (err > 0)
		err = hear(fd, &un, len, wait_ms, &l);
	if (!err)
		err = accept_gift(&l, gift);
	raw1(SYS_close, fd);
	return err;
}
