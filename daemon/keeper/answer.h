/* SPDX-License-Identifier: MIT */
/*
 * What a running keeper answers: its state as text, and descriptors that it holds (state.h).
 *
 * Flow: answer_get -> answer_find, answer_take -> answer_end; client.c, hold.c and profile_role.c ask.
 * Process: neither; short-lived
 */
#ifndef BLOBROOT_ANSWER_H
#define BLOBROOT_ANSWER_H

#include "base/rights.h"

#include <stdbool.h>
#include <stddef.h>

enum { ANSWER_TEXT_MAX = 8192 };

struct answer {
	char text[ANSWER_TEXT_MAX]; /* lines of key=value */
	int rights[RIGHTS_MAX];     /* descriptors, in the order in which rights= names them; -1: taken */
	unsigned right_count;
};

/* Connects to a socket of the keeper. Returns the descriptor, or -errno. */
int answer_connect(const char *run_path, const char *name, int type);

/* Asks. Returns an exit status, and has said why. Owns: answer_end, after EXIT_DONE; the text stays. */
int answer_get(const char *run_path, struct answer *answer_out);
void answer_end(struct answer *answer);

/* Copies the value of key. Returns false if it is not there, or longer than size allows. */
bool answer_find(const struct answer *answer, const char *key, char *value_out, size_t size);

/* The descriptor of that name; -1: the keeper has none, or it was taken. Owns: the caller closes it. */
int answer_take(struct answer *answer, const char *name);

#endif
