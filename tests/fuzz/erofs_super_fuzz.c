/* SPDX-License-Identifier: MIT */
/*
 * An image's first bytes: what is taken for an EROFS image is one, whole, and of a kind that we can serve.
 *
 * Input: 8 bytes the image's size, then its beginning.
 */
#include "fuzz.h"

#include "base/block.h"
#include "trust/erofs_super.h"

int fuzz_one(const uint8_t *data, size_t size)
{
	static const uint8_t magic[4] = {0xe2, 0xe1, 0xf5, 0xe0};
	struct fuzz_input input = {.at = data, .left = size};
	uint64_t image_size = fuzz_take(&input, 8);
	struct erofs_super super, again;
	enum erofs_super_result result = erofs_super_decode(input.at, input.left, image_size, &super);
	char buf[256];

	must_be_a_line(erofs_super_explain(result, &super, image_size, buf, sizeof(buf)));
	MUST((result == EROFS_SUPER_SHORT) == (input.left < EROFS_SUPER_LEAST), "short or not");
	if (result == EROFS_SUPER_SHORT)
		return 0;
	if (input.left < EROFS_SUPER_END)
		return 0;
	MUST(erofs_super_decode(input.at, EROFS_SUPER_END, image_size, &again) == result,
	     "more bytes than it says decide");
	/* Names of devices may stand behind these bytes. */
	MUST(again.nameless <= super.nameless && super.nameless <= super.extra_devices,
	     "names are not counted right");
	again.nameless = super.nameless;
	MUST(memcmp(&super, &again, sizeof(again)) == 0, "more bytes than it says are looked at");
	if (result == EROFS_SUPER_TRUNCATED)
		MUST(super.size > image_size, "nothing is missing");
	if (result != EROFS_SUPER_OK)
		return 0;
	MUST(memcmp(input.at + 1024, magic, sizeof(magic)) == 0, "no magic");
	MUST(super.block_size == BLOCK_SIZE, "blocks of %u", super.block_size);
	MUST(image_size % BLOCK_SIZE == 0 && super.size % BLOCK_SIZE == 0 && super.size <= image_size,
	     "%" PRIu64 " of %" PRIu64 " bytes", image_size, super.size);
	return 0;
}
