/* SPDX-License-Identifier: MIT */
#include "trust/erofs_super.h"

#include "base/block.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Offsets in the superblock, which is at byte 1024. */
enum {
	AT_SUPER = 1024,
	AT_MAGIC = 0,
	AT_BLKSZBITS = 12,
	AT_BLOCKS = 36,
	AT_FEATURE_INCOMPAT = 80,
	AT_COMPR_ALGS = 84,
	AT_EXTRA_DEVICES = 86,
};

#define EROFS_MAGIC 0xe0f5e1e2u
/* LZ4_0PADDING and COMPR_CFGS: set by mkfs for every compressed image, and for no other. */
#define INCOMPAT_COMPRESSED 0x00000003u

static uint32_t le32(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

enum erofs_super_result erofs_super_decode(const void *head, size_t len, uint64_t image_size,
					   struct erofs_super *super_out)
{
	const uint8_t *super = (const uint8_t *)head + AT_SUPER;

	memset(super_out, 0, sizeof(*super_out));
	if (len < EROFS_SUPER_END)
		return EROFS_SUPER_SHORT;
	if (le32(super + AT_MAGIC) != EROFS_MAGIC)
		return EROFS_SUPER_NO_MAGIC;
	if (super[AT_BLKSZBITS] != 12)
		return EROFS_SUPER_BLOCK_SIZE;
	super_out->block_size = BLOCK_SIZE;
	super_out->size = (uint64_t)le32(super + AT_BLOCKS) * BLOCK_SIZE;
	super_out->extra_devices = (uint16_t)(super[AT_EXTRA_DEVICES] | super[AT_EXTRA_DEVICES + 1] << 8);
	super_out->is_compressed = (le32(super + AT_FEATURE_INCOMPAT) & INCOMPAT_COMPRESSED) != 0;
	if (super_out->size > image_size)
		return EROFS_SUPER_TRUNCATED;
	if (image_size % BLOCK_SIZE != 0)
		return EROFS_SUPER_UNALIGNED;
	return EROFS_SUPER_OK;
}

const char *erofs_super_explain(enum erofs_super_result result, const struct erofs_super *super,
				uint64_t image_size, char *buf, size_t size)
{
	switch (result) {
	case EROFS_SUPER_OK:
		return "is fine";
	case EROFS_SUPER_SHORT:
		snprintf(buf, size, "is not an EROFS image: only %" PRIu64 " bytes", image_size);
		return buf;
	case EROFS_SUPER_NO_MAGIC:
		return "is not an EROFS image: no EROFS superblock at byte 1024";
	case EROFS_SUPER_BLOCK_SIZE:
		return "has an EROFS block size other than 4096: make it with mkfs.erofs -b4096";
	case EROFS_SUPER_UNALIGNED:
		snprintf(buf, size, "its size of %" PRIu64 " bytes is no multiple of 4096", image_size);
		return buf;
	case EROFS_SUPER_TRUNCATED:
		snprintf(buf, size,
			 "is truncated: %" PRIu64 " bytes of the %" PRIu64 " that its superblock says",
			 image_size, super->size);
		return buf;
	}
	return "?";
}
