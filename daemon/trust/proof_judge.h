/* SPDX-License-Identifier: MIT */
/*
 * Are the files that authenticate an image right by themselves, as far as a first contact has fetched them?
 *
 * Flow: proof asks when all of them are here. Whether the tree matches the root hash, and the image the tree, is for hashes.h
 * to say. Pure.
 * Process: engine
 */
#ifndef BLOBROOT_PROOF_JUDGE_H
#define BLOBROOT_PROOF_JUDGE_H

#include "fetch/contact.h"
#include "trust/proof_part.h"
#include "trust/roothash.h"
#include "trust/signature.h"
#include "trust/verity.h"

/*
 * Is text a root hash, and p7s a signature of it by one of the signers? Returns which of the two is wrong, with why in
 * *why_out (it may be in buf); PROOF_PARTS if both are right. Shape: where the signature is wrong, roothash_out is empty.
 */
enum proof_part proof_judge_signature(const struct signature_certs *signers, const struct contact *text,
				      const struct contact *p7s, char roothash_out[ROOTHASH_DIGITS + 1],
				      const char **why_out, char *buf, size_t size);

/* Is it a hash tree, and long enough? Returns why not (it may be in buf), or NULL. */
const char *proof_judge_tree(const struct contact *contact, const char *roothash, struct verity *verity_out,
			     char *buf, size_t size);

/* Is the image, if its length is known, as long as the tree says? Returns why not, in buf, or NULL. */
const char *proof_judge_length(const struct blob *image, const struct verity *verity, char *buf, size_t size);

#endif
