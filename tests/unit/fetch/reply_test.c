/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "fetch/reply.h"

/* Takes lines divided by \n, as they came. */
static struct reply take(const char *lines)
{
	struct reply reply = {0};

	while (*lines) {
		size_t len = strcspn(lines, "\n");
		char *line = malloc(len + 2);

		/* With CR LF, without NUL, in memory of exactly that length. */
		memcpy(line, lines, len);
		memcpy(line + len, "\r\n", 2);
		reply_take_line(&reply, line, len + 2);
		free(line);
		lines += len + (lines[len] == '\n');
	}
	return reply;
}

static struct reply_part part;

/* At the first contact. */
static enum verdict judge(const struct reply *reply, uint64_t off, uint64_t len)
{
	struct reply_ask ask = {.off = off, .len = len};

	return reply_judge(reply, &ask, &part);
}

#define OK_206 "HTTP/1.1 206 Partial Content\n"

CASE(a_plain_range_answer_is_understood)
{
	struct reply reply =
		take(OK_206 "content-RANGE: \t bytes 10-19/100 \nContent-Length: 10\n"
			    "ETag: \"x y\"\nLast-Modified: Tue, 01 Jul 2025 00:00:00 GMT\nServer: s\n\n");
	struct version version;

	EQ(206, reply.status);
	ATF_CHECK(reply.has_range && reply.has_length && !reply.is_garbage && !reply.encoding[0]);
	EQ(10u, reply.first);
	EQ(19u, reply.last);
	EQ(100u, reply.total);
	EQ(10u, reply.length);
	EQ(VERDICT_OK, judge(&reply, 10, 10));
	reply_version(&reply, &part, &version);
	EQ(100u, version.size);
	ATF_CHECK_STREQ("\"x y\"", version.etag);
	ATF_CHECK_STREQ("Tue, 01 Jul 2025 00:00:00 GMT", version.last_modified);
}

CASE(a_status_line_starts_afresh)
{
	struct reply reply = take("HTTP/1.1 302 Found\nETag: \"a\"\nContent-Length: 3\nRetry-After: 5\n"
				  "Content-Encoding: gzip\nHTTP/2 206\nContent-Range: bytes 0-0/1\n");

	EQ(206, reply.status);
	ATF_CHECK(!reply.has_length && !reply.etag[0] && !reply.retry_after_s && !reply.encoding[0]);
	EQ(VERDICT_OK, judge(&reply, 0, 1));
}

CASE(odd_status_lines_are_garbage)
{
	static const char *const lines[] = {"HTTP/1.1",
					    "HTTP/1.1 ",
					    "HTTP/1.1 ok",
					    "HTTP/1.1 99 x",
					    "HTTP/1.1 1000",
					    "HTTP/1.1 -206",
					    "HTTP/",
					    "HTTP/1.1 99999999999999999999",
					    "HTTP/1.1 206garbage",
					    "HTTP/1.1 0206",
					    "HTTP/1.1 0206 Partial Content"};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct reply reply = take(lines[i]);

		reply_take_line(&reply, "Content-Range: bytes 0-9/10", 27);
		ATF_CHECK_EQ_MSG(VERDICT_GARBAGE, judge(&reply, 0, 10), "%s", lines[i]);
	}
}

CASE(hostile_content_ranges_are_garbage)
{
	static const char *const ranges[] = {"bytes 9-0/10",
					     "bytes 0-9/",
					     "bytes 0-9",
					     "bytes -9/10",
					     "bytes 0-/10",
					     "bytes 0-9/10 x",
					     "bytes 0-9/*0",
					     "bytes 0-9/**",
					     "bytes 0x0-9/10",
					     "bytes 0-9/99999999999999999999",
					     "bytes 0-9/9223372036854775808",
					     "bytes 0-18446744073709551615/18446744073709551616",
					     "bytes=0-9/10",
					     "bytes",
					     "",
					     "items 0-9/10"};
	char lines[256];

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		struct reply reply;

		snprintf(lines, sizeof(lines), OK_206 "Content-Range: %s\n", ranges[i]);
		reply = take(lines);
		ATF_CHECK_EQ_MSG(VERDICT_GARBAGE, judge(&reply, 0, 10), "%s", ranges[i]);
	}
}

/* A 206 with these further lines, to a request for the first ten bytes. */
static struct reply take_206(const char *lines, enum verdict verdict)
{
	char text[256];
	struct reply reply;

	snprintf(text, sizeof(text), OK_206 "%s", lines);
	reply = take(text);
	ATF_CHECK_EQ_MSG(verdict, judge(&reply, 0, 10), "%s", lines);
	return reply;
}

