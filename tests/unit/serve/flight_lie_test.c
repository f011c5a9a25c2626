/* SPDX-License-Identifier: MIT */
/*
 * Flights of an image under a hash tree, where data or hashes are wrong.
 */
#include "unit.h"

#include "flight_rig.h"

CASE(a_wrong_block_is_asked_for_elsewhere_and_then_again_from_the_first)
{
	uint32_t first, whole;

	flight_rig_begin(3, 0);
	whole = flight_rig_ask(0, 64 * KIB);
	first = flight_rig_ask(0, 8 * KIB);
	flight_rig_serve_hashes();
	for (unsigned i = 0; i < 3; i++) {
		ATF_REQUIRE_EQ(i, fake_tree_mirror(flight_rig_data()));
		/* The first block is fine, and stays. */
		EQ(i ? 4 * KIB : 0, flight_rig_data()->off);
		flight_rig_serve(FAKE_FLIPPED, 4 * KIB + 17);
		EQ(RIG_WAITS, rig_state(&rig, first));
		EQ(0u, rig.news[OBJECT_FALSE]);
	}
	EQ(3u, rig.counters.wrong_blocks);
	EQ(1u, object->blob->mirrors[2].stats->lies);
	/* A middlebox may have done it once. */
	EQ(0u, fake_tree_mirror(flight_rig_data()));
	flight_rig_serve(FAKE_RIGHT, 0);
	EQ(RIG_SERVED, rig_state(&rig, first));
	rig_tree_serve_all(&verified);
	EQ(RIG_SERVED, rig_state(&rig, whole));
	EQ(0u, rig.transport->refills);
	EQ(1u, rig.news[OBJECT_TROUBLE]);
	EQ(1u, rig.news[OBJECT_RECOVERED]);
	flight_rig_end();
}

CASE(wrong_everywhere_fails_whoever_needs_that_block_and_nobody_else)
{
	uint32_t whole, before, with, behind;

	flight_rig_begin(2, 0);
	whole = flight_rig_ask(0, 64 * KIB);
	before = flight_rig_ask(0, 8 * KIB);
	with = flight_rig_ask(4 * KIB, 12 * KIB);
	behind = flight_rig_ask(12 * KIB, 52 * KIB);
	flight_rig_serve_hashes();
	for (int i = 0; i < 3; i++)
		flight_rig_serve(i % 2 ? FAKE_ZEROS : FAKE_OTHER, 8 * KIB);
	EQ(RIG_SERVED, rig_state(&rig, before));
	EQ(RIG_FAILED, rig_state(&rig, with));
	EQ(RIG_FAILED, rig_state(&rig, whole));
	EQ(RIG_WAITS, rig_state(&rig, behind));
	EQ(1u, rig.news[OBJECT_FALSE]);
	ATF_CHECK_STREQ("http://m0/image, http://m1/image", rig.why);
	EQ(12 * KIB, flight_rig_data()->off);
	/* That one has its own tries. */
	flight_rig_serve(FAKE_FLIPPED, 12 * KIB);
	EQ(1u, rig.news[OBJECT_FALSE]);
	/* From the other one that block alone. */
	EQ(4 * KIB, flight_rig_data()->len);
	flight_rig_serve(FAKE_RIGHT, 0);
	flight_rig_serve(FAKE_RIGHT, 0);
	EQ(RIG_SERVED, rig_state(&rig, behind));
	/* The next read tries afresh. */
	with = flight_rig_ask(8 * KIB, 4 * KIB);
	flight_rig_serve(FAKE_RIGHT, 0);
	EQ(RIG_SERVED, rig_state(&rig, with));
	flight_rig_end();
}

CASE(each_wrong_block_of_a_flight_has_its_own_tries)
{
	uint32_t id;

	flight_rig_begin(2, 0);
	id = flight_rig_ask(0, 256 * KIB);
	flight_rig_serve_hashes();
	for (uint64_t block = 0; block < 6; block++) {
		for (int tries = 0; tries < 2; tries++)
			flight_rig_serve(FAKE_FLIPPED, block * 4 * KIB + 5);
		flight_rig_serve(FAKE_RIGHT, 0);
	}
	flight_rig_serve(FAKE_RIGHT, 0);
	EQ(RIG_SERVED, rig_state(&rig, id));
	EQ(0u, rig.news[OBJECT_FALSE]);
	EQ(12u, rig.counters.wrong_blocks);
	flight_rig_end();
}

