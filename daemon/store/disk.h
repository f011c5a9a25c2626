/* SPDX-License-Identifier: MIT */
/*
 * A store on a disk, which later boots find again: a directory for each image, named by its root hash, with a file of the
 * image's blocks and one of its hash tree.
 *
 * Flow: engine opens the image's directory; reread and tree read what is claimed to be there, present and tree have
 * written what is proven. Threads wait for the disk (worker.h).
 * Process: engine. The keeper opens the store's directory, and nothing below it.
 * Source: blobroot-store(5)
 *
 * What lies there is untrusted input: it may be old, torn by a power cut, rotten, or an enemy's. A block that is in the file
 * is a claim: whoever reads it proves it, each time. Nothing here does.
 *
 * Both files are sparse, and what is a hole is not there. `blocks` is the image, and `tree` is what veritysetup writes, with
 * its superblock in block 0: once both are whole, `veritysetup verify blocks tree ROOTHASH` says so.
 */
#ifndef BLOBROOT_DISK_H
#define BLOBROOT_DISK_H

#include "base/loop.h"
#include "base/syscall_rule.h"
#include "store/blockset.h"
#include "store/disk_list.h"
#include "store/disk_room.h"
#include "store/worker.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	DISK_PENDING_MAX = 16 * 1024 * 1024, /* bytes that wait to be written; more is not kept */
	DISK_FULL_MS = 10000,                /* a full disk is tried again after this */
	DISK_SYNC_MS =
		1000, /* what was written survives a power cut after this, and what a disk takes for it */
	DISK_READ_FAILURES_MAX = 8, /* so many, and it is read no more */
};

/* What is reported. */
enum disk_news {
	DISK_FULL,        /* no room: nothing is kept until there is */
	DISK_ROOM,        /* there is room again */
	DISK_LIMIT,       /* a limit is reached: the same as DISK_FULL */
	DISK_DELETED,     /* an image, to make room; why is its name */
	DISK_WRITE_FAILS, /* nothing is kept any more */
	DISK_READ_FAILS,  /* a block cannot be read */
	DISK_LOST,        /* .. nor could others: nothing is read any more */
	DISK_LATE,        /* a read takes too long: nothing is read until it ends */
	DISK_ANSWERS,     /* it has ended */
};

/* The system calls that it makes, in addition to those of every engine. */
extern const struct syscall_rule disk_rules[];
extern const unsigned disk_rule_count;

/* For disk.c and disk_image.c alone. */
struct disk {
	struct loop *loop;
	int dir;
	struct worker *reader, *writer; /* reads do not wait for writes */
	uint64_t pending;               /* bytes that wait to be written */
	unsigned read_failures, late_reads;
	bool is_full, is_write_bad;
	uint64_t full_ms; /* since when */
	struct disk_room room;
	void (*news)(void *arg, enum disk_news news, const char *why);
	void *arg;
};

enum disk_part { DISK_BLOCKS, DISK_TREE, DISK_PARTS };

/* One file of an image. */
struct disk_file {
	struct disk *disk;
	int fd;
	struct blockset
		claims; /* blocks that are there, true or not. Whoever finds one to be wrong clears it */
	/* Blocks [first, end) are there now. NULL: nobody asks. */
	void (*written)(void *arg, uint64_t first, uint64_t end);
	void *arg;
	struct loop_timer sync;
	struct worker_job sync_job;
	bool is_syncing, is_closed;
	int sync_error;
};

/* An image's directory. */
struct disk_image {
	struct disk_file files[DISK_PARTS];
	char name[DISK_NAME_MAX + 1];
	uint8_t super[4096]; /* the tree's block 0, if it is claimed */
};

/*
 * Shape: dir is the store's directory, and stays the caller's. news is called from the loop; why is a reason, and valid
 * during the call. Errors: -errno. Owns: disk_close.
 */
int disk_open(struct disk **disk_out, struct loop *loop, int dir, const struct limits *limits,
	      void (*news)(void *arg, enum disk_news news, const char *why), void *arg);
/* Waits for the disk, until all is written. Call it when no read is under way, after the images are closed. */
void disk_close(struct disk *disk);

/* Reads the list of images. done is called from the loop; entries are valid during the call. Errors: -ENOMEM. */
int disk_look(struct disk *disk, void (*done)(void *arg, const struct disk_entry *entries, unsigned count),
	      void *arg);

/*
 * Opens the directory of that name. may_make: and makes what is missing; what lies in the way and cannot be ours is removed. If
 * not, and it is not there: -ENOENT. done is called from the loop, with the image, or err and what failed. Shape: name has at most
 * DISK_NAME_MAX characters. Errors: -ENOMEM: done is not called then. Owns: disk_image_close.
 */
int disk_image_open(struct disk *disk, const char *name, bool may_make,
		    void (*done)(void *arg, struct disk_image *image, int err, const char *what), void *arg);
/* So many blocks the files have. Before that nothing may be written. Errors: -ENOMEM, -EFBIG, as blockset_init. */
int disk_image_fit(struct disk_image *image, const uint64_t counts[DISK_PARTS]);

/* Reads a small file of an image, as disk_note_read. done is called from the loop, once. Errors: -ENOMEM. */
int disk_note_get(struct disk *disk, const char *image, const char *name,
		  void (*done)(void *arg, const uint8_t *bytes, size_t len), void *arg);
/* Has a copy written, some time. Best effort: a failure is reported as of any write. Shape: name is a constant. */
void disk_note_put(struct disk_image *image, const char *name, const void *bytes, size_t len);
/* Shape: no read is under way. What waits to be written is not lost. */
void disk_image_close(struct disk_image *image);

/* Embedded in its owner, which must stay until done is called. */
struct disk_read {
	struct disk_file *file;
	uint8_t *buf; /* of len bytes */
	uint64_t off, len;
	/* In the loop. err: -errno; less than len bytes are there: -ENODATA. */
	void (*done)(struct disk_read *read, int err);
	int err;
	struct worker_job job;
};

/* Begins to read. Shape: the caller has set file to done. Whole blocks. */
void disk_read_begin(struct disk_read *read);

/* A read is not waited for any longer; it has ended after all. Until then no other is worth beginning. */
void disk_late_begin(struct disk_file *file);
void disk_late_end(struct disk_file *file);

/* Is it worth reading blocks? Shape: file may be NULL. */
bool disk_is_readable(const struct disk_file *file);

/*
 * Writes a copy of proven blocks, some time; they are claimed then. Returns false if it does not: too much waits, there is no
 * memory, or the disk is full or fails. Shape: whole blocks, all of them in the file's count.
 */
bool disk_write(struct disk_file *file, const uint8_t *bytes, uint64_t off, uint64_t len);

/* For disk_image.c: a write has failed with -errno. Reports that, once, and stops writing for a while or for good. */
void disk_write_failed(struct disk *disk, int err);

#endif
