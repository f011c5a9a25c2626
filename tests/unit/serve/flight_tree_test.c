/* SPDX-License-Identifier: MIT */
/*
 * Flights of an image under a hash tree: data before hashes and hashes before data, trouble and ends.
 */
#include "unit.h"

#include "flight_rig.h"

#include <errno.h>

CASE(hashes_are_asked_for_beside_the_data_not_before_it)
{
	flight_rig_begin(1, 0);
	flight_rig_ask(0, 4 * KIB);
	EQ(1u, rig_tree_flying(&verified, false));
	EQ(2u, rig_tree_flying(&verified, true));
	rig_tree_serve_all(&verified);
	EQ(RIG_SERVED, rig_state(&rig, 1));
	/* They are kept: the next block under the same leaf costs its own bytes only. */
	flight_rig_ask(64 * KIB, 4 * KIB);
	EQ(0u, rig_tree_flying(&verified, true));
	rig_tree_serve_all(&verified);
	flight_rig_end();
}

CASE_ABOUT(a_request_for_hashes_goes_out_before_the_one_for_their_data,
	   "a server that answers in turn would send megabytes first, that have to wait")
{
	flight_rig_begin(1, 0);
	flight_rig_ask(0, 4 * KIB);
	EQ(3u, fake_fetch_flying(rig.fetch));
	/* The newest of all is the data's. */
	ATF_CHECK(fake_fetch_at(rig.fetch, 2) == flight_rig_data());
	rig_tree_serve_all(&verified);
	flight_rig_end();
}

CASE(data_that_is_whole_before_its_hashes_waits_for_them)
{
	uint32_t id;

	flight_rig_begin(1, 0);
	id = flight_rig_ask(0, 64 * KIB);
	flight_rig_serve(FAKE_RIGHT, 0);
	EQ(0u, rig.transport->filled);
	EQ(RIG_WAITS, rig_state(&rig, id));
	EQ(0u, rig_tree_flying(&verified, false));
	flight_rig_serve_hashes();
	EQ(RIG_SERVED, rig_state(&rig, id));
	/* With the read-ahead that it earns. */
	EQ(72 * KIB, rig.transport->filled);
	EQ(0u, rig.table.flights.on_wire);
	flight_rig_end();
}

CASE(a_full_buffer_stops_the_transfer_until_hashes_come)
{
	uint32_t id;

	flight_rig_begin(1, 0);
	id = flight_rig_ask(0, 1024 * KIB);
	ATF_CHECK(fake_tree_head(&verified.fake, flight_rig_data()));
	ATF_CHECK(fake_tree_send(&verified.fake, flight_rig_data(), FLIGHT_BUFFER - 100, FAKE_RIGHT, 0));
	ATF_CHECK(!fake_tree_send(&verified.fake, flight_rig_data(), 4096, FAKE_RIGHT, 0));
	ATF_CHECK(flight_rig_data()->kept != NULL);
	EQ(0u, rig.transport->filled);
	flight_rig_serve_hashes();
	EQ(FLIGHT_BUFFER, rig.transport->filled);
	ATF_CHECK(flight_rig_data()->kept == NULL);
	EQ(FLIGHT_BUFFER - 100 + 4096u, flight_rig_data()->sent);
	rig_tree_serve_all(&verified);
	EQ(RIG_SERVED, rig_state(&rig, id));
	flight_rig_end();
}

CASE_ABOUT(a_buffer_that_is_full_to_the_byte_goes_on_when_hashes_come,
	   "nothing is kept back by the transfer then, so it is not told to go on")
{
	uint32_t id;

	flight_rig_begin(1, 0);
	id = flight_rig_ask(0, 1024 * KIB);
	ATF_CHECK(fake_tree_head(&verified.fake, flight_rig_data()));
	ATF_CHECK(fake_tree_send(&verified.fake, flight_rig_data(), FLIGHT_BUFFER, FAKE_RIGHT, 0));
	ATF_CHECK(flight_rig_data()->kept == NULL);
	flight_rig_serve_hashes();
	EQ(FLIGHT_BUFFER, rig.transport->filled);
	rig_tree_serve_these(&verified, false, FAKE_RIGHT, 0);
	EQ(RIG_SERVED, rig_state(&rig, id));
	flight_rig_end();
}

CASE(who_waits_is_served_before_the_flight_ends)
{
	uint32_t first, second;

	flight_rig_begin(1, 0);
	second = flight_rig_ask(0, 512 * KIB);
	first = flight_rig_ask(0, 16 * KIB);
	ATF_CHECK(fake_tree_head(&verified.fake, flight_rig_data()));
	fake_tree_send(&verified.fake, flight_rig_data(), 16 * KIB, FAKE_RIGHT, 0);
	EQ(RIG_WAITS, rig_state(&rig, first));
	flight_rig_serve_hashes();
	EQ(RIG_SERVED, rig_state(&rig, first));
	EQ(RIG_WAITS, rig_state(&rig, second));
	rig_tree_serve_all(&verified);
	flight_rig_end();
}

