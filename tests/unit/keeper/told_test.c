/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "keeper/told.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct handover know;
static struct told told;
static int engine; /* its end */

static void begin(void)
{
	int pair[2];

	MUST_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair));
	memset(&know, 0, sizeof(know));
	memset(&told, 0, sizeof(told));
	know.engine.notices = pair[0];
	engine = pair[1];
}

static void tell(enum notice_type type, const char *text)
{
	MUST_EQ(0, notice_send(engine, type, text));
}

CASE(the_first_plan_and_the_first_value_of_a_key_stay)
{
	begin();
	tell(NOTICE_READY, "none\tfsid=x\t-");
	tell(NOTICE_READY, "none\tfsid=y\t-");
	tell(NOTICE_REMEMBER, "key\t1");
	tell(NOTICE_REMEMBER, "key\t2");
	tell(NOTICE_REMEMBER, "ke\t3");
	tell(NOTICE_REMEMBER, "key2\t4");
	tell(NOTICE_FAILED, "a: b");
	tell(NOTICE_FAILED, "c: d");
	told_take(&told, &know, 100);
	ATF_CHECK_STREQ("none\tfsid=x\t-", know.keeper.plan);
	MUST_EQ(3u, know.engine.remembered.count);
	ATF_CHECK_STREQ("key\t1", know.engine.remembered.list[0]);
	ATF_CHECK_STREQ("ke\t3", know.engine.remembered.list[1]);
	ATF_CHECK_STREQ("key2\t4", know.engine.remembered.list[2]);
	ATF_CHECK_STREQ("c: d", told.failure);
	ATF_CHECK(!told.is_ousted && know.engine.notices >= 0);
}

CASE(no_more_are_taken_than_there_is_room_for_and_than_was_asked)
{
	char text[64];

	begin();
	for (unsigned i = 0; i < NOTICE_REMEMBER_MAX + 2; i++) {
		snprintf(text, sizeof(text), "%u\tvalue", i);
		tell(NOTICE_REMEMBER, text);
		told_take(&told, &know, 1);
		EQ(i < NOTICE_REMEMBER_MAX ? i + 1 : NOTICE_REMEMBER_MAX, know.engine.remembered.count);
	}
	ATF_CHECK_STREQ("63\tvalue", know.engine.remembered.list[NOTICE_REMEMBER_MAX - 1]);
	tell(NOTICE_FAILED, "first");
	tell(NOTICE_FAILED, "second");
	told_take(&told, &know, 1);
	ATF_CHECK_STREQ("first", told.failure);
}

CASE(an_engine_that_sends_what_is_malformed_is_killed)
{
	static const struct {
		enum notice_type type;
		const char *text;
	} malformed[] = {{NOTICE_READY, ""}, {NOTICE_READY, "none\tfsid=x"}, {NOTICE_REMEMBER, "nothing"}};
	int status;

	for (size_t i = 0; i < sizeof(malformed) / sizeof(*malformed); i++) {
		begin();
		/* Also when the image is ready. */
		snprintf(know.keeper.plan, NOTICE_TEXT_MAX, "%s", i & 1 ? "none\tfsid=x\t-" : "");
		know.keeper.engine_pid = fork();
		while (know.keeper.engine_pid == 0)
			pause();
		tell(malformed[i].type, malformed[i].text);
		tell(NOTICE_FAILED, "late");
		told_take(&told, &know, 100);
		MUST_EQ(know.keeper.engine_pid, waitpid(know.keeper.engine_pid, &status, 0));
		EQ(SIGKILL, WTERMSIG(status));
		ATF_CHECK(told.is_ousted);
		ATF_CHECK_STREQ("", told.failure);
		EQ(-1, know.engine.notices);
	}
}

CASE_ABOUT(one_that_is_dead_already_is_not, "its number is nobody's, or somebody else's by now")
{
	begin();
	tell(NOTICE_REMEMBER, "nothing");
	told_take(&told, &know, 100);
	ATF_CHECK(!told.is_ousted);
	EQ(-1, know.engine.notices);
}

CASE(an_engine_that_closes_its_end_is_left_alone)
{
	begin();
	know.keeper.engine_pid = getpid();
	tell(NOTICE_FAILED, "last");
	close(engine);
	told_take(&told, &know, 100);
	ATF_CHECK_STREQ("last", told.failure);
	ATF_CHECK(!told.is_ousted);
	EQ(-1, know.engine.notices);
	told_take(&told, &know, 100);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, the_first_plan_and_the_first_value_of_a_key_stay);
	ATF_TP_ADD_TC(tp, no_more_are_taken_than_there_is_room_for_and_than_was_asked);
	ATF_TP_ADD_TC(tp, an_engine_that_sends_what_is_malformed_is_killed);
	ATF_TP_ADD_TC(tp, one_that_is_dead_already_is_not);
	ATF_TP_ADD_TC(tp, an_engine_that_closes_its_end_is_left_alone);
	return atf_no_error();
}
