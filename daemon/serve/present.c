/* SPDX-License-Identifier: MIT */
#include "serve/present.h"

#include "base/block.h"
#include "trust/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int present_init(struct present *present, const struct store *store, uint64_t size, struct tree *tree)
{
	int err;

	*present = (struct present){.store = *store, .tree = tree, .size = size};
	triggers_init(&present->triggers);
	err = blockset_init(&present->blocks, block_count(size));
	if (err)
		return err;
	err = blockset_init(&present->claims, block_count(size));
	if (!err)
		err = blockset_init(&present->sound, block_count(size));
	if (!err)
		err = kept_owner_init(&present->store.kept, store->kept.kept, store->kept.id,
				      block_count(size));
	if (err) {
		blockset_fini(&present->blocks);
		blockset_fini(&present->claims);
		blockset_fini(&present->sound);
	}
	return err;
}

void present_fini(struct present *present)
{
	triggers_fini(&present->triggers);
	free(present->head);
	store_close(&present->store);
	blockset_fini(&present->blocks);
	blockset_fini(&present->claims);
	blockset_fini(&present->sound);
}

/* How many bytes, from the first on, are proven. *why_out: 0: all; -EAGAIN, -EBADMSG: as present_land. */
static uint64_t prove(const struct present *present, const uint8_t *bytes, uint64_t off, uint64_t len,
		      int *why_out)
{
	enum hashes_verdict verdict = HASHES_TRUE;

	if (present->tree)
		len = hashes_check(&present->tree->hashes, off / BLOCK_SIZE, bytes, len / BLOCK_SIZE,
				   &verdict) *
		      BLOCK_SIZE;
	*why_out = verdict == HASHES_TRUE ? 0 : verdict == HASHES_WRONG ? -EBADMSG : -EAGAIN;
	return len;
}

/* Has proven blocks written to the disk, if there is one, but for those that it claims to have. */
static void write_through(struct present *present, const uint8_t *bytes, uint64_t off, uint64_t len)
{
	struct disk_file *disk = present->store.disk;
	uint64_t at = off / BLOCK_SIZE, end = at + len / BLOCK_SIZE, until;

	for (; disk && at < end; at = until) {
		at = blockset_next(&disk->claims, at, end, false);
		until = blockset_next(&disk->claims, at, end, true);
		if (until > at)
			(void)disk_write(disk, bytes + (at * BLOCK_SIZE - off), at * BLOCK_SIZE,
					 (until - at) * BLOCK_SIZE);
	}
}

/*
 * The only caller of store_write. Returns as present_land. If there is no memory to mark the blocks, they stay
 * unmarked.
 */
static int keep_proven(struct present *present, const uint8_t *bytes, uint64_t off, uint64_t len,
		       uint64_t *took_out)
{
	int why, err = 0;
	uint64_t proven = prove(present, bytes, off, len, &why), part = proven, kept;

	/* Where blocks do not last, one may take the place of another: even of these, which has to be marked by then. */
	if (!store_lasts(&present->store))
		part = BLOCK_SIZE;
	for (kept = 0; kept < proven; kept += part) {
		do
			err = store_write(&present->store, bytes + kept, off + kept, part);
		while (err == -ENOSPC && present->store.of_disk &&
		       disk_give_room(present->store.of_disk, part));
		if (err)
			break;
		/* It has taken the place of what was claimed. Where there are claims, parts are single blocks. */
		blockset_clear(&present->claims, (off + kept) / BLOCK_SIZE);
		(void)blockset_mark(&present->blocks, (off + kept) / BLOCK_SIZE,
				    (off + kept + part) / BLOCK_SIZE);
	}
	write_through(present, bytes, off, kept);
	if (present->store.of_disk && kept > 0)
		disk_changed(present->store.of_disk, off / BLOCK_SIZE, (off + kept) / BLOCK_SIZE);
	*took_out = kept;
	return err ? err : why;
}

static int keep_trigger(const struct present *present, struct trigger *trigger, const uint8_t *bytes)
{
	int why;

	if (prove(present, bytes, trigger->off, BLOCK_SIZE, &why) == 0)
		return why;
	memcpy(trigger->bytes, bytes, BLOCK_SIZE);
	trigger->is_here = true;
	return 0;
}

int present_land(struct present *present, const uint8_t *bytes, uint64_t off, uint64_t len,
		 uint64_t *took_out)
{
	uint64_t at = off, end = off + len, took;
	int err = 0;

	while (!err && at < end) {
		struct trigger *trigger = trigger_find(&present->triggers, at, end);
		uint64_t until = trigger ? trigger->off : end;

		if (at < until) {
			err = keep_proven(present, bytes + (at - off), at, until - at, &took);
			at += took;
		}
		if (!err && trigger) {
			err = keep_trigger(present, trigger, bytes + (at - off));
			at += err ? 0 : BLOCK_SIZE;
		}
	}
	*took_out = at - off;
	return err;
}

int present_reread(struct present *present, const uint8_t *bytes, uint64_t off, uint64_t len,
		   uint64_t *took_out)
{
	int err = present_land(present, bytes, off, len, took_out);

	present_written(present, off / BLOCK_SIZE, (off + *took_out) / BLOCK_SIZE);
	return err;
}

int present_check(struct present *present, const uint8_t *bytes, uint64_t off, uint64_t len,
		  uint64_t *took_out)
{
	int why;

	*took_out = prove(present, bytes, off, len, &why);
	present_written(present, off / BLOCK_SIZE, (off + *took_out) / BLOCK_SIZE);
	return why;
}

void present_written(struct present *present, uint64_t first, uint64_t end)
{
	/* Without memory for the mark it is proven once more. */
	(void)blockset_mark(&present->sound, first, end);
}