CASE_ABOUT(a_mirror_that_lied_once_is_asked_again_when_the_others_are_dead,
	   "or a byte that a middlebox has flipped once would stop a "
	   "reader for as long as the other mirror is gone")
{
	uint32_t id;

	flight_rig_begin(2, 0);
	id = flight_rig_ask(0, 4 * KIB);
	flight_rig_serve_hashes();
	flight_rig_serve(FAKE_FLIPPED, 7);
	EQ(1u, fake_tree_mirror(flight_rig_data()));
	fake_fetch_status(flight_rig_data(), 404);
	fake_loop_advance(rig.loop, 6000);
	EQ(0u, fake_tree_mirror(flight_rig_data()));
	flight_rig_serve(FAKE_RIGHT, 0);
	EQ(RIG_SERVED, rig_state(&rig, id));
	flight_rig_end();
}

CASE(lies_and_dead_mirrors_in_turns_come_to_an_end)
{
	uint32_t id;
	int rounds = 0;

	flight_rig_begin(2, 0);
	id = flight_rig_ask(0, 4 * KIB);
	flight_rig_serve_hashes();
	for (; rig_state(&rig, id) == RIG_WAITS && rounds < 100; rounds++) {
		if (rig_tree_flying(&verified, false) == 0)
			fake_loop_advance(rig.loop, 6000);
		else if (fake_tree_mirror(flight_rig_data()) == 0)
			flight_rig_serve(FAKE_FLIPPED, 7);
		else
			fake_fetch_end(flight_rig_data(), "no connection");
	}
	ATF_CHECK_MSG(rounds < 20, "%d rounds", rounds);
	EQ(RIG_FAILED, rig_state(&rig, id));
	ATF_CHECK_STREQ("http://m0/image", rig.why);
	flight_rig_end();
}

/* A reader in sequence earns read-ahead: returns where what it does not wait for begins in the transfer. */
static uint64_t read_ahead(unsigned mirrors)
{
	uint64_t off = 0;

	flight_rig_begin(mirrors, 0);
	for (int i = 0; i < 16; i++, off += 128 * KIB) {
		while (off < 16384 * KIB &&
		       fake_transport_has(rig.transport, object->requests.file, off, 4096))
			off += 4096;
		flight_rig_ask(off, 128 * KIB);
		if (rig_tree_flying(&verified, false) > 0 && flight_rig_data()->len > 128 * KIB)
			break;
		rig_tree_serve_all(&verified);
	}
	ATF_REQUIRE(flight_rig_data()->len > 136 * KIB);
	flight_rig_serve_hashes();
	return off + 128 * KIB;
}

static void is_over(unsigned wrong)
{
	EQ(0u, fake_transport_unanswered(rig.transport));
	EQ(0u, rig_tree_flying(&verified, false));
	EQ(wrong, rig.counters.wrong_blocks);
	EQ(0u, rig.news[OBJECT_FALSE]);
	flight_rig_end();
}

CASE(read_ahead_goes_on_behind_a_wrong_block)
{
	uint64_t off = read_ahead(2), last = flight_rig_data()->off + flight_rig_data()->len - 4 * KIB;

	flight_rig_serve(FAKE_FLIPPED, off + 9);
	EQ(1u, fake_tree_mirror(flight_rig_data()));
	EQ(off, flight_rig_data()->off);
	EQ(4 * KIB, flight_rig_data()->len);
	flight_rig_serve(FAKE_RIGHT, 0);
	EQ(off + 4 * KIB, flight_rig_data()->off);
	flight_rig_serve(FAKE_RIGHT, 0);
	ATF_CHECK(fake_transport_has(rig.transport, object->requests.file, last, 4096));
	EQ(1u, rig.news[OBJECT_RECOVERED]);
	is_over(1);
}

CASE_ABOUT(right_bytes_make_up_for_lies,
	   "or of a long transfer with a wrong block here and there the lies alone would count, "
	   "and others that crawl be asked")
{
	flight_rig_begin(1, 0);
	for (int lies = 0; lies < 5; lies++)
		blob_blame(object->blob, 0);
	flight_rig_ask(0, 128 * KIB);
	flight_rig_serve_hashes();
	ATF_REQUIRE(flight_rig_data()->len < 192 * KIB);
	flight_rig_serve(FAKE_RIGHT, 0);
	/* Each 64 KiB, and the end of the flight, for one. */
	EQ(2u, object->blob->mirrors[0].stats->lies);
	flight_rig_end();
}

