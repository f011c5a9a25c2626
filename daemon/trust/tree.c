/* SPDX-License-Identifier: MIT */
#include "trust/tree.h"

#include "base/block.h"
#include "base/counters.h"
#include "fetch/mirror_name.h"
#include "fetch/race.h"
#include "fetch/retry.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	RUN_MAX = 64, /* hash blocks per request: those of 32 MiB of data */
};

enum run_state {
	RUN_FLYING,
	RUN_ARRIVED, /* waits for its parent */
	RUN_PAUSING,
};

/* A run of hash blocks of one level that are being fetched. */
struct run {
	struct tree *tree;
	enum run_state state;
	uint64_t first, count; /* hash blocks */
	uint8_t *buf;
	size_t got;
	unsigned attempts; /* failed transfers in a row */
	uint32_t liars;    /* mirrors whose bytes were wrong */
	uint32_t avoid;    /* those of them to avoid; cleared when a transfer fails */
	unsigned lies;
	struct race race;
	struct loop_timer retry;
	struct list link;
};

static void fly(struct run *run);
static void begin_later(void *arg);
static void cover_levels(struct tree *tree, const struct tree_wait *wait);
static void settle(void *arg);

int tree_open(struct tree **tree_out, struct loop *loop, struct blob *blob, struct counters *counters,
	      const struct verity *verity)
{
	struct tree *tree = calloc(1, sizeof(*tree));

	if (!tree)
		return -ENOMEM;
	*tree = (struct tree){.loop = loop, .blob = blob, .counters = counters};
	tree->later = (struct loop_timer){.fn = begin_later, .arg = tree};
	list_init(&tree->runs);
	list_init(&tree->waits);
	tree_disk_init(&tree->disk, loop, &tree->hashes, settle, tree);
	if (hashes_init(&tree->hashes, verity)) {
		free(tree);
		return -ENOMEM;
	}
	blob_set_size(blob, verity->start + verity->hash_blocks * BLOCK_SIZE);
	*tree_out = tree;
	return 0;
}

static void run_free(struct run *run)
{
	list_remove(&run->link);
	loop_disarm(run->tree->loop, &run->retry);
	race_cancel(&run->race);
	free(run->buf);
	free(run);
}

void tree_close(struct tree *tree)
{
	struct run *run;

	if (!tree)
		return;
	loop_disarm(tree->loop, &tree->later);
	while ((run = list_first(&tree->runs, struct run, link)))
		run_free(run);
	tree_disk_fini(&tree->disk);
	hashes_fini(&tree->hashes);
	free(tree);
}

void tree_use_disk(struct tree *tree, struct disk_file *file, const uint8_t super[BLOCK_SIZE])
{
	tree_disk_use(&tree->disk, file, super);
}

bool tree_is_on_disk(struct tree *tree)
{
	const struct disk_file *file = tree->disk.file;

	tree_disk_complete(&tree->disk);
	return !file || blockset_is_full(&file->claims);
}

static bool is_about(const struct tree_wait *wait, uint64_t begin, uint64_t end)
{
	return wait->begin < end && wait->end > begin;
}

static struct tree_wait *find_due(struct tree *tree)
{
	struct tree_wait *wait;

	list_for_each(wait, &tree->waits, link)
		if (wait->is_due)
			return wait;
	return NULL;
}

/*
 * Notifies each wait that overlaps these data blocks. A callback may end any wait, and begin others, which
 * are not notified: so those that are due are marked first, and the list is searched again each time.
 */
static void tell(struct tree *tree, uint64_t begin, uint64_t end, enum tree_event event, const char *why)
{
	struct tree_wait *wait;
	bool is_false = event == TREE_FALSE;

	list_for_each(wait, &tree->waits, link)
		wait->is_due = is_about(wait, begin, end);
	while ((wait = find_due(tree))) {
		wait->is_due = false;
		wait->fn(wait->arg, event, is_false ? begin : 0, is_false ? end : 0, why);
	}
}

