/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * driver_priv.h - what the parts of the driver share; for driver*.c only
 *
 * What this room is for
 *   driver.c has the slot, the promise and the step; driver_sleep.c is how the
 *   program's threads sleep; driver_thread.c is the stack thread.
 *
 * Lock       members are atomics unless marked.
 */
#ifndef STACK_DRIVER_PRIV_H
#define STACK_DRIVER_PRIV_H

#include "driver.h"
#include "guard.h"
#include "socket/turn.h"

enum slot { SLOT_FREE, SLOT_THREAD_POLL, SLOT_THREAD_TURN, SLOT_APP };

/* Of this process. */
struct driver {
	int slot;         /* enum slot */
	uint32_t standby; /* futex word of the stack thread's naps */
	int deep;         /* it sleeps on its guard instead */
	struct guard guard;
	struct leave {
		usecs since;     /* the first of these */
		uint32_t number; /* that started the guard */
		uint32_t drives; /* when the last one did */
		uint32_t others; /* driver_looks_of_others(), then */
	} left;
	uint32_t drives;      /* counts returns from an application's poll */
	uint32_t looks;       /* those of them that count for the family */
	uint32_t sleepers;    /* application threads asleep, not driving */
	uint32_t bell_number; /* [S] of who last stepped in this process */
	int taken;            /* the slot, from the stack thread in poll */
	uint32_t thread_bell; /* [I] the stack thread's */
	int started;
};
extern struct driver driver;

/* For so long the program may be away, and the stack thread sleep on. */
#define NAP_US MSEC(2)
enum { BUSY = 4 }; /* drives in a nap of which another one is worth it */

/* What a step shall do. */
struct plan {
	bool read;                  /* the links may have frames */
	struct driver_sleep *sleep; /* of who drives, or NULL */
	usecs limit;   /* when the caller looks again at the latest */
	uint32_t bell; /* and what wakes it */
	usecs now;     /* answered: the time of the step */
	int begun;     /* answered: what the sleep's begin() said */
	bool shared;   /* answered: other processes wait for frames, too */
};

/* One step of the engine. Returns the next deadline, and promises to look
 * again no later than that or the limit. */
usecs driver_carry_out(struct plan *p);

/* When the sleeping driver will look again; 0: nobody sleeps on a promise, and
 * who woke up will look soon. */
void driver_promise(usecs when);

int driver_slot(void);
bool driver_slot_move(int from, int to);
bool driver_slot_take_for_app(void);

/*
 * An application thread stops driving. If others sleep, somebody must drive
 * for them at once; if the stack thread is in its deep sleep it has to notice
 * when we do not come back: the guard wakes it then.
 */
void driver_slot_release_by_app(void);

void driver_wake_stack_thread(void);

/* An application thread came by; did it look after the links for all? */
void driver_came_by(bool looked);
/* So often application threads of other processes did. */
uint32_t driver_looks_of_others(void);

uint32_t driver_new_bell(void);

/* See struct driver_sleep; in a turn. */
int driver_begin(struct driver_sleep *s, struct stack *st);
bool driver_was_woken(const struct driver_sleep *s);

/* The time left as ppoll(2) wants it; NULL for ever. */
struct timespec *driver_time_left(usecs now, usecs until, struct timespec *ts);

/* A removed device is an error for ever: read it once more, poll it never. */
void driver_spare_removed(struct pollfd *fd);

#endif
