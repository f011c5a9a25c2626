/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "fake_tree.h"

/* Of data blocks and no salt, as veritysetup writes it. */
static void super_of(uint8_t super[VERITY_SUPER_SIZE], uint64_t data_blocks)
{
	memset(super, 0, VERITY_SUPER_SIZE);
	memcpy(super, "verity", 6);
	super[8] = super[12] = 1;
	memcpy(super + 32, "sha256", 6);
	super[65] = super[69] = 0x10;
	for (int i = 0; i < 8; i++)
		super[72 + i] = (uint8_t)(data_blocks >> 8 * i);
}

static const char roothash[] = "00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff";

static struct verity decode(uint64_t data_blocks)
{
	uint8_t super[VERITY_SUPER_SIZE];
	struct verity verity;

	super_of(super, data_blocks);
	MUST_EQ(VERITY_OK, verity_decode(super, sizeof(super), 0, roothash, &verity));
	return verity;
}

CASE(what_veritysetup_writes_is_read)
{
	uint8_t super[VERITY_SUPER_SIZE];
	struct verity verity;

	super_of(super, 300);
	super[80] = 3;
	memcpy(super + 88, "\x01\x02\x03\x04", 4);
	EQ(VERITY_OK, verity_decode(super, sizeof(super), 0, roothash, &verity));
	EQ(300u, verity.data_blocks);
	EQ(3u, verity.salt_len);
	EQ(0, memcmp(verity.salt, "\x01\x02\x03", 4));
	EQ(4096u, verity.start);
	EQ(0, memcmp(verity.root, "\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff", 16));
	EQ(0xffu, verity.root[31]);
}

CASE(hash_blocks_begin_at_the_next_whole_block_behind_the_superblock)
{
	static const uint64_t offs[][2] = {{0, 4096},    {512, 4096},      {3584, 4096}, {3585, 8192},
					   {4096, 8192}, {528384, 532480}, {1, 4096}};
	uint8_t super[VERITY_SUPER_SIZE];
	struct verity verity;

	super_of(super, 300);
	for (size_t i = 0; i < sizeof(offs) / sizeof(offs[0]); i++) {
		EQ(VERITY_OK, verity_decode(super, sizeof(super), offs[i][0], roothash, &verity));
		EQ(offs[i][1], verity.start);
	}
	EQ(VERITY_BLOCKS, verity_decode(super, sizeof(super), UINT64_MAX, roothash, &verity));
	EQ(VERITY_BLOCKS, verity_decode(super, sizeof(super), INT64_MAX, roothash, &verity));
	EQ(VERITY_OK, verity_decode(super, sizeof(super), INT64_MAX - 4608, roothash, &verity));
}

CASE(each_field_that_is_not_ours_has_words_of_its_own)
{
	static const struct {
		size_t at;
		uint8_t value;
		enum verity_result result;
		const char *why;
	} fields[] = {
		{0, 'V', VERITY_NO_SUPER,
		 "is no hash tree: no verity superblock is there (see veritysetup format; a tree behind "
		 "the image's data: rd.blob.verity=URL#OFFSET)"},
		{7, 1, VERITY_NO_SUPER, NULL},
		{8, 2, VERITY_VERSION, "the hash tree's superblock has version 2, and 1 is supported"},
		{11, 1, VERITY_VERSION,
		 "the hash tree's superblock has version 16777217, and 1 is supported"},
		{12, 0, VERITY_HASH_TYPE, "the hash tree has format 0, and 1 is supported"},
		{15, 9, VERITY_HASH_TYPE, NULL},
		{35, '5', VERITY_ALGORITHM, "the hash tree's algorithm is sha556, and sha256 is supported"},
		{38, '\n', VERITY_ALGORITHM, "the hash tree's algorithm is sha256?, and sha256 is supported"},
		{63, 'x', VERITY_ALGORITHM, NULL},
		{32, 0, VERITY_ALGORITHM, "the hash tree's algorithm is nameless, and sha256 is supported"},
		{65, 2, VERITY_BLOCK_SIZE,
		 "the hash tree has blocks of 4096 bytes over data blocks of 512, "
		 "and 4096 is supported for both"},
		{69, 4, VERITY_BLOCK_SIZE,
		 "the hash tree has blocks of 1024 bytes over data blocks of 4096, "
		 "and 4096 is supported for both"},
		{67, 1, VERITY_BLOCK_SIZE, NULL},
		{71, 1, VERITY_BLOCK_SIZE, NULL},
		{81, 2, VERITY_SALT, "the hash tree's salt has 512 bytes, and 256 are the most"},
		{72, 0, VERITY_BLOCKS, "the hash tree is over 0 blocks, and 1 to 2^35 are supported"},
		{77, 1, VERITY_BLOCKS,
		 "the hash tree is over 1099511627785 blocks, and 1 to 2^35 are supported"},
		{79, 0xff, VERITY_BLOCKS, NULL},
	};
	struct verity verity;
	char buf[256];

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		uint8_t super[VERITY_SUPER_SIZE];
		enum verity_result result;
		const char *why;

		super_of(super, 9);
		super[fields[i].at] = fields[i].value;
		result = verity_decode(super, sizeof(super), 0, roothash, &verity);
		ATF_CHECK_EQ_MSG(fields[i].result, result, "byte %zu: %d", fields[i].at, (int)result);
		why = verity_explain(result, super, sizeof(super), buf, sizeof(buf));
		if (fields[i].why)
			ATF_CHECK_STREQ(fields[i].why, why);
	}
}

