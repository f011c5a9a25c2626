/* SPDX-License-Identifier: MIT */
/*
 * SHA-256 of many blocks at once, each behind the same salt: what dm-verity's format 1 hashes.
 *
 * Flow: verification gives blocks as they arrive, and compares the digests with the tree. Pure.
 * Process: engine
 * Source: FIPS 180-4; the kernel's Documentation/admin-guide/device-mapper/verity.rst
 */
#ifndef BLOBROOT_SHA256_H
#define BLOBROOT_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { SHA256_SIZE = 32, SHA256_SALT_MAX = 256 };

/*
 * The digests of `count` messages, each the salt and then a block, with the fastest way that this processor has.
 * Shape: blocks are 4096 bytes each, one after the other, at any alignment; salt_len is 0 to SHA256_SALT_MAX.
 */
void sha256_blocks(const uint8_t *salt, size_t salt_len, const uint8_t *blocks, size_t count,
		   uint8_t (*digests_out)[SHA256_SIZE]);

/* Which way that is: "AVX-512 and SHA-NI", "AVX-512", "SHA-NI", "AVX2", "generic". */
const char *sha256_name(void);

/* One way to compute them. */
struct sha256_kind;

/* The ways that this processor has, the fastest first; NULL from the end on. The last one is "generic". */
const struct sha256_kind *sha256_kind_at(size_t index);
const char *sha256_kind_name(const struct sha256_kind *kind);

/* sha256_blocks, in this way. */
void sha256_kind_blocks(const struct sha256_kind *kind, const uint8_t *salt, size_t salt_len,
			const uint8_t *blocks, size_t count, uint8_t (*digests_out)[SHA256_SIZE]);

#endif
