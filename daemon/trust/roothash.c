/* SPDX-License-Identifier: MIT */
#include "trust/roothash.h"

#include <stdio.h>
#include <string.h>

/* The length without one line end. */
static size_t line_length(const uint8_t *text, size_t len)
{
	if (len > 0 && text[len - 1] == '\n') {
		len--;
		if (len > 0 && text[len - 1] == '\r')
			len--;
	}
	return len;
}

/* The digit in lower case; NUL for what is none. Not isxdigit: locales have no say in this. */
static char hex_digit(uint8_t c)
{
	if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))
		return (char)c;
	if (c >= 'A' && c <= 'F')
		return (char)(c - 'A' + 'a');
	return '\0';
}

enum roothash_result roothash_decode(const void *bytes, size_t len, char roothash_out[ROOTHASH_DIGITS + 1])
{
	const uint8_t *text = bytes;

	memset(roothash_out, 0, ROOTHASH_DIGITS + 1);
	len = line_length(text, len);
	if (len == 0)
		return ROOTHASH_EMPTY;
	for (size_t i = 0; i < len; i++)
		if (hex_digit(text[i]) == '\0')
			return ROOTHASH_NOT_HEX;
	if (len != ROOTHASH_DIGITS)
		return ROOTHASH_LENGTH;
	for (size_t i = 0; i < len; i++)
		roothash_out[i] = hex_digit(text[i]);
	return ROOTHASH_OK;
}

const char *roothash_explain(enum roothash_result result, const void *text, size_t len, char *buf,
			     size_t size)
{
	switch (result) {
	case ROOTHASH_OK:
		return "is fine";
	case ROOTHASH_EMPTY:
		return "is empty: it holds no root hash";
	case ROOTHASH_LENGTH:
		snprintf(buf, size, "holds %zu hex digits: a SHA-256 root hash has %d",
			 line_length(text, len), ROOTHASH_DIGITS);
		return buf;
	case ROOTHASH_NOT_HEX:
		return "is not a root hash: 64 hex digits and nothing else";
	}
	return "?";
}
