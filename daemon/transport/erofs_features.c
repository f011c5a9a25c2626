/* SPDX-License-Identifier: MIT */
#include "transport/erofs_features.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

/* By bit; where two features share one, the name of one of them. Every kernel with on-demand mode knows the first. */
static const char *const names[] = {NULL,           "compr_cfgs", "chunked_file",   "device_table",
				    "ztailpacking", "fragments",  "xattr_prefixes", "48bit",
				    "metabox"};

enum { NAMES = sizeof(names) / sizeof(*names) };

static bool is_known(unsigned bit, const char *dir)
{
	char path[256];

	if (bit >= NAMES)
		return false;
	snprintf(path, sizeof(path), "%s/%s", dir, names[bit]);
	return access(path, F_OK) == 0;
}

bool erofs_features_missing(uint32_t features, const char *dir, char *names_out, size_t size)
{
	size_t have = 0;

	names_out[0] = '\0';
	if (access(dir, F_OK))
		return false;
	for (unsigned bit = 1; bit < 32 && have < size; bit++) {
		const char *comma = have ? ", " : "";

		if (!(features & UINT32_C(1) << bit) || is_known(bit, dir))
			continue;
		if (bit < NAMES)
			have += (size_t)snprintf(names_out + have, size - have, "%s%s", comma, names[bit]);
		else
			have += (size_t)snprintf(names_out + have, size - have, "%sfeature 0x%" PRIx32, comma,
						 UINT32_C(1) << bit);
	}
	return have > 0;
}
