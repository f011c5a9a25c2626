/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "fetch/origin.h"

CASE(an_origin_is_scheme_host_and_port)
{
	ATF_CHECK(origin_is_same("https://a/x", "https://a/y?z"));
	ATF_CHECK(origin_is_same("https://a", "HTTPS://A:443/"));
	ATF_CHECK(origin_is_same("http://a:80/x", "http://a?x"));
	ATF_CHECK(origin_is_same("https://[fe80::1]:8443/x", "https://[FE80::1]:8443/y"));
	ATF_CHECK(!origin_is_same("https://a/x", "http://a/x"));
	ATF_CHECK(!origin_is_same("https://a/x", "https://a:8443/x"));
	ATF_CHECK(!origin_is_same("https://a/x", "https://a.b/x"));
	ATF_CHECK(!origin_is_same("https://a.b/x", "https://a/x"));
	ATF_CHECK(!origin_is_same("https://a/x", "https://b/x"));
	ATF_CHECK(!origin_is_same("http://a:443/x", "https://a/x"));
}

CASE(what_is_no_URL_of_ours_has_none)
{
	static const char *const none[] = {"",           "auto",         "ftp://a/",   "https://",
					   "https:///a", "https://u@a/", "https://[a", "https://[a]b",
					   "http://:80", "http://?a",    "https://[1]"};
	const char *host;

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		ATF_CHECK_MSG(!origin_is_same(none[i], none[i]), "%s", none[i]);
		ATF_CHECK_EQ_MSG(0u, origin_find_host(none[i], &host), "%s", none[i]);
	}
	/* Behind the host an @ is no user. */
	ATF_CHECK(origin_is_same("https://a/u@b", "https://a/"));
	ATF_CHECK(!origin_is_same("https://a/", "https://a@b/"));
}

CASE_ABOUT(what_libcurl_would_read_as_this_host_is_another_origin,
	   "a parser may be lenient, and who gets a password is asked here: the text has to be the same")
{
	static const char *const other[] = {
		"https://a\\@b/", "https://%61/", "https://a:0443/", "https:/a/",    "https:///a/",
		"https://a./",    "https://a;b/", " https://a/",     "https://a\t/", "https://a:443@b/"};

	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		ATF_CHECK_MSG(!origin_is_same("https://a/", other[i]), "%s", other[i]);
	ATF_CHECK(!origin_is_same("https://127.0.0.1/", "https://127.1/"));
}

CASE(a_host_is_found_without_port_and_brackets)
{
	const char *host;

	EQ(9u, origin_find_host("https://a.example:8443/x", &host));
	ATF_CHECK(strncmp(host, "a.example", 9) == 0);
	EQ(7u, origin_find_host("http://[fe80::1]/x", &host));
	ATF_CHECK(strncmp(host, "fe80::1", 7) == 0);
	ATF_CHECK(origin_is_https("HTTPS://a") && !origin_is_https("http://a") &&
		  !origin_is_https("https:/a"));
}

static const char *described(const char *url)
{
	static char text[32];

	origin_describe(url, text, sizeof(text));
	return text;
}

CASE(a_URL_in_a_message_has_no_secret_and_no_control_character)
{
	ATF_CHECK_STREQ("http://a:80/x/y", described("http://a:80/x/y"));
	ATF_CHECK_STREQ("https://a/x", described("https://a/x?token=s#part"));
	ATF_CHECK_STREQ("https://a", described("https://a?token=s"));
	ATF_CHECK_STREQ("http://a/x", described("http://user:p@ss@a/x"));
	ATF_CHECK_STREQ("http://a/u@b", described("http://a/u@b"));
	ATF_CHECK_STREQ("http://b??r/?[2J?", described("http://b\xc3\xa4r/\x1b[2J\n"));
	ATF_CHECK_STREQ("http://a/xxxxxxxxxxxxxxxxxxxxxx", described("http://a/xxxxxxxxxxxxxxxxxxxxxxxx"));
	ATF_CHECK_STREQ("", described(""));
	ATF_CHECK_STREQ("x", described("x?http://user:p@a/"));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, an_origin_is_scheme_host_and_port);
	ATF_TP_ADD_TC(tp, what_is_no_URL_of_ours_has_none);
	ATF_TP_ADD_TC(tp, what_libcurl_would_read_as_this_host_is_another_origin);
	ATF_TP_ADD_TC(tp, a_host_is_found_without_port_and_brackets);
	ATF_TP_ADD_TC(tp, a_URL_in_a_message_has_no_secret_and_no_control_character);
	return atf_no_error();
}
