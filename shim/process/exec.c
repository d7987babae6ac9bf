/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * exec.c - the exec family, posix_spawn(3), system(3), popen(3)
 *
 * What this room is for
 *   Programs execute others with an environment of their own making (nginx,
 *   env -i). LD_PRELOAD and NSSHIM_* are put back into it, or the child would
 *   run on the host's network with our descriptors. NSSHIM_CLOSING names the
 *   close-on-exec sockets: whether the last holder is gone is only known when
 *   the new program runs, so that a failed exec leaves everything as it was.
 *
 *   A program that the preload does not reach is named in the log. One with
 *   other privileges does not get our descriptors either; so much is done for
 *   it alone, because everybody else needs them.
 *
 * Never      allocates: a vfork child runs this in its parent's memory.
 * Follows    execve(2), exec(3), posix_spawn(3), environ(7).
 * Proved by  test-apps/exec_keeps_fd.c
 */

#include "exec.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fd/fdtab.h"
#include "fork.h"
#include "fd/holder.h"
#include "ground/raw.h"
#include "ground/real.h"
#include "ground/ret.h"
#include "target.h"

enum {
	TEXT_MAX = 16384,
	VARIABLES_MAX = 32,
	/* More variables than this are passed on as they are. */
	ENVIRON_MAX = 32768,
	CLOSING_IDS = 200,
	CLOSING_BYTES = 24 + CLOSING_IDS * 17,
	PRELOAD_MAX = 4096,
	FAMILY_MAX = sizeof("NSSHIM_FAMILY=") + STACK_FAMILY_TEXT,
	REPORT_MAX = 512,
};

static const char preload[] = "LD_PRELOAD=";
static const char closing[] = "NSSHIM_CLOSING=";
static const char family[] = "NSSHIM_FAMILY=";

/* [I] after exec_remember(): "NAME=value" strings of ours. */
static char text[TEXT_MAX];
static char *variables[VARIABLES_MAX + 1]; /* ends with NULL */
static size_t nvariables;
static char *settings[VARIABLES_MAX + 1]; /* the same without the preload */

static bool is_ours(const char *variable)
{
	return !strncmp(variable, preload, sizeof(preload) - 1) ||
	       (!strncmp(variable, "NSSHIM_", 7) &&
		strncmp(variable, closing, sizeof(closing) - 1) != 0);
}

void exec_remember(void)
{
	size_t used = 0, nsettings = 0;

	nvariables = 0;
	for (char **v = environ; v && *v; v++) {
		size_t size = strlen(*v) + 1;

		if (!is_ours(*v) || nvariables == VARIABLES_MAX ||
		    size > sizeof(text) - used)
			continue;
		variables[nvariables++] = memcpy(text + used, *v, size);
		if (strncmp(*v, preload, sizeof(preload) - 1) != 0)
			settings[nsettings++] = text + used;
		used += size;
	}
	settings[nsettings] = NULL;
}

char *const *exec_settings(void)
{
	return settings;
}

/* Are these two settings of one variable? */
static bool is_same_name(const char *a, const char *b)
{
	while (*a && *a == *b && *a != '=')
		a++, b++;
	return *a == '=' && *b == '=';
}

static char *const *find(char *const *envp, const char *variable)
{
	for (; envp && *envp; envp++)
		if (is_same_name(*envp, variable))
			return envp;
	return NULL;
}

static size_t length(char *const *envp)
{
	size_t n = 0;

	while (envp && envp[n])
		n++;
	return n;
}

/* What the new environment needs room for. */
struct repair {
	char closing[CLOSING_BYTES];
	char preload[PRELOAD_MAX];
	char family[FAMILY_MAX];
	size_t closing_used;
	size_t nids;
};

static void note_closing(int fd, fdtab_word word, void *context)
{
	struct repair *r = context;
	long flags = raw3(SYS_fcntl, fd, F_GETFD, 0);

	if (!fdtab_is_sock(word) || flags < 0 || !(flags & FD_CLOEXEC) ||
	    r->nids == CLOSING_IDS)
		return;
	for (int shift = 60; shift >= 0; shift -= 4)
		r->closing[r->closing_used++] =
			"0123456789abcdef"[fdtab_id(word) >> shift & 15];
	r->closing[r->closing_used++] = ',';
	r->nids++;
}

/* The program has a preload list of its own: ours goes before it. */
static char *merge_preload(struct repair *r, char *theirs, const char *ours)
{
	const char *value = ours + sizeof(preload) - 1;
	size_t ours_len = strlen(ours), theirs_len;

	if (strstr(theirs, value))
		return theirs;
	theirs += sizeof(preload) - 1;
	theirs_len = strlen(theirs);
	if (ours_len + theirs_len + 2 > sizeof(r->preload))
		return (char *)ours;
	memcpy(r->preload, ours, ours_len);
	r->preload[ours_len] = ':';
	memcpy(r->preload + ours_len + 1, theirs, theirs_len + 1);
	return r->preload;
}

