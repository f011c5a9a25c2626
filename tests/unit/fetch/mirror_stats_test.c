/* SPDX-License-Identifier: MIT */
/*
 * What one engine knew of its mirrors, and what the next one makes of it: and of any bytes that lie there instead.
 */
#include "unit.h"

#include "fake_fetch.h"
#include "fake_loop.h"
#include "fetch/blob.h"
#include "fetch/mirror_probe.h"
#include "fetch/mirror_stats.h"

enum { SIZE = 1000000, MIRRORS = 3, SEEDS = 120 };

enum manner { GOOD, DEAD, SLOW, LYING, MANNERS };

static struct mirror_stats stats;

/* An engine: the image's blob, the tree's, and what was fetched last. */
static struct {
	struct fetch *fetch;
	struct loop *loop;
	struct blob image, tree;
	struct mirror_probe *probe;
	struct blob_transfer get;
	enum manner manners[MIRRORS];
	enum blob_result result;
} t;

static void on_done(void *arg, enum blob_result result, const char *why)
{
	(void)arg;
	(void)why;
	t.result = result;
}

static void name(struct blob *blob, const char *what)
{
	char url[32];

	for (unsigned i = 0; i < MIRRORS; i++) {
		snprintf(url, sizeof(url), "http://m%u/%s", i, what);
		MUST_EQ(0, i == 0 ? blob_init(blob, t.fetch, t.loop, url) : blob_add_mirror(blob, url));
	}
	blob->is_proven = true;
	blob_set_size(blob, SIZE);
}

static void begin(uint64_t now_ms)
{
	t.fetch = fake_fetch_open();
	t.loop = fake_loop_open();
	fake_loop_advance(t.loop, now_ms);
	mirror_stats_adopt(&stats, loop_now_ms(t.loop));
	name(&t.image, "x");
	name(&t.tree, "x.verity");
	blob_use_stats(&t.image, &stats.image);
	blob_use_stats(&t.tree, &stats.tree);
	MUST_EQ(0, mirror_probe_open(&t.probe, &t.image));
	blob_share_pace(&t.tree, &t.image);
}

/* Returns the time. */
static uint64_t end(void)
{
	uint64_t now_ms = loop_now_ms(t.loop);

	mirror_probe_close(t.probe);
	blob_fini(&t.image);
	blob_fini(&t.tree);
	fetch_close(t.fetch);
	loop_close(t.loop);
	/* The fake clock begins at 1000. */
	return now_ms - 1000;
}

/* Whoever flies is answered in its mirror's manner. */
static void serve_all(void)
{
	while (fake_fetch_flying(t.fetch) > 0) {
		struct fetch_transfer *transfer = fake_fetch_at(t.fetch, 0);
		enum manner manner = t.manners[transfer->url[8] - '0'];

		if (manner == DEAD) {
			fake_fetch_end(transfer, "no connection");
			continue;
		}
		fake_loop_advance(t.loop, manner == SLOW ? 3000 : 5);
		fake_fetch_serve(transfer, SIZE, NULL);
	}
}

/* Reads as a flight does, until right bytes are here. Returns whose they are. */
static unsigned read_from(struct blob *blob)
{
	static const struct blob_events events = {.data = fake_fetch_swallow, .done = on_done};
	uint32_t avoid = 0;

	/* A good one may be said to want peace for two minutes, in which a dead one is tried. */
	for (unsigned attempts = 0; attempts < 1000;) {
		fake_loop_advance(t.loop, blob_quiet_ms(blob));
		MUST_EQ(0, blob_get(blob, &t.get, 500000, 4096, avoid, &events, NULL));
		serve_all();
		if (t.result == BLOB_DONE && t.manners[t.get.mirror] != LYING) {
			blob_praise(blob, t.get.mirror);
			return t.get.mirror;
		}
		if (t.result == BLOB_DONE) {
			blob_blame(blob, t.get.mirror);
			avoid = blob_avoid(blob, avoid, t.get.mirror);
		} else {
			avoid = 0;
			fake_loop_advance(t.loop, blob_pause_ms(blob, ++attempts));
		}
	}
	atf_tc_fail("right bytes do not come");
}

static void manners(enum manner m0, enum manner m1, enum manner m2)
{
	t.manners[0] = m0;
	t.manners[1] = m1;
	t.manners[2] = m2;
}

CASE(the_next_engine_asks_whom_the_last_one_would_have_asked)
{
	for (enum manner bad = DEAD; bad < MANNERS; bad++) {
		uint64_t now_ms;

		memset(&stats, 0, sizeof(stats));
		manners(bad, bad, GOOD);
		begin(0);
		for (unsigned i = 0; i < 40; i++)
			read_from(&t.image);
		EQ(2u, read_from(&t.tree));
		now_ms = end();
		begin(now_ms);
		/* At the first request, and nobody is probed in a hurry. */
		EQ(2u, read_from(&t.image));
		EQ(1u, fake_fetch_begun(t.fetch));
		EQ(2u, read_from(&t.tree));
		EQ(2u, fake_fetch_begun(t.fetch));
		end();
	}
}

