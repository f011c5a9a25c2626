/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "base/cmdline.h"

#include <ctype.h>

static struct config config;

static enum cmdline_result take(const char *name, const char *value)
{
	char word[CMDLINE_WORD_MAX];

	snprintf(word, sizeof(word), "rd.blob.%s%s", name, value);
	return cmdline_take_word(&config, word);
}

CASE(a_cache_is_memory_or_a_device)
{
	static const char *const good[] = {"ram",         "ram:512m",   "ram:50%",           "ram:1073741824",
					   "LABEL=cache", "UUID=1-2-3", "/dev/disk/by-id/x", "ram:2G"};
	static const char *const bad[] = {
		"",        "rom",      "ramdisk", "LABEL=",      "/dev/",     "/dev/../etc/x",
		"LABEL='", "/dev/a;b", "none",    "/etc/passwd", "/dev/a\xc3"};
	static const char *const bad_size[] = {"ram:",   "ram:m",   "ram:1t",           "ram:1mm",
					       "ram:-1", "ram:1 m", "ram:1234567890123"};

	cmdline_defaults(&config);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ATF_CHECK_EQ_MSG(CMDLINE_OK, take("cache=", good[i]), "%s", good[i]);
		ATF_CHECK_STREQ(good[i], config.cache);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ATF_CHECK_EQ_MSG(CMDLINE_BAD_CACHE, take("cache=", bad[i]), "%s", bad[i]);
	for (size_t i = 0; i < sizeof(bad_size) / sizeof(bad_size[0]); i++)
		ATF_CHECK_EQ_MSG(CMDLINE_BAD_SIZE, take("cache=", bad_size[i]), "%s", bad_size[i]);
	ATF_CHECK_STREQ("ram:2G", config.cache);
}

CASE(an_overlay_may_be_none)
{
	cmdline_defaults(&config);
	EQ(CMDLINE_OK, take("overlay=", "none"));
	ATF_CHECK_STREQ("none", config.overlay);
	EQ(CMDLINE_OK, take("overlay=", "tmpfs:10%"));
	EQ(CMDLINE_BAD_OVERLAY, take("overlay=", "ram"));
	EQ(CMDLINE_BAD_OVERLAY, take("overlay=", "none:1"));
	EQ(CMDLINE_BAD_SIZE, take("overlay=", "tmpfs:x"));
}

CASE(a_certificate_is_an_absolute_path)
{
	static const char *const bad[] = {"",         "/",        "c.pem", "etc/c.pem", "/etc/../c.pem",
					  "/etc/c d", "/etc/c;d", "/c'",   "/\xc3"};

	cmdline_defaults(&config);
	ATF_CHECK(!config.cert[0] && !config.key[0]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ATF_CHECK_EQ_MSG(CMDLINE_BAD_PATH, take("cert=", bad[i]), "%s", bad[i]);
		ATF_CHECK_EQ_MSG(CMDLINE_BAD_PATH, take("key=", bad[i]), "%s", bad[i]);
	}
	EQ(CMDLINE_OK, cmdline_take_word(&config, "root=blob:https://a/x"));
	EQ(CMDLINE_OK, take("key=", "/etc/blobroot/k-1_2.pem"));
	EQ(CMDLINE_KEY_ALONE, cmdline_check(&config));
	EQ(CMDLINE_OK, take("cert=", "/etc/blobroot/c.pem"));
	EQ(CMDLINE_OK, cmdline_check(&config));
	ATF_CHECK_STREQ("/etc/blobroot/c.pem", config.cert);
	ATF_CHECK_STREQ("/etc/blobroot/k-1_2.pem", config.key);
}

CASE(a_value_that_does_not_fit_is_too_long)
{
	char value[CMDLINE_VALUE_MAX + 16] = "LABEL=";

	cmdline_defaults(&config);
	memset(value + 6, 'x', CMDLINE_VALUE_MAX - 7);
	EQ(CMDLINE_OK, take("cache=", value));
	memset(value + 6, 'x', CMDLINE_VALUE_MAX - 6);
	EQ(CMDLINE_TOO_LONG, take("cache=", value));
}

CASE(a_timeout_is_at_most_a_day)
{
	static const char *const bad[] = {"",   "-1",  "86401", "1s", "1.5", "99999999999999999999",
					  " 1", "0x10"};

	cmdline_defaults(&config);
	EQ(CMDLINE_OK, take("timeout=", "86400"));
	EQ(86400, config.timeout_s);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ATF_CHECK_EQ_MSG(CMDLINE_BAD_TIMEOUT, take("timeout=", bad[i]), "%s", bad[i]);
	EQ(CMDLINE_OK, take("timeout=", "0"));
	EQ(0, config.timeout_s);
}

