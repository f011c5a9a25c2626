/* SPDX-License-Identifier: MIT */
/* Of 17000 data blocks there are three levels: hash block 0, then 1 and 2, then the leaves from 3 on. */
#include "unit.h"

#include "base/block.h"
#include "fake_tree.h"
#include "trust/audit.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BLOCKS = 17000, FIRST_LEAF = 3 };

static struct fake_tree tree;
static struct blockset claims, tree_claims;
static struct audit audit;
static struct audit_found found;

/* A block that cannot be read, and what keeps holes from being made; -1, 0: none, nothing. */
static int64_t unreadable;
static int punch_error;
static unsigned punches;

ssize_t __real_pread(int fd, void *buf, size_t len, off_t off);
ssize_t __wrap_pread(int fd, void *buf, size_t len, off_t off);
ssize_t __wrap_pread(int fd, void *buf, size_t len, off_t off)
{
	int64_t bad = unreadable * BLOCK_SIZE;

	errno = EIO;
	/* As O_DIRECT wants it. */
	EQ(0, fd == audit.blocks ? ((uintptr_t)buf | len | (uint64_t)off) % BLOCK_SIZE : 0);
	return fd == audit.blocks && unreadable >= 0 && bad >= off && bad < off + (int64_t)len
		       ? -1
		       : __real_pread(fd, buf, len, off);
}

int __real_fallocate(int fd, int mode, off_t off, off_t len);
int __wrap_fallocate(int fd, int mode, off_t off, off_t len);
int __wrap_fallocate(int fd, int mode, off_t off, off_t len)
{
	punches++;
	errno = punch_error;
	return punch_error ? -1 : __real_fallocate(fd, mode, off, len);
}

/* The tree is whole, and no data block is there. */
static void begin(uint64_t blocks)
{
	unreadable = -1;
	punch_error = 0;
	punches = 0;
	fake_tree_build(&tree, blocks, 32);
	audit = (struct audit){.verity = &tree.verity,
			       .blocks = memfd_create("blocks", 0),
			       .tree = memfd_create("tree", 0),
			       .block_claims = &claims,
			       .tree_claims = &tree_claims,
			       .is_mending = true};
	MUST_EQ(0, ftruncate(audit.blocks, (off_t)(blocks * BLOCK_SIZE)));
	MUST_EQ((ssize_t)tree.size, pwrite(audit.tree, tree.file, tree.size, 0));
	MUST_EQ(0, blockset_init(&claims, blocks));
	MUST_EQ(0, blockset_init(&tree_claims, tree.size / BLOCK_SIZE));
	MUST_EQ(0, blockset_mark(&tree_claims, 0, tree.size / BLOCK_SIZE));
}

static void end(void)
{
	close(audit.blocks);
	close(audit.tree);
	blockset_fini(&claims);
	blockset_fini(&tree_claims);
	fake_tree_free(&tree);
}

static void put(uint64_t first, uint64_t until)
{
	uint8_t bytes[BLOCK_SIZE];

	for (uint64_t block = first; block < until; block++) {
		for (uint64_t i = 0; i < BLOCK_SIZE; i++)
			bytes[i] = fake_byte(block * BLOCK_SIZE + i);
		MUST_EQ(BLOCK_SIZE, pwrite(audit.blocks, bytes, BLOCK_SIZE, (off_t)(block * BLOCK_SIZE)));
	}
	MUST_EQ(0, blockset_mark(&claims, first, until));
}

static void spoil(int fd, uint64_t block)
{
	uint8_t byte;
	off_t at = (off_t)(block * BLOCK_SIZE + block % BLOCK_SIZE);

	MUST_EQ(1, __real_pread(fd, &byte, 1, at));
	byte ^= 1;
	MUST_EQ(1, pwrite(fd, &byte, 1, at));
}

static bool is_hole(uint64_t block)
{
	off_t at = (off_t)(block * BLOCK_SIZE);

	return lseek(audit.blocks, at, SEEK_HOLE) == at;
}

static void expect(uint64_t there, uint64_t right, uint64_t wrong, uint64_t wrong_hashes)
{
	MUST_EQ(0, audit_run(&audit, &found));
	EQ(there, found.there);
	EQ(right, found.right);
	EQ(wrong, found.wrong);
	EQ(wrong_hashes, found.wrong_hashes);
}

CASE(what_is_right_stays)
{
	static const uint64_t sizes[] = {1, 2, 128, 129, 16384, BLOCKS};

	for (unsigned i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		uint64_t last = sizes[i] - 1, first = last > 300 ? last - 300 : 0;

		begin(sizes[i]);
		put(first, last + 1);
		put(0, 1);
		expect(claims.marked_count, claims.marked_count, 0, 0);
		EQ(last - first + 1 + (first > 0), claims.marked_count);
		ATF_CHECK(punches <= 1);
		end();
	}
}

