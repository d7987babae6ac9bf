/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * keeper.h - who delivers when the last process of a stack has gone
 *
 * What this room is for
 *   What send() took must arrive although its program has ended, as with the
 *   kernel. A small process of its own, started with the first socket of a
 *   family, maps the arena and sleeps on its members' process descriptors. As
 *   long as one of them lives it never touches the link, and nobody wakes it
 *   but births and deaths. When none is left it closes what they held, drives
 *   the stack until nothing is left to send, and ends.
 *
 *   It is not a member of the family: it holds no socket and nobody buries it.
 *   When it was killed, the next process that joins starts another one, and a
 *   process that ends without one delivers itself.
 *
 * Lock       none of the caller's, except where said.
 */
#ifndef STACK_KEEPER_H
#define STACK_KEEPER_H

#include "ground/base.h"

/* This process has entered the family: there shall be a keeper. */
void keeper_need(void);

/* This process, the last one, ends: true when a keeper takes over. */
bool keeper_takes_over(void) MUST_CHECK;

#endif
