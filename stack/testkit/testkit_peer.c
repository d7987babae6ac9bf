/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * testkit_peer.c - for tests: a peer that follows a script
 *
 * What this room is for
 *   Builds the peer's segments from struct seg, and reads ours into one. The
 *   checksums of both directions are real.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "link/cksum.h"
#include "testkit.h"

void kit_open_with(struct kit *k, uint32_t caps, uint32_t mtu)
{
	const struct kit_host_config config = {
		.addr = "10.0.0.1",
		.peer = "10.0.0.2",
		.seed = 1,
		.caps = caps,
		.mtu = mtu,
	};

	memset(k, 0, sizeof(*k));
	kit_host_open(&k->host, &config);
	k->peer_iss = 0x1000;
	k->peer_wnd = 65535;
	k->our_port = KIT_PORT;
}

void kit_open(struct kit *k)
{
	kit_open_with(k, 0, KIT_MTU);
}

void kit_close(struct kit *k)
{
	kit_host_close(&k->host);
}

void kit_advance(struct kit *k, usecs us)
{
	usecs until = k->host.eng.now + us;
	int n = 0;

	for (;;) {
		usecs next = timer_next(&k->host.eng.timers);

		if (next > until)
			break;
		cr_assert(n++ < 1000000, "timers never come to rest");
		if (next > k->host.eng.now)
			kit_host_set_time(&k->host, next);
		kit_host_settle(&k->host);
	}
	kit_host_set_time(&k->host, until);
}

static void fill_options(struct kit *k, const struct seg *s,
			 struct tcp_options *o)
{
	memset(o, 0, sizeof(*o));
	o->has_mss = s->mss != 0;
	o->mss = s->mss;
	o->has_wscale = s->has_wscale;
	o->wscale = s->wscale;
	o->sack_permitted = s->sack_permitted;
	o->has_ts = s->has_ts || k->with_ts;
	o->tsval = s->tsval ? s->tsval : (uint32_t)(k->host.eng.now / 1000) + 7;
	o->tsecr = s->tsecr ? s->tsecr : k->ts_ecr;
	o->nsack = s->nsack;
	for (uint8_t i = 0; i < s->nsack; i++)
		o->sack[i] = (struct range){s->sack[i].from + k->our_iss,
					    s->sack[i].to + k->our_iss};
}

static void fill_payload(const struct seg *s, uint32_t len, uint8_t *to)
{
	if (s->data) {
		memcpy(to, s->data, len);
		return;
	}
	for (uint32_t i = 0; i < len; i++)
		to[i] = kit_byte(s->seq + i);
}

static uint16_t raw_window(const struct kit *k, const struct seg *s)
{
	if (s->wnd == KIT_NO_WINDOW)
		return 0;
	return (uint16_t)(s->wnd ? s->wnd : k->peer_wnd);
}

static void fill_ip(struct kit *k, struct ip4_wire *ip, uint32_t total,
		    uint8_t tos)
{
	*ip = (struct ip4_wire){
		.ver_ihl = 0x45,
		.tos = tos,
		.total_len = be16_make((uint16_t)total),
		.ttl = 64,
		.proto = IP_PROTO_TCP,
		.src = inet_to4(&k->host.peer),
		.dst = inet_to4(&k->host.addr),
	};
	ip->cksum = cksum(ip, sizeof(*ip));
}

static uint64_t drops_so_far(const struct kit_host *h, enum verdict v)
{
	return h->eng.stats.drops[v];
}

enum verdict kit_give(struct kit *k, struct seg s)
{
	uint32_t len = s.data && !s.len ? (uint32_t)strlen(s.data) : s.len;
	uint8_t opt[TCP_OPTIONS_MAX];
	struct tcp_options o;
	size_t optlen, total;
	struct kit_frame *f;
	struct tcp_wire *h;
	uint64_t before[DROP_COUNT];

	k->last_in = s;
	fill_options(k, &s, &o);
	optlen = tcp_opt_build(&o, s.flags & SYN, opt);
	total = sizeof(struct ip4_wire) + sizeof(*h) + optlen + len;
	f = calloc(1, sizeof(*f) + total);
	cr_assert(f != NULL);
	f->len = (uint32_t)total;
	f->gso_size = s.gso_size;
	fill_ip(k, (void *)f->bytes, f->len, s.tos);
	h = (void *)(f->bytes + sizeof(struct ip4_wire));
	*h = (struct tcp_wire){
		.sport = be16_make(s.port ? s.port : KIT_PEER_PORT),
		.dport = be16_make(k->our_port),
		.seq = be32_make(s.seq + k->peer_iss),
		.ack = be32_make(s.flags & ACK ? s.ack + k->our_iss : 0),
		.offset = (uint8_t)((sizeof(*h) + optlen) / 4 << 4),
		.flags = s.flags,
		.window = be16_make(raw_window(k, &s)),
		.urgent = be16_make(s.urg),
	};
	memcpy(h + 1, opt, optlen);
	fill_payload(&s, len, (uint8_t *)(h + 1) + optlen);
	h->cksum = cksum_finish(cksum_partial(
		h, total - sizeof(struct ip4_wire),
		cksum_pseudo(&k->host.peer, &k->host.addr, IP_PROTO_TCP,
			     (uint32_t)(total - sizeof(struct ip4_wire)))));
	memcpy(before, k->host.eng.stats.drops, sizeof(before));
	kit_host_receive(&k->host, f);
	free(f);
	for (int v = DONE + 1; v < DROP_COUNT; v++) {
		if (drops_so_far(&k->host, (enum verdict)v) != before[v])
			return (enum verdict)v;
	}
	return DONE;
}

