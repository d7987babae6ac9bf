/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * keeper.c - nsshim-keeper, the process that outlives a stack's programs
 *
 * What this room is for
 *   A program of its own, started by keep.c and by nobody else:
 *
 *     nsshim-keeper LINK NAME FAMILY LIFELINE
 *
 *   It delivers what is left when the programs of its stack have ended, and
 *   opens the stack's doors (door.h) to those who may come in. A lifeline is
 *   the reading end of a pipe whose other end all processes hold that came in
 *   by one way; when it closes, they are gone. Without any, the keeper lives
 *   as long as its stack has members, or something to send.
 *
 *   A newcomer with another configuration wants the device: what is left then
 *   has two seconds.
 *
 * Never      holds a descriptor, a directory, a terminal or a capability of
 *            the program that started it; loads the preloaded library.
 * Follows    capset(2), prctl(2), unix(7).
 * Proved by  integration/keeper.sh
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ground/config.h"
#include "door.h"
#include "fd/holder.h"
#include "ground/raw.h"

enum {
	NAME_DOOR = STACK_LINKS_MAX, /* behind those of the links */
	NDOORS,
	LIFELINES_MAX = 256,
	KNOCKS_A_ROUND = 64,
	WHY_MAX = 512,
};

#define YIELD_US 2000000ull

static struct pollfd fds[NDOORS + LIFELINES_MAX];
static size_t nlifelines;
static uint64_t give_up_at = UINT64_MAX;

/* --- becoming nobody ------------------------------------------------------ */

static void sort(int *list, size_t n)
{
	for (size_t i = 1; i < n; i++)
		for (size_t k = i; k > 0 && list[k - 1] > list[k]; k--) {
			int fd = list[k];

			list[k] = list[k - 1];
			list[k - 1] = fd;
		}
}

/* Standard descriptors that lead nowhere; all others but ours are closed. */
static void drop_descriptors(const struct stack_family *f, int line)
{
	int keep[2 + STACK_LINKS_MAX], lowest = 0, fd;
	size_t n = f->nlinks + 2;

	memcpy(keep, f->links, sizeof(f->links));
	keep[f->nlinks] = f->arena;
	keep[f->nlinks + 1] = line;
	sort(keep, n);
	for (size_t i = 0; i < n; i++) {
		if (keep[i] < 0)
			continue;
		if (keep[i] > lowest)
			close_range((unsigned)lowest, (unsigned)keep[i] - 1, 0);
		lowest = keep[i] + 1;
	}
	close_range((unsigned)lowest, ~0u, 0);
	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd < 2);
}

/* Names stay, because the user is who doors are for; powers go. */
static void drop_powers(void)
{
	struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct none[2];

	memset(none, 0, sizeof(none));
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	raw3(SYS_capset, (long)&head, (long)none, 0);
	if (chdir("/") < 0)
		umask(077);
	umask(077);
}

static void reset_signals(void)
{
	sigset_t none;

	for (int n = 1; n < NSIG; n++)
		signal(n, SIG_DFL);
	/* A terminal that goes away is not ours. */
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int open_log(void)
{
	return config.log_file
		       ? open(config.log_file,
			      O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)
		       : -1;
}

/* --- doors ---------------------------------------------------------------- */

static void add_lifeline(int fd)
{
	if (fd < 0 || nlifelines == LIFELINES_MAX)
		return;
	fds[NDOORS + nlifelines++] = (struct pollfd){fd, 0, 0};
}

static void drop_ended_lifelines(void)
{
	for (size_t i = 0; i < nlifelines;) {
		struct pollfd *p = &fds[NDOORS + i];

		if (!(p->revents & (POLLHUP | POLLERR))) {
			i++;
			continue;
		}
		close(p->fd);
		*p = fds[NDOORS + --nlifelines];
	}
}

/* Lets one in, with a lifeline of its own. */
static int let_in(int door, const struct door_guest *guest)
{
	struct stack_family gift;
	int ends[2];

	if (nlifelines == LIFELINES_MAX || pipe2(ends, O_CLOEXEC) < 0)
		return -EMFILE;
	if (!stack_get_family(&gift)) {
		close(ends[0]);
		close(ends[1]);
		return -ENOENT;
	}
	gift.lifeline = ends[1];
	door_answer(door, guest, 0, &gift);
	close(ends[1]);
	add_lifeline(ends[0]);
	return 0;
}

/* 0: let in; what to say instead. */
static int decide(int door, const struct door_guest *guest)
{
	struct stack_family ours;

	switch (guest->wish) {
	case DOOR_JOIN:
		return let_in(door, guest);
	case DOOR_REJOIN:
		if (!stack_get_family(&ours) || ours.id != guest->key)
			return -ESTALE;
		return let_in(door, guest);
	case DOOR_TAKE:
		if (nlifelines || !stack_keep_is_alone())
			return -EBUSY;
		if (guest->key == config_key())
			return let_in(door, guest);
		if (give_up_at == UINT64_MAX)
			give_up_at = stack_now() + YIELD_US;
		return -EAGAIN;
	case DOOR_NWISHES:
		break;
	}
	return -EINVAL;
}

static void answer_knocks(struct pollfd *door)
{
	struct door_guest guest;

	if (!door->revents)
		return;
	for (int n = 0; n < KNOCKS_A_ROUND; n++) {
		int err = door_next(door->fd, &guest);

		if (err == -EAGAIN)
			return;
		if (err)
			continue;
		err = decide(door->fd, &guest);
		if (err)
			door_answer(door->fd, &guest, err, NULL);
	}
}

static void open_doors(void)
{
	for (size_t i = 0; i < NDOORS; i++)
		fds[i].fd = -1;
	for (size_t i = 0; config_door(i); i++)
		fds[i].fd = door_open("link", config_door(i));
	if (config.name)
		fds[NAME_DOOR].fd = door_open("name", config.name);
	for (size_t i = 0; i < NDOORS; i++)
		fds[i].events = POLLIN;
}

/* The devices first: whoever finds no door any more may open them. */
static void leave(void)
{
	struct stack_family ours;

	if (stack_get_family(&ours)) {
		for (size_t i = 0; i < ours.nlinks; i++)
			close(ours.links[i]);
	}
	exit(0);
}

int main(int argc, char **argv)
{
	char why[WHY_MAX];
	struct stack_family f;
	int line;

	if (argc != 5 || stack_read_family(argv[3], &f) < 0) {
		fprintf(stderr, "nsshim-keeper: libnsshim.so starts me\n");
		return 1;
	}
	line = atoi(argv[4]);
	reset_signals();
	drop_descriptors(&f, line);
	setenv("NSSHIM_FAMILY", argv[3], 1);
	if (config_read(why, sizeof(why)) < 0)
		return 1;
	config.stack.log_fd = open_log();
	if (stack_join(argv[3], &config.stack, why, sizeof(why)) < 0)
		return 1;
	stack_set_held_hook(holder_is_held);
	drop_powers();
	if (stack_keep_begin() < 0)
		return 1;
	open_doors();
	add_lifeline(line);

	while (stack_keep(fds, NDOORS + nlifelines, nlifelines > 0,
			  give_up_at)) {
		for (size_t i = 0; i < NDOORS; i++)
			answer_knocks(&fds[i]);
		drop_ended_lifelines();
	}
	leave();
	return 0;
}
