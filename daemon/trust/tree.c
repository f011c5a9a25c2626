/* SPDX-License-Identifier: MIT */
#include "trust/tree.h"

#include "base/block.h"
#include "base/counters.h"
#include "fetch/race.h"
#include "fetch/retry.h"
#include "trust/shelf.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	BRANCH_MAX = 64,  /* hash blocks fetched with one request: over 32 MiB of data */
	CHECK_BATCH = 32, /* blocks whose digests are made at once */
};

enum branch_state {
	BRANCH_FLYING,
	BRANCH_ARRIVED, /* waits for what is above it */
	BRANCH_PAUSING,
};

/* A run of hash blocks of one level on their way. */
struct branch {
	struct tree *tree;
	enum branch_state state;
	uint64_t first, count; /* hash blocks */
	uint8_t *buf;
	size_t got;
	unsigned attempts; /* transfers in a row that failed */
	uint32_t liars;    /* mirrors whose bytes were wrong */
	uint32_t avoid;    /* those of them that have not been passed over for long enough */
	unsigned lies;
	struct race race;
	struct loop_timer retry;
	struct branch *next;
};

static void fly(struct branch *branch);
static void begin_later(void *arg);
static void cover_levels(struct tree *tree, const struct tree_wait *wait);

int tree_open(struct tree **tree_out, struct loop *loop, struct blob *blob, struct counters *counters,
	      const struct verity *verity)
{
	struct tree *tree = calloc(1, sizeof(*tree));

	if (!tree)
		return -ENOMEM;
	*tree = (struct tree){.loop = loop, .blob = blob, .counters = counters, .verity = *verity};
	tree->later = (struct loop_timer){.fn = begin_later, .arg = tree};
	/* An image of one block has none. */
	tree->blocks = calloc(verity->hash_blocks + 1, sizeof(*tree->blocks));
	if (!tree->blocks) {
		free(tree);
		return -ENOMEM;
	}
	blob_set_size(blob, verity->start + verity->hash_blocks * BLOCK_SIZE);
	*tree_out = tree;
	return 0;
}

static void branch_free(struct branch *branch)
{
	struct branch **at = &branch->tree->branches;

	while (*at != branch)
		at = &(*at)->next;
	*at = branch->next;
	loop_disarm(branch->tree->loop, &branch->retry);
	race_cancel(&branch->race);
	free(branch->buf);
	free(branch);
}

void tree_close(struct tree *tree)
{
	if (!tree)
		return;
	loop_disarm(tree->loop, &tree->later);
	while (tree->branches)
		branch_free(tree->branches); /* NOLINT: it unlinks what it frees */
	for (uint64_t i = 0; i < tree->verity.hash_blocks; i++)
		if (!shelf_holds(tree->shelf, tree->blocks[i]))
			free(tree->blocks[i]);
	free(tree->blocks);
	free(tree);
}

/* Where the hash block's digest stands, NULL while that is not proven itself. */
static const uint8_t *digest_of(const struct tree *tree, uint64_t hash_block)
{
	uint64_t parent;
	unsigned index;

	if (!verity_parent(&tree->verity, hash_block, &parent, &index))
		return tree->verity.root;
	return tree->blocks[parent] ? tree->blocks[parent] + (size_t)index * SHA256_SIZE : NULL;
}

/* Keeps the hash block if it is right. Returns false if it is not. Shape: digest_of it is not NULL. */
static bool keep(struct tree *tree, uint64_t hash_block, const uint8_t *bytes, const uint8_t *digest)
{
	if (memcmp(digest, digest_of(tree, hash_block), SHA256_SIZE) != 0 ||
	    !verity_digests_fit(&tree->verity, hash_block, bytes))
		return false;
	if (!tree->blocks[hash_block]) {
		uint8_t *block = shelf_place(tree->shelf, hash_block);

		if (!block)
			block = malloc(BLOCK_SIZE);
		/* Without memory it is as if it had not come. */
		if (block)
			memmove(block, bytes, BLOCK_SIZE);
		tree->blocks[hash_block] = block;
		shelf_mark(tree->shelf, hash_block);
	}
	return true;
}

void tree_use_shelf(struct tree *tree, struct shelf *shelf)
{
	uint8_t digest[1][SHA256_SIZE];

	tree->shelf = shelf;
	/* From the top down: what is above a block has the lower number. */
	for (uint64_t i = 0; i < tree->verity.hash_blocks; i++) {
		uint8_t *place = shelf_place(shelf, i), *own = tree->blocks[i];

		if (!place)
			return;
		if (own) {
			memcpy(place, own, BLOCK_SIZE);
			shelf_mark(shelf, i);
			free(own);
			tree->blocks[i] = place;
		} else if (shelf_has(shelf, i) && digest_of(tree, i)) {
			sha256_blocks(tree->verity.salt, tree->verity.salt_len, place, 1, digest);
			(void)keep(tree, i, place, digest[0]);
		}
	}
}

