/* SPDX-License-Identifier: MIT */
/*
 * Proves all that a store on a disk has of an image, at once, and makes holes of what is not true.
 *
 * Flow: `blobrootd store verify` and `prove`; or a thread of the engine's, where the kernel is to read the file by itself -> audit_run.
 * Process: engine
 *
 * It needs a hash block for each level of the tree, and half a MiB, whatever the image's size.
 */
#ifndef BLOBROOT_AUDIT_H
#define BLOBROOT_AUDIT_H

#include "store/blockset.h"
#include "trust/verity.h"

/* What was found, in blocks. */
struct audit_found {
	uint64_t there; /* right, wrong, or neither: a hash block above it is not there, or wrong */
	uint64_t right, wrong;
	uint64_t wrong_hashes;
};

struct audit {
	const struct verity *verity;
	int blocks, tree; /* files: the image, and what veritysetup writes, with the superblock in block 0 */
	struct blockset *block_claims; /* blocks that are there; as many as the image has */
	const struct blockset *tree_claims;
	/*
	 * What is not right becomes a hole, and is no longer claimed. So does what is not claimed: a kernel takes for data what the
	 * file system calls data, even parts of a block, and what is reserved, once anybody has read it.
	 */
	bool is_mending;
	_Atomic uint64_t *progress; /* grows as long as the disk does anything; NULL: nobody asks */
};

/* What was found, in one line: bytes, ms, and what is wrong. */
enum { AUDIT_TEXT_MAX = 160 };
void audit_format(const struct audit_found *found, uint64_t ms, char text_out[AUDIT_TEXT_MAX]);

/*
 * Waits for the disk. A block that cannot be read is wrong. Errors: -ENOMEM; with is_mending -errno, when a hole cannot be made.
 * Shape: nobody writes to the files meanwhile.
 */
int audit_run(const struct audit *audit, struct audit_found *found_out);

#endif
