/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "rig.h"

#include <errno.h>

#define KIB UINT64_C(1024)

static struct rig rig;

CASE(a_miss_is_answered_when_its_last_block_is_here)
{
	struct object *object;
	struct fetch_transfer *transfer;
	uint32_t id;

	rig_open(&rig, 0);
	object = rig_object(&rig, 1024 * KIB);
	id = rig_ask(&rig, object, 8 * KIB, 8 * KIB);
	transfer = fake_fetch_at(rig.fetch, 0);
	EQ(8 * KIB, transfer->off);
	ATF_CHECK_STREQ(RIG_ETAG, transfer->if_range);
	fake_fetch_head_206(transfer, 1024 * KIB, RIG_ETAG);
	fake_fetch_body(transfer, 8 * KIB - 1);
	EQ(RIG_WAITS, rig_state(&rig, id));
	fake_fetch_body(transfer, 1);
	EQ(RIG_SERVED, rig_state(&rig, id));
	fake_fetch_end(transfer, NULL);
	object_close(object);
	rig_close(&rig);
}

CASE(what_is_here_is_answered_at_once)
{
	struct object *object;

	rig_open(&rig, 0);
	object = rig_object(&rig, 1024 * KIB);
	rig_ask(&rig, object, 0, 64 * KIB);
	rig_serve_all(&rig, object);
	EQ(RIG_SERVED, rig_state(&rig, rig_ask(&rig, object, 5, 100)));
	EQ(RIG_SERVED, rig_state(&rig, rig_ask(&rig, object, 60 * KIB, 4 * KIB)));
	EQ(0u, fake_fetch_flying(rig.fetch));
	EQ(0u, rig.counters.failed);
	EQ(3u, rig.counters.misses);
	object_close(object);
	rig_close(&rig);
}

CASE(equal_and_overlapping_requests_share_a_transfer)
{
	struct object *object;
	uint32_t ids[4];

	rig_open(&rig, 0);
	object = rig_object(&rig, 1024 * KIB);
	ids[0] = rig_ask(&rig, object, 0, 64 * KIB);
	ids[1] = rig_ask(&rig, object, 0, 64 * KIB);
	ids[2] = rig_ask(&rig, object, 32 * KIB, 16 * KIB);
	ids[3] = rig_ask(&rig, object, 48 * KIB, 64 * KIB);
	EQ(2u, fake_fetch_flying(rig.fetch));
	ATF_CHECK(fake_fetch_at(rig.fetch, 1)->off >=
		  fake_fetch_at(rig.fetch, 0)->off + fake_fetch_at(rig.fetch, 0)->len);
	rig_serve(&rig, 0, object);
	EQ(RIG_SERVED, rig_state(&rig, ids[0]));
	EQ(RIG_SERVED, rig_state(&rig, ids[1]));
	EQ(RIG_SERVED, rig_state(&rig, ids[2]));
	EQ(RIG_WAITS, rig_state(&rig, ids[3]));
	rig_serve(&rig, 0, object);
	EQ(RIG_SERVED, rig_state(&rig, ids[3]));
	EQ(0u, rig.transport->refills);
	object_close(object);
	rig_close(&rig);
}

CASE(the_last_block_of_an_odd_sized_blob_is_padded)
{
	struct object *object;

	rig_open(&rig, 0);
	object = rig_object(&rig, 10001);
	EQ(RIG_WAITS, rig_state(&rig, rig_ask(&rig, object, 8192, 4096)));
	rig_serve_all(&rig, object);
	ATF_CHECK(fake_transport_has(rig.transport, object->requests.file, 8192, 4096));
	EQ(0u, fake_transport_unanswered(rig.transport));
	/* Inside the padding there are bytes too: zeros. */
	EQ(RIG_SERVED, rig_state(&rig, rig_ask(&rig, object, 10500, 100)));
	object_close(object);
	rig_close(&rig);
}

CASE(a_request_beyond_the_end_gets_what_there_is)
{
	struct object *object;
	uint32_t id;

	rig_open(&rig, 0);
	object = rig_object(&rig, 10001);
	id = rig_ask(&rig, object, 4096, INT64_MAX - 4096);
	rig_serve_all(&rig, object);
	EQ(RIG_SERVED, rig_state(&rig, id));
	EQ(8192u, rig.transport->filled);
	EQ(0u, rig.counters.failed);
	object_close(object);
	rig_close(&rig);
}

