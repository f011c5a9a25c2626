/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "base/rights.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static int pair[2];

static void begin(void)
{
	ATF_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
}

static void is_same_file(int one, int other)
{
	struct stat a, b;

	ATF_REQUIRE(fstat(one, &a) == 0 && fstat(other, &b) == 0);
	ATF_CHECK(a.st_dev == b.st_dev && a.st_ino == b.st_ino);
}

static int count_open(void)
{
	int count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

CASE(descriptors_come_in_order_with_the_text_and_end_at_an_exec)
{
	int sent[2], got[RIGHTS_MAX] = {-1, -1, -1, -1};
	unsigned count;
	char text[8] = "";

	begin();
	ATF_REQUIRE(pipe(sent) == 0);
	EQ(5, rights_send(pair[0], "hello", 5, sent, 2));
	EQ(5, rights_receive(pair[1], text, sizeof(text), 0, got, &count));
	ATF_CHECK_STREQ("hello", text);
	MUST_EQ(2u, count);
	for (unsigned i = 0; i < 2; i++) {
		is_same_file(sent[i], got[i]);
		EQ(FD_CLOEXEC, fcntl(got[i], F_GETFD));
		close(sent[i]);
		close(got[i]);
	}
}

CASE(a_text_without_any_comes_alone_and_an_end_or_error_is_told)
{
	int got[RIGHTS_MAX];
	unsigned count = 9;
	char text[8] = "";

	begin();
	EQ(2, rights_send(pair[0], "hi", 2, NULL, 0));
	EQ(2, rights_receive(pair[1], text, sizeof(text), 0, got, &count));
	EQ(0u, count);
	EQ(-EAGAIN, rights_receive(pair[1], text, sizeof(text), 0, got, &count));
	close(pair[0]);
	EQ(0, rights_receive(pair[1], text, sizeof(text), 0, got, &count));
	EQ(-EPIPE, rights_send(pair[1], "hi", 2, NULL, 0));
	close(pair[1]);
}

CASE(more_than_there_is_room_for_are_not_left_open)
{
	int sent[RIGHTS_MAX + 1], got[RIGHTS_MAX], before;
	unsigned count;
	char text[8];
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(sent))];
	} control = {.bytes = {0}};
	struct iovec from = {"x", 1};
	struct msghdr message = {.msg_iov = &from,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};

	begin();
	for (unsigned i = 0; i <= RIGHTS_MAX; i++)
		sent[i] = pair[0];
	*CMSG_FIRSTHDR(&message) = (struct cmsghdr){
		.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(sent))};
	memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), sent, sizeof(sent));
	ATF_REQUIRE(sendmsg(pair[0], &message, 0) == 1);
	before = count_open();
	EQ(1, rights_receive(pair[1], text, sizeof(text), 0, got, &count));
	MUST_EQ(RIGHTS_MAX, count);
	EQ(before + RIGHTS_MAX, count_open());
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, descriptors_come_in_order_with_the_text_and_end_at_an_exec);
	ATF_TP_ADD_TC(tp, a_text_without_any_comes_alone_and_an_end_or_error_is_told);
	ATF_TP_ADD_TC(tp, more_than_there_is_room_for_are_not_left_open);
	return atf_no_error();
}
