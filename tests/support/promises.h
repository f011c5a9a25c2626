/* SPDX-License-Identifier: MIT */
/*
 * One script for the fake kernel and for the real one: what is asked of a kernel, and what it answers.
 *
 * Flow: promises.c reads the script; commands for an engine go to promises_engine.c, a process of its own, the
 * others to promises_fake.c or promises_real.c. What was observed is printed behind each command.
 * Process: the runner is what keeper, mounts and readers are on a host; the engine is a child with the device.
 * Source: Documentation/filesystems/caching/cachefiles.rst and include/uapi/linux/cachefiles.h of Linux 6.12
 */
#ifndef PROMISES_H
#define PROMISES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The descriptor from which an engine reads its commands. Out of the way of those that the device gives it. */
enum { PROMISES_COMMANDS = 800, PROMISES_DEVICE = 900, PROMISES_LINE = 512 };

/* How long anything is waited for that has to come. */
#ifndef PROMISES_PATIENCE_MS
#define PROMISES_PATIENCE_MS 60000
#endif

/* The image under every key; base: where its one file, `data`, begins. */
struct promises_image {
	const uint8_t *bytes;
	uint64_t len, base;
};
extern struct promises_image promises_image;

/* Maps the image; ends the program if that fails. */
void promises_image_open(const char *path);
/* The name of an errno, `ok` for 0. */
const char *promises_errno(int err);
void promises_die(const char *what) __attribute__((noreturn));

/* The engine: obeys PROMISES_COMMANDS, one answer on stderr for each line, until it is killed. */
void promises_engine(int device) __attribute__((noreturn));

/* Where observations go: set by promises_kernel_begin. */
extern FILE *promises_out;

/* The kernel, fake or real; an engine's answer to what it was told, in a line; what a command to the kernel
 * brings, until the next one. Words that are not there are empty. */
extern const bool promises_is_real;
void promises_kernel_begin(const char *program, const char *image);
void promises_kernel_tell(const char *command);
void promises_kernel_answer(char *answer_out, size_t size);
const char *promises_kernel_run(char *const *words);
void promises_kernel_end(void);

#endif
