/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "fetch/pace.h"

static struct pace pace;

CASE(what_is_worth_it_beside_a_request_comes_in_half_of_the_time_to_its_first_byte)
{
	memset(&pace, 0, sizeof(pace));
	pace_take_first(&pace, 100);
	pace_take_bytes(&pace, 1000000, 400);
	EQ(2500u * 50, pace_worth(&pace));
}

CASE(nothing_is_worth_it_at_a_server_that_is_near_or_not_known)
{
	memset(&pace, 0, sizeof(pace));
	EQ(0u, pace_worth(&pace));
	pace_take_bytes(&pace, 1000000, 400);
	EQ(0u, pace_worth(&pace));
	pace_take_first(&pace, PACE_NEAR_MS - 1);
	EQ(0u, pace_worth(&pace));
	/* What came so far says nothing about the rate. */
	memset(&pace, 0, sizeof(pace));
	pace_take_first(&pace, 100);
	pace_take_bytes(&pace, 4096, 10);
	EQ(0u, pace_worth(&pace));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, what_is_worth_it_beside_a_request_comes_in_half_of_the_time_to_its_first_byte);
	ATF_TP_ADD_TC(tp, nothing_is_worth_it_at_a_server_that_is_near_or_not_known);
	return atf_no_error();
}
