/* SPDX-License-Identifier: MIT */
/*
 * Flights of an image under a hash tree, where data or hashes are wrong.
 */
#include "unit.h"

#include "rig_tree.h"

#define KIB UINT64_C(1024)

enum { BLOCKS = 4096 }; /* 16 MiB: 32 leaves under a top */

static struct rig rig;
static struct rig_tree verified;
static struct object *object;

static void begin(unsigned mirrors)
{
	rig_open(&rig, 0);
	rig_tree_open(&verified, &rig, BLOCKS, mirrors);
	object = verified.object;
}

static void end(void)
{
	rig_tree_close(&verified);
	rig_close(&rig);
}

static uint32_t ask(uint64_t off, uint64_t len)
{
	return rig_ask(&rig, object, off, len);
}

static struct fetch_transfer *data(void)
{
	return rig_tree_only(&verified, false);
}

static void serve_hashes(void)
{
	rig_tree_serve_these(&verified, true, FAKE_RIGHT, 0);
}

static void serve(enum fake_lie lie, uint64_t at)
{
	fake_tree_serve(&verified.fake, data(), lie, at);
}

CASE(a_wrong_block_is_asked_for_elsewhere_and_then_again_from_the_first)
{
	uint32_t first, whole;

	begin(3);
	whole = ask(0, 64 * KIB);
	first = ask(0, 8 * KIB);
	serve_hashes();
	for (unsigned i = 0; i < 3; i++) {
		ATF_REQUIRE_EQ(i, fake_tree_mirror(data()));
		/* The first block is fine, and stays. */
		EQ(i ? 4 * KIB : 0, data()->off);
		serve(FAKE_FLIPPED, 4 * KIB + 17);
		EQ(RIG_WAITS, rig_state(&rig, first));
		EQ(0u, rig.news[OBJECT_FALSE]);
	}
	EQ(3u, rig.counters.wrong_blocks);
	EQ(1u, object->blob->mirrors[2].stats->lies);
	/* A middlebox may have done it once. */
	EQ(0u, fake_tree_mirror(data()));
	serve(FAKE_RIGHT, 0);
	EQ(RIG_SERVED, rig_state(&rig, first));
	rig_tree_serve_all(&verified);
	EQ(RIG_SERVED, rig_state(&rig, whole));
	EQ(0u, rig.transport->refills);
	EQ(1u, rig.news[OBJECT_TROUBLE]);
	EQ(1u, rig.news[OBJECT_RECOVERED]);
	end();
}

CASE(wrong_everywhere_fails_whoever_needs_that_block_and_nobody_else)
{
	uint32_t whole, before, with, behind;

	begin(2);
	whole = ask(0, 64 * KIB);
	before = ask(0, 8 * KIB);
	with = ask(4 * KIB, 12 * KIB);
	behind = ask(12 * KIB, 52 * KIB);
	serve_hashes();
	for (int i = 0; i < 3; i++)
		serve(i % 2 ? FAKE_ZEROS : FAKE_OTHER, 8 * KIB);
	EQ(RIG_SERVED, rig_state(&rig, before));
	EQ(RIG_FAILED, rig_state(&rig, with));
	EQ(RIG_FAILED, rig_state(&rig, whole));
	EQ(RIG_WAITS, rig_state(&rig, behind));
	EQ(1u, rig.news[OBJECT_FALSE]);
	ATF_CHECK_STREQ("http://m0/image, http://m1/image", rig.why);
	EQ(12 * KIB, data()->off);
	/* That one has its own tries. */
	serve(FAKE_FLIPPED, 12 * KIB);
	EQ(1u, rig.news[OBJECT_FALSE]);
	/* From the other one that block alone. */
	EQ(4 * KIB, data()->len);
	serve(FAKE_RIGHT, 0);
	serve(FAKE_RIGHT, 0);
	EQ(RIG_SERVED, rig_state(&rig, behind));
	/* The next read tries afresh. */
	with = ask(8 * KIB, 4 * KIB);
	serve(FAKE_RIGHT, 0);
	EQ(RIG_SERVED, rig_state(&rig, with));
	end();
}

CASE(each_wrong_block_of_a_flight_has_its_own_tries)
{
	uint32_t id;

	begin(2);
	id = ask(0, 256 * KIB);
	serve_hashes();
	for (uint64_t block = 0; block < 6; block++) {
		for (int tries = 0; tries < 2; tries++)
			serve(FAKE_FLIPPED, block * 4 * KIB + 5);
		serve(FAKE_RIGHT, 0);
	}
	serve(FAKE_RIGHT, 0);
	EQ(RIG_SERVED, rig_state(&rig, id));
	EQ(0u, rig.news[OBJECT_FALSE]);
	EQ(12u, rig.counters.wrong_blocks);
	end();
}

