/* SPDX-License-Identifier: MIT */
#include "engine/image.h"

#include <inttypes.h>
#include <stdio.h>

void image_init(struct image *image, struct proof *proof, struct hash_cache *hash_cache)
{
	*image = (struct image){.proof = proof, .blob = &proof->blobs[PROOF_IMAGE], .hash_cache = hash_cache};
}

/* The mirror whose version identifies an image without a root hash. */
static unsigned first_known(const struct blob *blob)
{
	unsigned i = 0;

	while (i + 1 < blob->mirror_count && !blob->mirrors[i].is_known)
		i++;
	return i;
}

/* The key under which that mirror's version is remembered. */
static void mirror_key(unsigned mirror, char key_out[32])
{
	snprintf(key_out, 32, mirror ? RECALL_IMAGE "%u" : RECALL_IMAGE, mirror);
}

/*
 * Names the image after the root hash, or FNV-1a of URL and version: no other image or version of it shares
 * that name. It must be distinct, not secret.
 */
static void name_image(struct image *image)
{
	char text[BLOB_URL_MAX + VERSION_TEXT_MAX + 1], version_text[VERSION_TEXT_MAX];
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	if (image->proof->tree) {
		snprintf(image->key, sizeof(image->key), "blobroot-%.32s", image->proof->roothash);
		return;
	}
	version_format(&image->blob->mirrors[first_known(image->blob)].version, version_text);
	snprintf(text, sizeof(text), "%s\t%s", image->blob->url, version_text);
	for (const char *at = text; *at; at++)
		hash = (hash ^ (uint8_t)*at) * UINT64_C(0x100000001b3);
	snprintf(image->key, sizeof(image->key), "blobroot-%016" PRIx64, hash);
}

int image_recall(struct image *image, const struct recall *recall, bool *is_known_out)
{
	const struct version *version = NULL;
	char key[32];
	int err = 0;

	if (recall->has_verity) {
		err = proof_recall(image->proof, &recall->verity);
		if (!err)
			hashes_use_cache(&image->proof->tree->hashes, image->hash_cache);
	}
	for (unsigned i = 0; !version && i < image->blob->mirror_count; i++) {
		mirror_key(i, key);
		version = recall_find(recall, key);
		if (version)
			blob_recall(image->blob, i, version);
	}
	*is_known_out = !err && (recall->has_verity || version);
	if (*is_known_out)
		name_image(image);
	return err;
}

void image_found(struct image *image, int notices)
{
	char verity_text[VERITY_TEXT_MAX], key[32];
	unsigned mirror = first_known(image->blob);

	name_image(image);
	if (!image->proof->tree) {
		mirror_key(mirror, key);
		recall_tell_version(notices, key, &image->blob->mirrors[mirror].version);
		return;
	}
	hashes_use_cache(&image->proof->tree->hashes, image->hash_cache);
	verity_format(&image->proof->tree->hashes.verity, verity_text);
	recall_tell(notices, RECALL_VERITY, verity_text);
}