CASE(wrong_blocks_in_a_row_end_read_ahead)
{
	uint64_t off = read_ahead(2);

	flight_rig_serve(FAKE_FLIPPED, off + 9);
	flight_rig_serve(FAKE_RIGHT, 0);
	flight_rig_serve(FAKE_FLIPPED, off + 4 * KIB + 9);
	is_over(2);
}

CASE(a_block_that_all_have_wrong_ends_read_ahead)
{
	uint64_t off = read_ahead(2);

	flight_rig_serve(FAKE_FLIPPED, off + 9);
	flight_rig_serve(FAKE_FLIPPED, off + 9);
	is_over(2);
	off = read_ahead(1);
	flight_rig_serve(FAKE_FLIPPED, off + 9);
	is_over(1);
}

CASE(a_block_that_is_kept_back_is_proven_before_it_is_kept)
{
	uint64_t off = 0;
	unsigned reached = 0;

	flight_rig_begin(1, 0);
	while (off < 16384 * KIB) {
		uint32_t id = flight_rig_ask(off, 128 * KIB);
		struct fetch_transfer *transfer = fake_tree_find(rig.fetch, false, 0);

		/* A mark: it is here, and nobody had asked for it. */
		reached += rig_state(&rig, id) == RIG_SERVED;
		/* The window behind it begins with the next one. */
		if (rig_state(&rig, id) == RIG_SERVED && transfer && reached % 2)
			fake_tree_serve(&verified.fake, transfer, FAKE_FLIPPED, transfer->off + 3);
		rig_tree_serve_all(&verified);
		while (off < 16384 * KIB &&
		       fake_transport_has(rig.transport, object->requests.file, off, 4096))
			off += 4096;
	}
	ATF_CHECK_MSG(reached > 3, "%u marks", reached);
	flight_rig_end();
}

CASE(the_head_that_is_given_is_proven_again)
{
	uint8_t head[65536];
	uint32_t id;

	flight_rig_begin(1, 0);
	hashes_give_head(&verified.tree->hashes, verified.fake.file + 4096,
			 (size_t)verified.fake.size - 4096);
	for (size_t i = 0; i < sizeof(head); i++)
		head[i] = fake_byte(i);
	head[8192] ^= 1;
	object_give_head(object, head, sizeof(head));
	id = flight_rig_ask(0, 64 * KIB);
	EQ(8 * KIB, rig.transport->filled);
	EQ(8 * KIB, flight_rig_data()->off);
	rig_tree_serve_all(&verified);
	EQ(RIG_SERVED, rig_state(&rig, id));
	flight_rig_end();
}

CASE(hashes_that_cannot_be_had_fail_the_reads_under_them_and_no_others)
{
	uint32_t before, under, behind;

	flight_rig_begin(1, 0);
	flight_rig_ask(16380 * KIB, 4 * KIB); /* the top is here from now on */
	rig_tree_serve_all(&verified);
	flight_rig_ask(0, 1536 * KIB);
	before = flight_rig_ask(0, 512 * KIB);
	under = flight_rig_ask(512 * KIB, 4 * KIB);
	behind = flight_rig_ask(1024 * KIB, 4 * KIB);
	/* The second leaf, under bytes 524288-1048575, is wrong whoever is asked. */
	rig_tree_serve_these(&verified, true, FAKE_FLIPPED, fake_tree_at(&verified.fake, 2) + 9);
	ATF_CHECK(rig.news[OBJECT_UNPROVEN] > 0);
	EQ(RIG_FAILED, rig_state(&rig, under));
	EQ(RIG_WAITS, rig_state(&rig, before));
	rig_tree_serve_all(&verified);
	EQ(RIG_SERVED, rig_state(&rig, before));
	EQ(RIG_SERVED, rig_state(&rig, behind));
	EQ(0u, rig.transport->refills);
	/* And afresh. */
	under = flight_rig_ask(512 * KIB, 4 * KIB);
	rig_tree_serve_all(&verified);
	EQ(RIG_SERVED, rig_state(&rig, under));
	flight_rig_end();
}

