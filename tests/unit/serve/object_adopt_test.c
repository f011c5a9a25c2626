/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "fetch/contact.h"
#include "rig.h"

#include <errno.h>

static struct rig rig;
static _Alignas(4096) uint8_t head[CONTACT_HEAD];

/* What the first contact brought: the blob's first bytes, and something else behind them. */
static struct object *begin(uint64_t size, size_t head_len)
{
	struct object *object;

	rig_open(&rig, 0);
	object = rig_object(&rig, size);
	memset(head, 0xee, sizeof(head));
	for (size_t i = 0; i < head_len; i++)
		head[i] = fake_byte(i);
	object_give_head(object, head, head_len);
	memset(head, 0xee, sizeof(head));
	return object;
}

static void end(struct object *object)
{
	rig_serve_all(&rig, object);
	object_close(object);
	rig_close(&rig);
}

CASE(the_head_saves_the_first_fetch)
{
	struct object *object = begin(1 << 20, CONTACT_HEAD);

	EQ(RIG_SERVED, rig_state(&rig, rig_ask(&rig, object, 0, CONTACT_HEAD)));
	EQ(0u, fake_fetch_flying(rig.fetch));
	end(object);
}

CASE_ABOUT(nothing_is_written_before_the_first_request,
	   "the kernel refuses the port for a while after the open")
{
	struct object *object = begin(1 << 20, CONTACT_HEAD);

	EQ(0u, rig.transport->fills);
	rig_ask(&rig, object, 512 << 10, 4096);
	EQ(1u, rig.transport->fills);
	end(object);
}

CASE(a_head_that_is_the_whole_blob_is_padded)
{
	struct object *object = begin(5001, 5001);

	EQ(RIG_SERVED, rig_state(&rig, rig_ask(&rig, object, 0, 8192)));
	EQ(8192u, rig.transport->filled);
	end(object);
}

CASE(a_head_that_ends_inside_a_block_gives_whole_blocks_only)
{
	static const size_t lens[] = {9000, 4096, 4095, 1, 0};

	for (int i = 0; i < 5; i++) {
		struct object *object = begin(1 << 20, lens[i]);

		rig_ask(&rig, object, 512 << 10, 4096);
		EQ(lens[i] / 4096 * 4096, rig.transport->filled);
		end(object);
	}
}

CASE(a_head_longer_than_the_blob_is_left_alone)
{
	struct object *object = begin(5000, 9000);

	rig_ask(&rig, object, 0, 4096);
	EQ(1u, fake_fetch_flying(rig.fetch));
	end(object);
}

CASE(what_an_earlier_engine_left_is_not_fetched_again)
{
	struct object *object = begin(1 << 20, CONTACT_HEAD);
	struct fake_file *file = &rig.transport->files[object->requests.file];

	file->old[0][1] = 16384;
	file->old[1][0] = 65536;
	file->old[1][1] = 1 << 20;
	for (unsigned block = 0; block < 256; block++)
		file->blocks[block] = block < 4 || block >= 16;
	EQ(RIG_SERVED, rig_state(&rig, rig_ask(&rig, object, 65536, 131072)));
	EQ(0u, rig.transport->fills);
	rig_ask(&rig, object, 0, 1 << 20);
	EQ(1u, fake_fetch_flying(rig.fetch));
	EQ(16384u, fake_fetch_at(rig.fetch, 0)->off);
	EQ(65536u - 16384u, fake_fetch_at(rig.fetch, 0)->len);
	rig_serve_all(&rig, object);
	EQ(0u, rig.transport->refills);
	end(object);
}

CASE_ABOUT(a_block_of_which_only_a_part_was_left_is_fetched,
	   "a store with 1 KiB blocks that was cut off in mid-write: its data begins and ends inside a block")
{
	struct object *object = begin(1 << 20, 0);
	struct fake_file *file = &rig.transport->files[object->requests.file];

	file->old[0][0] = 1024;
	file->old[0][1] = 9216;
	file->blocks[1] = true;
	EQ(RIG_SERVED, rig_state(&rig, rig_ask(&rig, object, 4096, 4096)));
	EQ(RIG_WAITS, rig_state(&rig, rig_ask(&rig, object, 0, 4096)));
	EQ(RIG_WAITS, rig_state(&rig, rig_ask(&rig, object, 8192, 4096)));
	end(object);
}

CASE(a_store_that_takes_no_head_is_asked_again_later)
{
	struct object *object = begin(1 << 20, CONTACT_HEAD);
	uint32_t id;

	rig.transport->fill_error = -ENOSPC;
	id = rig_ask(&rig, object, 0, 4096);
	rig.transport->fill_error = 0;
	EQ(RIG_WAITS, rig_state(&rig, id));
	rig_serve_all(&rig, object);
	EQ(RIG_SERVED, rig_state(&rig, id));
	end(object);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, the_head_saves_the_first_fetch);
	ATF_TP_ADD_TC(tp, nothing_is_written_before_the_first_request);
	ATF_TP_ADD_TC(tp, a_head_longer_than_the_blob_is_left_alone);
	ATF_TP_ADD_TC(tp, a_head_that_is_the_whole_blob_is_padded);
	ATF_TP_ADD_TC(tp, a_head_that_ends_inside_a_block_gives_whole_blocks_only);
	ATF_TP_ADD_TC(tp, what_an_earlier_engine_left_is_not_fetched_again);
	ATF_TP_ADD_TC(tp, a_block_of_which_only_a_part_was_left_is_fetched);
	ATF_TP_ADD_TC(tp, a_store_that_takes_no_head_is_asked_again_later);
	return atf_no_error();
}
