/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "serve/profile.h"

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HEAD "blobroot-profile 1\nimage " HASH "\nblocks 1000\nweight 8\n"

static struct profile profile;
static unsigned line;

static enum profile_result parse(const char *text)
{
	/* Not a byte beyond its end is looked at: the sanitizer would see. */
	size_t len = strlen(text);
	char *copy = malloc(len ? len : 1);
	enum profile_result result;

	memcpy(copy, text, len);
	result = profile_parse(copy, len, HASH, 1000, &profile, &line);
	free(copy);
	return result;
}

static void refuses(enum profile_result want, unsigned want_line, const char *text)
{
	enum profile_result got = parse(text);

	ATF_CHECK_MSG(got == want, "%d, not %d: %s", (int)got, (int)want, text);
	EQ(want_line, line);
	ATF_CHECK(profile.extents == NULL && profile.count == 0);
}

CASE(extents_come_in_its_order)
{
	MUST_EQ(PROFILE_OK,
		parse(HEAD
		      "# a comment\n\n30 2 8 250 17# more\n10 990 1 0 -\nbegin 1\nmark 300 root\nahead 1 1 5\nend 4000\n"));
	MUST_EQ(2u, profile.count);
	EQ(8u, profile.weight);
	EQ(30u, profile.extents[0].first);
	EQ(2u, profile.extents[0].count);
	EQ(8u, profile.extents[0].weight);
	EQ(250u, profile.extents[0].ms);
	EQ(10u, profile.extents[1].first);
	EQ(990u, profile.extents[1].count);
	profile_fini(&profile);
	ATF_CHECK(profile.extents == NULL);
}

CASE(one_without_extents_is_one)
{
	EQ(PROFILE_OK, parse(HEAD "end 0\n"));
	EQ(0u, profile.count);
	profile_fini(&profile);
}

CASE(what_is_no_profile_or_of_another_version_is_refused)
{
	refuses(PROFILE_NOT_ONE, 0, "");
	refuses(PROFILE_NOT_ONE, 0, "blobroot-profile 1");
	refuses(PROFILE_NOT_ONE, 1, "<html>\n");
	refuses(PROFILE_NOT_ONE, 1, "blobroot-profile\n");
	refuses(PROFILE_VERSION, 1, "blobroot-profile 2\nimage " HASH "\n");
}

CASE(one_of_another_image_is_refused)
{
	refuses(PROFILE_OTHER_IMAGE, 2, "blobroot-profile 1\nimage " HASH "0\n");
	refuses(PROFILE_OTHER_IMAGE, 2, "blobroot-profile 1\nimage f" HASH "\n");
	refuses(PROFILE_OTHER_IMAGE, 3, "blobroot-profile 1\nimage " HASH "\nblocks 1001\n");
}

CASE(lines_that_make_no_sense_are_named)
{
	static const char *const heads[] = {"blobroot-profile 1\n", "blobroot-profile 1\nimage " HASH "\n",
					    "blobroot-profile 1\nimage " HASH "\nblocks 1000\n"};
	static const char *const lines[] = {
		"1 1 1 1",
		"1 1 1 1 1 1",
		"1 1 1 1 x",
		"-1 1 1 1 -",
		"1 0 1 1 -",
		"1 1 0 1 -",
		"1 1 9 1 -",
		"1 1 1 99999999999 -",
		"1 1 1 4294967296 -",
		"0x1 1 1 1 -",
		"end",
		"end x",
		"start 1",
		"\t1 1 1 1 -",
	};
	char text[512];

	for (unsigned i = 0; i < 3; i++) {
		snprintf(text, sizeof(text), "%snonsense 1\n", heads[i]);
		refuses(PROFILE_MALFORMED, i + 2, text);
	}
	refuses(PROFILE_MALFORMED, 4, "blobroot-profile 1\nimage " HASH "\nblocks 1000\nweight 0\n");
	for (unsigned i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		snprintf(text, sizeof(text), HEAD "7 1 1 1 -\n%s\nend 1\n", lines[i]);
		refuses(PROFILE_MALFORMED, 6, text);
	}
}

CASE(extents_beyond_the_image_or_more_than_it_has_are_refused)
{
	refuses(PROFILE_BEYOND, 5, HEAD "1000 1 1 1 -\nend 1\n");
	refuses(PROFILE_BEYOND, 5, HEAD "999 2 1 1 -\nend 1\n");
	refuses(PROFILE_BEYOND, 5, HEAD "4294967295 4294967295 1 1 -\nend 1\n");
	refuses(PROFILE_TOO_MUCH, 6, HEAD "0 999 1 1 -\n5 2 1 1 -\nend 1\n");
}

CASE(more_extents_than_it_may_have_are_refused)
{
	size_t len = strlen(HEAD), size = len + 16 * (PROFILE_EXTENTS_MAX + 2);
	char *text = malloc(size);
	uint64_t blocks = 100000;

	len = (size_t)snprintf(text, size, "blobroot-profile 1\nimage " HASH "\nblocks 100000\nweight 1\n");
	for (unsigned i = 0; i < PROFILE_EXTENTS_MAX; i++)
		len += (size_t)snprintf(text + len, size - len, "%u 1 1 1 -\n", i);
	memcpy(text + len, "end 1\n", 7);
	EQ(PROFILE_OK, profile_parse(text, len + 6, HASH, blocks, &profile, &line));
	EQ((unsigned)PROFILE_EXTENTS_MAX, profile.count);
	EQ(PROFILE_EXTENTS_MAX - 1u, profile.extents[PROFILE_EXTENTS_MAX - 1].first);
	profile_fini(&profile);
	snprintf(text + len, size - len, "1 1 1 1 -\nend 1\n");
	EQ(PROFILE_TOO_MUCH, profile_parse(text, len + 16, HASH, blocks, &profile, &line));
	free(text);
}

CASE(one_that_was_cut_is_refused)
{
	refuses(PROFILE_CUT, 5, HEAD "1 1 1 1 -\n");
	refuses(PROFILE_CUT, 5, HEAD "1 1 1 1 -\n2 1 1 1 -");
	refuses(PROFILE_CUT, 5, HEAD "1 1 1 1 -\nend 10");
	refuses(PROFILE_CUT, 4, HEAD);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, extents_come_in_its_order);
	ATF_TP_ADD_TC(tp, one_without_extents_is_one);
	ATF_TP_ADD_TC(tp, what_is_no_profile_or_of_another_version_is_refused);
	ATF_TP_ADD_TC(tp, one_of_another_image_is_refused);
	ATF_TP_ADD_TC(tp, lines_that_make_no_sense_are_named);
	ATF_TP_ADD_TC(tp, extents_beyond_the_image_or_more_than_it_has_are_refused);
	ATF_TP_ADD_TC(tp, more_extents_than_it_may_have_are_refused);
	ATF_TP_ADD_TC(tp, one_that_was_cut_is_refused);
	return atf_no_error();
}