CASE(false_hashes_end_a_flight_that_pauses_or_has_arrived)
{
	uint32_t id;

	for (int is_arrived = 0; is_arrived < 2; is_arrived++) {
		flight_rig_begin(1, 0);
		id = flight_rig_ask(256 * KIB, is_arrived ? 512 * KIB : 1024 * KIB);
		ATF_CHECK(fake_tree_head(&verified.fake, flight_rig_data()));
		fake_tree_send(&verified.fake, flight_rig_data(), 256 * KIB + 4096, FAKE_RIGHT, 0);
		ATF_CHECK(flight_rig_data()->kept != NULL);
		/* The second leaf: behind where the buffer ends. */
		rig_tree_serve_these(&verified, true, FAKE_FLIPPED, fake_tree_at(&verified.fake, 2) + 9);
		EQ(RIG_FAILED, rig_state(&rig, id));
		EQ(256 * KIB, rig.transport->filled);
		/* The first leaf. */
		id = flight_rig_ask(12288 * KIB, is_arrived ? 64 * KIB : 1024 * KIB);
		if (is_arrived)
			flight_rig_serve(FAKE_RIGHT, 0);
		rig_tree_serve_these(&verified, true, FAKE_FLIPPED, fake_tree_at(&verified.fake, 25) + 9);
		EQ(RIG_FAILED, rig_state(&rig, id));
		rig_tree_serve_all(&verified);
		EQ(0u, rig.table.flights.on_wire);
		flight_rig_end();
	}
}

CASE(what_lies_before_false_hashes_still_lands)
{
	/* How much has come by then: nothing, more than lies before them, more than the buffer holds. */
	static const uint64_t sent[] = {0, 200 * KIB, 300 * KIB};

	for (int i = 0; i < 3; i++) {
		uint32_t behind, whole, before;

		flight_rig_begin(1, 0);
		behind = flight_rig_ask(1020 * KIB, 4 * KIB);
		whole = flight_rig_ask(384 * KIB, 512 * KIB);
		before = flight_rig_ask(384 * KIB, 128 * KIB);
		EQ(2u, rig_tree_flying(&verified, false));
		if (sent[i]) {
			struct fetch_transfer *transfer = fake_tree_find(rig.fetch, false, 1);

			fake_tree_head(&verified.fake, transfer);
			fake_tree_send(&verified.fake, transfer, sent[i], FAKE_RIGHT, 0);
		}
		/* The top, then the second leaf, which is wrong; the first one is still on its way. */
		fake_tree_serve(&verified.fake, fake_tree_find(rig.fetch, true, 0), FAKE_RIGHT, 0);
		for (int tries = 0; tries < 2; tries++) {
			struct fetch_transfer *transfer = fake_tree_find(rig.fetch, true, tries ? 1 : 0);

			EQ(fake_tree_at(&verified.fake, 2), transfer->off);
			fake_tree_serve(&verified.fake, transfer, FAKE_ZEROS, transfer->off);
		}
		EQ(RIG_FAILED, rig_state(&rig, behind));
		EQ(RIG_FAILED, rig_state(&rig, whole));
		EQ(RIG_WAITS, rig_state(&rig, before));
		/* Nothing more is asked for, or taken. */
		EQ(1u, rig_tree_flying(&verified, true));
		rig_tree_serve_these(&verified, false, FAKE_RIGHT, 0);
		flight_rig_serve_hashes();
		EQ(RIG_SERVED, rig_state(&rig, before));
		EQ(128 * KIB, rig.transport->filled);
		EQ(0u, rig.transport->refills);
		EQ(0u, rig.table.flights.on_wire);
		flight_rig_end();
	}
}

CASE_ABOUT(false_hashes_of_what_was_split_off_are_not_asked_for_for_ever,
	   "the flight that flies on has no use for them any more")
{
	uint32_t far;
	uint64_t begun;

	flight_rig_begin(1, 0);
	flight_rig_ask(16380 * KIB, 4 * KIB);
	rig_tree_serve_all(&verified);
	flight_rig_ask(0, 2048 * KIB);
	far = flight_rig_ask(1024 * KIB, 4 * KIB);
	EQ(3u, rig_tree_flying(&verified, false));
	begun = fake_fetch_begun(rig.fetch);
	for (int i = 0; i < 100 && rig_tree_flying(&verified, true) > 0; i++)
		fake_tree_serve(&verified.fake, fake_tree_find(rig.fetch, true, 0), FAKE_FLIPPED,
				fake_tree_at(&verified.fake, 3) + 9);
	EQ(RIG_FAILED, rig_state(&rig, far));
	ATF_CHECK_MSG(fake_fetch_begun(rig.fetch) - begun < 10, "%u requests",
		      (unsigned)(fake_fetch_begun(rig.fetch) - begun));
	rig_tree_serve_all(&verified);
	flight_rig_end();
}