CASE(a_rate_is_off_or_bytes_a_second)
{
	static const struct {
		const char *value;
		uint64_t rate;
	} good[] = {{"1", 1},
		    {"64k", 65536},
		    {"64K", 65536},
		    {"2m", 2 << 20},
		    {"2M", 2 << 20},
		    {"1g", 1 << 30},
		    {"999999999G", UINT64_C(999999999) << 30},
		    {"off", 0}};
	static const char *const bad[] = {"",  "0",   "000", "0m",  "1mm",  "1%",  "-1", "on",
					  "m", "1.5", "Off", "1 m", "offf", "1k1", "1t", "1000000000"};

	cmdline_defaults(&config);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ATF_CHECK_EQ_MSG(CMDLINE_OK, take("complete=", good[i].value), "%s", good[i].value);
		EQ(good[i].rate, config.complete_rate);
	}
	EQ(CMDLINE_OK, take("complete=", "7k"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ATF_CHECK_EQ_MSG(CMDLINE_BAD_RATE, take("complete=", bad[i]), "%s", bad[i]);
	EQ(7168u, config.complete_rate);
}

CASE(insecure_stands_alone_or_is_0_or_1)
{
	cmdline_defaults(&config);
	EQ(CMDLINE_OK, take("insecure", ""));
	ATF_CHECK(config.is_insecure);
	EQ(CMDLINE_OK, take("insecure", "=0"));
	ATF_CHECK(!config.is_insecure);
	EQ(CMDLINE_BAD_INSECURE, take("insecure", "="));
	EQ(CMDLINE_BAD_INSECURE, take("insecure", "=yes"));
	ATF_CHECK(!config.is_insecure);
	EQ(CMDLINE_OK, take("insecure", "=1"));
	ATF_CHECK(config.is_insecure);
}

CASE(transport_and_profile_are_of_a_few_words)
{
	cmdline_defaults(&config);
	EQ(CMDLINE_OK, take("transport=", "fuse"));
	ATF_CHECK_STREQ("fuse", config.transport);
	EQ(CMDLINE_BAD_TRANSPORT, take("transport=", "NBD"));
	EQ(CMDLINE_OK, take("transport=", "cachefiles"));
	ATF_CHECK_STREQ("cachefiles", config.transport);
	EQ(CMDLINE_OK, take("profile=", "none"));
	EQ(CMDLINE_OK, take("profile=", "http://h/p"));
	EQ(CMDLINE_BAD_PROFILE, take("profile=", "p"));
	EQ(CMDLINE_BAD_PROFILE, take("profile=", "http://u@h/p"));
	ATF_CHECK_STREQ("http://h/p", config.profile);
}

CASE(quotes_keep_white_space_in_a_word)
{
	const char *text = "  a\tb=\"c d\" \"e f\"=g\n\"open end";
	char word[CMDLINE_WORD_MAX];
	static const char *const want[] = {"a", "b=c d", "e f=g", "open end"};

	for (int i = 0; i < 4; i++) {
		ATF_REQUIRE(cmdline_next_word(&text, word));
		ATF_CHECK_STREQ(want[i], word);
	}
	ATF_CHECK(!cmdline_next_word(&text, word));
	ATF_CHECK(!cmdline_next_word(&text, word));
}

CASE(a_word_too_long_for_the_buffer_is_refused)
{
	static char text[3 * CMDLINE_WORD_MAX], word[CMDLINE_WORD_MAX];
	const char *at = text;

	memset(text, 'x', sizeof(text) - 1);
	memcpy(text, "rd.blob.cache=LABEL=", 20);
	memcpy(text + 2 * CMDLINE_WORD_MAX, " quiet ", 7);
	cmdline_defaults(&config);
	ATF_REQUIRE(cmdline_next_word(&at, word));
	EQ(CMDLINE_WORD_MAX - 1, strlen(word));
	EQ(CMDLINE_TOO_LONG, cmdline_take_word(&config, word));
	ATF_REQUIRE(cmdline_next_word(&at, word));
	ATF_CHECK_STREQ("quiet", word);
}

CASE(every_result_has_its_words)
{
	for (int result = CMDLINE_OK; result <= CMDLINE_KEY_ALONE; result++)
		ATF_CHECK(cmdline_explain((enum cmdline_result)result) != NULL);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, a_cache_is_memory_or_a_device);
	ATF_TP_ADD_TC(tp, an_overlay_may_be_none);
	ATF_TP_ADD_TC(tp, a_certificate_is_an_absolute_path);
	ATF_TP_ADD_TC(tp, a_value_that_does_not_fit_is_too_long);
	ATF_TP_ADD_TC(tp, a_timeout_is_at_most_a_day);
	ATF_TP_ADD_TC(tp, a_rate_is_off_or_bytes_a_second);
	ATF_TP_ADD_TC(tp, insecure_stands_alone_or_is_0_or_1);
	ATF_TP_ADD_TC(tp, transport_and_profile_are_of_a_few_words);
	ATF_TP_ADD_TC(tp, quotes_keep_white_space_in_a_word);
	ATF_TP_ADD_TC(tp, a_word_too_long_for_the_buffer_is_refused);
	ATF_TP_ADD_TC(tp, every_result_has_its_words);
	return atf_no_error();
}
