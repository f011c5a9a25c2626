/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "fake_fetch.h"
#include "fake_loop.h"
#include "fetch/contact.h"

static struct {
	struct loop *loop;
	struct fetch *fetch;
	struct blob blob;
	struct contact *contact; /* on the heap: use after its end shows */
	unsigned dones, troubles;
	enum blob_result result;
	char why[BLOB_WHY_MAX];
	bool ends_in_done;
} t;

static void drop(void)
{
	contact_end(t.contact);
	free(t.contact);
	t.contact = NULL;
}

static void on_done(struct contact *contact, enum blob_result result, const char *why)
{
	ATF_REQUIRE(contact == t.contact);
	t.dones++;
	t.result = result;
	snprintf(t.why, sizeof(t.why), "%s", why ? why : "");
	if (t.ends_in_done)
		drop();
}

static void on_trouble(struct contact *contact, const char *why)
{
	ATF_REQUIRE(contact == t.contact && why != NULL);
	t.troubles++;
}

static void prepare(void)
{
	t.loop = fake_loop_open();
	t.fetch = fake_fetch_open();
	MUST_EQ(0, blob_init(&t.blob, t.fetch, t.loop, "http://h/x"));
	t.contact = calloc(1, sizeof(*t.contact));
	t.contact->done = on_done;
	t.contact->trouble = on_trouble;
}

static void begin(uint32_t patience_s)
{
	prepare();
	MUST_EQ(0, contact_begin(t.contact, &t.blob, t.loop, 0, patience_s));
	EQ(0u, fake_fetch_flying(t.fetch));
	fake_loop_advance(t.loop, 0);
}

static void end(unsigned dones)
{
	EQ(dones, t.dones);
	if (t.contact)
		drop();
	blob_fini(&t.blob);
	fetch_close(t.fetch);
	loop_close(t.loop);
}

CASE(the_first_bytes_and_the_version_come_in_one_answer)
{
	begin(0);
	fake_fetch_serve(fake_fetch_at(t.fetch, 0), 1000000, "\"one\"");
	EQ(BLOB_DONE, t.result);
	EQ(CONTACT_HEAD, t.contact->head_len);
	for (unsigned i = 0; i < CONTACT_HEAD; i++)
		ATF_REQUIRE_EQ(fake_byte(i), t.contact->head[i]);
	EQ(1000000u, t.blob.mirrors[0].version.size);
	EQ(0u, t.troubles);
	end(1);
}

CASE(a_blob_smaller_than_the_head_is_whole)
{
	begin(0);
	fake_fetch_serve(fake_fetch_at(t.fetch, 0), 5000, NULL);
	EQ(5000u, t.contact->head_len);
	end(1);
}

CASE(trouble_is_waited_out_and_told_once)
{
	begin(30);
	for (int i = 0; i < 3; i++) {
		fake_fetch_end(fake_fetch_at(t.fetch, 0), "no connection");
		fake_loop_advance(t.loop, 1000);
	}
	EQ(0u, t.dones);
	EQ(1u, t.troubles);
	fake_fetch_serve(fake_fetch_at(t.fetch, 0), 5000, NULL);
	EQ(BLOB_DONE, t.result);
	end(1);
}

CASE(a_half_answer_leaves_nothing_behind)
{
	struct fetch_transfer *transfer;

	begin(30);
	transfer = fake_fetch_at(t.fetch, 0);
	fake_fetch_head_206(transfer, 1000000, "\"one\"");
	fake_fetch_body(transfer, 30000);
	fake_fetch_end(transfer, "reset");
	fake_loop_advance(t.loop, 1000);
	transfer = fake_fetch_at(t.fetch, 0);
	ATF_CHECK_STREQ("", transfer->if_range);
	fake_fetch_serve(transfer, 70000, "\"two\"");
	EQ(BLOB_DONE, t.result);
	EQ(CONTACT_HEAD, t.contact->head_len);
	EQ(70000u, t.blob.mirrors[0].version.size);
	ATF_CHECK_STREQ("\"two\"", t.blob.mirrors[0].version.etag);
	end(1);
}

CASE(patience_ends)
{
	uint64_t begun;

	begin(3);
	begun = loop_now_ms(t.loop);
	for (int i = 0; i < 1000 && !t.dones; i++) {
		if (fake_fetch_flying(t.fetch) > 0)
			fake_fetch_status(fake_fetch_at(t.fetch, 0), 503);
		fake_loop_advance(t.loop, 10);
	}
	EQ(BLOB_AGAIN, t.result);
	ATF_CHECK(loop_now_ms(t.loop) - begun <= 3010);
	ATF_CHECK_STREQ("the server answers 503 (Service Unavailable)", t.why);
	end(1);
}

CASE_ABOUT(no_patience_given_is_patience_for_ever, "a host without a disk has nothing else to do")
{
	uint64_t begun;

	begin(0);
	begun = loop_now_ms(t.loop);
	while (loop_now_ms(t.loop) - begun < 3600 * 1000) {
		if (fake_fetch_flying(t.fetch) > 0)
			fake_fetch_status(fake_fetch_at(t.fetch, 0), 503);
		fake_loop_advance(t.loop, 1000);
		EQ(0u, t.dones);
	}
	EQ(1u, t.troubles);
	end(0);
}

