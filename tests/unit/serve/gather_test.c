/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "base/block.h"
#include "serve/gather.h"

#include <errno.h>

static _Alignas(BLOCK_SIZE) uint8_t buf[4 * BLOCK_SIZE];
static uint8_t bytes[8 * BLOCK_SIZE];
static struct gather gather;

/* Where blocks go: keeps so many, and then says err. */
static struct {
	uint64_t off, len, keep;
	int err;
	uint8_t last; /* byte of what came */
	unsigned calls;
} sink;

static int land(void *arg, const uint8_t *blocks, uint64_t off, uint64_t len, uint64_t *took_out)
{
	(void)arg;
	sink.calls++;
	sink.off = off;
	sink.len = len;
	sink.last = blocks[len - 1];
	*took_out = sink.err ? sink.keep : len;
	return sink.err;
}

static void begin(uint64_t off, uint64_t end)
{
	memset(&sink, 0, sizeof(sink));
	memset(buf, 0xee, sizeof(buf));
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(1 + i / BLOCK_SIZE);
	gather = (struct gather){.off = off, .end = end, .buf = buf, .size = sizeof(buf)};
}

CASE(no_more_is_taken_than_there_is_room_or_use_for)
{
	begin(BLOCK_SIZE, 100 * BLOCK_SIZE);
	EQ(5000u, gather_put(&gather, bytes, 5000));
	EQ(BLOCK_SIZE + 5000u, gather_at(&gather));
	ATF_CHECK(!gather_is_full(&gather));
	EQ(sizeof(buf) - 5000, gather_put(&gather, bytes, sizeof(bytes)));
	ATF_CHECK(gather_is_full(&gather));
	EQ(0u, gather_put(&gather, bytes, 1));
	begin(0, BLOCK_SIZE + 10);
	EQ(BLOCK_SIZE + 10u, gather_put(&gather, bytes, sizeof(bytes)));
	EQ(0u, gather_put(&gather, bytes, 1));
}

CASE(whole_blocks_land_and_the_rest_stays)
{
	size_t landed;

	begin(0, 100 * BLOCK_SIZE);
	gather_put(&gather, bytes, 2 * BLOCK_SIZE + 7);
	EQ(0, gather_land(&gather, 100 * BLOCK_SIZE, land, NULL, &landed));
	EQ(2 * BLOCK_SIZE, landed);
	EQ(2 * BLOCK_SIZE, sink.len);
	EQ(2 * BLOCK_SIZE, gather.off);
	EQ(7u, gather.len);
	EQ(3, buf[6]);
	EQ(0, gather_land(&gather, 100 * BLOCK_SIZE, land, NULL, &landed));
	EQ(0u, landed);
	EQ(1u, sink.calls);
}

CASE(the_last_block_of_the_blob_is_padded_with_zeros)
{
	size_t landed;

	begin(BLOCK_SIZE, BLOCK_SIZE + 100);
	gather_put(&gather, bytes, 100);
	EQ(0, gather_land(&gather, BLOCK_SIZE + 100, land, NULL, &landed));
	EQ(BLOCK_SIZE, sink.off);
	EQ(BLOCK_SIZE, sink.len);
	EQ(0, sink.last);
	EQ(100u, landed);
	EQ(BLOCK_SIZE + 100u, gather.off);
	EQ(0u, gather.len);
}

CASE(what_is_not_kept_stays)
{
	size_t landed;

	begin(0, 100 * BLOCK_SIZE);
	gather_put(&gather, bytes, 3 * BLOCK_SIZE);
	sink.err = -EAGAIN;
	sink.keep = BLOCK_SIZE;
	EQ(-EAGAIN, gather_land(&gather, 100 * BLOCK_SIZE, land, NULL, &landed));
	EQ(BLOCK_SIZE, landed);
	EQ(2 * BLOCK_SIZE, gather.len);
	EQ(2, buf[0]);
}

CASE(a_cut_drops_what_is_behind_it)
{
	begin(0, 100 * BLOCK_SIZE);
	gather_put(&gather, bytes, 3 * BLOCK_SIZE);
	gather_cut(&gather, 50 * BLOCK_SIZE);
	EQ(3 * BLOCK_SIZE, gather.len);
	gather_cut(&gather, 2 * BLOCK_SIZE);
	EQ(2 * BLOCK_SIZE, gather.len);
	EQ(0u, gather_put(&gather, bytes, 1));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, no_more_is_taken_than_there_is_room_or_use_for);
	ATF_TP_ADD_TC(tp, whole_blocks_land_and_the_rest_stays);
	ATF_TP_ADD_TC(tp, the_last_block_of_the_blob_is_padded_with_zeros);
	ATF_TP_ADD_TC(tp, what_is_not_kept_stays);
	ATF_TP_ADD_TC(tp, a_cut_drops_what_is_behind_it);
	return atf_no_error();
}
