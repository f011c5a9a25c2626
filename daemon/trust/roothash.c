/* SPDX-License-Identifier: MIT */
#include "trust/roothash.h"

#include "base/hex.h"

#include <stdio.h>
#include <string.h>

/* The length without one line end at the end. */
static size_t line_length(const uint8_t *text, size_t len)
{
	if (len > 0 && text[len - 1] == '\n') {
		len--;
		if (len > 0 && text[len - 1] == '\r')
			len--;
	}
	return len;
}

enum roothash_result roothash_decode(const void *file, size_t len, char roothash_out[ROOTHASH_DIGITS + 1])
{
	const uint8_t *text = file;
	uint8_t bytes[ROOTHASH_DIGITS / 2];

	memset(roothash_out, 0, ROOTHASH_DIGITS + 1);
	len = line_length(text, len);
	if (len == 0)
		return ROOTHASH_EMPTY;
	for (size_t i = 0; i < len; i++)
		if (hex_digit((char)text[i]) < 0)
			return ROOTHASH_NOT_HEX;
	if (len != ROOTHASH_DIGITS)
		return ROOTHASH_LENGTH;
	/* Decoded and encoded again, it is in lower case. */
	hex_decode((const char *)text, bytes, sizeof(bytes));
	hex_encode(bytes, sizeof(bytes), roothash_out);
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