CASE(a_head_whose_hashes_are_not_here_is_fetched_again)
{
	uint8_t head[65536] = {0};

	flight_rig_begin(1, 0);
	object_give_head(object, head, sizeof(head));
	flight_rig_ask(0, 64 * KIB);
	EQ(0u, rig.transport->filled);
	rig_tree_serve_all(&verified);
	flight_rig_end();
}

CASE(an_object_can_be_closed_in_every_state)
{
	for (int state = 0; state < 7; state++) {
		flight_rig_begin(1, 0);
		flight_rig_ask(0, 1024 * KIB);
		if (state == 1 || state == 2)
			fake_tree_head(&verified.fake, flight_rig_data());
		if (state == 2) /* paused */
			fake_tree_send(&verified.fake, flight_rig_data(), 300 * KIB, FAKE_RIGHT, 0);
		if (state == 3) /* after a lie */
			flight_rig_serve(FAKE_FLIPPED, 5);
		if (state == 4) /* data in its pause */
			fake_fetch_end(flight_rig_data(), "reset");
		if (state == 5) /* hashes in theirs */
			while (rig_tree_flying(&verified, true) > 0)
				fake_fetch_end(fake_tree_find(rig.fetch, true, 0), "reset");
		if (state == 6) { /* arrived */
			flight_rig_ask(8192 * KIB, 4 * KIB);
			fake_tree_serve(&verified.fake, fake_tree_find(rig.fetch, false, 1), FAKE_RIGHT, 0);
		}
		object_close(object);
		verified.object = NULL;
		EQ(0u, rig_tree_flying(&verified, false));
		rig_tree_serve_these(&verified, true, FAKE_RIGHT, 0);
		fake_loop_advance(rig.loop, 10000);
		EQ(0u, fake_loop_armed(rig.loop));
		flight_rig_end();
	}
}

CASE(time_runs_out_also_while_hashes_are_missing)
{
	uint32_t id;

	flight_rig_begin(1, 3);
	id = flight_rig_ask(0, 64 * KIB);
	flight_rig_serve(FAKE_RIGHT, 0);
	fake_loop_advance(rig.loop, 2999);
	EQ(RIG_WAITS, rig_state(&rig, id));
	fake_loop_advance(rig.loop, 1);
	EQ(RIG_FAILED, rig_state(&rig, id));
	EQ(1u, rig.news[OBJECT_TIMED_OUT]);
	/* Nobody waits any more: trouble with the hashes ends it all. */
	while (rig_tree_flying(&verified, true) > 0)
		fake_fetch_end(fake_tree_find(rig.fetch, true, 0), "silence");
	EQ(0u, rig.table.flights.on_wire);
	EQ(0u, fake_loop_armed(rig.loop));
	flight_rig_end();
}

CASE(trouble_with_the_hashes_is_told_and_waited_out)
{
	uint32_t id;

	flight_rig_begin(1, 0);
	id = flight_rig_ask(0, 64 * KIB);
	flight_rig_serve(FAKE_RIGHT, 0);
	for (int i = 0; i < 3; i++) {
		while (rig_tree_flying(&verified, true) > 0)
			fake_fetch_status(fake_tree_find(rig.fetch, true, 0), 503);
		fake_loop_advance(rig.loop, 6000);
	}
	EQ(1u, rig.news[OBJECT_TROUBLE]);
	ATF_CHECK(strstr(rig.why, "hashes at bytes") != NULL);
	EQ(RIG_WAITS, rig_state(&rig, id));
	flight_rig_serve_hashes();
	EQ(RIG_SERVED, rig_state(&rig, id));
	EQ(1u, rig.news[OBJECT_RECOVERED]);
	flight_rig_end();
}

CASE(a_store_that_fills_up_while_hashes_are_on_their_way_fails_the_read)
{
	uint32_t id;

	for (int is_paused = 0; is_paused < 2; is_paused++) {
		flight_rig_begin(1, 0);
		id = flight_rig_ask(0, is_paused ? 1024 * KIB : 64 * KIB);
		flight_rig_serve(FAKE_RIGHT, 0);
		EQ(is_paused, rig_tree_flying(&verified, false));
		rig.transport->fill_error = -ENOSPC;
		flight_rig_serve_hashes();
		EQ(RIG_FAILED, rig_state(&rig, id));
		EQ(1u, rig.news[OBJECT_STORE_FULL]);
		EQ(0u, rig_tree_flying(&verified, false));
		rig.transport->fill_error = 0;
		id = flight_rig_ask(0, 64 * KIB);
		rig_tree_serve_all(&verified);
		EQ(RIG_SERVED, rig_state(&rig, id));
		flight_rig_end();
	}
}

CASE(a_connection_that_breaks_while_its_buffer_waits_is_tried_again)
{
	uint32_t id;

	flight_rig_begin(1, 0);
	id = flight_rig_ask(0, 1024 * KIB);
	flight_rig_serve(FAKE_RIGHT, 0);
	ATF_CHECK(flight_rig_data()->kept != NULL);
	fake_fetch_end(flight_rig_data(), "reset");
	flight_rig_serve_hashes();
	EQ(0u, rig.transport->filled);
	rig_tree_serve_all(&verified);
	EQ(RIG_SERVED, rig_state(&rig, id));
	flight_rig_end();
}