/* Writes a whole environment into `out`, which has room for it. */
static void rebuild(struct repair *r, char *const *envp, char **out)
{
	char *const *ours = find(variables, preload);
	size_t n = 0;

	for (size_t i = 0; envp && envp[i]; i++) {
		if (is_same_name(envp[i], closing) ||
		    (*r->family && is_same_name(envp[i], family)))
			continue;
		out[n] = envp[i];
		if (ours && is_same_name(envp[i], preload))
			out[n] = merge_preload(r, envp[i], *ours);
		n++;
	}
	for (size_t i = 0; i < nvariables; i++)
		if (!find(envp, variables[i]) &&
		    !(*r->family && is_same_name(variables[i], family)))
			out[n++] = variables[i];
	if (*r->family)
		out[n++] = r->family;
	if (r->nids)
		out[n++] = r->closing;
	out[n] = NULL;
}

/* Room for the new environment in the caller's frame; NULL: too large. */
#define ROOM(envp)                                                             \
	(length(envp) > ENVIRON_MAX                                            \
		 ? NULL                                                        \
		 : (char **)__builtin_alloca((length(envp) + nvariables + 3) * \
					     sizeof(char *)))

/* Our descriptors may have moved away from numbers that the program wanted. */
static void write_family(struct repair *r)
{
	size_t head = sizeof(family) - 1;

	memcpy(r->family, family, head);
	if (!shim_is_ready() || !stack_is_up() ||
	    stack_export(r->family + head, sizeof(r->family) - head) < 0)
		r->family[0] = '\0';
}

static char *const *repair(struct repair *r, char *const *envp, char **room)
{
	if (!room)
		return envp;
	write_family(r);
	r->nids = 0;
	r->closing_used = sizeof(closing) - 1;
	memcpy(r->closing, closing, sizeof(closing) - 1);
	if (shim_is_ready() && stack_is_up() && !fork_is_vfork_child())
		fdtab_each(0, FDTAB_LIMIT - 1, note_closing, r);
	r->closing[r->closing_used] = '\0';
	rebuild(r, envp, room);
	return room;
}

/* Who gets our library and who must not get our stack; see target.h. */
static void see_off(enum target target, const char *name)
{
	char line[REPORT_MAX];

	switch (target) {
	case TARGET_PLAIN:
		return;
	case TARGET_STATIC:
		snprintf(line, sizeof(line),
			 "%s is statically linked: it runs on the host's "
			 "network with none of our sockets",
			 name);
		break;
	case TARGET_PRIVILEGED:
		stack_let_inherit(false);
		snprintf(line, sizeof(line),
			 "%s runs with other privileges: it runs on the "
			 "host's network with none of our sockets",
			 name);
		break;
	}
	stack_warn(line);
}

static bool has_stack(void)
{
	return shim_is_ready() && stack_is_up();
}

/* exec kills the stack thread; not in the middle of its work. What the next
 * program finds of our sockets, it must be able to share. */
static bool hold(enum target target, const char *name)
{
	if (!has_stack())
		return false;
	see_off(target, name);
	if (fork_is_vfork_child())
		return false;
	fdtab_name_all();
	return stack_hold();
}

/* Only after an exec that failed. */
static int let_go(bool held, int ret)
{
	int saved = shim_errno_save();

	if (has_stack())
		stack_let_inherit(true);
	if (held)
		stack_let_go();
	shim_errno_restore(saved);
	return ret;
}

SHIM_EXPORT int execve(const char *path, char *const argv[], char *const envp[])
{
	struct repair r;
	char **room = ROOM(envp);
	bool held;

	envp = repair(&r, envp, room);
	held = hold(target_at(AT_FDCWD, path, 0), path);
	return let_go(held, REAL(execve)(path, argv, envp));
}

SHIM_EXPORT int execv(const char *path, char *const argv[])
{
	return execve(path, argv, environ);
}

SHIM_EXPORT int execvpe(const char *file, char *const argv[],
			char *const envp[])
{
	struct repair r;
	char **room = ROOM(envp);
	bool held;

	envp = repair(&r, envp, room);
	held = hold(target_in_path(file), file);
	return let_go(held, REAL(execvpe)(file, argv, envp));
}

SHIM_EXPORT int execvp(const char *file, char *const argv[])
{
	return execvpe(file, argv, environ);
}

SHIM_EXPORT int fexecve(int fd, char *const argv[], char *const envp[])
{
	struct repair r;
	char **room = ROOM(envp);
	bool held;

	envp = repair(&r, envp, room);
	held = hold(target_at(fd, "", AT_EMPTY_PATH), "a program");
	return let_go(held, REAL(fexecve)(fd, argv, envp));
}

