/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * target.c - will the program about to be executed have our library?
 *
 * What this room is for
 *   See target.h. Looking and executing are two things, so a file that is
 *   replaced in between is not seen; whoever can do that has the program
 *   anyway.
 *
 * Proved by  target_test.c, integration/privileges.sh
 * Follows    execve(2) on set-user-ID and interpreter scripts; ld.so(8) on
 *            secure execution; capabilities(7); elf(5).
 */

#include "target.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ground/raw.h"

enum {
	HEAD_BYTES = 4096,
	SCRIPTS_MAX = 4, /* one that is run by one that is run by one ... */
};

static bool read_head(const void *bytes, size_t n, Elf64_Ehdr *e)
{
	if (n < sizeof(*e) || memcmp(bytes, ELFMAG, SELFMAG) != 0)
		return false;
	memcpy(e, bytes, sizeof(*e));
	return e->e_ident[EI_CLASS] == ELFCLASS64 &&
	       (e->e_type == ET_EXEC || e->e_type == ET_DYN) &&
	       e->e_phentsize == sizeof(Elf64_Phdr);
}

/* The i-th program header; false: it is not among these bytes. */
static bool read_segment(const void *bytes, size_t n, const Elf64_Ehdr *e,
			 size_t i, Elf64_Phdr *p)
{
	if (e->e_phoff > n || n - e->e_phoff < (i + 1) * sizeof(*p))
		return false;
	memcpy(p, (const char *)bytes + e->e_phoff + i * sizeof(*p),
	       sizeof(*p));
	return true;
}

bool target_is_static_elf(const void *bytes, size_t n)
{
	Elf64_Ehdr e;
	Elf64_Phdr p;

	if (!read_head(bytes, n, &e))
		return false;
	for (size_t i = 0; i < e.e_phnum; i++) {
		/* What lies beyond the first page may be the linker's name. */
		if (!read_segment(bytes, n, &e, i, &p) || p.p_type == PT_INTERP)
			return false;
	}
	return true;
}

/* Go's linker leaves a note of its own, "Go" and the build's identity. */
static bool has_go_note(const char *notes, size_t n)
{
	static const char name[4] = "Go";
	const uint32_t build_id = 4;
	Elf64_Nhdr h;

	while (n >= sizeof(h) + sizeof(name)) {
		size_t size;

		memcpy(&h, notes, sizeof(h));
		if (h.n_type == build_id && h.n_namesz == sizeof(name) &&
		    !memcmp(notes + sizeof(h), name, sizeof(name)))
			return true;
		size = sizeof(h) + (((size_t)h.n_namesz + 3) & ~3ul) +
		       (((size_t)h.n_descsz + 3) & ~3ul);
		if (size > n)
			return false;
		notes += size;
		n -= size;
	}
	return false;
}

bool target_is_go_elf(const void *bytes, size_t n)
{
	Elf64_Ehdr e;
	Elf64_Phdr p;

	if (!read_head(bytes, n, &e))
		return false;
	for (size_t i = 0; i < e.e_phnum; i++) {
		if (!read_segment(bytes, n, &e, i, &p))
			return false;
		if (p.p_type != PT_NOTE || p.p_offset > n)
			continue;
		if (p.p_filesz > n - p.p_offset)
			p.p_filesz = n - p.p_offset;
		if (has_go_note((const char *)bytes + p.p_offset, p.p_filesz))
			return true;
	}
	return false;
}

bool target_am_go(void)
{
	char head[HEAD_BYTES];
	long n, fd = raw6(SYS_openat, AT_FDCWD, (long)"/proc/self/exe",
			  O_RDONLY | O_CLOEXEC, 0, 0, 0);

	if (fd < 0)
		return false;
	n = raw6(SYS_pread64, fd, (long)head, sizeof(head), 0, 0, 0);
	raw1(SYS_close, fd);
	return n > 0 && target_is_go_elf(head, (size_t)n);
}

const char *target_interpreter(char *bytes, size_t n)
{
	size_t at = 2, end;

	if (n < 3 || bytes[0] != '#' || bytes[1] != '!')
		return NULL;
	while (at < n && (bytes[at] == ' ' || bytes[at] == '\t'))
		at++;
	for (end = at; end < n && !strchr(" \t\n", bytes[end]);)
		end++;
	if (end == at || end == n)
		return NULL;
	bytes[end] = '\0';
	return bytes + at;
}