CASE(bytes_that_mean_nothing_are_not_looked_at)
{
	uint8_t super[VERITY_SUPER_SIZE];
	struct verity verity;

	super_of(super, 9);
	memset(super + 16, 0xee, 16); /* UUID */
	memset(super + 82, 0xee, 6);
	memset(super + 88, 0xee, VERITY_SUPER_SIZE - 88);
	EQ(VERITY_OK, verity_decode(super, sizeof(super), 0, roothash, &verity));
	EQ(0u, verity.salt_len);
	for (size_t i = 0; i < sizeof(verity.salt); i++)
		ATF_REQUIRE_EQ(0, verity.salt[i]);
}

CASE(the_longest_salt_has_256_bytes)
{
	uint8_t super[VERITY_SUPER_SIZE];
	struct verity verity;

	super_of(super, 9);
	super[81] = 1;
	super[88 + 255] = 7;
	EQ(VERITY_OK, verity_decode(super, sizeof(super), 0, roothash, &verity));
	EQ(256u, verity.salt_len);
	EQ(7u, verity.salt[255]);
	super[80] = 1;
	EQ(VERITY_SALT, verity_decode(super, sizeof(super), 0, roothash, &verity));
}

CASE(what_is_cut_short_is_refused_at_every_length)
{
	struct verity verity;
	char buf[256];

	for (size_t len = 0; len < VERITY_SUPER_SIZE; len++) {
		uint8_t full[VERITY_SUPER_SIZE], *super = malloc(len + !len);

		ATF_REQUIRE(super != NULL);
		super_of(full, 9);
		memcpy(super, full, len);
		EQ(VERITY_SHORT, verity_decode(super, len, 0, roothash, &verity));
		verity_explain(VERITY_SHORT, super, len, buf, sizeof(buf));
		free(super);
	}
	ATF_CHECK_STREQ("is no hash tree: a verity superblock has 512 bytes, and there are 511", buf);
}

CASE(a_root_hash_is_64_digits)
{
	static const char *const bad[] = {"",
					  "00",
					  "00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeef",
					  "00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeefff",
					  "g0112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff",
					  "00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeef ",
					  "0x112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff"};
	uint8_t super[VERITY_SUPER_SIZE];
	struct verity verity;

	super_of(super, 9);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		EQ(VERITY_ROOT, verity_decode(super, sizeof(super), 0, bad[i], &verity));
	ATF_CHECK_STREQ("the root hash is not 64 hexadecimal digits",
			verity_explain(VERITY_ROOT, super, sizeof(super), NULL, 0));
	ATF_CHECK_STREQ("is fine", verity_explain(VERITY_OK, super, sizeof(super), NULL, 0));
}

