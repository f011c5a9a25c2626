/* SPDX-License-Identifier: MIT */
#include "fetch/probe.h"

#include "base/loop.h"

#include <errno.h>
#include <stdlib.h>

int probe_open(struct probe **probe_out, struct blob *blob)
{
	struct probe *probe = calloc(1, sizeof(*probe));

	if (!probe)
		return -ENOMEM;
	probe->blob = blob;
	/* Those that an engine before has come to know need not be tried in a hurry. */
	for (unsigned i = 0; i < blob->mirror_count; i++)
		if (blob->mirrors[i].pace->is_measured || blob->mirrors[i].pace->failures > 0)
			probe->pause_ms[i] = PROBE_LEAST_MS;
	*probe_out = probe;
	return 0;
}

void probe_close(struct probe *probe)
{
	if (!probe)
		return;
	blob_cancel(&probe->get);
	free(probe);
}

static size_t on_data(void *arg, const uint8_t *bytes, size_t len)
{
	(void)arg;
	(void)bytes;
	return len;
}

/* What it came to is known to the blob now. */
static void on_done(void *arg, enum blob_result result, const char *why)
{
	(void)arg;
	(void)result;
	(void)why;
}

/* The one that is due longest; those that were never tried come first. */
static bool find_due(const struct probe *probe, unsigned asked, unsigned *mirror_out)
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

void probe_consider(struct probe *probe, unsigned asked)
{
	static const struct blob_events events = {.data = on_data, .done = on_done};
	const struct blob *blob = probe->blob;
	uint64_t now = loop_now_ms(blob->loop), len = blob->size < PROBE_BYTES ? blob->size : PROBE_BYTES;
	uint32_t *pause;
	unsigned mirror;

	probe->requests++;
	probe->pause_ms[asked] = PROBE_LEAST_MS;
	if (probe->get.transfer && now - probe->get.begun_ms >= PROBE_PATIENCE_MS)
		blob_beat(&probe->get);
	if (!blob->is_known || probe->get.transfer || !find_due(probe, asked, &mirror))
		return;
	pause = &probe->pause_ms[mirror];
	if (*pause && probe->requests < PROBE_REQUESTS)
		return;
	*pause = !*pause ? PROBE_LEAST_MS : *pause * 2 > PROBE_MOST_MS ? PROBE_MOST_MS : *pause * 2;
	probe->due_ms[mirror] = now + *pause;
	probe->requests = 0;
	(void)blob_get_from(probe->blob, &probe->get, mirror, 0, len, &events, probe);
}
