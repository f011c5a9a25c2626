/* SPDX-License-Identifier: MIT */
#include "fetch/blob_name.h"

#include "fetch/blob.h"
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

const char *blob_explain(const struct blob *blob, unsigned mirror, const char *url, const char *why,
			 char *buf, size_t size)
{
	const struct mirror *asked = &blob->mirrors[mirror];
	char target[TARGET_MAX];

	if (!describe_target(asked, url ? url : asked->effective_url, target))
		return why;
	snprintf(buf, size, "redirected to %s: %s", target, why);
	return buf;
}

void blob_name_mirrors(const struct blob *blob, uint32_t mirrors, char *text_out, size_t size)
{
	size_t len = 0;

	text_out[0] = '\0';
	for (unsigned i = 0; i < blob->mirror_count && len < size; i++) {
		const struct mirror *mirror = &blob->mirrors[i];
		const char *comma = len ? ", " : "";
		char target[TARGET_MAX];

		if (!(mirrors >> i & 1))
			continue;
		if (describe_target(mirror, mirror->effective_url, target))
			len += (size_t)snprintf(text_out + len, size - len, "%s%s (redirected to %s)", comma,
						mirror->url, target);
		else
			len += (size_t)snprintf(text_out + len, size - len, "%s%s", comma, mirror->url);
	}
}