/* The data blocks that a run of hash blocks covers. */
static void span_below(const struct tree *tree, uint64_t first, uint64_t count, uint64_t *begin_out,
		       uint64_t *end_out)
{
	uint64_t ignored;

	verity_below(&tree->hashes.verity, first, begin_out, &ignored);
	verity_below(&tree->hashes.verity, first + count - 1, &ignored, end_out);
}

static void run_below(const struct run *run, uint64_t *begin_out, uint64_t *end_out)
{
	span_below(run->tree, run->first, run->count, begin_out, end_out);
}

static bool is_wanted(const struct run *run)
{
	const struct tree_wait *wait;
	uint64_t begin, end;

	run_below(run, &begin, &end);
	list_for_each(wait, &run->tree->waits, link)
		if (is_about(wait, begin, end))
			return true;
	return false;
}

/* The start of a message: the hash blocks as a byte range of their file. */
static int span_name(const struct tree *tree, uint64_t first, uint64_t count, char *text, size_t size)
{
	uint64_t off = tree->hashes.verity.start + first * BLOCK_SIZE;

	return snprintf(text, size, "hashes at bytes %" PRIu64 "-%" PRIu64 " of %.400s", off,
			off + count * BLOCK_SIZE - 1, tree->blob->url);
}

static void on_trouble(struct run *run, const char *why)
{
	char text[BLOB_WHY_MAX + 512];
	uint64_t begin, end;
	int len = span_name(run->tree, run->first, run->count, text, sizeof(text));

	snprintf(text + len, sizeof(text) - (size_t)len, ": %s", why);
	run->state = RUN_PAUSING;
	run->attempts++;
	/* If the others are dead, a mirror whose bytes were wrong gets another chance. */
	run->avoid = 0;
	run_below(run, &begin, &end);
	tell(run->tree, begin, end, TREE_TROUBLE, text);
	if (is_wanted(run))
		loop_arm(run->tree->loop, &run->retry, blob_pause_ms(run->tree->blob, run->attempts));
	else
		run_free(run);
}

/* No mirror has these right: notifies the waits for data under them, but not under right ones in between. */
static void give_up(struct tree *tree, uint64_t first, uint64_t end, const char *names)
{
	char text[BLOB_WHY_MAX + 1024];

	while (first < end) {
		uint64_t until = first, begin_blk, end_blk;

		while (until < end && !hashes_block(&tree->hashes, until))
			until++;
		if (until > first) {
			int len = span_name(tree, first, until - first, text, sizeof(text));

			snprintf(text + len, sizeof(text) - (size_t)len,
				 ": not under the root hash, as sent by %s", names);
			span_below(tree, first, until - first, &begin_blk, &end_blk);
			tell(tree, begin_blk, end_blk, TREE_FALSE, text);
		}
		first = until + 1;
	}
}

/* The mirror's bytes are wrong, or too few. */
static void on_lie(struct run *run)
{
	struct tree *tree = run->tree;
	uint64_t first = run->first, end = first + run->count;
	char names[BLOB_WHY_MAX];

	blob_blame(tree->blob, race_mirror(&run->race));
	run->liars |= UINT32_C(1) << race_mirror(&run->race);
	run->avoid = blob_avoid(tree->blob, run->avoid, race_mirror(&run->race));
	if (++run->lies <= tree->blob->mirror_count) {
		fly(run);
		return;
	}
	mirror_name_list(tree->blob->mirrors, tree->blob->mirror_count, run->liars, names, sizeof(names));
	run_free(run);
	give_up(tree, first, end, names);
}