CASE(the_mirror_that_was_asked_is_asked_where_all_are_as_good)
{
	memset(&stats, 0, sizeof(stats));
	manners(DEAD, GOOD, DEAD);
	begin(0);
	EQ(1u, read_from(&t.image));
	end();
	for (unsigned i = 0; i < MIRRORS; i++)
		stats.image.mirrors[i] = (struct mirror_record){.pace = {.is_measured = true, .first_ms = 5}};
	manners(GOOD, GOOD, GOOD);
	begin(0);
	EQ(1u, read_from(&t.image));
	end();
}

CASE(who_wants_to_be_left_in_peace_is_by_the_next_engine)
{
	memset(&stats, 0, sizeof(stats));
	begin(5000);
	for (unsigned i = 0; i < MIRRORS; i++)
		t.image.mirrors[i].pace->quiet_until_ms = loop_now_ms(t.loop) + 120000 - i;
	end();
	begin(5000);
	EQ(120000u - 2, blob_quiet_ms(&t.image));
	end();
}

CASE(lies_are_the_files_and_pace_is_the_servers)
{
	memset(&stats, 0, sizeof(stats));
	begin(0);
	blob_blame(&t.tree, 0);
	t.tree.mirrors[1].pace->first_ms = 77;
	t.tree.mirrors[1].pace->is_measured = true;
	end();
	begin(0);
	EQ(0u, t.image.mirrors[0].stats->lies);
	EQ(1u, t.tree.mirrors[0].stats->lies);
	EQ(77u, t.image.mirrors[1].pace->first_ms);
	ATF_CHECK(t.tree.mirrors[1].pace == t.image.mirrors[1].pace);
	end();
}

CASE(a_measurement_of_our_own_takes_the_place_of_what_was_left)
{
	memset(&stats, 0, sizeof(stats));
	stats.format = MIRROR_STATS_FORMAT;
	stats.image.mirrors[0].pace = (struct pace){.is_measured = true, .first_ms = 40000, .rate = 1};
	begin(0);
	pace_take_first(t.image.mirrors[0].pace, 8);
	pace_take_bytes(t.image.mirrors[0].pace, 4000000, 1000);
	EQ(8u, t.image.mirrors[0].pace->first_ms);
	EQ(4000u, t.image.mirrors[0].pace->rate);
	/* And is averaged with the next ones. */
	pace_take_first(t.image.mirrors[0].pace, 48);
	pace_take_bytes(t.image.mirrors[0].pace, 8000000, 1000);
	EQ(18u, t.image.mirrors[0].pace->first_ms);
	EQ(5000u, t.image.mirrors[0].pace->rate);
	end();
}

CASE_ABOUT(a_rate_that_was_left_does_not_outlast_small_transfers,
	   "too small to tell what it is, but what it is not")
{
	struct pace slow = {.rate = 64, .is_rate_left = true}, own = {.rate = 64};

	pace_take_bytes(&slow, 4096, 64);
	EQ(64u, slow.rate);
	pace_take_bytes(&slow, 4096, 50);
	EQ(0u, slow.rate);
	pace_take_bytes(&own, 4096, 1);
	EQ(64u, own.rate);
}

CASE(another_format_is_no_knowledge)
{
	static const struct mirror_record none;

	memset(&stats, 0x5a, sizeof(stats));
	mirror_stats_adopt(&stats, UINT64_MAX / 2);
	EQ(MIRROR_STATS_FORMAT, stats.format);
	for (unsigned i = 0; i < MIRROR_COUNT_MAX; i++) {
		ATF_CHECK(memcmp(&none, &stats.image.mirrors[i], sizeof(none)) == 0);
		ATF_CHECK(memcmp(&none, &stats.tree.mirrors[i], sizeof(none)) == 0);
	}
}

CASE(times_to_come_are_no_times)
{
	struct mirror_record *mirror = &stats.image.mirrors[1];

	memset(&stats, 0, sizeof(stats));
	stats.format = MIRROR_STATS_FORMAT;
	*mirror = (struct mirror_record){.pace = {.failures = 3, .failed_ms = 1001, .quiet_until_ms = 122001},
					 .is_wrong = 1,
					 .wrong_ms = 1001,
					 .failed_ms = 1001,
					 .lies = 2,
					 .lied_ms = 1001};
	mirror_stats_adopt(&stats, 1000);
	EQ(0u, mirror->pace.failures);
	EQ(0u, mirror->pace.quiet_until_ms);
	EQ(0u, mirror->is_wrong);
	EQ(0u, mirror->failed_ms);
	EQ(0u, mirror->lies);
}

