/*
 * SPDX-License-Identifier: MIT
 *
 * spoil SEED COUNT KIND IMAGE TREE [OFFSET]
 *
 * Changes an image or its hash tree as an enemy would, and says what must come of it. TREE is what `veritysetup format`
 * made; with OFFSET its superblock lies there. Written apart from the daemon's geometry, so that it can disagree.
 *
 * It prints one word: `served` (it can be mounted; the blocks below cannot be read, all others can), `refused` (it
 * cannot be mounted) or `harmless` (the change is of a byte that nothing depends on), and then lines `FIRST-LAST`
 * of data blocks that no longer can be proven. Each change is a line on stderr. The same words once more undo
 * it, except for `zero-..`. Status 1: a file is not what it has to be.
 *
 * KIND, where the head is what the daemon proves before it mounts (HEAD bytes and the hash blocks over them):
 *   data         COUNT bytes, each of another data block, behind the head
 *   leaf         the same of the lowest level of hash blocks
 *   inner        the same of the levels above it
 *   mix          any of these
 *   head-data    one byte of the head
 *   head-hash    one byte of a hash block over the head
 *   super        one byte of the superblock
 *   file         one byte of IMAGE, whatever file that is: for a signature, or what it signs
 *   swap-data swap-leaf  two blocks change places, COUNT times
 *   zero-data zero-leaf  COUNT blocks in a row become zeros
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 4096, HEAD = 65536, FANOUT = 128, LEVELS_MAX = 8, SUPER = 512 };

static struct {
	int image, tree;
	uint64_t super;             /* where the superblock lies */
	uint64_t begin[LEVELS_MAX]; /* of each level from the leaves up, in bytes */
	uint64_t blocks[LEVELS_MAX];
	unsigned levels;
	uint64_t data_blocks;
	unsigned salt_len;
	uint8_t *is_lost;                 /* a data block each */
	uint8_t *is_used[1 + LEVELS_MAX]; /* changed already: of the data, of each level */
} it;

static uint64_t dice;

static void die(const char *what)
{
	fprintf(stderr, "spoil: %s: %s\n", what, errno ? strerror(errno) : "not what it has to be");
	exit(1);
}

/* xorshift64*, so that a seed means the same everywhere. */
static uint64_t throw(uint64_t sides)
{
	dice ^= dice >> 12;
	dice ^= dice << 25;
	dice ^= dice >> 27;
	return (dice * UINT64_C(2685821657736338717) >> 16) % sides;
}

static void get(int file, uint64_t off, void *bytes, size_t len)
{
	if (pread(file, bytes, len, (off_t)off) != (ssize_t)len)
		die("read");
}

static void put(int file, uint64_t off, const void *bytes, size_t len)
{
	if (pwrite(file, bytes, len, (off_t)off) != (ssize_t)len)
		die("write");
}

static void survey(void)
{
	uint8_t super[SUPER];
	uint64_t at;

	get(it.tree, it.super, super, sizeof(super));
	if (memcmp(super, "verity\0", 8) != 0)
		die("superblock");
	memcpy(&it.data_blocks, super + 72, 8);
	it.salt_len = super[80] + 256U * super[81];
	for (uint64_t blocks = it.data_blocks; blocks > 1; it.levels++) {
		blocks = (blocks + FANOUT - 1) / FANOUT;
		it.blocks[it.levels] = blocks;
		it.is_used[1 + it.levels] = calloc(blocks, 1);
	}
	/* The top lies first. */
	at = (it.super + SUPER + BLOCK - 1) / BLOCK * BLOCK;
	for (unsigned level = it.levels; level-- > 0;) {
		it.begin[level] = at;
		at += it.blocks[level] * BLOCK;
	}
	it.is_lost = calloc(it.data_blocks, 1);
	it.is_used[0] = calloc(it.data_blocks, 1);
	if (it.data_blocks * BLOCK <= HEAD)
		die("image: too small");
}

/* A level is -1 for the data. */
static uint64_t blocks_of(int level)
{
	return level < 0 ? it.data_blocks : it.blocks[level];
}

static uint64_t place_of(int level, uint64_t block)
{
	return (level < 0 ? 0 : it.begin[level]) + block * BLOCK;
}

static void lose(int level, uint64_t block)
{
	uint64_t each = 1;

	for (int i = -1; i < level; i++)
		each *= FANOUT;
	for (uint64_t i = block * each; i < (block + 1) * each && i < it.data_blocks; i++)
		it.is_lost[i] = 1;
}

/* How many blocks at a level's beginning have to do with the head. */
static uint64_t head_of(int level)
{
	return level < 0 ? HEAD / BLOCK : 1;
}

static void flip(int level, uint64_t block)
{
	uint64_t at = place_of(level, block) + throw(BLOCK);
	int file = level < 0 ? it.image : it.tree;
	uint8_t byte, change = (uint8_t)(1 + throw(255));

	get(file, at, &byte, 1);
	byte ^= change;
	put(file, at, &byte, 1);
	fprintf(stderr, "level %d block %" PRIu64 ": byte %" PRIu64 " ^ %02x\n", level, block, at, change);
	lose(level, block);
}

/* A block of the level behind the head that was not changed yet. Returns false if none is left. */
static bool choose(int level, uint64_t *block_out)
{
	uint64_t first = head_of(level), blocks = blocks_of(level), at;

	if (blocks <= first)
		return false;
	at = throw(blocks - first);
	for (uint64_t i = 0; i < blocks - first; i++) {
		*block_out = first + (at + i) % (blocks - first);
		if (!it.is_used[1 + level][*block_out]) {
			it.is_used[1 + level][*block_out] = 1;
			return true;
		}
	}
	return false;
}