bool tree_give_head(struct tree *tree, const uint8_t *bytes, size_t len)
{
	uint8_t digest[1][SHA256_SIZE];
	uint64_t count = len / BLOCK_SIZE;

	if (count > tree->verity.hash_blocks)
		count = tree->verity.hash_blocks;
	for (uint64_t i = 0; i < count; i++, bytes += BLOCK_SIZE) {
		if (!digest_of(tree, i))
			break;
		sha256_blocks(tree->verity.salt, tree->verity.salt_len, bytes, 1, digest);
		if (!keep(tree, i, bytes, digest[0]))
			break;
	}
	return tree->verity.levels == 0 || tree->blocks[0];
}

/* Tells each wait for some of these data blocks. Who is told may end any wait, and begin others. */
static void tell(struct tree *tree, uint64_t begin, uint64_t end, enum tree_event event, const char *why)
{
	struct tree_wait *wait;
	bool is_false = event == TREE_FALSE;

	for (wait = tree->waits; wait; wait = wait->next)
		wait->is_due = wait->begin < end && wait->end > begin;
	for (wait = tree->waits; wait;) {
		if (!wait->is_due) {
			wait = wait->next;
			continue;
		}
		wait->is_due = false;
		wait->fn(wait->arg, event, is_false ? begin : 0, is_false ? end : 0, why);
		wait = tree->waits;
	}
}

/* The data blocks that a run of hash blocks is over. */
static void run_below(const struct tree *tree, uint64_t first, uint64_t count, uint64_t *begin_out,
		      uint64_t *end_out)
{
	uint64_t ignored;

	verity_below(&tree->verity, first, begin_out, &ignored);
	verity_below(&tree->verity, first + count - 1, &ignored, end_out);
}

static void branch_below(const struct branch *branch, uint64_t *begin_out, uint64_t *end_out)
{
	run_below(branch->tree, branch->first, branch->count, begin_out, end_out);
}

static bool is_wanted(const struct branch *branch)
{
	uint64_t begin, end;

	branch_below(branch, &begin, &end);
	for (const struct tree_wait *wait = branch->tree->waits; wait; wait = wait->next)
		if (wait->begin < end && wait->end > begin)
			return true;
	return false;
}

/* A line's beginning: the hash blocks as bytes of their file. */
static int run_name(const struct tree *tree, uint64_t first, uint64_t count, char *text, size_t size)
{
	uint64_t off = tree->verity.start + first * BLOCK_SIZE;

	return snprintf(text, size, "hashes at bytes %" PRIu64 "-%" PRIu64 " of %.400s", off,
			off + count * BLOCK_SIZE - 1, tree->blob->url);
}

static void on_trouble(struct branch *branch, const char *why)
{
	char text[BLOB_WHY_MAX + 512];
	uint64_t begin, end;
	int len = run_name(branch->tree, branch->first, branch->count, text, sizeof(text));

	snprintf(text + len, sizeof(text) - (size_t)len, ": %s", why);
	branch->state = BRANCH_PAUSING;
	branch->attempts++;
	/* Where the others are dead, the one that lied once may do better now. */
	branch->avoid = 0;
	branch_below(branch, &begin, &end);
	tell(branch->tree, begin, end, TREE_TROUBLE, text);
	if (is_wanted(branch))
		loop_arm(branch->tree->loop, &branch->retry,
			 blob_pause_ms(branch->tree->blob, branch->attempts));
	else
		branch_free(branch);
}

/* No mirror has these right: tells whoever is under them, and nobody who is under others between them. */
static void give_up(struct tree *tree, uint64_t first, uint64_t end, const char *names)
{
	char text[BLOB_WHY_MAX + 1024];

	while (first < end) {
		uint64_t until = first, begin_blk, end_blk;

		while (until < end && !tree->blocks[until])
			until++;
		if (until > first) {
			int len = run_name(tree, first, until - first, text, sizeof(text));

			snprintf(text + len, sizeof(text) - (size_t)len,
				 ": not under the root hash, as sent by %s", names);
			run_below(tree, first, until - first, &begin_blk, &end_blk);
			tell(tree, begin_blk, end_blk, TREE_FALSE, text);
		}
		first = until + 1;
	}
}

/* Its bytes are wrong, or there are too few of them. */
static void on_lie(struct branch *branch)
{
	struct tree *tree = branch->tree;
	uint64_t first = branch->first, end = first + branch->count;
	char names[BLOB_WHY_MAX];

	blob_blame(tree->blob, race_mirror(&branch->race));
	branch->liars |= UINT32_C(1) << race_mirror(&branch->race);
	branch->avoid = blob_avoid(tree->blob, branch->avoid, race_mirror(&branch->race));
	if (++branch->lies <= tree->blob->mirror_count) {
		fly(branch);
		return;
	}
	blob_name_mirrors(tree->blob, branch->liars, names, sizeof(names));
	branch_free(branch);
	give_up(tree, first, end, names);
}

