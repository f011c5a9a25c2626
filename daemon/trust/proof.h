/* SPDX-License-Identifier: MIT */
/*
 * Authenticates the image: the first contact with it, its hash tree and its signed root hash, and the chain
 * from a trusted root hash down to the image's first blocks.
 *
 * Flow: engine -> proof_begin -> contacts -> signature (of the root hash) -> verity, tree (does its top match?) ->
 * hashes_check (do the first blocks match?) -> done. Later engines: proof_recall, and nothing is fetched again.
 * Process: engine
 *
 * The root hash is the command line's. Without one it is the published one, which a trusted certificate's key
 * must have signed, or with rd.blob.insecure there is none. A file that is wrong is fetched from the other
 * mirrors, then once more from one that was asked before. After that all files are fetched again, with pauses, until
 * the patience ends (rd.blob.contact=, or 30 s): the host may have been switched on in the middle of a publication, when
 * some files are of the new image and some of the old one.
 */
#ifndef BLOBROOT_PROOF_H
#define BLOBROOT_PROOF_H

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

/*
 * Sets up the blobs. signers are the trusted certificates; stats are the mirrors' statistics, or NULL. Errors: -ENOMEM,
 * -ENAMETOOLONG. Owns: config, signers and stats must outlive it; the caller ends it with proof_fini.
 */
int proof_init(struct proof *proof, const struct config *config, struct fetch *fetch, struct loop *loop,
	       struct counters *counters, const struct signature_certs *signers, struct mirror_stats *stats);
void proof_fini(struct proof *proof);

/* done is called from the loop. Errors: -ENOMEM. */
int proof_begin(struct proof *proof);

/* Forgets what has been found out: the tree, the root hash, versions. Not from a callback of the tree. Shape: nothing is under way. */
void proof_forget(struct proof *proof);

/* After done with a failure: begins anew, with the command line's patience as it is now. Errors: -ENOMEM. */
int proof_restart(struct proof *proof);

/* Call it after done: what was signed, and the signature, are in their contacts until then. */
void proof_forget_signature(struct proof *proof);

/* Resumes where an earlier engine was, with the tree that it found. Shape: a tree is needed. Errors: -ENOMEM. */
int proof_recall(struct proof *proof, const struct verity *verity);

/*
 * The URL that is waited for, since when, and whether that has an end; NULL if none. For the heartbeat on the console.
 */
const char *proof_waits_for(const struct proof *proof, uint64_t *since_ms_out, bool *has_end_out);

#endif