void present_unsound(struct present *present, uint64_t first, uint64_t end)
{
	for (; first < end; first++)
		blockset_clear(&present->sound, first);
}

bool present_can_keep(const struct present *present)
{
	const struct store *store = &present->store;

	return store->disk ? disk_is_readable(store->disk) && disk_is_writable(store->disk)
			   : store_lasts(store) || store->kept.kept;
}

void present_rewrite(struct present *present, uint64_t off, uint64_t end)
{
	struct iovec piece;

	for (; off < end; off += BLOCK_SIZE)
		if (present_has(present, off, off + BLOCK_SIZE) &&
		    store_pieces(&present->store, off, off + BLOCK_SIZE, &piece, 1) == 1)
			write_through(present, piece.iov_base, off, BLOCK_SIZE);
}

bool present_release(struct present *present, uint64_t off, uint64_t end, uint64_t *last_out)
{
	struct trigger *trigger;
	bool is_any = false;
	uint64_t took;

	while ((trigger = trigger_find(&present->triggers, off, end))) {
		if (trigger->is_here)
			(void)keep_proven(present, trigger->bytes, trigger->off, BLOCK_SIZE, &took);
		*last_out = trigger->off;
		is_any = true;
		trigger_free(&present->triggers, trigger);
	}
	return is_any;
}

void present_give_head(struct present *present, const uint8_t *head, size_t head_len)
{
	if (head_len == 0 || head_len > present->size)
		return;
	present->head = aligned_alloc(BLOCK_SIZE, block_ceil(head_len));
	if (!present->head)
		return;
	memcpy(present->head, head, head_len);
	present->head_len = head_len;
}

static void keep_head(struct present *present)
{
	uint64_t len = block_ceil(present->head_len), took;

	/* A head may end inside a block only at the blob's end. */
	if (present->head_len < present->size)
		len = block_floor(present->head_len);
	else if (len > 0)
		memset(present->head + present->head_len, 0, len - present->head_len);
	if (len > 0 && !blockset_has(&present->blocks, 0))
		(void)keep_proven(present, present->head, 0, len, &took);
	free(present->head);
	present->head = NULL;
}

static void on_claim(void *arg, uint64_t block)
{
	struct present *present = arg;

	if (blockset_mark(&present->claims, block, block + 1))
		kept_drop(&present->store.kept, block);
}

void present_settle(struct present *present, uint64_t off, uint64_t end)
{
	uint64_t block = off / BLOCK_SIZE, until = end / BLOCK_SIZE;
	int why;

	for (; present->claims.marked_count; block++) {
		const uint8_t *bytes;

		block = blockset_next(&present->claims, block, until, true);
		if (block >= until)
			break;
		bytes = kept_find(&present->store.kept, block);
		/* The kernel copies it later: the page has to be there by then, and a proof alone would touch it. */
		(void)*(const volatile uint8_t *)bytes;
		(void)prove(present, bytes, block * BLOCK_SIZE, BLOCK_SIZE, &why);
		if (why == -EAGAIN || (!why && blockset_mark(&present->blocks, block, block + 1)))
			continue;
		blockset_clear(&present->claims, block);
		if (why)
			kept_drop(&present->store.kept, block);
	}
}

void present_adopt(struct present *present)
{
	uint64_t start, end, off = 0;

	present->is_adopted = true;
	kept_adopt(&present->store.kept, on_claim, present);
	while (store_next_data(&present->store, off, &start, &end) == 0) {
		blockset_mark(&present->blocks, block_ceil(start) / BLOCK_SIZE, end / BLOCK_SIZE);
		off = end;
	}
	keep_head(present);
}

unsigned present_pieces(struct present *present, uint64_t off, uint64_t end, struct iovec *pieces_out,
			unsigned most)
{
	return store_pieces(&present->store, off, end, pieces_out, most);
}

void present_lost(struct present *present, uint64_t block)
{
	blockset_clear(&present->blocks, block);
}

void present_taken(struct present *present, uint64_t off, uint64_t end)
{
	for (; off < end; off += BLOCK_SIZE)
		if (store_drop(&present->store, off / BLOCK_SIZE))
			present_lost(present, off / BLOCK_SIZE);
}

uint64_t present_limit(const struct present *present)
{
	return present->blocks.block_count * BLOCK_SIZE;
}

bool present_is_whole(const struct present *present)
{
	uint64_t lasting = store_lasting(&present->store, present->blocks.marked_count);

	/* Then all hash blocks have been here. */
	if (present->store.disk)
		return present->sound.marked_count == present->sound.block_count &&
		       disk_is_readable(present->store.disk) && tree_is_on_disk(present->tree);
	return lasting == present->blocks.block_count &&
	       (!present->store.of_disk || tree_is_on_disk(present->tree));
}

const struct blockset *present_lasting(const struct present *present)
{
	return present->store.disk ? &present->sound : &present->blocks;
}

bool present_has(const struct present *present, uint64_t off, uint64_t end)
{
	return blockset_has_all(&present->blocks, off, end);
}

uint64_t present_missing(const struct present *present, uint64_t off, uint64_t end)
{
	do {
		off = blockset_next(&present->blocks, off / BLOCK_SIZE, block_count(end), false) * BLOCK_SIZE;
		if (off >= end || trigger_find_here(&present->triggers, off, off + BLOCK_SIZE) > off)
			break;
		off += BLOCK_SIZE;
	} while (off < end);
	return off < end ? off : end;
}

uint64_t present_hole_end(const struct present *present, uint64_t off, uint64_t end)
{
	end = blockset_next(&present->blocks, off / BLOCK_SIZE, block_count(end), true) * BLOCK_SIZE;
	end = trigger_find_here(&present->triggers, off, end);
	return end > present->size ? present->size : end;
}
