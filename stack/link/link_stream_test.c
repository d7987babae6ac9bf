/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * link_stream_test.c - proves link_stream.c against the other end of a socket
 * pair
 */
#include <errno.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "link.h"
#include "ground/pkt.h"
#include "ground/tx.h"

static struct arena *arena;
static struct link_stream_state *state;
static struct link *l;
static int peer;

static void set_up(void)
{
	struct link_stream_config c = {.fd = -1};
	char why[200];
	int ends[2];

	cr_assert(eq(int, arena_create_private(32 << 20, &arena), 0));
	cr_assert(eq(int,
		     socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends),
		     0));
	c.fd = ends[0];
	peer = ends[1];
	state = NULL;
	cr_assert(eq(int,
		     link_stream_open(arena, &state, &c, &l, why, sizeof(why)),
		     0),
		  "%s", why);
}

static void tear_down(void)
{
	link_close(l);
	close(peer);
	arena_unmap(arena);
}

TestSuite(link_stream, .init = set_up, .fini = tear_down);

/* Reads one frame as the stack would: its length, or -errno. */
static int take(struct pkt **out)
{
	*out = pkt_new(arena, PKT_FRAME_MAX + 64, 0);
	cr_assert(ne(ptr, *out, NULL));
	return link_recv(l, *out);
}

static void give(const void *bytes, size_t n)
{
	cr_assert(eq(sz, (size_t)write(peer, bytes, n), n));
}

static int send_bytes(const void *bytes, size_t n)
{
	struct tx t;

	tx_init(&t);
	memset(tx_push(&t, 14), 'h', 14);
	cr_assert(n == 0 || tx_add(&t, bytes, n));
	return link_send(l, &t, 1000);
}

Test(link_stream, a_frame_out_goes_after_its_length)
{
	uint8_t got[64];

	cr_assert(eq(int, send_bytes("payload", 7), 0));
	cr_assert(eq(sz, (size_t)read(peer, got, sizeof(got)), 25));
	cr_assert(zero(memcmp(got, "\0\0\0\x15hhhhhhhhhhhhhhpayload", 25)));
}

Test(link_stream, whole_frames_come_one_by_one)
{
	struct pkt *p;

	give("\0\0\0\x03one\0\0\0\x04more", 15);
	cr_assert(eq(int, take(&p), 3));
	cr_assert(zero(memcmp(p->data, "one", 3)));
	cr_assert(eq(int, take(&p), 4));
	cr_assert(zero(memcmp(p->data, "more", 4)));
	cr_assert(eq(int, take(&p), -EAGAIN));
	cr_assert(eq(u32, p->len, 0));
}

Test(link_stream, a_frame_may_come_byte_by_byte)
{
	static const char bytes[] = "\0\0\0\x05"
				    "hello\0\0\0\x02"
				    "hi";
	struct pkt *p;

	for (size_t i = 0; i < 8; i++) {
		give(bytes + i, 1);
		cr_assert(eq(int, take(&p), -EAGAIN), "byte %zu", i);
	}
	give(bytes + 8, 7);
	cr_assert(eq(int, take(&p), 5));
	cr_assert(zero(memcmp(p->data, "hello", 5)));
	cr_assert(eq(int, take(&p), 2));
	cr_assert(zero(memcmp(p->data, "hi", 2)));
}

Test(link_stream, a_frame_that_is_too_long_for_the_buffer_is_passed_over)
{
	struct pkt *small = pkt_new(arena, 64, 0), *p;
	char frame[4 + 300] = {0, 0, 1, 44};

	give(frame, sizeof(frame));
	give("\0\0\0\x02ok", 6);
	cr_assert(eq(int, link_recv(l, small), -EMSGSIZE));
	cr_assert(eq(int, take(&p), 2));
}

Test(link_stream, lengths_that_no_frame_has_end_the_link)
{
	struct pkt *p;

	give("\xff\xff\xff\xffxxxx", 8);
	cr_assert(eq(int, take(&p), -ENETDOWN));
	cr_assert(l->gone);
	cr_assert(eq(int, send_bytes("x", 1), -ENETDOWN));
}

