/* SPDX-License-Identifier: MIT */
#include "trust/tree_disk.h"

#include "base/block.h"
#include "base/loop.h"

#include <stdlib.h>
#include <string.h>

/* Some hash blocks of one level that are being read. */
struct reading {
	struct tree_disk *disk; /* NULL: it is closed */
	uint64_t first, end;    /* hash blocks that are not kept yet */
	uint64_t from;          /* the first in the buffer */
	bool is_read;
	bool is_late; /* it is not waited for */
	struct disk_read read;
	struct loop_timer patience;
	struct list link;
};

void tree_disk_init(struct tree_disk *disk, struct loop *loop, struct hashes *hashes, void (*came)(void *arg),
		    void *arg)
{
	*disk = (struct tree_disk){.loop = loop, .hashes = hashes, .came = came, .arg = arg};
	list_init(&disk->reads);
}

/* Ends it; the disk may still have its buffer. */
static void leave(struct reading *reading)
{
	list_remove(&reading->link);
	loop_disarm(reading->disk->loop, &reading->patience);
	reading->disk = NULL;
	if (!reading->is_read)
		return;
	free(reading->read.buf);
	free(reading);
}

void tree_disk_fini(struct tree_disk *disk)
{
	struct reading *reading;

	if (disk->file)
		disk->file->readable = NULL;
	while ((reading = list_first(&disk->reads, struct reading, link)))
		leave(reading);
}

static bool has(const struct tree_disk *disk, uint64_t hash_block)
{
	return disk_is_readable(disk->file) && blockset_has(&disk->file->claims, hash_block + 1);
}

uint64_t tree_disk_next(const struct tree_disk *disk, uint64_t first, uint64_t end)
{
	return disk_is_readable(disk->file) ? blockset_next(&disk->file->claims, first + 1, end + 1, true) - 1
					    : end;
}

bool tree_disk_is_coming(const struct tree_disk *disk, uint64_t hash_block)
{
	const struct reading *reading;

	list_for_each(reading, &disk->reads, link)
		if (!reading->is_late && reading->first <= hash_block && hash_block < reading->end)
			return true;
	return false;
}

static void on_read(struct disk_read *read)
{
	struct reading *reading = list_entry(read, struct reading, read);
	struct tree_disk *disk = reading->disk;
	struct disk_file *file = read->file;
	bool was_late = reading->is_late;

	reading->is_read = true;
	reading->is_late = false;
	if (disk) {
		loop_disarm(disk->loop, &reading->patience);
		disk->came(disk->arg);
	} else {
		free(reading->read.buf);
		free(reading);
	}
	if (was_late)
		disk_late_end(file);
}

static void on_patience(void *arg)
{
	struct reading *reading = arg;

	reading->is_late = true;
	disk_late_begin(reading->read.file);
	reading->disk->came(reading->disk->arg);
}

/* Errors: no memory. */
static bool begin(struct tree_disk *disk, uint64_t first, uint64_t end)
{
	struct reading *reading = calloc(1, sizeof(*reading));
	uint8_t *buf = aligned_alloc(BLOCK_SIZE, (end - first) * BLOCK_SIZE);

	if (!reading || !buf) {
		free(reading);
		free(buf);
		return false;
	}
	*reading = (struct reading){.disk = disk,
				    .first = first,
				    .end = end,
				    .from = first,
				    .read = {.file = disk->file,
					     .buf = buf,
					     .off = (first + 1) * BLOCK_SIZE,
					     .len = (end - first) * BLOCK_SIZE,
					     .done = on_read},
				    .patience = {.fn = on_patience, .arg = reading}};
	list_append(&disk->reads, &reading->link);
	loop_arm(disk->loop, &reading->patience, TREE_DISK_PATIENCE_MS);
	disk_read_begin(&reading->read);
	return true;
}

uint64_t tree_disk_get(struct tree_disk *disk, uint64_t first, uint64_t end)
{
	uint64_t until = first;

	while (until < end && until - first < DISK_READ_MAX / BLOCK_SIZE && has(disk, until) &&
	       !hashes_block(disk->hashes, until) && !tree_disk_is_coming(disk, until))
		until++;
	return until > first && begin(disk, first, until) ? until : first;
}

/* Keeps what can be proven of it. Returns whether that was any. */
static bool settle(struct tree_disk *disk, struct reading *reading)
{
	struct hashes *hashes = disk->hashes;
	uint64_t before = reading->first;

	while (reading->first < reading->end) {
		uint64_t n = reading->first - reading->from;
		const uint8_t *bytes = reading->read.buf + n * BLOCK_SIZE;
		bool is_there = disk_read_has(&reading->read, n);

		if (is_there && !hashes_digest_of(hashes, reading->first))
			break;
		if (!is_there || !hashes_take(hashes, reading->first, bytes))
			blockset_clear(&reading->read.file->claims, reading->first + 1);
		reading->first++;
	}
	return reading->first > before;
}

bool tree_disk_settle(struct tree_disk *disk)
{
	struct reading *reading, *next;
	bool is_any = false;

	list_for_each_safe(reading, next, &disk->reads, link) {
		if (!reading->is_read)
			continue;
		is_any |= settle(disk, reading);
		if (reading->first == reading->end)
			leave(reading);
	}
	return is_any;
}

static void write_unless_there(struct disk_file *file, uint64_t block, const uint8_t *bytes)
{
	if (file && !blockset_has(&file->claims, block))
		(void)disk_write(file, bytes, block * BLOCK_SIZE, BLOCK_SIZE);
}

void tree_disk_keep(struct tree_disk *disk, uint64_t hash_block, const uint8_t *bytes)
{
	write_unless_there(disk->file, hash_block + 1, bytes);
}

void tree_disk_use(struct tree_disk *disk, struct disk_file *file, const uint8_t super[BLOCK_SIZE])
{
	uint8_t right[BLOCK_SIZE] = {0};

	if (!file || disk->file == file)
		return;
	disk->file = file;
	/* What is here was not read there, and may be wrong there: it is written again. */
	verity_encode(&disk->hashes->verity, right);
	if (memcmp(super, right, sizeof(right)) != 0)
		blockset_clear(&file->claims, 0);
	for (uint64_t i = 0; i < disk->hashes->verity.hash_blocks; i++)
		if (hashes_block(disk->hashes, i))
			blockset_clear(&file->claims, i + 1);
	file->readable = disk->came;
	file->arg = disk->arg;
	tree_disk_complete(disk);
}

void tree_disk_complete(struct tree_disk *disk)
{
	struct disk_file *file = disk->file;
	uint8_t super[BLOCK_SIZE] = {0};
	const uint8_t *bytes;

	if (!file || blockset_is_full(&file->claims))
		return;
	verity_encode(&disk->hashes->verity, super);
	write_unless_there(file, 0, super);
	for (uint64_t i = 0; i < disk->hashes->verity.hash_blocks; i++)
		if ((bytes = hashes_block(disk->hashes, i)))
			tree_disk_keep(disk, i, bytes);
}
