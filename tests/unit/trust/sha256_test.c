/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "base/block.h"
#include "trust/sha256.h"

enum { COUNT_MAX = 33, PLAIN_MAX = SHA256_SALT_MAX + BLOCK_SIZE };

static uint32_t rotated(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

/* The first 32 bits of the fraction of the prime's square or cube root, as FIPS 180-4 defines its constants. */
static uint32_t fraction_of_root(unsigned prime, unsigned degree)
{
	unsigned __int128 scaled = (unsigned __int128)prime << (32 * degree), root = 0;

	for (unsigned __int128 bit = (unsigned __int128)1 << 37; bit > 0; bit >>= 1) {
		unsigned __int128 power = root + bit;

		for (unsigned i = 1; i < degree; i++)
			power *= root + bit;
		if (power <= scaled)
			root += bit;
	}
	return (uint32_t)root;
}

/* FIPS 180-4 as it reads, section 6.2, with nothing taken from the module. Shape: len is at most PLAIN_MAX. */
static void plain_sha256(const uint8_t *message, size_t len, uint8_t *digest_out)
{
	size_t padded_len = (len + 9 + 63) / 64 * 64;
	uint8_t padded[PLAIN_MAX + 128] = {0};
	uint32_t k[64], hash[8];

	for (unsigned prime = 2, found = 0; found < 64; prime++) {
		unsigned divisor = 2;

		while (prime % divisor)
			divisor++;
		if (divisor < prime)
			continue;
		if (found < 8)
			hash[found] = fraction_of_root(prime, 2);
		k[found++] = fraction_of_root(prime, 3);
	}
	memcpy(padded, message, len);
	padded[len] = 0x80;
	for (unsigned i = 0; i < 8; i++)
		padded[padded_len - 1 - i] = (uint8_t)((uint64_t)len * 8 >> (8 * i));
	for (const uint8_t *chunk = padded; chunk < padded + padded_len; chunk += 64) {
		uint32_t w[64], v[8];

		memcpy(v, hash, sizeof(v));
		for (unsigned t = 0; t < 64; t++) {
			uint32_t s0, s1, t1, t2;

			if (t < 16) {
				w[t] = (uint32_t)chunk[4 * t] << 24 | (uint32_t)chunk[4 * t + 1] << 16 |
				       (uint32_t)chunk[4 * t + 2] << 8 | chunk[4 * t + 3];
			} else {
				s0 = rotated(w[t - 15], 7) ^ rotated(w[t - 15], 18) ^ w[t - 15] >> 3;
				s1 = rotated(w[t - 2], 17) ^ rotated(w[t - 2], 19) ^ w[t - 2] >> 10;
				w[t] = s1 + w[t - 7] + s0 + w[t - 16];
			}
			s1 = rotated(v[4], 6) ^ rotated(v[4], 11) ^ rotated(v[4], 25);
			t1 = v[7] + s1 + ((v[4] & v[5]) ^ (~v[4] & v[6])) + k[t] + w[t];
			s0 = rotated(v[0], 2) ^ rotated(v[0], 13) ^ rotated(v[0], 22);
			t2 = s0 + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
			memmove(v + 1, v, 7 * sizeof(v[0]));
			v[4] += t1;
			v[0] = t1 + t2;
		}
		for (unsigned i = 0; i < 8; i++)
			hash[i] += v[i];
	}
	for (unsigned i = 0; i < SHA256_SIZE; i++)
		digest_out[i] = (uint8_t)(hash[i / 4] >> (24 - i % 4 * 8));
}

static void is_hex(const char *want, const uint8_t *digest, const char *of)
{
	char hex[2 * SHA256_SIZE + 1];

	for (unsigned i = 0; i < SHA256_SIZE; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	ATF_CHECK_STREQ_MSG(want, hex, "%s: %s, not %s", of, hex, want);
}

/* What `yes WORD | head -c LEN` prints. */
static void fill(uint8_t *bytes, size_t len, const char *word)
{
	size_t period = strlen(word) + 1;

	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(i % period == period - 1 ? '\n' : word[i % period]);
}

CASE(the_reference_gives_the_digests_of_fips_180)
{
	const char *long_one = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
	uint8_t digest[SHA256_SIZE];

	plain_sha256((const uint8_t *)"abc", 3, digest);
	is_hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", digest, "abc");
	plain_sha256((const uint8_t *)long_one, strlen(long_one), digest);
	is_hex("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1", digest, "the long one");
}

CASE(every_way_gives_what_sha256sum_gives)
{
	/* (yes salt | head -c LEN; yes blobroot | head -c 4096) | sha256sum */
	static const struct {
		size_t salt_len;
		const char *want;
	} known[] = {
		{0, "022c52553ccb8d4f50dda4231a32a5981aebd8bb614262d622f47ca2844d338e"},
		{1, "b731ea212b0a430d495f420679390f42a2d6a0d61b3ca6e5632de87ec2850e89"},
		{32, "611ede9249b2b0db67f1661cc6ca59fb180e20c939efe62058739d6fe96c80db"},
		{55, "6e9ab825d38060d0c049b3e74031bae774dd41ff8d25fc730abf945de6f102e7"},
		{56, "38620a0bac78d587d14cb1ee58233e2e1a30d45a53b753ffe6819c7b8b916c39"},
		{64, "95eb7c4dc6444b5f56346db2b9d3b429868d82b16279d59feca46d78c494d770"},
		{256, "696240b991f8b0b2639109ea91dc44f4d81e4bd0a7bc6f1e9f36f609d04f52be"},
	};
	enum { COUNT = 16 };
	static uint8_t salt[SHA256_SALT_MAX], blocks[COUNT * BLOCK_SIZE], digests[COUNT][SHA256_SIZE];
	const struct sha256_kind *kind;

	fill(salt, sizeof(salt), "salt");
	for (unsigned i = 0; i < COUNT; i++)
		fill(blocks + i * BLOCK_SIZE, BLOCK_SIZE, "blobroot");
	for (size_t k = 0; (kind = sha256_kind_at(k)); k++)
		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
			sha256_kind_blocks(kind, salt, known[i].salt_len, blocks, 1, digests);
			is_hex(known[i].want, digests[0], sha256_kind_name(kind));
			sha256_kind_blocks(kind, salt, known[i].salt_len, blocks, COUNT, digests);
			is_hex(known[i].want, digests[COUNT - 1], sha256_kind_name(kind));
		}
}

/* Random blocks in memory of just that size, so that the sanitizer sees a byte too many, at an odd address. */
static void agree(size_t salt_len, size_t count)
{
	uint8_t want[COUNT_MAX][SHA256_SIZE], message[PLAIN_MAX];
	uint8_t *salt_memory = malloc(salt_len + 1), *block_memory = malloc(count * BLOCK_SIZE + 1);
	uint8_t *salt = salt_memory + 1, *blocks = block_memory + 1;
	uint8_t(*digests)[SHA256_SIZE] = malloc(count * SHA256_SIZE + !count);
	const struct sha256_kind *kind;

	for (size_t i = 0; i < salt_len; i++)
		salt[i] = (uint8_t)rand();
	for (size_t i = 0; i < count * BLOCK_SIZE; i++)
		blocks[i] = (uint8_t)rand();
	for (size_t i = 0; i < count; i++) {
		memcpy(message, salt, salt_len);
		memcpy(message + salt_len, blocks + i * BLOCK_SIZE, BLOCK_SIZE);
		plain_sha256(message, salt_len + BLOCK_SIZE, want[i]);
	}
	for (size_t k = 0; (kind = sha256_kind_at(k)); k++) {
		memset(digests, 0, count * SHA256_SIZE);
		sha256_kind_blocks(kind, salt_len ? salt : NULL, salt_len, blocks, count, digests);
		ATF_CHECK_MSG(memcmp(want, digests, count * SHA256_SIZE) == 0, "%s: salt of %zu, %zu blocks",
			      sha256_kind_name(kind), salt_len, count);
	}
	memset(digests, 0, count * SHA256_SIZE);
	sha256_blocks(salt, salt_len, blocks, count, digests);
	ATF_CHECK(memcmp(want, digests, count * SHA256_SIZE) == 0);
	free(salt_memory);
	free(block_memory);
	free(digests);
}

CASE(every_way_agrees_with_the_reference_whatever_the_salts_length_and_the_count)
{
	static const size_t salt_lens[] = {0, 1, 31, 32, 33, 55, 56, 63, 64, 65, 119, 120, 255, 256};
	static const size_t counts[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 15, 16, 17, 24, 26, COUNT_MAX};

	srand(1);
	for (size_t i = 0; i < sizeof(salt_lens) / sizeof(salt_lens[0]); i++)
		for (size_t j = 0; j < sizeof(counts) / sizeof(counts[0]); j++)
			agree(salt_lens[i], counts[j]);
}

static bool cpuinfo_has(const char *flag)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[8192], word[32];
	bool has = false;

	snprintf(word, sizeof(word), " %s ", flag);
	while (file && !has && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = ' ';
		has = strncmp(line, "flags", 5) == 0 && strstr(line, word);
	}
	if (file)
		fclose(file);
	return has;
}

