/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "blockset.h"
#include "contact.h"
#include "rig.h"

static struct rig rig;
static _Alignas(4096) uint8_t head[CONTACT_HEAD];

/* What the first contact brought: the blob's first bytes, and something else behind them. */
static void make_head(size_t len)
{
	memset(head, 0xee, sizeof(head));
	for (size_t i = 0; i < len; i++)
		head[i] = fake_byte(i);
}

CASE(the_head_saves_the_first_fetch)
{
	struct object *object;

	rig_open(&rig, 0);
	object = rig_object(&rig, 1 << 20);
	make_head(CONTACT_HEAD);
	object_adopt(object, head, CONTACT_HEAD);
	EQ(RIG_SERVED, rig_state(&rig, rig_ask(&rig, object, 0, CONTACT_HEAD)));
	EQ(0u, fake_fetch_flying(rig.fetch));
	object_close(object);
	rig_close(&rig);
}

CASE(a_head_that_is_the_whole_blob_is_padded)
{
	struct object *object;

	rig_open(&rig, 0);
	object = rig_object(&rig, 5001);
	make_head(5001);
	object_adopt(object, head, 5001);
	EQ(8192u, rig.transport->filled);
	EQ(RIG_SERVED, rig_state(&rig, rig_ask(&rig, object, 0, 8192)));
	object_close(object);
	rig_close(&rig);
}

CASE(a_head_that_ends_inside_a_block_gives_whole_blocks_only)
{
	struct object *object;

	rig_open(&rig, 0);
	object = rig_object(&rig, 1 << 20);
	make_head(9000);
	object_adopt(object, head, 9000);
	EQ(8192u, rig.transport->filled);
	object_close(object);
	object = rig_object(&rig, 1 << 20);
	object_adopt(object, head, 4095);
	object_adopt(object, NULL, 0);
	EQ(8192u, rig.transport->filled);
	object_close(object);
	rig_close(&rig);
}

CASE(what_an_earlier_engine_left_is_not_fetched_again)
{
	struct object *object;
	struct fake_file *file;

	rig_open(&rig, 0);
	object = rig_object(&rig, 1 << 20);
	file = &rig.transport->files[object->port];
	file->old[0][1] = 16384;
	file->old[1][0] = 65536;
	file->old[1][1] = 1 << 20;
	for (unsigned block = 0; block < 256; block++)
		file->blocks[block] = block < 4 || block >= 16;
	make_head(CONTACT_HEAD);
	object_adopt(object, head, CONTACT_HEAD);
	EQ(0u, rig.transport->fills);
	EQ(RIG_SERVED, rig_state(&rig, rig_ask(&rig, object, 65536, 131072)));
	rig_ask(&rig, object, 0, 1 << 20);
	EQ(1u, fake_fetch_flying(rig.fetch));
	EQ(16384u, fake_fetch_at(rig.fetch, 0)->off);
	EQ(65536u - 16384u, fake_fetch_at(rig.fetch, 0)->len);
	rig_serve_all(&rig, object);
	EQ(0u, rig.transport->refills);
	object_close(object);
	rig_close(&rig);
}

CASE_ABOUT(a_block_of_which_only_a_part_was_left_is_fetched,
	   "a store with 1 KiB blocks that was cut off in mid-write: its data begins and ends inside a block")
{
	struct object *object;
	struct fake_file *file;

	rig_open(&rig, 0);
	object = rig_object(&rig, 1 << 20);
	file = &rig.transport->files[object->port];
	file->old[0][0] = 1024;
	file->old[0][1] = 9216;
	file->blocks[1] = true;
	object_adopt(object, NULL, 0);
	ATF_CHECK(!blockset_has(&object->present, 0));
	ATF_CHECK(blockset_has(&object->present, 1));
	ATF_CHECK(!blockset_has(&object->present, 2));
	object_close(object);
	rig_close(&rig);
}

CASE(a_store_that_takes_no_head_is_asked_again_later)
{
	struct object *object;
	uint32_t id;

	rig_open(&rig, 0);
	object = rig_object(&rig, 1 << 20);
	make_head(CONTACT_HEAD);
	rig.transport->fill_error = -28;
	object_adopt(object, head, CONTACT_HEAD);
	rig.transport->fill_error = 0;
	id = rig_ask(&rig, object, 0, 4096);
	EQ(RIG_WAITS, rig_state(&rig, id));
	rig_serve_all(&rig, object);
	EQ(RIG_SERVED, rig_state(&rig, id));
	object_close(object);
	rig_close(&rig);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, the_head_saves_the_first_fetch);
	ATF_TP_ADD_TC(tp, a_head_that_is_the_whole_blob_is_padded);
	ATF_TP_ADD_TC(tp, a_head_that_ends_inside_a_block_gives_whole_blocks_only);
	ATF_TP_ADD_TC(tp, what_an_earlier_engine_left_is_not_fetched_again);
	ATF_TP_ADD_TC(tp, a_block_of_which_only_a_part_was_left_is_fetched);
	ATF_TP_ADD_TC(tp, a_store_that_takes_no_head_is_asked_again_later);
	return atf_no_error();
}