/* By hand, and as `veritysetup format` has them where it can (hash blocks = bytes of its file / 4096 - 1). */
CASE(levels_and_their_places_are_the_known_ones)
{
	static const struct {
		uint64_t data_blocks;
		unsigned levels;
		uint64_t count[VERITY_LEVELS_MAX], first[VERITY_LEVELS_MAX], hash_blocks;
	} known[] = {
		{1, 0, {0}, {0}, 0},
		{2, 1, {1}, {0}, 1},
		{127, 1, {1}, {0}, 1},
		{128, 1, {1}, {0}, 1},
		{129, 2, {2, 1}, {1, 0}, 3},
		{16384, 2, {128, 1}, {1, 0}, 129},
		{16385, 3, {129, 2, 1}, {3, 1, 0}, 132},
		{2097152, 3, {16384, 128, 1}, {129, 1, 0}, 16513},
		{2097153, 4, {16385, 129, 2, 1}, {132, 3, 1, 0}, 16517},
		{UINT64_C(1) << 28, 4, {2097152, 16384, 128, 1}, {16513, 129, 1, 0}, 2113665},
		{UINT64_C(1) << 35,
		 5,
		 {268435456, 2097152, 16384, 128, 1},
		 {2113665, 16513, 129, 1, 0},
		 270549121},
	};
	uint8_t super[VERITY_SUPER_SIZE];
	struct verity verity;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		verity = decode(known[i].data_blocks);
		EQ(known[i].levels, verity.levels);
		EQ(known[i].hash_blocks, verity.hash_blocks);
		for (unsigned level = 0; level < verity.levels; level++) {
			EQ(known[i].count[level], verity.count[level]);
			EQ(known[i].first[level], verity.first[level]);
		}
	}
	super_of(super, (UINT64_C(1) << 35) + 1);
	EQ(VERITY_BLOCKS, verity_decode(super, sizeof(super), 0, roothash, &verity));
}

/* What holds between who is above and who is below, for every hash block of an image of that size. */
static void check_relations(uint64_t data_blocks)
{
	struct verity verity = decode(data_blocks);
	uint64_t covered[VERITY_LEVELS_MAX] = {0};

	for (uint64_t block = verity.hash_blocks; block-- > 0;) {
		unsigned level = verity_level(&verity, block), index;
		uint64_t begin, end, parent, parent_begin, parent_end;

		ATF_REQUIRE(verity.first[level] <= block &&
			    block < verity.first[level] + verity.count[level]);
		verity_below(&verity, block, &begin, &end);
		ATF_REQUIRE(begin < end && end <= data_blocks);
		covered[level] += end - begin;
		ATF_REQUIRE_EQ(block, verity_over(&verity, level, begin));
		ATF_REQUIRE_EQ(block, verity_over(&verity, level, end - 1));
		if (end < data_blocks)
			ATF_REQUIRE_EQ(block + 1, verity_over(&verity, level, end));
		if (!verity_parent(&verity, block, &parent, &index)) {
			ATF_REQUIRE_EQ(0u, block);
			continue;
		}
		ATF_REQUIRE(block > 0 && parent < block && index < VERITY_FANOUT);
		ATF_REQUIRE_EQ(level + 1, verity_level(&verity, parent));
		ATF_REQUIRE_EQ(parent, verity_over(&verity, level + 1, begin));
		verity_below(&verity, parent, &parent_begin, &parent_end);
		ATF_REQUIRE_EQ(begin, parent_begin + (index * UINT64_C(128) << 7 * level));
	}
	for (unsigned level = 0; level < verity.levels; level++)
		ATF_REQUIRE_EQ(data_blocks, covered[level]);
}

CASE(each_hash_block_is_over_what_its_parent_says)
{
	static const uint64_t large[] = {16384, 16385, 16511,   16512,   16513,
					 32768, 32769, 2097151, 2097152, 2097153};

	for (uint64_t size = 1; size <= 3000; size++)
		check_relations(size);
	for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++)
		check_relations(large[i]);
}

/* Fits exactly when zeros follow the digest that is there for each child. */
static void check_fit(const struct verity *verity, uint64_t block, unsigned children)
{
	uint8_t bytes[BLOCK_SIZE];

	memset(bytes, 0xaa, sizeof(bytes));
	ATF_CHECK_EQ(children == 128, verity_digests_fit(verity, block, bytes));
	memset(bytes + children * 32, 0, sizeof(bytes) - children * 32);
	ATF_CHECK(verity_digests_fit(verity, block, bytes));
	if (children == 128)
		return;
	bytes[children * 32] = 1;
	ATF_CHECK(!verity_digests_fit(verity, block, bytes));
	bytes[children * 32] = 0;
	bytes[4095] = 1;
	ATF_CHECK(!verity_digests_fit(verity, block, bytes));
}

