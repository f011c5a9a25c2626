/* SPDX-License-Identifier: MIT */
/*
 * What a keeper knows, and how it crosses an exec: to each engine, and to the keeper of another program that takes this
 * one's place (upgrade.h). It crosses as arguments; a descriptor crosses as its number.
 *
 * Flow: start fills it in -> keeper -> handover_to_engine, handover_to_keeper -> exec -> handover_parse (of a keeper),
 * main.c (of an engine). Process: keeper. It allocates nothing: the keeper calls it with no memory to be had.
 *
 * The option names are the format. A program that does not know one of them, or the form of a value, says so by its
 * exit status when it is asked with --check, and nothing has changed by then.
 */
#ifndef BLOBROOT_HANDOVER_H
#define BLOBROOT_HANDOVER_H

#include "base/notice.h"
#include "keeper/start.h"

#include <stdbool.h>
#include <sys/types.h>

enum {
	/* 16 options with their values, behind the program's name and role; then what is remembered; then words. */
	HANDOVER_ARGUMENTS_MAX = 2 + 2 * 16 + 1 + 2 * NOTICE_REMEMBER_MAX + START_WORDS_MAX + 1,
};

struct handover {
	int device;      /* bound */
	int control;     /* listening Unix stream socket */
	int upgrades;    /* Unix datagram socket */
	int program;     /* to start engines from */
	int home;        /* directory that becomes the engines' root */
	int counters_fd; /* memfd of a struct counters */
	int hashes_fd;   /* memfd of a struct shelf */
	int room_mib;    /* that the store can take */
	int ready; /* pipe to whoever waits for this keeper: one line, `0` or `STATUS what: why`, then closed */

	char *const *words; /* kernel command line words for the engine */
	unsigned word_count;

	int notices;  /* our end of the socketpair with the engine; -1 while no engine runs */
	pid_t engine; /* 0: none runs */
	unsigned restarts;
	char plan[NOTICE_TEXT_MAX]; /* how to mount; empty: the image is not ready */
	char remembered[NOTICE_REMEMBER_MAX][NOTICE_TEXT_MAX];
	unsigned remembered_count;
};

/* Arguments for an exec, and the room that they need. */
struct handover_arguments {
	char *argv[HANDOVER_ARGUMENTS_MAX];
	unsigned argc;
	char numbers[16][16];
	unsigned number_count;
};

/* To be called in the child, or by who does not come back but to handover_reclaim: descriptors lose their close-on-exec. */
void handover_to_engine(const struct handover *know, int notices, struct handover_arguments *arguments_out);
void handover_to_keeper(const struct handover *know, int program, int ready,
			struct handover_arguments *arguments_out);

/* The same to ask whether the other program understands it: no descriptor is given along. */
void handover_to_check(const struct handover *know, struct handover_arguments *arguments_out);

/* In the keeper after the exec, or when the exec has failed: the descriptors are the keeper's own again. */
void handover_reclaim(const struct handover *know, int program, int ready);

/*
 * Of a keeper's arguments, argv[1] being the role. Shape: know_out points into argv. Returns false for what this
 * program does not understand; is_check_out: it was asked to say just that.
 */
bool handover_parse(int argc, char **argv, struct handover *know_out, bool *is_check_out);

#endif
