/* SPDX-License-Identifier: MIT */
/*
 * Do the files of a first contact fit together, from the root hash down to the image's first blocks?
 *
 * Flow: proof, when all of them are here -> proof_match -> signature, tree, length, first blocks -> done, or proof_round.
 * Process: engine
 */
#ifndef BLOBROOT_PROOF_MATCH_H
#define BLOBROOT_PROOF_MATCH_H

#include "trust/proof_state.h"

/* Calls done now, or when the hashes of the first blocks have come; or has something fetched again. */
void proof_match(struct proof *proof);

#endif
