/* SPDX-License-Identifier: MIT */
#include "fetch/version.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *version_if_range(const struct version *version)
{
	if (version->etag[0])
		return version->etag[0] == '"' ? version->etag : NULL;
	return version->last_modified[0] ? version->last_modified : NULL;
}

void version_format(const struct version *version, char text_out[VERSION_TEXT_MAX])
{
	snprintf(text_out, VERSION_TEXT_MAX, "%" PRIu64 "\t%s\t%s", version->size, version->etag,
		 version->last_modified);
}

bool version_parse(const char *text, struct version *version_out)
{
	const char *etag = strchr(text, '\t');
	const char *modified = etag ? strchr(etag + 1, '\t') : NULL;
	char *end;

	memset(version_out, 0, sizeof(*version_out));
	if (!modified || !isdigit((unsigned char)*text))
		return false;
	errno = 0;
	version_out->size = strtoull(text, &end, 10);
	etag++;
	if (errno || end != etag - 1 || version_out->size > INT64_MAX)
		return false;
	if ((size_t)(modified - etag) >= VERSION_VALIDATOR_MAX ||
	    strlen(modified + 1) >= VERSION_VALIDATOR_MAX)
		return false;
	memcpy(version_out->etag, etag, (size_t)(modified - etag));
	strcpy(version_out->last_modified, modified + 1);
	return true;
}
