/* SPDX-License-Identifier: MIT */
/*
 * What a keeper knows, and how it crosses an exec: to each engine, and to the keeper of another program that
 * replaces this one (upgrade.h). It crosses as arguments (options.h).
 *
 * Flow: start fills it in -> keeper -> handover_to_engine, handover_to_keeper -> exec -> handover_parse (of a
 * keeper).
 * Process: keeper. It allocates nothing: the keeper calls it when memory may have run out.
 *
 * The option names are the format. Asked with --check, a program that does not know one of them, or the form
 * of a value, says so by its exit status, before anything has changed.
 */
#ifndef BLOBROOT_HANDOVER_H
#define BLOBROOT_HANDOVER_H

#include "base/engine_options.h"

#include <stdbool.h>

struct handover {
	struct engine_options engine; /* what each engine gets; notices is the keeper's own end */

	/* What a keeper gets in addition. */
	struct keeper_options {
		int control;    /* listening Unix stream socket */
		int upgrades;   /* Unix datagram socket */
		int program;    /* to start engines from */
		int proc;       /* /proc, for what engines cannot see there; -1: none */
		int tree;       /* the transport's, for `blobrootd mount`; -1: none */
		int ready;      /* pipe to whoever waits: one line, `0` or `STATUS what: why`, then closed */
		int engine_pid; /* 0: none runs */
		int restarts;
		char plan[NOTICE_TEXT_MAX]; /* how to mount; empty: the image is not ready */
	} keeper;

	/* Kernel command line words for the engine. */
	char *const *words;
	unsigned word_count;
};

/* Call it in the child: its descriptors lose their close-on-exec. */
void handover_to_engine(struct handover *know, int notices, struct option_arguments *arguments_out);

/* Call it before the exec; if that fails, handover_reclaim. program and ready replace those of know. */
void handover_to_keeper(struct handover *know, int program, int ready,
			struct option_arguments *arguments_out);

/* The same to ask whether the other program understands it: no descriptor is passed on. */
void handover_to_check(struct handover *know, struct option_arguments *arguments_out);

/* Call it after the exec, or when it has failed: the descriptors become close-on-exec again. */
void handover_reclaim(struct handover *know, int program, int ready);

/*
 * Parses a keeper's arguments; argv[1] is the role. Shape: know_out is zeroed, and will point into argv.
 * Returns false if this program does not understand them. *is_check_out: only that was asked (--check).
 */
bool handover_parse(int argc, char **argv, struct handover *know_out, bool *is_check_out);

#endif
