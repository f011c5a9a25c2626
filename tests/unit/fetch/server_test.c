/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "fake_loop.h"
#include "fetch/server.h"

#define URL   "http://server/image"
#define OTHER "http://other/image"

enum { TURNS = 200 };

static struct loop *loop;
static struct servers servers;
static struct server_turn turns[TURNS];
static unsigned begun; /* of those that had to wait */

static void on_begin(struct server_turn *turn)
{
	ATF_CHECK(!turn->is_waiting);
	begun++;
}

static void begin(void)
{
	loop = fake_loop_open();
	servers_init(&servers, loop, on_begin);
	begun = 0;
}

static void end(void)
{
	servers_fini(&servers);
	loop_close(loop);
}

static void enter(unsigned i, const char *url)
{
	MUST_EQ(0, server_enter(&servers, url, &turns[i]));
}

/* One transfer that the server serves at once, however long it has to wait. Returns that time. */
static uint64_t serve(unsigned i)
{
	enter(i, URL);
	while (turns[i].is_waiting)
		fake_loop_advance(loop, 1);
	server_take_answer(&turns[i]);
	server_leave(&turns[i]);
	return turns[i].waited_ms;
}

static void refuse(unsigned i, uint32_t retry_s, bool is_asked)
{
	while (turns[i].is_waiting)
		fake_loop_advance(loop, 1);
	server_take_refusal(&turns[i], retry_s, is_asked);
	server_leave(&turns[i]);
}

CASE(what_waits_for_one_server_does_not_hold_up_another)
{
	begin();
	for (unsigned i = 0; i < SERVER_TRANSFERS + 2; i++) {
		enter(i, URL);
		EQ(i >= SERVER_TRANSFERS, turns[i].is_waiting);
	}
	enter(100, OTHER);
	ATF_CHECK(!turns[100].is_waiting);
	/* Path and query do not make another server; scheme, name and port do. */
	enter(101, "http://SERVER:80/elsewhere?x");
	ATF_CHECK(turns[101].is_waiting);
	enter(102, "https://server/image");
	ATF_CHECK(!turns[102].is_waiting);
	fake_loop_advance(loop, 1000);
	EQ(0u, begun);
	EQ(1000u, server_wait_ms(&servers, URL));
	EQ(0u, server_wait_ms(&servers, OTHER));
	server_leave(&turns[0]);
	fake_loop_advance(loop, 0);
	EQ(1u, begun);
	ATF_CHECK(!turns[SERVER_TRANSFERS].is_waiting);
	EQ(1000u, turns[SERVER_TRANSFERS].waited_ms);
	/* One that gives up waiting makes no room. */
	server_leave(&turns[SERVER_TRANSFERS + 1]);
	fake_loop_advance(loop, 0);
	EQ(1u, begun);
	ATF_CHECK(turns[101].is_waiting);
	for (unsigned i = 1; i <= SERVER_TRANSFERS; i++)
		server_leave(&turns[i]);
	fake_loop_advance(loop, 0);
	EQ(2u, begun);
	for (unsigned i = 100; i < 103; i++)
		server_leave(&turns[i]);
	ATF_CHECK(list_is_empty(&servers.list));
	end();
}

/* Answers like nginx's limit_req: one in period_ms. Returns how many it refused until 100 were served, and the time. */
static unsigned limit(uint64_t period_ms, uint32_t retry_s, uint64_t *took_out)
{
	uint64_t served_ms = 0, begun_ms = loop_now_ms(loop);
	unsigned refused = 0;

	for (unsigned served = 0; served < 100;) {
		enter(0, URL);
		while (turns[0].is_waiting)
			fake_loop_advance(loop, 1);
		if (loop_now_ms(loop) - served_ms >= period_ms) {
			served_ms = loop_now_ms(loop);
			server_take_answer(&turns[0]);
			served++;
		} else {
			server_take_refusal(&turns[0], retry_s, retry_s > 0);
			refused++;
		}
		server_leave(&turns[0]);
		fake_loop_advance(loop, 1);
	}
	*took_out = loop_now_ms(loop) - begun_ms;
	return refused;
}

