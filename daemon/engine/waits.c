/* SPDX-License-Identifier: MIT */
#include "engine/waits.h"

#include "serve/object.h"

#include <inttypes.h>
#include <stdio.h>

static void take_first_answer(struct heartbeat_wait *wait, const char *url, uint64_t since_ms, bool has_end)
{
	*wait = (struct heartbeat_wait){.url = url,
					.since_ms = since_ms,
					.what = "the first answer",
					.endless = has_end ? NULL : "rd.blob.contact="};
}

bool waits_find_oldest(const struct waits *waits, struct heartbeat_wait *wait_out)
{
	const struct config *config = waits->config;
	uint64_t since, off, len;
	const struct object *object;
	const char *url;
	bool has_end;

	*wait_out = (struct heartbeat_wait){.since_ms = UINT64_MAX};
	if (waits->proof && (url = proof_waits_for(waits->proof, &since, &has_end)))
		take_first_answer(wait_out, url, since, has_end);
	url = blobdev_oldest(waits->blobdevs, &since);
	if (url && since < wait_out->since_ms)
		take_first_answer(wait_out, url, since, config->contact_s > 0);
	list_for_each(object, waits->objects, link) {
		if (!object_oldest(object, &since, &off, &len) || since >= wait_out->since_ms)
			continue;
		wait_out->since_ms = since;
		wait_out->url = object->blob->url;
		wait_out->endless = config->timeout_s ? NULL : "rd.blob.timeout=";
		snprintf(wait_out->what, sizeof(wait_out->what), "bytes %" PRIu64 "-%" PRIu64, off,
			 off + len - 1);
	}
	return wait_out->since_ms < UINT64_MAX;
}
