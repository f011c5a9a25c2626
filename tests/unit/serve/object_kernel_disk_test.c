/* SPDX-License-Identifier: MIT */
/* Objects whose file is the kernel's, and lies on a disk for later boots, under a hash tree of 8 leaves that lies there, too. */
#include "unit.h"

#include "fake_disk.h"
#include "rig_tree.h"

#include <errno.h>

#define B UINT64_C(4096)

enum { BLOCKS = 1000 };

static struct rig rig;
static struct rig_tree verified;
static struct fake_disk blocks, tree;

static void begin(void)
{
	rig_open(&rig, 0);
	rig_tree_open(&verified, &rig, BLOCKS, 1);
	fake_disk_open(&blocks, BLOCKS * B, NULL);
	fake_disk_open(&tree, verified.fake.size, verified.fake.file);
	tree_use_disk(verified.tree, &tree.file, tree.bytes);
	object_use_disk(verified.object, &blocks.file);
}

static void end(void)
{
	rig_tree_close(&verified);
	rig_close(&rig);
	fake_disk_close(&blocks);
	fake_disk_close(&tree);
}

CASE(what_was_written_to_it_is_on_the_disk_soon)
{
	uint32_t id;

	begin();
	id = rig_ask(&rig, verified.object, 10 * B, B);
	EQ(0u, blocks.changes);
	rig_tree_serve_all(&verified);
	EQ(RIG_SERVED, rig_state(&rig, id));
	EQ(verified.object->present.blocks.marked_count, blocks.changes);
	/* The kernel's file is all that is written. */
	EQ(0u, blocks.written);
	end();
}

/* What reads of its tree that come late lead to is the tree's matter. */
CASE(a_tree_that_is_read_late_is_no_object)
{
	begin();
	disk_late_begin(&tree.file);
	disk_late_end(&tree.file);
	EQ(0u, blocks.changes);
	end();
}

static void make_room(void)
{
	fake_store_channel->fill_error = 0;
}

CASE(on_a_full_disk_it_gets_what_is_reserved)
{
	uint32_t id;

	begin();
	blocks.reserved = 64 * B;
	blocks.gave = make_room;
	fake_store_channel->fill_error = -ENOSPC;
	id = rig_ask(&rig, verified.object, 10 * B, B);
	rig_tree_serve_all(&verified);
	EQ(RIG_SERVED, rig_state(&rig, id));
	ATF_CHECK(blocks.reserved < 64 * B);
	end();
}

CASE(it_is_whole_when_its_tree_is_there_too)
{
	begin();
	tree.holds_writes = true;
	rig_ask(&rig, verified.object, 0, BLOCKS * B);
	rig_tree_serve_all(&verified);
	EQ(BLOCKS, verified.object->present.blocks.marked_count);
	ATF_CHECK(!object_is_whole(verified.object));
	EQ(0u, rig.news[OBJECT_ALL_HERE]);
	fake_disk_flush(&tree);
	ATF_CHECK(object_is_whole(verified.object));
	EQ(1u, rig.news[OBJECT_ALL_HERE]);
	end();
}

CASE(an_object_that_is_closed_is_not_told_of_its_tree)
{
	begin();
	tree.holds_writes = true;
	rig_ask(&rig, verified.object, 0, 10 * B);
	rig_tree_serve_all(&verified);
	object_close(verified.object);
	verified.object = NULL;
	fake_disk_flush(&tree);
	EQ(0u, rig.news[OBJECT_ALL_HERE]);
	end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, what_was_written_to_it_is_on_the_disk_soon);
	ATF_TP_ADD_TC(tp, a_tree_that_is_read_late_is_no_object);
	ATF_TP_ADD_TC(tp, on_a_full_disk_it_gets_what_is_reserved);
	ATF_TP_ADD_TC(tp, it_is_whole_when_its_tree_is_there_too);
	ATF_TP_ADD_TC(tp, an_object_that_is_closed_is_not_told_of_its_tree);
	return atf_no_error();
}
