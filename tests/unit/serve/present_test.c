/* SPDX-License-Identifier: MIT */
/* What is kept, and where, by a verdict that the test gives: no byte is kept that is not proven. */
#include "unit.h"

#include "serve/present.h"
#include "trust/tree.h"

#include <errno.h>

#define B UINT64_C(4096)

enum { BLOCKS = 100 };

static struct present present;
static struct tree tree;
static _Alignas(4096) uint8_t bytes[BLOCKS * 4096];
static uint64_t proven_end; /* blocks from here on have no hash yet, or are wrong */
static enum hashes_verdict verdict_behind;
static bool in_store[BLOCKS], marked[BLOCKS], claimed[BLOCKS];
static bool is_kept[BLOCKS]; /* an earlier engine has left it, and it stays */
static int store_error, mark_error;
static uint64_t store_error_off; /* where it begins */
static bool does_last;
static unsigned writes;
static uint64_t old_start, old_end; /* what an earlier engine stored, in bytes */

uint64_t hashes_check(const struct hashes *hashes, uint64_t first, const uint8_t *data, uint64_t count,
		      enum hashes_verdict *verdict_out)
{
	ATF_REQUIRE(hashes == &tree.hashes && data != NULL);
	*verdict_out = first + count <= proven_end ? HASHES_TRUE : verdict_behind;
	return first >= proven_end ? 0 : first + count <= proven_end ? count : proven_end - first;
}

/* reread_test has one. */
bool disk_write(struct disk_file *file, const uint8_t *data, uint64_t off, uint64_t len)
{
	(void)file;
	(void)data;
	(void)off;
	(void)len;
	ATF_REQUIRE_MSG(false, "there is no disk");
	return false;
}

void disk_changed(struct disk_file *file, uint64_t first, uint64_t end)
{
	(void)file;
	(void)first;
	(void)end;
	ATF_REQUIRE_MSG(false, "there is no disk");
}

bool disk_give_room(struct disk_file *file, uint64_t len)
{
	(void)file;
	(void)len;
	ATF_REQUIRE_MSG(false, "there is no disk");
	return false;
}

bool disk_is_readable(const struct disk_file *file)
{
	return file != NULL;
}

bool disk_is_writable(const struct disk_file *file)
{
	return file != NULL;
}

bool tree_is_on_disk(struct tree *of)
{
	return of != NULL;
}

int store_write(struct store *store, const void *buf, uint64_t off, uint64_t len)
{
	(void)buf;
	MUST_EQ(7, store->fd);
	if (store_error && off >= store_error_off)
		return store_error;
	writes++;
	for (uint64_t block = off / B; block < (off + len) / B; block++) {
		ATF_REQUIRE_MSG(block < proven_end, "block %" PRIu64 " is kept without proof", block);
		in_store[block] = true;
	}
	return 0;
}

int store_next_data(struct store *store, uint64_t off, uint64_t *start_out, uint64_t *end_out)
{
	MUST_EQ(7, store->fd);
	if (off >= old_end)
		return -ENXIO;
	*start_out = old_start;
	*end_out = old_end;
	return 0;
}

void store_close(struct store *store)
{
	store->fd = -1;
}

bool store_lasts(const struct store *store)
{
	MUST_EQ(7, store->fd);
	return does_last;
}

unsigned store_pieces(struct store *store, uint64_t off, uint64_t end, struct iovec *pieces_out,
		      unsigned most)
{
	MUST_EQ(7, store->fd);
	ATF_REQUIRE(off == 5 && end == 5 * B + 1 && pieces_out != NULL);
	return most;
}

bool store_drop(struct store *store, uint64_t block)
{
	MUST_EQ(7, store->fd);
	if (does_last || is_kept[block])
		return false;
	in_store[block] = false;
	return true;
}

uint64_t store_lasting(const struct store *store, uint64_t marked_count)
{
	uint64_t count = 0;

	MUST_EQ(7, store->fd);
	for (uint64_t block = 0; block < BLOCKS; block++)
		count += is_kept[block];
	return does_last ? marked_count : count;
}

/* -- what an earlier engine kept in memory -- */

int kept_owner_init(struct kept_owner *owner, struct kept *kept, uint64_t id, uint64_t block_count)
{
	*owner = (struct kept_owner){.kept = kept, .id = id, .block_count = block_count};
	return 0;
}

void kept_adopt(struct kept_owner *owner, void (*claim)(void *arg, uint64_t block), void *arg)
{
	EQ(42u, owner->id);
	for (uint64_t block = 0; block < BLOCKS; block++)
		if (is_kept[block])
			claim(arg, block);
}

