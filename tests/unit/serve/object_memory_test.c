/* SPDX-License-Identifier: MIT */
/* Objects whose blocks are in memory, until the kernel has them. The fake transport checks every byte of every answer. */
#include "unit.h"

#include "base/block.h"
#include "rig.h"

#include <errno.h>

#define KIB UINT64_C(1024)

static struct rig rig;

static struct object *begin(uint64_t memory_size)
{
	rig_open(&rig, 0);
	rig_use_memory(&rig, memory_size);
	return rig_object(&rig, 4096 * KIB);
}

static void end(struct object *object)
{
	object_close(object);
	rig_close(&rig);
}

CASE(an_answer_has_exactly_the_bytes_that_were_asked_for_and_leaves_nothing)
{
	static const uint64_t ranges[][2] = {{0, 4096},
					     {5, 100},
					     {4095, 2},
					     {8191, 8194},
					     {4096 * KIB - 1, 1},
					     {100 * KIB, 64 * KIB},
					     {200 * KIB + 7, 128 * KIB}};
	struct object *object = begin(1024 * KIB);

	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++) {
		uint32_t id = rig_ask(&rig, object, ranges[i][0], ranges[i][1]);

		EQ(RIG_WAITS, rig_state(&rig, id));
		rig_serve_all(&rig, object);
		EQ(RIG_SERVED, rig_state(&rig, id));
	}
	/* Up to seven blocks beside each were read ahead; none of those asked for is left. */
	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
		ATF_CHECK(!present_has(&object->present, block_floor(ranges[i][0]),
				       block_floor(ranges[i][0]) + BLOCK_SIZE));
	end(object);
}

CASE(what_the_kernel_has_is_fetched_again_when_it_asks_again)
{
	struct object *object = begin(1024 * KIB);
	uint64_t begun;
	uint32_t id;

	rig_ask(&rig, object, 64 * KIB, 64 * KIB);
	rig_serve_all(&rig, object);
	begun = fake_fetch_begun(rig.fetch);
	id = rig_ask(&rig, object, 64 * KIB, 64 * KIB);
	EQ(RIG_WAITS, rig_state(&rig, id));
	rig_serve_all(&rig, object);
	EQ(RIG_SERVED, rig_state(&rig, id));
	ATF_CHECK(fake_fetch_begun(rig.fetch) > begun);
	end(object);
}

/* A reader in sequence earns read-ahead. Returns where it reads on. */
static uint64_t read_in_sequence(struct object *object, uint64_t until)
{
	uint64_t off = 0;

	for (; off < until; off += 32 * KIB) {
		rig_ask(&rig, object, off, 32 * KIB);
		rig_serve_all(&rig, object);
	}
	return off;
}

CASE(what_is_read_ahead_is_held_and_answers_without_a_fetch)
{
	struct object *object = begin(4096 * KIB);
	uint64_t off = read_in_sequence(object, 512 * KIB);
	uint32_t id;

	ATF_REQUIRE(present_has(&object->present, off + 32 * KIB, off + 64 * KIB));
	id = rig_ask(&rig, object, off + 32 * KIB, 32 * KIB);
	EQ(RIG_SERVED, rig_state(&rig, id));
	EQ(0u, fake_fetch_flying(rig.fetch));
	ATF_CHECK(!present_has(&object->present, off + 32 * KIB, off + 36 * KIB));
	end(object);
}

CASE(a_block_that_another_request_waits_for_is_held_after_an_answer)
{
	struct object *object = begin(1024 * KIB);
	uint32_t first = rig_ask(&rig, object, 0, 8 * KIB), both = rig_ask(&rig, object, 4 * KIB, 16 * KIB);

	rig_serve(&rig, 0, object);
	EQ(RIG_SERVED, rig_state(&rig, first));
	EQ(RIG_WAITS, rig_state(&rig, both));
	ATF_CHECK(present_has(&object->present, 4 * KIB, 8 * KIB));
	rig_serve_all(&rig, object);
	EQ(RIG_SERVED, rig_state(&rig, both));
	ATF_CHECK(!present_has(&object->present, 4 * KIB, 8 * KIB));
	end(object);
}

CASE(nothing_is_fetched_for_requests_beyond_half_of_the_memory_until_there_is_room)
{
	struct object *object = begin(MEMORY_STEP);
	uint32_t first = rig_ask(&rig, object, 0, 128 * KIB), second;
	uint64_t begun = fake_fetch_begun(rig.fetch);

	second = rig_ask(&rig, object, 1024 * KIB, 4 * KIB);
	EQ(begun, fake_fetch_begun(rig.fetch));
	rig_serve(&rig, 0, object);
	EQ(RIG_SERVED, rig_state(&rig, first));
	rig_serve_all(&rig, object);
	EQ(RIG_SERVED, rig_state(&rig, second));
	end(object);
}

