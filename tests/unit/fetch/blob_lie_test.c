/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "mirror_rig.h"

CASE(who_is_to_be_avoided_is_asked_only_if_there_is_no_other)
{
	mirror_rig_begin(3, true);
	EQ(1u, mirror_rig_ask(1));
	EQ(2u, mirror_rig_ask(3));
	EQ(0u, mirror_rig_ask(6));
	EQ(0u, mirror_rig_ask(7));
	mirror_rig_end();
	mirror_rig_begin(1, true);
	EQ(0u, mirror_rig_ask(1));
	mirror_rig_end();
}

CASE(a_mirror_that_lied_is_left_out_for_a_while)
{
	mirror_rig_begin(2, true);
	mirror_rig_pace_all(0, 2, 10000);
	blob_blame(&mirror_rig.blob, 0);
	EQ(1u, mirror_rig_ask(0));
	fake_loop_advance(mirror_rig.loop, MIRROR_LIE_MS);
	/* All is forgiven, and it is asked when there is a reason. */
	EQ(1u, mirror_rig_ask(0));
	mirror_rig_pace_all(1, 100, 10000);
	EQ(0u, mirror_rig_ask(0));
	mirror_rig_pace_all(0, 100, 10000);
	EQ(1u, mirror_rig_ask(0));
	mirror_rig_pace_all(0, 2, 10000);
	EQ(0u, mirror_rig_ask(2));
	EQ(BLOB_AGAIN, mirror_rig_status(503));
	EQ(0u, mirror_rig_ask(0));
	mirror_rig_end();
}

CASE(being_left_out_weighs_less_than_being_avoided)
{
	mirror_rig_begin(2, true);
	blob_blame(&mirror_rig.blob, 1);
	blob_blame(&mirror_rig.blob, 1);
	EQ(1u, mirror_rig_ask(1));
	mirror_rig_end();
}

CASE(when_all_have_lied_they_are_asked_all_the_same)
{
	mirror_rig_begin(2, true);
	for (unsigned i = 0; i < 40; i++)
		blob_blame(&mirror_rig.blob, i % 2);
	mirror_rig_ask(0);
	mirror_rig_end();
}

CASE_ABOUT(of_a_fast_liar_beside_a_slow_mirror_what_is_right_is_used,
	   "its bytes are looked at like anybody's; but who lies all the time is no faster")
{
	mirror_rig_begin(2, true);
	for (unsigned lies = 0; lies < 3; lies++, blob_blame(&mirror_rig.blob, 0)) {
		mirror_rig_pace_all(1, 20, 64);
		EQ(0u, mirror_rig_who(mirror_rig_get(0, 65536, 0)));
		blob_cancel(&mirror_rig.get);
	}
	for (unsigned lies = 0; lies < 6; lies++)
		blob_blame(&mirror_rig.blob, 0);
	EQ(1u, mirror_rig_who(mirror_rig_get(0, 65536, 0)));
	blob_cancel(&mirror_rig.get);
	/* Right answers are to its credit. */
	for (unsigned i = 0; i < 7; i++)
		blob_praise(&mirror_rig.blob, 0);
	mirror_rig_pace_all(1, 20, 64);
	EQ(0u, mirror_rig_who(mirror_rig_get(0, 65536, 0)));
	blob_cancel(&mirror_rig.get);
	mirror_rig_end();
}

CASE(one_that_lied_is_asked_when_the_others_do_not_answer)
{
	mirror_rig_begin(2, true);
	mirror_rig_pace_all(0, 2, 10000);
	blob_blame(&mirror_rig.blob, 0);
	blob_blame(&mirror_rig.blob, 0);
	EQ(1u, mirror_rig_who(mirror_rig_get(0, 4096, 0)));
	fake_fetch_end(fake_fetch_at(mirror_rig.fetch, 0), "no connection");
	EQ(0u, mirror_rig_ask(0));
	mirror_rig_end();
}

CASE_ABOUT(of_all_that_were_wrong_the_last_one_is_avoided, "or the same one might be asked again and again")
{
	mirror_rig_begin(3, true);
	EQ(3u, blob_avoid(&mirror_rig.blob, 1, 1));
	EQ(4u, blob_avoid(&mirror_rig.blob, 3, 2));
	EQ(5u, blob_avoid(&mirror_rig.blob, 4, 0));
	mirror_rig_end();
	mirror_rig_begin(1, true);
	EQ(1u, blob_avoid(&mirror_rig.blob, 0, 0));
	mirror_rig_end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, who_is_to_be_avoided_is_asked_only_if_there_is_no_other);
	ATF_TP_ADD_TC(tp, a_mirror_that_lied_is_left_out_for_a_while);
	ATF_TP_ADD_TC(tp, being_left_out_weighs_less_than_being_avoided);
	ATF_TP_ADD_TC(tp, when_all_have_lied_they_are_asked_all_the_same);
	ATF_TP_ADD_TC(tp, of_a_fast_liar_beside_a_slow_mirror_what_is_right_is_used);
	ATF_TP_ADD_TC(tp, one_that_lied_is_asked_when_the_others_do_not_answer);
	ATF_TP_ADD_TC(tp, of_all_that_were_wrong_the_last_one_is_avoided);
	return atf_no_error();
}
