/* SPDX-License-Identifier: MIT */
/*
 * Random requests, servers, stores and clocks, with fixed seeds, against what must always be true.
 */
#include "unit.h"

#include "rig.h"

#include <errno.h>

enum { OBJECTS = 3, STEPS = 1500 };

static struct rig rig;
static struct object *objects[OBJECTS];
static struct object *make(void)
{
	static const uint64_t sizes[] = {0, 5000, 300001, 6 << 20, 16 << 20, (24 << 20) + 7};

	return rig_object(&rig, sizes[rig_draw(sizeof(sizes) / sizeof(sizes[0]))]);
}

/* A few readers go through the object in sequence, as the kernel asks for them: from what is not here yet on.
 */
static void read_on(struct object *object, uint64_t *at)
{
	uint64_t size = object->blob->size, len = rig_draw(8) ? 131072 : rig_draw(1 << 20);

	if (rig_draw(60) == 0)
		*at = rig_draw((uint32_t)size + 1) / 4096 * 4096;
	while (*at < size && fake_transport_has(rig.transport, object->requests.file, *at, 1))
		*at += 4096;
	rig_ask(&rig, object, *at, len);
	*at += rig_draw(3) ? len / 4096 * 4096 : 0;
}

static void ask(struct object *object)
{
	static uint64_t readers[OBJECTS];
	uint64_t off = rig_draw((uint32_t)object->blob->size + 8192), len = 1 + rig_draw(1 << rig_draw(21));

	if (rig_draw(4)) {
		read_on(object, &readers[rig_draw(OBJECTS)]);
		return;
	}
	if (rig_draw(4)) {
		off = off / 4096 * 4096;
		len = (len + 4095) / 4096 * 4096;
	}
	rig_ask(&rig, object, off, rig_draw(50) ? len : UINT64_MAX >> rig_draw(30));
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
	uint64_t left = transfer->len - transfer->sent, part = 1 + rig_draw(rig_draw(2) ? 200000 : 2000000);

	if (is_faulty && rig_draw(12) == 0)
		fake_fetch_end(transfer, rig_draw(2) ? "reset" : NULL);
	else if (!transfer->is_head_told && is_faulty && rig_draw(6) == 0)
		fake_fetch_status(transfer, rig_draw(2) ? 503 : 404);
	else if (!transfer->is_head_told && is_faulty && rig_draw(120) == 0)
		fake_fetch_head_206(transfer, size_of(transfer), "\"two\"");
	else if (!transfer->is_head_told)
		fake_fetch_head_206(transfer, size_of(transfer), RIG_ETAG);
	else if (left > 0)
		fake_fetch_body(transfer, part < left ? part : left);
	else
		fake_fetch_end(transfer, NULL);
}

static void step(bool is_faulty)
{
	struct object **object = &objects[rig_draw(OBJECTS)];
	uint32_t what = rig_draw(100);

	if (what < 25) {
		ask(*object);
	} else if (what < 90) {
		if (fake_fetch_flying(rig.fetch) > 0)
			answer(is_faulty);
	} else if (what < 97) {
		fake_loop_advance(rig.loop, rig_draw(2000));
	} else if (is_faulty && what < 99) {
		rig.transport->fill_error = rig_draw(3) ? 0 : rig_draw(2) ? -ENOSPC : -EIO;
		fake_fetch_refuse(rig.fetch, rig_draw(3));
	} else if (is_faulty && rig.transport->file_count < FAKE_FILES_MAX) {
		object_close(*object);
		*object = make();
	}
}

/* From now on all goes well: whoever waits must be served. */
static void drain(uint32_t seed)
{
	rig.transport->fill_error = 0;
	fake_fetch_refuse(rig.fetch, 0);
	for (int i = 0; fake_fetch_flying(rig.fetch) > 0 || fake_loop_armed(rig.loop) > 0; i++) {
		ATF_REQUIRE_MSG(i < 100000, "seed %u never comes to an end", seed);
		if (fake_fetch_flying(rig.fetch) > 0) {
			struct fetch_transfer *transfer = fake_fetch_at(rig.fetch, 0);

			fake_fetch_serve(transfer, size_of(transfer), RIG_ETAG);
		} else {
			fake_loop_advance(rig.loop, fake_loop_next_ms(rig.loop));
		}
	}
	ATF_REQUIRE_MSG(fake_transport_unanswered(rig.transport) == 0,
			"seed %u: %u requests are never answered", seed,
			fake_transport_unanswered(rig.transport));
}

static void run(uint32_t seed, uint32_t timeout_s, bool is_faulty)
{
	rig_seed(seed);
	rig_open(&rig, timeout_s);
	for (int i = 0; i < OBJECTS; i++)
		objects[i] = make();
	for (int i = 0; i < STEPS; i++)
		step(is_faulty && i / 250 % 2 == 1);
	/* The others end with requests still waiting: closing answers them. */
	if (rig_draw(4)) {
		drain(seed);
		EQ(0u, rig.table.requests.count);
		for (uint32_t id = 1; !is_faulty && id < rig.transport->request_count; id++)
			ATF_REQUIRE_MSG(rig.transport->requests[id].was_whole,
					"seed %u: request %u got no bytes", seed, id);
	}
	for (int i = 0; i < OBJECTS; i++)
		object_close(objects[i]);
	rig_close(&rig);
}

CASE_ABOUT(every_kernel_request_is_answered_exactly_once,
	   "invariant 1: random requests while servers, store, memory and clock fail; fixed seeds")
{
	for (uint32_t seed = 1; seed <= LONG_OR_SHORT(400u, 14u); seed++) {
		run(seed, seed % 3 ? 0 : 1 + seed % 7, true);
		run(seed, 0, false);
	}
}

CASE(without_faults_no_block_is_filled_twice)
{
	for (uint32_t seed = 1; seed <= LONG_OR_SHORT(400u, 14u); seed++) {
		rig_seed(seed);
		rig_open(&rig, 0);
		for (int i = 0; i < OBJECTS; i++)
			objects[i] = make();
		for (int i = 0; i < STEPS; i++)
			step(false);
		ATF_CHECK_MSG(rig.transport->refills == 0, "seed %u: %u blocks", seed,
			      rig.transport->refills);
		for (int i = 0; i < OBJECTS; i++)
			object_close(objects[i]);
		rig_close(&rig);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, every_kernel_request_is_answered_exactly_once);
	ATF_TP_ADD_TC(tp, without_faults_no_block_is_filled_twice);
	return atf_no_error();
}
