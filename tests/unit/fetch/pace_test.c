/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "fetch/pace.h"

static struct pace pace;

static void answer(uint64_t first_ms, int times)
{
	while (times-- > 0) {
		pace_take_first(&pace, first_ms);
		pace_take_success(&pace);
	}
}

/* A server of 2500 bytes per ms, so far away. */
static void measure(uint64_t first_ms)
{
	memset(&pace, 0, sizeof(pace));
	answer(first_ms, PACE_SURE);
	pace_take_bytes(&pace, 1000000, 400);
}

CASE(a_round_trip_is_worth_what_comes_in_half_of_it)
{
	measure(100);
	EQ(2500u * 50, pace_worth(&pace));
	measure(PACE_GRAIN_MS);
	EQ(2500u * PACE_GRAIN_MS / 2, pace_worth(&pace));
	measure(PACE_GRAIN_MS - 1);
	EQ(0u, pace_worth(&pace));
}

CASE(it_is_worth_nothing_where_distance_or_rate_are_not_known)
{
	memset(&pace, 0, sizeof(pace));
	EQ(0u, pace_worth(&pace));
	pace_take_bytes(&pace, 1000000, 400);
	EQ(0u, pace_worth(&pace));
	memset(&pace, 0, sizeof(pace));
	answer(100, PACE_SURE);
	/* So few bytes say nothing about the rate. */
	pace_take_bytes(&pace, 4096, 10);
	EQ(0u, pace_worth(&pace));
}

/* A handshake, or a machine that is busy for a moment, is not distance. */
CASE(a_few_answers_do_not_show_that_a_server_is_far)
{
	memset(&pace, 0, sizeof(pace));
	pace_take_bytes(&pace, 1000000, 400);
	answer(100, PACE_SURE - 1);
	/* Nor does one that was given up before anything came. */
	pace_take_first(&pace, 100);
	EQ(0u, pace_worth(&pace));
	pace_take_success(&pace);
	EQ(2500u * 50, pace_worth(&pace));
}

CASE(a_server_that_is_near_stays_near_while_its_line_is_full)
{
	measure(1);
	for (int i = 0; i < 15; i++)
		pace_take_first(&pace, 500);
	EQ(0u, pace_worth(&pace));
	/* One that has moved is far in the end. */
	for (int i = 0; i < 100; i++)
		pace_take_first(&pace, 500);
	EQ(2500u * 250, pace_worth(&pace));
	/* One answer is enough to know better. */
	pace_take_first(&pace, 1);
	EQ(0u, pace_worth(&pace));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, a_round_trip_is_worth_what_comes_in_half_of_it);
	ATF_TP_ADD_TC(tp, it_is_worth_nothing_where_distance_or_rate_are_not_known);
	ATF_TP_ADD_TC(tp, a_few_answers_do_not_show_that_a_server_is_far);
	ATF_TP_ADD_TC(tp, a_server_that_is_near_stays_near_while_its_line_is_full);
	return atf_no_error();
}
