/* SPDX-License-Identifier: MIT */
/*
 * Makes the file of an image's blocks in a store on a disk ready for a kernel that reads it by itself (a transport with files): the
 * kernel does not ask for what is there, and fails reads where there is no room for what is not.
 *
 * Flow: disk_store, before the image is mounted -> a thread of the disk's: what is there is proven, all else becomes a hole, the
 * file gets the mark that the kernel wants, and room for the rest is reserved -> done.
 * Process: engine
 */
#ifndef BLOBROOT_KERNEL_FILE_H
#define BLOBROOT_KERNEL_FILE_H

#include "store/disk_image.h"
#include "trust/audit.h"

enum {
	KERNEL_FILE_PATIENCE_MS = 20000, /* so long a disk may do nothing */
	KERNEL_FILE_LOOK_MS = 5000,
	KERNEL_FILE_SAY_MS = 10000, /* then a line says each time that it goes on */
};

struct kernel_file {
	/* What the caller sets. */
	struct disk_image *image; /* open, and of verity's size; nobody reads or writes its blocks */
	const struct verity *verity;
	uint64_t size;                        /* the image's bytes */
	int (*mark)(int file, uint64_t size); /* the transport's */
	bool is_proven; /* `blobrootd store prove` has looked, before this engine began */
	/* Called from the loop, once: why is NULL, or says why the kernel cannot use the file. */
	void (*done)(void *arg, const char *why);
	void *arg;

	struct loop *loop;
	struct worker_job job;
	struct loop_timer patience;
	_Atomic uint64_t progress; /* the thread's */
	uint64_t progress_before;
	uint64_t began_ms, last_ms;
	struct blockset claims; /* as they are afterwards */
	struct audit_found found;
	const char *what; /* is said if it fails */
	int err;
};

/*
 * Takes a copy. Afterwards image claims what is there and true. Shape: image and verity outlive it. Errors: -ENOMEM; done is not
 * called then.
 */
int kernel_file_begin(const struct kernel_file *wanted);

#endif
