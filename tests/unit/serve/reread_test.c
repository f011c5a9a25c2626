/* SPDX-License-Identifier: MIT */
/* Objects with a disk beside them, under a hash tree. The fake transport checks every byte of every answer. */
#include "unit.h"

#include "fake_disk.h"
#include "rig_tree.h"
#include "serve/complete.h"

#include <errno.h>

#define KIB UINT64_C(1024)
#define B   UINT64_C(4096)

enum { BLOCKS = 1000 };

static struct rig rig;
static struct rig_tree verified;
static struct fake_disk disk;
static struct object *object;

static void begin(void)
{
	fake_disk_open(&disk, BLOCKS * B, NULL);
	rig_open(&rig, 0);
	rig_use_memory(&rig, 1024 * KIB);
	rig.disk = &disk.file;
	rig_tree_open(&verified, &rig, BLOCKS, 1);
	object = verified.object;
	disk.also = verified.tree->disk.came;
	disk.also_arg = verified.tree;
}

static void end(void)
{
	rig_tree_close(&verified);
	rig_close(&rig);
	fake_disk_close(&disk);
}

/* Of the image; hashes are served. */
static unsigned fetches(void)
{
	rig_tree_serve_these(&verified, true, FAKE_RIGHT, 0);
	return rig_tree_flying(&verified, false);
}

CASE(what_the_disk_has_is_read_from_it_and_proven)
{
	uint32_t id;

	begin();
	fake_disk_put(&disk, 100, 200);
	id = rig_ask(&rig, object, 110 * B, 20 * B);
	EQ(1, disk.read_count);
	EQ(0, fetches());
	EQ(RIG_WAITS, rig_state(&rig, id));
	fake_disk_answer_all(&disk);
	EQ(RIG_SERVED, rig_state(&rig, id));
	EQ(1, disk.begun);
	EQ(0, disk.written);
	EQ(20, object->present.sound.marked_count);
	end();
}

CASE(it_is_proven_at_each_read)
{
	uint32_t id;

	begin();
	fake_disk_put(&disk, 100, 200);
	id = rig_ask(&rig, object, 110 * B, 4 * B);
	(void)fetches();
	fake_disk_answer_all(&disk);
	EQ(RIG_SERVED, rig_state(&rig, id));
	fake_disk_spoil(&disk, 111);
	id = rig_ask(&rig, object, 110 * B, 4 * B);
	fake_disk_answer_all(&disk);
	EQ(RIG_WAITS, rig_state(&rig, id));
	rig_tree_serve_all(&verified);
	EQ(RIG_SERVED, rig_state(&rig, id));
	end();
}

CASE(what_is_wrong_there_is_fetched_alone_and_written_again)
{
	uint32_t id;
	uint64_t fetched;

	begin();
	fake_disk_put(&disk, 100, 200);
	fake_disk_spoil(&disk, 112);
	id = rig_ask(&rig, object, 110 * B, 20 * B);
	(void)fetches();
	fetched = rig.counters.fetched_bytes;
	fake_disk_answer_all(&disk);
	EQ(RIG_WAITS, rig_state(&rig, id));
	EQ(1, fetches());
	EQ(112 * B, rig_tree_only(&verified, false)->off);
	EQ(B, rig_tree_only(&verified, false)->len);
	EQ(fetched, rig.counters.fetched_bytes);
	rig_tree_serve_all(&verified);
	EQ(RIG_SERVED, rig_state(&rig, id));
	EQ(B, disk.written);
	id = rig_ask(&rig, object, 110 * B, 20 * B);
	fake_disk_answer_all(&disk);
	EQ(0, fetches());
	EQ(RIG_SERVED, rig_state(&rig, id));
	end();
}

CASE(what_cannot_be_read_is_fetched)
{
	uint32_t id;

	begin();
	fake_disk_put(&disk, 100, 200);
	id = rig_ask(&rig, object, 110 * B, 20 * B);
	(void)fetches();
	fake_disk_answer(&disk, 0, -EIO);
	EQ(1, fetches());
	rig_tree_serve_all(&verified);
	EQ(RIG_SERVED, rig_state(&rig, id));
	EQ(20 * B, disk.written);
	end();
}

