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
#include "store/disk_room.h"
#include "store/worker.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	DISK_PENDING_MAX = 16 * 1024 * 1024, /* bytes that wait to be written; more is not kept */
	DISK_FULL_MS = 10000,                /* a full disk is tried again after this */
	DISK_SYNC_MS = 1000, /* what was written survives a power cut after this, and a disk's own time */
	DISK_READ_MAX = 512 * 1024, /* bytes of one read */
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

/* Who reads and writes an image's blocks. */
enum disk_use {
	DISK_OURS,
	DISK_KERNELS_SOON, /* the kernel, by itself, once its file is ready */
	DISK_KERNELS,      /* the kernel: nobody else touches them */
};

/* The system calls that it makes, in addition to those of every engine; and those by which a file is made ready for the kernel. */
extern const struct syscall_rule disk_rules[], disk_mend_rules[];
extern const unsigned disk_rule_count, disk_mend_rule_count;

struct disk_file;

/* For disk.c and disk_image.c alone. */
struct disk {
	struct loop *loop;
	int dir;
	enum disk_use use;
	struct worker *reader, *writer; /* reads do not wait for writes */
	uint64_t pending;               /* bytes that wait to be written */
	unsigned read_failures, late_reads;
	bool is_full, is_write_bad, has_read_failed;
	uint64_t full_ms;        /* since when */
	struct disk_file *files; /* of the image that is open, DISK_PARTS; NULL: none */
	struct disk_room room;
	void (*news)(void *arg, enum disk_news news, const char *why);
	void *arg;
};

enum disk_part { DISK_BLOCKS, DISK_TREE, DISK_PARTS };

/* One file of an image. */
struct disk_file {
	struct disk *disk;
	int fd;
	struct blockset claims; /* blocks that are there, true or not. Who finds one to be wrong clears it */
	int room;               /* where room is reserved for the rest (disk_reserve.h); -1: nowhere */
	/* Blocks [first, end) are there now. NULL: nobody asks. */
	void (*written)(void *written_arg, uint64_t first, uint64_t end);
	void *written_arg;
	void (*readable)(void *arg); /* it is worth reading again; NULL: nobody asks */
	void *arg;
	struct loop_timer sync;
	struct worker_job sync_job;
	bool is_syncing, is_closed;
	uint64_t missing; /* bytes, when the sync was asked for */
	int sync_error;
};

/*
 * Shape: dir is the store's directory, and stays the caller's. news is called from the loop; why is a reason, and valid
 * during the call. Errors: -errno. Owns: disk_close.
 */
int disk_open(struct disk **disk_out, struct loop *loop, int dir, const struct limits *limits,
	      enum disk_use use, void (*news)(void *arg, enum disk_news news, const char *why), void *arg);
/* Waits for the disk, until all is written. Call it when no read is under way, after the images are closed. */
void disk_close(struct disk *disk);

/* Embedded in its owner, which must stay until done is called. */
struct disk_read {
	struct disk_file *file;
	uint8_t *buf; /* of len bytes */
	uint64_t off, len;
	void (*done)(struct disk_read *read); /* in the loop */
	int err; /* of the last block that could not be read: -errno; -ENODATA: the file ends before */
	uint64_t bad[DISK_READ_MAX / 4096 / 64]; /* a bit for each such block; their bytes are zeros */
	struct worker_job job;
};

/* Begins to read. Shape: the caller has set file to done. Whole blocks, at most DISK_READ_MAX bytes. */
void disk_read_begin(struct disk_read *read);
/* Could the nth block of it be read? */
static inline bool disk_read_has(const struct disk_read *read, uint64_t n)
{
	return !(read->bad[n / 64] >> n % 64 & 1);
}

/* A read is not waited for any longer; it has ended after all. Until then no other is worth beginning. */
void disk_late_begin(struct disk_file *file);
void disk_late_end(struct disk_file *file);

/* Is it worth reading blocks? Shape: file may be NULL. */
bool disk_is_readable(const struct disk_file *file);
/* .. or writing, as far as is known? */
bool disk_is_writable(const struct disk_file *file);

/*
 * Writes a copy of proven blocks, some time; they are claimed then. Returns false if it does not: too much waits, there is no
 * memory, or the disk is full or fails. Shape: whole blocks, all of them in the file's count.
 */
bool disk_write(struct disk_file *file, const uint8_t *bytes, uint64_t off, uint64_t len);

/* Others have written [first, end) to the file: has it on the disk soon, as what disk_write writes. Shape: blocks. */
void disk_changed(struct disk_file *file, uint64_t first, uint64_t end);
/* The disk is full: gives up some of what is reserved for this file. Returns false if nothing is. It may wait for the disk. */
bool disk_give_room(struct disk_file *file, uint64_t len);

/* For disk_image.c: a write has failed with -errno. Reports that, once, and stops writing for a while or for good. */
void disk_write_failed(struct disk *disk, int err);

#endif
