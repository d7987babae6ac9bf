/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * holder_name.c - the names of holders, and who still answers to one
 *
 * What this room is for
 *   The part of holder.h that needs neither the table nor a running stack: the
 *   keeper, which has no sockets of its own, asks as well. The name is made of
 *   a number that this family of processes drew at start-up and of the
 *   socket's id, generation included.
 *
 *   Abstract names have no owner: anybody in this network namespace who knows
 *   the number could bind one first, and then a socket is kept that nobody
 *   holds. That costs memory of the one stack, and gives nobody a descriptor.
 *
 * Follows    unix(7), abstract sockets.
 * Proved by  fdtab_test.c
 */

#include "holder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "ground/raw.h"

static void put_hex(char *to, uint64_t value)
{
	for (int i = 15; i >= 0; i--, value >>= 4)
		to[i] = "0123456789abcdef"[value & 15];
}

/* What all processes of the stack know: the arena's number, the last part of
 * NSSHIM_FAMILY. Without that variable, a number drawn before the first fork.
 */
static uint64_t draw_key(void)
{
	const char *text = getenv("NSSHIM_FAMILY");
	const char *part = text ? strrchr(text, ',') : NULL;
	uint64_t key = part ? strtoull(part + 1, NULL, 16) : 0;

	if (!key)
		raw3(SYS_getrandom, (long)&key, sizeof(key), 0);
	return key ? key : 1;
}

static uint64_t family_key(void)
{
	static uint64_t key;
	uint64_t seen = __atomic_load_n(&key, __ATOMIC_ACQUIRE);
	uint64_t fresh;

	if (seen)
		return seen;
	fresh = draw_key();
	if (__atomic_compare_exchange_n(&key, &seen, fresh, false,
					__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return fresh;
	return seen;
}

static socklen_t make_name(struct sockaddr_un *un, sock_id s)
{
	static const char head[] = "nsshim-";
	char *at = un->sun_path;

	memset(un, 0, sizeof(*un));
	un->sun_family = AF_UNIX;
	*at++ = '\0'; /* abstract */
	memcpy(at, head, sizeof(head) - 1);
	at += sizeof(head) - 1;
	put_hex(at, family_key());
	at[16] = '-';
	put_hex(at + 17, s);
	at += 33;
	return (socklen_t)(at - (char *)un);
}

void holder_draw_key(void)
{
	family_key();
}

int holder_open(int flags)
{
	return (int)raw3(SYS_socket, AF_UNIX, SOCK_SEQPACKET | flags, 0);
}

void holder_drop(int fd)
{
	raw1(SYS_close, fd);
}

int holder_name(int fd, sock_id s)
{
	struct sockaddr_un un;
	socklen_t len = make_name(&un, s);

	return (int)raw3(SYS_bind, fd, (long)&un, len);
}

/* Two who ask at the same moment may each take the other for a holder, but not
 * both: the first one to bind found nobody, and closes the socket. */
bool holder_is_held(sock_id s)
{
	struct sockaddr_un un;
	socklen_t len = make_name(&un, s);
	int fd = holder_open(SOCK_CLOEXEC);
	long ret;

	if (fd < 0)
		return true;
	ret = raw3(SYS_bind, fd, (long)&un, len);
	raw1(SYS_close, fd);
	return ret != 0;
}