CASE(only_what_it_does_not_have_is_fetched)
{
	uint32_t id;

	begin();
	fake_disk_put(&disk, 100, 104);
	fake_disk_put(&disk, 108, 112);
	id = rig_ask(&rig, object, 98 * B, 16 * B);
	EQ(2, disk.read_count);
	EQ(3, fetches());
	rig_tree_serve_these(&verified, false, FAKE_RIGHT, 0);
	EQ(RIG_WAITS, rig_state(&rig, id));
	fake_disk_answer_all(&disk);
	EQ(RIG_SERVED, rig_state(&rig, id));
	end();
}

CASE(a_disk_that_does_not_answer_is_not_waited_for)
{
	uint32_t id, next;

	begin();
	fake_disk_put(&disk, 100, 200);
	id = rig_ask(&rig, object, 110 * B, 4 * B);
	(void)fetches();
	fake_loop_advance(rig.loop, REREAD_PATIENCE_MS);
	EQ(1, disk.late);
	EQ(1, fetches());
	/* Nor is it asked for more. */
	next = rig_ask(&rig, object, 150 * B, 4 * B);
	EQ(1, disk.read_count);
	EQ(2, fetches());
	rig_tree_serve_all(&verified);
	EQ(RIG_SERVED, rig_state(&rig, id));
	EQ(RIG_SERVED, rig_state(&rig, next));
	fake_disk_answer_all(&disk);
	EQ(0, disk.late);
	id = rig_ask(&rig, object, 110 * B, 4 * B);
	fake_disk_answer_all(&disk);
	EQ(RIG_SERVED, rig_state(&rig, id));
	end();
}

CASE(a_late_answer_counts_where_the_network_has_none)
{
	uint32_t id;

	begin();
	fake_disk_put(&disk, 100, 200);
	id = rig_ask(&rig, object, 110 * B, 4 * B);
	(void)fetches();
	fake_loop_advance(rig.loop, REREAD_PATIENCE_MS);
	EQ(1, fetches());
	fake_disk_answer_all(&disk);
	EQ(RIG_SERVED, rig_state(&rig, id));
	rig_tree_serve_all(&verified);
	end();
}

/* A disk that stalls for a while, and a server that is off. */
CASE(what_was_asked_of_the_network_meanwhile_is_read_when_the_disk_answers_again)
{
	uint32_t late, meanwhile;

	begin();
	fake_disk_put(&disk, 100, 200);
	late = rig_ask(&rig, object, 110 * B, 4 * B);
	(void)fetches();
	fake_loop_advance(rig.loop, REREAD_PATIENCE_MS);
	meanwhile = rig_ask(&rig, object, 150 * B, 4 * B);
	EQ(1, disk.read_count);
	EQ(2, fetches());
	fake_disk_answer_all(&disk);
	EQ(RIG_SERVED, rig_state(&rig, late));
	EQ(RIG_SERVED, rig_state(&rig, meanwhile));
	EQ(2, disk.begun);
	rig_tree_serve_all(&verified);
	end();
}

CASE(a_disk_that_comes_later_serves_what_waits)
{
	uint32_t id;

	begin();
	object_use_disk(object, NULL);
	fake_disk_put(&disk, 100, 200);
	id = rig_ask(&rig, object, 110 * B, 4 * B);
	EQ(1, fetches());
	object_use_disk(object, &disk.file);
	fake_disk_answer_all(&disk);
	EQ(RIG_SERVED, rig_state(&rig, id));
	rig_tree_serve_all(&verified);
	end();
}

CASE(neighbours_that_are_wrong_are_fetched_together)
{
	uint32_t id;

	begin();
	fake_disk_put(&disk, 100, 200);
	for (uint64_t block = 112; block < 120; block++)
		fake_disk_spoil(&disk, block);
	fake_disk_spoil(&disk, 125);
	id = rig_ask(&rig, object, 110 * B, 20 * B);
	(void)fetches();
	fake_disk_answer_all(&disk);
	EQ(2, fetches());
	EQ(1, rig.news[OBJECT_STORE_WRONG]);
	rig_tree_serve_all(&verified);
	EQ(RIG_SERVED, rig_state(&rig, id));
	EQ(9, rig.counters.wrong_blocks);
	end();
}