/* Verifies, and keeps what is right. The run shrinks to what is wrong, and ends if nothing is. */
static void prove(struct run *run)
{
	struct tree *tree = run->tree;
	uint8_t digests[RUN_MAX][SHA256_SIZE];
	uint64_t here = run->got / BLOCK_SIZE, wrong_first = UINT64_MAX, wrong_end = 0;

	sha256_blocks(tree->hashes.verity.salt, tree->hashes.verity.salt_len, run->buf, here, digests);
	for (uint64_t i = 0; i < run->count; i++) {
		/* What another mirror had right stays. */
		if (hashes_block(&tree->hashes, run->first + i))
			continue;
		if (i < here &&
		    hashes_keep(&tree->hashes, run->first + i, run->buf + i * BLOCK_SIZE, digests[i])) {
			tree_disk_keep(&tree->disk, run->first + i, run->buf + i * BLOCK_SIZE);
			continue;
		}
		tree->counters->wrong_blocks++;
		if (wrong_first == UINT64_MAX)
			wrong_first = i;
		wrong_end = i + 1;
	}
	if (wrong_first == UINT64_MAX) {
		blob_praise(tree->blob, race_mirror(&run->race));
		run_free(run);
		return;
	}
	run->count = wrong_end - wrong_first;
	run->first += wrong_first;
	on_lie(run);
}

static bool can_prove(const struct run *run)
{
	if (run->state != RUN_ARRIVED)
		return false;
	for (uint64_t i = 0; i < run->count; i++)
		if (!hashes_digest_of(&run->tree->hashes, run->first + i))
			return false;
	return true;
}

static struct run *find_provable(struct tree *tree)
{
	struct run *run;

	list_for_each(run, &tree->runs, link)
		if (can_prove(run))
			return run;
	return NULL;
}

static void drop_unwanted(struct tree *tree)
{
	struct run *run, *next;

	list_for_each_safe(run, next, &tree->runs, link)
		if (run->state == RUN_ARRIVED && !is_wanted(run))
			run_free(run);
}

/* Verifies what it can, from the top down, and drops what nobody waits for. */
static void settle(void *arg)
{
	struct tree *tree = arg;
	struct tree_wait *wait;
	struct run *run;

	/* Each call changes the list, and what can be verified. */
	do
		while ((run = find_provable(tree)))
			prove(run);
	while (tree_disk_settle(&tree->disk));
	drop_unwanted(tree);
	tell(tree, 0, UINT64_MAX, TREE_CAME, NULL);
	/* Fetch again what could not be kept (no memory), or was dropped while nobody waited for it. */
	list_for_each(wait, &tree->waits, link)
		if (!hashes_has(&tree->hashes, wait->begin, wait->end))
			cover_levels(tree, wait);
}

static size_t tree_on_data(void *arg, const uint8_t *bytes, size_t len)
{
	struct run *run = arg;

	memcpy(run->buf + run->got, bytes, len);
	run->got += len;
	run->tree->counters->hash_bytes += len;
	return len;
}

static void tree_on_done(void *arg, enum blob_result result, const char *why)
{
	struct run *run = arg;

	if (result != BLOB_DONE) {
		on_trouble(run, why ? why : "the answer ended early");
		return;
	}
	run->attempts = 0;
	run->state = RUN_ARRIVED;
	settle(run->tree);
}

static bool is_raced(void *arg)
{
	return is_wanted(arg);
}

/* A run is short: a second transfer fetches all of it again, so that one mirror has sent all of it. */
static void reached(void *arg, uint64_t *off_out, uint64_t *end_out)
{
	const struct run *run = arg;

	*off_out = run->tree->hashes.verity.start + run->first * BLOCK_SIZE;
	*end_out = *off_out + run->count * BLOCK_SIZE;
}

static void turn(void *arg, uint64_t off)
{
	struct run *run = arg;

	(void)off;
	run->got = 0;
}

