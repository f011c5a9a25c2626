/* SPDX-License-Identifier: MIT */
/*
 * The files that authenticate an image: which of them are needed, and where they are.
 *
 * Flow: proof asks. Pure.
 * Process: engine
 */
#ifndef BLOBROOT_PROOF_PART_H
#define BLOBROOT_PROOF_PART_H

#include "base/cmdline.h"

#include <stdbool.h>
#include <stddef.h>

enum proof_part { PROOF_IMAGE, PROOF_TREE, PROOF_ROOTHASH, PROOF_SIGNATURE, PROOF_PARTS };

/* Must the root hash be signed? */
bool proof_part_is_signed(const struct config *config);
bool proof_part_is_needed(const struct config *config, enum proof_part part);

/* The file's URL beside an image's. Errors: -ENAMETOOLONG. */
int proof_part_url(const struct config *config, enum proof_part part, const char *image_url, char *url_out,
		   size_t size);

#endif
