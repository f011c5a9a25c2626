/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "mirror_rig.h"

#include <errno.h>

CASE(the_first_mirror_is_asked_as_long_as_it_answers)
{
	mirror_rig_begin(3, true);
	for (int i = 0; i < 5; i++)
		EQ(0u, mirror_rig_ask(0));
	mirror_rig_end();
}

CASE(after_trouble_the_next_one_is_asked_and_stays)
{
	mirror_rig_begin(3, true);
	EQ(BLOB_AGAIN, mirror_rig_status(503));
	EQ(1u, mirror_rig_ask(0));
	EQ(1u, mirror_rig_ask(0));
	fake_fetch_end(mirror_rig_get(0, 4096, 0), "no connection");
	EQ(2u, mirror_rig_ask(0));
	/* Of those that fail, the one that was asked last is asked last. */
	EQ(BLOB_AGAIN, mirror_rig_status(404));
	EQ(1u, mirror_rig_ask(0));
	mirror_rig_end();
}

CASE(trouble_of_a_mirror_that_was_asked_out_of_turn_moves_nobody)
{
	mirror_rig_begin(3, true);
	EQ(1u, mirror_rig_who(mirror_rig_get(0, 4096, 1)));
	fake_fetch_end(fake_fetch_at(mirror_rig.fetch, 0), "reset");
	EQ(0u, mirror_rig_ask(0));
	mirror_rig_end();
}

CASE(all_that_fail_are_asked_in_turns)
{
	unsigned asked[3] = {0};

	mirror_rig_begin(3, true);
	for (int i = 0; i < 30; i++) {
		asked[mirror_rig_who(mirror_rig_get(0, 4096, 0))]++;
		fake_fetch_end(fake_fetch_at(mirror_rig.fetch, 0), "no connection");
	}
	for (int i = 0; i < 3; i++)
		ATF_CHECK_MSG(asked[i] >= 8, "%d: %u", i, asked[i]);
	mirror_rig_end();
}

CASE(a_failure_is_forgiven_in_time)
{
	mirror_rig_begin(2, true);
	EQ(0u, mirror_rig_ask(0));
	EQ(1u, mirror_rig_ask(1));
	EQ(BLOB_AGAIN, mirror_rig_status(503));
	EQ(1u, mirror_rig_ask(0));
	/* Then who is faster is asked again, and who is not is not missed. */
	mirror_rig.blob.mirrors[1].pace->first_ms = 300;
	fake_loop_advance(mirror_rig.loop, PACE_FORGIVEN_MS / 2);
	EQ(1u, mirror_rig_ask(0));
	mirror_rig.blob.mirrors[1].pace->first_ms = 300;
	fake_loop_advance(mirror_rig.loop, PACE_FORGIVEN_MS / 2);
	EQ(0u, mirror_rig_ask(0));
	mirror_rig_end();
}

CASE(the_faster_one_is_asked)
{
	mirror_rig_begin(3, true);
	mirror_rig_pace_all(0, 60, 10000);
	EQ(1u, mirror_rig_ask(0));
	EQ(1u, mirror_rig_ask(0));
	/* Of many bytes the rate counts. */
	mirror_rig_pace_all(1, 2, 64);
	EQ(2u, mirror_rig_who(mirror_rig_get(0, 65536, 0)));
	blob_cancel(&mirror_rig.get);
	EQ(2u, mirror_rig_ask(0));
	mirror_rig_end();
}

CASE(a_small_difference_moves_nobody)
{
	mirror_rig_begin(2, true);
	mirror_rig_pace_all(0, 12, 8000);
	EQ(0u, mirror_rig_ask(0));
	mirror_rig_pace_all(1, 12, 8000);
	EQ(0u, mirror_rig_ask(0));
	mirror_rig_end();
}

