/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * arena_map.c - the memory under the arena
 *
 * What this room is for
 *   Reserves address space without reserving memory: a sparse memfd, or an
 *   anonymous mapping. The memfd is sealed against resizing, so that nobody
 *   who holds it can make the others fault.
 *
 * Note       A descriptor number means something in one process only, so it
 *            lives in this process's memory. There is one shared map, because
 *            there is one address.
 * Follows    memfd_create(2), mmap(2) on MAP_FIXED_NOREPLACE, madvise(2).
 */
#include "arena_map.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
#include "must.h"

/* Made by the build from all of the stack's sources: who was built from others
 * may see other structs in the arena, and must stay out. */
extern const unsigned long long arena_map_sources;

#define MAGIC (0x6e737368696d0000ull ^ arena_map_sources)

static int shared_fd = -1;

static int new_memfd(size_t bytes)
{
	const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
	int fd = memfd_create("nsshim", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int err;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)bytes) < 0 ||
	    fcntl(fd, F_ADD_SEALS, seals) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

/*
 * valgrind searches all memory that may be read for pointers to what leaked,
 * and so would fill every page of the arena. On x86-64 what may be written can
 * be read, whatever the mapping says. The request is valgrind's own "do you run
 * this program?" (valgrind.h), and to a processor these instructions do
 * nothing.
 */
#if defined(__x86_64__)
static int protection(void)
{
	volatile uint64_t request[6] = {0x1001};
	uint64_t answer = 0;

	__asm__ volatile("rolq $3, %%rdi\n\trolq $13, %%rdi\n\t"
			 "rolq $61, %%rdi\n\trolq $51, %%rdi\n\t"
			 "xchgq %%rbx, %%rbx"
			 : "+d"(answer)
			 : "a"(request)
			 : "cc", "memory");
	return answer ? PROT_WRITE : PROT_READ | PROT_WRITE;
}
#else
static int protection(void)
{
	return PROT_READ | PROT_WRITE;
}
#endif

/*
 * The kernel may know no MAP_FIXED_NOREPLACE and take the address for a hint;
 * then it is elsewhere when ours is taken.
 */
static int map_at_address(int fd, size_t bytes)
{
	const int flags = MAP_SHARED | MAP_FIXED_NOREPLACE | MAP_NORESERVE;
	void *at = mmap(ARENA_ADDRESS, bytes, protection(), flags, fd, 0);

	if (at == MAP_FAILED)
		return -errno;
	if (at != ARENA_ADDRESS) {
		munmap(at, bytes);
		return -EEXIST;
	}
	return 0;
}

static int fill_header(struct arena_map *m, size_t bytes, bool is_shared)
{
	if (getrandom(&m->id, sizeof(m->id), 0) != sizeof(m->id))
		return -EIO;
	m->magic = MAGIC;
	m->bytes = bytes;
	m->is_shared = is_shared;
	return 0;
}

int arena_map_shared(size_t bytes, struct arena_map **out)
{
	struct arena_map *m = ARENA_ADDRESS;
	int fd = new_memfd(bytes);
	int err;

	if (fd < 0)
		return fd;
	err = map_at_address(fd, bytes);
	if (err)
		goto close_fd;
	err = fill_header(m, bytes, true);
	if (err)
		goto unmap;

	shared_fd = fd;
	*out = m;
	return 0;

unmap:
	munmap(m, bytes);
close_fd:
	close(fd);
	return err;
}

int arena_map_attach(int memfd, struct arena_map **out)
{
	struct arena_map seen;
	struct stat st;
	int err;

	/* Looked at before it is mapped: it may be anything. */
	if (fstat(memfd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size < (off_t)ARENA_MAP_ALIGN ||
	    (uint64_t)st.st_size > ARENA_RESERVE)
		return -EINVAL;
	if (pread(memfd, &seen, sizeof(seen), 0) != sizeof(seen) ||
	    seen.magic != MAGIC || seen.bytes != (size_t)st.st_size)
		return -EINVAL;

	err = map_at_address(memfd, seen.bytes);
	if (err)
		return err;
	shared_fd = memfd;
	*out = ARENA_ADDRESS;
	return 0;
}

/* Reserves a little more and cuts the edges off, to begin at a multiple. */
int arena_map_private(size_t bytes, struct arena_map **out)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	uint8_t *at = mmap(NULL, bytes + ARENA_MAP_ALIGN,
			   PROT_READ | PROT_WRITE, flags, -1, 0);
	size_t before, behind;
	int err;

	if (at == MAP_FAILED)
		return -errno;
	before = (size_t)(-(uintptr_t)at % ARENA_MAP_ALIGN);
	behind = ARENA_MAP_ALIGN - before;
	if (before)
		munmap(at, before);
	munmap(at + before + bytes, behind);

	*out = (void *)(at + before);
	err = fill_header(*out, bytes, false);
	if (err)
		munmap(*out, bytes);
	return err;
}

void arena_map_unmap(struct arena_map *m)
{
	MUST(m->magic == MAGIC);
	if (m->is_shared) {
		close(shared_fd);
		shared_fd = -1;
	}
	munmap(m, m->bytes);
}

int arena_map_fd(const struct arena_map *m)
{
	return m->is_shared ? shared_fd : -1;
}

void arena_map_set_fd(const struct arena_map *m, int memfd)
{
	MUST(m->is_shared);
	shared_fd = memfd;
}

void arena_map_release(const struct arena_map *m, void *start, size_t bytes)
{
	/* A kernel that refuses only costs memory. */
	(void)madvise(start, bytes, m->is_shared ? MADV_REMOVE : MADV_DONTNEED);
}
