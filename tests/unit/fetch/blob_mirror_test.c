/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "fake_fetch.h"
#include "fake_loop.h"
#include "fetch/blob.h"

#include <errno.h>

/* One transfer of a blob with mirrors, and what came of it. */
static struct {
	struct fetch *fetch;
	struct loop *loop;
	struct blob blob;
	struct blob_transfer get;
	unsigned dones;
	enum blob_result result;
	char why[BLOB_WHY_MAX];
} t;

static void on_done(void *arg, enum blob_result result, const char *why)
{
	(void)arg;
	t.dones++;
	t.result = result;
	snprintf(t.why, sizeof(t.why), "%s", why ? why : "");
}

static void begin(unsigned mirrors, bool is_proven)
{
	char url[32];

	t.fetch = fake_fetch_open();
	t.loop = fake_loop_open();
	for (unsigned i = 0; i < mirrors; i++) {
		snprintf(url, sizeof(url), "http://m%u/x", i);
		MUST_EQ(0, i == 0 ? blob_init(&t.blob, t.fetch, t.loop, url) : blob_add_mirror(&t.blob, url));
	}
	t.blob.is_proven = is_proven;
}

static void end(void)
{
	blob_fini(&t.blob);
	fetch_close(t.fetch);
	loop_close(t.loop);
}

static struct fetch_transfer *get(uint64_t off, uint64_t len, uint32_t avoid)
{
	static const struct blob_events events = {.data = fake_fetch_swallow, .done = on_done};

	t.dones = 0;
	MUST_EQ(0, blob_get(&t.blob, &t.get, off, len, avoid, &events, &t));
	return fake_fetch_at(t.fetch, 0);
}

static unsigned who(const struct fetch_transfer *transfer)
{
	EQ((unsigned)(transfer->url[8] - '0'), t.get.mirror);
	return t.get.mirror;
}

/* Asks, has it answered rightly, and tells who was asked. */
static unsigned ask(uint32_t avoid)
{
	struct fetch_transfer *transfer = get(0, 4096, avoid);
	unsigned mirror = who(transfer);

	fake_fetch_serve(transfer, 100000, "\"one\"");
	EQ(BLOB_DONE, t.result);
	EQ(mirror, t.get.mirror);
	return mirror;
}

static enum blob_result status(int code)
{
	fake_fetch_status(get(0, 4096, 0), code);
	EQ(1u, t.dones);
	/* Each refusal has its time. */
	fake_loop_advance(t.loop, 30);
	return t.result;
}

CASE(the_first_mirror_is_asked_as_long_as_it_answers)
{
	begin(3, true);
	for (int i = 0; i < 5; i++)
		EQ(0u, ask(0));
	end();
}

CASE(after_trouble_the_next_one_is_asked_and_stays)
{
	begin(3, true);
	EQ(BLOB_AGAIN, status(503));
	EQ(1u, ask(0));
	EQ(1u, ask(0));
	fake_fetch_end(get(0, 4096, 0), "no connection");
	EQ(2u, ask(0));
	/* Of those that fail, the one that was asked last is asked last. */
	EQ(BLOB_AGAIN, status(404));
	EQ(1u, ask(0));
	end();
}

CASE(trouble_of_a_mirror_that_was_asked_out_of_turn_moves_nobody)
{
	begin(3, true);
	EQ(1u, who(get(0, 4096, 1)));
	fake_fetch_end(fake_fetch_at(t.fetch, 0), "reset");
	EQ(0u, ask(0));
	end();
}

CASE(all_that_fail_are_asked_in_turns)
{
	unsigned asked[3] = {0};

	begin(3, true);
	for (int i = 0; i < 30; i++) {
		asked[who(get(0, 4096, 0))]++;
		fake_fetch_end(fake_fetch_at(t.fetch, 0), "no connection");
	}
	for (int i = 0; i < 3; i++)
		ATF_CHECK_MSG(asked[i] >= 8, "%d: %u", i, asked[i]);
	end();
}

CASE(a_failure_is_forgiven_in_time)
{
	begin(2, true);
	EQ(0u, ask(0));
	EQ(1u, ask(1));
	EQ(BLOB_AGAIN, status(503));
	EQ(1u, ask(0));
	/* Then who is faster is asked again, and who is not is not missed. */
	t.blob.mirrors[1].pace->first_ms = 300;
	fake_loop_advance(t.loop, PACE_FORGIVEN_MS / 2);
	EQ(1u, ask(0));
	t.blob.mirrors[1].pace->first_ms = 300;
	fake_loop_advance(t.loop, PACE_FORGIVEN_MS / 2);
	EQ(0u, ask(0));
	end();
}

