/* SPDX-License-Identifier: MIT */
#include "store/disk.h"

#include "base/block.h"
#include "base/loop.h"
#include "store/disk_dir.h"
#include "store/disk_reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BAD_BLOCKS_MAX = 3 };

/* What is said of the room is news of the disk. */
static void on_room(void *arg, enum disk_room_news news, const char *what)
{
	struct disk *disk = arg;

	disk->news(disk->arg,
		   news == DISK_ROOM_DELETED ? DISK_DELETED
		   : news == DISK_ROOM_NONE  ? DISK_LIMIT
					     : DISK_ROOM,
		   what);
}

int disk_open(struct disk **disk_out, struct loop *loop, int dir, const struct limits *limits,
	      enum disk_use use, void (*news)(void *arg, enum disk_news news, const char *why), void *arg)
{
	struct disk *disk = calloc(1, sizeof(*disk));
	int err;

	if (!disk)
		return -ENOMEM;
	*disk = (struct disk){.loop = loop, .dir = dir, .use = use, .news = news, .arg = arg};
	err = worker_open(&disk->reader, loop);
	if (!err)
		err = worker_open(&disk->writer, loop);
	if (err) {
		worker_close(disk->reader);
		free(disk);
		return err;
	}
	disk->room = (struct disk_room){.loop = loop,
					.worker = disk->writer,
					.dir = dir,
					.limits = *limits,
					.news = on_room,
					.arg = disk};
	*disk_out = disk;
	return 0;
}

void disk_close(struct disk *disk)
{
	if (!disk)
		return;
	worker_close(disk->reader);
	worker_close(disk->writer);
	disk_room_end(&disk->room);
	free(disk);
}

/* -- reads ---------------------------------------------------------------------------------------------------------- */

/* What is wrong with one block must not take the others away: they are read again, one by one, unless several in a row fail. */
static void run_read(struct worker_job *job)
{
	struct disk_read *read = list_entry(job, struct disk_read, job);
	int fd = read->file->fd, err = disk_dir_read(fd, read->buf, read->off, read->len), in_a_row = 0;

	for (uint64_t at = 0; err && at < read->len; at += BLOCK_SIZE) {
		int why = in_a_row == BAD_BLOCKS_MAX
				  ? read->err
				  : disk_dir_read(fd, read->buf + at, read->off + at, BLOCK_SIZE);

		in_a_row = why ? in_a_row + (in_a_row < BAD_BLOCKS_MAX) : 0;
		if (!why)
			continue;
		read->err = why;
		read->bad[at / BLOCK_SIZE / 64] |= UINT64_C(1) << at / BLOCK_SIZE % 64;
		memset(read->buf + at, 0, BLOCK_SIZE);
	}
	/* What a reader gets of it is in another page cache. */
	(void)posix_fadvise(fd, (off_t)read->off, (off_t)read->len, POSIX_FADV_DONTNEED);
}

static void on_read(struct worker_job *job)
{
	struct disk_read *read = list_entry(job, struct disk_read, job);
	struct disk *disk = read->file->disk;

	if (!read->err)
		disk->read_failures = 0;
	if (read->err && read->err != -ENODATA) {
		disk->read_failures++;
		if (disk->read_failures == DISK_READ_FAILURES_MAX || !disk->has_read_failed)
			disk->news(disk->arg, disk->has_read_failed ? DISK_LOST : DISK_READ_FAILS,
				   strerror(-read->err));
		disk->has_read_failed = true;
	}
	read->done(read);
}

void disk_read_begin(struct disk_read *read)
{
	read->err = 0;
	memset(read->bad, 0, sizeof(read->bad));
	read->job = (struct worker_job){.run = run_read, .done = on_read};
	worker_put(read->file->disk->reader, &read->job);
}

void disk_late_begin(struct disk_file *file)
{
	struct disk *disk = file->disk;

	if (disk->late_reads++ == 0)
		disk->news(disk->arg, DISK_LATE, "");
}

void disk_late_end(struct disk_file *file)
{
	struct disk *disk = file->disk;

	if (--disk->late_reads > 0)
		return;
	disk->news(disk->arg, DISK_ANSWERS, "");
	for (int part = 0; disk->files && part < DISK_PARTS; part++)
		if (disk->files[part].readable)
			disk->files[part].readable(disk->files[part].arg);
}

bool disk_is_readable(const struct disk_file *file)
{
	return file && file->disk->read_failures < DISK_READ_FAILURES_MAX && file->disk->late_reads == 0;
}

/* It was full a moment ago, and is not tried again yet. */
static bool is_resting(const struct disk *disk)
{
	return disk->is_full && loop_now_ms(disk->loop) < disk->full_ms + DISK_FULL_MS;
}

