/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "rig.h"

#include <errno.h>

#define KIB  UINT64_C(1024)
#define SIZE (4096 * KIB)

static struct rig rig;
static struct object *object;

/* The linker calls __wrap_blockset_mark in place of blockset_mark (--wrap). */
static bool is_out_of_memory;

int __real_blockset_mark(struct blockset *set, uint64_t first, uint64_t end);
int __wrap_blockset_mark(struct blockset *set, uint64_t first, uint64_t end);
int __wrap_blockset_mark(struct blockset *set, uint64_t first, uint64_t end)
{
	return is_out_of_memory ? -ENOMEM : __real_blockset_mark(set, first, end);
}

static void begin(uint32_t timeout_s)
{
	rig_open(&rig, timeout_s);
	object = rig_object(&rig, SIZE);
}

static void end(void)
{
	object_close(object);
	rig_close(&rig);
}

CASE(trouble_is_tried_again_and_told_once)
{
	uint32_t id;

	begin(0);
	id = rig_ask(&rig, object, 0, 64 * KIB);
	for (int i = 0; i < 5; i++) {
		fake_fetch_status(fake_fetch_at(rig.fetch, 0), i % 2 ? 503 : 404);
		EQ(0u, fake_fetch_flying(rig.fetch));
		fake_loop_advance(rig.loop, 6000);
	}
	EQ(1u, rig.news[OBJECT_TROUBLE]);
	EQ(RIG_WAITS, rig_state(&rig, id));
	rig_serve_all(&rig, object);
	EQ(RIG_SERVED, rig_state(&rig, id));
	EQ(1u, rig.news[OBJECT_RECOVERED]);
	end();
}

CASE(what_came_before_the_trouble_is_not_fetched_again)
{
	struct fetch_transfer *transfer;

	begin(0);
	rig_ask(&rig, object, 0, 128 * KIB);
	transfer = fake_fetch_at(rig.fetch, 0);
	fake_fetch_head_206(transfer, SIZE, RIG_ETAG);
	fake_fetch_body(transfer, 70 * KIB);
	fake_fetch_end(transfer, "reset");
	fake_loop_advance(rig.loop, 6000);
	EQ(68 * KIB, fake_fetch_at(rig.fetch, 0)->off);
	rig_serve_all(&rig, object);
	EQ(0u, rig.transport->refills);
	end();
}

CASE(what_nobody_waits_for_is_not_tried_again)
{
	begin(0);
	rig_ask(&rig, object, 0, 128 * KIB);
	ATF_REQUIRE(fake_fetch_at(rig.fetch, 0)->len > 128 * KIB);
	fake_fetch_end(fake_fetch_at(rig.fetch, 0), "reset");
	fake_loop_advance(rig.loop, 6000);
	EQ(128 * KIB, fake_fetch_at(rig.fetch, 0)->len);
	rig_serve_all(&rig, object);
	end();
}

CASE(what_is_read_in_trouble_earns_read_ahead_for_afterwards)
{
	begin(0);
	rig_ask(&rig, object, 0, 128 * KIB);
	fake_fetch_end(fake_fetch_at(rig.fetch, 0), "reset");
	rig_ask(&rig, object, 128 * KIB, 128 * KIB);
	EQ(128 * KIB, fake_fetch_at(rig.fetch, 0)->len);
	fake_loop_advance(rig.loop, 6000);
	rig_serve_all(&rig, object);
	EQ(1u, rig.news[OBJECT_RECOVERED]);
	rig_ask(&rig, object, 256 * KIB, 128 * KIB);
	/* An eighth of the 384 KiB. */
	EQ((128 + 48) * KIB, fake_fetch_at(rig.fetch, 0)->len);
	rig_serve_all(&rig, object);
	end();
}

/* All flights get answers of another version, until they pause or end. */
static void serve_others(unsigned flights)
{
	EQ(flights, fake_fetch_flying(rig.fetch));
	for (unsigned asked = 0; fake_fetch_flying(rig.fetch) > 0; asked++) {
		ATF_REQUIRE(asked < 8 * flights);
		fake_fetch_serve(fake_fetch_at(rig.fetch, 0), SIZE, "\"two\"");
	}
}