/* xorshift64*, as everywhere in the tests. */
static uint64_t dice;

static uint32_t throw(void)
{
	dice ^= dice >> 12;
	dice ^= dice << 25;
	dice ^= dice >> 27;
	return (uint32_t)(dice * UINT64_C(2685821657736338717) >> 32);
}

/* Words that are small, or large, or times about now, or any. */
static void spoil(uint64_t seed, uint64_t now_ms)
{
	uint32_t *words = (uint32_t *)&stats;

	dice = seed * 2 + 1;
	for (unsigned i = 0; i < sizeof(stats) / sizeof(*words); i++) {
		uint32_t about_now = (uint32_t)now_ms + throw() % 400000 - 200000;
		uint32_t values[] = {0, throw() % 16, UINT32_MAX - throw() % 2, about_now, throw(), 0};

		words[i] = values[throw() % 6];
	}
	stats.format = MIRROR_STATS_FORMAT;
}

static void check_bounds(const struct mirror_record *mirror, uint64_t now_ms)
{
	const struct pace *pace = &mirror->pace;

	ATF_CHECK(pace->first_ms <= PACE_FIRST_MOST_MS && pace->least_ms <= PACE_FIRST_MOST_MS &&
		  pace->rate <= PACE_RATE_MOST);
	ATF_CHECK(pace->failures <= PACE_FAILURES_MAX && mirror->lies <= MIRROR_LIES_LEFT_MAX);
	EQ(0u, pace->answers);
	ATF_CHECK(pace->failures == 0 || pace->failed_ms <= now_ms);
	ATF_CHECK(pace->quiet_until_ms <= now_ms + 121000);
	ATF_CHECK(mirror->failed_ms <= now_ms);
	ATF_CHECK(!mirror->is_wrong || (mirror->wrong_ms <= now_ms && now_ms - mirror->wrong_ms < 30000));
	ATF_CHECK(mirror->lies == 0 || mirror->lied_ms <= now_ms);
	ATF_CHECK(pace_cost_ms(pace, UINT32_MAX, now_ms) < UINT64_C(10) * UINT32_MAX);
	ATF_CHECK(pace_patience_ms(pace, true) <= PACE_OTHER_MOST_MS);
}

CASE_ABOUT(any_bytes_do_no_lasting_harm,
	   "right bytes come, and whoever is good is asked in the end, however all are spoken of")
{
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		uint64_t started_ms = seed % 2 ? 300000 : 3, asked;
		unsigned good = (unsigned)(seed % MIRRORS);

		for (unsigned i = 0; i < MIRRORS; i++)
			t.manners[i] = i == good ? GOOD : DEAD + (enum manner)((seed / 3 + i) % 3);
		spoil(seed, started_ms + 1000);
		begin(started_ms);
		for (unsigned i = 0; i < MIRROR_COUNT_MAX; i++) {
			check_bounds(&stats.image.mirrors[i], loop_now_ms(t.loop));
			check_bounds(&stats.tree.mirrors[i], loop_now_ms(t.loop));
		}
		ATF_CHECK(t.image.current < MIRRORS && t.tree.current < MIRRORS);
		asked = loop_now_ms(t.loop);
		read_from(seed % 4 < 2 ? &t.image : &t.tree);
		ATF_CHECK_MSG(loop_now_ms(t.loop) - asked < 130000, "seed %" PRIu64 ": %" PRIu64 " ms", seed,
			      loop_now_ms(t.loop) - asked);
		/* A quarter of an hour later at most. */
		while (loop_now_ms(t.loop) - asked < UINT64_C(3) * MIRROR_LIE_MS) {
			read_from(&t.image);
			fake_loop_advance(t.loop, 500);
		}
		for (unsigned i = 0; i < 50; i++) {
			unsigned mirror = read_from(&t.image);

			MUST_EQ(good, mirror);
			fake_loop_advance(t.loop, 500);
		}
		end();
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, the_next_engine_asks_whom_the_last_one_would_have_asked);
	ATF_TP_ADD_TC(tp, the_mirror_that_was_asked_is_asked_where_all_are_as_good);
	ATF_TP_ADD_TC(tp, who_wants_to_be_left_in_peace_is_by_the_next_engine);
	ATF_TP_ADD_TC(tp, lies_are_the_files_and_pace_is_the_servers);
	ATF_TP_ADD_TC(tp, a_measurement_of_our_own_takes_the_place_of_what_was_left);
	ATF_TP_ADD_TC(tp, a_rate_that_was_left_does_not_outlast_small_transfers);
	ATF_TP_ADD_TC(tp, another_format_is_no_knowledge);
	ATF_TP_ADD_TC(tp, times_to_come_are_no_times);
	ATF_TP_ADD_TC(tp, any_bytes_do_no_lasting_harm);
	return atf_no_error();
}
