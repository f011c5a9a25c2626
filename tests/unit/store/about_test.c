/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "store/about.h"

#define GOOD "blobroot-store=1\nbooted=17\nurl=http://server/x.erofs\n"

CASE(what_is_written_is_read_back)
{
	struct about about = {.booted = 17, .url = "http://server/x.erofs"}, other;
	char text[ABOUT_MAX];
	size_t len = about_format(&about, text);

	ATF_CHECK_STREQ(GOOD, text);
	EQ(strlen(GOOD), len);
	ATF_CHECK(about_parse(text, len, &other));
	EQ(17, other.booted);
	ATF_CHECK_STREQ(about.url, other.url);
	memset(about.url, 'u', sizeof(about.url) - 1);
	about.url[sizeof(about.url) - 1] = '\0';
	about.booted = ABOUT_BOOTED_MAX;
	len = about_format(&about, text);
	ATF_CHECK(len < ABOUT_MAX);
	ATF_CHECK(about_parse(text, len, &other));
	EQ(about.booted, other.booted);
	ATF_CHECK_STREQ(about.url, other.url);
}

CASE(what_we_cannot_have_written_says_nothing)
{
	static const char *const bad[] = {"",
					  "\n",
					  "blobroot-store=2\nbooted=17\nurl=http://x\n",
					  "blobroot-store=0\nbooted=17\nurl=http://x\n",
					  "blobroot-store=1\nurl=http://x\nbooted=17\n",
					  "blobroot-store=1\nbooted=\nurl=http://x\n",
					  "blobroot-store=1\nbooted=017\nurl=http://x\n",
					  "blobroot-store=1\nbooted=-1\nurl=http://x\n",
					  "blobroot-store=1\nbooted=100000000000000000\nurl=http://x\n",
					  "blobroot-store=1\nbooted=17\nurl=\n",
					  "blobroot-store=1\nbooted=17\nurl=http://x y\n",
					  "blobroot-store=1\nbooted=17\nurl=http://x\x1b\n",
					  GOOD "\n",
					  GOOD "more=1\n"};
	struct about about;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		ATF_CHECK_MSG(!about_parse(bad[i], strlen(bad[i]), &about), "%s", bad[i]);
		EQ(0, about.booted);
		EQ(0, about.url[0]);
	}
	for (size_t len = 0; len < strlen(GOOD); len++)
		ATF_CHECK(!about_parse(GOOD, len, &about));
	ATF_CHECK(!about_parse(GOOD, strlen(GOOD) + 1, &about));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, what_is_written_is_read_back);
	ATF_TP_ADD_TC(tp, what_we_cannot_have_written_says_nothing);
	return atf_no_error();
}