const uint8_t *kept_find(const struct kept_owner *owner, uint64_t block)
{
	EQ(42u, owner->id);
	return is_kept[block] ? bytes : NULL;
}

void kept_drop(struct kept_owner *owner, uint64_t block)
{
	EQ(42u, owner->id);
	ATF_REQUIRE(is_kept[block]);
	is_kept[block] = false;
}

/* The marks of a set. */
static bool *marks_of(const struct blockset *set)
{
	return set == &present.claims ? claimed : marked;
}

void blockset_clear(struct blockset *set, uint64_t block)
{
	bool *marks = marks_of(set);

	set->marked_count -= marks[block];
	marks[block] = false;
}

int blockset_init(struct blockset *set, uint64_t block_count)
{
	*set = (struct blockset){.block_count = block_count};
	return 0;
}

void blockset_fini(struct blockset *set)
{
	(void)set;
}

int blockset_mark(struct blockset *set, uint64_t first, uint64_t end)
{
	if (mark_error)
		return mark_error;
	for (uint64_t block = first; block < end; block++) {
		set->marked_count += !marks_of(set)[block];
		marks_of(set)[block] = true;
	}
	return 0;
}

bool blockset_has(const struct blockset *set, uint64_t block)
{
	return block < set->block_count && marks_of(set)[block];
}

uint64_t blockset_next(const struct blockset *set, uint64_t from, uint64_t end, bool is_marked)
{
	while (from < end && (from >= BLOCKS || marks_of(set)[from] != is_marked))
		from++;
	return from;
}

bool blockset_has_all(const struct blockset *set, uint64_t off, uint64_t end)
{
	return blockset_next(set, off / B, end / B, false) == end / B;
}

static void begin(uint64_t proven, enum hashes_verdict behind)
{
	memset(in_store, 0, sizeof(in_store));
	memset(marked, 0, sizeof(marked));
	memset(claimed, 0, sizeof(claimed));
	memset(is_kept, 0, sizeof(is_kept));
	store_error = mark_error = 0;
	store_error_off = 0;
	does_last = true;
	writes = 0;
	old_start = old_end = 0;
	proven_end = proven;
	verdict_behind = behind;
	MUST_EQ(0, present_init(&present, &(struct store){.fd = 7, .kept = {.id = 42}}, BLOCKS * B, &tree));
}

static int land(uint64_t first, uint64_t end, uint64_t *took_blocks_out)
{
	uint64_t took;
	int err = present_land(&present, bytes, first * B, (end - first) * B, &took);

	*took_blocks_out = took / B;
	return err;
}

CASE(what_is_proven_is_kept_and_the_rest_is_named)
{
	static const struct {
		enum hashes_verdict behind;
		int err;
	} kinds[] = {{HASHES_UNKNOWN, -EAGAIN}, {HASHES_WRONG, -EBADMSG}};
	uint64_t took;

	for (unsigned i = 0; i < 2; i++) {
		begin(5, kinds[i].behind);
		EQ(kinds[i].err, land(0, 10, &took));
		EQ(5u, took);
		ATF_CHECK(present_has(&present, 0, 5 * B) && !present_has(&present, 0, 6 * B));
		EQ(kinds[i].err, land(5, 10, &took));
		EQ(0u, took);
		proven_end = 10;
		EQ(0, land(5, 10, &took));
		EQ(5u, took);
		present_fini(&present);
	}
}

CASE(a_store_that_fails_keeps_nothing)
{
	uint64_t took;

	begin(BLOCKS, HASHES_WRONG);
	store_error = -ENOSPC;
	EQ(-ENOSPC, land(0, 10, &took));
	EQ(0u, took);
	EQ(0u, present.blocks.marked_count);
	present_fini(&present);
}

CASE(blocks_that_cannot_be_marked_are_not_present)
{
	uint64_t took;

	begin(BLOCKS, HASHES_WRONG);
	mark_error = -ENOMEM;
	EQ(0, land(0, 10, &took));
	EQ(10u, took);
	EQ(0u, present_missing(&present, 0, 10 * B));
	/* The verdict on the next block is not lost with them. */
	proven_end = 15;
	EQ(-EBADMSG, land(10, 20, &took));
	EQ(5u, took);
	present_fini(&present);
}

