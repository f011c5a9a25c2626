/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "base/loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

static struct loop *loop;
static char order[64];
static struct loop_timer timers[8];

static void begin(void)
{
	MUST_EQ(0, loop_open(&loop));
}

static void note(void *arg)
{
	strcat(order, arg);
}

static void stop(void *arg)
{
	note(arg);
	loop_stop(loop, 42);
}

static void arm(int n, loop_timer_fn *fn, const char *name, uint64_t delay_ms)
{
	timers[n].fn = fn;
	timers[n].arg = (void *)name;
	loop_arm(loop, &timers[n], delay_ms);
}

CASE(timers_run_in_the_order_of_their_time)
{
	begin();
	arm(0, note, "c", 300);
	arm(1, note, "a", 100);
	arm(2, note, "b", 200);
	arm(3, note, "d", 300);
	arm(4, stop, "e", 400);
	EQ(42, loop_run(loop));
	ATF_CHECK_STREQ("abcde", order);
	loop_close(loop);
}

CASE(a_timer_armed_again_runs_once_at_its_new_time)
{
	begin();
	arm(0, note, "a", 0);
	arm(1, note, "b", 100);
	arm(0, note, "a", 200);
	arm(2, stop, "c", 300);
	loop_run(loop);
	ATF_CHECK_STREQ("bac", order);
	ATF_CHECK(!timers[0].is_armed);
	loop_close(loop);
}

static void disarm_others(void *arg)
{
	note(arg);
	loop_disarm(loop, &timers[1]);
	loop_disarm(loop, &timers[3]);
	loop_disarm(loop, &timers[3]);
	arm(2, note, "C", 0);
}

CASE(a_timer_may_disarm_and_arm_others_that_are_due)
{
	begin();
	arm(0, disarm_others, "a", 0);
	arm(1, note, "b", 0);
	arm(2, note, "c", 0);
	arm(3, note, "d", 500);
	arm(4, stop, "e", 600);
	loop_run(loop);
	ATF_CHECK_STREQ("aCe", order);
	loop_close(loop);
}

static void free_itself(void *arg)
{
	note("f");
	free(arg);
}

CASE(a_timer_may_free_itself)
{
	struct loop_timer *timer = calloc(1, sizeof(*timer));

	begin();
	*timer = (struct loop_timer){.fn = free_itself, .arg = timer};
	loop_arm(loop, timer, 0);
	arm(0, stop, "s", 1);
	loop_run(loop);
	ATF_CHECK_STREQ("fs", order);
	loop_close(loop);
}

static int fds[2];

static void again(void *arg)
{
	loop_arm(loop, &timers[0], 0);
	(void)arg;
}

static void readable(void *arg, uint32_t events)
{
	ATF_CHECK(events & EPOLLIN);
	stop(arg);
}

CASE(a_timer_of_no_delay_does_not_starve_descriptors)
{
	begin();
	MUST_EQ(0, pipe(fds));
	MUST_EQ(1, write(fds[1], "x", 1));
	arm(0, again, "", 0);
	MUST_EQ(0, loop_watch(loop, fds[0], EPOLLIN, readable, "r"));
	EQ(42, loop_run(loop));
	ATF_CHECK_STREQ("r", order);
	loop_close(loop);
}

static int two[2];

static void forget_both(void *arg, uint32_t events)
{
	(void)events;
	note(arg);
	loop_forget(loop, fds[0]);
	loop_forget(loop, two[0]);
	close(fds[0]);
	close(two[0]);
	arm(0, stop, "s", 0);
}

CASE_ABOUT(a_forgotten_descriptor_says_nothing_more, "not even what the same turn has already brought")
{
	begin();
	MUST_EQ(0, pipe(fds));
	MUST_EQ(0, pipe(two));
	MUST_EQ(2, write(fds[1], "x", 1) + write(two[1], "x", 1));
	MUST_EQ(0, loop_watch(loop, fds[0], EPOLLIN, forget_both, "1"));
	MUST_EQ(0, loop_watch(loop, two[0], EPOLLIN, forget_both, "2"));
	loop_run(loop);
	EQ(2, strlen(order));
	ATF_CHECK(order[1] == 's');
	loop_close(loop);
}

static void write_on(void *arg, uint32_t events)
{
	ATF_CHECK(events & EPOLLOUT);
	stop(arg);
}

