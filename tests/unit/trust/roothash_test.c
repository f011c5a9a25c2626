/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "trust/roothash.h"

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static char hash[ROOTHASH_DIGITS + 1];

/* From a copy that ends where the text does: the sanitizer sees a byte read too far. */
static enum roothash_result decode(const char *text, size_t len)
{
	char *copy = malloc(len + !len);
	enum roothash_result result;

	memcpy(copy, text, len);
	memset(hash, 'x', sizeof(hash));
	result = roothash_decode(copy, len, hash);
	free(copy);
	ATF_CHECK_STREQ(result == ROOTHASH_OK ? HASH : "", hash);
	return result;
}

static enum roothash_result decode_str(const char *text)
{
	return decode(text, strlen(text));
}

CASE(sixty_four_hex_digits_are_a_root_hash)
{
	EQ(ROOTHASH_OK, decode_str(HASH));
	EQ(ROOTHASH_OK, decode_str("0123456789ABCDEF0123456789abcdef0123456789ABCDEF0123456789aBcDeF"));
}

CASE(one_line_end_may_follow)
{
	EQ(ROOTHASH_OK, decode_str(HASH "\n"));
	EQ(ROOTHASH_OK, decode_str(HASH "\r\n"));
	EQ(ROOTHASH_NOT_HEX, decode_str(HASH "\n\n"));
	EQ(ROOTHASH_NOT_HEX, decode_str(HASH "\r"));
	EQ(ROOTHASH_NOT_HEX, decode_str(HASH "\r\r\n"));
	EQ(ROOTHASH_NOT_HEX, decode_str(HASH "\n" HASH "\n"));
	EQ(ROOTHASH_NOT_HEX, decode_str("\n" HASH));
	EQ(ROOTHASH_NOT_HEX, decode_str(HASH " "));
	EQ(ROOTHASH_NOT_HEX, decode_str(" " HASH));
	EQ(ROOTHASH_NOT_HEX, decode(HASH, sizeof(HASH)));
}

CASE(every_other_byte_is_refused_at_every_place)
{
	for (int c = 0; c < 256; c++) {
		if (strchr("0123456789abcdefABCDEF", c) && c != 0)
			continue;
		for (size_t i = 0; i < ROOTHASH_DIGITS; i++) {
			char text[] = HASH;

			text[i] = (char)c;
			/* A line end in the last place is one, and a digit is missing. */
			EQ(c == '\n' && i == 63 ? ROOTHASH_LENGTH : ROOTHASH_NOT_HEX, decode(text, 64));
		}
	}
}

CASE(any_other_length_is_refused_and_says_how_many_digits_there_are)
{
	char text[200], buf[256];

	memset(text, 'a', sizeof(text));
	for (size_t len = 1; len < sizeof(text); len++)
		if (len != ROOTHASH_DIGITS)
			EQ(ROOTHASH_LENGTH, decode(text, len));
	ATF_CHECK_STREQ("holds 128 hex digits: a SHA-256 root hash has 64",
			roothash_explain(ROOTHASH_LENGTH, text, 128, buf, sizeof(buf)));
	ATF_CHECK_STREQ("holds 40 hex digits: a SHA-256 root hash has 64",
			roothash_explain(ROOTHASH_LENGTH, "da39a3ee5e6b4b0d3255bfef95601890afd80709\r\n", 42,
					 buf, sizeof(buf)));
}

CASE(nothing_is_told_from_something_else)
{
	EQ(ROOTHASH_EMPTY, decode_str(""));
	EQ(ROOTHASH_EMPTY, decode_str("\n"));
	EQ(ROOTHASH_EMPTY, decode_str("\r\n"));
	EQ(ROOTHASH_NOT_HEX, decode_str("\r"));
	EQ(ROOTHASH_NOT_HEX, decode_str("<html>"));
	EQ(ROOTHASH_NOT_HEX, decode_str("Root hash: " HASH));
	EQ(ROOTHASH_NOT_HEX, decode_str("0x" HASH));
}

CASE(every_result_has_its_words)
{
	char buf[256];

	for (int result = ROOTHASH_OK; result <= ROOTHASH_NOT_HEX; result++)
		ATF_CHECK(strlen(roothash_explain((enum roothash_result)result, "", 0, buf, sizeof(buf))) >
			  1);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, sixty_four_hex_digits_are_a_root_hash);
	ATF_TP_ADD_TC(tp, one_line_end_may_follow);
	ATF_TP_ADD_TC(tp, every_other_byte_is_refused_at_every_place);
	ATF_TP_ADD_TC(tp, any_other_length_is_refused_and_says_how_many_digits_there_are);
	ATF_TP_ADD_TC(tp, nothing_is_told_from_something_else);
	ATF_TP_ADD_TC(tp, every_result_has_its_words);
	return atf_no_error();
}
