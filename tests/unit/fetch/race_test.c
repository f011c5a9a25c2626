/* SPDX-License-Identifier: MIT */
/*
 * Two transfers for one range: who is asked, whose bytes count, and what is left when it ends.
 */
#include "unit.h"

#include "fake_fetch.h"
#include "fake_loop.h"
#include "fetch/race.h"

enum { SIZE = 1000000, LEN = 400000, BLOCK = 4096 };

/* The owner of a race keeps whole blocks, as a flight does. */
static struct {
	struct fetch *fetch;
	struct loop *loop;
	struct blob blob;
	struct race *race; /* on the heap: use after its end shows */
	uint64_t at;       /* the next byte that it wants */
	uint64_t end;
	bool is_wanted, is_deaf;
	unsigned turns, dones;
	enum blob_result result;
	char why[BLOB_WHY_MAX];
} t;

static size_t on_data(void *arg, const uint8_t *bytes, size_t len)
{
	(void)arg;
	if (t.is_deaf)
		return FETCH_REFUSE;
	for (size_t i = 0; i < len; i++)
		ATF_REQUIRE_EQ_MSG(fake_byte(t.at + i), bytes[i], "byte %" PRIu64, t.at + i);
	t.at += len;
	return len;
}

static void drop(void)
{
	race_cancel(t.race);
	free(t.race);
	t.race = NULL;
}

static void on_done(void *arg, enum blob_result result, const char *why)
{
	(void)arg;
	t.dones++;
	t.result = result;
	snprintf(t.why, sizeof(t.why), "%s", why ? why : "");
	EQ(0u, fake_fetch_flying(t.fetch) - 1);
	drop();
}

static bool is_wanted(void *arg)
{
	(void)arg;
	return t.is_wanted;
}

static void reached(void *arg, uint64_t *off_out, uint64_t *end_out)
{
	(void)arg;
	*off_out = t.at / BLOCK * BLOCK;
	*end_out = t.end;
}

static void turn(void *arg, uint64_t off)
{
	(void)arg;
	EQ(t.at / BLOCK * BLOCK, off);
	t.at = off;
	t.turns++;
}

static void begin(unsigned mirrors)
{
	static const struct race_events events = {
		.data = on_data, .done = on_done, .is_wanted = is_wanted, .reached = reached, .turn = turn};
	char url[32];

	memset(&t, 0, sizeof(t));
	t.fetch = fake_fetch_open();
	t.loop = fake_loop_open();
	for (unsigned i = 0; i < mirrors; i++) {
		snprintf(url, sizeof(url), "http://m%u/x", i);
		MUST_EQ(0, i == 0 ? blob_init(&t.blob, t.fetch, t.loop, url) : blob_add_mirror(&t.blob, url));
	}
	t.blob.is_raced = t.blob.is_proven = t.blob.is_known = true;
	t.blob.size = SIZE;
	t.is_wanted = true;
	t.end = LEN;
	t.race = calloc(1, sizeof(*t.race));
	ATF_REQUIRE(t.race != NULL);
	MUST_EQ(0, race_begin(t.race, &t.blob, 0, LEN, 0, &events, NULL));
}

/* Nothing is left on the wire or on the clock. */
static void end(unsigned dones)
{
	EQ(dones, t.dones);
	if (t.race)
		drop();
	EQ(0u, fake_fetch_flying(t.fetch));
	EQ(0u, fake_loop_armed(t.loop));
	EQ(0u, t.blob.rivals);
	blob_fini(&t.blob);
	fetch_close(t.fetch);
	loop_close(t.loop);
}

static unsigned flying(void)
{
	return fake_fetch_flying(t.fetch);
}

/* The nth on the wire: 0 leads, until a rival has won and the loser is swept away. */
static struct fetch_transfer *attempt(unsigned n)
{
	return fake_fetch_at(t.fetch, n);
}

static char mirror(unsigned n)
{
	return attempt(n)->url[8];
}

