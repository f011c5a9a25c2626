/* SPDX-License-Identifier: MIT */
#include "store/about.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The rest of a line that begins with key; *end_out is its end. NULL: it is another line. */
static const char *value_of(const char *at, const char *end, const char *key, const char **end_out)
{
	size_t len = strlen(key);
	const char *until = memchr(at, '\n', (size_t)(end - at));

	if (!until || (size_t)(until - at) < len || memcmp(at, key, len) != 0)
		return NULL;
	*end_out = until;
	return at + len;
}

static bool take_number(const char *at, const char *end, uint64_t *number_out)
{
	uint64_t number = 0;

	/* Those of ABOUT_BOOTED_MAX. */
	if (at == end || end - at > 17 || (*at == '0' && end - at > 1))
		return false;
	for (; at < end; at++) {
		if (*at < '0' || *at > '9')
			return false;
		number = number * 10 + (uint64_t)(*at - '0');
	}
	*number_out = number;
	return true;
}

static bool take_url(const char *at, const char *end, char url_out[CMDLINE_URL_MAX])
{
	if (at == end || end - at >= CMDLINE_URL_MAX)
		return false;
	for (const char *c = at; c < end; c++)
		if (*c <= ' ' || *c > '~')
			return false;
	memcpy(url_out, at, (size_t)(end - at));
	url_out[end - at] = '\0';
	return true;
}

bool about_parse(const void *text, size_t len, struct about *about_out)
{
	const char *at = text, *end = at + len, *value, *until;
	struct about about = {.booted = 0};
	uint64_t version;

	*about_out = about;
	if (!(value = value_of(at, end, "blobroot-store=", &until)) || !take_number(value, until, &version) ||
	    version != ABOUT_VERSION)
		return false;
	at = until + 1;
	if (!(value = value_of(at, end, "booted=", &until)) || !take_number(value, until, &about.booted))
		return false;
	at = until + 1;
	if (!(value = value_of(at, end, "url=", &until)) || !take_url(value, until, about.url) ||
	    until + 1 != end)
		return false;
	*about_out = about;
	return true;
}

size_t about_format(const struct about *about, char text_out[ABOUT_MAX])
{
	return (size_t)snprintf(text_out, ABOUT_MAX, "blobroot-store=%d\nbooted=%" PRIu64 "\nurl=%s\n",
				ABOUT_VERSION, about->booted, about->url);
}
