/* SPDX-License-Identifier: MIT */
#include "serve/prefetch.h"

#include "base/block.h"

static uint64_t now_ms(const struct prefetch *prefetch)
{
	return loop_now_ms(prefetch->job.loop);
}

/* In blocks. */
static uint64_t find_window(const struct prefetch *prefetch)
{
	uint64_t window = prefetch->window + prefetch->job.use->used_blocks;

	return window < prefetch->window_most ? window : prefetch->window_most;
}

/* -- what comes next ------------------------------------------------------------------------------------------------ */

/* The first block of [from, end) that is missing, and that neither this has planned nor anybody read; end if there is none. */
static uint64_t find_wanted(const struct prefetch *prefetch, uint64_t from, uint64_t end)
{
	while (from < end) {
		uint64_t block = blockset_next(&prefetch->job.recorder->seen, from, end, false);

		block = blockset_next(&prefetch->ahead, block, end, false);
		block = present_missing(prefetch->job.fill->present, block * BLOCK_SIZE, end * BLOCK_SIZE) /
			BLOCK_SIZE;
		if (block == from)
			break;
		from = block;
	}
	return from;
}

/* Where the run of such blocks ends that begins at from. */
static uint64_t find_end(const struct prefetch *prefetch, uint64_t from, uint64_t end)
{
	end = blockset_next(&prefetch->job.recorder->seen, from, end, true);
	end = blockset_next(&prefetch->ahead, from, end, true);
	return block_count(
		present_hole_end(prefetch->job.fill->present, from * BLOCK_SIZE, end * BLOCK_SIZE));
}

/* Plans what is wanted of the extent from prefetch->at on, no more than most blocks. Returns how many. Errors: -ENOMEM. */
static int64_t plan_extent(struct prefetch *prefetch, const struct profile_extent *extent, uint64_t most)
{
	uint64_t block = (uint64_t)extent->first + prefetch->at,
		 end = (uint64_t)extent->first + extent->count;
	uint64_t until;
	int err;

	block = find_wanted(prefetch, block, end);
	until = block < end ? find_end(prefetch, block, end) : block;
	if (until - block > most)
		until = block + most;
	prefetch->at = (uint32_t)(until - extent->first);
	if (until == block)
		return 0;
	err = blockset_mark(&prefetch->ahead, block, until);
	if (err)
		return err;
	prefetch->job.use->ahead_blocks += until - block;
	prefetch->runs[prefetch->run_count++] = (struct prefetch_run){.first = block, .end = until};
	return (int64_t)(until - block);
}

/* Plans the next batch. Shape: the window has room. Returns false if the profile lists nothing more, or there is no memory for it. */
static bool plan(struct prefetch *prefetch)
{
	const struct profile *profile = prefetch->job.profile;
	uint64_t room = find_window(prefetch) - prefetch->ahead.marked_count;
	int64_t left = room < PREFETCH_BATCH / BLOCK_SIZE ? (int64_t)room : PREFETCH_BATCH / BLOCK_SIZE;
	int64_t planned = 0;

	prefetch->run_count = prefetch->run_next = 0;
	/* Without a record nobody knows any more what was read. */
	while (prefetch->job.recorder->record && prefetch->next < profile->count &&
	       prefetch->run_count < PREFETCH_RUNS_MAX && left > 0 && planned >= 0) {
		const struct profile_extent *extent = &profile->extents[prefetch->next];

		if ((uint64_t)extent->weight * PREFETCH_SHARE < profile->weight ||
		    prefetch->at == extent->count) {
			prefetch->next++;
			prefetch->at = 0;
			continue;
		}
		planned = plan_extent(prefetch, extent,
				      (uint64_t)(left < PREFETCH_RANGE_MOST / BLOCK_SIZE
							 ? left
							 : PREFETCH_RANGE_MOST / BLOCK_SIZE));
		left -= planned;
	}
	if (prefetch->run_count == 0)
		return false;
	prefetch_run_sort(prefetch->runs, prefetch->run_count);
	prefetch->run_count = prefetch_run_join(prefetch->runs, prefetch->run_count,
						PREFETCH_GAP / BLOCK_SIZE, PREFETCH_RANGE_MOST / BLOCK_SIZE);
	prefetch_hashes_want(&prefetch->hashes, prefetch->runs, prefetch->run_count);
	prefetch->headless = PREFETCH_HEADS_APART / BLOCK_SIZE;
	return true;
}

/* -- fetching ------------------------------------------------------------------------------------------------------- */