/* Rounds of a minute are for what fails. */
CASE(what_is_there_is_proven_in_one_round)
{
	struct list objects;
	struct complete complete;
	uint64_t began_ms;

	begin();
	list_init(&objects);
	list_append(&objects, &object->link);
	fake_disk_put(&disk, 0, BLOCKS);
	rig_ask(&rig, object, 0, B);
	fake_disk_answer_all(&disk);
	rig_tree_serve_these(&verified, true, FAKE_RIGHT, 0);
	began_ms = loop_now_ms(rig.loop);
	complete_begin(&complete, &rig.table, &objects, 100 << 20, UINT64_MAX);
	for (int i = 0; i < 2000 && !object_is_whole(object); i++) {
		if (fake_loop_armed(rig.loop) > 0)
			fake_loop_advance(rig.loop, fake_loop_next_ms(rig.loop));
		fake_disk_answer_all(&disk);
		rig_tree_serve_these(&verified, true, FAKE_RIGHT, 0);
	}
	ATF_CHECK(object_is_whole(object));
	ATF_CHECK(loop_now_ms(rig.loop) - began_ms < COMPLETE_ROUND_MS);
	EQ(0, rig_tree_flying(&verified, false));
	complete_end(&complete);
	end();
}

/* However long it is full, and at whatever rate. */
CASE(nothing_is_brought_in_that_cannot_be_kept)
{
	struct list objects;
	struct complete complete;

	begin();
	list_init(&objects);
	list_append(&objects, &object->link);
	disk.is_full = true;
	rig_ask(&rig, object, 0, B);
	rig_tree_serve_all(&verified);
	complete_begin(&complete, &rig.table, &objects, 100 << 20, UINT64_MAX);
	fake_loop_advance(rig.loop, 10 * COMPLETE_ROUND_MS);
	EQ(0, fetches());
	complete_end(&complete);
	end();
}

CASE(an_answer_to_a_closed_object_does_no_harm)
{
	begin();
	fake_disk_put(&disk, 100, 200);
	rig_ask(&rig, object, 110 * B, 4 * B);
	object_close(object);
	verified.object = NULL;
	rig_tree_serve_all(&verified);
	fake_disk_answer_all(&disk);
	end();
}

CASE(hashes_that_come_later_are_waited_for_and_false_ones_lose_nothing_else)
{
	uint32_t id, other;

	begin();
	/* Blocks of two leaves: 128 data blocks each. */
	fake_disk_put(&disk, 100, 300);
	id = rig_ask(&rig, object, 120 * B, 8 * B);
	other = rig_ask(&rig, object, 128 * B, 8 * B);
	fake_disk_answer_all(&disk);
	EQ(RIG_WAITS, rig_state(&rig, id));
	/* The second leaf is wrong, however often it comes. */
	for (int i = 0; i < 100 && rig_tree_flying(&verified, true) > 0; i++)
		rig_tree_serve_these(&verified, true, FAKE_FLIPPED, fake_tree_at(&verified.fake, 2));
	EQ(RIG_SERVED, rig_state(&rig, id));
	EQ(RIG_FAILED, rig_state(&rig, other));
	rig_tree_serve_all(&verified);
	id = rig_ask(&rig, object, 128 * B, 8 * B);
	fake_disk_answer_all(&disk);
	rig_tree_serve_all(&verified);
	EQ(RIG_SERVED, rig_state(&rig, id));
	end();
}

CASE(what_comes_from_the_network_is_written_once)
{
	uint32_t id;

	begin();
	disk.holds_writes = true;
	id = rig_ask(&rig, object, 110 * B, 20 * B);
	rig_tree_serve_all(&verified);
	EQ(RIG_SERVED, rig_state(&rig, id));
	ATF_CHECK(disk.written >= 20 * B);
	EQ(0, object->present.sound.marked_count);
	fake_disk_flush(&disk);
	EQ(disk.written / B, object->present.sound.marked_count);
	id = rig_ask(&rig, object, 110 * B, 20 * B);
	fake_disk_answer_all(&disk);
	EQ(0, fetches());
	EQ(RIG_SERVED, rig_state(&rig, id));
	end();
}

CASE(the_rest_is_brought_in_and_what_was_there_is_proven_before_it_is_called_whole)
{
	struct list objects;
	struct complete complete;

	begin();
	list_init(&objects);
	list_append(&objects, &object->link);
	fake_disk_put(&disk, 0, 500);
	fake_disk_spoil(&disk, 77);
	disk.is_full = true;
	rig_ask(&rig, object, 0, B);
	fake_disk_answer_all(&disk);
	rig_tree_serve_all(&verified);
	complete_begin(&complete, &rig.table, &objects, 100 << 20, UINT64_MAX);
	for (int i = 0; i < 2000 && !object_is_whole(object); i++) {
		/* Now and then there is no room; what is in memory then is written later. */
		disk.is_full = i < 100 && i % 3 == 0;
		if (fake_loop_armed(rig.loop) > 0)
			fake_loop_advance(rig.loop, fake_loop_next_ms(rig.loop));
		fake_disk_answer_all(&disk);
		rig_tree_serve_these(&verified, false, FAKE_RIGHT, 0);
		rig_tree_serve_these(&verified, true, FAKE_RIGHT, 0);
	}
	ATF_CHECK(object_is_whole(object));
	EQ(1, rig.news[OBJECT_ALL_HERE]);
	EQ(BLOCKS, object->present.sound.marked_count);
	complete_end(&complete);
	end();
}