CASE(zeros_must_follow_the_digests_of_the_children)
{
	struct verity verity = decode(300);

	check_fit(&verity, 0, 3);
	check_fit(&verity, 1, 128);
	check_fit(&verity, 2, 128);
	check_fit(&verity, 3, 44);
	verity = decode(16385);
	check_fit(&verity, 0, 2);
	check_fit(&verity, 1, 128);
	check_fit(&verity, 2, 1);
	check_fit(&verity, 130, 128);
	check_fit(&verity, 131, 1);
	verity = decode(128);
	check_fit(&verity, 0, 128);
}

CASE(what_the_keeper_remembers_comes_back_the_same)
{
	static const uint64_t sizes[] = {1, 300, 16385, UINT64_C(1) << 35};
	static const size_t salts[] = {0, 1, 8, 32, 256};

	for (size_t i = 0; i < 4; i++) {
		for (size_t k = 0; k < 5; k++) {
			uint8_t super[VERITY_SUPER_SIZE];
			struct verity verity, back;
			char text[VERITY_TEXT_MAX];

			super_of(super, sizes[i]);
			super[80] = (uint8_t)salts[k];
			super[81] = (uint8_t)(salts[k] >> 8);
			for (size_t at = 0; at < salts[k]; at++)
				super[88 + at] = (uint8_t)(at * 5 + 0xa0);
			MUST_EQ(VERITY_OK, verity_decode(super, sizeof(super), 8192 * i, roothash, &verity));
			verity_format(&verity, text);
			ATF_CHECK(strlen(text) < sizeof(text));
			memset(&back, 0x55, sizeof(back));
			ATF_CHECK(verity_parse(text, &back));
			EQ(0, memcmp(&verity, &back, sizeof(verity)));
		}
	}
}

#define ROOT "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

CASE(what_is_no_memory_of_ours_is_refused)
{
	static const char *const bad[] = {
		"",
		"300",
		"300\t",
		"300\t4096",
		"300\t4096\t",
		"300\t4096\t" ROOT "0",
		"300\t4096\t" ROOT "0g",
		"300\t4096\tz" ROOT,
		"\t4096\t" ROOT,
		" 300\t4096\t" ROOT,
		"-1\t4096\t" ROOT,
		"+1\t4096\t" ROOT,
		"0\t4096\t" ROOT,
		"34359738369\t4096\t" ROOT,
		"18446744073709551616\t4096\t" ROOT,
		"9223372036854775808\t4096\t" ROOT,
		"300\t4097\t" ROOT,
		"300\t-4096\t" ROOT,
		"300 4096 " ROOT,
		"300\t9223372036854775808\t" ROOT,
		"300\t0x1000\t" ROOT,
		"300\t4096\t" ROOT "\n",
		"300\t4096\tg0112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"};
	struct verity verity;
	char text[1024];

	ATF_CHECK(verity_parse("300\t4096\t" ROOT, &verity));
	EQ(0u, verity.salt_len);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ATF_CHECK_MSG(!verity_parse(bad[i], &verity), "\"%s\"", bad[i]);
	/* 256 bytes of salt and no more. */
	snprintf(text, sizeof(text), "300\t4096\t" ROOT "%0512d", 0);
	ATF_CHECK(verity_parse(text, &verity));
	snprintf(text, sizeof(text), "300\t4096\t" ROOT "%0514d", 0);
	ATF_CHECK(!verity_parse(text, &verity));
}

CASE(a_superblock_that_is_written_is_read_back)
{
	uint8_t super[VERITY_SUPER_SIZE];
	struct fake_tree fake;
	struct verity verity;

	fake_tree_build(&fake, 20000, 32);
	verity_encode(&fake.verity, super);
	EQ(0, memcmp(super, fake.file, sizeof(super)));
	EQ(VERITY_OK, verity_decode(super, sizeof(super), 0, fake.roothash, &verity));
	EQ(fake.verity.data_blocks, verity.data_blocks);
	EQ(fake.verity.hash_blocks, verity.hash_blocks);
	EQ(0, memcmp(fake.verity.salt, verity.salt, 32));
	fake_tree_free(&fake);
}

