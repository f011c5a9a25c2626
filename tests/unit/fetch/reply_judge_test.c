/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "fetch/reply.h"

static const struct version one = {.size = 100, .etag = "\"one\"", .last_modified = "Monday"};

static struct reply_part part;

/* known NULL: the first contact. */
static enum verdict judge(const struct reply *reply, uint64_t off, uint64_t len, const struct version *known)
{
	struct reply_ask ask = {
		.off = off, .len = len, .known = known, .has_size = known, .size = known ? known->size : 0};

	return reply_judge(reply, &ask, &part);
}

/* The same where hashes prove the bytes; size 0: nobody knows it yet. */
static enum verdict judge_proven(const struct reply *reply, uint64_t off, uint64_t len, uint64_t size)
{
	struct reply_ask ask = {.off = off, .len = len, .has_size = size, .size = size, .is_proven = true};

	return reply_judge(reply, &ask, &part);
}

static struct reply range(uint64_t first, uint64_t last, uint64_t total)
{
	return (struct reply){.status = 206,
			      .has_range = true,
			      .has_total = true,
			      .first = first,
			      .last = last,
			      .total = total};
}

static struct reply whole(uint64_t length)
{
	return (struct reply){.status = 200, .has_length = true, .length = length};
}

static struct reply with(struct reply reply, const char *etag, const char *last_modified)
{
	strcpy(reply.etag, etag);
	strcpy(reply.last_modified, last_modified);
	return reply;
}

CASE(a_range_begins_where_it_was_asked_for_and_is_no_longer)
{
	static const uint64_t wrong[][2] = {{0, 9},   {10, 20}, {11, 20}, {9, 19},
					    {11, 19}, {10, 99}, {20, 29}};
	struct reply reply = range(10, 19, 100);

	EQ(VERDICT_OK, judge(&reply, 10, 10, NULL));
	EQ(VERDICT_OK, judge(&reply, 10, 10, &one));
	EQ(20u, part.end);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		reply = range(wrong[i][0], wrong[i][1], 100);
		ATF_CHECK_EQ_MSG(VERDICT_BAD_RANGE, judge(&reply, 10, 10, &one), "%zu", i);
	}
	reply = (struct reply){.status = 206, .has_length = true, .length = 10};
	EQ(VERDICT_BAD_RANGE, judge(&reply, 10, 10, &one));
}

CASE_ABOUT(the_beginning_of_a_range_will_do, "RFC 9110, 15.3.7: a server may send less, and says what")
{
	for (uint64_t last = 10; last < 20; last++) {
		struct reply reply = range(10, last, 100);

		EQ(VERDICT_OK, judge(&reply, 10, 10, &one));
		EQ(last + 1, part.end);
		EQ(VERDICT_OK, judge(&reply, 10, 10, NULL));
		ATF_CHECK(part.has_size && part.size == 100 && !part.is_whole);
	}
}

CASE(a_range_is_cut_at_the_end_of_the_blob)
{
	struct reply reply = range(0, 99, 100);

	EQ(VERDICT_OK, judge(&reply, 0, 65536, NULL));
	EQ(100u, part.end);
	EQ(100u, part.size);
}

CASE_ABOUT(a_range_that_reaches_beyond_its_own_end_tells_the_size,
	   "civetweb's answer to a range that ends behind the file")
{
	struct reply reply = {.status = 206, .has_total = true, .first = 0, .last = 64, .total = 64};

	EQ(VERDICT_BEYOND, judge(&reply, 0, 65536, NULL));
	reply = (struct reply){.status = 416, .has_total = true, .total = 64};
	EQ(VERDICT_BEYOND, judge(&reply, 0, 65536, NULL));
	reply.has_total = false;
	EQ(VERDICT_BEYOND, judge(&reply, 0, 65536, NULL));
}

CASE(a_size_that_is_not_said_must_be_known_or_proven)
{
	struct reply reply = range(0, 9, 0);

	reply.has_total = false;
	EQ(VERDICT_NO_SIZE, judge(&reply, 0, 10, NULL));
	EQ(VERDICT_OK, judge(&reply, 0, 10, &one));
	EQ(VERDICT_OK, judge_proven(&reply, 0, 10, 0));
	ATF_CHECK(!part.has_size);
	EQ(VERDICT_OK, judge_proven(&reply, 0, 10, 100));
	strcpy(reply.etag, "\"two\"");
	EQ(VERDICT_CHANGED, judge(&reply, 0, 10, &one));
}

CASE(the_length_must_fit_the_range_or_be_silent)
{
	struct reply reply = range(0, 9, 100);

	EQ(VERDICT_OK, judge(&reply, 0, 10, &one));
	reply.has_length = true;
	reply.length = 10;
	EQ(VERDICT_OK, judge(&reply, 0, 10, &one));
	reply.length = 11;
	EQ(VERDICT_BAD_LENGTH, judge(&reply, 0, 10, &one));
	reply.length = 0;
	EQ(VERDICT_BAD_LENGTH, judge(&reply, 0, 10, &one));
}

