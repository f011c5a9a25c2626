/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "fetch/blob.h"
#include "fetch/mirror_name.h"
#include "fetch/blob_url.h"

#include <errno.h>

static char url[BLOB_URL_MAX];

static const char *sibling(const char *of, const char *key)
{
	int err = blob_url_sibling(of, key, url, sizeof(url));

	if (err)
		snprintf(url, sizeof(url), "%s", strerror(-err));
	return url;
}

CASE(a_sibling_stands_beside_the_image)
{
	ATF_CHECK_STREQ("http://h/d/data", sibling("http://h/d/x.erofs", "data"));
	ATF_CHECK_STREQ("http://h/data", sibling("http://h/x.erofs", "data"));
	ATF_CHECK_STREQ("http://h/d/data", sibling("http://h/d/", "data"));
	ATF_CHECK_STREQ("https://h:1/data", sibling("https://h:1", "data"));
}

CASE(the_query_of_the_image_is_not_the_siblings)
{
	ATF_CHECK_STREQ("http://h/d/data", sibling("http://h/d/x?token=1", "data"));
	ATF_CHECK_STREQ("http://h/d/data", sibling("http://h/d/x?a=b/c", "data"));
	ATF_CHECK_STREQ("http://h/data", sibling("http://h?v=1", "data"));
}

CASE_ABOUT(a_slash_in_the_query_is_no_path, "else the sibling's name becomes part of the host's")
{
	ATF_CHECK_STREQ("http://h/data", sibling("http://h?v=a/b", "data"));
}

CASE(a_key_cannot_leave_the_directory)
{
	static const char *const keys[] = {"",     ".",   "..",          ".hidden",
					   "../x", "a/b", "/etc/passwd", "a/../../b"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		ATF_CHECK_EQ_MSG(-EINVAL, blob_url_sibling("http://h/d/x", keys[i], url, sizeof(url)), "%s",
				 keys[i]);
}

CASE(a_key_is_quoted_as_a_path_segment)
{
	ATF_CHECK_STREQ("http://h/d/a%20b%3Fc%23d%25%26", sibling("http://h/d/x", "a b?c#d%&"));
	ATF_CHECK_STREQ("http://h/d/sha256%3Aab-_.~", sibling("http://h/d/x", "sha256:ab-_.~"));
	ATF_CHECK_STREQ("http://h/d/%C3%A4%5C", sibling("http://h/d/x", "\xc3\xa4\\"));
}

CASE(a_url_that_does_not_fit_is_an_error)
{
	char of[64] = "http://h/d/x", key[64];

	memset(key, '%', sizeof(key));
	key[63] = '\0';
	for (size_t size = 1; size < 210; size++) {
		char *out = malloc(size);
		int err = blob_url_sibling(of, key, out, size);

		ATF_CHECK(err == -ENAMETOOLONG || (err == 0 && strlen(out) < size));
		free(out);
	}
}

CASE(a_version_survives_a_line_of_text)
{
	static const struct version versions[] = {
		{.size = 0},
		{.size = INT64_MAX, .etag = "W/\"a b\""},
		{.size = 7, .last_modified = "Tue, 01 Jul 2025 00:00:00 GMT"},
		{.size = 4096, .etag = "\"\"", .last_modified = "x"}};
	char text[VERSION_TEXT_MAX];
	struct version full, back;

	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		version_format(&versions[i], text);
		ATF_REQUIRE(version_parse(text, &back));
		EQ(0, memcmp(&versions[i], &back, sizeof(back)));
	}
	memset(&full, 'v', sizeof(full));
	full.size = INT64_MAX;
	full.etag[VERSION_VALIDATOR_MAX - 1] = full.last_modified[VERSION_VALIDATOR_MAX - 1] = '\0';
	version_format(&full, text);
	ATF_REQUIRE(version_parse(text, &back));
	EQ(0, memcmp(&full, &back, sizeof(back)));
}

