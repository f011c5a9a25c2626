/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "base/mount_plan.h"

static struct mount_plan back;

CASE(a_plan_survives_a_line_of_text)
{
	static const struct mount_plan plans[] = {
		{.source = "none", .options = "fsid=blobroot-1,domain_id=d"},
		{.source = "/dev/vda", .options = "ro", .is_compressed = true},
		{.source = "none", .options = "x", .features = 0xfedcba98, .nameless = 1},
		{.source = "none", .options = "x", .is_compressed = true, .nameless = UINT16_MAX},
		{.source = "none", .options = "x", .kept = "0123:456"}};
	char text[700];

	for (int i = 0; i < 5; i++) {
		mount_plan_format(&plans[i], text, sizeof(text));
		ATF_REQUIRE(mount_plan_parse(text, &back));
		ATF_CHECK_STREQ(plans[i].source, back.source);
		ATF_CHECK_STREQ(plans[i].options, back.options);
		EQ(plans[i].is_compressed, back.is_compressed);
		EQ(plans[i].features, back.features);
		EQ(plans[i].nameless, back.nameless);
		ATF_CHECK_STREQ(plans[i].kept, back.kept);
	}
}

CASE(the_longest_plan_fits_its_text)
{
	struct mount_plan plan = {.is_compressed = true, .features = UINT32_MAX, .nameless = UINT16_MAX};
	char text[700];

	memset(plan.kept, 'k', sizeof(plan.kept) - 1);
	memset(plan.source, 's', sizeof(plan.source) - 1);
	memset(plan.options, 'o', sizeof(plan.options) - 1);
	mount_plan_format(&plan, text, sizeof(text));
	ATF_REQUIRE(mount_plan_parse(text, &back));
	EQ(0, memcmp(&plan, &back, sizeof(plan)));
}

CASE(it_may_end_in_a_newline)
{
	ATF_CHECK(mount_plan_parse("none\tfsid=x\t-\n", &back));
	ATF_CHECK(!back.is_compressed);
	ATF_CHECK(mount_plan_parse("none\tfsid=x\t-\t0000000c:00001\n", &back));
	EQ(0xcu, back.features);
}

/* Versions that know no features made and take the other three fields. */
CASE(a_plan_of_nothing_that_is_new_is_the_old_one)
{
	struct mount_plan plan = {.source = "none", .options = "fsid=x"};
	char text[600];

	mount_plan_format(&plan, text, sizeof(text));
	ATF_CHECK_STREQ("none\tfsid=x\t-", text);
	ATF_CHECK(mount_plan_parse("none\tfsid=x\tcompressed", &back));
	EQ(0u, back.features);
}

CASE(odd_text_is_no_plan)
{
	static const char *const texts[] = {"",
					    "\n",
					    "none",
					    "none\tx",
					    "none\t\t-",
					    "\tx\t-",
					    "none\tx\t",
					    "none\tx\ty",
					    "none\nx\t-",
					    "none\tx\n-",
					    "none\tx\tcompressedd",
					    "none\tx\t-\tc:1",
					    "none\tx\t-\t0000000C:00001",
					    "none\tx\t-\t0000000c:00001x",
					    "none\tx\t-\t0000000c:99999",
					    "none\tx\t-\t0000000c:00001\t\t",
					    "none\tx\t-\tkept",
					    "none\tx\taaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
	char text[1024];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		ATF_CHECK_MSG(!mount_plan_parse(texts[i], &back), "%zu: %s", i, texts[i]);
	snprintf(text, sizeof(text), "%0*d\tx\t-", (int)sizeof(back.source), 0);
	ATF_CHECK(!mount_plan_parse(text, &back));
	snprintf(text, sizeof(text), "x\t%0*d\t-", (int)sizeof(back.options), 0);
	ATF_CHECK(!mount_plan_parse(text, &back));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, a_plan_survives_a_line_of_text);
	ATF_TP_ADD_TC(tp, the_longest_plan_fits_its_text);
	ATF_TP_ADD_TC(tp, it_may_end_in_a_newline);
	ATF_TP_ADD_TC(tp, a_plan_of_nothing_that_is_new_is_the_old_one);
	ATF_TP_ADD_TC(tp, odd_text_is_no_plan);
	return atf_no_error();
}
