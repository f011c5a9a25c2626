/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "retry.h"

CASE(pauses_double_to_a_bound)
{
	uint32_t most = RETRY_FIRST_MS;

	for (unsigned attempt = 1; attempt < 20; attempt++) {
		for (uint32_t random = 0; random < 6000; random += 7) {
			uint32_t pause = retry_pause_ms(attempt, 0, random);

			ATF_REQUIRE_MSG(pause >= most / 2 && pause <= most, "attempt %u: %u", attempt, pause);
		}
		most = most * 2 > RETRY_MOST_MS ? RETRY_MOST_MS : most * 2;
	}
}

CASE(hosts_that_failed_together_do_not_return_together)
{
	bool seen[RETRY_MOST_MS + 1] = {false};
	unsigned different = 0;

	srand(1);
	for (int i = 0; i < 1000; i++) {
		uint32_t pause = retry_pause_ms(10, 0, (uint32_t)rand());

		different += !seen[pause];
		seen[pause] = true;
	}
	ATF_CHECK_MSG(different > 500, "%u", different);
}

CASE(a_server_that_named_a_time_is_not_asked_before)
{
	for (uint32_t random = 0; random < 5000; random += 13) {
		uint32_t pause = retry_pause_ms(1, 3600, random);

		ATF_REQUIRE(pause >= 3600000 && pause < 3601000);
		ATF_REQUIRE(retry_pause_ms(12, 1, random) >= 1000);
	}
}

CASE(attempts_without_end_do_no_harm)
{
	ATF_CHECK(retry_pause_ms(UINT32_MAX, 0, UINT32_MAX) <= RETRY_MOST_MS);
	ATF_CHECK(retry_pause_ms(33, 0, 0) >= RETRY_MOST_MS / 2);
	ATF_CHECK(retry_pause_ms(0, 0, 0) > 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, pauses_double_to_a_bound);
	ATF_TP_ADD_TC(tp, hosts_that_failed_together_do_not_return_together);
	ATF_TP_ADD_TC(tp, a_server_that_named_a_time_is_not_asked_before);
	ATF_TP_ADD_TC(tp, attempts_without_end_do_no_harm);
	return atf_no_error();
}