/*
 * Does the kernel give who runs it other ids? Its own rule for the secure mode
 * of the linker: a set-id file of who runs it anyway changes nothing.
 */
static bool gives_ids(const struct stat *st)
{
	if ((st->st_mode & S_ISUID) && (long)st->st_uid != raw1(SYS_getuid, 0))
		return true;
	return (st->st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) &&
	       (long)st->st_gid != raw1(SYS_getgid, 0);
}

/* Root has the capabilities of a file (ping, mtr-packet) without it. */
static bool gives_privileges(int fd, const struct stat *st)
{
	char ignored[64];

	if (gives_ids(st))
		return true;
	return raw1(SYS_getuid, 0) != 0 &&
	       raw6(SYS_fgetxattr, fd, (long)"security.capability",
		    (long)ignored, sizeof(ignored), 0, 0) > 0;
}

/* Then the linker is in its secure mode whatever the program is. */
static bool has_other_ids(void)
{
	return raw1(SYS_getuid, 0) != raw1(SYS_geteuid, 0) ||
	       raw1(SYS_getgid, 0) != raw1(SYS_getegid, 0);
}

static enum target look(int dir, const char *path, int flags, char *head,
			long *n)
{
	int fd = (int)raw6(SYS_openat, dir, (long)path,
			   O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0, 0, 0);
	enum target found = TARGET_PLAIN;
	struct stat st;

	*n = 0;
	if (fd < 0) {
		/* A program that may be run and not read. */
		if (raw6(SYS_newfstatat, dir, (long)path, (long)&st, flags, 0,
			 0) == 0 &&
		    gives_ids(&st))
			return TARGET_PRIVILEGED;
		return TARGET_PLAIN;
	}
	if (raw3(SYS_fstat, fd, (long)&st, 0) == 0 && S_ISREG(st.st_mode)) {
		if (gives_privileges(fd, &st))
			found = TARGET_PRIVILEGED;
		else
			*n = raw6(SYS_pread64, fd, (long)head, HEAD_BYTES, 0, 0,
				  0);
	}
	raw1(SYS_close, fd);
	return found;
}

enum target target_at(int dir, const char *path, int flags)
{
	char head[HEAD_BYTES], by_number[32] = "/proc/self/fd/";
	long n;

	if (!path)
		return TARGET_PLAIN;
	if (has_other_ids())
		return TARGET_PRIVILEGED;
	if (!*path && (flags & AT_EMPTY_PATH)) {
		char *at = by_number + strlen(by_number);

		/* Digits from the right; numbers are below 10 million. */
		for (int k = 6, d = dir; k >= 0; k--, d /= 10)
			at[k] = (char)('0' + d % 10);
		while (at[0] == '0' && at[1])
			memmove(at, at + 1, strlen(at));
		path = by_number;
	}
	for (int i = 0; i < SCRIPTS_MAX; i++) {
		enum target found =
			look(dir, path, flags & AT_SYMLINK_NOFOLLOW, head, &n);

		if (found != TARGET_PLAIN || n <= 0)
			return found;
		if (target_is_static_elf(head, (size_t)n))
			return TARGET_STATIC;
		path = target_interpreter(head, (size_t)n);
		if (!path)
			return TARGET_PLAIN;
		/* It stays in `head` only until the next look. */
		dir = AT_FDCWD;
	}
	return TARGET_PLAIN;
}

enum target target_in_path(const char *file)
{
	const char *at = getenv("PATH");
	char path[PATH_MAX];

	if (!file || !*file)
		return TARGET_PLAIN;
	if (strchr(file, '/'))
		return target_at(AT_FDCWD, file, 0);
	for (at = at ? at : "/bin:/usr/bin"; at;) {
		const char *end = strchrnul(at, ':');
		size_t n = (size_t)(end - at);

		if (n + strlen(file) + 2 < sizeof(path)) {
			memcpy(path, at, n);
			path[n] = '/';
			strcpy(path + n + (n > 0), file);
			if (!raw3(SYS_access, (long)path, X_OK, 0))
				return target_at(AT_FDCWD, path, 0);
		}
		at = *end ? end + 1 : NULL;
	}
	return TARGET_PLAIN;
}
