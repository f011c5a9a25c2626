/* SPDX-License-Identifier: MIT */
/*
 * Flights and hashes whose server stalls.
 */
#include "unit.h"

#include "flight_rig.h"

static unsigned flying(bool is_tree)
{
	return rig_tree_flying(&verified, is_tree);
}

static struct fetch_transfer *nth(bool is_tree, unsigned n)
{
	return fake_tree_find(rig.fetch, is_tree, n);
}

/* The first one sends so much, with a lie about the byte at `at`, and then nothing, until another one is asked. */
static void send_and_stall(uint64_t len, enum fake_lie lie, uint64_t at)
{
	fake_tree_head(&verified.fake, nth(false, 0));
	fake_tree_send(&verified.fake, nth(false, 0), len, lie, at);
	for (int i = 0; i < 40 && flying(false) == 1; i++)
		fake_loop_advance(rig.loop, 100);
	MUST_EQ(2u, flying(false));
}

/* A flight of 64 KiB that has stalled after 9 KiB, with its hashes here, and is raced at the other mirror. */
static uint32_t begin_stalled(void)
{
	uint32_t id;

	flight_rig_begin(2, 0);
	flight_rig_race();
	id = flight_rig_ask(0, 64 * KIB);
	flight_rig_serve_hashes();
	send_and_stall(9 * KIB, FAKE_RIGHT, 0);
	return id;
}

CASE(a_stalled_flight_goes_on_at_another_mirror_and_no_block_comes_twice)
{
	uint32_t id = begin_stalled();

	EQ(1u, fake_tree_mirror(nth(false, 1)));
	EQ(8 * KIB, nth(false, 1)->off);
	fake_tree_serve(&verified.fake, nth(false, 1), FAKE_RIGHT, 0);
	EQ(RIG_SERVED, rig_state(&rig, id));
	EQ(0u, rig.transport->refills);
	EQ(0u, rig.news[OBJECT_TROUBLE]);
	flight_rig_end();
}

CASE(a_wrong_block_of_the_rival_is_the_rivals)
{
	uint32_t id = begin_stalled();

	fake_tree_serve(&verified.fake, nth(false, 1), FAKE_FLIPPED, 8 * KIB + 5);
	EQ(0u, object->blob->mirrors[0].stats->lies);
	EQ(1u, object->blob->mirrors[1].stats->lies);
	EQ(8 * KIB, rig_tree_only(&verified, false)->off);
	EQ(0u, fake_tree_mirror(rig_tree_only(&verified, false)));
	rig_tree_serve_all(&verified);
	EQ(RIG_SERVED, rig_state(&rig, id));
	flight_rig_end();
}

CASE_ABOUT(a_wrong_block_from_before_the_turn_is_the_first_ones, "it may wait long for its hash")
{
	uint32_t id;

	flight_rig_begin(2, 0);
	flight_rig_race();
	id = flight_rig_ask(0, 64 * KIB);
	send_and_stall(9 * KIB, FAKE_FLIPPED, 4 * KIB + 5);
	fake_tree_serve(&verified.fake, nth(false, 1), FAKE_RIGHT, 0);
	EQ(RIG_WAITS, rig_state(&rig, id));
	flight_rig_serve_hashes();
	EQ(1u, object->blob->mirrors[0].stats->lies);
	EQ(0u, object->blob->mirrors[1].stats->lies);
	rig_tree_serve_all(&verified);
	EQ(RIG_SERVED, rig_state(&rig, id));
	EQ(0u, rig.news[OBJECT_FALSE]);
	flight_rig_end();
}

