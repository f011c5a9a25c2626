/* SPDX-License-Identifier: MIT */
/*
 * `blobrootd start`: reads the command line, binds the cache, forks the keeper, and waits until the image can
 * be mounted or cannot.
 *
 * Flow: initramfs -> start -> keeper -> engine; the answer comes back through a pipe.
 * Process: keeper
 */
#ifndef BLOBROOT_START_H
#define BLOBROOT_START_H

#include "base/cmdline.h"

#define START_RUN_DIR "/run/blobroot"
/* In the run directory. */
#define START_CONTROL "control"    /* socket */
#define START_UPGRADE "upgrade"    /* socket: see upgrade.h */
#define START_PID     "keeper.pid" /* the keeper's process ID and a newline, once the image can be mounted */

enum { START_WORDS_MAX = 64 };

/* The kernel command line as words. */
struct start_words {
	char *list[START_WORDS_MAX + 1];
	unsigned count;
};

/*
 * Takes words from argv, or (argc 0) from /proc/cmdline, into config_out and words_out (ours only). Returns
 * an exit status; what and why stand in why_out (512 bytes) unless it is EXIT_DONE.
 */
int start_read_words(int argc, char **argv, struct config *config_out, struct start_words *words_out,
		     char *why_out);

/*
 * Waits for the line that a keeper writes when it serves, or does not: prints why not. Returns an exit status. Shape:
 * the reading end of struct handover's ready.
 */
int start_wait(int fd);

/* The role. Returns an exit status. */
int start_main(int argc, char **argv);

#endif
