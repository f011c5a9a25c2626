/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "transport/erofs_features.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char names[128];

static void has(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "features/%s", name);
	close(open(path, O_CREAT | O_WRONLY, 0600));
}

CASE(what_the_kernel_does_not_know_is_named)
{
	MUST_EQ(0, mkdir("features", 0700));
	has("compr_cfgs");
	has("fragments");
	ATF_CHECK(!erofs_features_missing(0x1 | 0x2 | 0x20, "features", names, sizeof(names)));
	ATF_CHECK_STREQ("", names);
	ATF_CHECK(erofs_features_missing(0x2 | 0x4 | 0x80 | 0x100 | 0x80000200, "features", names,
					 sizeof(names)));
	ATF_CHECK_STREQ("chunked_file, 48bit, metabox, feature 0x200, feature 0x80000000", names);
}

CASE(a_kernel_that_tells_nothing_is_not_said_to_lack_anything)
{
	ATF_CHECK(!erofs_features_missing(UINT32_MAX, "features", names, sizeof(names)));
}

CASE(names_are_cut_to_their_room)
{
	MUST_EQ(0, mkdir("features", 0700));
	ATF_CHECK(erofs_features_missing(UINT32_MAX, "features", names, 20));
	ATF_CHECK_STREQ("compr_cfgs, chunked", names);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, what_the_kernel_does_not_know_is_named);
	ATF_TP_ADD_TC(tp, a_kernel_that_tells_nothing_is_not_said_to_lack_anything);
	ATF_TP_ADD_TC(tp, names_are_cut_to_their_room);
	return atf_no_error();
}
