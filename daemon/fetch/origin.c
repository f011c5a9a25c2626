/* SPDX-License-Identifier: MIT */
#include "fetch/origin.h"

#include <string.h>
#include <strings.h>

struct origin {
	bool is_https;
	const char *host, *port;
	size_t host_len, port_len;
};

static bool parse(const char *url, struct origin *origin_out)
{
	const char *at, *end, *colon;

	origin_out->is_https = strncasecmp(url, "https://", 8) == 0;
	if (!origin_out->is_https && strncasecmp(url, "http://", 7) != 0)
		return false;
	at = url + (origin_out->is_https ? 8 : 7);
	end = at + strcspn(at, "/?#");
	/* A URL with a user in it never matches: the command line has none. */
	if (memchr(at, '@', (size_t)(end - at)))
		return false;
	colon = memchr(at, ':', (size_t)(end - at));
	origin_out->host = at;
	if (*at == '[') {
		const char *close = memchr(at, ']', (size_t)(end - at));

		if (!close || (close + 1 < end && close[1] != ':'))
			return false;
		origin_out->host = at + 1;
		origin_out->host_len = (size_t)(close - at - 1);
		/* Brackets are for IPv6 addresses. Without a colon, [host] would compare equal to host. */
		if (!memchr(origin_out->host, ':', origin_out->host_len))
			return false;
		colon = close + 1 < end ? close + 1 : NULL;
	} else {
		origin_out->host_len = (size_t)((colon ? colon : end) - at);
	}
	origin_out->port = colon && colon + 1 < end ? colon + 1 : origin_out->is_https ? "443" : "80";
	origin_out->port_len =
		colon && colon + 1 < end ? (size_t)(end - colon - 1) : strlen(origin_out->port);
	return origin_out->host_len > 0;
}

size_t origin_find_host(const char *url, const char **host_out)
{
	struct origin origin;

	if (!parse(url, &origin))
		return 0;
	*host_out = origin.host;
	return origin.host_len;
}

bool origin_is_same(const char *url, const char *other)
{
	struct origin a, b;

	return parse(url, &a) && parse(other, &b) && a.is_https == b.is_https && a.host_len == b.host_len &&
	       strncasecmp(a.host, b.host, a.host_len) == 0 && a.port_len == b.port_len &&
	       memcmp(a.port, b.port, a.port_len) == 0;
}

bool origin_is_https(const char *url)
{
	return strncasecmp(url, "https://", 8) == 0;
}

void origin_describe(const char *url, char *text_out, size_t size)
{
	size_t end = strcspn(url, "?#"), len = 0;
	const char *slashes = strstr(url, "://");
	size_t host = slashes && (size_t)(slashes - url) < end ? (size_t)(slashes - url) + 3 : 0;
	size_t path = host + strcspn(url + host, "/?#"), at = 0;

	/* The last '@' of the authority ends the user. */
	for (size_t i = host; i < path; i++)
		if (url[i] == '@')
			at = i + 1;
	for (size_t i = 0; i < end && len + 1 < size; i++)
		if (i < host || i >= at)
			text_out[len++] = url[i] > ' ' && url[i] < 0x7f ? url[i] : '?';
	text_out[len] = '\0';
}
