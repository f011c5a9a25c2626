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

#include "trust/proof_state.h"

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
