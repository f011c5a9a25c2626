/* SPDX-License-Identifier: MIT */
/*
 * A boot profile: whatever it lists lies in the image, and is no more than the image has; else it lists nothing.
 */
#include "fuzz.h"

#include "serve/profile.h"

enum { BLOCKS = 1000 };

static unsigned count_lines(const uint8_t *data, size_t size)
{
	unsigned lines = 0;

	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	return lines;
}

int fuzz_one(const uint8_t *data, size_t size)
{
	static const char roothash[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	struct profile profile;
	unsigned line;
	char buf[128];
	uint64_t listed = 0;
	enum profile_result result =
		profile_parse((const char *)data, size, roothash, BLOCKS, &profile, &line);

	must_be_a_line(profile_explain(result, line, buf, sizeof(buf)));
	MUST(line <= count_lines(data, size), "line %u", line);
	MUST(result == PROFILE_OK || (!profile.extents && profile.count == 0), "extents of none");
	MUST(profile.count <= PROFILE_EXTENTS_MAX, "%u extents", profile.count);
	for (uint32_t i = 0; i < profile.count; i++) {
		const struct profile_extent *extent = &profile.extents[i];

		MUST(extent->count > 0 && extent->first < BLOCKS && extent->count <= BLOCKS - extent->first,
		     "blocks %u and %u more", extent->first, extent->count);
		MUST(extent->weight > 0 && extent->weight <= profile.weight, "weight %u", extent->weight);
		listed += extent->count;
	}
	MUST(listed <= BLOCKS, "more than there is");
	profile_fini(&profile);
	return 0;
}
