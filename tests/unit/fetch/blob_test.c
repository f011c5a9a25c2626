/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "fake_fetch.h"
#include "fake_loop.h"
#include "fetch/blob.h"
#include "fetch/mirror_name.h"

/* One transfer of a blob, and what came of it. */
static struct {
	struct fetch *fetch;
	struct loop *loop;
	struct blob blob;
	struct blob_transfer get;
	uint64_t got;
	bool is_refusing;
	unsigned dones;
	enum blob_result result;
	char why[BLOB_WHY_MAX];
} t;

static size_t on_data(void *arg, const uint8_t *bytes, size_t len)
{
	ATF_REQUIRE(arg == &t);
	for (size_t i = 0; i < len; i++)
		ATF_REQUIRE_EQ(fake_byte(t.get.off + t.got + i), bytes[i]);
	t.got += len;
	return t.is_refusing ? FETCH_REFUSE : len;
}

static void on_done(void *arg, enum blob_result result, const char *why)
{
	ATF_REQUIRE(arg == &t);
	t.dones++;
	t.result = result;
	ATF_CHECK_EQ(result == BLOB_DONE || result == BLOB_REFUSED, why == NULL);
	snprintf(t.why, sizeof(t.why), "%s", why ? why : "");
}

static struct fetch_transfer *begin(uint64_t off, uint64_t len)
{
	static const struct blob_events events = {.data = on_data, .done = on_done};

	if (!t.fetch) {
		t.fetch = fake_fetch_open();
		t.loop = fake_loop_open();
		MUST_EQ(0, blob_init(&t.blob, t.fetch, t.loop, "http://a/x"));
	}
	t.got = t.dones = 0;
	MUST_EQ(0, blob_get(&t.blob, &t.get, off, len, 0, &events, &t));
	return fake_fetch_at(t.fetch, 0);
}

static void end(enum blob_result result)
{
	EQ(1u, t.dones);
	ATF_CHECK_EQ_MSG(result, t.result, "result %d: %s", (int)t.result, t.why);
	blob_cancel(&t.get);
}

static void fini(void)
{
	blob_fini(&t.blob);
	fetch_close(t.fetch);
}

CASE(the_first_answer_sets_the_version)
{
	struct fetch_transfer *transfer = begin(0, 65536);

	ATF_CHECK_STREQ("", transfer->if_range);
	fake_fetch_serve(transfer, 10000, "\"one\"");
	end(BLOB_DONE);
	EQ(10000u, t.got);
	ATF_CHECK(t.blob.is_known);
	EQ(10000u, t.blob.mirrors[0].version.size);
	transfer = begin(4096, 4096);
	ATF_CHECK_STREQ("\"one\"", transfer->if_range);
	fake_fetch_serve(transfer, 10000, "\"one\"");
	end(BLOB_DONE);
	EQ(4096u, t.got);
	fini();
}

CASE(another_version_is_noticed_before_a_byte_of_it_is_used)
{
	static const char *const others[] = {
		"HTTP/1.1 206 x\nContent-Range: bytes 8192-9999/10000\nETag: \"two\"\n",
		"HTTP/1.1 206 x\nContent-Range: bytes 8192-9998/9999\nETag: \"one\"\n", "HTTP/1.1 416 x\n",
		"HTTP/1.1 200 OK\nContent-Length: 20000\nETag: \"two\"\n"};

	fake_fetch_serve(begin(0, 65536), 10000, "\"one\"");
	end(BLOB_DONE);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		unsigned asked = 0;

		for (begin(8192, 1808); fake_fetch_flying(t.fetch) > 0; asked++)
			fake_fetch_head(fake_fetch_at(t.fetch, 0), others[i]);
		ATF_CHECK_MSG(asked == 8, "%zu: %u requests", i, asked);
		end(BLOB_CHANGED);
	}
	EQ(0u, t.got);
	EQ(10000u, t.blob.mirrors[0].version.size);
	fini();
}

