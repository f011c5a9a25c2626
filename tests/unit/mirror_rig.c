/* SPDX-License-Identifier: MIT */
#include "mirror_rig.h"

#include "unit.h"

struct mirror_rig mirror_rig;

static void on_done(void *arg, enum blob_result result, const char *why)
{
	(void)arg;
	mirror_rig.dones++;
	mirror_rig.result = result;
	snprintf(mirror_rig.why, sizeof(mirror_rig.why), "%s", why ? why : "");
}

void mirror_rig_begin(unsigned mirrors, bool is_proven)
{
	char url[32];

	mirror_rig.fetch = fake_fetch_open();
	mirror_rig.loop = fake_loop_open();
	for (unsigned i = 0; i < mirrors; i++) {
		snprintf(url, sizeof(url), "http://m%u/x", i);
		MUST_EQ(0, i == 0 ? blob_init(&mirror_rig.blob, mirror_rig.fetch, mirror_rig.loop, url)
				  : blob_add_mirror(&mirror_rig.blob, url));
	}
	mirror_rig.blob.is_proven = is_proven;
}

void mirror_rig_end(void)
{
	blob_fini(&mirror_rig.blob);
	fetch_close(mirror_rig.fetch);
	loop_close(mirror_rig.loop);
}

struct fetch_transfer *mirror_rig_get(uint64_t off, uint64_t len, uint32_t avoid)
{
	static const struct blob_events events = {.data = fake_fetch_swallow, .done = on_done};

	mirror_rig.dones = 0;
	MUST_EQ(0, blob_get(&mirror_rig.blob, &mirror_rig.get, off, len, avoid, &events, NULL));
	return fake_fetch_at(mirror_rig.fetch, 0);
}

unsigned mirror_rig_who(const struct fetch_transfer *transfer)
{
	EQ((unsigned)(transfer->url[8] - '0'), mirror_rig.get.mirror);
	return mirror_rig.get.mirror;
}

unsigned mirror_rig_ask(uint32_t avoid)
{
	struct fetch_transfer *transfer = mirror_rig_get(0, 4096, avoid);
	unsigned mirror = mirror_rig_who(transfer);

	fake_fetch_serve(transfer, 100000, "\"one\"");
	EQ(BLOB_DONE, mirror_rig.result);
	EQ(mirror, mirror_rig.get.mirror);
	return mirror;
}

enum blob_result mirror_rig_status(int code)
{
	fake_fetch_status(mirror_rig_get(0, 4096, 0), code);
	EQ(1u, mirror_rig.dones);
	/* Each refusal has its time. */
	fake_loop_advance(mirror_rig.loop, 30);
	return mirror_rig.result;
}

void mirror_rig_pace_all(unsigned slow, uint32_t first_ms, uint32_t rate)
{
	for (unsigned i = 0; i < mirror_rig.blob.mirror_count; i++)
		*mirror_rig.blob.mirrors[i].pace = (struct pace){.is_measured = true,
								 .first_ms = i == slow ? first_ms : 2,
								 .rate = i == slow ? rate : 10000};
}