CASE_ABOUT(patience_ends_also_while_an_answer_drips, "a byte a second is no silence, and would take 18 hours")
{
	struct fetch_transfer *transfer;

	begin(3);
	transfer = fake_fetch_at(t.fetch, 0);
	fake_fetch_head_206(transfer, 1000000, NULL);
	for (int i = 0; i < 60 && !t.dones; i++) {
		fake_fetch_body(transfer, 1);
		fake_loop_advance(t.loop, 1000);
	}
	ATF_CHECK(strstr(t.why, "too slow: 3 of the first 65536 bytes came in 3 s") != NULL);
	end(1);
}

CASE(an_attempt_that_has_only_begun_is_not_too_slow)
{
	struct fetch_transfer *transfer;
	uint64_t begun;

	begin(3);
	begun = loop_now_ms(t.loop);
	while (loop_now_ms(t.loop) - begun < 1500) {
		if (fake_fetch_flying(t.fetch) > 0)
			fake_fetch_end(fake_fetch_at(t.fetch, 0), "reset");
		fake_loop_advance(t.loop, 10);
	}
	for (; !t.dones; fake_loop_advance(t.loop, 10)) {
		if (fake_fetch_flying(t.fetch) == 0 || t.contact->head_len > 0)
			continue;
		transfer = fake_fetch_at(t.fetch, 0);
		fake_fetch_head_206(transfer, 1000000, NULL);
		fake_fetch_body(transfer, 1);
	}
	ATF_CHECK_STREQ("reset", t.why);
	end(1);
}

CASE(a_considered_no_is_final)
{
	begin(0);
	fake_fetch_status(fake_fetch_at(t.fetch, 0), 404);
	EQ(BLOB_WRONG, t.result);
	EQ(0u, t.troubles);
	EQ(0u, fake_loop_armed(t.loop));
	end(1);
}

CASE_ABOUT(a_no_that_may_pass_is_final_after_a_while,
	   "a cache that is being filled sends whole files at first")
{
	for (unsigned wholes = 1; wholes < 8; wholes++) {
		begin(30);
		for (unsigned i = 0; i < wholes && !t.dones; i++) {
			fake_fetch_head(fake_fetch_at(t.fetch, 0),
					"HTTP/1.1 200 OK\nContent-Length: 1000000\n");
			fake_loop_advance(t.loop, 2000);
		}
		if (wholes < CONTACT_DOUBTS_MAX)
			fake_fetch_serve(fake_fetch_at(t.fetch, 0), 1000000, NULL);
		EQ(wholes < CONTACT_DOUBTS_MAX ? BLOB_DONE : BLOB_WRONG, t.result);
		EQ(1u, t.troubles);
		t.troubles = 0;
		end(1);
		t.dones = 0;
	}
	/* Or when the patience ends. */
	begin(1);
	while (!t.dones) {
		if (fake_fetch_flying(t.fetch) > 0)
			fake_fetch_head(fake_fetch_at(t.fetch, 0),
					"HTTP/1.1 200 OK\nContent-Length: 1000000\n");
		fake_loop_advance(t.loop, 100);
	}
	EQ(BLOB_WRONG, t.result);
	end(1);
}

CASE(it_may_be_ended_from_its_own_done)
{
	t.ends_in_done = true;
	begin(0);
	fake_fetch_serve(fake_fetch_at(t.fetch, 0), 5000, NULL);
	end(1);
}

CASE(it_may_be_ended_from_done_when_memory_is_short)
{
	t.ends_in_done = true;
	prepare();
	fake_fetch_refuse(t.fetch, 1);
	MUST_EQ(0, contact_begin(t.contact, &t.blob, t.loop, 0, 0));
	fake_loop_advance(t.loop, 0);
	EQ(BLOB_AGAIN, t.result);
	end(1);
}

CASE(ending_it_in_mid_flight_or_mid_pause_leaves_nothing)
{
	begin(0);
	end(0);
	begin(0);
	fake_fetch_end(fake_fetch_at(t.fetch, 0), "reset");
	EQ(0u, fake_fetch_flying(t.fetch));
	end(0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, the_first_bytes_and_the_version_come_in_one_answer);
	ATF_TP_ADD_TC(tp, a_blob_smaller_than_the_head_is_whole);
	ATF_TP_ADD_TC(tp, trouble_is_waited_out_and_told_once);
	ATF_TP_ADD_TC(tp, a_half_answer_leaves_nothing_behind);
	ATF_TP_ADD_TC(tp, patience_ends);
	ATF_TP_ADD_TC(tp, no_patience_given_is_patience_for_ever);
	ATF_TP_ADD_TC(tp, patience_ends_also_while_an_answer_drips);
	ATF_TP_ADD_TC(tp, an_attempt_that_has_only_begun_is_not_too_slow);
	ATF_TP_ADD_TC(tp, a_considered_no_is_final);
	ATF_TP_ADD_TC(tp, a_no_that_may_pass_is_final_after_a_while);
	ATF_TP_ADD_TC(tp, it_may_be_ended_from_its_own_done);
	ATF_TP_ADD_TC(tp, it_may_be_ended_from_done_when_memory_is_short);
	ATF_TP_ADD_TC(tp, ending_it_in_mid_flight_or_mid_pause_leaves_nothing);
	return atf_no_error();
}