SHIM_EXPORT int execveat(int dir, const char *path, char *const argv[],
			 char *const envp[], int flags)
{
	struct repair r;
	char **room = ROOM(envp);
	bool held;

	envp = repair(&r, envp, room);
	held = hold(target_at(dir, path, flags), path);
	return let_go(held, REAL(execveat)(dir, path, argv, envp, flags));
}

/* How many arguments there are, the closing NULL included. */
static size_t count(va_list ap)
{
	size_t n = 2;

	while (va_arg(ap, char *))
		n++;
	return n;
}

static void collect(char **argv, const char *first, va_list ap)
{
	*argv = (char *)first;
	while (*argv++)
		*argv = va_arg(ap, char *);
}

/* Collects the arguments after `arg` into `argv`, in this frame. */
#define COLLECT(argv, arg, ap)                                                 \
	do {                                                                   \
		va_start(ap, arg);                                             \
		(argv) = __builtin_alloca(count(ap) * sizeof(char *));         \
		va_end(ap);                                                    \
		va_start(ap, arg);                                             \
		collect(argv, arg, ap);                                        \
	} while (0)

SHIM_EXPORT int execl(const char *path, const char *arg, ...)
{
	char **argv;
	va_list ap;

	COLLECT(argv, arg, ap);
	va_end(ap);
	return execve(path, argv, environ);
}

SHIM_EXPORT int execlp(const char *file, const char *arg, ...)
{
	char **argv;
	va_list ap;

	COLLECT(argv, arg, ap);
	va_end(ap);
	return execvpe(file, argv, environ);
}

SHIM_EXPORT int execle(const char *path, const char *arg, ...)
{
	char **argv, **envp;
	va_list ap;

	COLLECT(argv, arg, ap);
	envp = va_arg(ap, char **);
	va_end(ap);
	return execve(path, argv, envp);
}

static void before_spawn(void)
{
	if (shim_is_ready() && !fork_is_vfork_child())
		fdtab_share_all();
}

/* The child has a table of its own, made in between. What other threads spawn
 * at that moment finds the stack by its keeper, if it comes to that. */
static void before_spawn_of(enum target target, const char *name)
{
	before_spawn();
	if (has_stack())
		see_off(target, name);
}

SHIM_EXPORT int posix_spawn(pid_t *pid, const char *path,
			    const posix_spawn_file_actions_t *actions,
			    const posix_spawnattr_t *attr, char *const argv[],
			    char *const envp[])
{
	struct repair r;
	char **room = ROOM(envp);

	envp = repair(&r, envp, room);
	before_spawn_of(target_at(AT_FDCWD, path, 0), path);
	return let_go(false,
		      REAL(posix_spawn)(pid, path, actions, attr, argv, envp));
}

SHIM_EXPORT int posix_spawnp(pid_t *pid, const char *file,
			     const posix_spawn_file_actions_t *actions,
			     const posix_spawnattr_t *attr, char *const argv[],
			     char *const envp[])
{
	struct repair r;
	char **room = ROOM(envp);

	envp = repair(&r, envp, room);
	before_spawn_of(target_in_path(file), file);
	return let_go(false,
		      REAL(posix_spawnp)(pid, file, actions, attr, argv, envp));
}

/* These two spawn inside libc, with the environment as it is. */
SHIM_EXPORT int system(const char *command)
{
	before_spawn();
	return REAL(system)(command);
}

SHIM_EXPORT FILE *popen(const char *command, const char *mode)
{
	before_spawn();
	return REAL(popen)(command, mode);
}

/* --- the new program ------------------------------------------------------ */

/* Closes what nobody holds any more. */
static void close_left_behind(void)
{
	const char *at = getenv("NSSHIM_CLOSING");

	while (at && *at) {
		char *end;
		sock_id s = strtoull(at, &end, 16);

		if (s && !holder_is_held(s))
			stack_close(s);
		if (end == at || *end != ',')
			break;
		at = end + 1;
	}
	unsetenv("NSSHIM_CLOSING");
}

static void ask_about(const char *name)
{
	int fd = 0;

	for (; *name >= '0' && *name <= '9' && fd < FDTAB_LIMIT; name++)
		fd = fd * 10 + (*name - '0');
	if (!*name)
		fdtab_get(fd);
}

void exec_adopt(void)
{
	char buf[2048] __attribute__((aligned(8)));
	long dir, n;

	if (!stack_is_up())
		return;
	dir = raw6(SYS_openat, AT_FDCWD, (long)"/proc/self/fd",
		   O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0, 0, 0);
	if (dir >= 0) {
		while ((n = raw3(SYS_getdents64, dir, (long)buf, sizeof(buf))) >
		       0)
			for (long at = 0; at < n;) {
				struct dirent64 *d = (void *)(buf + at);

				ask_about(d->d_name);
				at += d->d_reclen;
			}
		raw1(SYS_close, dir);
	}
	close_left_behind();
}