CASE_ABOUT(of_two_versions_behind_one_name_the_known_one_is_used,
	   "each answer may be another server's; only several in a row mean that it was replaced")
{
	fake_fetch_serve(begin(0, 4096), 10000, "\"one\"");
	end(BLOB_DONE);
	for (int others = 1; others < 8; others++) {
		begin(0, 4096);
		for (int i = 0; i < others; i++)
			fake_fetch_head(fake_fetch_at(t.fetch, 0),
					i % 2 ? "HTTP/1.1 200 OK\nContent-Length: 10000\nETag: \"two\"\n"
					      : "HTTP/1.1 206 x\nContent-Range: bytes 0-4095/9999\n");
		fake_fetch_serve(fake_fetch_at(t.fetch, 0), 10000, "\"one\"");
		end(BLOB_DONE);
		ATF_CHECK(t.blob.has_two_versions);
	}
	fini();
}

CASE(a_body_cut_short_is_no_success)
{
	struct fetch_transfer *transfer = begin(0, 8192);

	fake_fetch_head_206(transfer, 100000, NULL);
	fake_fetch_body(transfer, 8191);
	fake_fetch_end(transfer, NULL);
	end(BLOB_AGAIN);
	EQ(8191u, t.got);
	transfer = begin(0, 8192);
	fake_fetch_head_206(transfer, 100000, NULL);
	fake_fetch_body(transfer, 100);
	fake_fetch_end(transfer, "the connection was reset");
	end(BLOB_AGAIN);
	ATF_CHECK_STREQ("the connection was reset", t.why);
	fini();
}

CASE(a_body_too_long_never_yields_more_than_was_asked_for)
{
	struct fetch_transfer *transfer = begin(0, 8192);

	fake_fetch_head(transfer, "HTTP/1.1 206 x\nContent-Range: bytes 0-8191/100000\n");
	ATF_CHECK(fake_fetch_body(transfer, 8192));
	ATF_CHECK(!fake_fetch_body(transfer, 1));
	end(BLOB_AGAIN);
	EQ(8192u, t.got);
	ATF_CHECK_STREQ("the answer is longer than the server promised", t.why);
	fini();
}

CASE(what_may_pass_is_told_from_what_will_not)
{
	static const int again[] = {408, 425, 429, 500, 502, 503, 504, 599},
			 wrong[] = {301, 401, 403, 404, 410};

	for (size_t i = 0; i < sizeof(again) / sizeof(again[0]); i++) {
		fake_fetch_status(begin(0, 100), again[i]);
		end(BLOB_AGAIN);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		fake_fetch_status(begin(0, 100), wrong[i]);
		end(BLOB_WRONG);
	}
	fake_fetch_head(begin(0, 100), "HTTP/1.1 200 OK\nContent-Length: 101\n");
	end(BLOB_DOUBTED);
	fake_fetch_head(begin(0, 100), "HTTP/1.1 503 x\nRetry-After: 9\n");
	end(BLOB_AGAIN);
	ATF_CHECK(blob_quiet_ms(&t.blob) >= 9000 && blob_quiet_ms(&t.blob) < 10000);
	ATF_CHECK(!t.blob.is_known);
	fini();
}

CASE_ABOUT(a_server_that_sends_a_part_at_a_time_is_asked_for_the_next, "RFC 9110, 15.3.7")
{
	struct fetch_transfer *transfer = begin(0, 65536);

	for (uint64_t off = 0; off < 65536; off += 16384) {
		char lines[128];

		transfer = fake_fetch_at(t.fetch, 0);
		EQ(off, transfer->off);
		EQ(65536 - off, transfer->len);
		ATF_CHECK_STREQ(off ? "\"one\"" : "", transfer->if_range);
		snprintf(lines, sizeof(lines),
			 "HTTP/1.1 206 x\nContent-Range: bytes %" PRIu64 "-%" PRIu64
			 "/100000\nETag: \"one\"\n",
			 off, off + 16383);
		ATF_CHECK(fake_fetch_head(transfer, lines));
		ATF_CHECK(fake_fetch_body(transfer, 16384));
		fake_fetch_end(transfer, NULL);
	}
	end(BLOB_DONE);
	EQ(65536u, t.got);
	EQ(100000u, t.blob.size);
	fini();
}