enum verdict kit_inject(struct kit *k, struct seg s)
{
	enum verdict v = kit_give(k, s);

	kit_host_settle(&k->host);
	return v;
}

enum verdict kit_inject_again(struct kit *k)
{
	return kit_inject(k, k->last_in);
}

/* What a correct checksum is, whether completed or left to the link. */
static void check_checksum(const struct kit *k, const struct kit_frame *f,
			   const struct tcp_wire *h, size_t len)
{
	uint32_t sum = cksum_pseudo(&k->host.addr, &k->host.peer, IP_PROTO_TCP,
				    (uint32_t)len);

	if (f->csum_partial)
		cr_assert(be16_get(h->cksum) == cksum_fold(sum));
	else
		cr_assert(cksum_fold(cksum_partial(h, len, sum)) == 0xffff);
}

static void read_options(struct kit *k, const uint8_t *opt, size_t len,
			 struct seg *s)
{
	struct tcp_options o;

	cr_assert(tcp_opt_parse(opt, len, s->flags & SYN, &o) == 0);
	s->mss = o.has_mss ? o.mss : 0;
	s->has_wscale = o.has_wscale;
	s->wscale = o.wscale;
	s->sack_permitted = o.sack_permitted;
	s->has_ts = o.has_ts;
	s->tsval = o.tsval;
	s->tsecr = o.tsecr;
	if (o.has_ts)
		k->ts_ecr = o.tsval;
	s->nsack = o.nsack;
	for (uint8_t i = 0; i < o.nsack; i++)
		s->sack[i] = (struct range){o.sack[i].from - k->peer_iss,
					    o.sack[i].to - k->peer_iss};
}

const struct seg *kit_take(struct kit *k)
{
	struct kit_frame *f = kit_host_take(&k->host);
	const struct tcp_wire *h;
	struct seg *s = &k->out;
	size_t len, head;

	if (!f)
		return NULL;
	cr_assert(f->len >= sizeof(struct ip4_wire) + sizeof(*h));
	h = (const void *)(f->bytes + sizeof(struct ip4_wire));
	len = f->len - sizeof(struct ip4_wire);
	head = tcp_wire_len(h);
	check_checksum(k, f, h, len);
	memset(s, 0, sizeof(*s));
	s->flags = h->flags;
	if (s->flags & SYN)
		k->our_iss = be32_get(h->seq);
	s->seq = be32_get(h->seq) - k->our_iss;
	s->ack = s->flags & ACK ? be32_get(h->ack) - k->peer_iss : 0;
	s->wnd = be16_get(h->window);
	s->urg = be16_get(h->urgent);
	s->tos = ((const struct ip4_wire *)f->bytes)->tos;
	s->port = be16_get(h->dport);
	s->gso_size = f->gso_size;
	s->len = (uint32_t)(len - head);
	read_options(k, (const uint8_t *)(h + 1), head - sizeof(*h), s);
	memcpy(k->data, f->bytes + sizeof(struct ip4_wire) + head, s->len);
	s->data = (const char *)k->data;
	free(f);
	return s;
}

void kit_forget_frames(struct kit *k)
{
	while (kit_take(k))
		continue;
}

