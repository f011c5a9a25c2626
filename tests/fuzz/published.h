/* SPDX-License-Identifier: MIT */
/*
 * A published image, whose bytes are fake_byte(off), and its hash tree: what honest mirrors send.
 *
 * Flow: object_fuzz.c has mirrors send of it, or something else. Process: tests
 */
#ifndef BLOBROOT_PUBLISHED_H
#define BLOBROOT_PUBLISHED_H

#include "trust/verity.h"

struct published {
	struct verity verity;
	uint64_t size;     /* bytes of the image */
	uint8_t *hashes;   /* the hash tree's file */
	size_t hashes_len; /* its bytes */
};

/* The image of so many blocks; it is made once. */
const struct published *published_image(uint64_t blocks);

/* Bytes [off, off + len) of the image, or of its hash tree's file. There are always more: files may be longer. */
void published_read(const struct published *published, bool is_hashes, uint64_t off, uint8_t *bytes_out,
		    size_t len);

/* What a superblock says that is wrong about the number of blocks, and right about all else. Returns false if there is no
 * such tree, or one of another height. */
bool published_lie(const struct published *published, uint64_t blocks, struct verity *verity_out);

#endif
