/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * link_stream.c - frames over a UNIX stream socket
 *
 * What this room is for
 *   The link that passt and QEMU speak: each frame after its length in four
 *   bytes, most significant first. It takes no privilege at all.
 *
 *   A stream may give half a frame, and take half a frame. In the ordinary
 *   case the kernel alone knows how far we are: the length is looked at, and
 *   length and frame are taken by one readv(). Only what was taken or given in
 *   part lies in the arena, because another process of the family may go on
 *   with it.
 *
 * Errors     a peer that closes, or whose lengths make no sense, is a device
 *            that was removed: `gone`, and one line in the log.
 * Bounded    one frame each way is kept; beyond that -EAGAIN, a lost frame.
 * Lock       the stack lock is held.
 * Follows    qemu(1), -netdev stream; passt(1).
 */
#define LOG_ROOM LOG_ROOM_LINK

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>

#include "ground/explain.h"
#include "ground/limits.h"
#include "link.h"
#include "ground/log.h"
#include "ground/pkt.h"
#include "ground/sys.h"
#include "ground/tx.h"
#include "ground/uio.h"

enum {
	PREFIX = 4,
	STREAM_MAX = PREFIX + PKT_FRAME_MAX,
	/* The peer says nothing when it has room again. */
	RETRY_US = 500,
};

struct link_stream_state {
	uint32_t in_have;         /* [S] bytes of `in` */
	uint32_t out_at, out_end; /* [S] what of `out` is still to be sent */
	uint8_t in[STREAM_MAX]; /* [S] the front of a frame, its length first */
	uint8_t out[STREAM_MAX]; /* [S] a frame that was taken in part */
};

struct stream {
	struct link link;
	struct link_stream_state *halves; /* [I] in the arena */
};

static struct stream *stream_of(struct link *l)
{
	return container_of(l, struct stream, link);
}

static void give_up(struct link *l, const char *what)
{
	if (!l->gone)
		log_error("%s: the peer of the stream %s: this program has no "
			  "network any more",
			  l->name, what);
	l->gone = true;
}

static uint32_t length_in(const uint8_t *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
	       (uint32_t)b[2] << 8 | b[3];
}

/* --- out ----------------------------------------------------------------- */

