/* SPDX-License-Identifier: MIT */
/*
 * The daemon's answers, as the kernel takes them, and whether they keep the promises: each request answered
 * once, each byte right, each write whole and aligned.
 *
 * Flow: kernel_trap.c brings the system calls, kernel_script.c switches the faults.
 * Process: the fake kernel.
 * Source: fs/cachefiles/{daemon,ondemand}.c of Linux 6.12, whose errors it follows
 */
#ifndef KERNEL_ANSWER_H
#define KERNEL_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Each returns what the system call returns, or -errno. */
ssize_t kernel_answer_command(const char *text, size_t len);
/* address is where bytes are in the daemon: their alignment counts. */
ssize_t kernel_answer_fill(int port, const uint8_t *bytes, uint64_t off, uint64_t len, uint64_t address);
int kernel_answer_complete(int port, uint32_t request_id);

/* Faults: the next count fills (-1: all) fail with error; a fill takes half at most; */
void kernel_answer_fail_fills(int error, int64_t count);
void kernel_answer_shorten_fills(bool is_on);
/* the cache file turns up only after the first fill behind each copen, as in the kernel's worker. */
void kernel_answer_delay_file(bool is_on);
/* Somebody else has bound the cache, as the keeper does for its engines. */
void kernel_answer_is_bound(void);
/* `bind ondemand` fails with this. */
void kernel_answer_fail_bind(int error);

#endif
