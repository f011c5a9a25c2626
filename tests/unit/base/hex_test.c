/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "base/hex.h"

CASE(bytes_become_digits_and_digits_bytes)
{
	uint8_t bytes[256], back[256];
	char text[2 * sizeof(bytes) + 1];

	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	hex_encode(bytes, sizeof(bytes), text);
	EQ(2 * sizeof(bytes), strlen(text));
	ATF_CHECK(strncmp(text, "000102", 6) == 0);
	ATF_CHECK_STREQ("fdfeff", text + 2 * 253);
	ATF_REQUIRE(hex_decode(text, back, sizeof(back)));
	EQ(0, memcmp(bytes, back, sizeof(bytes)));
	ATF_CHECK(hex_decode("AbCd", back, 2));
	EQ(0xab, back[0]);
	EQ(0xcd, back[1]);
	hex_encode(bytes, 0, text);
	ATF_CHECK_STREQ("", text);
}

CASE(of_all_characters_22_are_digits)
{
	unsigned count = 0;
	uint8_t byte;

	for (int c = 0; c < 256; c++) {
		char text[2] = {(char)c, '0'}, other[2] = {'0', (char)c};

		count += hex_digit((char)c) >= 0;
		EQ(hex_digit((char)c) >= 0, hex_decode(text, &byte, 1));
		EQ(hex_digit((char)c) >= 0, hex_decode(other, &byte, 1));
	}
	EQ(22u, count);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, bytes_become_digits_and_digits_bytes);
	ATF_TP_ADD_TC(tp, of_all_characters_22_are_digits);
	return atf_no_error();
}
