/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "base/counters.h"
#include "fake_loop.h"
#include "fake_transport.h"
#include "serve/requests.h"

#include <errno.h>

#define B UINT64_C(4096)

static struct counters counters;
static struct channel *channel;
static struct request_pool pool;
static struct requests requests;
static struct blockset present;
static unsigned timed_out;
static uint64_t timed_out_off, timed_out_end;
static unsigned admitted, taken_at[1000];
static uint64_t admitted_off, admitted_end;

static void on_timed_out(void *arg, uint64_t off, uint64_t end)
{
	ATF_REQUIRE(arg == &timed_out);
	timed_out++;
	timed_out_off = off;
	timed_out_end = end;
}

static unsigned on_bytes(void *arg, uint64_t off, uint64_t end, struct iovec pieces_out[REQUESTS_PIECES_MAX])
{
	(void)arg;
	(void)off;
	(void)end;
	(void)pieces_out;
	return 0;
}

static void on_taken(void *arg, uint64_t off, uint64_t end)
{
	(void)arg;
	for (uint64_t block = off / B; block < end / B; block++)
		taken_at[block]++;
}

static void on_admitted(void *arg, uint64_t off, uint64_t end)
{
	(void)arg;
	admitted++;
	admitted_off = off;
	admitted_end = end;
}

static const struct requests_events events = {
	.timed_out = on_timed_out, .admitted = on_admitted, .bytes = on_bytes, .taken = on_taken};

static void begin(uint32_t timeout_s)
{
	uint64_t size = 1000 * B;

	memset(&counters, 0, sizeof(counters));
	timed_out = admitted = 0;
	memset(taken_at, 0, sizeof(taken_at));
	channel = fake_transport_new();
	requests_init_pool(&pool, fake_loop_open(), &counters, timeout_s);
	pool.transport = &fake_transport;
	pool.channel = channel;
	requests_init(&requests, &pool, fake_transport_file(channel, size), &events, &timed_out);
	MUST_EQ(0, blockset_init(&present, size / B));
}

static void end(void)
{
	requests_fini(&requests);
	EQ(0u, fake_transport_unanswered(channel));
	EQ(0u, pool.count);
	blockset_fini(&present);
	loop_close(pool.loop);
	fake_transport_free(channel);
}

static uint32_t add(uint64_t first, uint64_t last)
{
	uint32_t id = fake_transport_request(channel, requests.file, first * B, (last - first) * B);

	MUST_EQ(0, requests_add(&requests, id, 0, first * B, last * B));
	return id;
}

static void keep(uint64_t first, uint64_t last)
{
	for (uint64_t block = first; block < last; block++)
		channel->files[requests.file].blocks[block] = true;
	MUST_EQ(0, blockset_mark(&present, first, last));
}

static void serve(uint64_t first, uint64_t last)
{
	keep(first, last);
	requests_served(&requests, &present, first * B, last * B);
}

static bool is_answered(uint32_t id)
{
	return channel->requests[id].answers > 0;
}

CASE(one_is_answered_with_its_last_block_and_not_before)
{
	uint32_t id;

	begin(0);
	id = add(10, 20);
	serve(15, 20);
	serve(10, 14);
	ATF_CHECK(!is_answered(id));
	serve(14, 15);
	ATF_CHECK(is_answered(id) && channel->requests[id].was_whole);
	EQ(1u, counters.answered);
	EQ(0u, counters.failed);
	end();
}

CASE(blocks_that_it_does_not_touch_answer_nobody)
{
	uint32_t id;

	begin(0);
	id = add(10, 20);
	keep(10, 20);
	requests_served(&requests, &present, 0, 10 * B);
	requests_served(&requests, &present, 20 * B, 30 * B);
	ATF_CHECK(!is_answered(id));
	requests_served(&requests, &present, 19 * B, 20 * B);
	ATF_CHECK(is_answered(id));
	end();
}

