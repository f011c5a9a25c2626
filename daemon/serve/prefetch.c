/* SPDX-License-Identifier: MIT */
#include "serve/prefetch.h"

#include "base/block.h"

#include <stdlib.h>

/* -- what comes next ------------------------------------------------------------------------------------------------ */

static int compare(const void *one, const void *other)
{
	const struct prefetch_run *a = one, *b = other;

	return a->first < b->first ? -1 : a->first > b->first;
}

/* The first block of [from, end) that is missing, and that neither this has fetched nor anybody read; end if there is none. */
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

/* Puts what is wanted of an extent into the batch. Returns how many blocks that is. */
static uint64_t plan_extent(struct prefetch *prefetch, const struct profile_extent *extent)
{
	uint64_t block = extent->first, end = block + extent->count, until, count = 0;

	while (prefetch->run_count < PREFETCH_RUNS_MAX && (block = find_wanted(prefetch, block, end)) < end) {
		until = find_end(prefetch, block, end);
		if (until > block + PREFETCH_RANGE_MOST / BLOCK_SIZE)
			until = block + PREFETCH_RANGE_MOST / BLOCK_SIZE;
		prefetch->runs[prefetch->run_count++] = (struct prefetch_run){.first = block, .end = until};
		count += until - block;
		block = until;
	}
	return count;
}

/* Neighbours become one range. */
static void join_runs(struct prefetch *prefetch)
{
	struct prefetch_run *runs = prefetch->runs;
	unsigned last = 0;

	for (unsigned i = 1; i < prefetch->run_count; i++) {
		if (runs[i].first <= runs[last].end + PREFETCH_GAP / BLOCK_SIZE &&
		    runs[i].end - runs[last].first <= PREFETCH_RANGE_MOST / BLOCK_SIZE)
			runs[last].end = runs[i].end > runs[last].end ? runs[i].end : runs[last].end;
		else
			runs[++last] = runs[i];
	}
	prefetch->run_count = last + 1;
}

/* Plans the next batch. Returns false if the profile lists nothing more. */
static bool plan(struct prefetch *prefetch)
{
	const struct profile *profile = prefetch->job.profile;
	uint64_t blocks = 0;

	prefetch->run_count = prefetch->run_next = 0;
	while (prefetch->next < profile->count && prefetch->run_count < PREFETCH_RUNS_MAX &&
	       blocks < PREFETCH_BATCH / BLOCK_SIZE) {
		const struct profile_extent *extent = &profile->extents[prefetch->next++];

		if ((uint64_t)extent->weight * PREFETCH_SHARE >= profile->weight)
			blocks += plan_extent(prefetch, extent);
	}
	if (prefetch->run_count == 0)
		return false;
	qsort(prefetch->runs, prefetch->run_count, sizeof(*prefetch->runs), compare);
	join_runs(prefetch);
	return true;
}

/* -- fetching ------------------------------------------------------------------------------------------------------- */

/* In blocks. */
static uint64_t find_window(const struct prefetch *prefetch)
{
	uint64_t window = prefetch->window + prefetch->job.use->used_blocks;

	return window < prefetch->window_most ? window : prefetch->window_most;
}

static bool has_room(const struct prefetch *prefetch)
{
	unsigned flights;
	uint64_t bytes;

	fill_count_flights(prefetch->job.fill, &flights, &bytes);
	return !prefetch->job.fill->is_careful && flights < PREFETCH_FLIGHTS &&
	       bytes < PREFETCH_FLYING_MOST && prefetch->ahead.marked_count < find_window(prefetch);
}

/* Marks what is missing as fetched from now on. Errors: -ENOMEM. */
static int mark(struct prefetch *prefetch, const struct prefetch_run *run)
{
	uint64_t block = run->first, until, before = prefetch->ahead.marked_count;
	int err = 0;

	while (!err && (block = find_wanted(prefetch, block, run->end)) < run->end) {
		until = find_end(prefetch, block, run->end);
		err = blockset_mark(&prefetch->ahead, block, until);
		recorder_note_ahead(prefetch->job.recorder, block * BLOCK_SIZE, until * BLOCK_SIZE,
				    loop_now_ms(prefetch->job.loop));
		block = until;
	}
	prefetch->job.use->ahead_blocks += prefetch->ahead.marked_count - before;
	prefetch->headless += prefetch->ahead.marked_count - before;
	return err;
}

/* Does this range begin with a head? */
static bool takes_head(struct prefetch *prefetch, uint64_t block)
{
	if (!prefetch->job.is_blind || prefetch->headless < PREFETCH_HEADS_APART / BLOCK_SIZE ||
	    blockset_mark(&prefetch->heads, block, block + 1))
		return false;
	prefetch->headless = 0;
	return true;
}

