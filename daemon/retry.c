/* SPDX-License-Identifier: MIT */
#include "retry.h"

uint32_t retry_pause_ms(unsigned attempt, uint32_t retry_after_s, uint32_t random)
{
	uint32_t pause = RETRY_MOST_MS, half, asked = retry_after_s * 1000;

	if (attempt >= 1 && attempt < 7 && (RETRY_FIRST_MS << (attempt - 1)) < RETRY_MOST_MS)
		pause = RETRY_FIRST_MS << (attempt - 1);
	half = pause / 2;
	pause = half + random % (half + 1);
	return pause > asked ? pause : asked + random % 1000;
}