CASE(a_flight_that_was_split_lands_its_part_when_hashes_come)
{
	uint32_t whole, far;

	flight_rig_begin(1, 0);
	whole = flight_rig_ask(8192 * KIB, 1792 * KIB);
	flight_rig_serve(FAKE_RIGHT, 0);
	far = flight_rig_ask(9216 * KIB, 64 * KIB);
	EQ(2u, rig_tree_flying(&verified, false));
	fake_tree_serve(&verified.fake, fake_tree_find(rig.fetch, false, 1), FAKE_RIGHT, 0);
	flight_rig_serve_hashes();
	rig_tree_serve_all(&verified);
	EQ(RIG_SERVED, rig_state(&rig, whole));
	EQ(RIG_SERVED, rig_state(&rig, far));
	EQ(0u, rig.transport->refills);
	flight_rig_end();
}

/* Serves hashes in rounds: leaf wrong is wrong, and leaf late is left out. Leaves begin at hash block 4, behind a top and 3. */
static void serve_leaves(uint64_t late, uint64_t wrong)
{
	struct fetch_transfer *hashes;

	for (int round = 0; round < 6; round++) {
		unsigned n = 0;

		while ((hashes = fake_tree_find(rig.fetch, true, n))) {
			uint64_t first = (hashes->off - verified.fake.verity.start) / 4096;

			if (first == 4 + late)
				n++;
			else
				fake_tree_serve(&verified.fake, hashes,
						first == 4 + wrong ? FAKE_FLIPPED : FAKE_RIGHT,
						first == 4 + wrong ? hashes->off + 5 : 0);
		}
	}
}

/*
 * Held with a full buffer that reaches over two leaves, and nobody waits: the later one is false, so the buffer has become
 * all that the flight has to bring. When the first leaf comes, it must land, or each later reader joins a flight that
 * never moves.
 */
CASE(a_held_flight_lands_when_what_is_behind_its_buffer_is_false)
{
	uint64_t border = 64 * 1024 * KIB; /* leaves 127 and 128 */
	uint32_t id;

	rig_open(&rig, 3);
	rig_tree_open(&verified, &rig, 40960, 1); /* 320 leaves under 3 under a top */
	object = verified.object;
	id = flight_rig_ask(border - 128 * KIB, 512 * KIB);
	ATF_CHECK(fake_tree_head(&verified.fake, flight_rig_data()));
	fake_tree_send(&verified.fake, flight_rig_data(), FLIGHT_BUFFER, FAKE_RIGHT, 0);
	fake_tree_send(&verified.fake, flight_rig_data(), 4096, FAKE_RIGHT, 0);
	ATF_CHECK(flight_rig_data()->kept != NULL);
	fake_loop_advance(rig.loop, 3000);
	EQ(RIG_FAILED, rig_state(&rig, id));
	serve_leaves(127, 128);
	EQ(1u, rig.news[OBJECT_UNPROVEN]);
	fake_tree_serve(&verified.fake, fake_tree_find(rig.fetch, true, 0), FAKE_RIGHT, 0);
	EQ(0u, rig.table.flights.on_wire);
	EQ(128 * KIB, rig.transport->filled);
	rig.table.requests.timeout_s = 0;
	EQ(RIG_SERVED, rig_state(&rig, flight_rig_ask(border - 64 * KIB, 4 * KIB)));
	flight_rig_end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, hashes_are_asked_for_beside_the_data_not_before_it);
	ATF_TP_ADD_TC(tp, a_request_for_hashes_goes_out_before_the_one_for_their_data);
	ATF_TP_ADD_TC(tp, data_that_is_whole_before_its_hashes_waits_for_them);
	ATF_TP_ADD_TC(tp, a_full_buffer_stops_the_transfer_until_hashes_come);
	ATF_TP_ADD_TC(tp, a_buffer_that_is_full_to_the_byte_goes_on_when_hashes_come);
	ATF_TP_ADD_TC(tp, who_waits_is_served_before_the_flight_ends);
	ATF_TP_ADD_TC(tp, a_head_whose_hashes_are_not_here_is_fetched_again);
	ATF_TP_ADD_TC(tp, an_object_can_be_closed_in_every_state);
	ATF_TP_ADD_TC(tp, time_runs_out_also_while_hashes_are_missing);
	ATF_TP_ADD_TC(tp, trouble_with_the_hashes_is_told_and_waited_out);
	ATF_TP_ADD_TC(tp, a_store_that_fills_up_while_hashes_are_on_their_way_fails_the_read);
	ATF_TP_ADD_TC(tp, a_connection_that_breaks_while_its_buffer_waits_is_tried_again);
	ATF_TP_ADD_TC(tp, a_flight_that_was_split_lands_its_part_when_hashes_come);
	ATF_TP_ADD_TC(tp, a_held_flight_lands_when_what_is_behind_its_buffer_is_false);
	return atf_no_error();
}
