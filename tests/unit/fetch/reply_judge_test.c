/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "fetch/reply.h"

static const struct version one = {.size = 100, .etag = "\"one\"", .last_modified = "Monday"};

static struct reply range(uint64_t first, uint64_t last, uint64_t total)
{
	return (struct reply){.status = 206, .has_range = true, .first = first, .last = last, .total = total};
}

static struct reply with(struct reply reply, const char *etag, const char *last_modified)
{
	strcpy(reply.etag, etag);
	strcpy(reply.last_modified, last_modified);
	return reply;
}

CASE(only_the_range_that_was_asked_for_will_do)
{
	static const uint64_t wrong[][2] = {{0, 9},  {10, 18}, {10, 20}, {11, 20},
					    {9, 19}, {11, 19}, {10, 99}};
	struct reply reply = range(10, 19, 100);

	EQ(VERDICT_OK, reply_judge(&reply, 10, 10, NULL));
	EQ(VERDICT_OK, reply_judge(&reply, 10, 10, &one));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		reply = range(wrong[i][0], wrong[i][1], 100);
		ATF_CHECK_EQ_MSG(VERDICT_BAD_RANGE, reply_judge(&reply, 10, 10, &one), "%zu", i);
	}
	reply = (struct reply){.status = 206, .has_length = true, .length = 10};
	EQ(VERDICT_BAD_RANGE, reply_judge(&reply, 10, 10, &one));
}

CASE(a_range_is_cut_at_the_end_of_the_blob_and_nowhere_else)
{
	struct reply reply = range(0, 99, 100);

	EQ(VERDICT_OK, reply_judge(&reply, 0, 65536, NULL));
	reply = range(0, 98, 100);
	EQ(VERDICT_BAD_RANGE, reply_judge(&reply, 0, 65536, NULL));
	reply = range(0, 99, 99999);
	EQ(VERDICT_BAD_RANGE, reply_judge(&reply, 0, 65536, NULL));
}

CASE(the_length_must_fit_the_range_or_be_silent)
{
	struct reply reply = range(0, 9, 100);

	EQ(VERDICT_OK, reply_judge(&reply, 0, 10, &one));
	reply.has_length = true;
	reply.length = 10;
	EQ(VERDICT_OK, reply_judge(&reply, 0, 10, &one));
	reply.length = 11;
	EQ(VERDICT_BAD_LENGTH, reply_judge(&reply, 0, 10, &one));
	reply.length = 0;
	EQ(VERDICT_BAD_LENGTH, reply_judge(&reply, 0, 10, &one));
}

CASE(another_size_is_another_version)
{
	struct reply reply = with(range(0, 9, 99), one.etag, one.last_modified);

	EQ(VERDICT_CHANGED, reply_judge(&reply, 0, 10, &one));
	reply = with(range(0, 9, 101), one.etag, one.last_modified);
	EQ(VERDICT_CHANGED, reply_judge(&reply, 0, 10, &one));
	/* Also where it is so small that the range lies beyond its end. */
	reply = with(range(0, 4, 5), one.etag, one.last_modified);
	EQ(VERDICT_CHANGED, reply_judge(&reply, 50, 10, &one));
}

CASE(another_validator_is_another_version)
{
	struct reply reply = with(range(0, 9, 100), "\"two\"", one.last_modified);

	EQ(VERDICT_CHANGED, reply_judge(&reply, 0, 10, &one));
	reply = with(range(0, 9, 100), "", "Tuesday");
	EQ(VERDICT_CHANGED, reply_judge(&reply, 0, 10, &one));
	reply = with(range(0, 9, 100), one.etag, "Tuesday");
	EQ(VERDICT_OK, reply_judge(&reply, 0, 10, &one));
	reply = with(range(0, 9, 100), "", "");
	EQ(VERDICT_OK, reply_judge(&reply, 0, 10, &one));
}

CASE_ABOUT(a_whole_file_is_told_from_another_version,
	   "200 means that If-Range failed, or that there are no ranges")
{
	struct reply reply =
		with((struct reply){.status = 200, .has_length = true, .length = 100}, "\"two\"", "");

	EQ(VERDICT_CHANGED, reply_judge(&reply, 0, 10, &one));
	EQ(VERDICT_NO_RANGES, reply_judge(&reply, 0, 10, NULL));
	reply = with(reply, one.etag, "");
	EQ(VERDICT_NO_RANGES, reply_judge(&reply, 0, 10, &one));
	reply.length = 101;
	EQ(VERDICT_CHANGED, reply_judge(&reply, 0, 10, &one));
	/* Chunked: the length is not said, the validator is. */
	reply = with((struct reply){.status = 200}, "\"two\"", "");
	EQ(VERDICT_CHANGED, reply_judge(&reply, 0, 10, &one));
}

CASE(a_status_speaks_for_itself)
{
	static const int statuses[] = {301, 304, 403, 404, 500, 503, 204, 201};
	char buf[128];

	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		struct reply reply = range(0, 9, 100);

		reply.status = statuses[i];
		EQ(VERDICT_STATUS, reply_judge(&reply, 0, 10, &one));
	}
	ATF_CHECK_STREQ("the server answers 404 (Not Found)",
			reply_explain(VERDICT_STATUS, &(struct reply){.status = 404}, buf, sizeof(buf)));
}

CASE(beyond_the_end_of_a_known_blob_means_that_it_shrank)
{
	struct reply reply = {.status = 416};

	EQ(VERDICT_CHANGED, reply_judge(&reply, 50, 10, &one));
	EQ(VERDICT_STATUS, reply_judge(&reply, 0, 10, NULL));
}

CASE(only_a_strong_validator_goes_into_if_range)
{
	struct version version = one;

	ATF_CHECK_STREQ("\"one\"", version_if_range(&version));
	strcpy(version.etag, "W/\"one\"");
	ATF_CHECK(version_if_range(&version) == NULL);
	version.etag[0] = '\0';
	ATF_CHECK_STREQ("Monday", version_if_range(&version));
	version.last_modified[0] = '\0';
	ATF_CHECK(version_if_range(&version) == NULL);
}

CASE(no_headers_at_all_are_garbage)
{
	struct reply reply = {0};
	char buf[128];

	EQ(VERDICT_GARBAGE, reply_judge(&reply, 0, 10, NULL));
	for (int verdict = VERDICT_OK; verdict <= VERDICT_GARBAGE; verdict++)
		ATF_CHECK(strlen(reply_explain((enum verdict)verdict, &reply, buf, sizeof(buf))) > 1);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, only_the_range_that_was_asked_for_will_do);
	ATF_TP_ADD_TC(tp, a_range_is_cut_at_the_end_of_the_blob_and_nowhere_else);
	ATF_TP_ADD_TC(tp, the_length_must_fit_the_range_or_be_silent);
	ATF_TP_ADD_TC(tp, another_size_is_another_version);
	ATF_TP_ADD_TC(tp, another_validator_is_another_version);
	ATF_TP_ADD_TC(tp, a_whole_file_is_told_from_another_version);
	ATF_TP_ADD_TC(tp, a_status_speaks_for_itself);
	ATF_TP_ADD_TC(tp, beyond_the_end_of_a_known_blob_means_that_it_shrank);
	ATF_TP_ADD_TC(tp, only_a_strong_validator_goes_into_if_range);
	ATF_TP_ADD_TC(tp, no_headers_at_all_are_garbage);
	return atf_no_error();
}
