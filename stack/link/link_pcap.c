/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * link_pcap.c - a tee that writes a pcap of everything
 *
 * What this room is for
 *   Wraps a link and appends every frame that passes, one write a frame, so
 *   that processes which share the file cannot mix their records. The stack's
 *   own clock is monotonic; the wall clock at opening turns it into dates.
 *   Checksums that a link completes later stand in the file as they are now.
 *
 * Errors     the first record that does not fit (disk full) ends recording; it
 *            never disturbs the frames.
 * Follows    draft-ietf-opsawg-pcap, nanosecond format, LINKTYPE_ETHERNET.
 */
#define LOG_ROOM LOG_ROOM_LINK

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>

#include "link.h"
#include "ground/log.h"
#include "ground/pkt.h"
#include "ground/sys.h"
#include "ground/tx.h"

enum { PCAP_NANO_MAGIC = (int)0xa1b23c4d, PCAP_ETHERNET = 1 };
enum { PCAP_SNAPLEN = 262144 };

struct pcap_file_header {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, accuracy;
	uint32_t snaplen;
	uint32_t link_type;
};
static_assert(sizeof(struct pcap_file_header) == 24, "as in the draft");

struct pcap_record {
	uint32_t sec, nsec;
	uint32_t captured, length;
};
static_assert(sizeof(struct pcap_record) == 16, "as in the draft");

struct tee {
	struct link link;
	uint64_t wall_at_zero; /* [I] wall clock in us when now was 0 */
	bool broken;           /* [S] a write failed: record no more */
};

static struct tee *tee_of(struct link *l)
{
	return container_of(l, struct tee, link);
}

/* iov[0] is free for the record's header. */
static void record(struct tee *tee, usecs when, struct iovec *iov, int n)
{
	uint64_t wall = tee->wall_at_zero + when;
	struct pcap_record r = {
		.sec = (uint32_t)(wall / USECS_PER_SEC),
		.nsec = (uint32_t)(wall % USECS_PER_SEC * 1000),
	};
	ssize_t put;

	if (tee->broken)
		return;
	for (int i = 1; i < n; i++)
		r.length += (uint32_t)iov[i].iov_len;
	r.captured = r.length;
	iov[0] = (struct iovec){&r, sizeof(r)};
	put = sys_writev(tee->link.file, iov, n);
	if (put == (ssize_t)(sizeof(r) + r.length))
		return;
	tee->broken = true;
	log_error("pcap: recording of %s stops: write gave %zd", tee->link.name,
		  put);
}

static void record_pkt(struct tee *tee, const struct pkt *p)
{
	struct iovec iov[2] = {[1] = {p->data, p->len}};

	record(tee, p->stamp ? p->stamp : tee->link.now, iov, 2);
}

static int tee_send(struct link *l, const struct tx *t)
{
	struct iovec iov[TX_IOV_MAX + 2];
	size_t n = 1 + tx_gather(t, iov + 1);

	record(tee_of(l), l->now, iov, (int)n);
	return link_send(l->below, t, l->now);
}

static int tee_recv(struct link *l, struct pkt *p)
{
	int len = link_recv(l->below, p);

	if (len >= 0)
		record_pkt(tee_of(l), p);
	return len;
}

static struct pkt *tee_take(struct link *l)
{
	struct pkt *p = link_take(l->below);

	if (p)
		record_pkt(tee_of(l), p);
	return p;
}

static void tee_close(struct link *l)
{
	sys_close(l->file);
	free(tee_of(l));
}

static const struct link_ops tee_ops = {
	.send = tee_send,
	.recv = tee_recv,
	.take = tee_take,
	.close = tee_close,
};

/* An empty file gets its header; any other must have ours. */
static int start_or_continue(int fd)
{
	struct pcap_file_header h = {
		.magic = (uint32_t)PCAP_NANO_MAGIC,
		.major = 2,
		.minor = 4,
		.snaplen = PCAP_SNAPLEN,
		.link_type = PCAP_ETHERNET,
	};
	struct pcap_file_header there = {0};
	ssize_t got = sys_read(fd, &there, sizeof(there));

	if (got < 0)
		return (int)got;
	if (got == 0)
		return sys_write(fd, &h, sizeof(h)) == sizeof(h) ? 0 : -EIO;
	if (got != sizeof(there) || there.magic != h.magic ||
	    there.link_type != h.link_type)
		return -EINVAL;
	return 0;
}

/* Under a lock, as another process may be opening the same new file. */
static int open_file(const char *path)
{
	int fd = sys_openat(AT_FDCWD, path,
			    O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	int err;

	if (fd < 0)
		return fd;
	err = sys_flock(fd, LOCK_EX);
	if (err == 0)
		err = start_or_continue(fd);
	sys_flock(fd, LOCK_UN);
	if (err == 0)
		return fd;
	sys_close(fd);
	return err;
}

int link_pcap_open(struct link *below, const char *path, usecs now,
		   uint64_t wall_clock_us, struct link **out)
{
	struct tee *tee = calloc(1, sizeof(*tee));
	int fd;

	if (!tee)
		return -ENOMEM;
	fd = open_file(path);
	if (fd < 0) {
		free(tee);
		return fd;
	}
	tee->wall_at_zero = wall_clock_us - now;
	tee->link = *below;
	tee->link.ops = &tee_ops;
	tee->link.below = below;
	tee->link.file = fd;
	tee->link.now = now;
	*out = &tee->link;
	return 0;
}
