/* SPDX-License-Identifier: MIT */
/*
 * The words of the kernel command line that are blobroot's, read and parsed.
 *
 * Flow: start, the cmdline role and the engine pass in arguments; without any, /proc/cmdline is read.
 * Process: keeper, engine
 */
#ifndef BLOBROOT_WORDS_H
#define BLOBROOT_WORDS_H

#include "base/cmdline.h"

enum { WORDS_MAX = 64, WORDS_WHY_MAX = 512 };

struct words {
	char *list[WORDS_MAX + 1]; /* NULL-terminated */
	unsigned count;
};

/*
 * Parses words from argv, or from /proc/cmdline if argc is 0, into config_out and words_out (ours only).
 * Returns an exit status; unless it is EXIT_DONE, why_out (WORDS_WHY_MAX bytes) gets a message.
 */
int words_read(int argc, char *const *argv, struct config *config_out, struct words *words_out,
	       char *why_out);

/* Frees the list and words itself, which must be from malloc. */
void words_free(struct words *words);

#endif
