/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "base/cmdline.h"

static struct config config;

static enum cmdline_result take(const char *word)
{
	return cmdline_take_word(&config, word);
}

CASE(the_defaults_are_those_of_the_contract)
{
	cmdline_defaults(&config);
	ATF_CHECK_STREQ("", config.cache);
	ATF_CHECK_STREQ("tmpfs", config.overlay);
	ATF_CHECK_STREQ("auto", config.profile);
	ATF_CHECK_STREQ("auto", config.transport);
	ATF_CHECK(config.timeout_s == 0 && config.contact_s == 0 && !config.is_insecure);
	EQ(0u, config.complete_rate);
	ATF_CHECK(!config.url[0] && !config.roothash[0] && !config.verity_url[0] && !config.mirror_count);
	EQ(CMDLINE_NO_ROOT, cmdline_check(&config));
}

CASE(words_of_others_are_passed_over)
{
	cmdline_defaults(&config);
	EQ(CMDLINE_OK, take("quiet"));
	EQ(CMDLINE_OK, take("rd.debug"));
	EQ(CMDLINE_OK, take("rd.blobs=x"));
	EQ(CMDLINE_OK, take(""));
	EQ(CMDLINE_OK, take("ip=dhcp"));
	EQ(CMDLINE_NO_ROOT, cmdline_check(&config));
}

CASE(a_typo_is_an_error)
{
	static const char *const words[] = {"rd.blob.",           "rd.blob.cach=ram",  "rd.blob.cache",
					    "rd.blob.insecurely", "rd.blob.Timeout=1", "rd.blob.root=x",
					    "rd.blob.mirror"};

	cmdline_defaults(&config);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		ATF_CHECK_EQ_MSG(CMDLINE_UNKNOWN, take(words[i]), "%s", words[i]);
}

CASE(the_last_root_wins_also_one_of_another_kind)
{
	cmdline_defaults(&config);
	EQ(CMDLINE_OK, take("root=blob:http://a/x.erofs"));
	EQ(CMDLINE_OK, take("root=blob:https://[fe80::1]:8443/y.erofs?v=1"));
	ATF_CHECK_STREQ("https://[fe80::1]:8443/y.erofs?v=1", config.url);
	EQ(CMDLINE_OK, cmdline_check(&config));
	EQ(CMDLINE_OK, take("root=/dev/sda1"));
	EQ(CMDLINE_NO_ROOT, cmdline_check(&config));
}

CASE(what_is_no_url_is_refused)
{
	static const char *const urls[] = {"",
					   "http://",
					   "http:///x",
					   "ftp://a/x",
					   "http//a/x",
					   "http://a/x y",
					   "http://a/x'y",
					   "http://a/x\ny",
					   "http://a/x#y",
					   "http://a/`id`",
					   "http://a/\"",
					   "http://:80/x",
					   "http://a\\b@c/",
					   "http://?q",
					   "HTTP://a/x\x7f"};
	char word[256];

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		cmdline_defaults(&config);
		snprintf(word, sizeof(word), "root=blob:%s", urls[i]);
		ATF_CHECK_EQ_MSG(CMDLINE_BAD_URL, take(word), "%s", urls[i]);
		ATF_CHECK_STREQ("", config.url);
	}
	EQ(CMDLINE_URL_HAS_USER, take("root=blob:http://user:pw@host/x"));
	EQ(CMDLINE_OK, take("root=blob:http://host/a@b"));
}

CASE(a_url_that_does_not_fit_is_too_long)
{
	static char word[CMDLINE_URL_MAX + 64];
	int head = snprintf(word, sizeof(word), "root=blob:http://a/");
	int prefix = (int)strlen("root=blob:");

	cmdline_defaults(&config);
	memset(word + head, 'x', (size_t)(CMDLINE_URL_MAX - 1 - (head - prefix)));
	EQ(CMDLINE_OK, take(word));
	EQ(CMDLINE_URL_MAX - 1, strlen(config.url));
	strcat(word, "x");
	EQ(CMDLINE_TOO_LONG, take(word));
}

CASE(a_root_hash_is_64_hex_digits)
{
	char word[128] = "rd.blob.roothash=";
	size_t head = strlen(word);

	cmdline_defaults(&config);
	memset(word + head, 'A', 64);
	EQ(CMDLINE_OK, take(word));
	EQ('a', config.roothash[0]);
	EQ(64, strlen(config.roothash));
	word[head + 10] = 'g';
	EQ(CMDLINE_BAD_ROOTHASH, take(word));
	word[head + 10] = 'f';
	word[head + 63] = '\0';
	EQ(CMDLINE_BAD_ROOTHASH, take(word));
	memset(word + head, '0', 65);
	EQ(CMDLINE_BAD_ROOTHASH, take(word));
	EQ(CMDLINE_BAD_ROOTHASH, take("rd.blob.roothash="));
}

CASE(mirrors_add_up_to_eight)
{
	cmdline_defaults(&config);
	for (int i = 0; i < CMDLINE_MIRRORS_MAX; i++)
		EQ(CMDLINE_OK, take("rd.blob.mirror=http://m/x"));
	EQ(CMDLINE_MANY_MIRRORS, take("rd.blob.mirror=http://m/x"));
	EQ(CMDLINE_MIRRORS_MAX, config.mirror_count);
	cmdline_defaults(&config);
	EQ(CMDLINE_BAD_URL, take("rd.blob.mirror=m"));
	EQ(0, config.mirror_count);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, the_defaults_are_those_of_the_contract);
	ATF_TP_ADD_TC(tp, words_of_others_are_passed_over);
	ATF_TP_ADD_TC(tp, a_typo_is_an_error);
	ATF_TP_ADD_TC(tp, the_last_root_wins_also_one_of_another_kind);
	ATF_TP_ADD_TC(tp, what_is_no_url_is_refused);
	ATF_TP_ADD_TC(tp, a_url_that_does_not_fit_is_too_long);
	ATF_TP_ADD_TC(tp, a_root_hash_is_64_hex_digits);
	ATF_TP_ADD_TC(tp, mirrors_add_up_to_eight);
	return atf_no_error();
}