CASE(headers_that_contradict_themselves_are_garbage)
{
	static const char *const lines[] = {
		"Content-Range: bytes 0-9/10\nContent-Range: bytes 0-9/20\n",
		"Content-Range: bytes */20\nContent-Range: bytes 0-9/10\n",
		"Content-Range: bytes 0-9/10\nContent-Range: bytes */20\n",
		"Content-Range: bytes 0-9/10\nContent-Length: 10\nContent-Length: 11\n",
		"Content-Range: bytes 0-9/10\nContent-Length: -1\n",
		"Content-Range: bytes 0-9/10\nContent-Length: 10, 11\n",
		"Content-Range: bytes 0-9/10\nContent-Length: 10,\n",
		"Content-Range: bytes 0-9/10\nContent-Length: 10 10\n",
		"Content-Range: bytes 0-9/10\nContent-Length: 10, 10\nContent-Length: 11\n",
		"Content-Range: bytes 0-9/10\nContent-Range: bytes 0-9/*\n",
		"Content-Range: bytes 0-9/10\nContent-Range: bytes 0-8/10\n",
		"Content-Range: bytes 0-9/10\nContent-Range: nonsense\n",
		"Content-Range: bytes 0-9/10\nContent-Length: 9223372036854775808\n"};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		take_206(lines[i], VERDICT_GARBAGE);
}

CASE_ABOUT(what_proxies_do_to_headers_is_understood, "RFC 9110, 8.6: the same length twice; blanks")
{
	static const char *const lines[] = {
		"Content-Range: bytes 0-9/10\nContent-Range: bytes 0-9/10\n",
		"Content-Range: bytes 0-9/10\nContent-Length: 10\nContent-Length: 10\n",
		"Content-Range: bytes 0-9/10\nContent-Length: 10, 10\n",
		"Content-Range: bytes 0-9/10\nContent-Length: 10 ,10,\t10\n",
		"Content-Range:bytes \t 0-9/10\t \n",
		"CONTENT-RANGE: BYTES 0-9/10\nCONTENT-LENGTH: 10\n",
		"Content-Range: bytes 00-09/0010\nContent-Length: 0010\n"};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		EQ(10u, take_206(lines[i], VERDICT_OK).total);
}

CASE_ABOUT(a_part_is_a_part_though_its_status_is_200,
	   "it would be taken for a small file, and told as truncated")
{
	struct reply reply = take("HTTP/1.1 200 OK\nContent-Range: bytes 10-19/100\nContent-Length: 10\n");

	EQ(VERDICT_OK, judge(&reply, 10, 10));
	EQ(20u, part.end);
	EQ(100u, part.size);
	EQ(VERDICT_BAD_RANGE, judge(&reply, 0, 10));
	/* The file, with a header that is not its own. */
	reply = take("HTTP/1.1 200 OK\nContent-Range: bytes 0-9/100\nContent-Length: 100\n");
	EQ(VERDICT_OK, judge(&reply, 0, 100));
	EQ(100u, part.end);
	EQ(VERDICT_NO_RANGES, judge(&reply, 0, 10));
}

CASE(an_encoding_is_not_hidden_by_a_second_header)
{
	struct reply reply = take(OK_206 "Content-Range: bytes 0-9/10\nContent-Encoding: identity\n");

	EQ(VERDICT_OK, judge(&reply, 0, 10));
	reply = take(OK_206
		     "Content-Range: bytes 0-9/10\nContent-Encoding: gzip\nContent-Encoding: identity\n");
	EQ(VERDICT_ENCODED, judge(&reply, 0, 10));
	ATF_CHECK_STREQ("gzip", reply.encoding);
	reply = take(OK_206 "Content-Range: bytes 0-9/10\nContent-Encoding:\n");
	EQ(VERDICT_OK, judge(&reply, 0, 10));
}

CASE(a_validator_that_cannot_go_back_is_none)
{
	char lines[512], etag[256];
	struct reply reply;

	memset(etag, 'e', sizeof(etag));
	snprintf(lines, sizeof(lines), OK_206 "ETag: \"%.*s\"\n", VERSION_VALIDATOR_MAX - 3, etag);
	EQ(VERSION_VALIDATOR_MAX - 1, strlen(take(lines).etag));
	snprintf(lines, sizeof(lines), OK_206 "ETag: \"%.*s\"\n", VERSION_VALIDATOR_MAX - 2, etag);
	ATF_CHECK_STREQ("", take(lines).etag);
	reply = take(OK_206 "ETag: \"a\tb\"\nLast-Modified: \x80\n");
	ATF_CHECK_STREQ("", reply.etag);
	ATF_CHECK_STREQ("", reply.last_modified);
}

