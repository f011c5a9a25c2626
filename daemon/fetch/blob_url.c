/* SPDX-License-Identifier: MIT */
#include "fetch/blob_url.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

int blob_url_sibling(const char *url, const char *key, char *url_out, size_t size)
{
	const char *end = url + strcspn(url, "?"), *host = strstr(url, "://") + 3;
	const char *path = memchr(host, '/', (size_t)(end - host));
	size_t len;

	if (!*key || *key == '.')
		return -EINVAL;
	while (path && end > path && end[-1] != '/')
		end--;
	len = (size_t)(end - url);
	if (len + 2 >= size)
		return -ENAMETOOLONG;
	memcpy(url_out, url, len);
	if (!path)
		url_out[len++] = '/';
	for (; *key; key++) {
		unsigned char c = (unsigned char)*key;

		if (c == '/')
			return -EINVAL;
		if (len + 4 >= size)
			return -ENAMETOOLONG;
		if (isalnum(c) || strchr("-._~", c))
			url_out[len++] = (char)c;
		else
			len += (size_t)snprintf(url_out + len, 4, "%%%02X", c);
	}
	url_out[len] = '\0';
	return 0;
}

int blob_url_companion(const char *url, const char *suffix, char *url_out, size_t size)
{
	size_t end = strcspn(url, "?"), host = (size_t)(strstr(url, "://") + 3 - url);
	bool has_path = memchr(url + host, '/', end - host);
	int len = snprintf(url_out, size, "%.*s%s%s%s", (int)end, url, *suffix && !has_path ? "/" : "",
			   suffix, url + end);

	return len < 0 || (size_t)len >= size ? -ENAMETOOLONG : 0;
}
