/* SPDX-License-Identifier: MIT */
/* Reads of the files that the FUSE transport serves, and what the device says beside. */
#include "unit.h"

#include "fuse_rig.h"
#include "transport/fuse_msg.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#define RESEND_UNIQUE (UINT64_C(1) << 63)

CASE(a_read_reaches_the_engine_as_it_is_and_an_odd_one_does_not)
{
	fuse_rig_begin();
	fuse_rig_say_read(5, 99, 4096, 8192);
	/* Which was read by an engine that has died. */
	fuse_rig_say_read(RESEND_UNIQUE | 6, 99, 5, 1);
	fuse_rig_say_read(7, 99, 0, FUSE_MSG_READ_MAX);
	fuse_rig_say_read(8, 99, 0, FUSE_MSG_READ_MAX + 1);
	fuse_rig_say_read(9, 99, UINT64_MAX, 4096);
	ATF_CHECK_STREQ("read 99 5 4096 8192;read 99 9223372036854775814 5 1;read 99 7 0 1048576;",
			fuse_rig_told());
	EQ(-EIO, fuse_rig_answer_to(8));
	EQ(-EIO, fuse_rig_answer_to(9));
	fuse_rig_require_no_answer();
	fuse_rig_end();
}

CASE(an_answer_is_one_message_of_all_its_pieces)
{
	char first[] = "one,", second[] = "two,three";
	struct iovec pieces[] = {{.iov_base = first, .iov_len = 4}, {.iov_base = second, .iov_len = 9}};

	fuse_rig_begin();
	EQ(0, fuse_transport.answer_read(fuse_rig.channel, -1, RESEND_UNIQUE | 5, 0, pieces, 2));
	EQ(0, fuse_rig_answer_to(RESEND_UNIQUE | 5));
	EQ(13u, fuse_rig.body_len);
	ATF_CHECK(memcmp(fuse_rig.body, "one,two,three", 13) == 0);
	fuse_rig_require_no_answer();
	fuse_rig_end();
}

CASE(the_largest_read_may_be_in_as_many_pieces_as_it_has_blocks)
{
	static struct iovec pieces[FUSE_MSG_READ_MAX / 4096 + 2];
	unsigned blocks = FUSE_MSG_READ_MAX / 4096 + 1; /* of one that begins inside a block */
	uint8_t bytes[sizeof(pieces) / sizeof(*pieces)];

	for (unsigned i = 0; i < blocks + 1; i++) {
		bytes[i] = (uint8_t)i;
		pieces[i] = (struct iovec){.iov_base = &bytes[i], .iov_len = 1};
	}
	fuse_rig_begin();
	EQ(0, fuse_transport.answer_read(fuse_rig.channel, -1, 5, 0, pieces, blocks));
	EQ(0, fuse_rig_answer_to(5));
	EQ(blocks, fuse_rig.body_len);
	ATF_CHECK(memcmp(fuse_rig.body, bytes, blocks) == 0);
	EQ(-E2BIG, fuse_transport.answer_read(fuse_rig.channel, -1, 6, 0, pieces, blocks + 1));
	fuse_rig_require_no_answer();
	fuse_rig_end();
}

CASE(readers_see_EIO_unless_they_are_interrupted)
{
	static const int errors[][2] = {{-EIO, -EIO},     {-EINTR, -EINTR}, {-ETIMEDOUT, -EIO},
					{-EBADMSG, -EIO}, {-ENOMEM, -EIO},  {-4000, -EIO}};

	fuse_rig_begin();
	for (unsigned i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		EQ(0, fuse_transport.answer_read(fuse_rig.channel, -1, 5 + i, errors[i][0], NULL, 0));
		EQ(errors[i][1], fuse_rig_answer_to(5 + i));
	}
	fuse_rig_end();
}

CASE(an_answer_that_the_kernel_refuses_is_told)
{
	signal(SIGPIPE, SIG_IGN);
	fuse_rig_begin();
	close(fuse_rig.ends[1]);
	EQ(-EPIPE, fuse_transport.answer_read(fuse_rig.channel, -1, 5, -EIO, NULL, 0));
	fuse_rig_end();
}

