/* SPDX-License-Identifier: MIT */
/*
 * A disk (store/disk.h) in memory, whose reads the test answers, and whose writes are done when it says so.
 *
 * Flow: a test puts blocks on it, right or wrong; objects read, and the test answers.
 * Process: tests
 *
 * Checked always: what is written are whole blocks of the fake image (fake_byte) or tree, zeros after its end.
 */
#ifndef BLOBROOT_FAKE_DISK_H
#define BLOBROOT_FAKE_DISK_H

#include "store/disk.h"

enum { FAKE_DISK_READS_MAX = 1024 };

struct fake_disk {
	struct disk_file file;
	uint64_t size;           /* of the file */
	const uint8_t *expected; /* its bytes, where they are a hash tree's; NULL: the fake image's */
	uint8_t *bytes;
	struct disk_read *reads[FAKE_DISK_READS_MAX]; /* that wait for an answer */
	unsigned read_count;
	unsigned begun;          /* reads, ever */
	unsigned late;           /* reads that are not waited for */
	bool is_bad;             /* it is read no more */
	bool is_full;            /* nothing is written */
	uint64_t written;        /* bytes, ever */
	unsigned changes;        /* blocks that others have written to it */
	uint64_t reserved;       /* bytes that can be given */
	void (*gave)(void);      /* .. some were; NULL: nobody asks */
	void (*also)(void *arg); /* .. is told that it can be read again; NULL: nobody */
	void *also_arg;
	bool holds_writes;    /* .. until fake_disk_flush */
	struct blockset held; /* blocks that wait for it */
};

/* Owns: fake_disk_close, when no read waits. expected (NULL: the fake image) must outlive it. */
void fake_disk_open(struct fake_disk *disk, uint64_t size, const uint8_t *expected);
void fake_disk_close(struct fake_disk *disk);

/* Blocks [first, end) are there, and right. */
void fake_disk_put(struct fake_disk *disk, uint64_t first, uint64_t end);
/* A byte of the block is another one than it was. */
void fake_disk_spoil(struct fake_disk *disk, uint64_t block);

/* Answers the nth read that waits: with its bytes, or err. */
void fake_disk_answer(struct fake_disk *disk, unsigned n, int err);
/* Answers all, and those that begin then. */
void fake_disk_answer_all(struct fake_disk *disk);
void fake_disk_flush(struct fake_disk *disk);

#endif
