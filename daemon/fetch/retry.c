/* SPDX-License-Identifier: MIT */
#include "fetch/retry.h"

#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

uint32_t retry_pause_ms(unsigned attempt, uint32_t random)
{
	uint32_t pause = RETRY_MOST_MS, half;

	if (attempt >= 1 && attempt < 7 && (RETRY_FIRST_MS << (attempt - 1)) < RETRY_MOST_MS)
		pause = RETRY_FIRST_MS << (attempt - 1);
	half = pause / 2;
	return half + random % (half + 1);
}

/* Early in a boot the kernel may have little entropy, and like hosts the same: mix in the clocks, which differ. */
void retry_seed(void)
{
	unsigned seed = 0;
	struct timespec real, up;

	(void)!getrandom(&seed, sizeof(seed), GRND_INSECURE);
	clock_gettime(CLOCK_REALTIME, &real);
	clock_gettime(CLOCK_MONOTONIC, &up);
	srand(seed ^ (unsigned)real.tv_nsec ^ (unsigned)up.tv_nsec << 2);
}
