/* SPDX-License-Identifier: MIT */
/*
 * Objects whose blocks are in a memory that is much too small, in every other run beside one in which some are kept: random
 * requests, servers, interrupts, clocks and new engines, with fixed seeds, against what must always be true. The fake transport checks every byte, and that no request is answered twice.
 */
#include "unit.h"

#include "base/block.h"
#include "rig.h"

#include <errno.h>

enum { OBJECTS = 3, STEPS = 1500, READ_MAX = MEMORY_STEP - BLOCK_SIZE };

static struct rig rig;
static struct object *objects[OBJECTS];

static struct object *make(void)
{
	static const uint64_t sizes[] = {5000, 300001, 6 << 20, 16 << 20, (24 << 20) + 7};

	return rig_object(&rig, sizes[rig_draw(sizeof(sizes) / sizeof(sizes[0]))]);
}

/* What must be true between any two moves. */
static void check(uint32_t seed)
{
	const struct request_pool *pool = &rig.table.requests;
	uint64_t marked = 0, kept = 0;

	for (int i = 0; i < OBJECTS; i++) {
		marked += objects[i]->present.blocks.marked_count;
		kept += objects[i]->present.store.kept.count - objects[i]->present.claims.marked_count;
	}
	ATF_REQUIRE_MSG(marked * BLOCK_SIZE == memory_used(rig.table.memory) + kept * BLOCK_SIZE,
			"seed %u: %" PRIu64 " blocks are believed to be here", seed, marked);
	ATF_REQUIRE_MSG(pool->admitted <= pool->room || pool->admitted <= READ_MAX + BLOCK_SIZE,
			"seed %u: %" PRIu64 " bytes are waited for", seed, pool->admitted);
	ATF_REQUIRE_MSG(list_is_empty(&pool->parked) || pool->admitted || pool->admit.is_armed,
			"seed %u: nothing will admit those that are parked", seed);
}

/*
 * Each object has a reader who goes through it in sequence, and others who jump; lengths and offsets need not be whole
 * blocks.
 */
static void ask(unsigned at)
{
	static uint64_t readers[OBJECTS];
	struct object *object = objects[at];
	uint64_t size = block_ceil(object->blob->size), off = readers[at], len;
	bool is_reader = off < size && rig_draw(8);

	if (!is_reader)
		off = rig_draw((uint32_t)size + 8192);
	len = 1 + rig_draw(rig_draw(4) ? 65536 : READ_MAX);
	if (rig_draw(4)) {
		off = block_floor(off);
		len = block_ceil(len);
	}
	rig_ask(&rig, object, off, len);
	if (is_reader || rig_draw(8) == 0)
		readers[at] = off + len;
}

static uint64_t size_of(const struct fetch_transfer *transfer)
{
	const struct blob_transfer *get = transfer->arg;

	return get->blob->size;
}

/* One move of a server; a faulty one does what it should not. */
static void answer(bool is_faulty)
{
	struct fetch_transfer *transfer = fake_fetch_at(rig.fetch, rig_draw(fake_fetch_flying(rig.fetch)));
	uint64_t left = transfer->len - transfer->sent, part = 1 + rig_draw(rig_draw(2) ? 100000 : 2000000);

	if (is_faulty && rig_draw(12) == 0)
		fake_fetch_end(transfer, rig_draw(2) ? "reset" : NULL);
	else if (!transfer->is_head_told && is_faulty && rig_draw(6) == 0)
		fake_fetch_status(transfer, rig_draw(2) ? 503 : 404);
	else if (!transfer->is_head_told)
		fake_fetch_head_206(transfer, size_of(transfer), RIG_ETAG);
	else if (left > 0)
		fake_fetch_body(transfer, part < left ? part : left);
	else
		fake_fetch_end(transfer, NULL);
}

/* As the engine: whose request it is has to be found. It may be over. */
static void interrupt(uint32_t id)
{
	const struct fake_request *request = &rig.transport->requests[id];
	bool is_waiting = request->answers == 0, is_found = false;

	for (int i = 0; i < OBJECTS && !is_found; i++)
		is_found = object_abandon(objects[i], id);
	ATF_REQUIRE_EQ(is_waiting, is_found);
	ATF_REQUIRE(!is_waiting || request->err == -EINTR);
}

/* As a new engine has it: what is kept is there, and nothing else. */
static void open_anew(unsigned at)
{
	uint64_t id = objects[at]->id, size = objects[at]->blob->size;

	object_close(objects[at]);
	objects[at] = rig_object_again(&rig, id, size);
}