CASE(odd_text_is_no_version)
{
	static const char *const texts[] = {"",
					    "1",
					    "1\t",
					    "\t\t",
					    "x\t\t",
					    "-1\t\t",
					    " 1\t\t",
					    "+1\t\t",
					    "1x\t\t",
					    "0x1\t\t",
					    "9223372036854775808\t\t",
					    "99999999999999999999\t\t"};
	char text[512];
	struct version version;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		ATF_CHECK_MSG(!version_parse(texts[i], &version), "%s", texts[i]);
	snprintf(text, sizeof(text), "1\t%0*d\t", VERSION_VALIDATOR_MAX, 0);
	ATF_CHECK(!version_parse(text, &version));
	snprintf(text, sizeof(text), "1\t\t%0*d", VERSION_VALIDATOR_MAX, 0);
	ATF_CHECK(!version_parse(text, &version));
}

CASE(mirrors_are_named_for_messages)
{
	char text[64], tight[14];
	struct blob blob;

	MUST_EQ(0, blob_init(&blob, NULL, NULL, "http://m0/x"));
	MUST_EQ(0, blob_add_mirror(&blob, "http://m1/x"));
	MUST_EQ(0, blob_add_mirror(&blob, "http://m2/x"));
	mirror_name_list(blob.mirrors, blob.mirror_count, 5, text, sizeof(text));
	ATF_CHECK_STREQ("http://m0/x, http://m2/x", text);
	mirror_name_list(blob.mirrors, blob.mirror_count, 0, text, sizeof(text));
	ATF_CHECK_STREQ("", text);
	mirror_name_list(blob.mirrors, blob.mirror_count, 7, tight, sizeof(tight));
	ATF_CHECK_STREQ("http://m0/x, ", tight);
	blob_fini(&blob);
}

CASE(companions_stand_behind_the_path)
{
	char short_url[64];

	EQ(0, blob_url_companion("http://h/a/b.erofs", ".verity", short_url, sizeof(short_url)));
	ATF_CHECK_STREQ("http://h/a/b.erofs.verity", short_url);
	EQ(0, blob_url_companion("http://h/b?token=a/b?c", ".roothash.p7s", short_url, sizeof(short_url)));
	ATF_CHECK_STREQ("http://h/b.roothash.p7s?token=a/b?c", short_url);
	EQ(0, blob_url_companion("http://h/b?q", "", short_url, sizeof(short_url)));
	ATF_CHECK_STREQ("http://h/b?q", short_url);
	/* RFC 3986, 6.2.3: no path is the path "/". Without it the suffix would be part of the host's name. */
	EQ(0, blob_url_companion("http://h", ".verity", short_url, sizeof(short_url)));
	ATF_CHECK_STREQ("http://h/.verity", short_url);
	EQ(0, blob_url_companion("https://h:8443?a=b/c", ".roothash", short_url, sizeof(short_url)));
	ATF_CHECK_STREQ("https://h:8443/.roothash?a=b/c", short_url);
	EQ(0, blob_url_companion("http://h", "", short_url, sizeof(short_url)));
	ATF_CHECK_STREQ("http://h", short_url);
	EQ(0, blob_url_companion("http://h/b", ".verity", short_url, 18));
	EQ(-ENAMETOOLONG, blob_url_companion("http://h/b", ".verity", short_url, 17));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, a_sibling_stands_beside_the_image);
	ATF_TP_ADD_TC(tp, the_query_of_the_image_is_not_the_siblings);
	ATF_TP_ADD_TC(tp, a_slash_in_the_query_is_no_path);
	ATF_TP_ADD_TC(tp, a_key_cannot_leave_the_directory);
	ATF_TP_ADD_TC(tp, a_key_is_quoted_as_a_path_segment);
	ATF_TP_ADD_TC(tp, a_url_that_does_not_fit_is_an_error);
	ATF_TP_ADD_TC(tp, a_version_survives_a_line_of_text);
	ATF_TP_ADD_TC(tp, odd_text_is_no_version);
	ATF_TP_ADD_TC(tp, mirrors_are_named_for_messages);
	ATF_TP_ADD_TC(tp, companions_stand_behind_the_path);
	return atf_no_error();
}