/* Keeps what is right. What is wrong is left of the branch; it has ended if nothing is. */
static void prove(struct branch *branch)
{
	struct tree *tree = branch->tree;
	uint8_t digests[BRANCH_MAX][SHA256_SIZE];
	uint64_t here = branch->got / BLOCK_SIZE, wrong_first = UINT64_MAX, wrong_end = 0;

	sha256_blocks(tree->verity.salt, tree->verity.salt_len, branch->buf, here, digests);
	for (uint64_t i = 0; i < branch->count; i++) {
		/* What another mirror had right stays so. */
		if (tree->blocks[branch->first + i] ||
		    (i < here && keep(tree, branch->first + i, branch->buf + i * BLOCK_SIZE, digests[i])))
			continue;
		tree->counters->wrong_blocks++;
		if (wrong_first == UINT64_MAX)
			wrong_first = i;
		wrong_end = i + 1;
	}
	if (wrong_first == UINT64_MAX) {
		blob_praise(tree->blob, race_mirror(&branch->race));
		branch_free(branch);
		return;
	}
	branch->count = wrong_end - wrong_first;
	branch->first += wrong_first;
	on_lie(branch);
}

static bool can_prove(const struct branch *branch)
{
	if (branch->state != BRANCH_ARRIVED)
		return false;
	for (uint64_t i = 0; i < branch->count; i++)
		if (!digest_of(branch->tree, branch->first + i))
			return false;
	return true;
}

/* Proves whatever can be, from the top down, and drops what came for nobody. */
static void settle(struct tree *tree)
{
	struct branch *branch = tree->branches;

	while (branch) {
		if (can_prove(branch)) {
			prove(branch);
			branch = tree->branches;
		} else if (branch->state == BRANCH_ARRIVED && !is_wanted(branch)) {
			branch_free(branch);
			branch = tree->branches;
		} else {
			branch = branch->next;
		}
	}
	tell(tree, 0, UINT64_MAX, TREE_CAME, NULL);
	/* What could not be kept for want of memory, or was dropped for want of somebody who waited for it then. */
	for (struct tree_wait *wait = tree->waits; wait; wait = wait->next)
		if (!tree_has(tree, wait->begin, wait->end))
			cover_levels(tree, wait);
}

static size_t on_data(void *arg, const uint8_t *bytes, size_t len)
{
	struct branch *branch = arg;

	memcpy(branch->buf + branch->got, bytes, len);
	branch->got += len;
	branch->tree->counters->hash_bytes += len;
	return len;
}

static void on_done(void *arg, enum blob_result result, const char *why)
{
	struct branch *branch = arg;

	if (result != BLOB_DONE) {
		on_trouble(branch, why ? why : "the answer ended early");
		return;
	}
	branch->attempts = 0;
	branch->state = BRANCH_ARRIVED;
	settle(branch->tree);
}

static bool is_raced(void *arg)
{
	return is_wanted(arg);
}

/* They are few: from another mirror they come anew, and all of one. */
static void reached(void *arg, uint64_t *off_out, uint64_t *end_out)
{
	const struct branch *branch = arg;

	*off_out = branch->tree->verity.start + branch->first * BLOCK_SIZE;
	*end_out = *off_out + branch->count * BLOCK_SIZE;
}

static void turn(void *arg, uint64_t off)
{
	struct branch *branch = arg;

	(void)off;
	branch->got = 0;
}

static void fly(struct branch *branch)
{
	static const struct race_events events = {
		.data = on_data, .done = on_done, .is_wanted = is_raced, .reached = reached, .turn = turn};
	struct tree *tree = branch->tree;
	uint32_t pause_ms = blob_quiet_ms(tree->blob);
	uint64_t off, end;

	branch->state = BRANCH_FLYING;
	branch->got = 0;
	reached(branch, &off, &end);
	if (!pause_ms &&
	    race_begin(&branch->race, tree->blob, off, end - off, branch->avoid, &events, branch))
		pause_ms = RETRY_MOST_MS;
	if (pause_ms) {
		branch->state = BRANCH_PAUSING;
		loop_arm(tree->loop, &branch->retry, pause_ms);
	}
}

static void retry(void *arg)
{
	struct branch *branch = arg;

	if (is_wanted(branch))
		fly(branch);
	else
		branch_free(branch);
}

static bool is_coming(const struct tree *tree, uint64_t hash_block)
{
	for (const struct branch *branch = tree->branches; branch; branch = branch->next)
		if (branch->first <= hash_block && hash_block < branch->first + branch->count)
			return true;
	return false;
}