static void begin(struct prefetch *prefetch, const struct prefetch_run *run)
{
	bool has_head = takes_head(prefetch, run->first);

	if (mark(prefetch, run))
		return;
	prefetch->read_ms = loop_now_ms(prefetch->job.loop);
	fill_prefetch(prefetch->job.fill, run->first * BLOCK_SIZE, run->end * BLOCK_SIZE, has_head);
}

static void step(void *arg)
{
	struct prefetch *prefetch = arg;

	while (has_room(prefetch)) {
		/* What was missing when the batch was planned may have been read since. */
		if (prefetch->run_next < prefetch->run_count)
			begin(prefetch, &prefetch->runs[prefetch->run_next++]);
		else if (!plan(prefetch))
			return;
	}
}

static void look_idle(void *arg)
{
	struct prefetch *prefetch = arg;
	uint64_t since_ms = loop_now_ms(prefetch->job.loop) - prefetch->read_ms;

	if (since_ms >= PREFETCH_IDLE_MS)
		prefetch->job.over(prefetch->job.arg);
	else
		loop_arm(prefetch->job.loop, &prefetch->idle, PREFETCH_IDLE_MS - since_ms);
}

/* -- begin and end -------------------------------------------------------------------------------------------------- */

void prefetch_begin(struct prefetch *prefetch, const struct prefetch_job *job)
{
	uint64_t blocks = job->fill->present->blocks.block_count;
	uint64_t share = job->room ? job->room / PREFETCH_WINDOW_SHARE : UINT64_MAX / 2;
	uint64_t window = share < PREFETCH_WINDOW ? share : PREFETCH_WINDOW;
	uint64_t most = 2 * share < PREFETCH_WINDOW_MOST ? 2 * share : PREFETCH_WINDOW_MOST;

	*prefetch = (struct prefetch){.job = *job,
				      .window = window / BLOCK_SIZE,
				      .window_most = most / BLOCK_SIZE,
				      .headless = PREFETCH_HEADS_APART / BLOCK_SIZE,
				      .read_ms = loop_now_ms(job->loop),
				      .step = {.fn = step, .arg = prefetch},
				      .idle = {.fn = look_idle, .arg = prefetch}};
	if (blockset_init(&prefetch->ahead, blocks) || blockset_init(&prefetch->heads, blocks)) {
		prefetch_end(prefetch);
		return;
	}
	prefetch_hashes_begin(&prefetch->hashes, job->fill->present->tree, job->profile);
	loop_arm(job->loop, &prefetch->idle, PREFETCH_IDLE_MS);
	prefetch_advance(prefetch);
}

/* Drops what is here and was not read, unless it lasts, or a request waits for more than that. */
static void drop_unread(struct prefetch *prefetch)
{
	uint64_t block = 0, end = prefetch->ahead.block_count;

	for (; (block = blockset_next(&prefetch->ahead, block, end, true)) < end; block++) {
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
	drop_unread(prefetch);
	prefetch->job.profile = NULL;
	prefetch_hashes_end(&prefetch->hashes);
	loop_disarm(prefetch->job.loop, &prefetch->step);
	loop_disarm(prefetch->job.loop, &prefetch->idle);
	blockset_fini(&prefetch->ahead);
	blockset_fini(&prefetch->heads);
}

/* Blocks [first, end) were read, as far as they are ahead. Returns how many were. */
static uint64_t take(struct prefetch *prefetch, uint64_t first, uint64_t end)
{
	uint64_t now_ms = loop_now_ms(prefetch->job.loop), count = 0, until;

	for (; (first = blockset_next(&prefetch->ahead, first, end, true)) < end; first = until) {
		until = blockset_next(&prefetch->ahead, first, end, false);
		/* Those that a head stands for: nobody else says so. */
		recorder_note(prefetch->job.recorder, first * BLOCK_SIZE, until * BLOCK_SIZE, RECORD_HERE,
			      now_ms, now_ms);
		count += until - first;
		for (uint64_t block = first; block < until; block++)
			blockset_clear(&prefetch->ahead, block);
	}
	return count;
}

void prefetch_read(struct prefetch *prefetch, uint64_t off, uint64_t end, enum record_how how)
{
	uint64_t block = off / BLOCK_SIZE, last = end / BLOCK_SIZE, limit = prefetch->ahead.block_count,
		 count;

	if (!prefetch->job.profile)
		return;
	if (blockset_next(&prefetch->heads, block, last, true) < last && last < limit)
		last = blockset_next(&prefetch->heads, last, limit, true);
	count = take(prefetch, block, last);
	if (count > 0)
		prefetch->read_ms = loop_now_ms(prefetch->job.loop);
	prefetch->job.use->used_blocks += count;
	if (how == RECORD_WAITED)
		prefetch->job.use->late_blocks += count;
	prefetch_advance(prefetch);
}

void prefetch_advance(struct prefetch *prefetch)
{
	if (prefetch->job.profile && !prefetch->step.is_armed)
		loop_arm(prefetch->job.loop, &prefetch->step, 0);
}