static void head(unsigned n)
{
	fake_fetch_head_206(attempt(n), SIZE, NULL);
}

static void serve(unsigned n)
{
	fake_fetch_serve(attempt(n), SIZE, NULL);
}

/* Goes on until the first transfer has stalled: patience for another mirror, or for the same one. */
static void stall(void)
{
	fake_loop_advance(t.loop, t.blob.mirror_count > 1 ? PACE_OTHER_LEAST_MS : PACE_SAME_LEAST_MS);
	MUST_EQ(2u, flying());
}

CASE(an_answer_that_comes_is_not_raced)
{
	begin(2);
	head(0);
	for (int i = 0; i < 9; i++) {
		fake_fetch_body(attempt(0), 40000);
		fake_loop_advance(t.loop, 100);
		MUST_EQ(1u, flying());
	}
	serve(0);
	EQ(BLOB_DONE, t.result);
	EQ(LEN, t.at);
	EQ(0u, t.turns);
	end(1);
}

CASE(silence_is_raced_at_another_mirror_which_wins_with_its_first_byte)
{
	begin(2);
	stall();
	EQ('1', mirror(1));
	ATF_CHECK(!attempt(1)->is_fresh);
	EQ(0u, attempt(1)->off);
	head(1);
	EQ(0u, t.turns);
	fake_fetch_body(attempt(1), 1);
	EQ(1u, t.turns);
	EQ(1u, race_mirror(t.race));
	/* The loser is swept away in the next turn of the loop. */
	fake_loop_advance(t.loop, 0);
	MUST_EQ(1u, flying());
	EQ('1', mirror(0));
	serve(0);
	EQ(BLOB_DONE, t.result);
	EQ(LEN, t.at);
	/* Who was silent is not asked first any more. */
	EQ(1u, t.blob.mirrors[0].pace->failures);
	EQ(0u, fake_fetch_distrusts(t.fetch));
	end(1);
}

/* All of a short range comes in one turn of the loop. */
CASE(who_was_silent_is_known_when_the_rival_ends_at_once)
{
	begin(2);
	stall();
	serve(1);
	EQ(BLOB_DONE, t.result);
	EQ(1u, t.blob.mirrors[0].pace->failures);
	EQ(PACE_OTHER_LEAST_MS, t.blob.mirrors[0].pace->first_ms);
	end(1);
	/* Nothing is known of one that was never beaten. */
	begin(2);
	stall();
	drop();
	EQ(0u, t.blob.mirrors[0].pace->failures + t.blob.mirrors[1].pace->failures);
	end(0);
}

CASE(a_stall_is_raced_from_the_block_that_was_reached)
{
	begin(2);
	head(0);
	fake_fetch_body(attempt(0), 3 * BLOCK + 100);
	fake_loop_advance(t.loop, 2 * PACE_OTHER_LEAST_MS);
	MUST_EQ(2u, flying());
	EQ(3u * BLOCK, attempt(1)->off);
	EQ(LEN - 3u * BLOCK, attempt(1)->len);
	serve(1);
	EQ(BLOB_DONE, t.result);
	EQ(LEN, t.at);
	end(1);
}

CASE_ABOUT(a_drip_is_a_stall, "a byte a second is no silence, and would take days")
{
	begin(2);
	head(0);
	for (int i = 0; i < 10 && flying() == 1; i++) {
		fake_fetch_body(attempt(0), 20);
		fake_loop_advance(t.loop, 100);
	}
	MUST_EQ(2u, flying());
	/* It goes on dripping, and wins nothing by it. */
	head(1);
	fake_fetch_body(attempt(0), 20);
	serve(1);
	EQ(BLOB_DONE, t.result);
	EQ(1u, t.turns);
	end(1);
}

