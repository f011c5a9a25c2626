/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "fake_fetch.h"
#include "fake_loop.h"
#include "fetch/blob.h"

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
	fake_fetch_serve(begin(0, 65536), 10000, "\"one\"");
	end(BLOB_DONE);
	fake_fetch_serve(begin(0, 4096), 10000, "\"two\"");
	end(BLOB_CHANGED);
	fake_fetch_serve(begin(0, 4096), 9999, "\"one\"");
	end(BLOB_CHANGED);
	fake_fetch_status(begin(8192, 1808), 416);
	end(BLOB_CHANGED);
	fake_fetch_head(begin(0, 4096), "HTTP/1.1 200 OK\nContent-Length: 20000\nETag: \"two\"\n");
	end(BLOB_CHANGED);
	EQ(0u, t.got);
	EQ(10000u, t.blob.mirrors[0].version.size);
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
			 wrong[] = {301, 400, 401, 403, 404, 410, 416};

	for (size_t i = 0; i < sizeof(again) / sizeof(again[0]); i++) {
		fake_fetch_status(begin(0, 100), again[i]);
		end(BLOB_AGAIN);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		fake_fetch_status(begin(0, 100), wrong[i]);
		end(BLOB_WRONG);
	}
	fake_fetch_head(begin(0, 100), "HTTP/1.1 200 OK\nContent-Length: 100\n");
	end(BLOB_WRONG);
	fake_fetch_head(begin(0, 100), "HTTP/1.1 503 x\nRetry-After: 9\n");
	end(BLOB_AGAIN);
	ATF_CHECK(blob_quiet_ms(&t.blob) >= 9000 && blob_quiet_ms(&t.blob) < 10000);
	ATF_CHECK(!t.blob.is_known);
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

	strcpy(transfer->effective_url, "http://b/y");
	fake_fetch_serve(transfer, 1000, NULL);
	end(BLOB_DONE);
	transfer = begin(0, 100);
	ATF_CHECK_STREQ("http://b/y", transfer->url);
	fake_fetch_status(transfer, 403);
	end(BLOB_WRONG);
	transfer = begin(0, 100);
	ATF_CHECK_STREQ("http://a/x", transfer->url);
	fake_fetch_serve(transfer, 1000, NULL);
	end(BLOB_DONE);
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
	ATF_TP_ADD_TC(tp, a_body_cut_short_is_no_success);
	ATF_TP_ADD_TC(tp, a_body_too_long_never_yields_more_than_was_asked_for);
	ATF_TP_ADD_TC(tp, what_may_pass_is_told_from_what_will_not);
	ATF_TP_ADD_TC(tp, no_answer_at_all_may_pass);
	ATF_TP_ADD_TC(tp, an_owner_that_refuses_ends_the_transfer);
	ATF_TP_ADD_TC(tp, a_redirect_is_remembered_until_it_fails);
	ATF_TP_ADD_TC(tp, a_cancelled_transfer_says_nothing_more);
	return atf_no_error();
}