/*
 * The image is fake_byte(off): byte off is the highest byte of off * 0x9e3779b97f4a7c15 mod 2^64. Root hashes by
 *   veritysetup format [--salt=SALT] IMAGE IMAGE.verity     (cryptsetup 2.6.1; SALT is - for none)
 */
static void check_root(uint64_t data_blocks, size_t salt_len, const char *hash)
{
	struct fake_tree fake;
	char text[65];

	fake_tree_build(&fake, data_blocks, salt_len);
	for (int i = 0; i < 32; i++)
		snprintf(text + 2 * i, 3, "%02x", fake.verity.root[i]);
	ATF_CHECK_STREQ(hash, text);
	fake_tree_free(&fake);
}

CASE(trees_of_the_tests_have_the_root_hashes_of_veritysetup)
{
	check_root(1, 0, "d55c297f09bd4bbd0bb1152631bfb26ceceef19c88673f29139139da746b4244");
	check_root(2, 0, "1662bb17028a732bc4e81e65da5ca9f6c6b88496c12060d5fd873c6aa48a1d5a");
	check_root(129, 0, "4bec7902f49f6021497aaa2270913e313265a4309282c368a97aa1c2672eb91a");
	/* --salt=01080f161d242b32 */
	check_root(1, 8, "307f491eaf7e7f75b0b63ff419266e03d7be3b6e4c944676b0ecc2e4f930f559");
	check_root(129, 8, "527905c80b2f188c6094e850821e3223f93e8279eb2366a37eccb3dcd400e6b3");
}

CASE(whatever_decides_which_bytes_are_right_is_in_its_identity)
{
	struct verity one = {.data_blocks = 5, .salt_len = 2, .salt = {0xab, 0xcd}}, other;
	char text[VERITY_IDENTITY_MAX], again[VERITY_IDENTITY_MAX];

	memset(one.root, 0x11, sizeof(one.root));
	verity_identify(&one, text);
	ATF_CHECK_STREQ("1111111111111111111111111111111111111111111111111111111111111111:5:abcd", text);
	for (int i = 0; i < 3; i++) {
		other = one;
		if (i == 0)
			other.root[31] ^= 1;
		else if (i == 1)
			other.data_blocks = 4;
		else
			other.salt_len = 1;
		verity_identify(&other, again);
		ATF_CHECK(strcmp(text, again) != 0);
	}
	memset(&one, 0xff, sizeof(one));
	one.salt_len = SHA256_SALT_MAX;
	verity_identify(&one, text);
	EQ(64 + 1 + 20 + 1 + 2 * SHA256_SALT_MAX, strlen(text));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, whatever_decides_which_bytes_are_right_is_in_its_identity);
	ATF_TP_ADD_TC(tp, what_veritysetup_writes_is_read);
	ATF_TP_ADD_TC(tp, hash_blocks_begin_at_the_next_whole_block_behind_the_superblock);
	ATF_TP_ADD_TC(tp, each_field_that_is_not_ours_has_words_of_its_own);
	ATF_TP_ADD_TC(tp, bytes_that_mean_nothing_are_not_looked_at);
	ATF_TP_ADD_TC(tp, the_longest_salt_has_256_bytes);
	ATF_TP_ADD_TC(tp, what_is_cut_short_is_refused_at_every_length);
	ATF_TP_ADD_TC(tp, a_root_hash_is_64_digits);
	ATF_TP_ADD_TC(tp, levels_and_their_places_are_the_known_ones);
	ATF_TP_ADD_TC(tp, each_hash_block_is_over_what_its_parent_says);
	ATF_TP_ADD_TC(tp, zeros_must_follow_the_digests_of_the_children);
	ATF_TP_ADD_TC(tp, what_the_keeper_remembers_comes_back_the_same);
	ATF_TP_ADD_TC(tp, what_is_no_memory_of_ours_is_refused);
	ATF_TP_ADD_TC(tp, a_superblock_that_is_written_is_read_back);
	ATF_TP_ADD_TC(tp, trees_of_the_tests_have_the_root_hashes_of_veritysetup);
	return atf_no_error();
}