CASE(a_drip_of_a_lone_server_is_asked_for_again)
{
	begin(1);
	head(0);
	for (int i = 0; i < 30 && flying() == 1; i++) {
		fake_fetch_body(attempt(0), 20);
		fake_loop_advance(t.loop, 100);
	}
	MUST_EQ(2u, flying());
	end(0);
	/* A slow line is no drip. */
	begin(1);
	head(0);
	for (int i = 0; i < 100; i++) {
		fake_fetch_body(attempt(0), 200);
		fake_loop_advance(t.loop, 100);
		MUST_EQ(1u, flying());
	}
	end(0);
}

CASE_ABOUT(a_transfer_that_crawls_is_asked_for_again, "where the same server is otherwise fast")
{
	static const struct {
		uint32_t rate, step; /* the server's, bytes a ms; of the transfer, bytes in 100 ms */
		unsigned flying;
	} rows[] = {{4000, 300, 2}, {4000, 1700, 1}, {400, 300, 2}, {400, 700, 1}, {0, 300, 1}};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(1);
		t.blob.mirrors[0].pace->rate = rows[i].rate;
		head(0);
		for (int k = 0; k < 30 && flying() == 1; k++) {
			fake_fetch_body(attempt(0), rows[i].step);
			fake_loop_advance(t.loop, 100);
		}
		EQ(rows[i].flying, flying());
		end(0);
	}
}

CASE(a_leader_that_is_well_again_wins)
{
	begin(2);
	stall();
	head(0);
	fake_fetch_body(attempt(0), RACE_REVIVED);
	/* Bytes of the loser are not used. */
	head(1);
	fake_fetch_body(attempt(1), 1);
	fake_loop_advance(t.loop, 0);
	MUST_EQ(1u, flying());
	EQ('0', mirror(0));
	serve(0);
	EQ(BLOB_DONE, t.result);
	EQ(LEN, t.at);
	EQ(0u, t.turns);
	EQ(0u, t.blob.mirrors[1].pace->failures);
	end(1);
}

CASE(a_rival_catches_up_with_what_the_leader_has_brought_meanwhile)
{
	begin(2);
	stall();
	head(0);
	fake_fetch_body(attempt(0), 10000);
	head(1);
	fake_fetch_body(attempt(1), 8000);
	EQ(0u, t.turns);
	fake_fetch_body(attempt(1), 1000);
	EQ(1u, t.turns);
	EQ(9000u, t.at);
	fake_loop_advance(t.loop, 0);
	serve(0);
	EQ(LEN, t.at);
	end(1);
}

CASE(bytes_of_a_loser_that_is_not_swept_yet_are_not_used)
{
	begin(2);
	stall();
	head(1);
	fake_fetch_body(attempt(1), 1);
	EQ(1u, t.turns);
	head(0);
	fake_fetch_body(attempt(0), 50000);
	EQ(1u, t.turns);
	EQ(1u, t.at);
	MUST_EQ(1u, flying());
	serve(0);
	EQ(BLOB_DONE, t.result);
	EQ(LEN, t.at);
	end(1);
}

CASE(when_the_leader_fails_the_rival_goes_on_alone)
{
	begin(2);
	head(0);
	fake_fetch_body(attempt(0), 5000);
	fake_loop_advance(t.loop, 2 * PACE_OTHER_LEAST_MS);
	MUST_EQ(2u, flying());
	fake_fetch_end(attempt(0), "reset");
	EQ(0u, t.dones);
	EQ(1u, t.turns);
	EQ(1u, race_mirror(t.race));
	EQ(4096u, t.at);
	serve(0);
	EQ(BLOB_DONE, t.result);
	EQ(LEN, t.at);
	end(1);
}

CASE(when_the_rival_fails_the_leader_goes_on_and_another_rival_comes_later)
{
	begin(3);
	stall();
	EQ('1', mirror(1));
	fake_fetch_status(attempt(1), 404);
	EQ(0u, t.dones);
	EQ(1u, flying());
	for (int i = 0; i < 40 && flying() == 1; i++)
		fake_loop_advance(t.loop, 100);
	EQ('2', mirror(1));
	serve(1);
	EQ(BLOB_DONE, t.result);
	end(1);
}

