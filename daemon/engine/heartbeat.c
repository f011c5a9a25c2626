/* SPDX-License-Identifier: MIT */
#include "engine/heartbeat.h"

#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>

enum {
	LOOK_MS = 1000,
	/* The first line is due after this, the next when the wait has doubled, but at least every minute. */
	FIRST_MS = 2000,
	MOST_MS = 60000,
};

/* Runs every second, but only while somebody waits, or left-out lines are still to be reported. */
static void look(void *arg)
{
	struct heartbeat *heartbeat = arg;
	struct heartbeat_wait wait;
	char no_end[64] = "";
	uint64_t age_ms;
	bool is_told = log_catch_up();

	if (!heartbeat->find_wait(heartbeat->arg, &wait)) {
		heartbeat->next_ms = FIRST_MS;
		if (!is_told)
			loop_arm(heartbeat->loop, &heartbeat->timer, LOOK_MS);
		return;
	}
	age_ms = loop_now_ms(heartbeat->loop) - wait.since_ms;
	if (age_ms < FIRST_MS)
		heartbeat->next_ms = FIRST_MS;
	if (age_ms >= heartbeat->next_ms) {
		if (wait.endless)
			snprintf(no_end, sizeof(no_end), ", with no end set (%s)", wait.endless);
		log_note("%.400s: waiting for %s: %" PRIu64 " s so far, %" PRIu64
			 " bytes fetched since the start%s",
			 wait.url, wait.what, age_ms / 1000, *heartbeat->fetched_bytes, no_end);
		heartbeat->next_ms = age_ms + (age_ms < MOST_MS ? age_ms : MOST_MS);
	}
	loop_arm(heartbeat->loop, &heartbeat->timer, LOOK_MS);
}

/* Lines may also be left out while nobody waits. */
static void on_left_out(void *arg)
{
	heartbeat_arm(arg);
}

void heartbeat_init(struct heartbeat *heartbeat, struct loop *loop, const uint64_t *fetched_bytes,
		    bool (*find_wait)(void *arg, struct heartbeat_wait *wait_out), void *arg)
{
	*heartbeat = (struct heartbeat){.loop = loop,
					.next_ms = FIRST_MS,
					.fetched_bytes = fetched_bytes,
					.find_wait = find_wait,
					.arg = arg};
	heartbeat->timer = (struct loop_timer){.fn = look, .arg = heartbeat};
	log_watch(on_left_out, heartbeat);
}

void heartbeat_say_trouble(const char *url, const char *why, uint32_t seconds)
{
	if (seconds)
		log_note("%.400s: %s: trying again for %" PRIu32 " s", url, why, seconds);
	else
		log_note("%.400s: %s: trying again, with no end set (rd.blob.contact=)", url, why);
}

void heartbeat_arm(struct heartbeat *heartbeat)
{
	if (!heartbeat->timer.is_armed)
		loop_arm(heartbeat->loop, &heartbeat->timer, LOOK_MS);
}