CASE_ABOUT(the_fastest_way_that_the_kernel_sees_in_this_processor_is_taken,
	   "AVX-512, then SHA-NI, AVX2, generic")
{
	const char *want[6] = {NULL};
	size_t wanted = 0;

	if (cpuinfo_has("avx512f") && cpuinfo_has("sha_ni"))
		want[wanted++] = "AVX-512 and SHA-NI";
	if (cpuinfo_has("avx512f"))
		want[wanted++] = "AVX-512";
	if (cpuinfo_has("sha_ni"))
		want[wanted++] = "SHA-NI";
	if (cpuinfo_has("avx2"))
		want[wanted++] = "AVX2";
	want[wanted++] = "generic";
	for (size_t k = 0; k < wanted; k++) {
		ATF_REQUIRE_MSG(sha256_kind_at(k), "no %s", want[k]);
		ATF_CHECK_STREQ(want[k], sha256_kind_name(sha256_kind_at(k)));
	}
	ATF_CHECK(!sha256_kind_at(wanted));
	ATF_CHECK_STREQ(want[0], sha256_name());
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, the_reference_gives_the_digests_of_fips_180);
	ATF_TP_ADD_TC(tp, every_way_gives_what_sha256sum_gives);
	ATF_TP_ADD_TC(tp, every_way_agrees_with_the_reference_whatever_the_salts_length_and_the_count);
	ATF_TP_ADD_TC(tp, the_fastest_way_that_the_kernel_sees_in_this_processor_is_taken);
	return atf_no_error();
}
