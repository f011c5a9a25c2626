/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "trust/erofs_super.h"

static uint8_t head[EROFS_SUPER_END];
static struct erofs_super super;

static void put32(size_t at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		head[1024 + at + (size_t)i] = (uint8_t)(value >> (8 * i));
}

/* CRC-32C by its definition, most significant bit first on reflected bytes: not the daemon's way. */
static uint32_t crc32c(const uint8_t *at, size_t len)
{
	uint64_t crc = UINT32_MAX;

	for (size_t i = 0; i < len * 8; i++) {
		crc = crc << 1 ^ (uint64_t)(at[i / 8] >> i % 8 & 1) << 32;
		crc ^= crc >> 32 ? UINT64_C(0x11edc6f41) : 0;
	}
	uint32_t reflected = 0;
	for (int i = 0; i < 32; i++)
		reflected |= (uint32_t)(crc >> i & 1) << (31 - i);
	return reflected;
}

/* As mkfs.erofs writes it: offsets from fs/erofs/erofs_fs.h. */
static void make(uint32_t blocks)
{
	memset(head, 0, sizeof(head));
	put32(0, 0xe0f5e1e2);
	head[1024 + 12] = 12;
	put32(36, blocks);
}

static enum erofs_super_result decode(uint64_t image_size)
{
	return erofs_super_decode(head, sizeof(head), image_size, &super);
}

CASE(a_plain_image_is_fine)
{
	make(10);
	EQ(EROFS_SUPER_OK, decode(40960));
	EQ(40960u, super.size);
	EQ(4096u, super.block_size);
	EQ(0u, super.extra_devices);
	ATF_CHECK(!super.is_compressed);
	/* Padding behind the last block does no harm. */
	EQ(EROFS_SUPER_OK, decode(40960 + 4096));
}

CASE(a_truncated_image_says_how_much_is_missing)
{
	char buf[256];

	make(10);
	EQ(EROFS_SUPER_TRUNCATED, decode(36864));
	ATF_CHECK_STREQ("is truncated: 36864 bytes of the 40960 that its superblock says",
			erofs_super_explain(EROFS_SUPER_TRUNCATED, &super, 36864, buf, sizeof(buf)));
	/* Cut inside a block: that it is truncated matters more. */
	EQ(EROFS_SUPER_TRUNCATED, decode(40959));
}

CASE(a_size_that_is_no_multiple_of_the_block_is_refused)
{
	make(10);
	EQ(EROFS_SUPER_UNALIGNED, decode(40961));
}

CASE(what_is_no_image_is_told_from_a_short_one)
{
	char buf[256];

	make(1);
	put32(0, 0xe0f5e1e3);
	EQ(EROFS_SUPER_NO_MAGIC, decode(4096));
	make(1);
	for (size_t len = 0; len < EROFS_SUPER_LEAST; len += 37) {
		uint8_t *cut = malloc(len + !len);

		memcpy(cut, head, len);
		EQ(EROFS_SUPER_SHORT, erofs_super_decode(cut, len, len, &super));
		free(cut);
	}
	ATF_CHECK_STREQ("is not an EROFS image: only 100 bytes",
			erofs_super_explain(EROFS_SUPER_SHORT, &super, 100, buf, sizeof(buf)));
}

CASE(another_block_size_is_refused)
{
	for (int bits = 0; bits < 256; bits++) {
		make(1);
		head[1024 + 12] = (uint8_t)bits;
		EQ(bits == 12 ? EROFS_SUPER_OK : EROFS_SUPER_BLOCK_SIZE, decode(4096));
	}
}

CASE(the_largest_image_does_not_overflow)
{
	make(UINT32_MAX);
	EQ(EROFS_SUPER_TRUNCATED, decode(UINT32_MAX));
	EQ((uint64_t)UINT32_MAX * 4096, super.size);
	EQ(EROFS_SUPER_OK, decode((uint64_t)UINT32_MAX * 4096));
	EQ(EROFS_SUPER_TRUNCATED, decode(0));
}

