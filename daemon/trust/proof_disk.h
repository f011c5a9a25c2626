/* SPDX-License-Identifier: MIT */
/*
 * Proves the image from what a store on a disk has of it, instead of a first contact: hash tree and first blocks, from a root hash
 * down that somebody vouches for.
 *
 * Flow: engine (which has the image's directory open) -> proof_disk_begin -> disk, tree -> done; afterwards proof is as after
 * proof_begin, or untouched.
 * Process: engine
 */
#ifndef BLOBROOT_PROOF_DISK_H
#define BLOBROOT_PROOF_DISK_H

#include "store/disk_image.h"
#include "trust/proof.h"

enum { PROOF_DISK_PATIENCE_MS = 5000 }; /* hashes that the disk does not have are fetched meanwhile */

struct proof_disk {
	struct proof *proof;
	struct disk_image *image;
	struct head_read *head; /* the disk's, until it has answered */
	bool is_read;
	struct tree_wait hashes;
	struct loop_timer timer; /* for the patience, and for the end, which no callback of the tree can be */
	bool is_over;
	char why[256]; /* it is over: empty if the image is proven */
	/* why is NULL if the image is proven. */
	void (*done)(void *arg, const char *why);
	void *arg;
};

/*
 * Shape: roothash is 64 lower-case digits, and trusted; proof is initialised, and nothing has begun there; image is open, and
 * outlives proof. done is called once, from the loop.
 */
void proof_disk_begin(struct proof_disk *disk, struct proof *proof, struct disk_image *image,
		      const char *roothash, void (*done)(void *arg, const char *why), void *arg);

/* Has somebody whose certificate is trusted signed this root hash? Shape: the bytes of both files, as they were published. */
bool proof_disk_is_signed(const struct signature_certs *signers, const void *text, size_t text_len,
			  const void *p7s, size_t len, char roothash_out[ROOTHASH_DIGITS + 1]);

#endif
