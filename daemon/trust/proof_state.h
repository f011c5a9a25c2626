/* SPDX-License-Identifier: MIT */
/*
 * How far the first contact has come: what proof, proof_match and proof_round share.
 *
 * Flow: proof.h says it.
 * Process: engine
 */
#ifndef BLOBROOT_PROOF_STATE_H
#define BLOBROOT_PROOF_STATE_H

#include "base/cmdline.h"
#include "fetch/contact.h"
#include "trust/proof_part.h"
#include "trust/roothash.h"
#include "trust/signature.h"
#include "trust/tree.h"

struct mirror_probe;
struct mirror_stats;

struct proof {
	const struct config *config;
	struct loop *loop;
	struct counters *counters;
	struct blob blobs[PROOF_PARTS];
	struct mirror_probe *probe;           /* of the image's mirrors; NULL: there is only one */
	struct contact contacts[PROOF_PARTS]; /* after done, the image's head is here and verified */
	bool is_asked[PROOF_PARTS];           /* its contact has begun */
	bool is_here[PROOF_PARTS];
	const struct signature_certs *signers;
	char roothash[ROOTHASH_DIGITS + 1]; /* empty: there is none, or it is not here yet */
	struct tree *tree;                  /* NULL: the same */
	struct tree_wait head_hashes;
	uint64_t hashes_since_ms;
	struct loop_timer patience; /* for head_hashes */
	char last_why[BLOB_WHY_MAX];
	uint64_t begun_ms, round_ms; /* of all of it; of the round, if rounds > 0 */
	uint64_t deadline_ms;        /* for files that do not fit together; valid if rounds > 0 */
	unsigned rounds;             /* in which all files were fetched, and did not match */
	struct loop_timer again;     /* the next one */
	enum proof_part wrong_part;  /* what was wrong in the last round .. */
	const char *wrong_what;      /* .. and its name for messages */
	/* What was said last of each part, and of which URL: the next rounds do not repeat it. */
	char said[PROOF_PARTS][BLOB_WHY_MAX];
	const char *said_url[PROOF_PARTS];
	uint32_t delay_ms; /* before the first request: hosts switched on together must not ask together */
	void *owner;       /* for the callback done */
	/* The end: status is EXIT_DONE, or says whether to try again; what and why are for the console. */
	void (*done)(struct proof *proof, int status, const char *what, const char *why);
	/*
	 * The image's head is verified. Returns why it cannot be an image of size bytes, or NULL: the size
	 * comes from the hash tree's superblock, which is not authenticated.
	 */
	const char *(*object)(struct proof *proof, uint64_t size, char *buf, size_t buf_size);
	/* A failure, for the console. It will be retried for so many seconds; 0: with no end set. */
	void (*trouble)(struct proof *proof, const char *url, const char *why, uint32_t seconds);
};

#endif
