/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sandbox.c - writes the head of a filter
 *
 * What this room is for
 *   See sandbox.h. The head loads the architecture, the instruction pointer
 *   and the number, in this order, and falls through to the program's filter
 *   with the accumulator at 0, as the kernel starts it. Jumps are forward and
 *   relative, so that the program's filter may stand behind it unchanged.
 *
 * Follows    seccomp(2), Documentation/networking/filter.rst.
 * Proved by  sandbox_test.c, test-apps/sandboxed_child.c
 */

#include "sandbox.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "ground/raw.h"

#if defined(__x86_64__)
#define THIS_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define THIS_ARCH AUDIT_ARCH_AARCH64
#endif

/* What the stack and the shim do after start-up, from their own code. */
static const uint16_t allowed[] = {
	SYS_read,           SYS_write,          SYS_readv,
	SYS_writev,         SYS_close,          SYS_fstat,
	SYS_ppoll,          SYS_futex,          SYS_sendto,
	SYS_recvfrom,       SYS_bind,           SYS_getpid,
	SYS_gettid,         SYS_rt_sigprocmask, SYS_rt_tgsigqueueinfo,
	SYS_sched_yield,    SYS_epoll_ctl,      SYS_epoll_pwait,
	SYS_epoll_pwait2,   SYS_fcntl,          SYS_pidfd_open,
	SYS_exit_group,     SYS_madvise,        SYS_clock_gettime,
	SYS_timerfd_settime};

enum {
	NALLOWED = sizeof(allowed) / sizeof(allowed[0]),
	/* Where things are in the head. */
	NUMBERS = 8,
	SOCKET = NUMBERS + NALLOWED,
	ALLOW = SOCKET + 3,
	PASS = ALLOW + 1,
};
_Static_assert(PASS < (int)SANDBOX_HEAD_MAX, "the head has room");

/* Both machines of raw.h are little-endian: the low half comes first. */
#define AT(member) ((uint32_t)offsetof(struct seccomp_data, member))
#define IP_LOW AT(instruction_pointer)
#define IP_HIGH (IP_LOW + 4)

static struct sock_filter load(uint32_t at)
{
	return (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at);
}

/* At `here`: on to `yes` or `no`. */
static struct sock_filter test(uint16_t how, uint32_t k, int here, int yes,
			       int no)
{
	return (struct sock_filter)BPF_JUMP(BPF_JMP | how | BPF_K, k,
					    (uint8_t)(yes - here - 1),
					    (uint8_t)(no - here - 1));
}

size_t sandbox_head(struct sock_filter out[SANDBOX_HEAD_MAX], const void *begin,
		    const void *end)
{
	uint64_t from = (uint64_t)(uintptr_t)begin;
	uint64_t to = (uint64_t)(uintptr_t)end;
	uint32_t high = (uint32_t)(from >> 32);

	if (from >= to || high != to >> 32)
		return 0;
	out[0] = load(AT(arch));
	out[1] = test(BPF_JEQ, THIS_ARCH, 1, 2, PASS);
	out[2] = load(IP_HIGH);
	out[3] = test(BPF_JEQ, high, 3, 4, PASS);
	out[4] = load(IP_LOW);
	out[5] = test(BPF_JGE, (uint32_t)from, 5, 6, PASS);
	/* The pointer is that of the next instruction: `to` itself counts. */
	out[6] = test(BPF_JGT, (uint32_t)to, 6, PASS, 7);
	out[7] = load(AT(nr));
	for (int i = 0; i < NALLOWED; i++)
		out[NUMBERS + i] = test(BPF_JEQ, allowed[i], NUMBERS + i, ALLOW,
					NUMBERS + i + 1);
	/* AF_UNIX only: bells, and asking who holds a socket. */
	out[SOCKET] = test(BPF_JEQ, SYS_socket, SOCKET, SOCKET + 1, PASS);
	out[SOCKET + 1] = load(AT(args[0]));
	out[SOCKET + 2] = test(BPF_JEQ, AF_UNIX, SOCKET + 2, ALLOW, PASS);
	out[ALLOW] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
						  SECCOMP_RET_ALLOW);
	out[PASS] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_IMM, 0);
	return PASS + 1;
}

/* The segment with execute permission of the object this is linked into. */
int sandbox_own_code(const void **begin, const void **end)
{
	extern const ElfW(Ehdr) __ehdr_start
		__attribute__((visibility("hidden")));
	const char *base = (const char *)&__ehdr_start;
	const ElfW(Phdr) *ph = (const void *)(base + __ehdr_start.e_phoff);

	for (int i = 0; i < __ehdr_start.e_phnum; i++) {
		if (ph[i].p_type != PT_LOAD || !(ph[i].p_flags & PF_X))
			continue;
		*begin = base + ph[i].p_vaddr;
		*end = base + ph[i].p_vaddr + ph[i].p_memsz;
		return 0;
	}
	return -ENOENT;
}

size_t sandbox_room(const struct sock_fprog *theirs)
{
	if (!theirs || !theirs->filter ||
	    theirs->len + SANDBOX_HEAD_MAX > BPF_MAXINSNS)
		return 0;
	return (theirs->len + (size_t)SANDBOX_HEAD_MAX) *
	       sizeof(struct sock_filter);
}

struct sock_fprog sandbox_extend(const struct sock_fprog *theirs, void *room)
{
	struct sock_fprog ours = {0, room};
	const void *begin, *end;

	if (sandbox_own_code(&begin, &end) == 0)
		ours.len = (unsigned short)sandbox_head(room, begin, end);
	memcpy(ours.filter + ours.len, theirs->filter,
	       theirs->len * sizeof(*theirs->filter));
	ours.len = (unsigned short)(ours.len + theirs->len);
	return ours;
}
