/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "fake_fetch.h"
#include "fake_loop.h"
#include "fetch/mirror_probe.h"

enum { SIZE = 1000000 };

static struct {
	struct fetch *fetch;
	struct loop *loop;
	struct blob blob;
	struct mirror_probe *probe;
	struct blob_transfer get;
	unsigned probes[3]; /* of each mirror */
	bool is_dead[3];
} t;

static void on_done(void *arg, enum blob_result result, const char *why)
{
	(void)arg;
	(void)result;
	(void)why;
}

static void begin(void)
{
	memset(&t, 0, sizeof(t));
	t.fetch = fake_fetch_open();
	t.loop = fake_loop_open();
	MUST_EQ(0, blob_init(&t.blob, t.fetch, t.loop, "http://m0/x"));
	MUST_EQ(0, blob_add_mirror(&t.blob, "http://m1/x"));
	MUST_EQ(0, blob_add_mirror(&t.blob, "http://m2/x"));
	t.blob.is_proven = true;
	MUST_EQ(0, mirror_probe_open(&t.probe, &t.blob));
}

static void end(void)
{
	mirror_probe_close(t.probe);
	blob_fini(&t.blob);
	fetch_close(t.fetch);
	loop_close(t.loop);
}

/* Asks for something, and has that and any probe answered. Returns who was asked. */
static unsigned ask(void)
{
	static const struct blob_events events = {.data = fake_fetch_swallow, .done = on_done};

	MUST_EQ(0, blob_get(&t.blob, &t.get, 500000, 4096, 0, &events, NULL));
	for (unsigned i = 0; i < 2 && fake_fetch_flying(t.fetch) > 0; i++) {
		struct fetch_transfer *transfer = fake_fetch_at(t.fetch, 0);
		unsigned mirror = (unsigned)(transfer->url[8] - '0');

		if (transfer->off == 0) {
			EQ(MIRROR_PROBE_BYTES, transfer->len);
			t.probes[mirror]++;
		}
		if (t.is_dead[mirror])
			fake_fetch_end(transfer, "no connection");
		else
			fake_fetch_serve(transfer, SIZE, NULL);
	}
	return t.get.mirror;
}

CASE(each_mirror_is_tried_soon_and_then_now_and_then)
{
	begin();
	/* Not before the first contact. */
	ask();
	EQ(0u, t.probes[1] + t.probes[2]);
	ask();
	ask();
	EQ(0u, t.probes[0]);
	EQ(1u, t.probes[1]);
	EQ(1u, t.probes[2]);
	for (int i = 0; i < 2000; i++) {
		fake_loop_advance(t.loop, 10);
		ask();
	}
	/* 20 s: after 2, 6, 14 s. */
	ATF_CHECK_MSG(t.probes[1] >= 3 && t.probes[1] <= 5, "%u", t.probes[1]);
	ATF_CHECK_MSG(t.probes[2] >= 3 && t.probes[2] <= 5, "%u", t.probes[2]);
	end();
}

CASE(few_requests_make_few_probes)
{
	begin();
	for (int i = 0; i < 320; i++) {
		fake_loop_advance(t.loop, 60000);
		ask();
	}
	ATF_CHECK(t.probes[1] + t.probes[2] <= 2 + 320 / MIRROR_PROBE_REQUESTS);
	end();
}

CASE(a_better_mirror_is_returned_to_when_it_recovers)
{
	int asked = 0;

	begin();
	ask();
	t.blob.mirrors[1].pace->is_measured = t.blob.mirrors[2].pace->is_measured = true;
	t.blob.mirrors[1].pace->first_ms = t.blob.mirrors[2].pace->first_ms = 400;
	t.is_dead[0] = true;
	ask();
	MUST_EQ(1u, ask());
	for (int i = 0; i < 200; i++) {
		fake_loop_advance(t.loop, 100);
		t.blob.mirrors[1].pace->first_ms = t.blob.mirrors[2].pace->first_ms = 400;
		ATF_REQUIRE(ask() != 0);
	}
	ATF_CHECK(t.probes[0] >= 2);
	t.is_dead[0] = false;
	for (; asked < 1000 && ask() != 0; asked++) {
		t.blob.mirrors[1].pace->first_ms = t.blob.mirrors[2].pace->first_ms = 400;
		fake_loop_advance(t.loop, 100);
	}
	/* A good word of its own, not time alone. */
	ATF_CHECK_MSG(asked < PACE_FORGIVEN_MS / 100, "%d", asked);
	end();
}

CASE(one_that_hangs_is_ended)
{
	static const struct blob_events events = {.data = fake_fetch_swallow, .done = on_done};

	begin();
	ask();
	MUST_EQ(0, blob_get(&t.blob, &t.get, 500000, 4096, 0, &events, NULL));
	fake_fetch_serve(fake_fetch_at(t.fetch, 1)->off ? fake_fetch_at(t.fetch, 1)
							: fake_fetch_at(t.fetch, 0),
			 SIZE, NULL);
	MUST_EQ(1u, fake_fetch_flying(t.fetch));
	fake_loop_advance(t.loop, MIRROR_PROBE_PATIENCE_MS);
	EQ(0u, fake_fetch_at(t.fetch, 0)->off);
	ask();
	ATF_CHECK(t.blob.mirrors[1].pace->failures > 0);
	end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, each_mirror_is_tried_soon_and_then_now_and_then);
	ATF_TP_ADD_TC(tp, few_requests_make_few_probes);
	ATF_TP_ADD_TC(tp, a_better_mirror_is_returned_to_when_it_recovers);
	ATF_TP_ADD_TC(tp, one_that_hangs_is_ended);
	return atf_no_error();
}