CASE(a_rival_that_is_no_better_gives_its_place_to_a_third)
{
	begin(3);
	stall();
	EQ('1', mirror(1));
	for (int i = 0; i < 40 && mirror(1) == '1'; i++)
		fake_loop_advance(t.loop, 100);
	MUST_EQ(2u, flying());
	EQ('2', mirror(1));
	serve(1);
	EQ(BLOB_DONE, t.result);
	end(1);
}

CASE(when_both_fail_the_race_has_failed_once)
{
	begin(2);
	stall();
	fake_fetch_end(attempt(1), "no connection");
	fake_fetch_end(attempt(0), "reset");
	EQ(BLOB_AGAIN, t.result);
	ATF_CHECK_STREQ("reset", t.why);
	end(1);
	begin(2);
	stall();
	fake_fetch_end(attempt(0), "reset");
	fake_fetch_end(attempt(0), "no connection");
	EQ(BLOB_AGAIN, t.result);
	ATF_CHECK_STREQ("no connection", t.why);
	end(1);
}

CASE_ABOUT(a_lone_mirror_is_asked_again_over_a_new_connection,
	   "our address may have changed, or its; then what was kept is of no use for others either")
{
	begin(1);
	stall();
	EQ('0', mirror(1));
	ATF_CHECK(attempt(1)->is_fresh && !attempt(0)->is_fresh);
	serve(1);
	EQ(BLOB_DONE, t.result);
	EQ(1u, fake_fetch_distrusts(t.fetch));
	end(1);
}

CASE(a_lone_mirror_that_says_nothing_to_either_has_failed)
{
	begin(1);
	stall();
	fake_fetch_end(attempt(0), "silent");
	EQ(BLOB_AGAIN, t.result);
	end(1);
	/* With an answer on its way the rival goes on. */
	begin(1);
	head(0);
	fake_fetch_body(attempt(0), 5000);
	fake_loop_advance(t.loop, 2 * PACE_SAME_LEAST_MS);
	head(1);
	fake_fetch_body(attempt(1), 900);
	fake_fetch_end(attempt(0), "silent");
	serve(0);
	EQ(BLOB_DONE, t.result);
	EQ(LEN, t.at);
	end(1);
}

CASE(what_nobody_waits_for_is_not_raced)
{
	begin(2);
	t.is_wanted = false;
	fake_loop_advance(t.loop, 60000);
	EQ(1u, flying());
	/* Until somebody does. */
	t.is_wanted = true;
	fake_loop_advance(t.loop, PACE_OTHER_LEAST_MS);
	EQ(2u, flying());
	end(0);
}

CASE(an_end_in_each_state_leaves_nothing)
{
	/* Alone. */
	begin(2);
	end(0);
	/* With a rival that is silent, that has a head, that has won and not swept the loser. */
	for (int state = 0; state < 3; state++) {
		begin(2);
		stall();
		if (state > 0)
			head(1);
		if (state > 1)
			fake_fetch_body(attempt(1), 1);
		end(0);
	}
	/* With a rival that has lost and is not swept. */
	begin(2);
	stall();
	head(0);
	fake_fetch_body(attempt(0), RACE_REVIVED);
	end(0);
}

CASE(a_refusal_of_the_owner_ends_both)
{
	begin(2);
	stall();
	t.is_deaf = true;
	head(0);
	fake_fetch_body(attempt(0), 1);
	EQ(BLOB_REFUSED, t.result);
	end(1);
	/* Also of the first byte that wins; the loser is not cancelled from inside it, but at the end. */
	begin(2);
	stall();
	t.is_deaf = true;
	head(1);
	fake_fetch_body(attempt(1), 1);
	EQ(BLOB_REFUSED, t.result);
	end(1);
}

