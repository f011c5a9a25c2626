/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "base/engine_options.h"

#include <fcntl.h>
#include <unistd.h>

static struct engine_options from, to;
static struct option_arguments arguments;
static int words_at;
static bool has_flag;

static bool parse(unsigned argc, char **argv)
{
	struct option_table table = engine_options_table(&to);

	memset(&to, 0, sizeof(to));
	return options_parse((int)argc, argv, &table, 1, "--check", &has_flag, &words_at);
}

CASE(what_is_written_is_read_back)
{
	struct option_table table = engine_options_table(&from);
	char *words[] = {"root=blob:http://h/x", "--not-an-option"};

	memset(&from, 0, sizeof(from));
	from.device = 7;
	from.notices = from.console = -1;
	from.room_mib = 123456;
	from.console_level = 4;
	strcpy(from.transport, "pigeon");
	strcpy(from.remembered.list[0], "a key\t1\t\t");
	strcpy(from.remembered.list[1], "");
	from.remembered.count = 2;
	options_begin(&arguments, "engine");
	options_put(&arguments, &table);
	options_end(&arguments, words, 2);
	ATF_CHECK_STREQ("@blobrootd", arguments.argv[0]);
	ATF_CHECK(arguments.argv[arguments.argc] == NULL);
	ATF_REQUIRE(parse(arguments.argc, arguments.argv));
	EQ(0, memcmp(&from, &to, sizeof(from)));
	ATF_CHECK(!has_flag);
	ATF_CHECK_STREQ("root=blob:http://h/x", arguments.argv[words_at]);
	EQ(arguments.argc - 2, words_at);
}

/* So that a program that does not know the option yet may take over. */
CASE(an_empty_text_is_not_written)
{
	struct option_table table = engine_options_table(&from);

	memset(&from, 0, sizeof(from));
	options_begin(&arguments, "engine");
	options_put(&arguments, &table);
	options_end(&arguments, NULL, 0);
	for (unsigned i = 0; i < arguments.argc; i++)
		ATF_CHECK(strcmp(arguments.argv[i], "--transport") != 0);
}

CASE(descriptors_that_are_not_named_are_none)
{
	char *argv[] = {"blobrootd", "engine", "--check", "--device", "0", "word", NULL};

	ATF_REQUIRE(parse(6, argv));
	EQ(0, to.device);
	EQ(-1, to.hash_cache);
	EQ(0, to.room_mib);
	ATF_CHECK(has_flag);
	EQ(5, words_at);
}

CASE(what_cannot_be_is_refused)
{
	char *bad[][2] = {{"--pigeon", "1"}, {"--device", "x"},         {"--device", ""},
			  {"--room", "1x"},  {"--room", "99999999999"}, {"--device", NULL}};
	char text[NOTICE_TEXT_MAX + 1];
	char *argv[] = {"blobrootd", "engine", NULL, NULL, NULL};

	for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		argv[2] = bad[i][0];
		argv[3] = bad[i][1];
		ATF_CHECK_MSG(!parse(bad[i][1] ? 4 : 3, argv), "%s %s", bad[i][0], bad[i][1]);
	}
	memset(text, 'x', NOTICE_TEXT_MAX);
	text[NOTICE_TEXT_MAX] = '\0';
	argv[2] = "--remember";
	argv[3] = text;
	ATF_CHECK(!parse(4, argv));
	argv[3] = text + 1;
	ATF_CHECK(parse(4, argv));
}

CASE(only_so_many_texts_are_kept)
{
	static char *argv[2 + 2 * (NOTICE_REMEMBER_MAX + 1) + 1];
	unsigned argc = 0;

	argv[argc++] = "blobrootd";
	argv[argc++] = "engine";
	for (unsigned i = 0; i <= NOTICE_REMEMBER_MAX; i++) {
		argv[argc++] = "--remember";
		argv[argc++] = "text";
	}
	ATF_CHECK(!parse(argc, argv));
	ATF_REQUIRE(parse(argc - 2, argv));
	EQ(NOTICE_REMEMBER_MAX, to.remembered.count);
}

CASE(descriptors_lose_their_close_on_exec_and_get_it_back)
{
	struct option_table table = engine_options_table(&from);
	int fd = fcntl(0, F_DUPFD_CLOEXEC, 10);

	memset(&from, 0xff, sizeof(from));
	from.device = fd;
	from.room_mib = fd + 1;
	options_inherit(&table, true);
	EQ(0, fcntl(fd, F_GETFD));
	options_inherit(&table, false);
	EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, what_is_written_is_read_back);
	ATF_TP_ADD_TC(tp, an_empty_text_is_not_written);
	ATF_TP_ADD_TC(tp, descriptors_that_are_not_named_are_none);
	ATF_TP_ADD_TC(tp, what_cannot_be_is_refused);
	ATF_TP_ADD_TC(tp, only_so_many_texts_are_kept);
	ATF_TP_ADD_TC(tp, descriptors_lose_their_close_on_exec_and_get_it_back);
	return atf_no_error();
}
