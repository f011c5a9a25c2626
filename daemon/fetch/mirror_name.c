/* SPDX-License-Identifier: MIT */
#include "fetch/mirror_name.h"

#include "fetch/mirror.h"
#include "fetch/origin.h"

#include <stdio.h>

/* Bytes of a redirect's target in a message. */
enum { TARGET_MAX = 200 };

/* Our line names the mirror. Has a redirect led from there to another server, at url? Then what is wrong is wrong there. */
static bool describe_target(const struct mirror *mirror, const char *url, char target_out[TARGET_MAX])
{
	if (!url || origin_is_same(mirror->url, url))
		return false;
	origin_describe(url, target_out, TARGET_MAX);
	return true;
}

const char *mirror_name_explain(const struct mirror *mirror, const char *url, const char *why, char *buf,
				size_t size)
{
	char target[TARGET_MAX];

	if (!describe_target(mirror, url ? url : mirror->effective_url, target))
		return why;
	snprintf(buf, size, "redirected to %s: %s", target, why);
	return buf;
}

void mirror_name_list(const struct mirror *mirrors, unsigned count, uint32_t set, char *text_out, size_t size)
{
	size_t len = 0;

	text_out[0] = '\0';
	for (unsigned i = 0; i < count && len < size; i++) {
		const struct mirror *mirror = &mirrors[i];
		const char *comma = len ? ", " : "";
		char target[TARGET_MAX];

		if (!(set >> i & 1))
			continue;
		if (describe_target(mirror, mirror->effective_url, target))
			len += (size_t)snprintf(text_out + len, size - len, "%s%s (redirected to %s)", comma,
						mirror->url, target);
		else
			len += (size_t)snprintf(text_out + len, size - len, "%s%s", comma, mirror->url);
	}
}
