/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "base/flood.h"

static const char some[] = "%s: trouble", other[] = "%s: it works again";
static struct flood flood;
static unsigned left_out;

/* How many of count lines are said, one each step_ms. */
static unsigned said(const char *kind, const char *line, unsigned count, uint64_t from_ms, uint64_t step_ms)
{
	unsigned lines = 0;

	for (unsigned i = 0; i < count; i++)
		lines += flood_may_say(&flood, kind, line, from_ms + i * step_ms, &left_out);
	return lines;
}

CASE(of_a_flood_some_lines_are_said_and_then_one_from_time_to_time)
{
	EQ((unsigned)FLOOD_BURST, said(some, "http://a/x: bytes 0-1: trouble", 1000, 1, 0));
	/* An hour of it. */
	EQ(3600u * 1000 / FLOOD_PERIOD_MS, said(some, "http://a/x: bytes 2-3: trouble", 36000, 101, 100));
}

CASE(another_kind_and_another_subject_are_not_held_back)
{
	said(some, "http://a/x: bytes 0-1: trouble", 1000, 1, 0);
	EQ(1u, said(other, "http://a/x: it works again", 1, 1, 0));
	EQ(1u, said(some, "http://b/x: bytes 0-1: trouble", 1, 1, 0));
	EQ(0u, said(some, "http://a/x: bytes 9-9: trouble", 1, 1, 0));
}

CASE(the_next_line_says_how_many_were_left_out)
{
	said(some, "a: 1", FLOOD_BURST + 5, 1, 0);
	MUST_EQ(1u, said(some, "a: 2", 1, 1 + FLOOD_PERIOD_MS, 0));
	EQ(5u, left_out);
	MUST_EQ(1u, said(some, "a: 3", 1, 1 + 2 * FLOOD_PERIOD_MS, 0));
	EQ(0u, left_out);
}

CASE(what_was_left_out_is_told_even_if_no_other_line_comes)
{
	const struct flood_row *row;
	bool is_pending;

	said(some, "a: 1", FLOOD_BURST, 1, 0);
	ATF_CHECK(!flood_take_left_out(&flood, 1, &left_out, &is_pending) && !is_pending);
	said(some, "a: 2", 1, 1, 0);
	said(some, "a: 3", 6, 1, 0);
	ATF_CHECK(!flood_take_left_out(&flood, FLOOD_PERIOD_MS, &left_out, &is_pending) && is_pending);
	row = flood_take_left_out(&flood, 1 + FLOOD_PERIOD_MS, &left_out, &is_pending);
	ATF_REQUIRE(row != NULL);
	EQ(7u, left_out);
	ATF_CHECK_STREQ("a: 2", row->like);
	ATF_CHECK(!flood_take_left_out(&flood, 1 + FLOOD_PERIOD_MS, &left_out, &is_pending) && !is_pending);
}

CASE(when_the_flood_is_over_all_lines_are_said_again)
{
	said(some, "a: 1", 1000, 1, 0);
	said(some, "a: 1", 1, 1 + FLOOD_PERIOD_MS, 0);
	EQ((unsigned)FLOOD_BURST, said(some, "a: 1", 1000, 1 + (FLOOD_BURST + 2) * FLOOD_PERIOD_MS, 0));
}

CASE(lines_without_a_row_of_their_own_take_nobody_s)
{
	char line[32];
	const struct flood_row *row;
	bool is_pending;

	for (unsigned i = 0; i < FLOOD_ROWS - 1; i++) {
		snprintf(line, sizeof(line), "device %u: refused", i);
		said(some, line, 1, 1, 0);
	}
	said(other, "store: full", 1, 1, 0);
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(line, sizeof(line), "device x%u: refused", i);
		said(some, line, 1, 1, 0);
	}
	EQ(FLOOD_BURST - 1u, said(other, "store: full", FLOOD_BURST - 1, 1, 0));
	/* And they are counted. */
	row = flood_take_left_out(&flood, 1 + FLOOD_PERIOD_MS, &left_out, &is_pending);
	ATF_REQUIRE(row != NULL);
	EQ(1000u - FLOOD_BURST, left_out);
	ATF_CHECK_STREQ("device x8: refused", row->like);
}

CASE(ever_new_subjects_are_bounded_together)
{
	char line[32];
	unsigned lines = 0;

	for (unsigned i = 0; i < 100000; i++) {
		snprintf(line, sizeof(line), "device %u: refused", i);
		lines += said(some, line, 1, 1, 0);
	}
	ATF_CHECK_MSG(lines <= FLOOD_ROWS + FLOOD_BURST, "%u", lines);
	/* In time there is a place for each again. */
	EQ((unsigned)FLOOD_BURST, said(other, "b: x", 1000, 10 * FLOOD_PERIOD_MS, 0));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, of_a_flood_some_lines_are_said_and_then_one_from_time_to_time);
	ATF_TP_ADD_TC(tp, another_kind_and_another_subject_are_not_held_back);
	ATF_TP_ADD_TC(tp, the_next_line_says_how_many_were_left_out);
	ATF_TP_ADD_TC(tp, what_was_left_out_is_told_even_if_no_other_line_comes);
	ATF_TP_ADD_TC(tp, when_the_flood_is_over_all_lines_are_said_again);
	ATF_TP_ADD_TC(tp, lines_without_a_row_of_their_own_take_nobody_s);
	ATF_TP_ADD_TC(tp, ever_new_subjects_are_bounded_together);
	return atf_no_error();
}
