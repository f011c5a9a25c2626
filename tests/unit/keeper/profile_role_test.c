/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "keeper/profile_role.h"

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HEAD                                                                                                 \
	"blobroot-profile 1\nimage " HASH                                                                    \
	"\nblocks 1000\nweight 4\nbegin 1000\n# first block, blocks, weight, ms, ms waited\n"

static struct record record;

static void begin(void)
{
	record = (struct record){.format = RECORD_FORMAT, .begun_ms = 1000, .blocks = 1000, .roothash = HASH};
}

static void touch(uint32_t first, uint16_t count, uint32_t asked_ms, uint16_t how)
{
	record.touches[record.count++] = (struct record_touch){
		.first = first, .count = count, .asked_ms = asked_ms, .waited_ms = 7, .how = how};
}

static void writes(const char *want, uint64_t now_ms, uint32_t seconds)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	const char *why = profile_write(&record, now_ms, seconds, NULL, out);

	fclose(out);
	ATF_CHECK_MSG(!why, "%s", why);
	ATF_CHECK_STREQ(want, text);
	free(text);
}

static void refuses(const char *want)
{
	const char *why = profile_write(&record, 9000, 0, NULL, NULL);

	ATF_CHECK_STREQ(want, why);
}

CASE(touches_are_in_the_order_in_which_they_were_asked_for)
{
	begin();
	touch(30, 2, 250, RECORD_WAITED);
	touch(20, 1, 250, RECORD_HERE);
	touch(10, 9, 0, RECORD_WAITED);
	writes(HEAD "10 9 4 0 7\n20 1 4 250 -\n30 2 4 250 7\nend 5000\n", 6000, 0);
}

CASE(what_a_profile_had_fetched_is_told_apart)
{
	begin();
	touch(30, 2, 20, RECORD_AHEAD);
	touch(30, 1, 250, RECORD_HERE);
	writes(HEAD "ahead 30 2 20\n30 1 4 250 -\nend 5000\n", 6000, 0);
}

CASE(phases_of_the_boot_are_marked)
{
	char text[] = "3.25 root\nnonsense\n0.50 early\n4 login and more\n", *out_text = NULL;
	size_t size;
	FILE *marks = fmemopen(text, strlen(text), "r"), *out = open_memstream(&out_text, &size);

	begin();
	ATF_CHECK(profile_write(&record, 6000, 0, marks, out) == NULL);
	fclose(marks);
	fclose(out);
	ATF_CHECK_STREQ(HEAD "mark 2250 root\nmark 3000 login\nend 5000\n", out_text);
	free(out_text);
}

CASE(it_can_end_earlier_than_now)
{
	begin();
	touch(10, 1, 2000, RECORD_HERE);
	touch(20, 1, 2001, RECORD_HERE);
	writes(HEAD "10 1 4 2000 -\nend 2000\n", 9000, 2);
	writes(HEAD "10 1 4 2000 -\n20 1 4 2001 -\nend 8000\n", 9000, 60);
	writes(HEAD "10 1 4 2000 -\n20 1 4 2001 -\nend 900000\n", 90000000, 0);
}

CASE(what_an_engine_cannot_have_read_is_left_out)
{
	begin();
	touch(1000, 1, 1, RECORD_HERE);
	touch(999, 2, 1, RECORD_HERE);
	touch(999, 1, 1, RECORD_HERE);
	touch(5, 0, 1, RECORD_HERE);
	touch(UINT32_MAX, UINT16_MAX, 1, RECORD_HERE);
	writes(HEAD "999 1 4 1 -\nend 1000\n", 2000, 0);
	/* .. and a clock that is behind is none. */
	begin();
	writes(HEAD "end 0\n", 0, 0);
}

CASE(without_a_record_that_makes_sense_there_is_none)
{
	begin();
	record.format = 0;
	refuses("nothing has been recorded yet");
	record.format = RECORD_FORMAT + 1;
	refuses("another version's engine has recorded it");
	begin();
	record.roothash[0] = '\0';
	refuses("the image has no root hash, by which a profile would name it");
	begin();
	record.count = RECORD_TOUCHES_MAX + 1;
	refuses("the engine's record makes no sense");
	begin();
	record.roothash[63] = '\0';
	refuses("the engine's record makes no sense");
	begin();
	memset(record.roothash, 'a', sizeof(record.roothash));
	refuses("the engine's record makes no sense");
	begin();
	record.roothash[7] = '\n';
	refuses("the engine's record makes no sense");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, touches_are_in_the_order_in_which_they_were_asked_for);
	ATF_TP_ADD_TC(tp, what_a_profile_had_fetched_is_told_apart);
	ATF_TP_ADD_TC(tp, phases_of_the_boot_are_marked);
	ATF_TP_ADD_TC(tp, it_can_end_earlier_than_now);
	ATF_TP_ADD_TC(tp, what_an_engine_cannot_have_read_is_left_out);
	ATF_TP_ADD_TC(tp, without_a_record_that_makes_sense_there_is_none);
	return atf_no_error();
}