/* What is neither here, nor on its way, nor to be begun is not ahead. */
static void forget_lost(struct prefetch *prefetch)
{
	uint64_t block = 0, end = prefetch->ahead.block_count;

	if (now_ms(prefetch) - prefetch->looked_ms < PREFETCH_LOOK_MS)
		return;
	prefetch->looked_ms = now_ms(prefetch);
	for (; (block = blockset_next(&prefetch->ahead, block, end, true)) < end; block++)
		if (!fill_has(prefetch->job.fill, block * BLOCK_SIZE))
			blockset_clear(&prefetch->ahead, block);
}

/* Is there room for what is planned already? */
static bool may_begin(const struct prefetch *prefetch)
{
	unsigned count;
	uint64_t bytes;

	fill_count(prefetch->job.fill, &count, &bytes);
	return !prefetch->job.fill->is_careful && count < PREFETCH_FLIGHTS && bytes < PREFETCH_FLYING_MOST;
}

/* .. and for another batch? */
static bool may_plan(struct prefetch *prefetch)
{
	if (prefetch->ahead.marked_count >= find_window(prefetch))
		forget_lost(prefetch);
	return prefetch->ahead.marked_count < find_window(prefetch);
}

/* Notes what of the range is fetched although nobody listed it. */
static void note_beside(struct prefetch *prefetch, uint64_t block, uint64_t end)
{
	for (; block < end; block++) {
		uint64_t off = block * BLOCK_SIZE;

		if (!blockset_has(&prefetch->ahead, block) && !fill_has(prefetch->job.fill, off) &&
		    blockset_mark(&prefetch->beside, block, block + 1) == 0)
			prefetch->job.use->ahead_blocks++;
	}
}

/* Begins with what is still ahead of the run: some of it may have been read since it was planned. */
static void begin(struct prefetch *prefetch, const struct prefetch_run *run)
{
	struct present *present = prefetch->job.fill->present;
	uint64_t first = blockset_next(&prefetch->ahead, run->first, run->end, true), end = run->end;
	bool wants_head;

	first = present_missing(present, first * BLOCK_SIZE, end * BLOCK_SIZE) / BLOCK_SIZE;
	while (end > first && !blockset_has(&prefetch->ahead, end - 1))
		end--;
	if (first >= end)
		return;
	note_beside(prefetch, first, end);
	prefetch->read_ms = now_ms(prefetch);
	recorder_note_ahead(prefetch->job.recorder, first * BLOCK_SIZE, end * BLOCK_SIZE, now_ms(prefetch));
	wants_head = prefetch->job.is_blind && prefetch->headless >= PREFETCH_HEADS_APART / BLOCK_SIZE;
	if (fill_prefetch(prefetch->job.fill, first * BLOCK_SIZE, end * BLOCK_SIZE, wants_head) &&
	    blockset_mark(&prefetch->heads, first, first + 1) == 0)
		prefetch->headless = 0;
	prefetch->headless += end - first;
}

static void step(void *arg)
{
	struct prefetch *prefetch = arg;

	while (may_begin(prefetch)) {
		if (prefetch->run_next < prefetch->run_count)
			begin(prefetch, &prefetch->runs[prefetch->run_next++]);
		else if (!may_plan(prefetch) || !plan(prefetch))
			return;
	}
}

/* Who waits for a server that is away reads nothing: that is no sign of anything. */
static void look_idle(void *arg)
{
	struct prefetch *prefetch = arg;
	uint64_t since_ms;

	if (prefetch->job.fill->is_careful || prefetch->job.fill->requests->pool->count > 0)
		prefetch->read_ms = now_ms(prefetch);
	since_ms = now_ms(prefetch) - prefetch->read_ms;
	if (since_ms >= PREFETCH_IDLE_MS)
		prefetch->job.over(prefetch->job.arg);
	else
		loop_arm(prefetch->job.loop, &prefetch->idle, PREFETCH_IDLE_MS - since_ms);
}

/* -- begin and end -------------------------------------------------------------------------------------------------- */

static void free_sets(struct prefetch *prefetch)
{
	prefetch->job.profile = NULL;
	blockset_fini(&prefetch->ahead);
	blockset_fini(&prefetch->beside);
	blockset_fini(&prefetch->heads);
}

