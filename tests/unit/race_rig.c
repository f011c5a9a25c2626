/* SPDX-License-Identifier: MIT */
#include "race_rig.h"

#include "unit.h"

struct race_rig race_rig;

static size_t on_data(void *arg, const uint8_t *bytes, size_t len)
{
	(void)arg;
	if (race_rig.is_deaf)
		return FETCH_REFUSE;
	for (size_t i = 0; i < len; i++)
		ATF_REQUIRE_EQ_MSG(fake_byte(race_rig.at + i), bytes[i], "byte %" PRIu64, race_rig.at + i);
	race_rig.at += len;
	return len;
}

void race_rig_drop(void)
{
	race_cancel(race_rig.race);
	free(race_rig.race);
	race_rig.race = NULL;
}

static void on_done(void *arg, enum blob_result result, const char *why)
{
	(void)arg;
	race_rig.dones++;
	race_rig.result = result;
	snprintf(race_rig.why, sizeof(race_rig.why), "%s", why ? why : "");
	EQ(0u, fake_fetch_flying(race_rig.fetch) - 1);
	race_rig_drop();
}

static bool is_wanted(void *arg)
{
	(void)arg;
	return race_rig.is_wanted;
}

static void reached(void *arg, uint64_t *off_out, uint64_t *end_out)
{
	(void)arg;
	*off_out = race_rig.at / RACE_RIG_BLOCK * RACE_RIG_BLOCK;
	*end_out = race_rig.end;
}

static void turn(void *arg, uint64_t off)
{
	(void)arg;
	EQ(race_rig.at / RACE_RIG_BLOCK * RACE_RIG_BLOCK, off);
	race_rig.at = off;
	race_rig.turns++;
}

void race_rig_begin(unsigned mirrors)
{
	static const struct race_events events = {
		.data = on_data, .done = on_done, .is_wanted = is_wanted, .reached = reached, .turn = turn};
	char url[32];

	memset(&race_rig, 0, sizeof(race_rig));
	race_rig.fetch = fake_fetch_open();
	race_rig.loop = fake_loop_open();
	for (unsigned i = 0; i < mirrors; i++) {
		snprintf(url, sizeof(url), "http://m%u/x", i);
		MUST_EQ(0, i == 0 ? blob_init(&race_rig.blob, race_rig.fetch, race_rig.loop, url)
				  : blob_add_mirror(&race_rig.blob, url));
	}
	race_rig.blob.is_raced = race_rig.blob.is_proven = race_rig.blob.is_known = true;
	race_rig.blob.size = RACE_RIG_SIZE;
	race_rig.is_wanted = true;
	race_rig.end = RACE_RIG_LEN;
	race_rig.race = calloc(1, sizeof(*race_rig.race));
	ATF_REQUIRE(race_rig.race != NULL);
	MUST_EQ(0, race_begin(race_rig.race, &race_rig.blob, 0, RACE_RIG_LEN, 0, &events, NULL));
}

void race_rig_end(unsigned dones)
{
	EQ(dones, race_rig.dones);
	if (race_rig.race)
		race_rig_drop();
	EQ(0u, fake_fetch_flying(race_rig.fetch));
	EQ(0u, fake_loop_armed(race_rig.loop));
	EQ(0u, race_rig.blob.rivals);
	blob_fini(&race_rig.blob);
	fetch_close(race_rig.fetch);
	loop_close(race_rig.loop);
}

unsigned race_rig_flying(void)
{
	return fake_fetch_flying(race_rig.fetch);
}

struct fetch_transfer *race_rig_attempt(unsigned n)
{
	return fake_fetch_at(race_rig.fetch, n);
}

char race_rig_mirror(unsigned n)
{
	return race_rig_attempt(n)->url[8];
}

void race_rig_head(unsigned n)
{
	fake_fetch_head_206(race_rig_attempt(n), RACE_RIG_SIZE, NULL);
}

void race_rig_serve(unsigned n)
{
	fake_fetch_serve(race_rig_attempt(n), RACE_RIG_SIZE, NULL);
}

void race_rig_stall(void)
{
	fake_loop_advance(race_rig.loop,
			  race_rig.blob.mirror_count > 1 ? PACE_OTHER_LEAST_MS : PACE_SAME_LEAST_MS);
	MUST_EQ(2u, race_rig_flying());
}