CASE(hostile_ranges_are_answered_without_a_fetch)
{
	static const uint64_t ranges[][2] = {{12288, 1},
					     {12288, 0},
					     {0, 0},
					     {INT64_MAX, 1},
					     {UINT64_MAX, 1},
					     {UINT64_MAX, UINT64_MAX},
					     {INT64_MAX, INT64_MAX}};
	struct object *object;

	rig_open(&rig, 0);
	object = rig_object(&rig, 10001);
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		ATF_CHECK(rig_state(&rig, rig_ask(&rig, object, ranges[i][0], ranges[i][1])) != RIG_WAITS);
	EQ(7u, rig.counters.failed);
	EQ(0u, fake_fetch_flying(rig.fetch));
	rig_ask(&rig, object, 12287, UINT64_MAX);
	rig_serve_all(&rig, object);
	object_close(object);
	rig_close(&rig);
}

CASE(an_empty_blob_answers_every_request)
{
	struct object *object;

	rig_open(&rig, 0);
	object = rig_object(&rig, 0);
	rig_ask(&rig, object, 0, 4096);
	rig_ask(&rig, object, UINT64_MAX, 1);
	EQ(0u, fake_transport_unanswered(rig.transport));
	object_close(object);
	rig_close(&rig);
}

CASE(a_blob_too_large_for_a_blockset_is_refused)
{
	struct blob blob = {.size = INT64_MAX, .is_known = true};
	struct object *object;

	rig_open(&rig, 0);
	EQ(-EFBIG, object_open(&rig.table, 1, 0, &blob, false, NULL, &object));
	rig_close(&rig);
}

CASE(closing_answers_whoever_waits)
{
	struct object *object, *other;
	uint32_t ids[3], id;

	rig_open(&rig, 7);
	object = rig_object(&rig, 1024 * KIB);
	other = rig_object(&rig, 1024 * KIB);
	for (int i = 0; i < 3; i++)
		ids[i] = rig_ask(&rig, object, (uint64_t)i * 300 * KIB, 4 * KIB);
	id = rig_ask(&rig, other, 0, 4 * KIB);
	object_close(object);
	for (int i = 0; i < 3; i++)
		EQ(RIG_FAILED, rig_state(&rig, ids[i]));
	EQ(3u, rig.counters.failed);
	EQ(RIG_WAITS, rig_state(&rig, id));
	rig_serve_all(&rig, other);
	EQ(RIG_SERVED, rig_state(&rig, id));
	object_close(other);
	rig_close(&rig);
}

CASE(the_oldest_request_is_told)
{
	struct object *object;
	uint64_t asked, off, len;

	rig_open(&rig, 0);
	object = rig_object(&rig, 1024 * KIB);
	ATF_CHECK(!object_oldest(object, &asked, &off, &len));
	rig_ask(&rig, object, 100 * KIB, 4 * KIB);
	fake_loop_advance(rig.loop, 500);
	rig_ask(&rig, object, 0, 4 * KIB);
	ATF_REQUIRE(object_oldest(object, &asked, &off, &len));
	EQ(loop_now_ms(rig.loop) - 500, asked);
	EQ(100 * KIB, off);
	EQ(4 * KIB, len);
	object_close(object);
	rig_close(&rig);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, a_miss_is_answered_when_its_last_block_is_here);
	ATF_TP_ADD_TC(tp, what_is_here_is_answered_at_once);
	ATF_TP_ADD_TC(tp, equal_and_overlapping_requests_share_a_transfer);
	ATF_TP_ADD_TC(tp, the_last_block_of_an_odd_sized_blob_is_padded);
	ATF_TP_ADD_TC(tp, a_request_beyond_the_end_gets_what_there_is);
	ATF_TP_ADD_TC(tp, hostile_ranges_are_answered_without_a_fetch);
	ATF_TP_ADD_TC(tp, an_empty_blob_answers_every_request);
	ATF_TP_ADD_TC(tp, a_blob_too_large_for_a_blockset_is_refused);
	ATF_TP_ADD_TC(tp, closing_answers_whoever_waits);
	ATF_TP_ADD_TC(tp, the_oldest_request_is_told);
	return atf_no_error();
}