Test(link_stream, a_length_of_zero_ends_the_link)
{
	struct pkt *p;

	give("\0\0\0\0\0\0\0\x02", 8);
	cr_assert(eq(int, take(&p), -ENETDOWN));
	cr_assert(l->gone);
}

Test(link_stream, a_peer_that_closes_is_a_link_that_is_gone)
{
	struct pkt *p;

	close(peer);
	cr_assert(eq(int, take(&p), -ENETDOWN));
	cr_assert(l->gone);
	cr_assert(eq(u64, link_next(l), USECS_NEVER));
}

Test(link_stream, sending_to_a_peer_that_closed_raises_no_signal)
{
	close(peer);
	cr_assert(eq(int, send_bytes("x", 1), -EPIPE));
	cr_assert(l->gone);
}

/* Fills the socket until a frame is taken in part or not at all; returns how
 * many frames the peer will get. */
static int fill(const uint8_t *payload, size_t len)
{
	int n = 0;

	for (; n < 1000; n++)
		if (send_bytes(payload, len) < 0)
			return n;
	cr_fatal("the socket takes everything");
	return 0;
}

static size_t read_peer(uint8_t *to, size_t n)
{
	size_t have = 0;

	while (have < n) {
		ssize_t got = read(peer, to + have, n - have);

		if (got <= 0)
			break;
		have += (size_t)got;
		link_turn(l, 2000);
	}
	return have;
}

Test(link_stream, a_frame_taken_in_part_is_finished_later)
{
	static uint8_t payload[50000], got[4 + 14 + sizeof(payload)];
	int frames;

	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 7 >> 3);
	frames = fill(payload, sizeof(payload));
	cr_assert(gt(int, frames, 0));
	for (int i = 0; i < frames; i++) {
		cr_assert(eq(sz, read_peer(got, sizeof(got)), sizeof(got)),
			  "frame %d of %d", i, frames);
		cr_assert(zero(memcmp(got, "\0\0\xc3\x5ehhhhhhhhhhhhhh", 18)));
		cr_assert(zero(memcmp(got + 18, payload, sizeof(payload))));
	}
	cr_assert(eq(sz, read_peer(got, 1), 0), "and nothing more");
	cr_assert(eq(u64, link_next(l), USECS_NEVER));
	cr_assert(eq(int, send_bytes("again", 5), 0));
}

Test(link_stream, another_process_goes_on_where_one_stopped)
{
	struct link_stream_config c = {.fd = -1};
	struct link *other;
	struct pkt *p;
	char why[200];

	give("\0\0\0\x05he", 6);
	cr_assert(eq(int, take(&p), -EAGAIN));
	c.fd = dup(l->fd);
	cr_assert(eq(
		int,
		link_stream_open(arena, &state, &c, &other, why, sizeof(why)),
		0));
	give("llo", 3);
	p = pkt_new(arena, PKT_FRAME_MAX + 64, 0);
	cr_assert(eq(int, link_recv(other, p), 5));
	cr_assert(zero(memcmp(p->data, "hello", 5)));
	link_close(other);
}

static int open_path(const char *path, char *why, size_t size)
{
	struct link_stream_config c = {.path = path, .fd = -1};
	struct link *out;

	return link_stream_open(arena, &state, &c, &out, why, size);
}

Test(link_stream, paths_where_nobody_listens_are_explained)
{
	char why[200], path[200];

	cr_assert(eq(int, open_path("/no/such/socket", why, sizeof(why)),
		     -ENOENT));
	cr_assert(ne(ptr, strstr(why, "there is no socket"), NULL), "%s", why);
	cr_assert(eq(int, open_path("/dev/null", why, sizeof(why)),
		     -ECONNREFUSED));
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	cr_assert(eq(int, open_path(path, why, sizeof(why)), -EINVAL));
}

Test(link_stream, a_descriptor_of_another_kind_is_refused)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct link_stream_config c = {.fd = fd};
	struct link *out;
	char why[200];

	cr_assert(
		eq(int,
		   link_stream_open(arena, &state, &c, &out, why, sizeof(why)),
		   -EINVAL));
}