/* Mirrors that answer at once, but for this one, whose first byte takes so long and whose others come so slowly. */
static void pace_all(unsigned slow, uint32_t first_ms, uint32_t rate)
{
	for (unsigned i = 0; i < t.blob.mirror_count; i++)
		*t.blob.mirrors[i].pace = (struct pace){.is_measured = true,
							.first_ms = i == slow ? first_ms : 2,
							.rate = i == slow ? rate : 10000};
}

CASE(the_faster_one_is_asked)
{
	begin(3, true);
	pace_all(0, 60, 10000);
	EQ(1u, ask(0));
	EQ(1u, ask(0));
	/* Of many bytes the rate counts. */
	pace_all(1, 2, 64);
	EQ(2u, who(get(0, 65536, 0)));
	blob_cancel(&t.get);
	EQ(2u, ask(0));
	end();
}

CASE(a_small_difference_moves_nobody)
{
	begin(2, true);
	pace_all(0, 12, 8000);
	EQ(0u, ask(0));
	pace_all(1, 12, 8000);
	EQ(0u, ask(0));
	end();
}

CASE(what_a_transfer_came_to_is_measured)
{
	struct fetch_transfer *transfer;

	begin(2, true);
	transfer = get(0, 100000, 0);
	fake_loop_advance(t.loop, 40);
	fake_fetch_head_206(transfer, 100000, NULL);
	fake_fetch_body(transfer, 1);
	fake_loop_advance(t.loop, 100);
	fake_fetch_serve(transfer, 100000, NULL);
	EQ(BLOB_DONE, t.result);
	EQ(40u, t.blob.mirrors[0].pace->first_ms);
	EQ(1000u, t.blob.mirrors[0].pace->rate);
	EQ(100000u, t.blob.mirrors[0].pace->bytes);
	end();
}

CASE(blobs_at_the_same_server_share_what_is_known_of_it)
{
	struct blob tree;

	begin(3, true);
	MUST_EQ(0, blob_init(&tree, t.fetch, t.loop, "http://elsewhere/t"));
	MUST_EQ(0, blob_add_mirror(&tree, "http://m2:80/t"));
	blob_share_pace(&tree, &t.blob);
	ATF_CHECK(tree.mirrors[0].pace == &tree.mirrors[0].own_record.pace);
	ATF_CHECK(tree.mirrors[1].pace == &t.blob.mirrors[2].own_record.pace);
	blob_fini(&tree);
	end();
}

CASE_ABOUT(another_mirror_is_asked_without_a_pause, "and where all fail there is one, which grows")
{
	begin(2, true);
	EQ(BLOB_AGAIN, status(503));
	EQ(0u, blob_pause_ms(&t.blob, 1));
	EQ(BLOB_AGAIN, status(503));
	ATF_CHECK(blob_pause_ms(&t.blob, 2) >= 100);
	for (int i = 0; i < 12; i++)
		status(503);
	ATF_CHECK(blob_pause_ms(&t.blob, 12) >= 2500);
	end();
}

CASE_ABOUT(a_pause_grows_as_long_as_the_server_answers_nobody,
	   "who has failed ten times at random need not wait as for a server that is gone")
{
	begin(1, true);
	for (int i = 0; i < 12; i++)
		status(500);
	ATF_CHECK(blob_pause_ms(&t.blob, 12) >= 2500);
	EQ(0u, ask(0));
	status(500);
	ATF_CHECK(blob_pause_ms(&t.blob, 12) <= 800);
	ATF_CHECK(blob_pause_ms(&t.blob, 12) >= 400);
	/* Of what is not there for good, failures say nothing. */
	EQ(0u, ask(0));
	EQ(BLOB_WRONG, status(404));
	ATF_CHECK(blob_pause_ms(&t.blob, 12) >= 2500);
	end();
}

CASE(who_wants_to_be_left_in_peace_is_while_there_is_another)
{
	uint32_t quiet;

	begin(2, true);
	ask(2);
	fake_fetch_head(get(0, 4096, 0), "HTTP/1.1 503 x\nRetry-After: 9\n");
	EQ(0u, blob_quiet_ms(&t.blob));
	EQ(1u, ask(0));
	fake_fetch_head(get(0, 4096, 0), "HTTP/1.1 429 x\nRetry-After: 31536000\n");
	quiet = blob_quiet_ms(&t.blob);
	/* The one that is back first. */
	ATF_CHECK(quiet >= 9000 && quiet < 10000);
	ATF_CHECK(blob_pause_ms(&t.blob, 1) >= quiet);
	EQ(0u, who(get(0, 4096, 0)));
	blob_cancel(&t.get);
	fake_loop_advance(t.loop, quiet);
	EQ(0u, blob_quiet_ms(&t.blob));
	end();
}

