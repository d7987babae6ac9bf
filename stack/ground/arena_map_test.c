/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * arena_map_test.c - proves arena_map.c: one memory in several processes, at
 * one address; and that what is not ours is refused.
 */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena.h"

static struct arena *a;

static void open_arena(void)
{
	cr_assert(eq(int, arena_create(16 << 20, &a), 0));
}

TestSuite(arena_map, .init = open_arena);

Test(arena_map, lies_at_the_address_with_a_close_on_exec_descriptor)
{
	char *block = arena_alloc(a, 100, ARENA_OTHER);

	cr_assert(gt(ptr, block, (char *)ARENA_ADDRESS));
	cr_assert(lt(ptr, block, (char *)ARENA_ADDRESS + ARENA_RESERVE));
	cr_assert(eq(int, fcntl(arena_fd(a), F_GETFD), FD_CLOEXEC));
}

Test(arena_map, second_one_in_a_process_is_refused)
{
	struct arena *second;

	cr_assert(eq(int, arena_create(16 << 20, &second), -EEXIST));
	arena_unmap(a);
	cr_assert(eq(int, arena_create(16 << 20, &second), 0));
	arena_unmap(second);
}

Test(arena_map, child_and_parent_see_the_same_blocks)
{
	char *block = arena_alloc(a, 100, ARENA_ROOT);
	pid_t child;

	strcpy(block, "parent");
	child = fork();
	cr_assert(ge(int, child, 0));
	if (child == 0) {
		bool saw = strcmp(block, "parent") == 0;

		strcpy(block, "child");
		_exit(saw && arena_alloc(a, 5000, ARENA_SOCK) ? 0 : 1);
	}
	waitpid(child, NULL, 0);
	cr_assert(eq(str, block, "child"));
	cr_assert(eq(sz, arena_count(a, ARENA_SOCK), 1));
}

Test(arena_map, attach_finds_everything_again)
{
	uint64_t id = arena_id(a);
	char *root = arena_alloc(a, 5000, ARENA_ROOT);
	struct arena *again;
	int fd = dup(arena_fd(a));

	strcpy(root, "still here");
	arena_unmap(a);
	cr_assert(eq(int, arena_attach(fd, &again), 0));
	cr_assert(eq(u64, arena_id(again), id));
	cr_assert(eq(int, arena_fd(again), fd));
	cr_assert(eq(ptr, arena_root(again), root));
	cr_assert(eq(str, root, "still here"));
	arena_free(again, root);
	arena_unmap(again);
}

Test(arena_map, moved_descriptor_is_the_one_reported_and_closed)
{
	int fd = fcntl(arena_fd(a), F_DUPFD_CLOEXEC, 500);

	close(arena_fd(a));
	arena_set_fd(a, fd);
	cr_assert(eq(int, arena_fd(a), fd));
	arena_unmap(a);
	cr_assert(eq(int, fcntl(fd, F_GETFD), -1));
}

Test(arena_map, attach_refuses_what_is_not_an_arena)
{
	struct arena *other;
	int file = memfd_create("other", MFD_CLOEXEC);
	int ends[2];

	arena_unmap(a);
	cr_assert(eq(int, arena_attach(-1, &other), -EBADF));
	cr_assert(eq(int, arena_attach(file, &other), -EINVAL));
	cr_assert(eq(int, ftruncate(file, (off_t)ARENA_RESERVE), 0));
	cr_assert(eq(int, arena_attach(file, &other), -EINVAL));
	cr_assert(eq(int, ftruncate(file, (off_t)ARENA_RESERVE + 4096), 0));
	cr_assert(eq(int, arena_attach(file, &other), -EINVAL));
	cr_assert(eq(int, pipe(ends), 0));
	cr_assert(eq(int, arena_attach(ends[0], &other), -EINVAL));
	cr_assert(ge(int, fcntl(file, F_GETFD), 0), "it stays the caller's");
}

Test(arena_map, nobody_can_resize_it_under_the_others)
{
	cr_assert(eq(int, ftruncate(arena_fd(a), 4096), -1));
	cr_assert(
		eq(int, ftruncate(arena_fd(a), (off_t)ARENA_RESERVE * 2), -1));
}

/* Its header says less, or more, than is there. */
Test(arena_map, attach_refuses_one_of_another_size)
{
	char head[4096];
	struct arena *other;
	int file = memfd_create("other", MFD_CLOEXEC);

	cr_assert(eq(sz, arena_reserved(a), arena_reserve(16 << 20)));
	cr_assert(eq(int, pread(arena_fd(a), head, sizeof(head), 0), 4096));
	arena_unmap(a);
	cr_assert(eq(int, pwrite(file, head, sizeof(head), 0), 4096));
	cr_assert(eq(int, ftruncate(file, (off_t)arena_reserve(16 << 20) / 2),
		     0));
	cr_assert(eq(int, arena_attach(file, &other), -EINVAL));
	cr_assert(eq(int, ftruncate(file, (off_t)arena_reserve(16 << 20)), 0));
	cr_assert(eq(int, arena_attach(file, &other), 0));
	arena_unmap(other);
}

static void limit_address_space(size_t bytes)
{
	struct rlimit limit = {bytes, bytes};

	cr_assert(eq(int, setrlimit(RLIMIT_AS, &limit), 0));
}

/* What a cap asks for, and no more than there is of addresses. */
Test(arena_map, reserves_by_its_cap)
{
	cr_assert(eq(sz, arena_reserve(1 << 20), 1ul << 30));
	cr_assert(eq(sz, arena_reserve(1ul << 30), 16ul << 30));
	cr_assert(eq(sz, arena_reserve(4ul << 30), ARENA_RESERVE));
	cr_assert(eq(sz, arena_reserve(SIZE_MAX), ARENA_RESERVE));
}

/* RLIMIT_AS: a smaller one, which leaves the program the larger part. With the
 * sanitizer its shadow is more address space than any limit. */
Test(arena_map, takes_a_part_of_a_limited_address_space, .disabled = SANITIZED)
{
	arena_unmap(a);
	limit_address_space(1200ul << 20);
	cr_assert(eq(int, arena_create(4ul << 30, &a), 0));
	cr_assert(ge(sz, arena_reserved(a), 256ul << 20));
	cr_assert(le(sz, arena_reserved(a), 512ul << 20));
	cr_assert(eq(sz, arena_cap(a), arena_reserved(a) / 4));
	cr_assert(ne(ptr, arena_alloc(a, 1 << 20, ARENA_OTHER), NULL));
	arena_unmap(a);
	limit_address_space(200ul << 20);
	cr_assert(eq(int, arena_create(4ul << 30, &a), -ENOMEM));
}

Test(arena_map, ids_differ_and_private_ones_have_no_descriptor)
{
	struct arena *one, *two;

	cr_assert(eq(int, arena_create_private(1 << 20, &one), 0));
	cr_assert(eq(int, arena_create_private(1 << 20, &two), 0));
	cr_assert(ne(u64, arena_id(one), arena_id(two)));
	cr_assert(ne(u64, arena_id(one), arena_id(a)));
	cr_assert(eq(int, arena_fd(one), -1));
	arena_unmap(one);
	arena_unmap(two);
}
