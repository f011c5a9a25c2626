/* SPDX-License-Identifier: MIT */
#include "trust/audit.h"

#include "base/block.h"
#include "store/disk_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The hash block of each level that is above the data blocks at which the audit is. */
struct path {
	uint64_t index; /* in its level */
	bool is_looked_at, is_right;
	uint8_t bytes[BLOCK_SIZE];
};

struct run {
	const struct audit *audit;
	struct audit_found *found;
	struct path path[VERITY_LEVELS_MAX];
	uint8_t *buf; /* VERITY_FANOUT blocks, at an address that suits O_DIRECT */
};

static void went_on(const struct audit *audit)
{
	if (audit->progress)
		++*audit->progress;
}

static bool is_true(const struct verity *verity, const uint8_t *bytes, const uint8_t *digest)
{
	uint8_t digests[1][SHA256_SIZE];

	sha256_blocks(verity->salt, verity->salt_len, bytes, 1, digests);
	return memcmp(digests[0], digest, SHA256_SIZE) == 0;
}

/* digest is that of the hash block; NULL: it is not known. */
static void look_at_hash(struct run *run, unsigned level, uint64_t index, const uint8_t *digest)
{
	const struct audit *audit = run->audit;
	uint64_t block = 1 + audit->verity->first[level] + index;
	struct path *path = &run->path[level];

	path->index = index;
	path->is_looked_at = true;
	path->is_right = false;
	if (!digest || !blockset_has(audit->tree_claims, block))
		return;
	path->is_right = disk_dir_read(audit->tree, path->bytes, block * BLOCK_SIZE, BLOCK_SIZE) == 0 &&
			 is_true(audit->verity, path->bytes, digest) &&
			 verity_digests_fit(audit->verity, block - 1, path->bytes);
	run->found->wrong_hashes += !path->is_right;
}

/* The digests of the data blocks below a leaf, of which the image may have none; NULL: they are not known. */
static const uint8_t *find_digests(struct run *run, uint64_t leaf)
{
	const struct verity *verity = run->audit->verity;
	const uint8_t *digests = verity->root;

	for (unsigned level = verity->levels; level-- > 0;) {
		uint64_t index = leaf >> 7 * level;
		struct path *path = &run->path[level];

		if (digests && level + 1 < verity->levels)
			digests += index % VERITY_FANOUT * SHA256_SIZE;
		if (!path->is_looked_at || path->index != index)
			look_at_hash(run, level, index, digests);
		digests = path->is_right ? path->bytes : NULL;
	}
	return digests;
}

/* Errors: -errno. */
static int drop(const struct audit *audit, uint64_t first, uint64_t end)
{
	if (!audit->is_mending || first == end)
		return 0;
	if (fallocate(audit->blocks, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)(first * BLOCK_SIZE),
		      (off_t)((end - first) * BLOCK_SIZE)))
		return -errno;
	for (; first < end; first++)
		blockset_clear(audit->block_claims, first);
	return 0;
}

/* Blocks [first, end), which are claimed to be there, and whose digests are known. Errors: -errno. */
static int look_at_blocks(const struct run *run, uint64_t first, uint64_t end, const uint8_t *digests)
{
	const struct audit *audit = run->audit;
	uint8_t own[VERITY_FANOUT][SHA256_SIZE];
	bool is_read =
		disk_dir_read(audit->blocks, run->buf, first * BLOCK_SIZE, (end - first) * BLOCK_SIZE) == 0;
	uint64_t wrong_from = first;
	int err = 0;

	if (is_read)
		sha256_blocks(audit->verity->salt, audit->verity->salt_len, run->buf, end - first, own);
	for (uint64_t block = first; block < end && !err; block++) {
		uint8_t *bytes = run->buf + (block - first) * BLOCK_SIZE;
		const uint8_t *digest = digests + (block - first) * SHA256_SIZE;
		/* What is wrong with one must not take the others away: they are read again, one by one. */
		bool is_right =
			is_read ? memcmp(own[block - first], digest, SHA256_SIZE) == 0
				: disk_dir_read(audit->blocks, bytes, block * BLOCK_SIZE, BLOCK_SIZE) == 0 &&
					  is_true(audit->verity, bytes, digest);

		went_on(audit);
		run->found->right += is_right;
		run->found->wrong += !is_right;
		if (!is_right)
			continue;
		err = drop(audit, wrong_from, block);
		wrong_from = block + 1;
	}
	return err ? err : drop(audit, wrong_from, end);
}

/* The data blocks [first, end) below one leaf. Errors: -errno. */
static int look_below(const struct run *run, uint64_t first, uint64_t end, const uint8_t *digests)
{
	const struct blockset *claims = run->audit->block_claims;
	uint64_t at = first, until;
	int err = 0;

	while (!err && (at = blockset_next(claims, at, end, true)) < end) {
		until = blockset_next(claims, at, end, false);
		run->found->there += until - at;
		err = digests ? look_at_blocks(run, at, until, digests + (at - first) * SHA256_SIZE)
			      : drop(run->audit, at, until);
		at = until;
	}
	return err;
}

/* Errors: -errno. */
static int drop_unclaimed(const struct audit *audit)
{
	uint64_t at = 0, until, end = audit->verity->data_blocks;
	int err = 0;

	while (!err && (at = blockset_next(audit->block_claims, at, end, false)) < end) {
		until = blockset_next(audit->block_claims, at, end, true);
		err = drop(audit, at, until);
		at = until;
	}
	return err;
}

int audit_run(const struct audit *audit, struct audit_found *found_out)
{
	struct run *run = calloc(1, sizeof(*run));
	uint64_t count = audit->verity->data_blocks, first = 0, end;
	int err = -ENOMEM;

	*found_out = (struct audit_found){.there = 0};
	if (run)
		run->buf = aligned_alloc(BLOCK_SIZE, (size_t)VERITY_FANOUT * BLOCK_SIZE);
	if (run && run->buf) {
		run->audit = audit;
		run->found = found_out;
		err = 0;
	}
	for (; !err && first < count; first = end) {
		end = first + VERITY_FANOUT < count ? first + VERITY_FANOUT : count;
		err = look_below(run, first, end, find_digests(run, first / VERITY_FANOUT));
		went_on(audit);
	}
	if (run)
		free(run->buf);
	free(run);
	return err || !audit->is_mending ? err : drop_unclaimed(audit);
}

void audit_format(const struct audit_found *found, uint64_t ms, char text_out[AUDIT_TEXT_MAX])
{
	uint64_t bytes = found->there * BLOCK_SIZE, wrong = found->there - found->right;
	int len = snprintf(text_out, AUDIT_TEXT_MAX,
			   "%" PRIu64 " bytes proven in %" PRIu64 " ms (%" PRIu64 " MB/s)", bytes, ms,
			   bytes / 1000 / (ms ? ms : 1));

	if (wrong)
		snprintf(text_out + len, (size_t)(AUDIT_TEXT_MAX - len),
			 ": %" PRIu64
			 " blocks of it are wrong, or nothing vouches for them: they are fetched again",
			 wrong);
}
