/* SPDX-License-Identifier: MIT */
/*
 * SHA-256's compression of LANES messages in parallel, one per element of a vector: a template, so no guards.
 *
 * Flow: sha256.c includes it once for each width, with LANES, LANES_COMPRESS (the function's name) and
 *       LANES_TARGET (its attributes) defined, and gets that function.
 * Process: engine
 * Source: FIPS 180-4, sections 4.1.2 and 6.2.2
 */

/* The operators work on scalars and vectors alike. */
#define ROTATED(x, n)         ((x) >> (n) | (x) << (32 - (n)))
#define CHOICE(e, f, g)       ((((f) ^ (g)) & (e)) ^ (g))
#define SMALL(x, r, s, shift) (ROTATED(x, r) ^ ROTATED(x, s) ^ (x) >> (shift))
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ /* a message's words are big-endian */
#define IN_ORDER(x) ((ROTATED(x, 8) & 0xff00ff00) | (ROTATED(x, 24) & 0x00ff00ff))
#else
#define IN_ORDER(x) (x)
#endif
/* Each round's a^b is the next one's b^c. */
#define ROUND(a, b, c, d, e, f, g, h, i)                                                                     \
	do {                                                                                                 \
		(h) += w[i] + k[i] + CHOICE(e, f, g) + (ROTATED(e, 6) ^ ROTATED(e, 11) ^ ROTATED(e, 25));    \
		(d) += (h);                                                                                  \
		ab = (a) ^ (b);                                                                              \
		(h) += (ROTATED(a, 2) ^ ROTATED(a, 13) ^ ROTATED(a, 22)) + ((ab & bc) ^ (b));                \
		bc = ab;                                                                                     \
		/* The word that round t + i + 16 takes. */                                                  \
		if (t < 48)                                                                                  \
			w[i] += w[((i) + 9) % 16] + SMALL(w[((i) + 1) % 16], 7, 18, 3) +                     \
				SMALL(w[((i) + 14) % 16], 17, 19, 10);                                       \
	} while (0)

LANES_TARGET static void LANES_COMPRESS(uint32_t *state, const uint8_t *const *at, size_t chunks)
{
#if LANES == 1
	typedef uint32_t vector;
#else
	typedef uint32_t vector __attribute__((vector_size(LANES * 4)));
#endif
	vector s[STATE_WORDS];

	memcpy(s, state, sizeof(s));
	for (size_t chunk = 0; chunk < chunks; chunk++) {
		vector a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7];
		vector bc = b ^ c, ab;
		vector w[CHUNK_WORDS];

		for (unsigned lane = 0; lane < LANES; lane++)
			for (unsigned i = 0; i < CHUNK_WORDS; i++)
				memcpy((char *)&w[i] + lane * sizeof(uint32_t),
				       at[lane] + chunk * CHUNK_SIZE + i * sizeof(uint32_t),
				       sizeof(uint32_t));
		for (unsigned i = 0; i < CHUNK_WORDS; i++)
			w[i] = IN_ORDER(w[i]);
		for (unsigned t = 0; t < ROUNDS; t += CHUNK_WORDS) {
			const uint32_t *k = SHA256_K + t;

			ROUND(a, b, c, d, e, f, g, h, 0);
			ROUND(h, a, b, c, d, e, f, g, 1);
			ROUND(g, h, a, b, c, d, e, f, 2);
			ROUND(f, g, h, a, b, c, d, e, 3);
			ROUND(e, f, g, h, a, b, c, d, 4);
			ROUND(d, e, f, g, h, a, b, c, 5);
			ROUND(c, d, e, f, g, h, a, b, 6);
			ROUND(b, c, d, e, f, g, h, a, 7);
			ROUND(a, b, c, d, e, f, g, h, 8);
			ROUND(h, a, b, c, d, e, f, g, 9);
			ROUND(g, h, a, b, c, d, e, f, 10);
			ROUND(f, g, h, a, b, c, d, e, 11);
			ROUND(e, f, g, h, a, b, c, d, 12);
			ROUND(d, e, f, g, h, a, b, c, 13);
			ROUND(c, d, e, f, g, h, a, b, 14);
			ROUND(b, c, d, e, f, g, h, a, 15);
		}
		s[0] += a, s[1] += b, s[2] += c, s[3] += d, s[4] += e, s[5] += f, s[6] += g, s[7] += h;
	}
	memcpy(state, s, sizeof(s));
}

#undef ROTATED
#undef CHOICE
#undef IN_ORDER
#undef ROUND
#undef SMALL
#undef LANES
#undef LANES_COMPRESS
#undef LANES_TARGET