CASE(what_a_transfer_came_to_is_measured)
{
	struct fetch_transfer *transfer;

	mirror_rig_begin(2, true);
	transfer = mirror_rig_get(0, 100000, 0);
	fake_loop_advance(mirror_rig.loop, 40);
	fake_fetch_head_206(transfer, 100000, NULL);
	fake_fetch_body(transfer, 1);
	fake_loop_advance(mirror_rig.loop, 100);
	fake_fetch_serve(transfer, 100000, NULL);
	EQ(BLOB_DONE, mirror_rig.result);
	EQ(40u, mirror_rig.blob.mirrors[0].pace->first_ms);
	EQ(1000u, mirror_rig.blob.mirrors[0].pace->rate);
	EQ(100000u, mirror_rig.blob.mirrors[0].pace->bytes);
	mirror_rig_end();
}

CASE(blobs_at_the_same_server_share_what_is_known_of_it)
{
	struct blob tree;

	mirror_rig_begin(3, true);
	MUST_EQ(0, blob_init(&tree, mirror_rig.fetch, mirror_rig.loop, "http://elsewhere/t"));
	MUST_EQ(0, blob_add_mirror(&tree, "http://m2:80/t"));
	blob_share_pace(&tree, &mirror_rig.blob);
	ATF_CHECK(tree.mirrors[0].pace == &tree.mirrors[0].own_record.pace);
	ATF_CHECK(tree.mirrors[1].pace == &mirror_rig.blob.mirrors[2].own_record.pace);
	blob_fini(&tree);
	mirror_rig_end();
}

CASE_ABOUT(another_mirror_is_asked_without_a_pause, "and where all fail there is one, which grows")
{
	mirror_rig_begin(2, true);
	EQ(BLOB_AGAIN, mirror_rig_status(503));
	EQ(0u, blob_pause_ms(&mirror_rig.blob, 1));
	EQ(BLOB_AGAIN, mirror_rig_status(503));
	ATF_CHECK(blob_pause_ms(&mirror_rig.blob, 2) >= 100);
	for (int i = 0; i < 12; i++)
		mirror_rig_status(503);
	ATF_CHECK(blob_pause_ms(&mirror_rig.blob, 12) >= 2500);
	mirror_rig_end();
}

CASE_ABOUT(a_pause_grows_as_long_as_the_server_answers_nobody,
	   "who has failed ten times at random need not wait as for a server that is gone")
{
	mirror_rig_begin(1, true);
	for (int i = 0; i < 12; i++)
		mirror_rig_status(500);
	ATF_CHECK(blob_pause_ms(&mirror_rig.blob, 12) >= 2500);
	EQ(0u, mirror_rig_ask(0));
	mirror_rig_status(500);
	ATF_CHECK(blob_pause_ms(&mirror_rig.blob, 12) <= 800);
	ATF_CHECK(blob_pause_ms(&mirror_rig.blob, 12) >= 400);
	/* Of what is not there for good, failures say nothing. */
	EQ(0u, mirror_rig_ask(0));
	EQ(BLOB_WRONG, mirror_rig_status(404));
	ATF_CHECK(blob_pause_ms(&mirror_rig.blob, 12) >= 2500);
	mirror_rig_end();
}

CASE(who_wants_to_be_left_in_peace_is_while_there_is_another)
{
	uint32_t quiet;

	mirror_rig_begin(2, true);
	mirror_rig_ask(2);
	fake_fetch_head(mirror_rig_get(0, 4096, 0), "HTTP/1.1 503 x\nRetry-After: 9\n");
	EQ(0u, blob_quiet_ms(&mirror_rig.blob));
	EQ(1u, mirror_rig_ask(0));
	fake_fetch_head(mirror_rig_get(0, 4096, 0), "HTTP/1.1 429 x\nRetry-After: 31536000\n");
	quiet = blob_quiet_ms(&mirror_rig.blob);
	/* The one that is back first. */
	ATF_CHECK(quiet >= 9000 && quiet < 10000);
	ATF_CHECK(blob_pause_ms(&mirror_rig.blob, 1) >= quiet);
	EQ(0u, mirror_rig_who(mirror_rig_get(0, 4096, 0)));
	blob_cancel(&mirror_rig.get);
	fake_loop_advance(mirror_rig.loop, quiet);
	EQ(0u, blob_quiet_ms(&mirror_rig.blob));
	mirror_rig_end();
}