CASE(an_interrupt_reaches_the_engine_and_has_no_answer)
{
	struct fuse_interrupt_in in = {.unique = RESEND_UNIQUE | 5};

	fuse_rig_begin();
	fuse_rig_say(FUSE_INTERRUPT, 6, 0, &in, sizeof(in));
	fuse_rig_say(FUSE_INTERRUPT, 7, 0, &in, 3);
	ATF_CHECK_STREQ("interrupt 9223372036854775813;", fuse_rig_told());
	fuse_rig_require_no_answer();
	fuse_rig_end();
}

CASE(a_message_that_is_none_is_passed_over)
{
	fuse_rig_begin();
	MUST_EQ(3, send(fuse_rig.ends[1], "odd", 3, 0));
	fuse_rig_say_read(5, 99, 0, 4096);
	ATF_CHECK_STREQ("read 99 5 0 4096;", fuse_rig_told());
	fuse_rig_require_no_answer();
	fuse_rig_end();
}

CASE(the_device_says_how_it_ends)
{
	static const struct {
		int errors[3];
		const char *told;
	} kinds[] = {{{ENODEV}, "ended;"},
		     {{EIO}, "died -5;"},
		     /* Nobody waits for that request any more; a signal. */
		     {{ENOENT, EINTR}, "read 99 5 0 4096;"},
		     {{ENOENT, ENODEV}, "ended;"},
		     {{EAGAIN}, "read 99 5 0 4096;"}};

	for (unsigned i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		fuse_rig_begin();
		memcpy(fuse_rig.read_errors, kinds[i].errors, sizeof(kinds[i].errors));
		fuse_rig_say_read(5, 99, 0, 4096);
		ATF_CHECK_STREQ(kinds[i].told, fuse_rig_told());
		EQ(0, fuse_rig.read_errors[0]);
		fuse_rig_end();
	}
}

CASE(a_turn_takes_a_part_of_a_storm_of_requests_and_none_twice)
{
	enum { REQUESTS = 150, A_TURN = 64 };
	char expected[sizeof(fuse_rig.seen)] = "", all[sizeof(fuse_rig.seen)] = "";

	fuse_rig_begin();
	for (unsigned i = 0; i < REQUESTS; i++) {
		fuse_rig_say_read(1000 + i, 99, i * 4096, 4096);
		sprintf(expected + strlen(expected), "read 99 %u %u 4096;", 1000 + i, i * 4096);
	}
	for (unsigned turns = 0; turns < 3; turns++) {
		unsigned count = 0;

		strcat(all, fuse_rig_told_in(0));
		for (const char *at = fuse_rig.seen; (at = strchr(at, ';')); at++)
			count++;
		EQ(turns < 2 ? A_TURN : REQUESTS - 2 * A_TURN, count);
	}
	ATF_CHECK_STREQ(expected, all);
	fuse_rig_end();
}

CASE(the_kernel_is_not_paused)
{
	fuse_rig_begin();
	fuse_transport.pause(fuse_rig.channel, true);
	fuse_rig_say_read(5, 99, 0, 4096);
	ATF_CHECK_STREQ("read 99 5 0 4096;", fuse_rig_told());
	fuse_transport.pause(fuse_rig.channel, false);
	fuse_rig_end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, a_read_reaches_the_engine_as_it_is_and_an_odd_one_does_not);
	ATF_TP_ADD_TC(tp, an_answer_is_one_message_of_all_its_pieces);
	ATF_TP_ADD_TC(tp, the_largest_read_may_be_in_as_many_pieces_as_it_has_blocks);
	ATF_TP_ADD_TC(tp, readers_see_EIO_unless_they_are_interrupted);
	ATF_TP_ADD_TC(tp, an_answer_that_the_kernel_refuses_is_told);
	ATF_TP_ADD_TC(tp, an_interrupt_reaches_the_engine_and_has_no_answer);
	ATF_TP_ADD_TC(tp, a_message_that_is_none_is_passed_over);
	ATF_TP_ADD_TC(tp, the_device_says_how_it_ends);
	ATF_TP_ADD_TC(tp, a_turn_takes_a_part_of_a_storm_of_requests_and_none_twice);
	ATF_TP_ADD_TC(tp, the_kernel_is_not_paused);
	return atf_no_error();
}