CASE(who_is_to_be_avoided_is_asked_only_if_there_is_no_other)
{
	begin(3, true);
	EQ(1u, ask(1));
	EQ(2u, ask(3));
	EQ(0u, ask(6));
	EQ(0u, ask(7));
	end();
	begin(1, true);
	EQ(0u, ask(1));
	end();
}

CASE(a_mirror_that_lied_is_left_out_for_a_while)
{
	begin(2, true);
	pace_all(0, 2, 10000);
	blob_blame(&t.blob, 0);
	EQ(1u, ask(0));
	fake_loop_advance(t.loop, MIRROR_LIE_MS);
	/* All is forgiven, and it is asked when there is a reason. */
	EQ(1u, ask(0));
	pace_all(1, 100, 10000);
	EQ(0u, ask(0));
	pace_all(0, 100, 10000);
	EQ(1u, ask(0));
	pace_all(0, 2, 10000);
	EQ(0u, ask(2));
	EQ(BLOB_AGAIN, status(503));
	EQ(0u, ask(0));
	end();
}

CASE(being_left_out_weighs_less_than_being_avoided)
{
	begin(2, true);
	blob_blame(&t.blob, 1);
	blob_blame(&t.blob, 1);
	EQ(1u, ask(1));
	end();
}

CASE(when_all_have_lied_they_are_asked_all_the_same)
{
	begin(2, true);
	for (unsigned i = 0; i < 40; i++)
		blob_blame(&t.blob, i % 2);
	ask(0);
	end();
}

CASE_ABOUT(of_a_fast_liar_beside_a_slow_mirror_what_is_right_is_used,
	   "its bytes are looked at like anybody's; but who lies all the time is no faster")
{
	begin(2, true);
	for (unsigned lies = 0; lies < 3; lies++, blob_blame(&t.blob, 0)) {
		pace_all(1, 20, 64);
		EQ(0u, who(get(0, 65536, 0)));
		blob_cancel(&t.get);
	}
	for (unsigned lies = 0; lies < 6; lies++)
		blob_blame(&t.blob, 0);
	EQ(1u, who(get(0, 65536, 0)));
	blob_cancel(&t.get);
	/* Right answers are to its credit. */
	for (unsigned i = 0; i < 7; i++)
		blob_praise(&t.blob, 0);
	pace_all(1, 20, 64);
	EQ(0u, who(get(0, 65536, 0)));
	blob_cancel(&t.get);
	end();
}

CASE(one_that_lied_is_asked_when_the_others_do_not_answer)
{
	begin(2, true);
	pace_all(0, 2, 10000);
	blob_blame(&t.blob, 0);
	blob_blame(&t.blob, 0);
	EQ(1u, who(get(0, 4096, 0)));
	fake_fetch_end(fake_fetch_at(t.fetch, 0), "no connection");
	EQ(0u, ask(0));
	end();
}

CASE_ABOUT(of_all_that_were_wrong_the_last_one_is_avoided, "or the same one might be asked again and again")
{
	begin(3, true);
	EQ(3u, blob_avoid(&t.blob, 1, 1));
	EQ(4u, blob_avoid(&t.blob, 3, 2));
	EQ(5u, blob_avoid(&t.blob, 4, 0));
	end();
	begin(1, true);
	EQ(1u, blob_avoid(&t.blob, 0, 0));
	end();
}

CASE(wrong_is_what_every_mirror_has_said)
{
	begin(3, false);
	EQ(BLOB_AGAIN, status(404));
	EQ(BLOB_AGAIN, status(403));
	EQ(BLOB_WRONG, status(404));
	/* A good answer takes a mirror's word back, and so does trouble. */
	EQ(0u, ask(0));
	fake_fetch_status(get(0, 4096, 1), 404);
	EQ(BLOB_AGAIN, t.result);
	EQ(BLOB_WRONG, status(404));
	fake_fetch_end(get(0, 4096, 0), "reset");
	fake_fetch_status(get(0, 4096, UINT32_C(1) << t.get.mirror), 404);
	EQ(BLOB_AGAIN, t.result);
	end();
	begin(1, false);
	EQ(BLOB_WRONG, status(404));
	end();
}

CASE(versions_of_what_hashes_prove_are_all_one)
{
	begin(1, true);
	ask(0);
	for (int i = 0; i < 4; i++) {
		ATF_CHECK_STREQ("", get(0, 4096, 0)->if_range);
		fake_fetch_serve(fake_fetch_at(t.fetch, 0), 100000, i % 2 ? "\"one\"" : "\"two\"");
		EQ(BLOB_DONE, t.result);
	}
	end();
}