CASE(parts_of_two_versions_are_not_put_together)
{
	struct fetch_transfer *transfer = begin(0, 100);

	fake_fetch_head(transfer, "HTTP/1.1 206 x\nContent-Range: bytes 0-9/1000\nETag: \"one\"\n");
	fake_fetch_body(transfer, 10);
	fake_fetch_end(transfer, NULL);
	while (fake_fetch_flying(t.fetch) > 0)
		fake_fetch_serve(fake_fetch_at(t.fetch, 0), 1000, "\"two\"");
	end(BLOB_CHANGED);
	EQ(10u, t.got);
	ATF_CHECK(!t.blob.is_known);
	fini();
}

CASE(a_part_cut_short_is_no_success)
{
	struct fetch_transfer *transfer = begin(0, 100);

	fake_fetch_head(transfer, "HTTP/1.1 206 x\nContent-Range: bytes 0-9/1000\n");
	fake_fetch_body(transfer, 9);
	fake_fetch_end(transfer, NULL);
	end(BLOB_AGAIN);
	/* Nor is one without its continuation. */
	transfer = begin(0, 100);
	fake_fetch_head(transfer, "HTTP/1.1 206 x\nContent-Range: bytes 0-9/1000\n");
	fake_fetch_body(transfer, 10);
	fake_fetch_refuse(t.fetch, 1);
	fake_fetch_end(transfer, NULL);
	end(BLOB_AGAIN);
	ATF_CHECK_STREQ("out of memory", t.why);
	ATF_CHECK(!t.blob.is_known);
	fini();
}

CASE_ABOUT(the_head_of_an_answer_binds_nobody, "it may lie about the size, and never end")
{
	struct fetch_transfer *transfer = begin(0, 65536);

	fake_fetch_head_206(transfer, 10000, "\"one\"");
	fake_fetch_body(transfer, 9999);
	ATF_CHECK(!t.blob.is_known && !t.blob.mirrors[0].is_known);
	fake_fetch_body(transfer, 1);
	ATF_CHECK(!t.blob.is_known);
	fake_fetch_end(transfer, NULL);
	ATF_CHECK(t.blob.is_known && t.blob.mirrors[0].is_known);
	end(BLOB_DONE);
	fini();
}

/* The answers to a range that ends behind the blob, which has 5000 bytes; and what is asked for next. */
CASE(a_range_beyond_the_end_is_asked_for_again_without_what_is_not_there)
{
	static const struct {
		const char *answer;
		uint64_t len;
	} beyond[] = {{"HTTP/1.1 416 x\nContent-Range: bytes */5000\n", 5000},
		      {"HTTP/1.1 206 x\nContent-Range: bytes 0-5000/5000\nContent-Length: 5001\n", 5000},
		      {"HTTP/1.1 416 x\n", FETCH_WHOLE},
		      {"HTTP/1.1 416 x\nContent-Range: nonsense\n", 0},
		      {"HTTP/1.1 400 x\n", FETCH_WHOLE}};

	for (size_t i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++) {
		fake_fetch_head(begin(0, 65536), beyond[i].answer);
		if (beyond[i].len) {
			ATF_REQUIRE_EQ(1u, fake_fetch_flying(t.fetch));
			EQ(beyond[i].len, fake_fetch_at(t.fetch, 0)->len);
			fake_fetch_serve(fake_fetch_at(t.fetch, 0), 5000, NULL);
			end(BLOB_DONE);
			EQ(5000u, t.got);
			EQ(5000u, t.blob.size);
		}
		blob_forget(&t.blob);
	}
	fini();
}

CASE(who_refuses_any_range_is_asked_a_few_times_and_then_believed)
{
	static const char *const refusals[] = {"HTTP/1.1 416 x\nContent-Range: bytes */5000\n",
					       "HTTP/1.1 416 x\n", "HTTP/1.1 400 x\n",
					       "HTTP/1.1 416 x\nContent-Range: bytes */0\n"};
	unsigned asked;

	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		begin(0, 65536);
		for (asked = 0; fake_fetch_flying(t.fetch) > 0; asked++)
			fake_fetch_head(fake_fetch_at(t.fetch, 0), refusals[i]);
		ATF_CHECK_MSG(asked <= 3, "%zu: %u requests", i, asked);
		end(BLOB_WRONG);
	}
	ATF_CHECK_STREQ("it is empty", t.why);
	/* One that has the whole, which is too much. */
	fake_fetch_head(begin(0, 65536), "HTTP/1.1 400 x\n");
	fake_fetch_head(fake_fetch_at(t.fetch, 0), "HTTP/1.1 200 x\nContent-Length: 70000\n");
	end(BLOB_DOUBTED);
	ATF_CHECK_STREQ("the server does not do range requests, it sends the whole file", t.why);
	fini();
}

