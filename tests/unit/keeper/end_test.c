/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "keeper/end.h"

static struct end end;
static struct end_counts counts;
static uint64_t now = 1000000;

static void begin(void)
{
	end = (struct end){.how = END_NONE};
	counts = (struct end_counts){.fetched = 1000, .failed = 3, .is_waiting = false};
	end_begin(&end, END_POWEROFF, &counts);
}

/* In how many seconds it is stuck, of 300. */
static int stuck_after(void)
{
	for (int s = 0; s < 300; s++, now += END_LOOK_MS)
		if (end_is_stuck(&end, &counts, now))
			return s;
	return -1;
}

CASE(a_host_that_does_not_end_is_left_alone)
{
	begin();
	end.how = END_NONE;
	counts.is_waiting = true;
	EQ(-1, stuck_after());
}

CASE(an_end_that_takes_long_but_reads_all_it_wants_is_left_alone)
{
	begin();
	EQ(-1, stuck_after());
}

CASE(reads_that_failed_before_the_network_was_back_count_no_more)
{
	begin();
	counts.failed++;
	ATF_CHECK(!end_is_stuck(&end, &counts, now));
	counts.fetched += 4096;
	EQ(-1, stuck_after());
}

CASE(reads_that_wait_in_vain_end_the_host_in_a_minute)
{
	begin();
	counts.is_waiting = true;
	EQ(60, stuck_after());
}

CASE(reads_that_fail_end_the_host_in_a_minute)
{
	begin();
	/* Those before do not count. */
	counts.failed++;
	EQ(60, stuck_after());
}

CASE(a_server_that_answers_makes_the_minute_begin_again)
{
	begin();
	counts.is_waiting = true;
	for (int round = 0; round < 10; round++) {
		for (int s = 0; s < 59; s++, now += END_LOOK_MS)
			ATF_REQUIRE(!end_is_stuck(&end, &counts, now));
		counts.fetched += 4096;
	}
	EQ(61, stuck_after());
}

CASE(a_read_that_is_answered_after_all_is_no_reason)
{
	begin();
	counts.is_waiting = true;
	ATF_REQUIRE(!end_is_stuck(&end, &counts, now));
	now += END_STUCK_MS - 1;
	counts.is_waiting = false;
	ATF_REQUIRE(!end_is_stuck(&end, &counts, now));
	EQ(-1, stuck_after());
}

CASE(only_its_own_signals_begin_it)
{
	for (int number = 0; number < 70; number++)
		EQ(number >= 50 && number <= 53, end_is_signal(number));
	ATF_CHECK_STREQ("powered off", end_word(END_POWEROFF));
	ATF_CHECK_STREQ("restarted by kexec", end_word(END_KEXEC));
}

CASE(a_second_signal_changes_only_how)
{
	begin();
	counts.is_waiting = true;
	ATF_REQUIRE(!end_is_stuck(&end, &counts, now));
	now += END_STUCK_MS;
	end_begin(&end, END_REBOOT, &counts);
	EQ(END_REBOOT, end.how);
	EQ(0, stuck_after());
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, a_host_that_does_not_end_is_left_alone);
	ATF_TP_ADD_TC(tp, an_end_that_takes_long_but_reads_all_it_wants_is_left_alone);
	ATF_TP_ADD_TC(tp, reads_that_failed_before_the_network_was_back_count_no_more);
	ATF_TP_ADD_TC(tp, reads_that_wait_in_vain_end_the_host_in_a_minute);
	ATF_TP_ADD_TC(tp, reads_that_fail_end_the_host_in_a_minute);
	ATF_TP_ADD_TC(tp, a_server_that_answers_makes_the_minute_begin_again);
	ATF_TP_ADD_TC(tp, a_read_that_is_answered_after_all_is_no_reason);
	ATF_TP_ADD_TC(tp, only_its_own_signals_begin_it);
	ATF_TP_ADD_TC(tp, a_second_signal_changes_only_how);
	return atf_no_error();
}
