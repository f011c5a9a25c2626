/* SPDX-License-Identifier: MIT */
#include "store/blockset.h"

#include "base/block.h"

#include <errno.h>
#include <stdlib.h>

enum { PAGE_WORDS = 512, PAGE_BLOCKS = PAGE_WORDS * 64 };

int blockset_init(struct blockset *set, uint64_t block_count)
{
	*set = (struct blockset){.block_count = block_count};
	if (block_count > UINT64_C(1) << 32)
		return -EFBIG;
	set->page_count = (block_count + PAGE_BLOCKS - 1) / PAGE_BLOCKS;
	set->pages = calloc(set->page_count ? set->page_count : 1, sizeof(*set->pages));
	return set->pages ? 0 : -ENOMEM;
}

int blockset_resize(struct blockset *set, uint64_t block_count)
{
	struct blockset other;
	int err = blockset_init(&other, block_count);

	if (err)
		return err;
	for (uint64_t block = block_count;
	     (block = blockset_next(set, block, set->block_count, true)) < set->block_count; block++)
		blockset_clear(set, block);
	other.marked_count = set->marked_count;
	for (uint64_t i = 0; i < set->page_count && i < other.page_count; i++) {
		other.pages[i] = set->pages[i];
		set->pages[i] = NULL;
	}
	blockset_fini(set);
	*set = other;
	return 0;
}

void blockset_fini(struct blockset *set)
{
	for (uint64_t i = 0; set->pages && i < set->page_count; i++)
		free(set->pages[i]);
	free(set->pages);
	*set = (struct blockset){0};
}

int blockset_mark(struct blockset *set, uint64_t first, uint64_t end)
{
	if (end > set->block_count)
		end = set->block_count;
	for (uint64_t block = first; block < end; block++) {
		uint64_t **page = &set->pages[block / PAGE_BLOCKS];
		uint64_t bit = UINT64_C(1) << (block % 64);
		uint64_t *word;

		if (!*page)
			*page = calloc(PAGE_WORDS, sizeof(**page));
		if (!*page)
			return -ENOMEM;
		word = &(*page)[block % PAGE_BLOCKS / 64];
		if (!(*word & bit))
			set->marked_count++;
		*word |= bit;
	}
	return 0;
}

void blockset_clear(struct blockset *set, uint64_t block)
{
	if (!blockset_has(set, block))
		return;
	set->pages[block / PAGE_BLOCKS][block % PAGE_BLOCKS / 64] &= ~(UINT64_C(1) << (block % 64));
	set->marked_count--;
}

bool blockset_has(const struct blockset *set, uint64_t block)
{
	const uint64_t *page;

	if (block >= set->block_count)
		return false;
	page = set->pages[block / PAGE_BLOCKS];
	return page && (page[block % PAGE_BLOCKS / 64] >> (block % 64) & 1);
}

bool blockset_is_full(const struct blockset *set)
{
	return set->marked_count == set->block_count;
}

bool blockset_has_all(const struct blockset *set, uint64_t off, uint64_t end)
{
	uint64_t last = end / BLOCK_SIZE;

	return blockset_next(set, off / BLOCK_SIZE, last, false) == last;
}

uint64_t blockset_next(const struct blockset *set, uint64_t from, uint64_t end, bool is_marked)
{
	uint64_t block = from;

	/* Beyond its end nothing is in it. */
	while (block < end && block < set->block_count) {
		const uint64_t *page = set->pages[block / PAGE_BLOCKS];
		uint64_t word = page ? page[block % PAGE_BLOCKS / 64] : 0;

		word = (is_marked ? word : ~word) >> block % 64;
		if (word) {
			block += (uint64_t)__builtin_ctzll(word);
			return block < end ? block : end;
		}
		block += page || !is_marked ? 64 - block % 64 : PAGE_BLOCKS - block % PAGE_BLOCKS;
	}
	return block < end && !is_marked ? block : end;
}
