/* SPDX-License-Identifier: MIT */
#include "trust/sha256.h"

#include <endian.h>
#include <stdbool.h>
#include <string.h>
#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>
#endif

#include "base/block.h"

enum {
	CHUNK_SIZE = 64,
	CHUNK_WORDS = 16,
	ROUNDS = 64,
	STATE_WORDS = 8,
	LANES_MAX = 16,
	WIDE_MAX = 2,
	TAIL_MAX = 2 * CHUNK_SIZE
};

/* Section 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const uint32_t SHA256_K[ROUNDS] __attribute__((aligned(16))) = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/* Section 5.3.3: those of the square roots of the first eight. */
static const uint32_t FIRST[STATE_WORDS] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
					    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

/*
 * Compresses `chunks` times 64 bytes of each lane's input, at[lane], into the lane's state.
 * Shape: word i of a lane is state[i * lanes + lane].
 */
typedef void compress_fn(uint32_t *state, const uint8_t *const *at, size_t chunks);

#define LANES          1
#define LANES_COMPRESS compress_one
#define LANES_TARGET
#include "trust/sha256_lanes.h"

#define LANES          4
#define LANES_COMPRESS compress_four
#define LANES_TARGET
#include "trust/sha256_lanes.h"

#ifdef __x86_64__
#define LANES          8
#define LANES_COMPRESS compress_eight
#define LANES_TARGET   __attribute__((target("avx2")))
#include "trust/sha256_lanes.h"

#define LANES          16
#define LANES_COMPRESS compress_sixteen
#define LANES_TARGET   __attribute__((target("avx512f")))
#include "trust/sha256_lanes.h"

#define NI __attribute__((target("sha,sse4.1,ssse3")))

/*
 * The instructions take the state as two vectors, abef and cdgh. Each does two rounds, and waits for the
 * previous one; those of a second message fill the wait (half as fast again on a Zen 5). `lanes` is a
 * compile-time constant.
 * Source: Intel's Software Developer's Manual, volume 2, SHA256RNDS2, SHA256MSG1, SHA256MSG2
 */
NI static inline __attribute__((always_inline)) void compress_ni(uint32_t *state, const uint8_t *const *at,
								 size_t chunks, size_t lanes)
{
	const __m128i swap = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
	__m128i abef[2], cdgh[2], abef_was[2], cdgh_was[2], w[2][4], sum;
	uint32_t *s = state;

	for (unsigned lane = 0; lane < lanes; lane++, s++) {
		abef[lane] = _mm_set_epi32((int)s[0], (int)s[lanes], (int)s[4 * lanes], (int)s[5 * lanes]);
		cdgh[lane] = _mm_set_epi32((int)s[2 * lanes], (int)s[3 * lanes], (int)s[6 * lanes],
					   (int)s[7 * lanes]);
	}
	for (size_t chunk = 0; chunk < chunks; chunk++) {
		for (unsigned lane = 0; lane < lanes; lane++) {
			const uint8_t *from = at[lane] + chunk * CHUNK_SIZE;

			abef_was[lane] = abef[lane];
			cdgh_was[lane] = cdgh[lane];
			for (unsigned i = 0; i < 4; i++)
				w[lane][i] =
					_mm_shuffle_epi8(_mm_loadu_si128((const __m128i_u *)from + i), swap);
		}
#pragma GCC unroll 16
		for (unsigned i = 0; i < ROUNDS / 4; i++) {
			__m128i k = _mm_load_si128((const __m128i *)SHA256_K + i);

			for (unsigned lane = 0; lane < lanes; lane++) {
				__m128i *m = w[lane];

				sum = _mm_add_epi32(m[i % 4], k);
				cdgh[lane] = _mm_sha256rnds2_epu32(cdgh[lane], abef[lane], sum);
				abef[lane] = _mm_sha256rnds2_epu32(abef[lane], cdgh[lane],
								   _mm_shuffle_epi32(sum, 0x0e));
				if (i >= 12)
					continue;
				/* The message words of the four rounds from 4 * (i + 4) on. */
				m[i % 4] = _mm_sha256msg1_epu32(m[i % 4], m[(i + 1) % 4]);
				sum = _mm_alignr_epi8(m[(i + 3) % 4], m[(i + 2) % 4], 4);
				m[i % 4] = _mm_sha256msg2_epu32(_mm_add_epi32(m[i % 4], sum), m[(i + 3) % 4]);
			}
		}
		for (unsigned lane = 0; lane < lanes; lane++) {
			abef[lane] = _mm_add_epi32(abef[lane], abef_was[lane]);
			cdgh[lane] = _mm_add_epi32(cdgh[lane], cdgh_was[lane]);
		}
	}
	s = state;
	for (unsigned lane = 0; lane < lanes; lane++, s++) {
		s[0] = (uint32_t)_mm_extract_epi32(abef[lane], 3);
		s[lanes] = (uint32_t)_mm_extract_epi32(abef[lane], 2);
		s[2 * lanes] = (uint32_t)_mm_extract_epi32(cdgh[lane], 3);
		s[3 * lanes] = (uint32_t)_mm_extract_epi32(cdgh[lane], 2);
		s[4 * lanes] = (uint32_t)_mm_extract_epi32(abef[lane], 1);
		s[5 * lanes] = (uint32_t)_mm_extract_epi32(abef[lane], 0);
		s[6 * lanes] = (uint32_t)_mm_extract_epi32(cdgh[lane], 1);
		s[7 * lanes] = (uint32_t)_mm_extract_epi32(cdgh[lane], 0);
	}
}