CASE(another_size_is_another_version)
{
	struct reply reply = with(range(0, 9, 99), one.etag, one.last_modified);
	struct reply_ask ask = {.len = 10, .has_size = true, .size = 100};

	EQ(VERDICT_CHANGED, judge(&reply, 0, 10, &one));
	/* Of a mirror that has not answered before it is its own. */
	EQ(VERDICT_OTHER_SIZE, reply_judge(&reply, &ask, &part));
	reply = with(range(0, 9, 101), one.etag, one.last_modified);
	EQ(VERDICT_CHANGED, judge(&reply, 0, 10, &one));
	/* Also where it is so small that the range lies beyond its end. */
	reply = with(range(0, 4, 5), one.etag, one.last_modified);
	EQ(VERDICT_CHANGED, judge(&reply, 50, 10, &one));
}

CASE(another_validator_is_another_version)
{
	struct reply reply = with(range(0, 9, 100), "\"two\"", one.last_modified);

	EQ(VERDICT_CHANGED, judge(&reply, 0, 10, &one));
	reply = with(range(0, 9, 100), "", "Tuesday");
	EQ(VERDICT_CHANGED, judge(&reply, 0, 10, &one));
	reply = with(range(0, 9, 100), one.etag, "Tuesday");
	EQ(VERDICT_OK, judge(&reply, 0, 10, &one));
	reply = with(range(0, 9, 100), "", "");
	EQ(VERDICT_OK, judge(&reply, 0, 10, &one));
}

CASE(where_hashes_prove_the_bytes_only_the_size_counts)
{
	struct reply_ask ask = {.len = 10, .has_size = true, .size = 100, .known = &one, .is_proven = true};
	struct reply reply = with(range(0, 9, 100), "\"two\"", "Tuesday");

	EQ(VERDICT_OK, reply_judge(&reply, &ask, &part));
	reply.total = 101;
	EQ(VERDICT_OK, reply_judge(&reply, &ask, &part));
	reply.total = 99;
	EQ(VERDICT_OTHER_SIZE, reply_judge(&reply, &ask, &part));
}

CASE_ABOUT(a_whole_file_is_told_from_another_version,
	   "200 means that If-Range failed, that there are no ranges, or that the range is all of it")
{
	struct reply reply = with(whole(100), "\"two\"", "");

	EQ(VERDICT_CHANGED, judge(&reply, 0, 10, &one));
	EQ(VERDICT_NO_RANGES, judge(&reply, 0, 10, NULL));
	reply = with(reply, one.etag, "");
	EQ(VERDICT_NO_RANGES, judge(&reply, 0, 10, &one));
	reply.length = 101;
	EQ(VERDICT_CHANGED, judge(&reply, 0, 10, &one));
	/* Chunked: the length is not said, the validator is. */
	reply = with((struct reply){.status = 200}, "\"two\"", "");
	EQ(VERDICT_CHANGED, judge(&reply, 0, 10, &one));
}

CASE(a_whole_file_that_is_no_longer_than_the_range_is_what_it_is)
{
	struct reply reply = whole(100);

	EQ(VERDICT_OK, judge(&reply, 0, 65536, NULL));
	ATF_CHECK(part.is_whole && part.has_size && part.size == 100 && part.end == 100);
	EQ(VERDICT_OK, judge(&reply, 0, 100, &one));
	EQ(VERDICT_NO_RANGES, judge(&reply, 1, 99, &one));
	EQ(VERDICT_NO_RANGES, judge(&reply, 0, 99, NULL));
	reply.has_length = false;
	EQ(VERDICT_OK, judge(&reply, 0, 65536, NULL));
	ATF_CHECK(part.is_whole && !part.has_size && part.end == 65536);
	/* Nothing would tell it from a longer one before its bytes are used. */
	EQ(VERDICT_NO_RANGES, judge(&reply, 0, 100, &one));
}

CASE(a_small_file_may_be_too_long)
{
	struct reply_ask ask = {.len = 100, .is_small = true};
	struct reply reply = whole(100);
	char buf[128];

	EQ(VERDICT_OK, reply_judge(&reply, &ask, &part));
	reply.length = 101;
	EQ(VERDICT_TOO_LONG, reply_judge(&reply, &ask, &part));
	ATF_CHECK_STREQ("it is longer than 100 bytes, which no such file is",
			reply_explain(VERDICT_TOO_LONG, &reply, &ask, buf, sizeof(buf)));
	reply.length = 0;
	EQ(VERDICT_OK, reply_judge(&reply, &ask, &part));
	EQ(0u, part.end);
}

