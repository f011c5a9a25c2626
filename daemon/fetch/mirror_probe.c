/* SPDX-License-Identifier: MIT */
#include "fetch/mirror_probe.h"

#include "base/loop.h"

#include <errno.h>
#include <stdlib.h>

static size_t mirror_probe_on_data(void *arg, const uint8_t *bytes, size_t len)
{
	(void)arg;
	(void)bytes;
	return len;
}

/* The blob has recorded the result. */
static void mirror_probe_on_done(void *arg, enum blob_result result, const char *why)
{
	(void)arg;
	(void)result;
	(void)why;
}

/* The one that has been due for longest; those never tried come first. */
static bool find_due(const struct mirror_probe *probe, unsigned asked, unsigned *mirror_out)
{
	uint64_t now = loop_now_ms(probe->blob->loop), first = UINT64_MAX;

	for (unsigned i = 0; i < probe->blob->mirror_count; i++) {
		const struct pace *pace = probe->blob->mirrors[i].pace;

		if (i == asked || probe->due_ms[i] > now || pace->quiet_until_ms > now)
			continue;
		if (probe->due_ms[i] < first) {
			first = probe->due_ms[i];
			*mirror_out = i;
		}
	}
	return first < UINT64_MAX;
}

/* The blob asks that mirror for something: probes another one if it is time. */
static void consider(void *arg, unsigned asked)
{
	static const struct blob_events events = {.data = mirror_probe_on_data, .done = mirror_probe_on_done};
	struct mirror_probe *probe = arg;
	const struct blob *blob = probe->blob;
	uint64_t now = loop_now_ms(blob->loop),
		 len = blob->size < MIRROR_PROBE_BYTES ? blob->size : MIRROR_PROBE_BYTES;
	uint32_t *pause;
	unsigned mirror;

	probe->requests++;
	probe->pause_ms[asked] = MIRROR_PROBE_LEAST_MS;
	if (probe->get.transfer && blob_asked_ms(&probe->get) >= MIRROR_PROBE_PATIENCE_MS)
		blob_beat(&probe->get);
	if (!blob->is_known || probe->get.transfer || !find_due(probe, asked, &mirror))
		return;
	pause = &probe->pause_ms[mirror];
	if (*pause && probe->requests < MIRROR_PROBE_REQUESTS)
		return;
	*pause = !*pause                             ? MIRROR_PROBE_LEAST_MS
		 : *pause * 2 > MIRROR_PROBE_MOST_MS ? MIRROR_PROBE_MOST_MS
						     : *pause * 2;
	probe->due_ms[mirror] = now + *pause;
	probe->requests = 0;
	(void)blob_get_from(probe->blob, &probe->get, mirror, 0, len, &events, probe);
}

int mirror_probe_open(struct mirror_probe **probe_out, struct blob *blob)
{
	struct mirror_probe *probe = calloc(1, sizeof(*probe));

	if (!probe)
		return -ENOMEM;
	probe->blob = blob;
	/* Those that an earlier engine measured need not be probed at once. */
	for (unsigned i = 0; i < blob->mirror_count; i++)
		if (blob->mirrors[i].pace->is_measured || blob->mirrors[i].pace->failures > 0)
			probe->pause_ms[i] = MIRROR_PROBE_LEAST_MS;
	blob->asked = consider;
	blob->asked_arg = probe;
	*probe_out = probe;
	return 0;
}

void mirror_probe_close(struct mirror_probe *probe)
{
	if (!probe)
		return;
	blob_cancel(&probe->get);
	probe->blob->asked = NULL;
	free(probe);
}