CASE(what_is_wrong_becomes_a_hole_and_nothing_else_does)
{
	begin(BLOCKS);
	put(100, 400);
	put(BLOCKS - 1, BLOCKS);
	spoil(audit.blocks, 100);
	spoil(audit.blocks, 200);
	spoil(audit.blocks, 201);
	spoil(audit.blocks, BLOCKS - 1);
	expect(301, 297, 4, 0);
	EQ(297u, claims.marked_count);
	ATF_CHECK(is_hole(100) && is_hole(200) && is_hole(201) && is_hole(BLOCKS - 1));
	ATF_CHECK(!is_hole(101) && !is_hole(199) && !is_hole(202) && !is_hole(399));
	expect(297, 297, 0, 0);
	end();
}

/* As part of a block, and what is reserved. */
CASE(what_is_not_claimed_becomes_a_hole_too)
{
	begin(BLOCKS);
	put(0, 10);
	MUST_EQ(3, pwrite(audit.blocks, "odd", 3, (off_t)(50 * BLOCK_SIZE)));
	MUST_EQ(0, __real_fallocate(audit.blocks, 0, (off_t)(60 * BLOCK_SIZE), (off_t)(10 * BLOCK_SIZE)));
	expect(10, 10, 0, 0);
	ATF_CHECK(!is_hole(9) && is_hole(50) && is_hole(60));
	EQ((off_t)10 * BLOCK_SIZE, lseek(audit.blocks, 0, SEEK_HOLE));
	EQ(-1, lseek(audit.blocks, (off_t)10 * BLOCK_SIZE, SEEK_DATA));
	end();
}

CASE(to_look_changes_nothing)
{
	begin(BLOCKS);
	put(0, 10);
	spoil(audit.blocks, 3);
	audit.is_mending = false;
	expect(10, 9, 1, 0);
	EQ(0u, punches);
	EQ(10u, claims.marked_count);
	end();
}

CASE(what_cannot_be_read_takes_only_itself_away)
{
	begin(BLOCKS);
	put(0, 256);
	unreadable = 130;
	expect(256, 255, 1, 0);
	ATF_CHECK(is_hole(130) && !is_hole(129) && !is_hole(131));
	end();
}

CASE(what_no_hash_vouches_for_is_not_kept)
{
	begin(BLOCKS);
	put(0, 384);
	/* A leaf is missing, and the next one wrong. */
	blockset_clear(&tree_claims, 1 + FIRST_LEAF);
	spoil(audit.tree, 1 + FIRST_LEAF + 1);
	expect(384, 128, 0, 1);
	ATF_CHECK(is_hole(0) && is_hole(127) && is_hole(128) && is_hole(255) && !is_hole(256));
	EQ(128u, claims.marked_count);
	end();
}

CASE(a_wrong_hash_block_hides_all_below_it)
{
	begin(BLOCKS);
	put(0, 10);
	put(16384, 16394);
	spoil(audit.tree, 2);
	expect(20, 10, 0, 1);
	ATF_CHECK(is_hole(0) && !is_hole(16384));
	spoil(audit.tree, 1);
	expect(10, 0, 0, 1);
	EQ(0u, claims.marked_count);
	end();
}

/* Nothing vouches for the superblock: one that says that there are fewer blocks must not hide the others. */
CASE(a_tree_of_another_size_vouches_for_nothing)
{
	struct verity other;

	begin(BLOCKS);
	put(BLOCKS - 100, BLOCKS);
	other = tree.verity;
	other.data_blocks = BLOCKS - 50;
	audit.verity = &other;
	MUST_EQ(0, blockset_resize(&claims, other.data_blocks));
	MUST_EQ(0, audit_run(&audit, &found));
	EQ(0u, found.right);
	end();
}

CASE(a_hole_that_cannot_be_made_is_an_error)
{
	begin(BLOCKS);
	put(0, 10);
	spoil(audit.blocks, 5);
	punch_error = EPERM;
	EQ(-EPERM, audit_run(&audit, &found));
	ATF_CHECK(blockset_has(&claims, 5));
	end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, what_is_right_stays);
	ATF_TP_ADD_TC(tp, what_is_wrong_becomes_a_hole_and_nothing_else_does);
	ATF_TP_ADD_TC(tp, what_is_not_claimed_becomes_a_hole_too);
	ATF_TP_ADD_TC(tp, to_look_changes_nothing);
	ATF_TP_ADD_TC(tp, what_cannot_be_read_takes_only_itself_away);
	ATF_TP_ADD_TC(tp, what_no_hash_vouches_for_is_not_kept);
	ATF_TP_ADD_TC(tp, a_wrong_hash_block_hides_all_below_it);
	ATF_TP_ADD_TC(tp, a_tree_of_another_size_vouches_for_nothing);
	ATF_TP_ADD_TC(tp, a_hole_that_cannot_be_made_is_an_error);
	return atf_no_error();
}
