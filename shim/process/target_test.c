/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * target_test.c - proves target.c: what is static, set-id, or a script
 */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <elf.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "target.h"

static char dir[] = "/tmp/nsshim-target-XXXXXX";

static void make_dir(void)
{
	cr_assert(mkdtemp(dir) != NULL);
}

static void remove_dir(void)
{
	char command[80];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	cr_assert(eq(int, system(command), 0));
}

TestSuite(target, .init = make_dir, .fini = remove_dir);

/* A file of this mode; its path. */
static const char *file(const char *name, const void *bytes, size_t n,
			mode_t mode)
{
	static char path[100];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT, 0700);
	cr_assert(eq(int, (int)write(fd, bytes, n), (int)n));
	cr_assert(eq(int, fchmod(fd, mode), 0));
	close(fd);
	return path;
}

struct elf {
	Elf64_Ehdr e;
	Elf64_Phdr p[2];
};

static struct elf make_elf(bool with_linker)
{
	struct elf f;

	memset(&f, 0, sizeof(f));
	memcpy(f.e.e_ident, ELFMAG, SELFMAG);
	f.e.e_ident[EI_CLASS] = ELFCLASS64;
	f.e.e_type = ET_EXEC;
	f.e.e_phoff = sizeof(f.e);
	f.e.e_phentsize = sizeof(f.p[0]);
	f.e.e_phnum = 2;
	f.p[0].p_type = PT_LOAD;
	f.p[1].p_type = with_linker ? PT_INTERP : PT_NOTE;
	return f;
}

static int look(const char *path)
{
	return (int)target_at(AT_FDCWD, path, 0);
}

Test(target, elf_without_linker_is_static_cut_or_with_one_it_is_not)
{
	struct elf f = make_elf(false);

	cr_expect(target_is_static_elf(&f, sizeof(f)));
	for (size_t n = 0; n < sizeof(f); n++)
		cr_expect(not(target_is_static_elf(&f, n)), "%zu bytes", n);
	f.e.e_phoff = ~0ull;
	cr_expect(not(target_is_static_elf(&f, sizeof(f))));
	f = make_elf(true);
	cr_expect(not(target_is_static_elf(&f, sizeof(f))));
	cr_expect(eq(int, look("/bin/ls"), TARGET_PLAIN));
	cr_expect(eq(int, (int)target_in_path("ls"), TARGET_PLAIN));
	f = make_elf(false);
	cr_expect(eq(int, look(file("static", &f, sizeof(f), 0755)),
		     TARGET_STATIC));
}

struct go_elf {
	struct elf elf;
	struct {
		Elf64_Nhdr h;
		char name[4], desc[8];
	} notes[2];
};

static struct go_elf make_go_elf(void)
{
	struct go_elf f;

	memset(&f, 0, sizeof(f));
	f.elf = make_elf(false);
	f.elf.p[1].p_offset = offsetof(struct go_elf, notes);
	f.elf.p[1].p_filesz = sizeof(f.notes);
	f.notes[0].h = (Elf64_Nhdr){4, 7, NT_GNU_BUILD_ID};
	memcpy(f.notes[0].name, "GNU", 4);
	f.notes[1].h = (Elf64_Nhdr){4, 8, 4};
	memcpy(f.notes[1].name, "Go\0", 4);
	return f;
}

/* Its note is enough, whole or with its text cut off; and nobody else's is. */
Test(target, go_program_is_known_by_its_note)
{
	const size_t known = offsetof(struct go_elf, notes[1].desc);
	struct go_elf f = make_go_elf();

	for (size_t n = 0; n <= sizeof(f); n++)
		cr_expect(eq(int, target_is_go_elf(&f, n), n >= known),
			  "%zu bytes", n);
	f.notes[1].h.n_type = NT_GNU_BUILD_ID;
	cr_expect(not(target_is_go_elf(&f, sizeof(f))));
	f = make_go_elf();
	f.notes[0].h.n_descsz = ~0u;
	cr_expect(not(target_is_go_elf(&f, sizeof(f))));
	f = make_go_elf();
	f.elf.p[1].p_offset = ~0ull;
	cr_expect(not(target_is_go_elf(&f, sizeof(f))));
	cr_expect(not(target_am_go()));
}

Test(target, interpreter_lines)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{"#!/bin/sh\n", "/bin/sh"},
		{"#! \t/bin/sh -e\nx", "/bin/sh"},
		{"#!\n", NULL},
		{"#!/bin/sh", NULL},
		{"#!", NULL},
		{"", NULL},
		{"/bin/sh\n", NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[40];
		const char *got;

		strcpy(text, rows[i].text);
		got = target_interpreter(text, strlen(text));
		cr_expect(eq(int, got != NULL, rows[i].want != NULL));
		if (got && rows[i].want)
			cr_expect(eq(str, (char *)got, (char *)rows[i].want));
	}
}

/* A file of somebody else's; only root can make one. */
static const char *foreign(const char *name, mode_t mode)
{
	const char *path = file(name, "", 0, 0755);

	if (chown(path, 65534, 65534) < 0)
		cr_skip_test("needs root");
	cr_assert(zero(chmod(path, mode)));
	return path;
}

Test(target, set_id_files_are_privileged)
{
	cr_expect(eq(int, look(foreign("setuid", 04755)), TARGET_PRIVILEGED));
	cr_expect(eq(int, look(foreign("setgid", 02755)), TARGET_PRIVILEGED));
	/* That is mandatory locking, not a privilege. */
	cr_expect(eq(int, look(foreign("lock", 02744)), TARGET_PLAIN));
}

Test(target, set_id_files_of_our_own_are_not)
{
	cr_expect(eq(int, look(file("plain", "", 0, 0755)), TARGET_PLAIN));
	cr_expect(eq(int, look(file("setuid", "", 0, 04755)), TARGET_PLAIN));
	cr_expect(eq(int, look(file("setgid", "", 0, 02755)), TARGET_PLAIN));
	cr_expect(eq(int, look("/nowhere"), TARGET_PLAIN));
}

Test(target, script_is_what_its_interpreter_is)
{
	char text[160];

	snprintf(text, sizeof(text), "#!%s\n", foreign("su", 04755));
	cr_expect(eq(int, look(file("script", text, strlen(text), 0755)),
		     TARGET_PRIVILEGED));
	cr_expect(eq(int, look(file("sh", "#!/bin/sh\n", 10, 0755)),
		     TARGET_PLAIN));
	/* One that names itself comes to an end. */
	snprintf(text, sizeof(text), "#!%s/loop\n", dir);
	cr_expect(eq(int, look(file("loop", text, strlen(text), 0755)),
		     TARGET_PLAIN));
}

Test(target, descriptor_is_looked_at_as_well)
{
	int fd = open(foreign("fd", 04755), O_RDONLY);

	cr_expect(eq(int, (int)target_at(fd, "", AT_EMPTY_PATH),
		     TARGET_PRIVILEGED));
	close(fd);
}