CASE_ABOUT(an_encoding_is_refused_by_its_name_but_where_hashes_judge,
	   "object stores send what was named when the file was stored, with plain bytes")
{
	static const char *const names[] = {"gzip", "none", "aws-chunked", "br, gzip"};
	struct reply reply;
	char buf[128], want[128];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		reply = range(0, 9, 100);
		strcpy(reply.encoding, names[i]);
		EQ(VERDICT_ENCODED, judge(&reply, 0, 10, &one));
		EQ(VERDICT_ENCODED, judge(&reply, 0, 10, NULL));
		snprintf(want, sizeof(want),
			 "the server sent it with a Content-Encoding that nobody asked for: %s", names[i]);
		ATF_CHECK_STREQ(want, reply_explain(VERDICT_ENCODED, &reply, NULL, buf, sizeof(buf)));
		EQ(VERDICT_OK, judge_proven(&reply, 0, 10, 100));
		/* If it is refused for anything else, the encoding is why. */
		EQ(VERDICT_ENCODED, judge_proven(&reply, 0, 10, 101));
		reply = whole(100);
		strcpy(reply.encoding, names[i]);
		EQ(VERDICT_ENCODED, judge(&reply, 0, 10, NULL));
		EQ(VERDICT_ENCODED, judge_proven(&reply, 0, 10, 0));
		EQ(VERDICT_OK, judge_proven(&reply, 0, 100, 0));
	}
}

CASE(a_status_speaks_for_itself)
{
	static const int statuses[] = {301, 304, 403, 404, 500, 503, 204, 201};
	struct reply_ask ask = {.len = 10};
	char buf[128];

	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		struct reply reply = range(0, 9, 100);

		reply.status = statuses[i];
		EQ(VERDICT_STATUS, judge(&reply, 0, 10, &one));
	}
	ATF_CHECK_STREQ(
		"the server answers 404 (Not Found)",
		reply_explain(VERDICT_STATUS, &(struct reply){.status = 404}, &ask, buf, sizeof(buf)));
}

CASE(beyond_the_end_of_a_known_blob_means_that_it_shrank)
{
	struct reply reply = {.status = 416};
	struct reply_ask ask = {.off = 50, .len = 10};
	char buf[128];

	EQ(VERDICT_CHANGED, judge(&reply, 50, 10, &one));
	EQ(VERDICT_STATUS, judge_proven(&reply, 50, 10, 100));
	reply.has_total = true;
	reply.total = 40;
	EQ(VERDICT_OTHER_SIZE, judge_proven(&reply, 50, 10, 100));
	EQ(VERDICT_BEYOND, judge(&reply, 50, 10, NULL));
	ATF_CHECK_STREQ("it has 40 bytes, and those from 50 on are wanted",
			reply_explain(VERDICT_BEYOND, &reply, &ask, buf, sizeof(buf)));
	reply.total = 0;
	ATF_CHECK_STREQ("it is empty", reply_explain(VERDICT_BEYOND, &reply, &ask, buf, sizeof(buf)));
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
	struct reply_ask ask = {.len = 10};
	char buf[128];

	EQ(VERDICT_GARBAGE, judge(&reply, 0, 10, NULL));
	for (int verdict = VERDICT_OK; verdict <= VERDICT_GARBAGE; verdict++)
		ATF_CHECK(strlen(reply_explain((enum verdict)verdict, &reply, &ask, buf, sizeof(buf))) > 1);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, a_range_begins_where_it_was_asked_for_and_is_no_longer);
	ATF_TP_ADD_TC(tp, the_beginning_of_a_range_will_do);
	ATF_TP_ADD_TC(tp, a_range_is_cut_at_the_end_of_the_blob);
	ATF_TP_ADD_TC(tp, a_range_that_reaches_beyond_its_own_end_tells_the_size);
	ATF_TP_ADD_TC(tp, a_size_that_is_not_said_must_be_known_or_proven);
	ATF_TP_ADD_TC(tp, the_length_must_fit_the_range_or_be_silent);
	ATF_TP_ADD_TC(tp, another_size_is_another_version);
	ATF_TP_ADD_TC(tp, another_validator_is_another_version);
	ATF_TP_ADD_TC(tp, where_hashes_prove_the_bytes_only_the_size_counts);
	ATF_TP_ADD_TC(tp, a_whole_file_is_told_from_another_version);
	ATF_TP_ADD_TC(tp, a_whole_file_that_is_no_longer_than_the_range_is_what_it_is);
	ATF_TP_ADD_TC(tp, a_small_file_may_be_too_long);
	ATF_TP_ADD_TC(tp, an_encoding_is_refused_by_its_name_but_where_hashes_judge);
	ATF_TP_ADD_TC(tp, a_status_speaks_for_itself);
	ATF_TP_ADD_TC(tp, beyond_the_end_of_a_known_blob_means_that_it_shrank);
	ATF_TP_ADD_TC(tp, only_a_strong_validator_goes_into_if_range);
	ATF_TP_ADD_TC(tp, no_headers_at_all_are_garbage);
	return atf_no_error();
}