void kit_expect_at(struct kit *k, const char *file, int line, struct seg want)
{
	const struct seg *s = kit_take(k);
	uint8_t all = FIN | SYN | RST | ACK | URG;
	uint32_t len =
		want.data && !want.len ? (uint32_t)strlen(want.data) : want.len;

	cr_assert(s != NULL, "%s:%d: nothing was sent", file, line);
	cr_assert((s->flags & all) == (want.flags & all),
		  "%s:%d: flags %#x, expected %#x", file, line, s->flags,
		  want.flags);
	cr_assert(!(want.flags & PSH) || s->flags & PSH, "%s:%d: no PSH", file,
		  line);
	cr_assert(s->seq == want.seq, "%s:%d: seq %u, expected %u", file, line,
		  s->seq, want.seq);
	cr_assert(s->ack == want.ack, "%s:%d: ack %u, expected %u", file, line,
		  s->ack, want.ack);
	cr_assert(s->len == len, "%s:%d: %u bytes, expected %u", file, line,
		  s->len, len);
	cr_assert(!want.wnd ||
			  s->wnd == (want.wnd == KIT_NO_WINDOW ? 0 : want.wnd),
		  "%s:%d: window %u, expected %u", file, line, s->wnd,
		  want.wnd);
	cr_assert(!want.urg || s->urg == want.urg, "%s:%d: urgent %u", file,
		  line, s->urg);
	cr_assert(!want.data || memcmp(s->data, want.data, len) == 0,
		  "%s:%d: other bytes", file, line);
	if (!want.data && !(s->flags & RST)) {
		for (uint32_t i = 0; i < s->len; i++)
			cr_assert(k->data[i] == kit_byte(s->seq + i),
				  "%s:%d: byte %u is wrong", file, line, i);
	}
	cr_assert(want.nsack == 0 || want.nsack == s->nsack,
		  "%s:%d: %u SACK blocks", file, line, s->nsack);
	for (uint8_t i = 0; i < want.nsack; i++)
		cr_assert(s->sack[i].from == want.sack[i].from &&
				  s->sack[i].to == want.sack[i].to,
			  "%s:%d: SACK block %u is %u-%u", file, line, i,
			  s->sack[i].from, s->sack[i].to);
}

void kit_expect_silence_at(struct kit *k, const char *file, int line)
{
	const struct seg *s = kit_take(k);

	if (s)
		cr_assert_fail("%s:%d: sent flags %#x seq %u ack %u len %u",
			       file, line, s->flags, s->seq, s->ack, s->len);
}

struct tcp_conn *kit_listen(struct kit *k, uint32_t backlog)
{
	struct endpoint at = {.addr = k->host.addr, .port = KIT_PORT};

	cr_assert(tcp_new(&k->host.tcp, k, &k->listener) == 0);
	cr_assert(tcp_bind(k->listener, &at) == 0);
	cr_assert(tcp_listen(k->listener, backlog) == 0);
	return k->listener;
}

struct tcp_conn *kit_connect(struct kit *k)
{
	struct endpoint to = {.addr = k->host.peer, .port = KIT_PEER_PORT};

	cr_assert(tcp_new(&k->host.tcp, k, &k->conn) == 0);
	cr_assert(tcp_connect(k->conn, &to) == 0);
	k->our_port = k->conn->b.key.lport;
	kit_host_settle(&k->host);
	kit_expect(k, (struct seg){.flags = SYN});
	return k->conn;
}

struct tcp_conn *kit_established_with(struct kit *k, struct seg syn)
{
	kit_connect(k);
	syn.flags = SYN | ACK;
	syn.ack = OUR_SEQ;
	k->with_ts = syn.has_ts;
	kit_inject(k, syn);
	kit_expect(k, (struct seg){.flags = ACK, .seq = 1, .ack = 1});
	kit_expect_silence(k);
	cr_assert(k->conn->state == TCPS_ESTABLISHED);
	return k->conn;
}

struct tcp_conn *kit_established(struct kit *k)
{
	return kit_established_with(k, (struct seg){.mss = 1460});
}

struct tcp_conn *kit_accepted_with(struct kit *k, struct seg syn)
{
	if (!k->listener)
		kit_listen(k, 128);
	syn.flags = SYN;
	k->with_ts = syn.has_ts;
	kit_inject(k, syn);
	kit_expect(k, (struct seg){.flags = SYN | ACK, .ack = 1});
	kit_inject(k,
		   (struct seg){
			   .flags = ACK, .seq = 1, .ack = 1, .port = syn.port});
	k->conn = tcp_accept(k->listener);
	cr_assert(k->conn != NULL);
	tcp_set_owner(k->conn, k);
	kit_expect_silence(k);
	return k->conn;
}

ssize_t kit_send(struct kit *k, struct tcp_conn *c, uint32_t len)
{
	uint32_t at = c->snd_una - c->iss + (uint32_t)c->sndq.bytes;
	uint8_t *bytes = malloc(len + 1);
	struct iovec storage;
	struct uio from;
	ssize_t n;

	cr_assert(bytes != NULL);
	for (uint32_t i = 0; i < len; i++)
		bytes[i] = kit_byte(at + i);
	uio_flat(&from, &storage, bytes, len);
	n = tcp_send(c, &from, 0);
	free(bytes);
	kit_host_settle(&k->host);
	return n;
}

ssize_t kit_recv(struct kit *k, struct tcp_conn *c, void *to, size_t len)
{
	struct iovec storage;
	struct uio uio;
	ssize_t n;

	uio_flat(&uio, &storage, to, len);
	n = tcp_recv(c, &uio, 0, 0);
	kit_host_settle(&k->host);
	return n;
}