CASE_ABOUT(patience_grows, "or a slow line would be asked for everything again and again")
{
	uint64_t begun;

	begin(1);
	begun = fake_fetch_begun(t.fetch);
	fake_loop_advance(t.loop, 60000);
	ATF_CHECK_MSG(fake_fetch_begun(t.fetch) - begun <= 6, "%" PRIu64, fake_fetch_begun(t.fetch) - begun);
	ATF_CHECK(fake_fetch_begun(t.fetch) - begun >= 3);
	end(0);
}

CASE(so_many_are_raced_at_once_and_no_more)
{
	begin(2);
	t.blob.rivals = BLOB_RIVALS_MAX;
	fake_loop_advance(t.loop, 5000);
	EQ(1u, flying());
	t.blob.rivals = 0;
	end(0);
}

CASE(a_mirror_much_slower_than_another_is_left)
{
	begin(2);
	*t.blob.mirrors[1].pace = (struct pace){.is_measured = true, .first_ms = 5, .rate = 8000};
	head(0);
	/* 64 kB/s. */
	for (int i = 0; i < 20 && flying() == 1; i++) {
		fake_fetch_body(attempt(0), 3200);
		fake_loop_advance(t.loop, 50);
	}
	MUST_EQ(2u, flying());
	end(0);
	/* Where others bring much from the same mirror it is a busy line. */
	begin(2);
	*t.blob.mirrors[1].pace = (struct pace){.is_measured = true, .first_ms = 5, .rate = 8000};
	head(0);
	for (int i = 0; i < 20; i++) {
		fake_fetch_body(attempt(0), 3200);
		t.blob.mirrors[0].pace->bytes += 100000;
		fake_loop_advance(t.loop, 50);
		MUST_EQ(1u, flying());
	}
	end(0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, an_answer_that_comes_is_not_raced);
	ATF_TP_ADD_TC(tp, silence_is_raced_at_another_mirror_which_wins_with_its_first_byte);
	ATF_TP_ADD_TC(tp, who_was_silent_is_known_when_the_rival_ends_at_once);
	ATF_TP_ADD_TC(tp, a_stall_is_raced_from_the_block_that_was_reached);
	ATF_TP_ADD_TC(tp, a_drip_is_a_stall);
	ATF_TP_ADD_TC(tp, a_drip_of_a_lone_server_is_asked_for_again);
	ATF_TP_ADD_TC(tp, a_transfer_that_crawls_is_asked_for_again);
	ATF_TP_ADD_TC(tp, a_leader_that_is_well_again_wins);
	ATF_TP_ADD_TC(tp, a_rival_catches_up_with_what_the_leader_has_brought_meanwhile);
	ATF_TP_ADD_TC(tp, bytes_of_a_loser_that_is_not_swept_yet_are_not_used);
	ATF_TP_ADD_TC(tp, when_the_leader_fails_the_rival_goes_on_alone);
	ATF_TP_ADD_TC(tp, when_the_rival_fails_the_leader_goes_on_and_another_rival_comes_later);
	ATF_TP_ADD_TC(tp, a_rival_that_is_no_better_gives_its_place_to_a_third);
	ATF_TP_ADD_TC(tp, when_both_fail_the_race_has_failed_once);
	ATF_TP_ADD_TC(tp, a_lone_mirror_is_asked_again_over_a_new_connection);
	ATF_TP_ADD_TC(tp, a_lone_mirror_that_says_nothing_to_either_has_failed);
	ATF_TP_ADD_TC(tp, what_nobody_waits_for_is_not_raced);
	ATF_TP_ADD_TC(tp, an_end_in_each_state_leaves_nothing);
	ATF_TP_ADD_TC(tp, a_refusal_of_the_owner_ends_both);
	ATF_TP_ADD_TC(tp, patience_grows);
	ATF_TP_ADD_TC(tp, so_many_are_raced_at_once_and_no_more);
	ATF_TP_ADD_TC(tp, a_mirror_much_slower_than_another_is_left);
	return atf_no_error();
}