static ssize_t put(struct link *l, struct iovec *iov, size_t n)
{
	struct msghdr msg = {.msg_iov = iov, .msg_iovlen = n};
	ssize_t sent = sys_sendmsg(l->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (sent == -EPIPE || sent == -ECONNRESET)
		give_up(l, "has closed it");
	return sent;
}

/* Sends what a frame before has left; true when nothing is left. */
static bool put_rest(struct stream *s)
{
	struct link_stream_state *state = s->halves;
	struct iovec rest = {state->out + state->out_at,
			     state->out_end - state->out_at};
	ssize_t sent;

	if (rest.iov_len == 0)
		return true;
	sent = put(&s->link, &rest, 1);
	if (sent > 0)
		state->out_at += (uint32_t)sent;
	return state->out_at == state->out_end;
}

/* The peer has `sent` bytes of it: the others must follow, whatever comes. */
static void keep_rest(struct link_stream_state *state, const struct iovec *iov,
		      size_t n, size_t sent)
{
	struct uio from;
	size_t left;

	if (uio_init(&from, iov, n) < 0)
		return;
	uio_skip(&from, sent);
	left = uio_read(&from, state->out, sizeof(state->out));
	state->out_at = 0;
	state->out_end = (uint32_t)left;
}

static int stream_send(struct link *l, const struct tx *t)
{
	struct stream *s = stream_of(l);
	struct iovec iov[TX_IOV_MAX + 2];
	size_t len = tx_len(t), n = 1;
	uint8_t prefix[PREFIX] = {(uint8_t)(len >> 24), (uint8_t)(len >> 16),
				  (uint8_t)(len >> 8), (uint8_t)len};
	ssize_t sent;

	if (l->gone)
		return -ENETDOWN;
	if (len > PKT_FRAME_MAX)
		return -EMSGSIZE;
	if (!put_rest(s))
		return -EAGAIN;
	iov[0] = (struct iovec){prefix, PREFIX};
	n += tx_gather(t, iov + 1);
	sent = put(l, iov, n);
	if (sent < 0)
		return (int)sent;
	if ((size_t)sent < PREFIX + len)
		keep_rest(s->halves, iov, n, (size_t)sent);
	return 0;
}

static usecs stream_next(struct link *l)
{
	const struct link_stream_state *state = stream_of(l)->halves;

	if (l->gone || state->out_at == state->out_end)
		return USECS_NEVER;
	return l->now + RETRY_US;
}

static void stream_turn(struct link *l, usecs now)
{
	(void)now;
	if (!l->gone)
		put_rest(stream_of(l));
}

/* --- in ------------------------------------------------------------------ */

/* The length of the next frame; 0 or less: no frame now. */
static int peek_length(struct link *l)
{
	uint8_t prefix[PREFIX];
	ssize_t got = sys_recvfrom(l->fd, prefix, PREFIX,
				   MSG_PEEK | MSG_DONTWAIT, NULL, NULL);
	uint32_t len;

	if (got == 0 || got == -ECONNRESET) {
		give_up(l, "has closed it");
		return -ENETDOWN;
	}
	if (got < PREFIX)
		return got < 0 ? (int)got : 0;
	len = length_in(prefix);
	if (len == 0 || len > PKT_FRAME_MAX) {
		give_up(l, "sends lengths that no frame has");
		return -ENETDOWN;
	}
	return (int)len;
}

/* Takes bytes until `want` of them are kept; true when they are. */
static bool collect(struct link *l, uint32_t want)
{
	struct link_stream_state *state = stream_of(l)->halves;
	ssize_t got;

	while (state->in_have < want) {
		got = sys_recvfrom(l->fd, state->in + state->in_have,
				   want - state->in_have, MSG_DONTWAIT, NULL,
				   NULL);
		if (got == 0 || got == -ECONNRESET)
			give_up(l, "has closed it");
		if (got <= 0)
			return false;
		state->in_have += (uint32_t)got;
	}
	return true;
}

/* A frame whose front came before. */
static int recv_rest(struct link *l, struct pkt *p)
{
	struct link_stream_state *state = stream_of(l)->halves;
	uint32_t len;

	if (!collect(l, PREFIX))
		return -EAGAIN;
	len = length_in(state->in);
	if (len == 0 || len > PKT_FRAME_MAX) {
		give_up(l, "sends lengths that no frame has");
		return -ENETDOWN;
	}
	if (!collect(l, PREFIX + len))
		return -EAGAIN;
	state->in_have = 0;
	if (len > pkt_tailroom(p))
		return -EMSGSIZE;
	memcpy(pkt_append(p, len), state->in + PREFIX, len);
	return (int)len;
}

static void keep_front(struct link_stream_state *state, const uint8_t *prefix,
		       const uint8_t *data, size_t got)
{
	size_t n = MIN(got, (size_t)PREFIX);

	memcpy(state->in, prefix, n);
	memcpy(state->in + n, data, got - n);
	state->in_have = (uint32_t)got;
}

static int stream_recv(struct link *l, struct pkt *p)
{
	struct link_stream_state *state = stream_of(l)->halves;
	uint8_t prefix[PREFIX];
	struct iovec iov[2];
	ssize_t got;
	int len;

	if (l->gone)
		return -ENETDOWN;
	/* Where the IP header will be 4-byte aligned. */
	p->data += (2 - (uintptr_t)p->data) & 3;
	if (state->in_have > 0)
		return recv_rest(l, p);
	len = peek_length(l);
	if (len < 0)
		return len;
	if (len == 0 || (size_t)len > pkt_tailroom(p))
		return recv_rest(l, p);

	iov[0] = (struct iovec){prefix, PREFIX};
	iov[1] = (struct iovec){p->data, (size_t)len};
	got = sys_readv(l->fd, iov, 2);
	if (got < 0)
		return (int)got;
	if (got < PREFIX + len) {
		keep_front(state, prefix, p->data, (size_t)got);
		return -EAGAIN;
	}
	p->len = (uint32_t)len;
	return len;
}

static void stream_close(struct link *l)
{
	sys_close(l->fd);
	free(stream_of(l));
}

static const struct link_ops stream_ops = {
	.send = stream_send,
	.recv = stream_recv,
	.next = stream_next,
	.turn = stream_turn,
	.close = stream_close,
};

/* --- opening ------------------------------------------------------------- */

static int explain_connect(const struct why *why, int err, const char *path)
{
	switch (err) {
	case -ENOENT:
		return explain(why, err,
			       "there is no socket %s; start its server first "
			       "(passt --socket %s, for one)",
			       path, path);
	case -ECONNREFUSED:
		return explain(why, err,
			       "nobody listens at %s; its server has ended",
			       path);
	case -EAGAIN:
		return explain(why, -EBUSY,
			       "the server at %s is busy with others", path);
	case -EACCES:
	case -EPERM:
		return explain(why, err, "no permission to connect to %s",
			       path);
	case -EPROTOTYPE:
		return explain(why, err, "%s is not a stream socket", path);
	default:
		return explain(why, err, "cannot connect to %s: error %d", path,
			       -err);
	}
}

static int connect_to(const char *path, const struct why *why)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t len = strlen(path);
	int fd, err;

	if (len == 0 || len >= sizeof(to.sun_path))
		return explain(why, -EINVAL,
			       "\"%.40s\" is not the path of a UNIX socket: "
			       "at most %zu bytes",
			       path, sizeof(to.sun_path) - 1);
	memcpy(to.sun_path, path, len);
	fd = sys_socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return explain(why, fd, "cannot make a socket: error %d", -fd);
	err = sys_connect(fd, &to, sizeof(to));
	if (err == 0)
		return fd;
	sys_close(fd);
	return explain_connect(why, err, path);
}

/* An adopted descriptor must be what this process would have made. */
static int inspect(int fd, const struct why *why)
{
	int type = 0;
	socklen_t len = sizeof(type);

	if (sys_getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
	    type == SOCK_STREAM)
		return fd;
	return explain(why, -EINVAL, "descriptor %d is not a stream socket",
		       fd);
}

static int make_state(struct arena *a, struct link_stream_state **made)
{
	if (*made)
		return 0;
	*made = arena_zalloc(a, sizeof(**made), ARENA_OTHER);
	return *made ? 0 : -ENOBUFS;
}

int link_stream_open(struct arena *a, struct link_stream_state **state,
		     const struct link_stream_config *c, struct link **out,
		     char *why_text, size_t why_size)
{
	const struct why why = {why_text, why_size};
	struct stream *s = calloc(1, sizeof(*s));
	int fd;

	if (!s || make_state(a, state) < 0) {
		free(s);
		return explain(&why, -ENOBUFS, "out of memory");
	}
	fd = c->fd >= 0 ? inspect(c->fd, &why) : connect_to(c->path, &why);
	if (fd < 0) {
		free(s);
		return fd;
	}
	s->halves = *state;
	s->link.ops = &stream_ops;
	s->link.fd = fd;
	s->link.file = -1;
	s->link.caps = LINK_MERGES;
	s->link.mtu = LIMIT_DEFAULT_MTU;
	snprintf(s->link.name, sizeof(s->link.name), "%s",
		 c->name ? c->name : "stream0");
	*out = &s->link;
	return 0;
}