static void fly(struct run *run)
{
	static const struct race_events events = {.data = tree_on_data,
						  .done = tree_on_done,
						  .is_wanted = is_raced,
						  .reached = reached,
						  .turn = turn};
	struct tree *tree = run->tree;
	uint32_t pause_ms = blob_quiet_ms(tree->blob);
	uint64_t off, end;

	run->state = RUN_FLYING;
	run->got = 0;
	reached(run, &off, &end);
	if (!pause_ms && race_begin(&run->race, tree->blob, off, end - off, run->avoid, &events, run))
		pause_ms = RETRY_MOST_MS;
	if (pause_ms) {
		run->state = RUN_PAUSING;
		loop_arm(tree->loop, &run->retry, pause_ms);
	}
}

static void retry(void *arg)
{
	struct run *run = arg;

	if (is_wanted(run))
		fly(run);
	else
		run_free(run);
}

static bool is_coming(const struct tree *tree, uint64_t hash_block)
{
	const struct run *run;

	list_for_each(run, &tree->runs, link)
		if (run->first <= hash_block && hash_block < run->first + run->count)
			return true;
	return tree_disk_is_coming(&tree->disk, hash_block);
}

static int run_begin(struct tree *tree, uint64_t first, uint64_t count)
{
	struct run *run = calloc(1, sizeof(*run));

	if (run)
		run->buf = malloc(count * BLOCK_SIZE);
	if (!run || !run->buf) {
		free(run);
		return -ENOMEM;
	}
	run->tree = tree;
	run->first = first;
	run->count = count;
	run->retry = (struct loop_timer){.fn = retry, .arg = run};
	list_prepend(&tree->runs, &run->link);
	fly(run);
	return 0;
}

/* Fetches what is missing of the hash blocks [first, end) of a level. */
static int cover(struct tree *tree, unsigned level, uint64_t first, uint64_t end)
{
	uint64_t level_first = tree->hashes.verity.first[level];

	while (first < end) {
		/* One parent per run: of two, a wrong one would keep the other's children from being verified. */
		uint64_t family_end = first + VERITY_FANOUT - (first - level_first) % VERITY_FANOUT;
		uint64_t until = first, most = family_end < end ? family_end : end;
		int err;

		if (!hashes_block(&tree->hashes, first) &&
		    (until = tree_disk_get(&tree->disk, first, most)) > first) {
			first = until;
			continue;
		}
		if (first + 1 < most)
			most = tree_disk_next(&tree->disk, first + 1, most);
		while (until < most && until - first < RUN_MAX && !hashes_block(&tree->hashes, until) &&
		       !is_coming(tree, until))
			until++;
		err = until > first ? run_begin(tree, first, until - first) : 0;
		if (err)
			return err;
		first = until > first ? until : first + 1;
	}
	return 0;
}

/* Fetches all levels at once. If out of memory, retries later. */
static void cover_levels(struct tree *tree, const struct tree_wait *wait)
{
	const struct verity *verity = &tree->hashes.verity;

	for (unsigned level = verity->levels; level-- > 0;)
		if (cover(tree, level, verity_over(verity, level, wait->begin),
			  verity_over(verity, level, wait->end - 1) + 1))
			loop_arm(tree->loop, &tree->later, RETRY_MOST_MS);
}

static void begin_later(void *arg)
{
	struct tree *tree = arg;
	struct tree_wait *wait;

	list_for_each(wait, &tree->waits, link)
		cover_levels(tree, wait);
}

void tree_wait_begin(struct tree *tree, struct tree_wait *wait, uint64_t begin, uint64_t end)
{
	/* What is beyond the image has no hash blocks. */
	if (end > tree->hashes.verity.data_blocks)
		end = tree->hashes.verity.data_blocks;
	wait->begin = begin;
	wait->end = end;
	wait->is_due = false;
	list_prepend(&tree->waits, &wait->link);
	if (!hashes_has(&tree->hashes, begin, end))
		cover_levels(tree, wait);
}

void tree_wait_end(struct tree_wait *wait)
{
	list_remove(&wait->link);
}

bool tree_is_waiting(const struct tree_wait *wait)
{
	return list_is_linked(&wait->link);
}
