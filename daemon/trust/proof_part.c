/* SPDX-License-Identifier: MIT */
#include "trust/proof_part.h"

#include "fetch/blob_url.h"

#include <string.h>

bool proof_part_is_signed(const struct config *config)
{
	return !config->roothash[0] && !config->is_insecure;
}

bool proof_part_is_needed(const struct config *config, enum proof_part part)
{
	switch (part) {
	case PROOF_TREE:
		return config->roothash[0] || !config->is_insecure;
	case PROOF_ROOTHASH:
	case PROOF_SIGNATURE:
		return proof_part_is_signed(config);
	default:
		return true;
	}
}

/* The tree is in another file, or after the image's data in the same file; then the mirrors have it there, too. */
static bool is_tree_inside(const struct config *config)
{
	return strcmp(config->verity_url, config->url) == 0;
}

int proof_part_url(const struct config *config, enum proof_part part, const char *image_url, char *url_out,
		   size_t size)
{
	static const char *const suffixes[] = {[PROOF_IMAGE] = "",
					       [PROOF_TREE] = ".verity",
					       [PROOF_ROOTHASH] = ".roothash",
					       [PROOF_SIGNATURE] = ".roothash.p7s"};

	return blob_url_companion(
		image_url, part == PROOF_TREE && is_tree_inside(config) ? "" : suffixes[part], url_out, size);
}