static void step(bool is_faulty)
{
	unsigned at = rig_draw(OBJECTS);
	uint32_t what = rig_draw(100);

	if (what < 25) {
		ask(at);
	} else if (what < 88) {
		if (fake_fetch_flying(rig.fetch) > 0)
			answer(is_faulty);
	} else if (what < 92) {
		fake_loop_advance(rig.loop, rig_draw(2000));
	} else if (what < 95) {
		fake_loop_advance(rig.loop, 0);
	} else if (what < 97) {
		if (rig.transport->request_count > 1)
			interrupt(1 + rig_draw(rig.transport->request_count - 1));
	} else if (is_faulty && what < 99) {
		fake_fetch_refuse(rig.fetch, rig_draw(3));
	} else if (is_faulty && rig.table.kept && rig_draw(2)) {
		open_anew(at);
	} else if (is_faulty && rig.transport->file_count < FAKE_FILES_MAX) {
		object_close(objects[at]);
		objects[at] = make();
	}
}

/* From now on all goes well: whoever waits must be served. */
static void drain(uint32_t seed)
{
	fake_fetch_refuse(rig.fetch, 0);
	for (int i = 0; fake_fetch_flying(rig.fetch) > 0 || fake_loop_armed(rig.loop) > 0; i++) {
		ATF_REQUIRE_MSG(i < 100000, "seed %u never comes to an end", seed);
		if (fake_fetch_flying(rig.fetch) > 0) {
			struct fetch_transfer *transfer = fake_fetch_at(rig.fetch, 0);

			fake_fetch_serve(transfer, size_of(transfer), RIG_ETAG);
		} else {
			fake_loop_advance(rig.loop, fake_loop_next_ms(rig.loop));
		}
		check(seed);
	}
	ATF_REQUIRE_MSG(fake_transport_unanswered(rig.transport) == 0,
			"seed %u: %u requests are never answered", seed,
			fake_transport_unanswered(rig.transport));
	EQ(0u, rig.table.requests.count);
	EQ(0u, rig.table.requests.admitted);
}

static bool is_beyond_the_end(const struct fake_request *request)
{
	return request->off >= fake_transport_blocks(&rig.transport->files[request->file]) * BLOCK_SIZE;
}

static void run(uint32_t seed, uint32_t timeout_s, bool is_faulty)
{
	rig_seed(seed);
	rig_open(&rig, timeout_s);
	rig_use_memory(&rig, (uint64_t)MEMORY_STEP << seed % 5);
	if (seed % 2)
		rig_keep(&rig, (uint64_t)MEMORY_STEP << seed % 7);
	for (int i = 0; i < OBJECTS; i++)
		objects[i] = make();
	for (int i = 0; i < STEPS; i++) {
		step(is_faulty && i / 250 % 2 == 1);
		check(seed);
	}
	/* The others end with requests still waiting: closing answers them. */
	if (rig_draw(4)) {
		drain(seed);
		for (uint32_t id = 1; !is_faulty && id < rig.transport->request_count; id++) {
			const struct fake_request *request = &rig.transport->requests[id];

			ATF_REQUIRE_MSG(request->was_whole || request->err == -EINTR ||
						is_beyond_the_end(request),
					"seed %u: request %u, %" PRIu64 "+%" PRIu64 ", got error %d", seed,
					id, request->off, request->len, request->err);
		}
	}
	for (int i = 0; i < OBJECTS; i++)
		object_close(objects[i]);
	/* Nothing may be left in memory. */
	rig_close(&rig);
}

CASE_ABOUT(every_request_is_answered_once_with_its_bytes_however_small_the_memory,
	   "invariant 1, and that nothing fails but what is interrupted; without faults; fixed seeds")
{
	for (uint32_t seed = 1; seed <= LONG_OR_SHORT(400u, 14u); seed++)
		run(seed, 0, false);
}

CASE_ABOUT(every_request_is_answered_exactly_once_in_a_small_memory_while_all_else_fails,
	   "invariant 1: servers, clock and transfers fail, objects are closed; fixed seeds")
{
	for (uint32_t seed = 1; seed <= LONG_OR_SHORT(400u, 14u); seed++)
		run(seed, seed % 3 ? 0 : 1 + seed % 7, true);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, every_request_is_answered_once_with_its_bytes_however_small_the_memory);
	ATF_TP_ADD_TC(tp, every_request_is_answered_exactly_once_in_a_small_memory_while_all_else_fails);
	return atf_no_error();
}