static uint32_t retry_s(const char *lines)
{
	struct reply reply = take(lines);

	return reply_retry_s(&reply);
}

CASE_ABOUT(retry_after_is_a_number_or_a_date_and_bounded,
	   "whoever writes a year there does not stop a host for a year")
{
	EQ(7u, retry_s("HTTP/1.1 503 x\nRetry-After: 7\n"));
	EQ(REPLY_RETRY_MOST_S, retry_s("HTTP/1.1 503 x\nRetry-After: 4294968\n"));
	EQ(0u, retry_s("HTTP/1.1 503 x\nRetry-After: -3\n"));
	/* Our own clock plays no part, and the order of the lines none either. */
	EQ(75u, retry_s("HTTP/1.1 503 x\nDate: Fri, 31 Dec 1999 23:59:00 GMT\n"
			"Retry-After: Sat, 01 Jan 2000 00:00:15 GMT\n"));
	EQ(61u, retry_s("HTTP/1.1 503 x\nRetry-After: Fri, 01 Mar 2024 00:00:01 GMT\n"
			"Date: Thu, 29 Feb 2024 23:59:00 GMT\n"));
	EQ(REPLY_RETRY_MOST_S, retry_s("HTTP/1.1 503 x\nDate: Thu, 01 Jan 1970 00:00:01 GMT\n"
				       "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\n"));
	EQ(0u, retry_s("HTTP/1.1 503 x\nDate: Fri, 31 Dec 1999 23:59:59 GMT\n"
		       "Retry-After: Fri, 31 Dec 1999 23:59:00 GMT\n"));
	EQ(0u, retry_s("HTTP/1.1 503 x\nRetry-After: Fri, 31 Dec 1999 23:59:59 GMT\n"));
	EQ(0u, retry_s("HTTP/1.1 503 x\nDate: Fri, 31 Dec 1999 23:59:00 GMT\n"
		       "Retry-After: Fri, 31 Dec 1999 24:59:59 GMT\n"));
	EQ(0u, retry_s("HTTP/1.1 503 x\nDate: Fri, 31 Dec 1999 23:59:00 GMT\n"
		       "Retry-After: Fri, 31 anF 1999 23:59:59 GMT\n"));
}

CASE(dates_are_seconds_since_1970)
{
	EQ(784111777, take("HTTP/1.1 503 x\nDate: Sun, 06 Nov 1994 08:49:37 GMT\n").date_s);
	EQ(951782400, take("HTTP/1.1 503 x\nDate: Tue, 29 Feb 2000 00:00:00 GMT\n").date_s);
	EQ(0, take("HTTP/1.1 503 x\nDate: Sunday, 06-Nov-94 08:49:37 GMT\n").date_s);
}

CASE(random_lines_never_crash_it)
{
	static const char *const parts[] = {"HTTP/1.1 ",
					    "206",
					    "Content-Range:",
					    " bytes ",
					    "-",
					    "/",
					    "Content-Length: ",
					    "9223372036854775807",
					    ":",
					    "ETag: ",
					    "\n",
					    "*",
					    "0",
					    "9",
					    "\x80"};
	char lines[1024];

	srand(4);
	for (int i = 0; i < 20000; i++) {
		struct reply reply;
		lines[0] = '\0';
		for (int j = rand() % 24; j > 0; j--)
			strcat(lines, parts[rand() % (int)(sizeof(parts) / sizeof(parts[0]))]);
		reply = take(lines);
		(void)judge(&reply, (uint64_t)rand(), 1 + (uint64_t)rand());
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, a_plain_range_answer_is_understood);
	ATF_TP_ADD_TC(tp, a_status_line_starts_afresh);
	ATF_TP_ADD_TC(tp, odd_status_lines_are_garbage);
	ATF_TP_ADD_TC(tp, hostile_content_ranges_are_garbage);
	ATF_TP_ADD_TC(tp, headers_that_contradict_themselves_are_garbage);
	ATF_TP_ADD_TC(tp, what_proxies_do_to_headers_is_understood);
	ATF_TP_ADD_TC(tp, a_part_is_a_part_though_its_status_is_200);
	ATF_TP_ADD_TC(tp, an_encoding_is_not_hidden_by_a_second_header);
	ATF_TP_ADD_TC(tp, a_validator_that_cannot_go_back_is_none);
	ATF_TP_ADD_TC(tp, retry_after_is_a_number_or_a_date_and_bounded);
	ATF_TP_ADD_TC(tp, dates_are_seconds_since_1970);
	ATF_TP_ADD_TC(tp, random_lines_never_crash_it);
	return atf_no_error();
}
