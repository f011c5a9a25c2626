/* SPDX-License-Identifier: MIT */
#include "engine/image.h"

#include "trust/erofs_super.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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

/*
 * The version by which the first engine named the image. An engine that was taken over later can add versions
 * of other mirrors behind it.
 */
static const struct version *find_version(const struct image *image, const struct recall *recall,
					  unsigned *mirror_out)
{
	char key[32];

	for (unsigned i = 0; i < recall->count; i++) {
		for (unsigned mirror = 0; mirror < image->blob->mirror_count; mirror++) {
			mirror_key(mirror, key);
			*mirror_out = mirror;
			if (strcmp(recall->list[i].key, key) == 0)
				return &recall->list[i].version;
		}
	}
	return NULL;
}

int image_recall(struct image *image, const struct recall *recall, bool *is_known_out)
{
	const struct version *version;
	unsigned mirror;
	int err;

	*is_known_out = false;
	if (proof_part_is_needed(image->proof->config, PROOF_TREE)) {
		/* A version proves nothing: without a tree there has to be a first contact. */
		if (!recall->has_verity)
			return 0;
		err = proof_recall(image->proof, &recall->verity);
		if (err)
			return err;
		hashes_use_cache(&image->proof->tree->hashes, image->hash_cache);
	} else {
		version = find_version(image, recall, &mirror);
		if (!version)
			return 0;
		blob_recall(image->blob, mirror, version);
	}
	*is_known_out = true;
	name_image(image);
	return 0;
}

const char *image_judge_size(struct proof *proof, uint64_t size, char *buf, size_t buf_size)
{
	const struct contact *contact = &proof->contacts[PROOF_IMAGE];
	struct erofs_super super;
	enum erofs_super_result verdict = erofs_super_decode(contact->head, contact->head_len, size, &super);

	return verdict == EROFS_SUPER_TRUNCATED ? erofs_super_explain(verdict, &super, size, buf, buf_size)
						: NULL;
}

const char *image_find_fault(const struct image *image, struct mount_plan *plan_out, char *buf, size_t size)
{
	const struct contact *contact = &image->proof->contacts[PROOF_IMAGE];
	uint64_t image_size = image->blob->size;
	struct erofs_super super;
	enum erofs_super_result verdict =
		erofs_super_decode(contact->head, contact->head_len, image_size, &super);

	if (verdict != EROFS_SUPER_OK)
		return erofs_super_explain(verdict, &super, image_size, buf, size);
	if (image->proof->tree && super.extra_devices > 0)
		return "it goes on in blobs of their own, and a root hash vouches for one: "
		       "make one image of it";
	plan_out->is_compressed = super.is_compressed;
	plan_out->features = super.features;
	plan_out->nameless = super.nameless;
	return NULL;
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
