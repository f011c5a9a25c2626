/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "fetch/retry.h"

CASE(pauses_double_to_a_bound)
{
	uint32_t most = RETRY_FIRST_MS;

	for (unsigned attempt = 1; attempt < 20; attempt++) {
		for (uint32_t random = 0; random < 6000; random += 7) {
			uint32_t pause = retry_pause_ms(attempt, random);

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
		uint32_t pause = retry_pause_ms(10, (uint32_t)rand());

		different += !seen[pause];
		seen[pause] = true;
	}
	ATF_CHECK_MSG(different > 500, "%u", different);
}

CASE_ABOUT(each_process_throws_other_dice,
	   "also where the kernel has nothing random yet: the clocks tell them apart")
{
	int seen[64];

	for (unsigned i = 0; i < 64; i++) {
		retry_seed();
		seen[i] = rand();
		for (unsigned k = 0; k < i; k++)
			ATF_REQUIRE_MSG(seen[i] != seen[k], "the same dice, %u and %u", i, k);
	}
}

CASE(attempts_without_end_do_no_harm)
{
	ATF_CHECK(retry_pause_ms(UINT32_MAX, UINT32_MAX) <= RETRY_MOST_MS);
	ATF_CHECK(retry_pause_ms(33, 0) >= RETRY_MOST_MS / 2);
	ATF_CHECK(retry_pause_ms(0, 0) > 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, pauses_double_to_a_bound);
	ATF_TP_ADD_TC(tp, hosts_that_failed_together_do_not_return_together);
	ATF_TP_ADD_TC(tp, each_process_throws_other_dice);
	ATF_TP_ADD_TC(tp, attempts_without_end_do_no_harm);
	return atf_no_error();
}
