/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * raw.h - system calls that need no libc
 *
 * What this room is for
 *   Before start-up, in a vfork child and inside the hooks of close and dup
 *   nothing may be resolved, allocated or cancelled, and errno is not ours to
 *   write. These go straight to the kernel.
 *
 * Errors     every call returns the kernel's result or -errno.
 */
#ifndef SHIM_RAW_H
#define SHIM_RAW_H

#include <sys/syscall.h>

#if defined(__x86_64__)

static inline long raw6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8),
			   "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

#elif defined(__aarch64__)

static inline long raw6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}

#else
#error "raw.h: add this machine's system call instruction"
#endif

static inline long raw3(long nr, long a, long b, long c)
{
	return raw6(nr, a, b, c, 0, 0, 0);
}

static inline long raw1(long nr, long a)
{
	return raw6(nr, a, 0, 0, 0, 0, 0);
}

#endif