CASE(a_whole_small_file_is_taken_for_what_it_is)
{
	struct fetch_transfer *transfer = begin(0, 65536);

	fake_fetch_head(transfer, "HTTP/1.1 200 x\nContent-Length: 5000\n");
	fake_fetch_body(transfer, 5000);
	fake_fetch_end(transfer, NULL);
	end(BLOB_DONE);
	EQ(5000u, t.blob.size);
	/* Without a length it ends where it ends, .. */
	blob_forget(&t.blob);
	transfer = begin(0, 65536);
	fake_fetch_head(transfer, "HTTP/1.1 200 x\n");
	fake_fetch_body(transfer, 5001);
	fake_fetch_end(transfer, NULL);
	end(BLOB_DONE);
	EQ(5001u, t.blob.size);
	/* .. or goes on. */
	blob_forget(&t.blob);
	transfer = begin(0, 65536);
	fake_fetch_head(transfer, "HTTP/1.1 200 x\n");
	fake_fetch_body(transfer, 65536);
	fake_fetch_body(transfer, 1);
	end(BLOB_DOUBTED);
	ATF_CHECK_STREQ("the server does not do range requests, it sends the whole file", t.why);
	fini();
}

CASE_ABOUT(where_hashes_prove_the_bytes_a_blob_may_end_where_nothing_more_comes,
	   "Content-Range: bytes A-B/*, and then 416")
{
	struct fetch_transfer *transfer = begin(0, 65536);

	t.blob.is_proven = true;
	blob_cancel(&t.get);
	transfer = begin(0, 65536);
	fake_fetch_head(transfer, "HTTP/1.1 206 x\nContent-Range: bytes 0-4999/*\n");
	fake_fetch_body(transfer, 5000);
	fake_fetch_end(transfer, NULL);
	EQ(5000u, fake_fetch_at(t.fetch, 0)->off);
	fake_fetch_head(fake_fetch_at(t.fetch, 0), "HTTP/1.1 416 x\n");
	end(BLOB_DONE);
	EQ(5000u, t.blob.size);
	fini();
}

CASE(no_answer_at_all_may_pass)
{
	fake_fetch_end(begin(0, 100), "no connection to the server");
	end(BLOB_AGAIN);
	fake_fetch_end(begin(0, 100), NULL);
	end(BLOB_AGAIN);
	fini();
}

CASE(an_owner_that_refuses_ends_the_transfer)
{
	struct fetch_transfer *transfer = begin(0, 8192);

	t.is_refusing = true;
	fake_fetch_head_206(transfer, 100000, NULL);
	ATF_CHECK(!fake_fetch_body(transfer, 10));
	end(BLOB_REFUSED);
	fini();
}

CASE(a_redirect_is_remembered_until_it_fails)
{
	struct fetch_transfer *transfer = begin(0, 100);
	char names[200];

	strcpy(transfer->effective_url, "http://b/y?token=1");
	fake_fetch_serve(transfer, 1000, NULL);
	end(BLOB_DONE);
	/* If what it sent is wrong, this is where to look. */
	mirror_name_list(t.blob.mirrors, t.blob.mirror_count, 1, names, sizeof(names));
	ATF_CHECK_STREQ("http://a/x (redirected to http://b/y)", names);
	/* A target that expires costs a request, and no more: not a pause, nor a line. */
	for (int i = 0; i < 10; i++) {
		transfer = begin(0, 100);
		ATF_CHECK_STREQ("http://b/y?token=1", transfer->url);
		fake_fetch_serve(transfer, 1000, NULL);
		end(BLOB_DONE);
		fake_fetch_status(begin(0, 100), 403);
		transfer = fake_fetch_at(t.fetch, 0);
		ATF_CHECK_STREQ("http://a/x", transfer->url);
		strcpy(transfer->effective_url, "http://b/y?token=1");
		fake_fetch_serve(transfer, 1000, NULL);
		end(BLOB_DONE);
	}
	fake_fetch_end(begin(0, 100), "no connection");
	end(BLOB_AGAIN);
	mirror_name_list(t.blob.mirrors, t.blob.mirror_count, 1, names, sizeof(names));
	ATF_CHECK_STREQ("http://a/x", names);
	ATF_CHECK_STREQ("http://a/x", begin(0, 100)->url);
	blob_cancel(&t.get);
	fini();
}