CASE(devices_and_compression_are_seen)
{
	make(1);
	head[1024 + 86] = 2;
	head[1024 + 87] = 1;
	put32(80, 0x1);
	EQ(EROFS_SUPER_OK, decode(4096));
	ATF_CHECK(super.is_compressed);
	/* A number of devices without the feature means nothing. */
	EQ(0u, super.extra_devices);
	/* CHUNKED_FILE and DEVICE_TABLE are no compression. */
	put32(80, 0x4 | 0x8);
	EQ(EROFS_SUPER_OK, decode(4096));
	EQ(258u, super.extra_devices);
	EQ(0xcu, super.features);
	ATF_CHECK(!super.is_compressed);
	/* mkfs.erofs -Elegacy-compress: no feature says so, only how far LZ4 looks back. */
	make(1);
	head[1024 + 84] = 0xff;
	EQ(EROFS_SUPER_OK, decode(4096));
	ATF_CHECK(super.is_compressed);
}

CASE(devices_without_a_name_are_counted)
{
	make(1);
	put32(80, 0x8);
	head[1024 + 86] = 3;
	/* Slots of 128 bytes, at bytes 1152, 1280 and 1408. */
	head[1024 + 88] = 9;
	head[1280] = 'b';
	EQ(EROFS_SUPER_OK, decode(4096));
	EQ(2u, super.nameless);
	head[1152 + 63] = head[1408] = 'a';
	EQ(EROFS_SUPER_OK, decode(4096));
	EQ(0u, super.nameless);
	/* A table that is not in these bytes is not looked at. */
	head[1024 + 88] = head[1024 + 89] = 0xff;
	EQ(EROFS_SUPER_OK, decode(4096));
	EQ(0u, super.nameless);
	head[1024 + 88] = 31;
	head[1024 + 89] = 0;
	EQ(EROFS_SUPER_OK, decode(4096));
	EQ(1u, super.nameless);
}

CASE(an_index_of_a_tar_is_told_from_small_blocks)
{
	char buf[256];

	make(8);
	head[1024 + 12] = 9;
	EQ(EROFS_SUPER_BLOCK_SIZE, decode(4096));
	put32(80, 0x8);
	head[1024 + 86] = 1;
	EQ(EROFS_SUPER_TAR_INDEX, decode(4096));
	ATF_CHECK_STREQ(
		"is an index of a tar (mkfs.erofs --tar=i), which the kernel cannot read on demand: make a whole "
		"image of the tar, with --tar=f",
		erofs_super_explain(EROFS_SUPER_TAR_INDEX, &super, 4096, buf, sizeof(buf)));
}

CASE(a_wrong_checksum_is_seen_where_there_is_one)
{
	make(1);
	put32(4, 0x12345678);
	EQ(EROFS_SUPER_OK, decode(4096));
	put32(8, 0x1);
	EQ(EROFS_SUPER_CHECKSUM, decode(4096));
	put32(4, 0);
	put32(4, crc32c(head + 1024, 3072));
	EQ(EROFS_SUPER_OK, decode(4096));
	/* All of the block but its first 1024 bytes counts. */
	head[1023] ^= 1;
	EQ(EROFS_SUPER_OK, decode(4096));
	head[4095] ^= 1;
	EQ(EROFS_SUPER_CHECKSUM, decode(4096));
}

CASE(every_result_has_its_words)
{
	char buf[256];

	for (int result = EROFS_SUPER_OK; result <= EROFS_SUPER_TRUNCATED; result++)
		ATF_CHECK(strlen(erofs_super_explain((enum erofs_super_result)result, &super, UINT64_MAX, buf,
						     sizeof(buf))) > 1);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, a_plain_image_is_fine);
	ATF_TP_ADD_TC(tp, a_truncated_image_says_how_much_is_missing);
	ATF_TP_ADD_TC(tp, a_size_that_is_no_multiple_of_the_block_is_refused);
	ATF_TP_ADD_TC(tp, what_is_no_image_is_told_from_a_short_one);
	ATF_TP_ADD_TC(tp, another_block_size_is_refused);
	ATF_TP_ADD_TC(tp, the_largest_image_does_not_overflow);
	ATF_TP_ADD_TC(tp, devices_and_compression_are_seen);
	ATF_TP_ADD_TC(tp, devices_without_a_name_are_counted);
	ATF_TP_ADD_TC(tp, an_index_of_a_tar_is_told_from_small_blocks);
	ATF_TP_ADD_TC(tp, a_wrong_checksum_is_seen_where_there_is_one);
	ATF_TP_ADD_TC(tp, every_result_has_its_words);
	return atf_no_error();
}
