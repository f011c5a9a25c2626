/* SPDX-License-Identifier: MIT */
#include "base/hex.h"

int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool hex_decode(const char *text, uint8_t *bytes_out, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		int high = hex_digit(text[2 * i]), low = high < 0 ? -1 : hex_digit(text[2 * i + 1]);

		if (low < 0)
			return false;
		bytes_out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

void hex_encode(const uint8_t *bytes, size_t len, char *text_out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		*text_out++ = digits[bytes[i] >> 4];
		*text_out++ = digits[bytes[i] & 15];
	}
	*text_out = '\0';
}
