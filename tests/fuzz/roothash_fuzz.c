/* SPDX-License-Identifier: MIT */
/*
 * The published root hash: 64 hexadecimal digits and at most a line end are taken, and nothing else is.
 */
#include "fuzz.h"

#include "trust/roothash.h"

#include <ctype.h>
#include <strings.h>

static bool is_one(const uint8_t *data, size_t size)
{
	const uint8_t *rest = data + ROOTHASH_DIGITS;

	for (size_t i = 0; i < ROOTHASH_DIGITS; i++)
		if (i >= size || !isxdigit(data[i]))
			return false;
	size -= ROOTHASH_DIGITS;
	return size == 0 || (size == 1 && rest[0] == '\n') ||
	       (size == 2 && rest[0] == '\r' && rest[1] == '\n');
}

int fuzz_one(const uint8_t *data, size_t size)
{
	char roothash[ROOTHASH_DIGITS + 1], buf[128];
	enum roothash_result result = roothash_decode(data, size, roothash);

	must_be_a_line(roothash_explain(result, data, size, buf, sizeof(buf)));
	MUST((result == ROOTHASH_OK) == is_one(data, size), "result %d", (int)result);
	MUST(strlen(roothash) == (result == ROOTHASH_OK ? ROOTHASH_DIGITS : 0), "%s", roothash);
	if (result != ROOTHASH_OK)
		return 0;
	MUST(strncasecmp(roothash, (const char *)data, ROOTHASH_DIGITS) == 0, "another root hash");
	for (int i = 0; i < ROOTHASH_DIGITS; i++)
		MUST(!isupper((unsigned char)roothash[i]), "upper case");
	return 0;
}
