/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "base/limits.h"

static struct limits limits;
static char why[LIMITS_WHY_MAX], skipped[1024];

static void on_skipped(void *arg, unsigned line, const char *said)
{
	(void)arg;
	snprintf(skipped + strlen(skipped), sizeof(skipped) - strlen(skipped), "%u: %s\n", line, said);
}

static bool parse(const char *text)
{
	limits_defaults(&limits);
	skipped[0] = why[0] = '\0';
	return limits_parse(&limits, text, strlen(text), on_skipped, NULL, why);
}

static void refuses(const char *text, const char *said)
{
	ATF_CHECK(!parse(text));
	ATF_CHECK_STREQ(said, why);
}

CASE(the_words_of_cachefilesd_are_understood)
{
	ATF_CHECK(parse("# a comment\n\n\t brun 20%\nbcull  10% \r\nbstop 5%\nfrun 30%\nfcull 20%\nfstop 0%\n"
			"tag mycache\ndebug 7\nnocull"));
	EQ(20, limits.brun);
	EQ(10, limits.bcull);
	EQ(5, limits.bstop);
	EQ(30, limits.frun);
	EQ(20, limits.fcull);
	EQ(0, limits.fstop);
	EQ(7, limits.debug);
	ATF_CHECK(limits.is_nocull);
	ATF_CHECK_STREQ("mycache", limits.tag);
	ATF_CHECK_STREQ("", skipped);
	ATF_CHECK(parse(""));
	EQ(7, limits.brun);
	EQ(5, limits.bcull);
	EQ(1, limits.bstop);
	ATF_CHECK_STREQ("blobroot", limits.tag);
}

CASE(what_is_not_ours_to_honour_is_said_line_by_line)
{
	ATF_CHECK(parse("dir /var/cache/fscache\nculltable 12\nfoo bar\n"));
	ATF_CHECK_STREQ(
		"1: dir: rd.blob.cache= says where the store is: passed over\n"
		"2: culltable: whole images are deleted, so there is no table of files to keep: passed over\n"
		"3: foo: there is no such word: passed over\n",
		skipped);
	ATF_CHECK(parse("secctx system_u:system_r:cachefiles_kernel_t:s0\n"));
	ATF_CHECK(limits.has_secctx);
}

CASE(what_is_wrong_is_refused_with_its_line)
{
	static const char order[] = "bstop, bcull and brun must be in this order, each less than the next";

	refuses("brun 3%\n", order);
	refuses("bstop 5%\n", order);
	refuses("bcull 7%\n", order);
	refuses("frun 5%\n", "fstop, fcull and frun must be in this order, each less than the next");
	refuses("\nbrun 10\n", "line 2: brun 10: is no percentage below 100: write it as 7%");
	refuses("brun 100%\n", "line 1: brun 100%: is no percentage below 100: write it as 7%");
	refuses("brun -1%\n", "line 1: brun -1%: is no percentage below 100: write it as 7%");
	refuses("brun\n", "line 1: brun : is no percentage below 100: write it as 7%");
	refuses("tag a/b\n", "line 1: tag a/b: is no tag: letters, digits, _ . and -");
	refuses("debug x\n", "line 1: debug x: is no number");
	refuses("nocull yes\n", "line 1: nocull yes: takes no argument");
	refuses("secctx\n", "line 1: secctx : names no security context");
}

CASE(they_cross_an_exec)
{
	struct limits other;
	char text[LIMITS_TEXT_MAX];

	ATF_CHECK(parse("brun 20%\nbcull 10%\ntag x\nnocull\ndebug 3\n"));
	limits.most_kib = 123456789012;
	limits_format(&limits, text);
	ATF_CHECK(limits_take(&other, text));
	EQ(20, other.brun);
	EQ(10, other.bcull);
	EQ(1, other.bstop);
	EQ(7, other.frun);
	EQ(3, other.debug);
	ATF_CHECK(other.is_nocull);
	ATF_CHECK_STREQ("x", other.tag);
	EQ(123456789012, other.most_kib);
	ATF_CHECK(!limits_take(&other, ""));
	EQ(7, other.brun);
	ATF_CHECK(!limits_take(&other, "1 2 3 7 5 1 0 0 0 x"));
	ATF_CHECK(!limits_take(&other, "7 5 1 7 5 1 0 0 0 a/b"));
}

CASE(sizes_are_those_of_the_command_line)
{
	EQ(1, limits_kib("1024", 0));
	EQ(3, limits_kib("3k", 0));
	EQ(5 << 10, limits_kib("5M", 0));
	EQ(7 << 20, limits_kib("7g", 0));
	EQ(250, limits_kib("25%", 1000));
	EQ(UINT64_MAX, limits_kib("101%", 1000));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, the_words_of_cachefilesd_are_understood);
	ATF_TP_ADD_TC(tp, what_is_not_ours_to_honour_is_said_line_by_line);
	ATF_TP_ADD_TC(tp, what_is_wrong_is_refused_with_its_line);
	ATF_TP_ADD_TC(tp, they_cross_an_exec);
	ATF_TP_ADD_TC(tp, sizes_are_those_of_the_command_line);
	return atf_no_error();
}