CASE(a_trigger_is_kept_in_memory_until_it_is_released)
{
	uint64_t took, last;

	begin(BLOCKS, HASHES_WRONG);
	trigger_set(&present.triggers, 4 * B);
	memset(bytes + 4 * B, 0x44, B);
	EQ(0, land(0, 10, &took));
	EQ(10u, took);
	ATF_CHECK(in_store[3] && !in_store[4] && in_store[5]);
	ATF_CHECK(!present_has(&present, 0, 10 * B));
	EQ(10 * B, present_missing(&present, 0, 10 * B));
	EQ(4 * B, present_hole_end(&present, 4 * B, 10 * B));
	EQ(0x44, trigger_find(&present.triggers, 0, 10 * B)->bytes[4095]);
	ATF_CHECK(present_release(&present, 0, 10 * B, &last));
	EQ(4 * B, last);
	ATF_CHECK(in_store[4] && present_has(&present, 0, 10 * B));
	ATF_CHECK(!present_release(&present, 0, 10 * B, &last));
	present_fini(&present);
}

CASE(a_trigger_is_proven_too)
{
	uint64_t took, last;

	begin(4, HASHES_WRONG);
	trigger_set(&present.triggers, 4 * B);
	EQ(-EBADMSG, land(0, 10, &took));
	EQ(4u, took);
	EQ(4 * B, present_missing(&present, 0, 10 * B));
	/* It has not come: no trigger any more, and nothing to keep. */
	ATF_CHECK(present_release(&present, 0, 10 * B, &last));
	ATF_CHECK(!in_store[4]);
	present_fini(&present);
}

CASE(what_an_earlier_engine_stored_is_taken_and_the_head_kept_beside_it)
{
	begin(BLOCKS, HASHES_WRONG);
	present_give_head(&present, bytes, 3 * B + 100);
	old_start = 5 * B - 1000;
	old_end = 8 * B + 1000;
	present_adopt(&present);
	/* Whole blocks only, of both. */
	ATF_CHECK(in_store[0] && in_store[2] && !in_store[3]);
	ATF_CHECK(!marked[4] && marked[5] && marked[7] && !marked[8]);
	ATF_CHECK(!in_store[5]);
	present_fini(&present);
}

CASE(a_head_that_is_not_proven_is_dropped)
{
	begin(0, HASHES_WRONG);
	present_give_head(&present, bytes, 3 * B);
	present_adopt(&present);
	EQ(0u, present.blocks.marked_count);
	present_fini(&present);
}

CASE(a_hole_ends_where_blocks_or_the_blob_do)
{
	uint64_t took;

	begin(BLOCKS, HASHES_WRONG);
	present.size = BLOCKS * B - 1000;
	EQ(0, land(20, 21, &took));
	EQ(20 * B, present_hole_end(&present, 3 * B, BLOCKS * B));
	EQ(10 * B, present_hole_end(&present, 3 * B, 10 * B));
	EQ(BLOCKS * B - 1000, present_hole_end(&present, 30 * B, BLOCKS * B));
	present_fini(&present);
}

CASE(what_the_kernel_has_is_gone_from_a_store_that_does_not_last)
{
	uint64_t took;

	for (int lasts = 0; lasts < 2; lasts++) {
		begin(BLOCKS, HASHES_WRONG);
		does_last = lasts;
		EQ(0, land(0, 10, &took));
		present_taken(&present, 3 * B, 5 * B);
		EQ(lasts, in_store[3]);
		EQ(lasts, in_store[4]);
		EQ(lasts, present_has(&present, 3 * B, 5 * B));
		EQ(lasts ? 10u : 8u, present.blocks.marked_count);
		ATF_CHECK(present_has(&present, 0, 3 * B) && present_has(&present, 5 * B, 10 * B));
		present_fini(&present);
	}
}

CASE(what_the_store_has_given_up_is_missing_and_nothing_beside_it)
{
	uint64_t took;

	begin(BLOCKS, HASHES_WRONG);
	does_last = false;
	EQ(0, land(0, 10, &took));
	present_lost(&present, 4);
	EQ(4 * B, present_missing(&present, 0, 10 * B));
	EQ(5 * B, present_hole_end(&present, 4 * B, 10 * B));
	EQ(9u, present.blocks.marked_count);
	present_fini(&present);
}

CASE_ABOUT(where_blocks_do_not_last_each_is_marked_before_the_next_is_written,
	   "it may have to give its place to that one")
{
	uint64_t took;

	begin(BLOCKS, HASHES_WRONG);
	EQ(0, land(0, 10, &took));
	EQ(1u, writes);
	present_fini(&present);
	begin(BLOCKS, HASHES_WRONG);
	does_last = false;
	EQ(0, land(0, 10, &took));
	EQ(10u, took);
	EQ(10u, writes);
	store_error = -ENOSPC;
	store_error_off = 14 * B;
	EQ(-ENOSPC, land(10, 20, &took));
	EQ(4u, took);
	EQ(14u, present.blocks.marked_count);
	ATF_CHECK(present_has(&present, 0, 14 * B) && !present_has(&present, 14 * B, 15 * B));
	present_fini(&present);
}

