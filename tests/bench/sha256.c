/* SPDX-License-Identifier: MIT */
/*
 * How fast blocks are hashed: the shipped object, each way that this processor has, and mbedTLS beside it.
 *
 *   sha256      a line for each way and each number of blocks at a time: BLOCKS MB/S TIMES-MBEDTLS NAME
 */
#include "base/block.h"
#include "trust/sha256.h"

#include <mbedtls/sha256.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { BLOCKS = 64, SALT = 32, LAST_US = 200 * 1000, ROUNDS = 5 };

static uint8_t blocks[BLOCKS * BLOCK_SIZE];
static uint8_t digests[BLOCKS][SHA256_SIZE];
static const uint8_t salt[SALT];

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* No kind: mbedTLS. */
static void hash(const struct sha256_kind *kind, size_t count)
{
	if (kind) {
		sha256_kind_blocks(kind, salt, sizeof(salt), blocks, count, digests);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		mbedtls_sha256_context context;

		mbedtls_sha256_init(&context);
		mbedtls_sha256_starts(&context, 0);
		mbedtls_sha256_update(&context, salt, sizeof(salt));
		mbedtls_sha256_update(&context, blocks + i * BLOCK_SIZE, BLOCK_SIZE);
		mbedtls_sha256_finish(&context, digests[i]);
		mbedtls_sha256_free(&context);
	}
}

/* The best of a few rounds: what else runs here can only slow it down. In MB/s, that is bytes a microsecond. */
static double speed(const struct sha256_kind *kind, size_t count)
{
	double best = 0;

	for (int round = 0; round < ROUNDS; round++) {
		uint64_t begun = now_us(), took, bytes = 0;

		do {
			hash(kind, count);
			bytes += count * BLOCK_SIZE;
			took = now_us() - begun;
		} while (took < LAST_US);
		if ((double)bytes / (double)took > best)
			best = (double)bytes / (double)took;
	}
	return best;
}

int main(void)
{
	static const size_t counts[] = {1, BLOCKS};

	memset(blocks, 0x5a, sizeof(blocks));
	for (int i = 0; i < 2; i++) {
		double yardstick = speed(NULL, counts[i]);
		const struct sha256_kind *kind;

		for (size_t k = 0; (kind = sha256_kind_at(k)); k++) {
			double here = speed(kind, counts[i]);

			printf("%zu %.0f %.2f %s\n", counts[i], here, here / yardstick,
			       sha256_kind_name(kind));
		}
		printf("%zu %.0f 1.00 mbedTLS\n", counts[i], yardstick);
	}
	return 0;
}
