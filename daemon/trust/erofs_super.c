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
	AT_CHECKSUM = 4,
	AT_FEATURE_COMPAT = 8,
	AT_BLKSZBITS = 12,
	AT_BLOCKS = 36,
	AT_FEATURE_INCOMPAT = 80,
	AT_COMPRESSION = 84, /* algorithms, or the distance that LZ4 looks back */
	AT_EXTRA_DEVICES = 86,
	AT_DEVICE_SLOT = 88, /* where the table of devices begins, in slots from the image's beginning */
};

/* A slot of the table begins with the device's name. */
enum { SLOT_SIZE = 128, SLOT_NAME = 64 };

#define EROFS_MAGIC     0xe0f5e1e2u
#define COMPAT_CHECKSUM 0x00000001u
/* LZ4_0PADDING and COMPR_CFGS. Old images of LZ4 (-Elegacy-compress) have neither, but a distance. */
#define INCOMPAT_COMPRESSED   0x00000003u
#define INCOMPAT_DEVICE_TABLE 0x00000008u

static uint32_t le32(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint16_t le16(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

/* CRC-32C of the rest of the first block, the checksum itself taken for zeros; neither begun nor ended by an inversion. */
static uint32_t checksum(const uint8_t *super)
{
	uint32_t crc = UINT32_MAX;

	for (unsigned i = 0; i < EROFS_SUPER_END - AT_SUPER; i++) {
		crc ^= i >= AT_CHECKSUM && i < AT_CHECKSUM + 4 ? 0 : super[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0x82f63b78) : 0);
	}
	return crc;
}

static uint16_t count_nameless(const uint8_t *head, size_t len, uint16_t devices)
{
	static const uint8_t none[SLOT_NAME];
	uint64_t at = (uint64_t)le16(head + AT_SUPER + AT_DEVICE_SLOT) * SLOT_SIZE;
	uint16_t nameless = 0;

	for (uint16_t i = 0; i < devices && at + SLOT_SIZE <= len; i++, at += SLOT_SIZE)
		if (memcmp(head + at, none, SLOT_NAME) == 0)
			nameless++;
	return nameless;
}

enum erofs_super_result erofs_super_decode(const void *head, size_t len, uint64_t image_size,
					   struct erofs_super *super_out)
{
	const uint8_t *super = (const uint8_t *)head + AT_SUPER;

	memset(super_out, 0, sizeof(*super_out));
	if (len < EROFS_SUPER_LEAST)
		return EROFS_SUPER_SHORT;
	if (le32(super + AT_MAGIC) != EROFS_MAGIC)
		return EROFS_SUPER_NO_MAGIC;
	super_out->features = le32(super + AT_FEATURE_INCOMPAT);
	if (super_out->features & INCOMPAT_DEVICE_TABLE)
		super_out->extra_devices = le16(super + AT_EXTRA_DEVICES);
	if (super[AT_BLKSZBITS] == 9 && super_out->extra_devices)
		return EROFS_SUPER_TAR_INDEX;
	if (super[AT_BLKSZBITS] != 12)
		return EROFS_SUPER_BLOCK_SIZE;
	if (len >= EROFS_SUPER_END && le32(super + AT_FEATURE_COMPAT) & COMPAT_CHECKSUM &&
	    checksum(super) != le32(super + AT_CHECKSUM))
		return EROFS_SUPER_CHECKSUM;
	super_out->block_size = BLOCK_SIZE;
	super_out->size = (uint64_t)le32(super + AT_BLOCKS) * BLOCK_SIZE;
	super_out->nameless = count_nameless(head, len, super_out->extra_devices);
	super_out->is_compressed =
		super_out->features & INCOMPAT_COMPRESSED || le16(super + AT_COMPRESSION) != 0;
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
		/* The same words as of a server that refuses a range of an empty file. */
		if (image_size == 0)
			return "it is empty";
		snprintf(buf, size, "is not an EROFS image: only %" PRIu64 " bytes", image_size);
		return buf;
	case EROFS_SUPER_NO_MAGIC:
		return "is not an EROFS image: no EROFS superblock at byte 1024";
	case EROFS_SUPER_BLOCK_SIZE:
		return "has an EROFS block size other than 4096: make it with mkfs.erofs -b4096";
	case EROFS_SUPER_TAR_INDEX:
		return "is an index of a tar (mkfs.erofs --tar=i), which the kernel cannot read on demand: make a whole image "
		       "of the tar, with --tar=f";
	case EROFS_SUPER_CHECKSUM:
		return "its EROFS superblock's checksum is wrong: it is damaged, or was changed after it was made";
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