CASE(watching_again_changes_the_events)
{
	begin();
	MUST_EQ(0, pipe(fds));
	MUST_EQ(0, loop_watch(loop, fds[1], 0, forget_both, "1"));
	MUST_EQ(0, loop_watch(loop, fds[1], EPOLLOUT, write_on, "2"));
	loop_run(loop);
	ATF_CHECK_STREQ("2", order);
	loop_forget(loop, fds[1]);
	loop_forget(loop, fds[1]);
	loop_close(loop);
}

CASE(what_cannot_be_watched_is_an_error)
{
	begin();
	EQ(-EBADF, loop_watch(loop, 999, EPOLLIN, readable, ""));
	EQ(-EBADF, loop_watch(loop, -1, EPOLLIN, readable, ""));
	loop_forget(loop, 999);
	loop_close(loop);
	loop_close(NULL);
}

static uint64_t armed_ms;

/* A store that takes its time, say: sleeps so long, and arms before or after. */
static void sleep_and_arm(uint32_t sleep_ms, uint32_t delay_ms, bool is_armed_first)
{
	char byte;

	MUST_EQ(1, read(fds[0], &byte, 1));
	if (!is_armed_first)
		usleep(sleep_ms * 1000);
	armed_ms = loop_now_ms(loop);
	arm(0, stop, "t", delay_ms);
	if (is_armed_first)
		usleep(sleep_ms * 1000);
}

static void sleep_then_arm(void *arg, uint32_t events)
{
	(void)arg;
	(void)events;
	sleep_and_arm(300, 200, false);
}

static void arm_then_sleep(void *arg, uint32_t events)
{
	(void)arg;
	(void)events;
	sleep_and_arm(2000, 2000, true);
}

static uint64_t run_ms(loop_fd_fn *fn)
{
	begin();
	MUST_EQ(0, pipe(fds));
	MUST_EQ(1, write(fds[1], "x", 1));
	MUST_EQ(0, loop_watch(loop, fds[0], EPOLLIN, fn, ""));
	EQ(42, loop_run(loop));
	return loop_now_ms(loop) - armed_ms;
}

CASE(a_timer_is_not_early_behind_a_long_stretch_of_work)
{
	uint64_t ms = run_ms(sleep_then_arm);

	ATF_CHECK_MSG(ms >= 200, "%" PRIu64 " ms", ms);
	loop_close(loop);
}

CASE(a_timer_is_not_late_by_a_long_stretch_of_work)
{
	uint64_t ms = run_ms(arm_then_sleep);

	ATF_CHECK_MSG(ms >= 2000 && ms < 4000, "%" PRIu64 " ms", ms);
	loop_close(loop);
}

static void outlast(void *arg, uint32_t events)
{
	char byte;

	(void)events;
	note(arg);
	MUST_EQ(1, read(fds[0], &byte, 1));
	/* Longer than the timer has. */
	usleep(300000);
	MUST_EQ(1, write(two[1], "x", 1));
}

static void hear(void *arg, uint32_t events)
{
	char byte;

	(void)events;
	note(arg);
	MUST_EQ(1, read(two[0], &byte, 1));
}

CASE(what_has_come_is_heard_before_what_is_due)
{
	begin();
	MUST_EQ(0, pipe(fds));
	MUST_EQ(0, pipe(two));
	MUST_EQ(1, write(fds[1], "x", 1));
	MUST_EQ(0, loop_watch(loop, fds[0], EPOLLIN, outlast, "1"));
	MUST_EQ(0, loop_watch(loop, two[0], EPOLLIN, hear, "2"));
	arm(0, stop, "t", 200);
	EQ(42, loop_run(loop));
	ATF_CHECK_STREQ("12t", order);
	loop_close(loop);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, timers_run_in_the_order_of_their_time);
	ATF_TP_ADD_TC(tp, a_timer_armed_again_runs_once_at_its_new_time);
	ATF_TP_ADD_TC(tp, a_timer_may_disarm_and_arm_others_that_are_due);
	ATF_TP_ADD_TC(tp, a_timer_may_free_itself);
	ATF_TP_ADD_TC(tp, a_timer_of_no_delay_does_not_starve_descriptors);
	ATF_TP_ADD_TC(tp, a_forgotten_descriptor_says_nothing_more);
	ATF_TP_ADD_TC(tp, watching_again_changes_the_events);
	ATF_TP_ADD_TC(tp, what_cannot_be_watched_is_an_error);
	ATF_TP_ADD_TC(tp, a_timer_is_not_early_behind_a_long_stretch_of_work);
	ATF_TP_ADD_TC(tp, a_timer_is_not_late_by_a_long_stretch_of_work);
	ATF_TP_ADD_TC(tp, what_has_come_is_heard_before_what_is_due);
	return atf_no_error();
}
