/* SPDX-License-Identifier: MIT */
#include "fake_loop.h"

#include "unit.h"

struct loop {
	uint64_t now_ms;
	struct list timers; /* the one armed last comes first */
};

struct loop *fake_loop_open(void)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	ATF_REQUIRE(loop != NULL);
	loop->now_ms = 1000;
	list_init(&loop->timers);
	return loop;
}

void loop_close(struct loop *loop)
{
	ATF_CHECK_MSG(list_is_empty(&loop->timers),
		      "a timer is armed when the loop ends: its owner is gone or leaks");
	free(loop);
}

void loop_arm(struct loop *loop, struct loop_timer *timer, uint64_t delay_ms)
{
	loop_disarm(loop, timer);
	ATF_REQUIRE(timer->fn != NULL);
	timer->due_ms = loop->now_ms + delay_ms;
	timer->is_armed = true;
	list_prepend(&loop->timers, &timer->link);
}

void loop_disarm(struct loop *loop, struct loop_timer *timer)
{
	(void)loop;
	list_remove(&timer->link);
	timer->is_armed = false;
}

uint64_t loop_now_ms(const struct loop *loop)
{
	return loop->now_ms;
}

static struct loop_timer *soonest(const struct loop *loop)
{
	struct loop_timer *timer, *first = NULL;

	list_for_each(timer, &loop->timers, link)
		if (!first || timer->due_ms < first->due_ms)
			first = timer;
	return first;
}

void fake_loop_advance(struct loop *loop, uint64_t ms)
{
	uint64_t until_ms = loop->now_ms + ms;
	struct loop_timer *timer;

	while ((timer = soonest(loop)) && timer->due_ms <= until_ms) {
		if (timer->due_ms > loop->now_ms)
			loop->now_ms = timer->due_ms;
		loop_disarm(loop, timer);
		timer->fn(timer->arg);
	}
	loop->now_ms = until_ms;
}

unsigned fake_loop_armed(const struct loop *loop)
{
	const struct loop_timer *timer;
	unsigned count = 0;

	list_for_each(timer, &loop->timers, link)
		count++;
	return count;
}

uint64_t fake_loop_next_ms(const struct loop *loop)
{
	struct loop_timer *timer = soonest(loop);

	if (!timer)
		return UINT64_MAX;
	return timer->due_ms > loop->now_ms ? timer->due_ms - loop->now_ms : 0;
}