CASE(a_new_version_of_what_nothing_proves_is_refused_for_good)
{
	begin(1, false);
	ask(0);
	for (int i = 0; i < 3; i++) {
		get(0, 4096, 0);
		while (fake_fetch_flying(t.fetch) > 0)
			fake_fetch_head_206(fake_fetch_at(t.fetch, 0), 100000, "\"two\"");
		EQ(BLOB_CHANGED, t.result);
	}
	ATF_CHECK_STREQ("\"one\"", t.blob.mirrors[0].version.etag);
	end();
}

CASE(each_mirror_has_a_version_of_its_own)
{
	begin(2, false);
	ask(0);
	ATF_CHECK_STREQ("", get(0, 4096, 1)->if_range);
	fake_fetch_serve(fake_fetch_at(t.fetch, 0), 100000, "\"other\"");
	EQ(BLOB_DONE, t.result);
	ATF_CHECK_STREQ("\"other\"", get(0, 4096, 1)->if_range);
	blob_cancel(&t.get);
	ATF_CHECK_STREQ("\"one\"", get(0, 4096, 2)->if_range);
	blob_cancel(&t.get);
	blob_forget(&t.blob);
	ATF_CHECK(!t.blob.is_known && !t.blob.mirrors[0].is_known && !t.blob.mirrors[1].is_known);
	end();
}

CASE(a_mirror_with_another_size_is_wrong)
{
	for (int is_proven = 0; is_proven < 2; is_proven++) {
		begin(2, is_proven);
		ask(0);
		fake_fetch_head_206(get(0, 4096, 1), 99999, "\"one\"");
		EQ(BLOB_AGAIN, t.result);
		ATF_CHECK_STREQ("another size: 99999 bytes are there, 100000 are wanted", t.why);
		ATF_CHECK(!t.blob.mirrors[1].is_known);
		/* More is no harm where hashes say what is the blob's. */
		fake_fetch_serve(get(0, 4096, 1), 100001, "\"one\"");
		EQ(is_proven ? BLOB_DONE : BLOB_AGAIN, t.result);
		EQ(100000u, t.blob.size);
		end();
	}
}

CASE(what_an_earlier_engine_learned_is_of_one_mirror)
{
	begin(2, false);
	blob_recall(&t.blob, 1, &(struct version){.size = 5000, .etag = "\"e\""});
	EQ(5000u, t.blob.size);
	ATF_CHECK(t.blob.is_known && t.blob.mirrors[1].is_known && !t.blob.mirrors[0].is_known);
	end();
}

CASE(redirects_are_of_one_mirror)
{
	struct fetch_transfer *transfer;

	begin(2, true);
	transfer = get(0, 4096, 0);
	strcpy(transfer->effective_url, "http://cdn/x");
	fake_fetch_serve(transfer, 100000, NULL);
	ATF_CHECK_STREQ("http://cdn/x", get(0, 4096, 0)->url);
	blob_cancel(&t.get);
	ATF_CHECK_STREQ("http://m1/x", get(0, 4096, 1)->url);
	blob_cancel(&t.get);
	end();
}

CASE(there_is_room_for_nine)
{
	char url[BLOB_URL_MAX + 1];

	begin(MIRROR_COUNT_MAX, true);
	EQ(-ENOSPC, blob_add_mirror(&t.blob, "http://m9/x"));
	EQ(8u, ask(0xff));
	end();
	begin(1, true);
	memset(url, 'x', sizeof(url) - 1);
	url[BLOB_URL_MAX] = '\0';
	EQ(-ENAMETOOLONG, blob_add_mirror(&t.blob, url));
	url[BLOB_URL_MAX - 1] = '\0';
	EQ(0, blob_add_mirror(&t.blob, url));
	end();
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
	ATF_TP_ADD_TC(tp, who_is_to_be_avoided_is_asked_only_if_there_is_no_other);
	ATF_TP_ADD_TC(tp, a_mirror_that_lied_is_left_out_for_a_while);
	ATF_TP_ADD_TC(tp, being_left_out_weighs_less_than_being_avoided);
	ATF_TP_ADD_TC(tp, when_all_have_lied_they_are_asked_all_the_same);
	ATF_TP_ADD_TC(tp, of_a_fast_liar_beside_a_slow_mirror_what_is_right_is_used);
	ATF_TP_ADD_TC(tp, one_that_lied_is_asked_when_the_others_do_not_answer);
	ATF_TP_ADD_TC(tp, of_all_that_were_wrong_the_last_one_is_avoided);
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