static int branch_begin(struct tree *tree, uint64_t first, uint64_t count)
{
	struct branch *branch = calloc(1, sizeof(*branch));

	if (branch)
		branch->buf = malloc(count * BLOCK_SIZE);
	if (!branch || !branch->buf) {
		free(branch);
		return -ENOMEM;
	}
	branch->tree = tree;
	branch->first = first;
	branch->count = count;
	branch->retry = (struct loop_timer){.fn = retry, .arg = branch};
	branch->next = tree->branches;
	tree->branches = branch;
	fly(branch);
	return 0;
}

bool tree_has(const struct tree *tree, uint64_t begin, uint64_t end)
{
	/* What is above a kept hash block was proven before it. */
	for (uint64_t at = begin; tree->verity.levels > 0 && at < end;
	     at += VERITY_FANOUT - at % VERITY_FANOUT)
		if (!tree->blocks[verity_over(&tree->verity, 0, at)])
			return false;
	return true;
}

/* Fetches what is missing of the hash blocks [first, end) of a level. */
static int cover(struct tree *tree, unsigned level, uint64_t first, uint64_t end)
{
	uint64_t level_first = tree->verity.first[level];

	while (first < end) {
		/* All of one parent: with two, a false one would keep what is under the other from being proven. */
		uint64_t family_end = first + VERITY_FANOUT - (first - level_first) % VERITY_FANOUT;
		uint64_t until = first, most = family_end < end ? family_end : end;
		int err;

		while (until < most && until - first < BRANCH_MAX && !tree->blocks[until] &&
		       !is_coming(tree, until))
			until++;
		err = until > first ? branch_begin(tree, first, until - first) : 0;
		if (err)
			return err;
		first = until > first ? until : first + 1;
	}
	return 0;
}

/* All levels at once. Without memory now: later. */
static void cover_levels(struct tree *tree, const struct tree_wait *wait)
{
	const struct verity *verity = &tree->verity;

	for (unsigned level = verity->levels; level-- > 0;)
		if (cover(tree, level, verity_over(verity, level, wait->begin),
			  verity_over(verity, level, wait->end - 1) + 1))
			loop_arm(tree->loop, &tree->later, RETRY_MOST_MS);
}

static void begin_later(void *arg)
{
	struct tree *tree = arg;

	for (struct tree_wait *wait = tree->waits; wait; wait = wait->next)
		cover_levels(tree, wait);
}

void tree_wait_begin(struct tree *tree, struct tree_wait *wait, uint64_t begin, uint64_t end)
{
	wait->begin = begin;
	wait->end = end;
	wait->is_due = false;
	wait->is_waiting = true;
	wait->prev = NULL;
	wait->next = tree->waits;
	if (wait->next)
		wait->next->prev = wait;
	tree->waits = wait;
	if (!tree_has(tree, begin, end))
		cover_levels(tree, wait);
}

void tree_wait_end(struct tree *tree, struct tree_wait *wait)
{
	if (!wait->is_waiting)
		return;
	if (wait->prev)
		wait->prev->next = wait->next;
	else
		tree->waits = wait->next;
	if (wait->next)
		wait->next->prev = wait->prev;
	wait->is_waiting = false;
}

/* The digests that the blocks from begin on must have; count_out is for how many. NULL: not here. */
static const uint8_t *digests_of(const struct tree *tree, uint64_t begin, uint64_t *count_out)
{
	const uint8_t *leaf;

	if (tree->verity.levels == 0) {
		*count_out = 1;
		return tree->verity.root;
	}
	leaf = tree->blocks[verity_over(&tree->verity, 0, begin)];
	*count_out = VERITY_FANOUT - begin % VERITY_FANOUT;
	return leaf ? leaf + begin % VERITY_FANOUT * SHA256_SIZE : NULL;
}

uint64_t tree_check(const struct tree *tree, uint64_t begin, const uint8_t *bytes, uint64_t count,
		    enum tree_verdict *verdict_out)
{
	uint8_t digests[CHECK_BATCH][SHA256_SIZE];
	uint64_t good = 0;

	while (good < count) {
		uint64_t batch;
		const uint8_t *expected = digests_of(tree, begin + good, &batch);

		if (!expected) {
			*verdict_out = TREE_UNKNOWN;
			return good;
		}
		if (batch > CHECK_BATCH)
			batch = CHECK_BATCH;
		if (batch > count - good)
			batch = count - good;
		sha256_blocks(tree->verity.salt, tree->verity.salt_len, bytes + good * BLOCK_SIZE, batch,
			      digests);
		for (uint64_t i = 0; i < batch; i++, good++) {
			if (memcmp(digests[i], expected + i * SHA256_SIZE, SHA256_SIZE) != 0) {
				*verdict_out = TREE_WRONG;
				return good;
			}
		}
	}
	*verdict_out = TREE_TRUE;
	return good;
}
