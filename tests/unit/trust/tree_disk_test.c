/* SPDX-License-Identifier: MIT */
/* Hash blocks that a disk has. Of 20000 data blocks there are three levels: 0, then 1 and 2, then the leaves from 3 on. */
#include "unit.h"

#include "fake_disk.h"
#include "tree_rig.h"

#include <errno.h>

static struct fake_disk disk;

static void begin(void)
{
	tree_rig_begin(20000, 1);
	fake_disk_open(&disk, tree_rig.fake.size, tree_rig.fake.file);
}

static void end(void)
{
	tree_rig_end();
	fake_disk_close(&disk);
}

/* All of it is there. */
static void use_whole(void)
{
	fake_disk_put(&disk, 0, disk.size / BLOCK_SIZE);
	tree_use_disk(tree_rig.tree, &disk.file, disk.bytes);
}

CASE(hash_blocks_that_the_disk_has_are_not_fetched)
{
	struct tree_waiter *waiter;

	begin();
	use_whole();
	waiter = tree_rig_await(0, 0, 300);
	EQ(0, tree_rig_flying());
	EQ(3, disk.read_count);
	EQ(HASHES_UNKNOWN, tree_rig_check(0, true));
	fake_disk_answer_all(&disk);
	ATF_CHECK(waiter->came > 0);
	EQ(HASHES_TRUE, tree_rig_check(0, true));
	EQ(HASHES_WRONG, tree_rig_check(0, false));
	EQ(HASHES_TRUE, tree_rig_check(299, true));
	EQ(0, disk.written);
	EQ(0, tree_rig.counters.hash_bytes);
	tree_rig_nothing_is_left();
	end();
}

CASE(they_wait_for_their_parents_in_any_order)
{
	begin();
	use_whole();
	tree_rig_await(0, 0, 300);
	fake_disk_answer(&disk, 2, 0);
	EQ(HASHES_UNKNOWN, tree_rig_check(0, true));
	fake_disk_answer(&disk, 1, 0);
	EQ(HASHES_UNKNOWN, tree_rig_check(0, true));
	fake_disk_answer(&disk, 0, 0);
	EQ(HASHES_TRUE, tree_rig_check(0, true));
	end();
}

CASE(one_that_is_wrong_is_fetched_alone_and_written_again)
{
	begin();
	use_whole();
	fake_disk_spoil(&disk, 1 + 4);
	tree_rig_await(0, 0, 500);
	fake_disk_answer_all(&disk);
	EQ(HASHES_TRUE, tree_rig_check(0, true));
	EQ(HASHES_UNKNOWN, tree_rig_check(128, true));
	EQ(HASHES_TRUE, tree_rig_check(256, true));
	EQ(1, tree_rig_flying());
	EQ(BLOCK_SIZE, tree_rig_at(0)->len);
	tree_rig_serve_all();
	EQ(HASHES_TRUE, tree_rig_check(128, true));
	EQ(BLOCK_SIZE, disk.written);
	EQ(0, memcmp(disk.bytes, disk.expected, disk.size));
	tree_rig_nothing_is_left();
	end();
}

CASE(only_those_that_it_does_not_have_are_fetched)
{
	begin();
	fake_disk_put(&disk, 0, 2);
	fake_disk_put(&disk, 1 + 5, 1 + 6);
	tree_use_disk(tree_rig.tree, &disk.file, disk.bytes);
	tree_rig_await(0, 0, 500);
	/* The top and leaf 5 are read; the middle, 3 and 4, and 6 are not there. */
	EQ(2, disk.read_count);
	EQ(3, tree_rig_flying());
	tree_rig_serve_all();
	EQ(HASHES_UNKNOWN, tree_rig_check(0, true));
	fake_disk_answer_all(&disk);
	EQ(HASHES_TRUE, tree_rig_check(0, true));
	EQ(HASHES_TRUE, tree_rig_check(300, true));
	EQ(4 * BLOCK_SIZE, disk.written);
	end();
}

CASE(what_cannot_be_read_is_fetched)
{
	begin();
	use_whole();
	tree_rig_await(0, 0, 300);
	while (disk.read_count > 0)
		fake_disk_answer(&disk, 0, -EIO);
	EQ(3, tree_rig_flying());
	tree_rig_serve_all();
	EQ(HASHES_TRUE, tree_rig_check(0, true));
	tree_rig_nothing_is_left();
	end();
}

