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
	for (size_t len = 0; len < sizeof(head); len += 37) {
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
	EQ(258u, super.extra_devices);
	ATF_CHECK(super.is_compressed);
	/* CHUNKED_FILE and DEVICE_TABLE are no compression. */
	put32(80, 0x4 | 0x8);
	EQ(EROFS_SUPER_OK, decode(4096));
	ATF_CHECK(!super.is_compressed);
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
	ATF_TP_ADD_TC(tp, every_result_has_its_words);
	return atf_no_error();
}