CASE_ABOUT(targets_that_are_for_one_request_each_are_not_kept, "a 307 to what is signed for this range alone")
{
	struct fetch_transfer *transfer;
	unsigned refused = 0;

	for (uint64_t i = 0; i < 20; i++) {
		transfer = begin(i * 100, 100);
		if (strcmp(transfer->url, "http://a/x") != 0) {
			refused++;
			fake_fetch_status(transfer, 403);
			transfer = fake_fetch_at(t.fetch, 0);
			ATF_CHECK_STREQ("http://a/x", transfer->url);
		}
		snprintf(transfer->effective_url, sizeof(transfer->effective_url), "http://b/%" PRIu64, i);
		fake_fetch_serve(transfer, 10000, NULL);
		end(BLOB_DONE);
	}
	EQ((unsigned)MIRROR_VAIN_MAX, refused);
	fini();
}

CASE(what_a_target_refuses_the_mirror_may_refuse_too)
{
	struct fetch_transfer *transfer = begin(0, 100);

	strcpy(transfer->effective_url, "http://b/y");
	fake_fetch_serve(transfer, 1000, NULL);
	fake_fetch_status(begin(0, 100), 403);
	fake_fetch_status(fake_fetch_at(t.fetch, 0), 404);
	end(BLOB_WRONG);
	ATF_CHECK_STREQ("the server answers 404 (Not Found)", t.why);
	fini();
}

CASE(a_cancelled_transfer_says_nothing_more)
{
	begin(0, 100);
	blob_cancel(&t.get);
	blob_cancel(&t.get);
	EQ(0u, t.dones);
	EQ(0u, fake_fetch_flying(t.fetch));
	fini();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, the_first_answer_sets_the_version);
	ATF_TP_ADD_TC(tp, another_version_is_noticed_before_a_byte_of_it_is_used);
	ATF_TP_ADD_TC(tp, of_two_versions_behind_one_name_the_known_one_is_used);
	ATF_TP_ADD_TC(tp, a_body_cut_short_is_no_success);
	ATF_TP_ADD_TC(tp, a_body_too_long_never_yields_more_than_was_asked_for);
	ATF_TP_ADD_TC(tp, what_may_pass_is_told_from_what_will_not);
	ATF_TP_ADD_TC(tp, a_server_that_sends_a_part_at_a_time_is_asked_for_the_next);
	ATF_TP_ADD_TC(tp, parts_of_two_versions_are_not_put_together);
	ATF_TP_ADD_TC(tp, a_part_cut_short_is_no_success);
	ATF_TP_ADD_TC(tp, the_head_of_an_answer_binds_nobody);
	ATF_TP_ADD_TC(tp, a_range_beyond_the_end_is_asked_for_again_without_what_is_not_there);
	ATF_TP_ADD_TC(tp, who_refuses_any_range_is_asked_a_few_times_and_then_believed);
	ATF_TP_ADD_TC(tp, a_whole_small_file_is_taken_for_what_it_is);
	ATF_TP_ADD_TC(tp, where_hashes_prove_the_bytes_a_blob_may_end_where_nothing_more_comes);
	ATF_TP_ADD_TC(tp, no_answer_at_all_may_pass);
	ATF_TP_ADD_TC(tp, an_owner_that_refuses_ends_the_transfer);
	ATF_TP_ADD_TC(tp, a_redirect_is_remembered_until_it_fails);
	ATF_TP_ADD_TC(tp, targets_that_are_for_one_request_each_are_not_kept);
	ATF_TP_ADD_TC(tp, what_a_target_refuses_the_mirror_may_refuse_too);
	ATF_TP_ADD_TC(tp, a_cancelled_transfer_says_nothing_more);
	return atf_no_error();
}
