/* SPDX-License-Identifier: MIT */
/*
 * Where a URL leads: passwords go to an origin that is named, and what only looks like it is another.
 *
 * Input: a URL, a line end, another one.
 */
#include "fuzz.h"

#include "fetch/origin.h"

#include <ctype.h>
#include <strings.h>

/* Scheme, host and port as a reader sees them, in lower case, the port always said. Returns false for no URL. */
static bool read_origin(const char *url, char *origin_out, size_t size)
{
	const char *at = strstr(url, "://");
	size_t len;
	bool is_https;

	if (!at)
		return false;
	is_https = at - url == 5 && strncasecmp(url, "https", 5) == 0;
	if (!is_https && !(at - url == 4 && strncasecmp(url, "http", 4) == 0))
		return false;
	at += 3;
	len = strcspn(at, "/?#");
	snprintf(origin_out, size, "%s %.*s", is_https ? "https" : "http", (int)len, at);
	/* A colon behind the brackets of an address, if there are any, and digits behind it. */
	at = strrchr(origin_out, ']');
	at = strchr(at ? at : origin_out, ':');
	len = strlen(origin_out);
	if (!at || !at[1])
		snprintf(origin_out + len, size - len, "%s%s", at ? "" : ":", is_https ? "443" : "80");
	for (char *c = origin_out; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return true;
}

static void check_host(const char *url)
{
	const char *host;
	size_t len = origin_find_host(url, &host);

	if (len == 0)
		return;
	MUST(host > url && host + len <= url + strlen(url), "a host outside of its URL");
	for (size_t i = 0; i < len; i++)
		MUST(!strchr("/?#@", host[i]), "no host: %.*s", (int)len, host);
	MUST(origin_is_same(url, url), "another origin than its own: %s", url);
}

static void check_description(const char *url)
{
	char text[64];

	origin_describe(url, text, sizeof(text));
	MUST(strlen(text) <= strcspn(url, "?#"), "more than the URL: %s", text);
	for (const char *at = text; *at; at++)
		MUST(*at > ' ' && *at < 0x7f, "not printable: %s", text);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *other = strchr(text, '\n'), a[8192], b[8192];

	if (other && size < 4000) {
		*other++ = '\0';
		check_host(text);
		check_host(other);
		check_description(text);
		MUST(origin_is_same(text, other) == origin_is_same(other, text), "%s and %s", text, other);
		if (origin_is_same(text, other))
			MUST(read_origin(text, a, sizeof(a)) && read_origin(other, b, sizeof(b)) &&
				     strcmp(a, b) == 0 && !strchr(a, '@'),
			     "%s and %s are two", text, other);
	}
	free(text);
	return 0;
}