static void flip_some(int lowest, int highest, unsigned count)
{
	uint64_t block;

	for (unsigned tries = 0; count > 0 && tries < 100000; tries++) {
		int level = lowest + (int) throw((uint64_t)(highest - lowest + 1));

		if (choose(level, &block)) {
			flip(level, block);
			count--;
		}
	}
	if (count > 0)
		die("COUNT: so many blocks are not there");
}

static void swap_some(int level, unsigned count)
{
	uint8_t a[BLOCK], b[BLOCK];
	int file = level < 0 ? it.image : it.tree;

	for (uint64_t one, other; count > 0; count--) {
		if (!choose(level, &one) || !choose(level, &other))
			die("COUNT: so many blocks are not there");
		get(file, place_of(level, one), a, BLOCK);
		get(file, place_of(level, other), b, BLOCK);
		if (memcmp(a, b, BLOCK) == 0)
			continue;
		put(file, place_of(level, one), b, BLOCK);
		put(file, place_of(level, other), a, BLOCK);
		fprintf(stderr, "level %d blocks %" PRIu64 " and %" PRIu64 " change places\n", level, one,
			other);
		lose(level, one);
		lose(level, other);
	}
}

static void zero_some(int level, uint64_t count)
{
	static const uint8_t zeros[BLOCK];
	uint8_t bytes[BLOCK];
	int file = level < 0 ? it.image : it.tree;
	uint64_t first = head_of(level), blocks = blocks_of(level);

	if (blocks < first + count)
		die("COUNT: so many blocks are not there");
	first += throw(blocks - first - count + 1);
	fprintf(stderr, "level %d: %" PRIu64 " blocks from %" PRIu64 " become zeros\n", level, count, first);
	for (; count > 0; count--, first++) {
		get(file, place_of(level, first), bytes, BLOCK);
		put(file, place_of(level, first), zeros, BLOCK);
		if (memcmp(bytes, zeros, BLOCK) != 0)
			lose(level, first);
	}
}

/* Of the superblock only these bytes mean nothing to a reader: UUID, padding, room behind the salt. */
static const char *flip_super(void)
{
	uint64_t at = throw(SUPER);
	uint8_t byte, change = (uint8_t)(1 + throw(255));

	get(it.tree, it.super + at, &byte, 1);
	byte ^= change;
	put(it.tree, it.super + at, &byte, 1);
	fprintf(stderr, "superblock: byte %" PRIu64 " ^ %02x\n", at, change);
	return (at >= 16 && at < 32) || (at >= 82 && at < 88) || at >= 88 + it.salt_len ? "harmless"
											: "refused";
}

static const char *flip_file(void)
{
	off_t size = lseek(it.image, 0, SEEK_END);
	uint8_t byte, change = (uint8_t)(1 + throw(255));
	uint64_t at;

	if (size <= 0)
		die("IMAGE");
	at = throw((uint64_t)size);
	get(it.image, at, &byte, 1);
	byte ^= change;
	put(it.image, at, &byte, 1);
	fprintf(stderr, "byte %" PRIu64 " ^ %02x\n", at, change);
	return "refused";
}

static const char *spoil(const char *kind, unsigned count)
{
	int top = (int)it.levels - 1, over;

	if (strcmp(kind, "data") == 0) {
		flip_some(-1, -1, count);
	} else if (strcmp(kind, "leaf") == 0) {
		flip_some(0, 0, count);
	} else if (strcmp(kind, "inner") == 0) {
		flip_some(1, top, count);
	} else if (strcmp(kind, "mix") == 0) {
		flip_some(-1, top, count);
	} else if (strcmp(kind, "swap-data") == 0) {
		swap_some(-1, count);
	} else if (strcmp(kind, "swap-leaf") == 0) {
		swap_some(0, count);
	} else if (strcmp(kind, "zero-data") == 0) {
		zero_some(-1, count);
	} else if (strcmp(kind, "zero-leaf") == 0) {
		zero_some(0, count);
	} else if (strcmp(kind, "super") == 0) {
		return flip_super();
	} else if (strcmp(kind, "file") == 0) {
		return flip_file();
	} else if (strcmp(kind, "head-data") == 0) {
		flip(-1, throw(HEAD / BLOCK));
		return "refused";
	} else if (strcmp(kind, "head-hash") == 0) {
		over = (int) throw(it.levels);
		flip(over, 0);
		return "refused";
	} else {
		die("KIND");
	}
	return "served";
}

int main(int argc, char **argv)
{
	const char *verdict;

	if (argc != 6 && argc != 7) {
		fputs("usage: spoil SEED COUNT KIND IMAGE TREE [OFFSET]\n", stderr);
		return 2;
	}
	/* Seeds that follow each other must not throw alike. */
	dice = (strtoull(argv[1], NULL, 10) + 1) * UINT64_C(0x9e3779b97f4a7c15);
	it.image = open(argv[4], O_RDWR | O_CLOEXEC);
	it.tree = open(argv[5], O_RDWR | O_CLOEXEC);
	if (it.image < 0 || it.tree < 0)
		die(it.image < 0 ? argv[4] : argv[5]);
	it.super = argc == 7 ? strtoull(argv[6], NULL, 10) : 0;
	errno = 0;
	survey();
	verdict = spoil(argv[3], (unsigned)strtoul(argv[2], NULL, 10));
	puts(verdict);
	for (uint64_t i = 0; strcmp(verdict, "served") == 0 && i < it.data_blocks; i++)
		if (it.is_lost[i])
			printf("%" PRIu64 "-%" PRIu64 "\n", i, i);
	return 0;
}
