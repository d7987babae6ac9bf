/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * links.c - the links of this process
 *
 * What this room is for
 *   See links.h.
 *
 * Proved by  boot_test.c
 */
#include "links.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "socket/ownfd.h"

static struct link *devices[LINKS_MAX]; /* [P] the lowest layer of each */

/* With several links each has a capture of its own: the format has no place
 * for the name of an interface. */
static int tee(const struct stack_config *c, struct stack *st, struct link **l,
	       const struct why *why)
{
	char file[PATH_MAX];
	int n, ret;

	n = st->links.n == 1 ? snprintf(file, sizeof(file), "%s", c->pcap)
			     : snprintf(file, sizeof(file), "%s.%s", c->pcap,
					(*l)->name);
	ret = n < 0 || (size_t)n >= sizeof(file)
		      ? -ENAMETOOLONG
		      : link_pcap_open(*l, file, st->eng.now,
				       st->eng.now + st->wall_offset, l);
	if (ret < 0)
		return explain(why, ret, "NSSHIM_PCAP=%s cannot be written: %s",
			       c->pcap, strerror(-ret));
	ownfd_adopt(&(*l)->file);
	return 0;
}

/* Equal wires that lose the same frames would be no test of anything. */
static int worsen(const struct stack_config *c, size_t n, struct link **l,
		  const struct why *why)
{
	struct impairment imp;
	int ret = link_impair_parse(c->impair, &imp, why->text, why->size);

	if (ret < 0)
		return ret;
	imp.seed += n;
	return link_impair_open(*l, &imp, l);
}

int links_open(const struct stack_config *c, struct stack *st, size_t n, int fd,
	       struct link **out, const struct why *why)
{
	int ret = link_spec_open(&st->links.spec[n], c->offload && !c->impair,
				 fd, st->eng.arena, &st->stream[n], out,
				 why->text, why->size);

	if (ret < 0)
		return ret;
	devices[n] = *out;
	if (fd < 0)
		st->links.spec[n].caps = devices[n]->caps;
	ownfd_adopt(&devices[n]->fd);
	if (c->pcap)
		ret = tee(c, st, out, why);
	if (ret == 0 && c->impair)
		ret = worsen(c, n, out, why);
	return ret;
}

size_t links_fds(int *fds)
{
	size_t n = 0;

	for (; n < LINKS_MAX && devices[n]; n++)
		fds[n] = devices[n]->fd;
	return n;
}

/* Their descriptors go with the process. */
void links_forget(void)
{
	memset(devices, 0, sizeof(devices));
	for (int i = 0; i < LIMIT_IFACES; i++)
		link_detach(i);
}
