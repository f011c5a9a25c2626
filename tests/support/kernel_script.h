/* SPDX-License-Identifier: MIT */
/*
 * The commands of a script; what they do stands at the head of kernel.c.
 *
 * Flow: kernel.c reads lines and hands them in one by one.
 * Process: the fake kernel.
 */
#ifndef KERNEL_SCRIPT_H
#define KERNEL_SCRIPT_H

/* The file that the image's URL serves at the start. */
void kernel_script_init(const char *image);

/* Runs one line, which it takes apart. A command that is not understood breaks the run. */
void kernel_script_run(char *line);

/* The script is over: no request may be without its answer, and none may have failed unseen. */
void kernel_script_end(void);

#endif
