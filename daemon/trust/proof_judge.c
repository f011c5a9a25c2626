/* SPDX-License-Identifier: MIT */
#include "trust/proof_judge.h"

#include "base/block.h"

#include <inttypes.h>
#include <stdio.h>

enum proof_part proof_judge_signature(const struct signature_certs *signers, const struct contact *text,
				      const struct contact *p7s, char roothash_out[ROOTHASH_DIGITS + 1],
				      const char **why_out, char *buf, size_t size)
{
	enum roothash_result result = roothash_decode(text->head, text->head_len, roothash_out);
	enum signature_result verdict;

	if (result != ROOTHASH_OK) {
		*why_out = roothash_explain(result, text->head, text->head_len, buf, size);
		return PROOF_ROOTHASH;
	}
	_Static_assert((int)CONTACT_HEAD >= (int)SIGNATURE_MAX, "a head must hold any signature");
	verdict = signature_check(signers, text->head, text->head_len, p7s->head, p7s->head_len);
	if (verdict == SIGNATURE_OK)
		return PROOF_PARTS;
	roothash_out[0] = '\0';
	*why_out = signature_explain(verdict, signers, buf, size);
	return PROOF_SIGNATURE;
}

const char *proof_judge_tree(const struct contact *contact, const char *roothash, struct verity *verity_out,
			     char *buf, size_t size)
{
	const struct blob *blob = contact->blob;
	uint64_t needed;
	enum verity_result result =
		verity_decode(contact->head, contact->head_len, contact->off, roothash, verity_out);

	if (result != VERITY_OK)
		return verity_explain(result, contact->head, contact->head_len, buf, size);
	needed = verity_out->start + verity_out->hash_blocks * BLOCK_SIZE;
	if (verity_out->hash_blocks == 0 || !blob->is_known || blob->size >= needed)
		return NULL;
	snprintf(buf, size,
		 "the hash tree is truncated: it has %" PRIu64 " bytes, and %" PRIu64 " are needed",
		 blob->size, needed);
	return buf;
}

const char *proof_judge_length(const struct blob *image, const struct verity *verity, char *buf, size_t size)
{
	uint64_t wanted = verity->data_blocks * BLOCK_SIZE;

	if (!image->is_known || image->size >= wanted)
		return NULL;
	snprintf(buf, size,
		 "has %" PRIu64 " bytes, and the hash tree vouches for %" PRIu64
		 ": it is truncated, or another image's",
		 image->size, wanted);
	return buf;
}
