/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "base/flood.h"
#include "base/log.h"

#include <fcntl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

/* The linker calls __wrap_clock_gettime in place of clock_gettime (--wrap). */
static uint64_t clock_offset_ms;

int __wrap_clock_gettime(clockid_t id, struct timespec *ts);
int __wrap_clock_gettime(clockid_t id, struct timespec *ts)
{
	(void)id;
	*ts = (struct timespec){.tv_sec = 1000 + (time_t)clock_offset_ms / 1000};
	return 0;
}

static int kmsg[2], console[2];
static char text[4096];

static void begin(void)
{
	MUST_EQ(0, pipe2(kmsg, O_NONBLOCK));
	MUST_EQ(0, pipe2(console, O_NONBLOCK));
	log_adopt(kmsg[1], console[1], 5);
}

static const char *take(int fd)
{
	ssize_t got = read(fd, text, sizeof(text) - 1);

	text[got > 0 ? got : 0] = '\0';
	return text;
}

CASE(a_line_goes_to_the_kernel_log_with_its_level_and_to_the_console)
{
	begin();
	log_note("%s: %d", "http://h/x", 7);
	ATF_CHECK_STREQ("<5>blobroot: http://h/x: 7\n", take(kmsg[0]));
	ATF_CHECK_STREQ("blobroot: http://h/x: 7\n", take(console[0]));
	log_error("store: full");
	ATF_CHECK_STREQ("<3>blobroot: store: full\n", take(kmsg[0]));
}

CASE(what_is_not_printable_ASCII_becomes_a_question_mark)
{
	begin();
	log_note("a\nb\rc\td\x1b[2Je\x7f%c", 1);
	ATF_CHECK_STREQ("<5>blobroot: a?b?c?d?[2Je??\n", take(kmsg[0]));
	/* In UTF-8 the second is a control character of terminals. */
	log_note("\xc3\xa4\xc2\x9b");
	ATF_CHECK_STREQ("<5>blobroot: ????\n", take(kmsg[0]));
}

CASE(an_overlong_line_is_cut_and_still_one_line)
{
	char lengths[5000];

	begin();
	for (size_t len = 0; len < sizeof(lengths); len += len < 1100 ? 1 : 571) {
		size_t got;

		memset(lengths, 'x', len);
		lengths[len] = '\0';
		log_note("%s", lengths);
		got = strlen(take(kmsg[0]));
		ATF_REQUIRE_MSG(got == (len > 899 ? 899 : len) + strlen("<5>blobroot: \n"), "%zu: %zu", len,
				got);
		ATF_REQUIRE(text[got - 1] == '\n' && !strchr(text, '?'));
		take(console[0]);
	}
}

static unsigned left_out;

static void on_left_out(void *arg)
{
	left_out += arg == &left_out;
}

CASE(who_has_to_catch_up_is_told_so)
{
	begin();
	log_bound();
	log_watch(on_left_out, &left_out);
	for (unsigned i = 0; i < FLOOD_BURST + 2; i++)
		log_note("x: line %u", i);
	EQ(2u, left_out);
}

CASE(the_last_line_of_a_process_is_never_left_out)
{
	begin();
	log_bound();
	for (unsigned i = 0; i < 2000; i++) {
		log_error("device %u: refused", i);
		take(kmsg[0]);
	}
	for (unsigned i = 0; i < FLOOD_BURST + 2; i++) {
		log_last("keeper: it is gone");
		ATF_CHECK_STREQ("<3>blobroot: keeper: it is gone\n", take(kmsg[0]));
	}
}

