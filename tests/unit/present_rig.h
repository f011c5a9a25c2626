/* SPDX-License-Identifier: MIT */
/*
 * What is present of a blob of 100 blocks, with fakes for its store and for its hashes: the test gives the verdicts.
 *
 * Flow: present_rig_begin, present_rig_land.., the test looks at the store, present_fini.
 * Process: tests
 */
#ifndef BLOBROOT_PRESENT_RIG_H
#define BLOBROOT_PRESENT_RIG_H

#include "serve/present.h"
#include "trust/tree.h"

#define B UINT64_C(4096)

enum { PRESENT_RIG_BLOCKS = 100 };

struct present_rig {
	struct present present;
	struct tree tree;
	_Alignas(4096) uint8_t bytes[PRESENT_RIG_BLOCKS * 4096]; /* what comes */
	uint64_t proven_end;                /* blocks from here on have no hash yet, or are wrong .. */
	enum hashes_verdict verdict_behind; /* .. as this says */
	bool in_store[PRESENT_RIG_BLOCKS];  /* block n was written */
	bool is_kept[PRESENT_RIG_BLOCKS];   /* an earlier engine has left it in memory, and it stays */
	bool does_last;                     /* what is stored stays there */
	unsigned writes;
	uint64_t old_start, old_end; /* what an earlier engine stored, in bytes */
	/* 0 or -errno: of what is written from store_error_off on, in bytes; of marking blocks. */
	int store_error, mark_error;
	uint64_t store_error_off;
};

extern struct present_rig rig;

/* A store that lasts, in which nothing is. */
void present_rig_begin(uint64_t proven_end, enum hashes_verdict behind);
/* One in memory, of an engine whose predecessor kept blocks [first, end). */
void present_rig_begin_after(uint64_t first, uint64_t end, uint64_t proven_end, enum hashes_verdict behind);

/* Blocks [first, end) come. Returns what present_land does, and how many blocks it kept. */
int present_rig_land(uint64_t first, uint64_t end, uint64_t *took_out);

#endif