CASE(wrong_is_what_every_mirror_has_said)
{
	mirror_rig_begin(3, false);
	EQ(BLOB_AGAIN, mirror_rig_status(404));
	EQ(BLOB_AGAIN, mirror_rig_status(403));
	EQ(BLOB_WRONG, mirror_rig_status(404));
	/* A good answer takes a mirror's word back, and so does trouble. */
	EQ(0u, mirror_rig_ask(0));
	fake_fetch_status(mirror_rig_get(0, 4096, 1), 404);
	EQ(BLOB_AGAIN, mirror_rig.result);
	EQ(BLOB_WRONG, mirror_rig_status(404));
	fake_fetch_end(mirror_rig_get(0, 4096, 0), "reset");
	fake_fetch_status(mirror_rig_get(0, 4096, UINT32_C(1) << mirror_rig.get.mirror), 404);
	EQ(BLOB_AGAIN, mirror_rig.result);
	mirror_rig_end();
	mirror_rig_begin(1, false);
	EQ(BLOB_WRONG, mirror_rig_status(404));
	mirror_rig_end();
}

CASE(versions_of_what_hashes_prove_are_all_one)
{
	mirror_rig_begin(1, true);
	mirror_rig_ask(0);
	for (int i = 0; i < 4; i++) {
		ATF_CHECK_STREQ("", mirror_rig_get(0, 4096, 0)->if_range);
		fake_fetch_serve(fake_fetch_at(mirror_rig.fetch, 0), 100000, i % 2 ? "\"one\"" : "\"two\"");
		EQ(BLOB_DONE, mirror_rig.result);
	}
	mirror_rig_end();
}

CASE(a_new_version_of_what_nothing_proves_is_refused_for_good)
{
	mirror_rig_begin(1, false);
	mirror_rig_ask(0);
	for (int i = 0; i < 3; i++) {
		mirror_rig_get(0, 4096, 0);
		while (fake_fetch_flying(mirror_rig.fetch) > 0)
			fake_fetch_head_206(fake_fetch_at(mirror_rig.fetch, 0), 100000, "\"two\"");
		EQ(BLOB_CHANGED, mirror_rig.result);
	}
	ATF_CHECK_STREQ("\"one\"", mirror_rig.blob.mirrors[0].version.etag);
	mirror_rig_end();
}

CASE(each_mirror_has_a_version_of_its_own)
{
	mirror_rig_begin(2, false);
	mirror_rig_ask(0);
	ATF_CHECK_STREQ("", mirror_rig_get(0, 4096, 1)->if_range);
	fake_fetch_serve(fake_fetch_at(mirror_rig.fetch, 0), 100000, "\"other\"");
	EQ(BLOB_DONE, mirror_rig.result);
	ATF_CHECK_STREQ("\"other\"", mirror_rig_get(0, 4096, 1)->if_range);
	blob_cancel(&mirror_rig.get);
	ATF_CHECK_STREQ("\"one\"", mirror_rig_get(0, 4096, 2)->if_range);
	blob_cancel(&mirror_rig.get);
	blob_forget(&mirror_rig.blob);
	ATF_CHECK(!mirror_rig.blob.is_known && !mirror_rig.blob.mirrors[0].is_known &&
		  !mirror_rig.blob.mirrors[1].is_known);
	mirror_rig_end();
}

CASE(a_mirror_with_another_size_is_wrong)
{
	for (int is_proven = 0; is_proven < 2; is_proven++) {
		mirror_rig_begin(2, is_proven);
		mirror_rig_ask(0);
		fake_fetch_head_206(mirror_rig_get(0, 4096, 1), 99999, "\"one\"");
		EQ(BLOB_AGAIN, mirror_rig.result);
		ATF_CHECK_STREQ("another size: 99999 bytes are there, 100000 are wanted", mirror_rig.why);
		ATF_CHECK(!mirror_rig.blob.mirrors[1].is_known);
		/* More is no harm where hashes say what is the blob's. */
		fake_fetch_serve(mirror_rig_get(0, 4096, 1), 100001, "\"one\"");
		EQ(is_proven ? BLOB_DONE : BLOB_AGAIN, mirror_rig.result);
		EQ(100000u, mirror_rig.blob.size);
		mirror_rig_end();
	}
}