CASE(a_server_that_limits_its_rate_is_asked_at_about_that_rate)
{
	static const struct {
		uint64_t period_ms;
		uint32_t retry_s;
	} limits[] = {{20, 0}, {100, 0}, {200, 0}, {250, 0}, {200, 1}, {1000, 1}};

	srand(1);
	for (unsigned i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		uint64_t took, best = 100 * limits[i].period_ms;
		unsigned refused;

		begin();
		refused = limit(limits[i].period_ms, limits[i].retry_s, &took);
		printf("%" PRIu64 " ms: %u refused, %" PRIu64 " of %" PRIu64 " ms\n", limits[i].period_ms,
		       refused, took, best);
		ATF_CHECK_MSG(refused < 40, "%" PRIu64 " ms: %u refused", limits[i].period_ms, refused);
		ATF_CHECK_MSG(took < 2 * best, "%" PRIu64 " ms: it took %" PRIu64 " ms", limits[i].period_ms,
			      took);
		end();
	}
}

CASE(all_that_were_refused_together_count_once)
{
	uint64_t wait;

	begin();
	for (unsigned i = 0; i < 40; i++)
		enter(i, URL);
	for (unsigned i = 0; i < 40; i++)
		refuse(i, 0, true);
	wait = server_wait_ms(&servers, URL);
	ATF_CHECK(wait >= 2 * SERVER_GAP_FIRST_MS && wait <= 3 * SERVER_GAP_FIRST_MS);
	/* Half as many at once from now on. */
	for (unsigned i = 0; i < 40; i++)
		enter(i, URL);
	fake_loop_advance(loop, 60000);
	EQ(20u, begun);
	for (unsigned i = 0; i < 40; i++)
		server_leave(&turns[i]);
	end();
}

/* How many transfers of count the server would have under way at once. Leaves none. */
static unsigned at_once(unsigned count)
{
	unsigned waiting = 0;

	for (unsigned i = 0; i < count; i++) {
		enter(i, URL);
		waiting += turns[i].is_waiting;
	}
	for (unsigned i = 0; i < count; i++)
		server_leave(&turns[i]);
	return count - waiting;
}

CASE(who_fails_at_random_is_asked_as_if_it_did_not)
{
	static const unsigned percents[] = {10, 25, 40};

	srand(3);
	for (unsigned k = 0; k < 3; k++) {
		unsigned refused = 0;

		begin();
		for (unsigned i = 0; i < 400; i++) {
			enter(i % 40, URL);
			ATF_CHECK_MSG(!turns[i % 40].is_waiting, "%u %%, after %u", percents[k], i);
			if (i * percents[k] / 100 != (i + 1) * percents[k] / 100) {
				refuse(i % 40, 0, false);
				refused++;
			} else {
				server_take_answer(&turns[i % 40]);
				server_leave(&turns[i % 40]);
			}
		}
		EQ(4 * percents[k], refused);
		ATF_CHECK(at_once(SERVER_TRANSFERS) >= SERVER_TRANSFERS_SOME);
		end();
	}
}

CASE_ABOUT(a_server_that_has_room_for_some_is_not_asked_for_many_more,
	   "limit_conn of nginx: 503 beyond so many")
{
	enum { ROOM = 4, WANTED = 40 };
	unsigned refused = 0, served = 0;

	begin();
	/* All that may begin do so, and the server takes as many of them as it has room for. */
	for (unsigned round = 0; round < 200; round++) {
		unsigned taken = 0;

		for (unsigned i = 0; i < WANTED; i++)
			enter(i, URL);
		fake_loop_advance(loop, 0);
		for (unsigned i = 0; i < WANTED; i++) {
			if (turns[i].is_waiting)
				continue;
			if (taken < ROOM) {
				taken++;
				server_take_answer(&turns[i]);
			} else {
				refused++;
				server_take_refusal(&turns[i], 0, false);
			}
		}
		served += taken;
		for (unsigned i = 0; i < WANTED; i++)
			server_leave(&turns[i]);
		fake_loop_advance(loop, 20);
	}
	printf("%u served, %u refused\n", served, refused);
	ATF_CHECK_MSG(refused < served, "%u served, %u refused", served, refused);
	end();
}

CASE_ABOUT(a_transfer_that_is_held_makes_room_for_what_it_waits_for,
	   "data that waits for its hashes, at a server that has refused and so gets one transfer at a time")
{
	begin();
	enter(0, URL);
	enter(1, URL);
	server_take_answer(&turns[0]);
	refuse(1, 0, true);
	enter(1, URL);
	fake_loop_advance(loop, 10000);
	ATF_CHECK(turns[1].is_waiting);
	server_hold(&turns[0]);
	server_hold(&turns[0]);
	fake_loop_advance(loop, 10000);
	ATF_CHECK(!turns[1].is_waiting);
	/* The owner goes on at once, and the next one waits for both. */
	server_resume(&turns[0]);
	server_resume(&turns[0]);
	enter(2, URL);
	server_leave(&turns[1]);
	fake_loop_advance(loop, 10000);
	ATF_CHECK(turns[2].is_waiting);
	server_leave(&turns[0]);
	fake_loop_advance(loop, 10000);
	ATF_CHECK(!turns[2].is_waiting);
	/* A server is kept as long as it has a transfer that is held. */
	server_hold(&turns[2]);
	enter(3, OTHER);
	server_leave(&turns[3]);
	server_resume(&turns[2]);
	server_leave(&turns[2]);
	end();
}