CASE(what_is_lost_fails_whoever_touches_it)
{
	uint32_t before, across, behind;

	begin(0);
	before = add(0, 10);
	across = add(9, 12);
	behind = add(12, 13);
	requests_failed(&requests, 10 * B, 12 * B, -EBADMSG);
	ATF_CHECK(!is_answered(before) && is_answered(across) && !is_answered(behind));
	EQ(1u, counters.failed);
	end();
	EQ(3u, counters.failed);
}

CASE(what_is_wanted_is_told_within_the_range_that_was_asked_about)
{
	begin(0);
	add(10, 20);
	add(15, 40);
	add(30, 60);
	EQ(0u, requests_wanted_until(&requests, 0, 10 * B));
	EQ(15 * B, requests_wanted_until(&requests, 0, 15 * B));
	EQ(40 * B, requests_wanted_until(&requests, 10 * B, 40 * B));
	EQ(60 * B, requests_wanted_until(&requests, 10 * B, 900 * B));
	EQ(20 * B, requests_wanted_first(&requests, 0, 900 * B));
	EQ(40 * B, requests_wanted_first(&requests, 20 * B, 900 * B));
	EQ(35 * B, requests_wanted_first(&requests, 20 * B, 35 * B));
	EQ(0u, requests_wanted_first(&requests, 60 * B, 900 * B));
	end();
}

CASE(each_ones_time_is_counted_from_when_it_came)
{
	uint32_t first, second;

	begin(2);
	first = add(0, 1);
	fake_loop_advance(pool.loop, 1500);
	second = add(5, 7);
	fake_loop_advance(pool.loop, 499);
	ATF_CHECK(!is_answered(first));
	fake_loop_advance(pool.loop, 1);
	ATF_CHECK(is_answered(first) && !is_answered(second));
	EQ(1u, timed_out);
	EQ(0u, timed_out_off);
	EQ(B, timed_out_end);
	fake_loop_advance(pool.loop, 1500);
	ATF_CHECK(is_answered(second));
	EQ(5 * B, timed_out_off);
	EQ(7 * B, timed_out_end);
	EQ(0u, fake_loop_armed(pool.loop));
	end();
}

CASE(without_a_limit_no_clock_runs)
{
	begin(0);
	add(0, 1);
	EQ(0u, fake_loop_armed(pool.loop));
	end();
}

CASE(the_oldest_is_told)
{
	uint64_t asked_ms, off, len;
	uint64_t now;

	begin(0);
	ATF_CHECK(!requests_oldest(&requests, &asked_ms, &off, &len));
	now = loop_now_ms(pool.loop);
	add(7, 9);
	fake_loop_advance(pool.loop, 100);
	add(1, 2);
	ATF_CHECK(requests_oldest(&requests, &asked_ms, &off, &len));
	EQ(now, asked_ms);
	EQ(7 * B, off);
	EQ(2 * B, len);
	end();
}

CASE(at_the_limit_the_transport_pauses_until_there_is_room)
{
	begin(0);
	for (unsigned i = 0; i < REQUESTS_MAX - 1; i++)
		add(i % 500, i % 500 + 1);
	ATF_CHECK(!channel->is_paused);
	add(600, 601);
	ATF_CHECK(channel->is_paused);
	serve(600, 601);
	ATF_CHECK(!channel->is_paused);
	add(601, 602);
	ATF_CHECK(channel->is_paused);
	EQ(2u, channel->pauses);
	end();
	EQ(REQUESTS_MAX, counters.failed);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, one_is_answered_with_its_last_block_and_not_before);
	ATF_TP_ADD_TC(tp, blocks_that_it_does_not_touch_answer_nobody);
	ATF_TP_ADD_TC(tp, what_is_lost_fails_whoever_touches_it);
	ATF_TP_ADD_TC(tp, what_is_wanted_is_told_within_the_range_that_was_asked_about);
	ATF_TP_ADD_TC(tp, each_ones_time_is_counted_from_when_it_came);
	ATF_TP_ADD_TC(tp, without_a_limit_no_clock_runs);
	ATF_TP_ADD_TC(tp, the_oldest_is_told);
	ATF_TP_ADD_TC(tp, at_the_limit_the_transport_pauses_until_there_is_room);
	return atf_no_error();
}
