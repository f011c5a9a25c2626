/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "rig.h"

#define KIB  UINT64_C(1024)
#define MISS (128 * KIB)
#define SIZE (64 * 1024 * KIB)

static struct rig rig;
static struct object *object;

/* How far from off on everything is in the cache file. */
static uint64_t here_until(uint64_t off)
{
	while (off < SIZE && fake_transport_has(rig.transport, object->requests.file, off, 4096))
		off += 4096;
	return off;
}

/*
 * A reader in sequence from off on, as the kernel asks for it: what is not in the cache file, at most 128 KiB
 * at once. Returns where it stands: at the trigger of a window that is on its way or here.
 */
static uint64_t read_to_a_trigger(uint64_t off, uint64_t at_least)
{
	do {
		rig_ask(&rig, object, off, MISS);
		rig_serve_all(&rig, object);
		off = here_until(off);
	} while (off < SIZE && (off < at_least || here_until(off + 4096) == off + 4096));
	return off;
}

static void begin(void)
{
	rig_open(&rig, 0);
	object = rig_object(&rig, SIZE);
}

static void end(void)
{
	object_close(object);
	rig_close(&rig);
}

CASE(a_reader_who_comes_to_a_trigger_waits_for_nothing)
{
	uint64_t trigger;

	begin();
	trigger = read_to_a_trigger(0, 4096 * KIB);
	EQ(0u, fake_fetch_flying(rig.fetch));
	EQ(RIG_SERVED, rig_state(&rig, rig_ask(&rig, object, trigger, 4096)));
	/* And the next window is on its way. */
	EQ(1u, fake_fetch_flying(rig.fetch));
	EQ(0u, rig.transport->refills);
	rig_serve_all(&rig, object);
	end();
}

CASE(a_sequential_reader_sends_few_requests)
{
	begin();
	read_to_a_trigger(0, SIZE);
	ATF_CHECK_MSG(fake_fetch_begun(rig.fetch) < 40, "%" PRIu64, fake_fetch_begun(rig.fetch));
	ATF_CHECK_MSG(fake_fetch_sent(rig.fetch) <= SIZE + SIZE / 100, "%" PRIu64,
		      fake_fetch_sent(rig.fetch));
	end();
}

CASE_ABOUT(a_reader_who_asks_twice_at_once_sends_few_requests,
	   "the second one begins in what is read ahead for the first, and ends behind it")
{
	begin();
	for (uint64_t off = 0; off < SIZE; off += 2 * MISS) {
		rig_ask(&rig, object, off, MISS);
		rig_ask(&rig, object, off + MISS, MISS);
		rig_serve_all(&rig, object);
	}
	ATF_CHECK_MSG(fake_fetch_begun(rig.fetch) < 60, "%" PRIu64, fake_fetch_begun(rig.fetch));
	EQ(SIZE, fake_fetch_sent(rig.fetch));
	end();
}

CASE_ABOUT(a_request_from_a_trigger_over_its_whole_window_is_answered,
	   "the next window's trigger stands inside the very request that sets it off")
{
	uint64_t trigger;
	uint32_t id;

	begin();
	trigger = read_to_a_trigger(0, 4096 * KIB);
	id = rig_ask(&rig, object, trigger, 4096 * KIB);
	rig_serve_all(&rig, object);
	EQ(RIG_SERVED, rig_state(&rig, id));
	end();
}

CASE_ABOUT(a_trigger_is_not_set_on_a_block_that_somebody_waits_for,
	   "another reader's miss is on its way just where a stream's next window begins")
{
	uint64_t trigger, window_end;
	uint32_t other;

	begin();
	trigger = read_to_a_trigger(0, 4096 * KIB);
	window_end = here_until(trigger + 4096);
	other = rig_ask(&rig, object, window_end - 4096, MISS);
	ATF_CHECK(fake_fetch_flying(rig.fetch) > 0);
	EQ(RIG_SERVED, rig_state(&rig, rig_ask(&rig, object, trigger, 4096)));
	rig_serve_all(&rig, object);
	EQ(RIG_SERVED, rig_state(&rig, other));
	end();
}

/* One reader stands at a trigger; another one, which comes from the begin, reads ahead over it. */
CASE(a_block_that_is_kept_back_is_not_fetched_for_another_reader)
{
	uint64_t start = 40 * 1024 * KIB, trigger, off = 0;
	unsigned beyond = 0;

	begin();
	trigger = read_to_a_trigger(start, start + 2048 * KIB);
	while (off < start) {
		rig_ask(&rig, object, off, MISS);
		for (unsigned i = 0; i < fake_fetch_flying(rig.fetch); i++) {
			const struct fetch_transfer *transfer = fake_fetch_at(rig.fetch, i);

			ATF_CHECK(trigger < transfer->off || trigger >= transfer->off + transfer->len);
			beyond += transfer->off > trigger;
		}
		rig_serve_all(&rig, object);
		off = here_until(off);
	}
	/* It did read ahead so far, and the block is there for whoever comes. */
	ATF_CHECK(beyond > 0);
	EQ(RIG_SERVED, rig_state(&rig, rig_ask(&rig, object, trigger, 4096)));
	EQ(0u, rig.transport->refills);
	rig_serve_all(&rig, object);
	end();
}

CASE(that_all_is_here_is_said_also_when_a_trigger_was_the_last_hole)
{
	begin();
	read_to_a_trigger(0, SIZE);
	EQ(SIZE, here_until(0));
	EQ(1u, rig.news[OBJECT_ALL_HERE]);
	end();
}

CASE(closing_frees_the_triggers)
{
	begin();
	read_to_a_trigger(0, 4096 * KIB);
	end();
}

CASE(a_store_that_is_full_at_a_trigger_fails_its_reader)
{
	uint64_t trigger;
	uint32_t id;

	begin();
	trigger = read_to_a_trigger(0, 4096 * KIB);
	rig.transport->fill_error = -28;
	id = rig_ask(&rig, object, trigger, 4096);
	rig_serve_all(&rig, object);
	EQ(RIG_FAILED, rig_state(&rig, id));
	rig.transport->fill_error = 0;
	id = rig_ask(&rig, object, trigger, 4096);
	rig_serve_all(&rig, object);
	EQ(RIG_SERVED, rig_state(&rig, id));
	end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, a_reader_who_comes_to_a_trigger_waits_for_nothing);
	ATF_TP_ADD_TC(tp, a_sequential_reader_sends_few_requests);
	ATF_TP_ADD_TC(tp, a_reader_who_asks_twice_at_once_sends_few_requests);
	ATF_TP_ADD_TC(tp, a_request_from_a_trigger_over_its_whole_window_is_answered);
	ATF_TP_ADD_TC(tp, a_trigger_is_not_set_on_a_block_that_somebody_waits_for);
	ATF_TP_ADD_TC(tp, a_block_that_is_kept_back_is_not_fetched_for_another_reader);
	ATF_TP_ADD_TC(tp, that_all_is_here_is_said_also_when_a_trigger_was_the_last_hole);
	ATF_TP_ADD_TC(tp, closing_frees_the_triggers);
	ATF_TP_ADD_TC(tp, a_store_that_is_full_at_a_trigger_fails_its_reader);
	return atf_no_error();
}