/* Each flight asks a second time before it believes that another version is there. */
static void serve_changed(unsigned flights)
{
	serve_others(flights);
	fake_loop_advance(rig.loop, 1000);
	serve_others(flights);
}

CASE(another_version_fails_who_waits_and_mixes_nothing)
{
	uint32_t first, second, third;

	begin(0);
	first = rig_ask(&rig, object, 0, 64 * KIB);
	second = rig_ask(&rig, object, 1024 * KIB, 4 * KIB);
	serve_changed(2);
	EQ(RIG_FAILED, rig_state(&rig, first));
	EQ(RIG_FAILED, rig_state(&rig, second));
	third = rig_ask(&rig, object, 2048 * KIB, 4 * KIB);
	serve_changed(1);
	EQ(RIG_FAILED, rig_state(&rig, third));
	EQ(0u, fake_fetch_flying(rig.fetch));
	EQ(0u, rig.transport->fills);
	EQ(1u, rig.news[OBJECT_CHANGED]);
	EQ(3u, rig.counters.failed);
	end();
}

CASE(one_answer_of_another_version_is_not_believed)
{
	uint32_t id;

	begin(0);
	id = rig_ask(&rig, object, 0, 64 * KIB);
	fake_fetch_serve(fake_fetch_at(rig.fetch, 0), SIZE, "\"two\"");
	EQ(RIG_WAITS, rig_state(&rig, id));
	/* The next one is right: there are two servers, and that is said once. */
	rig_serve_all(&rig, object);
	EQ(RIG_SERVED, rig_state(&rig, id));
	rig_ask(&rig, object, 1024 * KIB, 64 * KIB);
	fake_fetch_serve(fake_fetch_at(rig.fetch, 0), SIZE, "\"two\"");
	rig_serve_all(&rig, object);
	EQ(1u, rig.news[OBJECT_TWO_VERSIONS]);
	EQ(0u, rig.news[OBJECT_CHANGED] + rig.news[OBJECT_TROUBLE]);
	end();
}

CASE(a_changed_blob_still_serves_what_is_here)
{
	begin(0);
	rig_ask(&rig, object, 0, 64 * KIB);
	rig_serve_all(&rig, object);
	rig_ask(&rig, object, 1024 * KIB, 4 * KIB);
	serve_changed(1);
	EQ(1u, rig.counters.failed);
	rig_ask(&rig, object, 0, 64 * KIB);
	EQ(1u, rig.counters.failed);
	end();
}

CASE(a_full_store_fails_who_waits_and_recovers)
{
	uint32_t id;

	begin(0);
	rig.transport->fill_error = -ENOSPC;
	for (int i = 0; i < 2; i++) {
		id = rig_ask(&rig, object, 0, 128 * KIB);
		rig_serve(&rig, 0, object);
		EQ(RIG_FAILED, rig_state(&rig, id));
	}
	EQ(0u, fake_fetch_flying(rig.fetch));
	EQ(1u, rig.news[OBJECT_STORE_FULL]);
	rig.transport->fill_error = 0;
	id = rig_ask(&rig, object, 0, 128 * KIB);
	rig_serve_all(&rig, object);
	EQ(RIG_SERVED, rig_state(&rig, id));
	EQ(0u, rig.news[OBJECT_TROUBLE]);
	end();
}

CASE(a_failing_store_says_why)
{
	begin(0);
	rig.transport->fill_error = -EIO;
	rig_ask(&rig, object, 0, 4 * KIB);
	rig_serve(&rig, 0, object);
	EQ(1u, rig.news[OBJECT_STORE_FAILED]);
	ATF_CHECK_STREQ("Input/output error", rig.why);
	end();
}

