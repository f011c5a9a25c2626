/* SPDX-License-Identifier: MIT */
#include "requests_rig.h"

#include "fake_fetch.h"
#include "fake_loop.h"
#include "unit.h"

#define B UINT64_C(4096)

struct requests_rig rig;

/* The bytes of any block: as the transport checks them. */
static uint8_t bytes_of[REQUESTS_RIG_BLOCKS * 4096];

static void on_timed_out(void *arg, uint64_t off, uint64_t end)
{
	ATF_REQUIRE(arg == &rig.timed_out);
	rig.timed_out++;
	rig.timed_out_off = off;
	rig.timed_out_end = end;
}

/* In two pieces, where that can be. */
static unsigned on_bytes(void *arg, uint64_t off, uint64_t end, struct iovec pieces_out[REQUESTS_PIECES_MAX])
{
	size_t len = end - off, head = len / 2;

	ATF_REQUIRE(arg == &rig.timed_out && off < end);
	if (rig.are_bytes_lost)
		return 0;
	for (uint64_t at = off; at < end; at++)
		bytes_of[at] = fake_byte(at);
	pieces_out[0] = (struct iovec){.iov_base = bytes_of + off, .iov_len = head};
	pieces_out[1] = (struct iovec){.iov_base = bytes_of + off + head, .iov_len = len - head};
	return rig.pool.room ? 2 : 0;
}

static void on_taken(void *arg, uint64_t off, uint64_t end)
{
	ATF_REQUIRE(arg == &rig.timed_out && off % B == 0 && end % B == 0);
	for (uint64_t block = off / B; block < end / B; block++)
		rig.taken_at[block]++;
}

static void on_admitted(void *arg, uint64_t off, uint64_t end)
{
	ATF_REQUIRE(arg == &rig.timed_out);
	rig.admitted++;
	rig.admitted_off = off;
	rig.admitted_end = end;
}

static void on_served(void *arg, uint64_t off, uint64_t end, uint64_t asked_ms)
{
	ATF_REQUIRE(arg == &rig.timed_out && off % B == 0 && end % B == 0 && off < end);
	rig.served++;
	rig.served_asked_ms = asked_ms;
}

static const struct requests_events events = {.timed_out = on_timed_out,
					      .admitted = on_admitted,
					      .bytes = on_bytes,
					      .served = on_served,
					      .taken = on_taken};

void requests_rig_begin(uint32_t timeout_s)
{
	uint64_t size = REQUESTS_RIG_BLOCKS * B;

	memset(&rig.counters, 0, sizeof(rig.counters));
	rig.timed_out = rig.admitted = 0;
	rig.are_bytes_lost = false;
	memset(rig.taken_at, 0, sizeof(rig.taken_at));
	rig.channel = fake_transport_new();
	requests_init_pool(&rig.pool, fake_loop_open(), &rig.counters, timeout_s);
	rig.pool.transport = &fake_transport;
	rig.pool.channel = rig.channel;
	requests_init(&rig.requests, &rig.pool, fake_transport_file(rig.channel, size), &events,
		      &rig.timed_out);
	MUST_EQ(0, blockset_init(&rig.present, size / B));
}

void requests_rig_end(void)
{
	requests_fini(&rig.requests);
	EQ(0u, fake_transport_unanswered(rig.channel));
	EQ(0u, rig.pool.count);
	EQ(0u, rig.pool.admitted);
	ATF_CHECK(list_is_empty(&rig.pool.parked));
	blockset_fini(&rig.present);
	loop_close(rig.pool.loop);
	fake_transport_free(rig.channel);
}

void requests_rig_init_more(struct requests *requests)
{
	requests_init(requests, &rig.pool, -1, &events, &rig.timed_out);
}

void requests_rig_begin_with_room(uint32_t timeout_s, uint64_t blocks)
{
	requests_rig_begin(timeout_s);
	rig.pool.transport = &fake_transport_in_memory;
	rig.pool.room = blocks * B;
	requests_rig_init_more(&rig.requests);
}

static uint32_t add(int reader, uint64_t off, uint64_t until, bool is_parked)
{
	uint32_t id = fake_transport_request(rig.channel, 0, off, until - off);

	MUST_EQ(is_parked, requests_add(&rig.requests, id, reader, off, until));
	return id;
}

uint32_t requests_rig_add_bytes(uint64_t off, uint64_t until, bool is_parked)
{
	return add(0, off, until, is_parked);
}

uint32_t requests_rig_add_for(int reader, uint64_t block)
{
	return add(reader, block * B, (block + 1) * B, false);
}

uint32_t requests_rig_add(uint64_t first, uint64_t last)
{
	return requests_rig_add_bytes(first * B, last * B, false);
}

uint32_t requests_rig_park(uint64_t first, uint64_t last)
{
	return requests_rig_add_bytes(first * B, last * B, true);
}

void requests_rig_keep(uint64_t first, uint64_t last)
{
	for (uint64_t block = first; block < last; block++)
		rig.channel->files[0].blocks[block] = true;
	MUST_EQ(0, blockset_mark(&rig.present, first, last));
}

void requests_rig_serve(uint64_t first, uint64_t last)
{
	requests_rig_keep(first, last);
	requests_served(&rig.requests, &rig.present, first * B, last * B);
}

bool requests_rig_is_answered(uint32_t id)
{
	return rig.channel->requests[id].answers > 0;
}
