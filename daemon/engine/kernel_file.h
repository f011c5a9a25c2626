/* SPDX-License-Identifier: MIT */
/*
 * Makes the file of an image's blocks in a store on a disk ready for a kernel that reads it by itself (a transport with files): the
 * kernel does not ask for what is there, and fails where there is no room for what is not.
 *
 * Flow: disk_store, before the image is mounted -> a thread of the disk's: what is there is proven, what is not true becomes a
 * hole, and room for the rest is reserved -> done.
 * Process: engine
 *
 * It is read past the page cache. A page of zeros there would make what is reserved look like data.
 */
#ifndef BLOBROOT_KERNEL_FILE_H
#define BLOBROOT_KERNEL_FILE_H

#include "store/disk_image.h"
#include "trust/audit.h"

enum { KERNEL_FILE_PATIENCE_MS = 20000 }; /* so long a disk may do nothing */

struct kernel_file {
	struct disk_image *image;
	const struct verity *verity;
	bool is_proven;
	struct loop *loop;
	struct worker_job job;
	struct loop_timer patience;
	_Atomic uint64_t looked_at; /* blocks, by the thread */
	uint64_t looked_at_before;
	uint64_t began_ms;
	struct blockset claims; /* as they are afterwards */
	struct audit_found found;
	const char *what; /* is said if it fails */
	int err;
	void (*done)(void *arg, const char *why);
	void *arg;
};

/*
 * done is called from the loop, once: why is NULL, or says why the kernel cannot use the file. Afterwards image claims what is there
 * and true. is_proven: `blobrootd store prove` has looked, before this engine began. Shape: image is open and fits verity, both outlive it, and nobody reads or writes its blocks. Errors: -ENOMEM.
 */
int kernel_file_begin(struct disk_image *image, const struct verity *verity, bool is_proven,
		      void (*done)(void *arg, const char *why), void *arg);

#endif