CASE(what_is_left_out_of_a_flood_is_counted)
{
	char want[64];

	begin();
	for (unsigned i = 0; i < FLOOD_BURST + 3; i++) {
		log_note("x: %u", i);
		ATF_CHECK(*take(kmsg[0]));
	}
	log_bound();
	for (unsigned i = 0; i < FLOOD_BURST + 3; i++) {
		log_note("x: line %u", i);
		snprintf(want, sizeof(want), "<5>blobroot: x: line %u\n", i);
		ATF_CHECK_STREQ(i < FLOOD_BURST ? want : "", take(kmsg[0]));
	}
	ATF_CHECK(!log_catch_up());
	clock_offset_ms = FLOOD_PERIOD_MS;
	ATF_CHECK(log_catch_up());
	ATF_CHECK_STREQ("<5>blobroot: log: lines left out: 3, like this one: x: line 8\n", take(kmsg[0]));
	log_note("x: line %u", 99);
	ATF_CHECK(!log_catch_up());
	clock_offset_ms = 2 * FLOOD_PERIOD_MS;
	log_note("x: line %u", 100);
	ATF_CHECK_STREQ("<5>blobroot: x: line 100 (lines left out: 1)\n", take(kmsg[0]));
}

CASE(the_descriptors_are_told_for_an_exec)
{
	int kmsg_fd, console_fd, level;

	begin();
	log_descriptors(&kmsg_fd, &console_fd, &level);
	EQ(kmsg[1], kmsg_fd);
	EQ(console[1], console_fd);
	EQ(5, level);
}

CASE(without_a_kernel_log_lines_go_to_stderr_without_level)
{
	int err[2];

	MUST_EQ(0, pipe(err));
	log_adopt(-1, -1, 5);
	MUST_EQ(STDERR_FILENO, dup2(err[1], STDERR_FILENO));
	log_error("x");
	ATF_CHECK_STREQ("blobroot: x\n", take(err[0]));
}

CASE(a_console_whose_level_hides_errors_gets_them_from_us)
{
	begin();
	log_adopt(kmsg[1], console[1], 3);
	log_error("x");
	ATF_CHECK_STREQ("blobroot: x\n", take(console[0]));
}

CASE(the_environment_sends_lines_to_stderr)
{
	int kmsg_fd, console_fd, level;

	setenv(LOG_STDERR_ENV, "1", 1);
	log_open();
	log_descriptors(&kmsg_fd, &console_fd, &level);
	EQ(-1, kmsg_fd);
	EQ(-1, console_fd);
}

CASE(a_console_that_takes_nothing_does_no_harm)
{
	begin();
	close(console[0]);
	close(kmsg[0]);
	signal(SIGPIPE, SIG_IGN);
	log_note("x");
}

CASE(a_console_that_was_made_to_block_holds_nobody_up)
{
	begin();
	while (write(console[1], text, sizeof(text)) > 0)
		;
	MUST_EQ(0, fcntl(console[1], F_SETFL, O_WRONLY));
	log_adopt(kmsg[1], console[1], 5);
	log_note("x");
	ATF_CHECK_STREQ("<5>blobroot: x\n", take(kmsg[0]));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, a_line_goes_to_the_kernel_log_with_its_level_and_to_the_console);
	ATF_TP_ADD_TC(tp, what_is_not_printable_ASCII_becomes_a_question_mark);
	ATF_TP_ADD_TC(tp, an_overlong_line_is_cut_and_still_one_line);
	ATF_TP_ADD_TC(tp, what_is_left_out_of_a_flood_is_counted);
	ATF_TP_ADD_TC(tp, who_has_to_catch_up_is_told_so);
	ATF_TP_ADD_TC(tp, the_last_line_of_a_process_is_never_left_out);
	ATF_TP_ADD_TC(tp, the_descriptors_are_told_for_an_exec);
	ATF_TP_ADD_TC(tp, without_a_kernel_log_lines_go_to_stderr_without_level);
	ATF_TP_ADD_TC(tp, a_console_whose_level_hides_errors_gets_them_from_us);
	ATF_TP_ADD_TC(tp, the_environment_sends_lines_to_stderr);
	ATF_TP_ADD_TC(tp, a_console_that_takes_nothing_does_no_harm);
	ATF_TP_ADD_TC(tp, a_console_that_was_made_to_block_holds_nobody_up);
	return atf_no_error();
}
