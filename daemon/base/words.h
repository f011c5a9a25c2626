/* SPDX-License-Identifier: MIT */
/*
 * The words of the kernel command line that are blobroot's, read and parsed.
 *
 * Flow: start, the cmdline role and the engine hand in arguments, or nothing: then it is /proc/cmdline.
 * Process: keeper, engine
 */
#ifndef BLOBROOT_WORDS_H
#define BLOBROOT_WORDS_H

#include "base/cmdline.h"

enum { WORDS_MAX = 64, WORDS_WHY_MAX = 512 };

struct words {
	char *list[WORDS_MAX + 1]; /* NULL behind the last one */
	unsigned count;
};

/*
 * Takes words from argv, or (argc 0) from /proc/cmdline, into config_out and words_out (ours only). Returns an exit
 * status; what and why stand in why_out (WORDS_WHY_MAX) unless it is EXIT_DONE.
 */
int words_read(int argc, char *const *argv, struct config *config_out, struct words *words_out,
	       char *why_out);

/* Of words that malloc made. */
void words_free(struct words *words);

#endif