CASE_ABOUT(a_landing_larger_than_the_memory_leaves_what_fits,
	   "a block is believed to be here only while it is")
{
	struct object *object = begin(MEMORY_STEP);
	uint64_t took;
	uint8_t *bytes = aligned_alloc(BLOCK_SIZE, 2 * MEMORY_STEP);
	uint32_t id;

	ATF_REQUIRE(bytes != NULL);
	for (uint64_t off = 0; off < 2 * MEMORY_STEP; off++)
		bytes[off] = fake_byte(off);
	MUST_EQ(0, present_land(&object->present, bytes, 0, 2 * MEMORY_STEP, &took));
	EQ(2u * MEMORY_STEP, took);
	EQ(MEMORY_STEP, memory_used(rig.table.memory));
	EQ(MEMORY_STEP / BLOCK_SIZE, object->present.blocks.marked_count);
	ATF_CHECK(present_has(&object->present, MEMORY_STEP, 2 * MEMORY_STEP));
	id = rig_ask(&rig, object, 0, 4 * KIB);
	EQ(RIG_WAITS, rig_state(&rig, id));
	rig_serve_all(&rig, object);
	EQ(RIG_SERVED, rig_state(&rig, id));
	free(bytes);
	end(object);
}

CASE(a_landing_that_takes_the_place_of_its_own_blocks_fails_nobody)
{
	struct object *object = begin(MEMORY_STEP);
	uint32_t id;

	/* One block of these has to stay. */
	rig_ask(&rig, object, 1024 * KIB, 4 * KIB);
	rig_ask(&rig, object, 1024 * KIB, 8 * KIB);
	rig_serve(&rig, 0, object);
	MUST_EQ(0, flight_begin(&object->fill.flights, 0, MEMORY_STEP));
	id = rig_ask(&rig, object, MEMORY_STEP - 4 * KIB, 8 * KIB);
	EQ(0u, fake_fetch_at(rig.fetch, 1)->off);
	rig_serve(&rig, 1, object);
	EQ(RIG_WAITS, rig_state(&rig, id));
	rig_serve_all(&rig, object);
	EQ(RIG_SERVED, rig_state(&rig, id));
	end(object);
}

CASE(a_request_that_is_interrupted_is_answered_and_its_blocks_may_go)
{
	struct object *object = begin(MEMORY_STEP);
	uint32_t id = rig_ask(&rig, object, 0, 128 * KIB), parked = rig_ask(&rig, object, 512 * KIB, 8 * KIB);

	ATF_CHECK(object_abandon(object, id));
	EQ(-EINTR, rig.transport->requests[id].err);
	ATF_CHECK(!object_abandon(object, id) && !object_abandon(object, 0));
	ATF_CHECK(object_abandon(object, parked));
	EQ(-EINTR, rig.transport->requests[parked].err);
	rig_serve_all(&rig, object);
	end(object);
}

/* A reader in sequence. Returns where it stands: at the trigger of a window that is here, behind at_least. */
static uint64_t read_to_a_trigger(struct object *object, uint64_t at_least)
{
	uint64_t off = 0;

	while (off < at_least || trigger_find_here(&object->present.triggers, off, off + 1) > off) {
		ATF_REQUIRE(off < object->blob->size);
		rig_ask(&rig, object, off, 4 * KIB);
		rig_serve_all(&rig, object);
		off += 4 * KIB;
	}
	return off;
}

CASE_ABOUT(a_parked_request_in_which_a_trigger_is_set_is_answered,
	   "the trigger's block is in no store, and nobody else would move it there")
{
	struct object *object = begin(8192 * KIB), *other = rig_object(&rig, 4096 * KIB);
	uint64_t off = read_to_a_trigger(object, 2200 * KIB);
	uint32_t parked;

	/* All room is taken; what comes now is parked, but what is here is answered, and sets off the next window. */
	rig_ask(&rig, other, 0, 2048 * KIB);
	rig_ask(&rig, other, 2048 * KIB, 2048 * KIB);
	parked = rig_ask(&rig, object, off + 4 * KIB, 1024 * KIB);
	EQ(RIG_SERVED, rig_state(&rig, rig_ask(&rig, object, off, 4 * KIB)));
	ATF_REQUIRE(trigger_find(&object->present.triggers, off + 4 * KIB, off + 1028 * KIB) != NULL);
	rig_serve_all(&rig, object);
	EQ(RIG_SERVED, rig_state(&rig, parked));
	object_close(other);
	end(object);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, a_parked_request_in_which_a_trigger_is_set_is_answered);
	ATF_TP_ADD_TC(tp, an_answer_has_exactly_the_bytes_that_were_asked_for_and_leaves_nothing);
	ATF_TP_ADD_TC(tp, what_the_kernel_has_is_fetched_again_when_it_asks_again);
	ATF_TP_ADD_TC(tp, what_is_read_ahead_is_held_and_answers_without_a_fetch);
	ATF_TP_ADD_TC(tp, a_block_that_another_request_waits_for_is_held_after_an_answer);
	ATF_TP_ADD_TC(tp, nothing_is_fetched_for_requests_beyond_half_of_the_memory_until_there_is_room);
	ATF_TP_ADD_TC(tp, a_landing_larger_than_the_memory_leaves_what_fits);
	ATF_TP_ADD_TC(tp, a_landing_that_takes_the_place_of_its_own_blocks_fails_nobody);
	ATF_TP_ADD_TC(tp, a_request_that_is_interrupted_is_answered_and_its_blocks_may_go);
	return atf_no_error();
}