NI static void compress_ni_one(uint32_t *state, const uint8_t *const *at, size_t chunks)
{
	compress_ni(state, at, chunks, 1);
}

NI static void compress_ni_two(uint32_t *state, const uint8_t *const *at, size_t chunks)
{
	compress_ni(state, at, chunks, 2);
}

/* CPUID leaf 1 ECX, leaf 7 EBX; XCR0: registers that the kernel saves (6: SSE's, AVX's; e0: AVX-512's). */
static bool processor_has(unsigned leaf_1_ecx, unsigned leaf_7_ebx, unsigned xcr0)
{
	unsigned eax, ebx, ecx, edx, saved = 0;

	if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || (ecx & leaf_1_ecx) != leaf_1_ecx)
		return false;
	if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) || (ebx & leaf_7_ebx) != leaf_7_ebx)
		return false;
	if (xcr0)
		__asm__("xgetbv" : "=a"(saved), "=d"(edx) : "c"(0));
	return (saved & xcr0) == xcr0;
}

static bool has_ni(void)
{
	return processor_has(bit_SSSE3 | bit_SSE4_1, bit_SHA, 0);
}

static bool has_avx2(void)
{
	return processor_has(bit_OSXSAVE | bit_AVX, bit_AVX2, 6);
}

static bool has_avx512(void)
{
	return processor_has(bit_OSXSAVE | bit_AVX, bit_AVX512F, 0xe6);
}

static bool has_avx512_and_ni(void)
{
	return has_avx512() && has_ni();
}
#endif

/*
 * The first of `wide` for which at least `from` blocks are left takes `lanes` at a time, idle lanes included;
 * `one` takes the rest. `from` is the break-even point: on a Zen 5, a block alone takes 10 us, with SHA-NI
 * 2.6, and 1.8 in a pair; in parallel lanes, four or eight take 23, sixteen take 20.
 */
struct sha256_kind {
	const char *name;
	bool (*is_here)(void);
	compress_fn *one;
	struct {
		compress_fn *compress;
		unsigned lanes, from;
	} wide[WIDE_MAX];
};

static const struct sha256_kind KINDS[] = {
#ifdef __x86_64__
	{"AVX-512 and SHA-NI",
	 has_avx512_and_ni,
	 compress_ni_one,
	 {{compress_sixteen, 16, 9}, {compress_ni_two, 2, 2}}},
	{"AVX-512", has_avx512, compress_one, {{compress_sixteen, 16, 3}}},
	{"SHA-NI", has_ni, compress_ni_one, {{compress_ni_two, 2, 2}}},
	{"AVX2", has_avx2, compress_one, {{compress_eight, 8, 3}}},
#endif
	{"generic", NULL, compress_one, {{compress_four, 4, 3}}},
};

/* What all messages of a call share. */
struct salted {
	uint32_t state[STATE_WORDS]; /* after the salt's whole chunks */
	const uint8_t *rest;
	size_t rest_len;
	uint64_t bits;
};