CASE(a_disk_that_does_not_answer_is_not_waited_for)
{
	begin();
	use_whole();
	tree_rig_await(0, 0, 300);
	EQ(0, tree_rig_flying());
	fake_loop_advance(tree_rig.loop, TREE_DISK_PATIENCE_MS);
	EQ(3, disk.late);
	EQ(3, tree_rig_flying());
	tree_rig_serve_all();
	EQ(HASHES_TRUE, tree_rig_check(0, true));
	fake_disk_answer_all(&disk);
	EQ(0, disk.late);
	tree_rig_nothing_is_left();
	end();
}

CASE(what_is_known_before_is_written_with_a_superblock_and_enough_for_the_next_tree)
{
	begin();
	tree_rig_await(0, 0, 300);
	tree_rig_serve_all();
	tree_use_disk(tree_rig.tree, &disk.file, disk.bytes);
	/* Superblock, top, middle, three leaves. */
	EQ(6 * BLOCK_SIZE, disk.written);
	EQ(0, memcmp(disk.bytes, disk.expected, 2 * BLOCK_SIZE));
	tree_rig_end_wait(0);
	tree_close(tree_rig.tree);
	MUST_EQ(0, tree_open(&tree_rig.tree, tree_rig.loop, &tree_rig.blob, &tree_rig.counters,
			     &tree_rig.fake.verity));
	tree_use_disk(tree_rig.tree, &disk.file, disk.bytes);
	tree_rig_await(0, 0, 300);
	fake_disk_answer_all(&disk);
	EQ(0, tree_rig_flying());
	EQ(HASHES_TRUE, tree_rig_check(299, true));
	EQ(6 * BLOCK_SIZE, disk.written);
	end();
}

/* What is here already is never read there: it would stay wrong, and the next boot without a server would find it so. */
CASE(what_is_here_when_the_disk_comes_is_written_though_it_is_claimed)
{
	begin();
	tree_rig_await(0, 0, 128);
	tree_rig_serve_all();
	fake_disk_put(&disk, 0, disk.size / BLOCK_SIZE);
	fake_disk_spoil(&disk, 0);
	fake_disk_spoil(&disk, 1);
	fake_disk_spoil(&disk, 1 + 3);
	tree_use_disk(tree_rig.tree, &disk.file, disk.bytes);
	EQ(0, memcmp(disk.bytes, disk.expected, disk.size));
	EQ(4 * BLOCK_SIZE, disk.written);
	end();
}

CASE(a_tree_may_be_closed_while_it_reads)
{
	begin();
	use_whole();
	tree_rig_await(0, 0, 300);
	fake_disk_answer(&disk, 2, 0);
	fake_loop_advance(tree_rig.loop, TREE_DISK_PATIENCE_MS);
	tree_rig_end_wait(0);
	tree_close(tree_rig.tree);
	fake_disk_answer_all(&disk);
	tree_rig.tree = NULL;
	MUST_EQ(0, tree_open(&tree_rig.tree, tree_rig.loop, &tree_rig.blob, &tree_rig.counters,
			     &tree_rig.fake.verity));
	end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, hash_blocks_that_the_disk_has_are_not_fetched);
	ATF_TP_ADD_TC(tp, they_wait_for_their_parents_in_any_order);
	ATF_TP_ADD_TC(tp, one_that_is_wrong_is_fetched_alone_and_written_again);
	ATF_TP_ADD_TC(tp, only_those_that_it_does_not_have_are_fetched);
	ATF_TP_ADD_TC(tp, what_cannot_be_read_is_fetched);
	ATF_TP_ADD_TC(tp, a_disk_that_does_not_answer_is_not_waited_for);
	ATF_TP_ADD_TC(tp, what_is_known_before_is_written_with_a_superblock_and_enough_for_the_next_tree);
	ATF_TP_ADD_TC(tp, what_is_here_when_the_disk_comes_is_written_though_it_is_claimed);
	ATF_TP_ADD_TC(tp, a_tree_may_be_closed_while_it_reads);
	return atf_no_error();
}