CASE(an_answer_that_allows_one_more_begins_it)
{
	begin();
	enter(0, URL);
	refuse(0, 0, true);
	enter(0, URL);
	fake_loop_advance(loop, 10000);
	ATF_CHECK(!turns[0].is_waiting);
	enter(1, URL);
	fake_loop_advance(loop, 10000);
	ATF_CHECK(turns[1].is_waiting);
	/* Its body takes long. */
	server_take_answer(&turns[0]);
	fake_loop_advance(loop, 10000);
	ATF_CHECK(!turns[1].is_waiting);
	server_leave(&turns[0]);
	server_leave(&turns[1]);
	end();
}

CASE(a_stray_refusal_is_soon_forgotten)
{
	uint64_t waited = 0;

	begin();
	enter(0, URL);
	refuse(0, 0, true);
	for (unsigned i = 0; i < 60; i++)
		waited += serve(1);
	ATF_CHECK_MSG(waited < 1500, "%" PRIu64 " ms", waited);
	EQ(0u, serve(1));
	ATF_CHECK(list_is_empty(&servers.list));
	end();
}

CASE(a_gap_is_given_up_where_it_does_not_help)
{
	uint64_t waited = 0;

	begin();
	for (unsigned i = 0; i < 300; i++) {
		enter(0, URL);
		if (i % 3 == 2) {
			waited += turns[0].waited_ms;
			server_take_answer(&turns[0]);
			server_leave(&turns[0]);
		} else {
			refuse(0, 0, false);
			waited += turns[0].waited_ms;
		}
	}
	ATF_CHECK_MSG(waited > 0 && waited < 5000, "%" PRIu64 " ms", waited);
	/* Not for ever. */
	fake_loop_advance(loop, SERVER_FREE_MS);
	enter(0, URL);
	refuse(0, 0, false);
	ATF_CHECK(server_wait_ms(&servers, URL) > 0);
	end();
}

CASE(nothing_begins_before_the_time_that_a_server_names)
{
	begin();
	enter(0, URL);
	enter(1, URL);
	refuse(0, 7, false);
	/* Also one that had begun before. */
	fake_loop_advance(loop, 1000);
	refuse(1, 7, false);
	enter(2, URL);
	fake_loop_advance(loop, 6999);
	ATF_CHECK(turns[2].is_waiting);
	fake_loop_advance(loop, 2000);
	ATF_CHECK(!turns[2].is_waiting);
	server_leave(&turns[2]);
	end();
}

CASE(a_server_that_names_ever_more_others_is_remembered_with_a_few)
{
	char url[64];
	unsigned count = 0;
	struct list *link;

	begin();
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(url, sizeof(url), "http://host%u/image", i);
		enter(0, url);
		refuse(0, 100, true);
	}
	for (link = servers.list.next; link != &servers.list; link = link->next)
		count++;
	EQ((unsigned)SERVERS_KEPT, count);
	end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, what_waits_for_one_server_does_not_hold_up_another);
	ATF_TP_ADD_TC(tp, a_server_that_limits_its_rate_is_asked_at_about_that_rate);
	ATF_TP_ADD_TC(tp, all_that_were_refused_together_count_once);
	ATF_TP_ADD_TC(tp, who_fails_at_random_is_asked_as_if_it_did_not);
	ATF_TP_ADD_TC(tp, a_server_that_has_room_for_some_is_not_asked_for_many_more);
	ATF_TP_ADD_TC(tp, a_transfer_that_is_held_makes_room_for_what_it_waits_for);
	ATF_TP_ADD_TC(tp, an_answer_that_allows_one_more_begins_it);
	ATF_TP_ADD_TC(tp, a_stray_refusal_is_soon_forgotten);
	ATF_TP_ADD_TC(tp, a_gap_is_given_up_where_it_does_not_help);
	ATF_TP_ADD_TC(tp, nothing_begins_before_the_time_that_a_server_names);
	ATF_TP_ADD_TC(tp, a_server_that_names_ever_more_others_is_remembered_with_a_few);
	return atf_no_error();
}
