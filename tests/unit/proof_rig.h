/* SPDX-License-Identifier: MIT */
/*
 * A proof on the fakes, and mirrors that answer for each of its files in their own manner.
 *
 * Flow: proof_rig_open, the test sets manners, proof_rig_run, proof_rig_is_proven or _has_failed, which close it.
 * Process: tests
 */
#ifndef BLOBROOT_PROOF_RIG_H
#define BLOBROOT_PROOF_RIG_H

#include "base/counters.h"
#include "fake_loop.h"
#include "fake_tree.h"
#include "trust/proof.h"

#define IMAGE "http://m0/image"

enum { BLOCKS = 300, MIRRORS = 3 };

/* How a mirror answers for one of the files. */
struct manner {
	int status;    /* 0: 206 */
	bool is_dead;  /* no connection */
	bool is_mute;  /* no answer */
	uint64_t size; /* 0: the right one */
	enum fake_lie lie;
	uint64_t at;
	const char *text; /* of root hash and signature */
};

struct proof_rig {
	struct config config;
	struct loop *loop;
	struct fetch *fetch;
	struct counters counters;
	struct fake_tree fake;
	struct proof proof;
	struct manner manners[MIRRORS][PROOF_PARTS];
	bool is_inside; /* the tree is behind the image's data */
	unsigned dones, troubles, asked[MIRRORS][PROOF_PARTS];
	int status;
	char what[256], why[512], trouble[512];
};

/* One at a time. */
extern struct proof_rig proof_rig;

/* What the command line says, for proof_rig_open: by default a root hash, and the tree in a file of its own. */
enum { SIGNED = 1, INSECURE = 2, INSIDE = 4 };

void proof_rig_open(unsigned mirrors, unsigned how);
void proof_rig_begin(void);
void proof_rig_close(void);

/* The next transfer that is to be answered, NULL if none is; and its answer. */
struct fetch_transfer *proof_rig_next(void);
void proof_rig_answer(struct fetch_transfer *transfer);
/* Answers and lets time pass until it has ended. */
void proof_rig_go_on(void);
/* All of it. Returns how long it took, in ms. */
uint64_t proof_rig_run(void);

void proof_rig_is_proven(void);
void proof_rig_has_failed(int status, const char *what, const char *why);

#endif
