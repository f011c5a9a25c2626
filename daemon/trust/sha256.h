/* SPDX-License-Identifier: MIT */
/*
 * SHA-256 of many blocks at once, each after the same salt, as in dm-verity's format 1.
 *
 * Flow: hashes and tree pass in blocks as they arrive, and compare the digests with the tree. Pure.
 * Process: engine
 * Source: FIPS 180-4; the kernel's Documentation/admin-guide/device-mapper/verity.rst
 */
#ifndef BLOBROOT_SHA256_H
#define BLOBROOT_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { SHA256_SIZE = 32, SHA256_SALT_MAX = 256 };

/*
 * The digests of `count` messages, each the salt and then a block, by the fastest implementation for this processor.
 * Shape: blocks are 4096 bytes each, contiguous, at any alignment; salt_len is 0 to SHA256_SALT_MAX.
 */
void sha256_blocks(const uint8_t *salt, size_t salt_len, const uint8_t *blocks, size_t count,
		   uint8_t (*digests_out)[SHA256_SIZE]);

/* Which one that is: "AVX-512 and SHA-NI", "AVX-512", "SHA-NI", "AVX2", "generic". */
const char *sha256_name(void);

/* One implementation. */
struct sha256_kind;

/* Those that this processor supports, the fastest first; NULL past the end. The last one is "generic". */
const struct sha256_kind *sha256_kind_at(size_t index);
const char *sha256_kind_name(const struct sha256_kind *kind);

/* sha256_blocks by this implementation. */
void sha256_kind_blocks(const struct sha256_kind *kind, const uint8_t *salt, size_t salt_len,
			const uint8_t *blocks, size_t count, uint8_t (*digests_out)[SHA256_SIZE]);

#endif