CASE(pieces_are_those_of_the_store)
{
	struct iovec pieces[3];

	begin(BLOCKS, HASHES_WRONG);
	EQ(3u, present_pieces(&present, 5, 5 * B + 1, pieces, 3));
	present_fini(&present);
}

/* An engine whose predecessor kept [first, end), and whose hashes are there for what is before `proven`. */
static void begin_after(uint64_t first, uint64_t end, uint64_t proven, enum hashes_verdict behind)
{
	begin(proven, behind);
	does_last = false;
	for (uint64_t block = first; block < end; block++)
		is_kept[block] = true;
	present_adopt(&present);
	EQ(0u, present.blocks.marked_count);
}

CASE(what_an_earlier_engine_kept_is_here_once_it_is_proven)
{
	begin_after(3, 8, 5, HASHES_WRONG);
	present_settle(&present, 0, 4 * B);
	ATF_CHECK(present_has(&present, 3 * B, 4 * B) && !present_has(&present, 4 * B, 5 * B));
	present_settle(&present, 0, BLOCKS * B);
	ATF_CHECK(present_has(&present, 3 * B, 5 * B));
	EQ(2u, present.blocks.marked_count);
	/* What is wrong is forgotten. */
	ATF_CHECK(is_kept[4] && !is_kept[5] && !is_kept[7]);
	EQ(0u, present.claims.marked_count);
	EQ(0u, writes);
	present_fini(&present);
}

CASE(what_an_earlier_engine_kept_and_cannot_be_proven_yet_is_missing_and_stays)
{
	begin_after(3, 8, 5, HASHES_UNKNOWN);
	present_settle(&present, 0, BLOCKS * B);
	EQ(5 * B, present_missing(&present, 3 * B, 8 * B));
	ATF_CHECK(is_kept[5] && is_kept[7]);
	mark_error = -ENOMEM;
	proven_end = 6;
	present_settle(&present, 0, 6 * B);
	EQ(5 * B, present_missing(&present, 3 * B, 8 * B));
	mark_error = 0;
	present_settle(&present, 0, 6 * B);
	EQ(6 * B, present_missing(&present, 3 * B, 8 * B));
	present_fini(&present);
}

CASE(what_is_fetched_takes_the_place_of_what_an_earlier_engine_kept)
{
	uint64_t took;

	begin_after(3, 8, BLOCKS, HASHES_WRONG);
	EQ(0, land(5, 7, &took));
	EQ(3u, present.claims.marked_count);
	ATF_CHECK(!claimed[5] && !claimed[6] && claimed[7]);
	/* The kernel has them, and they stay. */
	present_taken(&present, 5 * B, 7 * B);
	ATF_CHECK(present_has(&present, 5 * B, 7 * B));
	present_fini(&present);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, what_is_proven_is_kept_and_the_rest_is_named);
	ATF_TP_ADD_TC(tp, a_store_that_fails_keeps_nothing);
	ATF_TP_ADD_TC(tp, blocks_that_cannot_be_marked_are_not_present);
	ATF_TP_ADD_TC(tp, a_trigger_is_kept_in_memory_until_it_is_released);
	ATF_TP_ADD_TC(tp, a_trigger_is_proven_too);
	ATF_TP_ADD_TC(tp, what_an_earlier_engine_stored_is_taken_and_the_head_kept_beside_it);
	ATF_TP_ADD_TC(tp, a_head_that_is_not_proven_is_dropped);
	ATF_TP_ADD_TC(tp, a_hole_ends_where_blocks_or_the_blob_do);
	ATF_TP_ADD_TC(tp, what_the_kernel_has_is_gone_from_a_store_that_does_not_last);
	ATF_TP_ADD_TC(tp, what_the_store_has_given_up_is_missing_and_nothing_beside_it);
	ATF_TP_ADD_TC(tp, where_blocks_do_not_last_each_is_marked_before_the_next_is_written);
	ATF_TP_ADD_TC(tp, pieces_are_those_of_the_store);
	ATF_TP_ADD_TC(tp, what_an_earlier_engine_kept_is_here_once_it_is_proven);
	ATF_TP_ADD_TC(tp, what_an_earlier_engine_kept_and_cannot_be_proven_yet_is_missing_and_stays);
	ATF_TP_ADD_TC(tp, what_is_fetched_takes_the_place_of_what_an_earlier_engine_kept);
	return atf_no_error();
}
