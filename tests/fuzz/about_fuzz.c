/* SPDX-License-Identifier: MIT */
/*
 * What a store on a disk says about an image: what is taken is what would have been written, to the byte.
 */
#include "fuzz.h"

#include "store/about.h"

int fuzz_one(const uint8_t *data, size_t size)
{
	struct about about;
	char text[ABOUT_MAX];

	if (!about_parse(data, size, &about)) {
		MUST(about.booted == 0 && about.url[0] == '\0', "something is believed");
		return 0;
	}
	MUST(about_format(&about, text) == size && memcmp(text, data, size) == 0, "another text");
	return 0;
}