CASE(a_request_waits_no_longer_than_the_timeout)
{
	uint32_t first, second;

	begin(10);
	first = rig_ask(&rig, object, 0, 4 * KIB);
	fake_loop_advance(rig.loop, 4000);
	second = rig_ask(&rig, object, 1024 * KIB, 4 * KIB);
	fake_loop_advance(rig.loop, 5999);
	EQ(RIG_WAITS, rig_state(&rig, first));
	fake_loop_advance(rig.loop, 1);
	EQ(RIG_FAILED, rig_state(&rig, first));
	EQ(RIG_WAITS, rig_state(&rig, second));
	fake_loop_advance(rig.loop, 4000);
	EQ(RIG_FAILED, rig_state(&rig, second));
	EQ(2u, rig.news[OBJECT_TIMED_OUT]);
	/* Too late for those, in time for the next. */
	rig_serve_all(&rig, object);
	EQ(RIG_SERVED, rig_state(&rig, rig_ask(&rig, object, 0, 4 * KIB)));
	end();
}

CASE(nobody_waits_so_nobody_tries_again)
{
	begin(1);
	rig_ask(&rig, object, 0, 4 * KIB);
	fake_loop_advance(rig.loop, 1000);
	fake_fetch_end(fake_fetch_at(rig.fetch, 0), "silent");
	EQ(0u, fake_loop_armed(rig.loop));
	EQ(0u, fake_fetch_flying(rig.fetch));
	end();
}

CASE(without_memory_for_a_transfer_it_is_tried_again)
{
	uint32_t id;

	begin(0);
	fake_fetch_refuse(rig.fetch, 3);
	id = rig_ask(&rig, object, 0, 4 * KIB);
	rig_serve_all(&rig, object);
	EQ(RIG_SERVED, rig_state(&rig, id));
	end();
}

CASE(without_memory_to_remember_blocks_their_readers_fail_and_no_others)
{
	struct fetch_transfer *transfer;
	uint32_t first, second;

	begin(0);
	first = rig_ask(&rig, object, 0, 128 * KIB);
	second = rig_ask(&rig, object, 128 * KIB, 8 * KIB);
	transfer = fake_fetch_at(rig.fetch, 0);
	fake_fetch_head_206(transfer, SIZE, RIG_ETAG);
	is_out_of_memory = true;
	fake_fetch_body(transfer, 128 * KIB);
	is_out_of_memory = false;
	EQ(1u, rig.transport->requests[first].answers);
	EQ(RIG_WAITS, rig_state(&rig, second));
	rig_serve_all(&rig, object);
	EQ(RIG_SERVED, rig_state(&rig, second));
	EQ(0u, rig.news[OBJECT_STORE_FAILED]);
	/* Fetched again for whoever comes next. */
	EQ(RIG_WAITS, rig_state(&rig, rig_ask(&rig, object, 0, 4 * KIB)));
	rig_serve_all(&rig, object);
	end();
}

CASE(closing_in_the_middle_of_trouble_leaves_nothing)
{
	begin(9);
	for (uint64_t i = 0; i < 6; i++)
		rig_ask(&rig, object, i * 512 * KIB, 4 * KIB);
	for (int i = 0; i < 4; i++)
		fake_fetch_end(fake_fetch_at(rig.fetch, 0), "reset");
	end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, trouble_is_tried_again_and_told_once);
	ATF_TP_ADD_TC(tp, what_came_before_the_trouble_is_not_fetched_again);
	ATF_TP_ADD_TC(tp, what_nobody_waits_for_is_not_tried_again);
	ATF_TP_ADD_TC(tp, what_is_read_in_trouble_earns_read_ahead_for_afterwards);
	ATF_TP_ADD_TC(tp, another_version_fails_who_waits_and_mixes_nothing);
	ATF_TP_ADD_TC(tp, one_answer_of_another_version_is_not_believed);
	ATF_TP_ADD_TC(tp, a_changed_blob_still_serves_what_is_here);
	ATF_TP_ADD_TC(tp, a_full_store_fails_who_waits_and_recovers);
	ATF_TP_ADD_TC(tp, a_failing_store_says_why);
	ATF_TP_ADD_TC(tp, a_request_waits_no_longer_than_the_timeout);
	ATF_TP_ADD_TC(tp, nobody_waits_so_nobody_tries_again);
	ATF_TP_ADD_TC(tp, without_memory_for_a_transfer_it_is_tried_again);
	ATF_TP_ADD_TC(tp, without_memory_to_remember_blocks_their_readers_fail_and_no_others);
	ATF_TP_ADD_TC(tp, closing_in_the_middle_of_trouble_leaves_nothing);
	return atf_no_error();
}
