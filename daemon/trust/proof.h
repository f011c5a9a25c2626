/* SPDX-License-Identifier: MIT */
/*
 * What vouches for the image: the first contact with it, its hash tree and its signed root hash, and the chain from
 * a trusted root hash down to the image's first blocks.
 *
 * Flow: engine -> proof_begin -> contacts -> signature (whose root hash?) -> verity, tree (is the tree under it?) ->
 * tree_check (are the first blocks under that?) -> done. Later engines: proof_recall, and nothing is asked again.
 * Process: engine
 *
 * The root hash is the command line's, or else the published one if a trusted certificate's key has signed it, or
 * else, with rd.blob.insecure, there is none. A file that turns out wrong is asked for from the other mirrors, and
 * once more from one that was asked before, then it has failed.
 */
#ifndef BLOBROOT_PROOF_H
#define BLOBROOT_PROOF_H

#include "base/cmdline.h"
#include "fetch/contact.h"
#include "trust/roothash.h"
#include "trust/signature.h"
#include "trust/tree.h"

struct mirror_probe;
struct mirror_stats;

/* The files. */
enum proof_part { PROOF_IMAGE, PROOF_TREE, PROOF_ROOTHASH, PROOF_SIGNATURE, PROOF_PARTS };

struct proof {
	const struct config *config;
	struct loop *loop;
	struct counters *counters;
	struct blob blobs[PROOF_PARTS];
	struct mirror_probe *probe;           /* of the image's mirrors; NULL: there is one */
	struct contact contacts[PROOF_PARTS]; /* the image's head is there after done, and is proven */
	bool is_asked[PROOF_PARTS];           /* its contact has begun */
	bool is_here[PROOF_PARTS];
	const struct signature_certs *signers;
	char roothash[ROOTHASH_DIGITS + 1]; /* empty: nothing vouches for the image, or it is not here yet */
	struct tree *tree;                  /* NULL: the same */
	struct tree_wait head_hashes;
	struct loop_timer patience; /* for head_hashes */
	char last_why[BLOB_WHY_MAX];
	uint32_t
		delay_ms; /* before the first question: hosts that are switched on together shall not ask together */
	/* The end: status is EXIT_DONE, or says whether to try again; what and why are words for the console. */
	void (*done)(struct proof *proof, int status, const char *what, const char *why);
	/*
	 * The image's head is proven: why it cannot be an image of size bytes, NULL if it can. Nothing vouches for the
	 * hash tree's superblock, and it tells the size.
	 */
	const char *(*object)(struct proof *proof, uint64_t size, char *buf, size_t buf_size);
	/* The first trouble with one of them: something for the console. */
	void (*trouble)(struct proof *proof, const char *url, const char *why);
};

/* Has the root hash to be a signed one? */
bool proof_is_signed(const struct config *config);

/*
 * Names the blobs; config and signers, whose signatures count, must outlive it, and so must stats, what is known of the
 * mirrors (NULL: only what they show from now on). Errors: -ENOMEM, -ENAMETOOLONG. Owns: ended with proof_fini.
 */
int proof_init(struct proof *proof, const struct config *config, struct fetch *fetch, struct loop *loop,
	       struct counters *counters, const struct signature_certs *signers, struct mirror_stats *stats);
void proof_fini(struct proof *proof);

/* done comes from the loop. Errors: -ENOMEM. */
int proof_begin(struct proof *proof);

/* Goes on where an earlier engine was, with what proof_init left to be known. Errors: -ENOMEM. */
int proof_recall(struct proof *proof, const struct verity *verity);

/* The file that is waited for since when; NULL if none is. For the heartbeat on the console. */
const char *proof_waits_for(const struct proof *proof, uint64_t *since_ms_out);

#endif