bool disk_is_writable(const struct disk_file *file)
{
	const struct disk *disk = file ? file->disk : NULL;

	return disk && !disk->is_write_bad && disk->room.budget > 0 && !is_resting(disk);
}

/* -- writes --------------------------------------------------------------------------------------------------------- */

struct writing {
	struct worker_job job;
	struct disk_file *file;
	uint64_t off, len, put;
	int err;
	uint8_t bytes[];
};

static void run_write(struct worker_job *job)
{
	struct writing *writing = list_entry(job, struct writing, job);

	while (writing->put < writing->len && !writing->err) {
		ssize_t part = pwrite(writing->file->fd, writing->bytes + writing->put,
				      writing->len - writing->put, (off_t)(writing->off + writing->put));

		if (part > 0)
			writing->put += (uint64_t)part;
		else if (part == 0 || errno != EINTR)
			writing->err = part == 0 ? -EIO : -errno;
	}
}

void disk_write_failed(struct disk *disk, int err)
{
	bool is_room = err == -ENOSPC || err == -EDQUOT,
	     *said = is_room ? &disk->is_full : &disk->is_write_bad;

	disk->full_ms = loop_now_ms(disk->loop);
	if (*said)
		return;
	*said = true;
	disk->news(disk->arg, is_room ? DISK_FULL : DISK_WRITE_FAILS, strerror(-err));
}

static void on_write_success(struct disk *disk)
{
	/* What was under way when it filled says nothing. */
	if (!disk->is_full || is_resting(disk))
		return;
	disk->is_full = false;
	disk->news(disk->arg, DISK_ROOM, "");
}

static void run_sync(struct worker_job *job)
{
	struct disk_file *file = list_entry(job, struct disk_file, sync_job);

	file->sync_error = fdatasync(file->fd) ? -errno : 0;
	if (file->room >= 0)
		disk_reserve_shrink(file->room, file->missing);
}

static void on_synced(struct worker_job *job)
{
	struct disk_file *file = list_entry(job, struct disk_file, sync_job);

	file->is_syncing = false;
	if (file->sync_error)
		disk_write_failed(file->disk, file->sync_error);
}

/* A host may lose its power at any time, and a virtual one be ended: what it has fetched is for the next boot, too. */
static void sync_soon(void *arg)
{
	struct disk_file *file = arg;

	if (file->is_syncing)
		return;
	file->is_syncing = true;
	file->missing = (file->claims.block_count - file->claims.marked_count) * BLOCK_SIZE;
	file->sync_job = (struct worker_job){.run = run_sync, .done = on_synced};
	worker_put(file->disk->writer, &file->sync_job);
}

static void arm_sync(struct disk_file *file)
{
	/* An image that is closed is synced there. */
	if (file->is_closed || file->fd < 0 || file->sync.is_armed)
		return;
	file->sync = (struct loop_timer){.fn = sync_soon, .arg = file};
	loop_arm(file->disk->loop, &file->sync, DISK_SYNC_MS);
}

void disk_changed(struct disk_file *file, uint64_t first, uint64_t end)
{
	(void)blockset_mark(&file->claims, first, end);
	arm_sync(file);
}

bool disk_give_room(struct disk_file *file, uint64_t len)
{
	return file->room >= 0 && disk_reserve_give(file->room, len);
}

static void on_written(struct worker_job *job)
{
	struct writing *writing = list_entry(job, struct writing, job);
	struct disk_file *file = writing->file;
	uint64_t first = writing->off / BLOCK_SIZE, end = first + writing->put / BLOCK_SIZE;

	file->disk->pending -= writing->len;
	if (writing->err)
		disk_write_failed(file->disk, writing->err);
	else
		on_write_success(file->disk);
	if (writing->put > 0)
		arm_sync(file);
	if (end > first && !blockset_mark(&file->claims, first, end) && file->written)
		file->written(file->written_arg, first, end);
	free(writing);
}

bool disk_write(struct disk_file *file, const uint8_t *bytes, uint64_t off, uint64_t len)
{
	struct disk *disk = file->disk;
	struct writing *writing;

	if (disk->is_write_bad || disk->pending + len > DISK_PENDING_MAX)
		return false;
	if (is_resting(disk) || !disk_room_take(&disk->room, len))
		return false;
	writing = malloc(sizeof(*writing) + len);
	if (!writing)
		return false;
	*writing = (struct writing){
		.job = {.run = run_write, .done = on_written}, .file = file, .off = off, .len = len};
	memcpy(writing->bytes, bytes, len);
	disk->pending += len;
	worker_put(disk->writer, &writing->job);
	return true;
}