void prefetch_begin(struct prefetch *prefetch, const struct prefetch_job *job)
{
	uint64_t blocks = job->fill->present->blocks.block_count;
	uint64_t share = job->room ? job->room / PREFETCH_WINDOW_SHARE : UINT64_MAX / 2;
	uint64_t window = share < PREFETCH_WINDOW ? share : PREFETCH_WINDOW;
	uint64_t most = 2 * share < PREFETCH_WINDOW_MOST ? 2 * share : PREFETCH_WINDOW_MOST;

	*prefetch = (struct prefetch){.job = *job,
				      .window = window / BLOCK_SIZE,
				      .window_most = most / BLOCK_SIZE,
				      .read_ms = loop_now_ms(job->loop),
				      .step = {.fn = step, .arg = prefetch},
				      .idle = {.fn = look_idle, .arg = prefetch}};
	if (blockset_init(&prefetch->ahead, blocks) || blockset_init(&prefetch->beside, blocks) ||
	    blockset_init(&prefetch->heads, blocks)) {
		free_sets(prefetch);
		return;
	}
	prefetch_hashes_init(&prefetch->hashes, job->fill->present->tree);
	loop_arm(job->loop, &prefetch->idle, PREFETCH_IDLE_MS);
	prefetch_advance(prefetch);
}

/* Drops what of the set is here and was not read, unless it lasts, or a request waits for more than that. */
static void drop_unread(const struct prefetch *prefetch, const struct blockset *set)
{
	uint64_t block = 0, end = set->block_count;

	for (; (block = blockset_next(set, block, end, true)) < end; block++) {
		uint64_t off = block * BLOCK_SIZE;

		if (present_has(prefetch->job.fill->present, off, off + BLOCK_SIZE) &&
		    !requests_wanted_until(prefetch->job.fill->requests, off, off + BLOCK_SIZE))
			present_taken(prefetch->job.fill->present, off, off + BLOCK_SIZE);
	}
}

void prefetch_end(struct prefetch *prefetch)
{
	if (!prefetch->job.profile)
		return;
	drop_unread(prefetch, &prefetch->ahead);
	drop_unread(prefetch, &prefetch->beside);
	prefetch_hashes_fini(&prefetch->hashes);
	loop_disarm(prefetch->job.loop, &prefetch->step);
	loop_disarm(prefetch->job.loop, &prefetch->idle);
	free_sets(prefetch);
}

/* -- what is read --------------------------------------------------------------------------------------------------- */

static uint64_t take(struct blockset *set, uint64_t first, uint64_t end)
{
	uint64_t before = set->marked_count;

	for (; (first = blockset_next(set, first, end, true)) < end; first++)
		blockset_clear(set, first);
	return before - set->marked_count;
}

/* Where what was begun ends of the blocks [first, end), which are all ahead. */
static uint64_t begun_until(const struct prefetch *prefetch, uint64_t first, uint64_t end)
{
	while (first < end && fill_has(prefetch->job.fill, first * BLOCK_SIZE))
		first++;
	return first;
}

/*
 * The head at first was asked for, so what was begun up to the next one is being read: nobody else says so. What is only planned
 * begins with a head of its own. Returns how many blocks are read.
 */
static uint64_t take_head(struct prefetch *prefetch, uint64_t first)
{
	uint64_t limit = prefetch->ahead.block_count, count = 0, until;
	uint64_t end = first + 1 < limit ? blockset_next(&prefetch->heads, first + 1, limit, true) : limit;

	blockset_clear(&prefetch->heads, first);
	for (; (first = blockset_next(&prefetch->ahead, first, end, true)) < end; first = until) {
		until = begun_until(prefetch, first, blockset_next(&prefetch->ahead, first, end, false));
		if (until == first) {
			prefetch->headless = PREFETCH_HEADS_APART / BLOCK_SIZE;
			until++;
			continue;
		}
		recorder_note(prefetch->job.recorder, first * BLOCK_SIZE, until * BLOCK_SIZE, RECORD_HERE,
			      now_ms(prefetch), now_ms(prefetch));
		count += take(&prefetch->ahead, first, until);
	}
	return count;
}

void prefetch_read(struct prefetch *prefetch, uint64_t off, uint64_t end, enum record_how how)
{
	uint64_t block = off / BLOCK_SIZE, last = end / BLOCK_SIZE, head, count;

	if (!prefetch->job.profile)
		return;
	count = take(&prefetch->ahead, block, last) + take(&prefetch->beside, block, last);
	if (how == RECORD_WAITED)
		prefetch->job.use->late_blocks += count;
	while ((head = blockset_next(&prefetch->heads, block, last, true)) < last)
		count += take_head(prefetch, head);
	if (count > 0)
		prefetch->read_ms = now_ms(prefetch);
	prefetch->job.use->used_blocks += count;
	prefetch_advance(prefetch);
}

void prefetch_advance(struct prefetch *prefetch)
{
	if (prefetch->job.profile && !prefetch->step.is_armed)
		loop_arm(prefetch->job.loop, &prefetch->step, 0);
}
