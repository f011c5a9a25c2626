/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "base/notice.h"

#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

static int ends[2];
static struct notice notice;

static void begin(void)
{
	MUST_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends));
	memset(&notice, 0xee, sizeof(notice));
}

/* A notice as a hostile engine may send it. */
static int receive(uint32_t type, const void *text, size_t len)
{
	char bytes[8192];

	memcpy(bytes, &type, sizeof(type));
	memcpy(bytes + sizeof(type), text, len);
	MUST_EQ(sizeof(type) + len, send(ends[0], bytes, sizeof(type) + len, 0));
	return notice_receive(ends[1], &notice);
}

CASE(a_notice_arrives_as_it_was_sent)
{
	begin();
	EQ(0, notice_send(ends[0], NOTICE_READY, "none\tfsid=x\t-"));
	EQ(0, notice_send(ends[0], NOTICE_FAILED, ""));
	EQ(1, notice_receive(ends[1], &notice));
	EQ(NOTICE_READY, notice.type);
	ATF_CHECK_STREQ("none\tfsid=x\t-", notice.text);
	EQ(1, notice_receive(ends[1], &notice));
	EQ(NOTICE_FAILED, notice.type);
	ATF_CHECK_STREQ("", notice.text);
	EQ(-EAGAIN, notice_receive(ends[1], &notice));
}

CASE(a_text_that_is_too_long_is_cut)
{
	char text[2 * NOTICE_TEXT_MAX];

	begin();
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	EQ(0, notice_send(ends[0], NOTICE_FAILED, text));
	EQ(1, notice_receive(ends[1], &notice));
	EQ(NOTICE_TEXT_MAX - 1, strlen(notice.text));
}

CASE(the_other_end_may_be_gone)
{
	begin();
	close(ends[0]);
	EQ(0, notice_receive(ends[1], &notice));
	EQ(-EPIPE, notice_send(ends[1], NOTICE_READY, "x"));
}

CASE(malformed_notices_are_refused)
{
	char text[2 * NOTICE_TEXT_MAX];

	begin();
	memset(text, 'x', sizeof(text));
	EQ(-EBADMSG, receive(0, "", 1));
	EQ(-EBADMSG, receive(NOTICE_INTERRUPTED + 1, "", 1));
	EQ(-EBADMSG, receive(UINT32_MAX, "", 1));
	EQ(-EBADMSG, receive(NOTICE_READY, "", 0));
	EQ(-EBADMSG, receive(NOTICE_READY, "no end", 6));
	EQ(-EBADMSG, receive(NOTICE_READY, text, NOTICE_TEXT_MAX));
	EQ(-EBADMSG, receive(NOTICE_READY, text, sizeof(text)));
	MUST_EQ(2, send(ends[0], "\1", 2, 0));
	EQ(-EBADMSG, notice_receive(ends[1], &notice));
}

static bool takes(uint32_t type, const char *text)
{
	int got = receive(type, text, strlen(text) + 1);

	ATF_REQUIRE(got == 1 || got == -EBADMSG);
	return got == 1;
}

CASE_ABOUT(a_text_holds_nothing_that_a_terminal_obeys, "root reads it: blobrootd status, start, the console")
{
	char text[] = "none\tfsid=x\t?";

	begin();
	for (int byte = 1; byte < 256; byte++) {
		bool is_printable = byte == '\t' || (byte >= ' ' && byte < 0x7f);

		text[strlen(text) - 1] = (char)byte;
		EQ(is_printable, takes(NOTICE_READY, text));
		EQ(is_printable, takes(NOTICE_FAILED, text));
		/* Names of blobs may be in any language. */
		EQ(is_printable || byte >= 0x80, takes(NOTICE_REMEMBER, text));
		EQ(is_printable || byte >= 0x80, notice_is_memorable(text));
	}
}

CASE(what_is_to_be_remembered_has_a_key_and_a_value)
{
	static const char *const malformed[] = {"", "key", "\t", "key\t", "\tvalue", "k\ney\tvalue"};
	char text[300];

	begin();
	for (size_t i = 0; i < sizeof(malformed) / sizeof(*malformed); i++) {
		ATF_CHECK_MSG(!takes(NOTICE_REMEMBER, malformed[i]), "%s", malformed[i]);
		ATF_CHECK_MSG(!notice_is_memorable(malformed[i]), "%s", malformed[i]);
	}
	ATF_CHECK(takes(NOTICE_REMEMBER, "k\tv") && takes(NOTICE_REMEMBER, "k\t\t"));
	memset(text, 'k', sizeof(text));
	strcpy(text + NOTICE_KEY_MAX, "\tvalue");
	ATF_CHECK(notice_is_memorable(text));
	strcpy(text + NOTICE_KEY_MAX + 1, "\tvalue");
	text[NOTICE_KEY_MAX] = 'k';
	ATF_CHECK(!notice_is_memorable(text));
}

CASE(a_reason_with_bytes_of_a_server_arrives_without_them)
{
	begin();
	EQ(0, notice_send(ends[0], NOTICE_FAILED, "http://h\xc3\xa4.x/\x1b[2J\n: \x9bwhy"));
	MUST_EQ(1, notice_receive(ends[1], &notice));
	ATF_CHECK_STREQ("http://h??.x/?[2J?: ?why", notice.text);
	EQ(0, notice_send(ends[0], NOTICE_REMEMBER, "d\xc3\xa4ta\t1\t\t"));
	MUST_EQ(1, notice_receive(ends[1], &notice));
	ATF_CHECK_STREQ("d\xc3\xa4ta\t1\t\t", notice.text);
}

CASE_ABOUT(an_overlong_notice_is_never_taken_for_a_whole_one, "cut by recv just behind a NUL")
{
	char text[2 * NOTICE_TEXT_MAX] = "text";

	begin();
	EQ(-EBADMSG, receive(NOTICE_READY, text, sizeof(text)));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, a_notice_arrives_as_it_was_sent);
	ATF_TP_ADD_TC(tp, a_text_that_is_too_long_is_cut);
	ATF_TP_ADD_TC(tp, the_other_end_may_be_gone);
	ATF_TP_ADD_TC(tp, malformed_notices_are_refused);
	ATF_TP_ADD_TC(tp, a_text_holds_nothing_that_a_terminal_obeys);
	ATF_TP_ADD_TC(tp, what_is_to_be_remembered_has_a_key_and_a_value);
	ATF_TP_ADD_TC(tp, a_reason_with_bytes_of_a_server_arrives_without_them);
	ATF_TP_ADD_TC(tp, an_overlong_notice_is_never_taken_for_a_whole_one);
	return atf_no_error();
}
