/* SPDX-License-Identifier: MIT */
#include "present_rig.h"

#include "unit.h"

#include <errno.h>

struct present_rig rig;

/* -- the hashes ----------------------------------------------------------------------------------------------------- */

uint64_t hashes_check(const struct hashes *hashes, uint64_t first, const uint8_t *data, uint64_t count,
		      enum hashes_verdict *verdict_out)
{
	ATF_REQUIRE(hashes == &rig.tree.hashes && data != NULL);
	*verdict_out = first + count <= rig.proven_end ? HASHES_TRUE : rig.verdict_behind;
	return first >= rig.proven_end ? 0 : first + count <= rig.proven_end ? count : rig.proven_end - first;
}

/* -- there is no disk: reread_test has one -------------------------------------------------------------------------- */

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

/* -- the store ------------------------------------------------------------------------------------------------------ */

int store_write(struct store *store, const void *buf, uint64_t off, uint64_t len)
{
	(void)buf;
	MUST_EQ(7, store->fd);
	if (rig.store_error && off >= rig.store_error_off)
		return rig.store_error;
	rig.writes++;
	for (uint64_t block = off / B; block < (off + len) / B; block++) {
		ATF_REQUIRE_MSG(block < rig.proven_end, "block %" PRIu64 " is kept without proof", block);
		rig.in_store[block] = true;
	}
	return 0;
}

int store_next_data(struct store *store, uint64_t off, uint64_t *start_out, uint64_t *end_out)
{
	MUST_EQ(7, store->fd);
	if (off >= rig.old_end)
		return -ENXIO;
	*start_out = rig.old_start;
	*end_out = rig.old_end;
	return 0;
}

void store_close(struct store *store)
{
	store->fd = -1;
}

bool store_lasts(const struct store *store)
{
	MUST_EQ(7, store->fd);
	return rig.does_last;
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
	if (rig.does_last || rig.is_kept[block])
		return false;
	rig.in_store[block] = false;
	return true;
}

uint64_t store_lasting(const struct store *store, uint64_t marked_count)
{
	uint64_t count = 0;

	MUST_EQ(7, store->fd);
	for (uint64_t block = 0; block < PRESENT_RIG_BLOCKS; block++)
		count += rig.is_kept[block];
	return rig.does_last ? marked_count : count;
}

/* -- what an earlier engine kept in memory -------------------------------------------------------------------------- */

int kept_owner_init(struct kept_owner *owner, struct kept *kept, uint64_t id, uint64_t block_count)
{
	*owner = (struct kept_owner){.kept = kept, .id = id, .block_count = block_count};
	return 0;
}

void kept_adopt(struct kept_owner *owner, void (*claim)(void *arg, uint64_t block), void *arg)
{
	EQ(42u, owner->id);
	for (uint64_t block = 0; block < PRESENT_RIG_BLOCKS; block++)
		if (rig.is_kept[block])
			claim(arg, block);
}

const uint8_t *kept_find(const struct kept_owner *owner, uint64_t block)
{
	EQ(42u, owner->id);
	return rig.is_kept[block] ? rig.bytes : NULL;
}

void kept_drop(struct kept_owner *owner, uint64_t block)
{
	EQ(42u, owner->id);
	ATF_REQUIRE(rig.is_kept[block]);
	rig.is_kept[block] = false;
}

/* -- marks ---------------------------------------------------------------------------------------------------------- */

/* The linker calls __wrap_blockset_mark in place of blockset_mark (--wrap). */
int __real_blockset_mark(struct blockset *set, uint64_t first, uint64_t end);
int __wrap_blockset_mark(struct blockset *set, uint64_t first, uint64_t end);
int __wrap_blockset_mark(struct blockset *set, uint64_t first, uint64_t end)
{
	return rig.mark_error ? rig.mark_error : __real_blockset_mark(set, first, end);
}

/* -- begin and land ------------------------------------------------------------------------------------------------- */

void present_rig_begin(uint64_t proven_end, enum hashes_verdict behind)
{
	memset(&rig, 0, sizeof(rig));
	rig.proven_end = proven_end;
	rig.verdict_behind = behind;
	rig.does_last = true;
	MUST_EQ(0, present_init(&rig.present, &(struct store){.fd = 7, .kept = {.id = 42}},
				PRESENT_RIG_BLOCKS * B, &rig.tree));
}

void present_rig_begin_after(uint64_t first, uint64_t end, uint64_t proven_end, enum hashes_verdict behind)
{
	present_rig_begin(proven_end, behind);
	rig.does_last = false;
	for (uint64_t block = first; block < end; block++)
		rig.is_kept[block] = true;
	present_adopt(&rig.present);
	EQ(0u, rig.present.blocks.marked_count);
}

int present_rig_land(uint64_t first, uint64_t end, uint64_t *took_out)
{
	uint64_t took;
	int err = present_land(&rig.present, rig.bytes, first * B, (end - first) * B, &took);

	*took_out = took / B;
	return err;
}
