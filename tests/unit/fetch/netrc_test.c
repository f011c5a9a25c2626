/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "fetch/netrc.h"

static struct netrc netrc;
static unsigned line;

static enum netrc_result take(const char *text)
{
	size_t len = strlen(text);
	char *exact = malloc(len ? len : 1);
	enum netrc_result result;

	memcpy(exact, text, len);
	result = netrc_parse(exact, len, &netrc, &line);
	free(exact);
	return result;
}

static bool has(const char *host, const char *login, const char *password)
{
	const struct netrc_entry *entry = netrc_find(&netrc, host, strlen(host));

	return entry && strcmp(entry->login, login) == 0 && strcmp(entry->password, password) == 0;
}

CASE(a_host_gets_its_own_user_and_password)
{
	EQ(NETRC_OK, take("machine a login u password p\nmachine B.example\n\tpassword\tp2\n\tlogin u2\n\n"
			  "machine 10.0.2.2 login x account y password z"));
	EQ(3u, netrc.count);
	ATF_CHECK(has("a", "u", "p") && has("b.EXAMPLE", "u2", "p2") && has("10.0.2.2", "x", "z"));
	ATF_CHECK(!netrc_find(&netrc, "b", 1) && !netrc_find(&netrc, "", 0));
	ATF_CHECK(!netrc_find(&netrc, "b.example.org", 13) && netrc_find(&netrc, "aa", 1));
}

CASE(the_first_entry_of_a_host_counts)
{
	EQ(NETRC_OK, take("machine a login u password p machine a login v password q"));
	ATF_CHECK(has("a", "u", "p"));
}

CASE(comments_and_empty_files_are_fine)
{
	EQ(NETRC_OK, take(""));
	EQ(0u, netrc.count);
	EQ(NETRC_OK, take("# machine a\n  # login\nmachine a login #u password p#\n#"));
	ATF_CHECK(has("a", "#u", "p#"));
}

CASE(quotes_keep_odd_characters)
{
	EQ(NETRC_OK, take("machine a login \"u v\" password \"\\\"p\\\\n#\""));
	ATF_CHECK(has("a", "u v", "\"p\\n#"));
	EQ(NETRC_OK, take("machine a login \"login\" password \"\""));
	ATF_CHECK(has("a", "login", ""));
}

CASE(what_is_wrong_has_its_line)
{
	static const struct {
		const char *text;
		enum netrc_result result;
		unsigned line;
	} wrong[] = {
		{"login u", NETRC_UNKNOWN_WORD, 1},
		{"machine a\nuser u", NETRC_UNKNOWN_WORD, 2},
		{"machine a login u\nlogin v password p", NETRC_UNKNOWN_WORD, 2},
		{"machine a login u\npassword", NETRC_CUT_SHORT, 2},
		{"machine", NETRC_CUT_SHORT, 1},
		{"machine a login u\nmachine b login v password q", NETRC_INCOMPLETE, 2},
		{"machine a password p\n", NETRC_INCOMPLETE, 2},
		{"machine a login u password \"p", NETRC_BAD_QUOTE, 1},
		{"machine a login u password \"p\\", NETRC_BAD_QUOTE, 1},
		{"machine a login u password \"p\"q", NETRC_BAD_QUOTE, 1},
		{"machine a login u password \"p\\n\"", NETRC_CONTROL, 1},
		{"machine a login \x01 password p", NETRC_CONTROL, 1},
		{"machine a login u password p\ndefault login v password q", NETRC_DEFAULT, 2},
		{"\n\nmacdef init", NETRC_MACDEF, 3},
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		ATF_CHECK_EQ_MSG(wrong[i].result, take(wrong[i].text), "%s", wrong[i].text);
		ATF_CHECK_EQ_MSG(wrong[i].line, line, "%s: line %u", wrong[i].text, line);
	}
}

CASE(sizes_have_bounds)
{
	char text[64 * NETRC_ENTRIES_MAX + 512] = "machine a login u password ";
	size_t len = strlen(text);

	memset(text + len, 'p', NETRC_WORD_MAX - 1);
	EQ(NETRC_OK, take(text));
	text[len + NETRC_WORD_MAX - 1] = 'p';
	EQ(NETRC_LONG_WORD, take(text));
	len = 0;
	for (int i = 0; i < NETRC_ENTRIES_MAX; i++)
		len += (size_t)sprintf(text + len, "machine m%d login u password p\n", i);
	EQ(NETRC_OK, take(text));
	ATF_CHECK(has("m31", "u", "p"));
	strcpy(text + len, "machine m login u password p");
	EQ(NETRC_MANY, take(text));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, a_host_gets_its_own_user_and_password);
	ATF_TP_ADD_TC(tp, the_first_entry_of_a_host_counts);
	ATF_TP_ADD_TC(tp, comments_and_empty_files_are_fine);
	ATF_TP_ADD_TC(tp, quotes_keep_odd_characters);
	ATF_TP_ADD_TC(tp, what_is_wrong_has_its_line);
	ATF_TP_ADD_TC(tp, sizes_have_bounds);
	return atf_no_error();
}
