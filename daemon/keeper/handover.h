/* SPDX-License-Identifier: MIT */
/*
 * What a keeper knows, and how it crosses an exec: to each engine, and to the keeper of another program that takes this
 * one's place (upgrade.h). It crosses as arguments (options.h).
 *
 * Flow: start fills it in -> keeper -> handover_to_engine, handover_to_keeper -> exec -> handover_parse (of a keeper).
 * Process: keeper. It allocates nothing: the keeper calls it with no memory to be had.
 *
 * The option names are the format. A program that does not know one of them, or the form of a value, says so by its
 * exit status when it is asked with --check, and nothing has changed by then.
 */
#ifndef BLOBROOT_HANDOVER_H
#define BLOBROOT_HANDOVER_H

#include "base/engine_options.h"

#include <stdbool.h>

struct handover {
	struct engine_options engine; /* what each engine gets; notices is the keeper's own end */

	/* What beside it a keeper gets. */
	struct keeper_options {
		int control;  /* listening Unix stream socket */
		int upgrades; /* Unix datagram socket */
		int program;  /* to start engines from */
		int ready; /* pipe to whoever waits for this keeper: one line, `0` or `STATUS what: why`, then closed */
		int engine_pid; /* 0: none runs */
		int restarts;
		char plan[NOTICE_TEXT_MAX]; /* how to mount; empty: the image is not ready */
	} keeper;

	/* Kernel command line words for the engine. */
	char *const *words;
	unsigned word_count;
};

/* To be called in the child: its descriptors lose their close-on-exec. */
void handover_to_engine(struct handover *know, int notices, struct option_arguments *arguments_out);

/* By who does not come back but to handover_reclaim. program and ready go in the place of know's. */
void handover_to_keeper(struct handover *know, int program, int ready,
			struct option_arguments *arguments_out);

/* The same to ask whether the other program understands it: no descriptor is given along. */
void handover_to_check(struct handover *know, struct option_arguments *arguments_out);

/* In the keeper after the exec, or when the exec has failed: the descriptors are the keeper's own again. */
void handover_reclaim(struct handover *know, int program, int ready);

/*
 * Of a keeper's arguments, argv[1] being the role. Shape: know_out is zeroed, and points into argv. Returns false for
 * what this program does not understand; is_check_out: it was asked to say just that.
 */
bool handover_parse(int argc, char **argv, struct handover *know_out, bool *is_check_out);

#endif