CASE_ABOUT(a_mirror_that_lied_once_is_asked_again_when_the_others_are_dead,
	   "or a byte that a middlebox has flipped once would stop a reader for as long as the other mirror "
	   "is gone")
{
	uint32_t id;

	begin(2);
	id = ask(0, 4 * KIB);
	serve_hashes();
	serve(FAKE_FLIPPED, 7);
	EQ(1u, fake_tree_mirror(data()));
	fake_fetch_status(data(), 404);
	fake_loop_advance(rig.loop, 6000);
	EQ(0u, fake_tree_mirror(data()));
	serve(FAKE_RIGHT, 0);
	EQ(RIG_SERVED, rig_state(&rig, id));
	end();
}

CASE(lies_and_dead_mirrors_in_turns_come_to_an_end)
{
	uint32_t id;
	int rounds = 0;

	begin(2);
	id = ask(0, 4 * KIB);
	serve_hashes();
	for (; rig_state(&rig, id) == RIG_WAITS && rounds < 100; rounds++) {
		if (rig_tree_flying(&verified, false) == 0)
			fake_loop_advance(rig.loop, 6000);
		else if (fake_tree_mirror(data()) == 0)
			serve(FAKE_FLIPPED, 7);
		else
			fake_fetch_end(data(), "no connection");
	}
	ATF_CHECK_MSG(rounds < 20, "%d rounds", rounds);
	EQ(RIG_FAILED, rig_state(&rig, id));
	ATF_CHECK_STREQ("http://m0/image", rig.why);
	end();
}

/* A reader in sequence earns read-ahead: returns where what it does not wait for begins in the transfer. */
static uint64_t read_ahead(unsigned mirrors)
{
	uint64_t off = 0;

	begin(mirrors);
	for (int i = 0; i < 16; i++, off += 128 * KIB) {
		while (off < 16384 * KIB &&
		       fake_transport_has(rig.transport, object->requests.file, off, 4096))
			off += 4096;
		ask(off, 128 * KIB);
		if (rig_tree_flying(&verified, false) > 0 && data()->len > 128 * KIB)
			break;
		rig_tree_serve_all(&verified);
	}
	ATF_REQUIRE(data()->len > 136 * KIB);
	serve_hashes();
	return off + 128 * KIB;
}

static void is_over(unsigned wrong)
{
	EQ(0u, fake_transport_unanswered(rig.transport));
	EQ(0u, rig_tree_flying(&verified, false));
	EQ(wrong, rig.counters.wrong_blocks);
	EQ(0u, rig.news[OBJECT_FALSE]);
	end();
}

CASE(read_ahead_goes_on_behind_a_wrong_block)
{
	uint64_t off = read_ahead(2), last = data()->off + data()->len - 4 * KIB;

	serve(FAKE_FLIPPED, off + 9);
	EQ(1u, fake_tree_mirror(data()));
	EQ(off, data()->off);
	EQ(4 * KIB, data()->len);
	serve(FAKE_RIGHT, 0);
	EQ(off + 4 * KIB, data()->off);
	serve(FAKE_RIGHT, 0);
	ATF_CHECK(fake_transport_has(rig.transport, object->requests.file, last, 4096));
	EQ(1u, rig.news[OBJECT_RECOVERED]);
	is_over(1);
}

CASE_ABOUT(right_bytes_make_up_for_lies,
	   "or of a long transfer with a wrong block here and there the lies alone would count, and others "
	   "that crawl be asked")
{
	begin(1);
	for (int lies = 0; lies < 5; lies++)
		blob_blame(object->blob, 0);
	ask(0, 128 * KIB);
	serve_hashes();
	ATF_REQUIRE(data()->len < 192 * KIB);
	serve(FAKE_RIGHT, 0);
	/* Each 64 KiB, and the end of the flight, for one. */
	EQ(2u, object->blob->mirrors[0].stats->lies);
	end();
}

CASE(wrong_blocks_in_a_row_end_read_ahead)
{
	uint64_t off = read_ahead(2);

	serve(FAKE_FLIPPED, off + 9);
	serve(FAKE_RIGHT, 0);
	serve(FAKE_FLIPPED, off + 4 * KIB + 9);
	is_over(2);
}

CASE(a_block_that_all_have_wrong_ends_read_ahead)
{
	uint64_t off = read_ahead(2);

	serve(FAKE_FLIPPED, off + 9);
	serve(FAKE_FLIPPED, off + 9);
	is_over(2);
	off = read_ahead(1);
	serve(FAKE_FLIPPED, off + 9);
	is_over(1);
}