CASE(what_an_earlier_engine_learned_is_of_one_mirror)
{
	mirror_rig_begin(2, false);
	blob_recall(&mirror_rig.blob, 1, &(struct version){.size = 5000, .etag = "\"e\""});
	EQ(5000u, mirror_rig.blob.size);
	ATF_CHECK(mirror_rig.blob.is_known && mirror_rig.blob.mirrors[1].is_known &&
		  !mirror_rig.blob.mirrors[0].is_known);
	mirror_rig_end();
}

CASE(redirects_are_of_one_mirror)
{
	struct fetch_transfer *transfer;

	mirror_rig_begin(2, true);
	transfer = mirror_rig_get(0, 4096, 0);
	strcpy(transfer->effective_url, "http://cdn/x");
	fake_fetch_serve(transfer, 100000, NULL);
	ATF_CHECK_STREQ("http://cdn/x", mirror_rig_get(0, 4096, 0)->url);
	blob_cancel(&mirror_rig.get);
	ATF_CHECK_STREQ("http://m1/x", mirror_rig_get(0, 4096, 1)->url);
	blob_cancel(&mirror_rig.get);
	mirror_rig_end();
}

CASE(there_is_room_for_nine)
{
	char url[BLOB_URL_MAX + 1];

	mirror_rig_begin(MIRROR_COUNT_MAX, true);
	EQ(-ENOSPC, blob_add_mirror(&mirror_rig.blob, "http://m9/x"));
	EQ(8u, mirror_rig_ask(0xff));
	mirror_rig_end();
	mirror_rig_begin(1, true);
	memset(url, 'x', sizeof(url) - 1);
	url[BLOB_URL_MAX] = '\0';
	EQ(-ENAMETOOLONG, blob_add_mirror(&mirror_rig.blob, url));
	url[BLOB_URL_MAX - 1] = '\0';
	EQ(0, blob_add_mirror(&mirror_rig.blob, url));
	mirror_rig_end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, the_first_mirror_is_asked_as_long_as_it_answers);
	ATF_TP_ADD_TC(tp, after_trouble_the_next_one_is_asked_and_stays);
	ATF_TP_ADD_TC(tp, trouble_of_a_mirror_that_was_asked_out_of_turn_moves_nobody);
	ATF_TP_ADD_TC(tp, all_that_fail_are_asked_in_turns);
	ATF_TP_ADD_TC(tp, a_failure_is_forgiven_in_time);
	ATF_TP_ADD_TC(tp, the_faster_one_is_asked);
	ATF_TP_ADD_TC(tp, a_small_difference_moves_nobody);
	ATF_TP_ADD_TC(tp, what_a_transfer_came_to_is_measured);
	ATF_TP_ADD_TC(tp, blobs_at_the_same_server_share_what_is_known_of_it);
	ATF_TP_ADD_TC(tp, another_mirror_is_asked_without_a_pause);
	ATF_TP_ADD_TC(tp, a_pause_grows_as_long_as_the_server_answers_nobody);
	ATF_TP_ADD_TC(tp, who_wants_to_be_left_in_peace_is_while_there_is_another);
	ATF_TP_ADD_TC(tp, wrong_is_what_every_mirror_has_said);
	ATF_TP_ADD_TC(tp, versions_of_what_hashes_prove_are_all_one);
	ATF_TP_ADD_TC(tp, a_new_version_of_what_nothing_proves_is_refused_for_good);
	ATF_TP_ADD_TC(tp, each_mirror_has_a_version_of_its_own);
	ATF_TP_ADD_TC(tp, a_mirror_with_another_size_is_wrong);
	ATF_TP_ADD_TC(tp, what_an_earlier_engine_learned_is_of_one_mirror);
	ATF_TP_ADD_TC(tp, redirects_are_of_one_mirror);
	ATF_TP_ADD_TC(tp, there_is_room_for_nine);
	return atf_no_error();
}