CASE(a_lie_is_found_out_also_when_the_hashes_come_late)
{
	uint32_t id;

	for (int is_paused = 0; is_paused < 2; is_paused++) {
		flight_rig_begin(2, 0);
		id = flight_rig_ask(0, is_paused ? 1024 * KIB : 64 * KIB);
		flight_rig_serve(FAKE_FLIPPED, 4096);
		flight_rig_serve_hashes();
		EQ(4 * KIB, rig.transport->filled);
		EQ(1u, fake_tree_mirror(flight_rig_data()));
		EQ(4 * KIB, flight_rig_data()->off);
		rig_tree_serve_all(&verified);
		EQ(RIG_SERVED, rig_state(&rig, id));
		flight_rig_end();
	}
}

CASE(after_a_lie_that_was_found_out_late_the_next_transfer_pauses_for_itself)
{
	struct fetch_transfer *transfer;
	uint32_t id;

	flight_rig_begin(2, 0);
	flight_rig_ask(1020 * KIB, 4 * KIB);
	id = flight_rig_ask(0, 1000 * KIB);
	transfer = fake_tree_find(rig.fetch, false, 1);
	fake_tree_serve(&verified.fake, transfer, FAKE_FLIPPED, 4096);
	ATF_CHECK(transfer->kept != NULL);
	/* The top, and the first leaf; the second one is still on its way. */
	fake_tree_serve(&verified.fake, fake_tree_find(rig.fetch, true, 0), FAKE_RIGHT, 0);
	fake_tree_serve(&verified.fake, fake_tree_find(rig.fetch, true, 1), FAKE_RIGHT, 0);
	transfer = fake_tree_find(rig.fetch, false, 1);
	EQ(4 * KIB, transfer->off);
	fake_tree_serve(&verified.fake, transfer, FAKE_RIGHT, 0);
	transfer = fake_tree_find(rig.fetch, false, 1);
	EQ(8 * KIB, transfer->off);
	fake_tree_head(&verified.fake, transfer);
	/* Full to the byte, and so it does not pause. */
	ATF_CHECK(fake_tree_send(&verified.fake, transfer, (504 + 256) * KIB, FAKE_RIGHT, 0));
	EQ(512 * KIB, rig.transport->filled);
	flight_rig_serve_hashes();
	EQ(768 * KIB, rig.transport->filled);
	rig_tree_serve_all(&verified);
	EQ(RIG_SERVED, rig_state(&rig, id));
	flight_rig_end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, a_wrong_block_is_asked_for_elsewhere_and_then_again_from_the_first);
	ATF_TP_ADD_TC(tp, wrong_everywhere_fails_whoever_needs_that_block_and_nobody_else);
	ATF_TP_ADD_TC(tp, each_wrong_block_of_a_flight_has_its_own_tries);
	ATF_TP_ADD_TC(tp, a_mirror_that_lied_once_is_asked_again_when_the_others_are_dead);
	ATF_TP_ADD_TC(tp, lies_and_dead_mirrors_in_turns_come_to_an_end);
	ATF_TP_ADD_TC(tp, read_ahead_goes_on_behind_a_wrong_block);
	ATF_TP_ADD_TC(tp, right_bytes_make_up_for_lies);
	ATF_TP_ADD_TC(tp, wrong_blocks_in_a_row_end_read_ahead);
	ATF_TP_ADD_TC(tp, a_block_that_all_have_wrong_ends_read_ahead);
	ATF_TP_ADD_TC(tp, a_block_that_is_kept_back_is_proven_before_it_is_kept);
	ATF_TP_ADD_TC(tp, the_head_that_is_given_is_proven_again);
	ATF_TP_ADD_TC(tp, hashes_that_cannot_be_had_fail_the_reads_under_them_and_no_others);
	ATF_TP_ADD_TC(tp, false_hashes_end_a_flight_that_pauses_or_has_arrived);
	ATF_TP_ADD_TC(tp, what_lies_before_false_hashes_still_lands);
	ATF_TP_ADD_TC(tp, false_hashes_of_what_was_split_off_are_not_asked_for_for_ever);
	ATF_TP_ADD_TC(tp, a_lie_is_found_out_also_when_the_hashes_come_late);
	ATF_TP_ADD_TC(tp, after_a_lie_that_was_found_out_late_the_next_transfer_pauses_for_itself);
	return atf_no_error();
}