CASE(a_block_that_is_kept_back_is_proven_before_it_is_kept)
{
	uint64_t off = 0;
	unsigned reached = 0;

	begin(1);
	while (off < 16384 * KIB) {
		uint32_t id = ask(off, 128 * KIB);
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
	end();
}

CASE(the_head_that_is_given_is_proven_again)
{
	uint8_t head[65536];
	uint32_t id;

	begin(1);
	hashes_give_head(&verified.tree->hashes, verified.fake.file + 4096,
			 (size_t)verified.fake.size - 4096);
	for (size_t i = 0; i < sizeof(head); i++)
		head[i] = fake_byte(i);
	head[8192] ^= 1;
	object_give_head(object, head, sizeof(head));
	id = ask(0, 64 * KIB);
	EQ(8 * KIB, rig.transport->filled);
	EQ(8 * KIB, data()->off);
	rig_tree_serve_all(&verified);
	EQ(RIG_SERVED, rig_state(&rig, id));
	end();
}

CASE(hashes_that_cannot_be_had_fail_the_reads_under_them_and_no_others)
{
	uint32_t before, under, behind;

	begin(1);
	ask(16380 * KIB, 4 * KIB); /* the top is here from now on */
	rig_tree_serve_all(&verified);
	ask(0, 1536 * KIB);
	before = ask(0, 512 * KIB);
	under = ask(512 * KIB, 4 * KIB);
	behind = ask(1024 * KIB, 4 * KIB);
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
	under = ask(512 * KIB, 4 * KIB);
	rig_tree_serve_all(&verified);
	EQ(RIG_SERVED, rig_state(&rig, under));
	end();
}

CASE(false_hashes_end_a_flight_that_pauses_or_has_arrived)
{
	uint32_t id;

	for (int is_arrived = 0; is_arrived < 2; is_arrived++) {
		begin(1);
		id = ask(256 * KIB, is_arrived ? 512 * KIB : 1024 * KIB);
		ATF_CHECK(fake_tree_head(&verified.fake, data()));
		fake_tree_send(&verified.fake, data(), 256 * KIB + 4096, FAKE_RIGHT, 0);
		ATF_CHECK(data()->kept != NULL);
		/* The second leaf: behind where the buffer ends. */
		rig_tree_serve_these(&verified, true, FAKE_FLIPPED, fake_tree_at(&verified.fake, 2) + 9);
		EQ(RIG_FAILED, rig_state(&rig, id));
		EQ(256 * KIB, rig.transport->filled);
		/* The first leaf. */
		id = ask(12288 * KIB, is_arrived ? 64 * KIB : 1024 * KIB);
		if (is_arrived)
			serve(FAKE_RIGHT, 0);
		rig_tree_serve_these(&verified, true, FAKE_FLIPPED, fake_tree_at(&verified.fake, 25) + 9);
		EQ(RIG_FAILED, rig_state(&rig, id));
		rig_tree_serve_all(&verified);
		EQ(0u, rig.table.flights.on_wire);
		end();
	}
}

CASE(what_lies_before_false_hashes_still_lands)
{
	/* How much has come by then: nothing, more than lies before them, more than the buffer holds. */
	static const uint64_t sent[] = {0, 200 * KIB, 300 * KIB};

	for (int i = 0; i < 3; i++) {
		uint32_t behind, whole, before;

		begin(1);
		behind = ask(1020 * KIB, 4 * KIB);
		whole = ask(384 * KIB, 512 * KIB);
		before = ask(384 * KIB, 128 * KIB);
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
		serve_hashes();
		EQ(RIG_SERVED, rig_state(&rig, before));
		EQ(128 * KIB, rig.transport->filled);
		EQ(0u, rig.transport->refills);
		EQ(0u, rig.table.flights.on_wire);
		end();
	}
}

CASE_ABOUT(false_hashes_of_what_was_split_off_are_not_asked_for_for_ever,
	   "the flight that flies on has no use for them any more")
{
	uint32_t far;
	uint64_t begun;

	begin(1);
	ask(16380 * KIB, 4 * KIB);
	rig_tree_serve_all(&verified);
	ask(0, 2048 * KIB);
	far = ask(1024 * KIB, 4 * KIB);
	EQ(3u, rig_tree_flying(&verified, false));
	begun = fake_fetch_begun(rig.fetch);
	for (int i = 0; i < 100 && rig_tree_flying(&verified, true) > 0; i++)
		fake_tree_serve(&verified.fake, fake_tree_find(rig.fetch, true, 0), FAKE_FLIPPED,
				fake_tree_at(&verified.fake, 3) + 9);
	EQ(RIG_FAILED, rig_state(&rig, far));
	ATF_CHECK_MSG(fake_fetch_begun(rig.fetch) - begun < 10, "%u requests",
		      (unsigned)(fake_fetch_begun(rig.fetch) - begun));
	rig_tree_serve_all(&verified);
	end();
}

CASE(a_lie_is_found_out_also_when_the_hashes_come_late)
{
	uint32_t id;

	for (int is_paused = 0; is_paused < 2; is_paused++) {
		begin(2);
		id = ask(0, is_paused ? 1024 * KIB : 64 * KIB);
		serve(FAKE_FLIPPED, 4096);
		serve_hashes();
		EQ(4 * KIB, rig.transport->filled);
		EQ(1u, fake_tree_mirror(data()));
		EQ(4 * KIB, data()->off);
		rig_tree_serve_all(&verified);
		EQ(RIG_SERVED, rig_state(&rig, id));
		end();
	}
}

CASE(after_a_lie_that_was_found_out_late_the_next_transfer_pauses_for_itself)
{
	struct fetch_transfer *transfer;
	uint32_t id;

	begin(2);
	ask(1020 * KIB, 4 * KIB);
	id = ask(0, 1000 * KIB);
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
	serve_hashes();
	EQ(768 * KIB, rig.transport->filled);
	rig_tree_serve_all(&verified);
	EQ(RIG_SERVED, rig_state(&rig, id));
	end();
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