/* Lanes beyond `count` repeat the last block. */
static void hash_lanes(const struct salted *salted, compress_fn *compress, unsigned lanes,
		       const uint8_t *blocks, unsigned count, uint8_t (*digests_out)[SHA256_SIZE])
{
	/* Bytes of the block that complete the chunk begun by the salt's rest; what follows is shifted. */
	size_t lead = salted->rest_len ? CHUNK_SIZE - salted->rest_len : 0;
	size_t chunks = (BLOCK_SIZE - lead) / CHUNK_SIZE, left = (BLOCK_SIZE - lead) % CHUNK_SIZE;
	size_t tail_len = left + 1 + sizeof(uint64_t) > CHUNK_SIZE ? TAIL_MAX : CHUNK_SIZE;
	uint64_t bits = htobe64(salted->bits);
	uint32_t state[STATE_WORDS * LANES_MAX];
	uint8_t head[LANES_MAX][CHUNK_SIZE], tail[LANES_MAX][TAIL_MAX];
	const uint8_t *heads[LANES_MAX], *bodies[LANES_MAX], *tails[LANES_MAX];

	for (unsigned lane = 0; lane < lanes; lane++) {
		const uint8_t *block = blocks + (size_t)BLOCK_SIZE * (lane < count ? lane : count - 1);

		for (unsigned i = 0; i < STATE_WORDS; i++)
			state[i * lanes + lane] = salted->state[i];
		if (lead) {
			memcpy(head[lane], salted->rest, salted->rest_len);
			memcpy(head[lane] + salted->rest_len, block, lead);
		}
		memcpy(tail[lane], block + BLOCK_SIZE - left, left);
		memset(tail[lane] + left, 0, tail_len - left);
		tail[lane][left] = 0x80;
		memcpy(tail[lane] + tail_len - sizeof(bits), &bits, sizeof(bits));
		heads[lane] = head[lane];
		bodies[lane] = block + lead;
		tails[lane] = tail[lane];
	}
	if (lead)
		compress(state, heads, 1);
	compress(state, bodies, chunks);
	compress(state, tails, tail_len / CHUNK_SIZE);
	for (unsigned lane = 0; lane < count; lane++)
		for (unsigned i = 0; i < STATE_WORDS; i++) {
			uint32_t word = htobe32(state[i * lanes + lane]);

			memcpy(digests_out[lane] + i * sizeof(word), &word, sizeof(word));
		}
}

void sha256_kind_blocks(const struct sha256_kind *kind, const uint8_t *salt, size_t salt_len,
			const uint8_t *blocks, size_t count, uint8_t (*digests_out)[SHA256_SIZE])
{
	struct salted salted = {.rest_len = salt_len % CHUNK_SIZE,
				.bits = (salt_len + BLOCK_SIZE) * UINT64_C(8)};

	memcpy(salted.state, FIRST, sizeof(FIRST));
	kind->one(salted.state, &salt, salt_len / CHUNK_SIZE);
	if (salted.rest_len)
		salted.rest = salt + salt_len - salted.rest_len;
	while (count > 0) {
		compress_fn *compress = kind->one;
		unsigned lanes = 1, now;

		for (int i = WIDE_MAX - 1; i >= 0; i--)
			if (kind->wide[i].compress && count >= kind->wide[i].from) {
				compress = kind->wide[i].compress;
				lanes = kind->wide[i].lanes;
			}
		now = count < lanes ? (unsigned)count : lanes;
		hash_lanes(&salted, compress, lanes, blocks, now, digests_out);
		blocks += (size_t)now * BLOCK_SIZE;
		digests_out += now;
		count -= now;
	}
}

const struct sha256_kind *sha256_kind_at(size_t index)
{
	for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++)
		if ((!KINDS[i].is_here || KINDS[i].is_here()) && index-- == 0)
			return &KINDS[i];
	return NULL;
}

const char *sha256_kind_name(const struct sha256_kind *kind)
{
	return kind->name;
}

/* CPUID traps to the host of a virtual machine, which is slow: it is asked once. Two threads find the same. */
static const struct sha256_kind *fastest(void)
{
	static const struct sha256_kind *found;
	const struct sha256_kind *kind = __atomic_load_n(&found, __ATOMIC_RELAXED);

	if (!kind) {
		kind = sha256_kind_at(0);
		__atomic_store_n(&found, kind, __ATOMIC_RELAXED);
	}
	return kind;
}

const char *sha256_name(void)
{
	return fastest()->name;
}

void sha256_blocks(const uint8_t *salt, size_t salt_len, const uint8_t *blocks, size_t count,
		   uint8_t (*digests_out)[SHA256_SIZE])
{
	sha256_kind_blocks(fastest(), salt, salt_len, blocks, count, digests_out);
}
