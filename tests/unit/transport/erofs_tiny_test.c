/* SPDX-License-Identifier: MIT */
/* The image that the probe serves is what stock tools take for one. */
#include "unit.h"

#include "transport/erofs_tiny.h"
#include "trust/erofs_super.h"

static uint8_t image[EROFS_TINY_SIZE];

CASE(it_is_an_image_that_we_would_serve)
{
	struct erofs_super super;

	erofs_tiny_make(image);
	EQ(EROFS_SUPER_OK, erofs_super_decode(image, sizeof(image), sizeof(image), &super));
	EQ(0u, super.features);
	EQ(0, super.is_compressed);
}

CASE(stock_tools_find_its_file)
{
	FILE *file = fopen("image", "w");
	size_t wrote;

	erofs_tiny_make(image);
	ATF_REQUIRE(file != NULL);
	wrote = fwrite(image, 1, sizeof(image), file);
	ATF_REQUIRE(fclose(file) == 0 && wrote == sizeof(image));
	EQ(0, system("fsck.erofs image >fsck 2>&1"));
	EQ(0, system("dump.erofs --ls --path=/ image | grep -q ' 1  " EROFS_TINY_FILE "$'"));
}

CASE(no_byte_of_the_file_is_what_a_fault_would_show)
{
	erofs_tiny_make(image);
	ATF_CHECK(!memchr(image + EROFS_TINY_FILE_OFF, 0, EROFS_TINY_FILE_SIZE));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, it_is_an_image_that_we_would_serve);
	ATF_TP_ADD_TC(tp, stock_tools_find_its_file);
	ATF_TP_ADD_TC(tp, no_byte_of_the_file_is_what_a_fault_would_show);
	return atf_no_error();
}