/* Random requests while the disk and a server do what they like, with fixed seeds. */
static void run(uint32_t seed)
{
	uint32_t ids[64];
	unsigned asked = 0;

	rig_seed(seed);
	begin();
	for (int i = 0; i < 20; i++) {
		uint64_t first = rig_draw(BLOCKS), until = first + rig_draw(100);

		fake_disk_put(&disk, first, until < BLOCKS ? until : BLOCKS);
		fake_disk_spoil(&disk, rig_draw(BLOCKS));
	}
	for (int step = 0; step < 600; step++) {
		uint32_t what = rig_draw(100);

		if (what < 20 && asked < 64)
			ids[asked++] = rig_ask(&rig, object, rig_draw(BLOCKS * 4096), 1 + rig_draw(200000));
		else if (what < 60 && disk.read_count > 0)
			fake_disk_answer(&disk, rig_draw(disk.read_count), rig_draw(10) ? 0 : -EIO);
		else if (what < 70)
			fake_loop_advance(rig.loop, rig_draw(rig_draw(10) ? 500 : 20000));
		else if (what < 90)
			rig_tree_serve_these(&verified, rig_draw(2), FAKE_RIGHT, 0);
		else if (what < 95)
			fake_disk_spoil(&disk, rig_draw(BLOCKS));
		else if (what < 97)
			fake_disk_flush(&disk);
		else
			disk.holds_writes = rig_draw(2), disk.is_full = rig_draw(4) == 0;
	}
	for (int i = 0; i < 100; i++) {
		fake_disk_answer_all(&disk);
		rig_tree_serve_all(&verified);
	}
	for (unsigned i = 0; i < asked; i++)
		ATF_CHECK_MSG(rig_state(&rig, ids[i]) == RIG_SERVED, "seed %u: request %u is not served",
			      seed, i);
	end();
}

CASE(whatever_is_on_the_disk_every_request_is_answered_once_with_its_bytes)
{
	for (uint32_t seed = 1; seed <= 200; seed++)
		run(seed);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, what_the_disk_has_is_read_from_it_and_proven);
	ATF_TP_ADD_TC(tp, it_is_proven_at_each_read);
	ATF_TP_ADD_TC(tp, what_is_wrong_there_is_fetched_alone_and_written_again);
	ATF_TP_ADD_TC(tp, what_cannot_be_read_is_fetched);
	ATF_TP_ADD_TC(tp, only_what_it_does_not_have_is_fetched);
	ATF_TP_ADD_TC(tp, a_disk_that_does_not_answer_is_not_waited_for);
	ATF_TP_ADD_TC(tp, a_late_answer_counts_where_the_network_has_none);
	ATF_TP_ADD_TC(tp, what_was_asked_of_the_network_meanwhile_is_read_when_the_disk_answers_again);
	ATF_TP_ADD_TC(tp, a_disk_that_comes_later_serves_what_waits);
	ATF_TP_ADD_TC(tp, neighbours_that_are_wrong_are_fetched_together);
	ATF_TP_ADD_TC(tp, what_is_there_is_proven_in_one_round);
	ATF_TP_ADD_TC(tp, nothing_is_brought_in_that_cannot_be_kept);
	ATF_TP_ADD_TC(tp, an_answer_to_a_closed_object_does_no_harm);
	ATF_TP_ADD_TC(tp, hashes_that_come_later_are_waited_for_and_false_ones_lose_nothing_else);
	ATF_TP_ADD_TC(tp, what_comes_from_the_network_is_written_once);
	ATF_TP_ADD_TC(tp, the_rest_is_brought_in_and_what_was_there_is_proven_before_it_is_called_whole);
	ATF_TP_ADD_TC(tp, whatever_is_on_the_disk_every_request_is_answered_once_with_its_bytes);
	return atf_no_error();
}