CASE(stalled_hashes_come_from_another_mirror_all_of_them)
{
	uint32_t id;
	unsigned hashes;

	flight_rig_begin(2, 0);
	flight_rig_race();
	id = flight_rig_ask(0, 64 * KIB);
	fake_tree_serve(&verified.fake, nth(false, 0), FAKE_RIGHT, 0);
	hashes = flying(true);
	fake_tree_head(&verified.fake, nth(true, 0));
	fake_tree_send(&verified.fake, nth(true, 0), 1000, FAKE_RIGHT, 0);
	for (int i = 0; i < 40 && flying(true) == hashes; i++)
		fake_loop_advance(rig.loop, 100);
	ATF_REQUIRE(flying(true) > hashes);
	for (unsigned n = flying(true) - 1; n > 0; n--) {
		/* The first one's rival. */
		if (nth(true, n)->off == nth(true, 0)->off) {
			EQ(nth(true, 0)->len, nth(true, n)->len);
			fake_tree_serve(&verified.fake, nth(true, n), FAKE_RIGHT, 0);
			break;
		}
	}
	EQ(0u, rig.counters.wrong_blocks);
	rig_tree_serve_these(&verified, true, FAKE_RIGHT, 0);
	EQ(RIG_SERVED, rig_state(&rig, id));
	rig_tree_serve_all(&verified);
	flight_rig_end();
}

CASE(read_ahead_is_not_raced)
{
	uint64_t off = 0;

	flight_rig_begin(2, 0);
	flight_rig_race();
	/* A reader in sequence earns it. */
	for (int i = 0; i < 16; i++, off += 128 * KIB) {
		while (off < 16384 * KIB &&
		       fake_transport_has(rig.transport, object->requests.file, off, 4096))
			off += 4096;
		flight_rig_ask(off, 128 * KIB);
		if (flying(false) > 0 && nth(false, 0)->len > 128 * KIB)
			break;
		rig_tree_serve_all(&verified);
	}
	flight_rig_serve_hashes();
	fake_tree_head(&verified.fake, nth(false, 0));
	fake_tree_send(&verified.fake, nth(false, 0), 132 * KIB, FAKE_RIGHT, 0);
	EQ(0u, fake_transport_unanswered(rig.transport));
	fake_loop_advance(rig.loop, 60000);
	EQ(1u, flying(false));
	/* Until somebody comes for it. */
	flight_rig_ask(off + 128 * KIB, 8 * KIB);
	fake_loop_advance(rig.loop, 1000);
	EQ(2u, flying(false));
	rig_tree_serve_all(&verified);
	flight_rig_end();
}

CASE(nobody_is_asked_before_the_time_that_a_lone_server_has_named)
{
	uint32_t first, second;

	flight_rig_begin(1, 0);
	flight_rig_race();
	first = flight_rig_ask(0, 4 * KIB);
	flight_rig_serve_hashes();
	fake_fetch_head(nth(false, 0), "HTTP/1.1 503 x\nRetry-After: 9\n");
	EQ(0u, flying(false));
	/* Not by a later read either. */
	second = flight_rig_ask(1024 * KIB, 4 * KIB);
	fake_loop_advance(rig.loop, 8999);
	EQ(0u, fake_fetch_flying(rig.fetch));
	fake_loop_advance(rig.loop, 1001);
	EQ(2u, flying(false));
	rig_tree_serve_all(&verified);
	EQ(RIG_SERVED, rig_state(&rig, first));
	EQ(RIG_SERVED, rig_state(&rig, second));
	flight_rig_end();
}

CASE(an_object_may_close_in_the_middle_of_a_race)
{
	flight_rig_begin(2, 0);
	flight_rig_race();
	flight_rig_ask(0, 64 * KIB);
	send_and_stall(9 * KIB, FAKE_RIGHT, 0);
	fake_tree_head(&verified.fake, nth(false, 1));
	fake_tree_send(&verified.fake, nth(false, 1), 1, FAKE_RIGHT, 0);
	flight_rig_end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, a_stalled_flight_goes_on_at_another_mirror_and_no_block_comes_twice);
	ATF_TP_ADD_TC(tp, a_wrong_block_of_the_rival_is_the_rivals);
	ATF_TP_ADD_TC(tp, a_wrong_block_from_before_the_turn_is_the_first_ones);
	ATF_TP_ADD_TC(tp, stalled_hashes_come_from_another_mirror_all_of_them);
	ATF_TP_ADD_TC(tp, read_ahead_is_not_raced);
	ATF_TP_ADD_TC(tp, nobody_is_asked_before_the_time_that_a_lone_server_has_named);
	ATF_TP_ADD_TC(tp, an_object_may_close_in_the_middle_of_a_race);
	return atf_no_error();
}
