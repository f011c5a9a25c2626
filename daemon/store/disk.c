/* SPDX-License-Identifier: MIT */
#include "store/disk.h"

#include "base/block.h"
#include "base/loop.h"
#include "store/disk_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct syscall_rule disk_rules[] = {
	CALL(pread64),
	/* disk_dir.c. The engine's root and this store are all that it can reach. */
	CALL_IF(openat,
		HAS_ONLY(2, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_LARGEFILE)),
	CALL(mkdirat),
	CALL(unlinkat),
	CALL(getdents64), /* disk_list.c */
#ifdef SYS_renameat
	CALL(renameat),
#endif
	CALL(renameat2),
#ifdef SYS_fstat
	CALL(fstat),
#endif
	CALL(newfstatat), /* musl's fstat, as a last resort */
	CALL(fsync),
	CALL(fdatasync),
	CALL(ftruncate),
	CALL(fadvise64),
};
const unsigned disk_rule_count = sizeof(disk_rules) / sizeof(*disk_rules);

static const char *const names[DISK_PARTS] = {[DISK_BLOCKS] = "blocks", [DISK_TREE] = "tree"};

struct disk {
	struct loop *loop;
	int dir;
	struct worker *reader, *writer; /* reads do not wait for writes */
	uint64_t pending;               /* bytes that wait to be written */
	unsigned read_failures, late_reads;
	bool is_full, is_write_bad;
	uint64_t full_ms; /* since when */
	void (*news)(void *arg, enum disk_news news, const char *why);
	void *arg;
};

int disk_open(struct disk **disk_out, struct loop *loop, int dir,
	      void (*news)(void *arg, enum disk_news news, const char *why), void *arg)
{
	struct disk *disk = calloc(1, sizeof(*disk));
	int err;

	if (!disk)
		return -ENOMEM;
	*disk = (struct disk){.loop = loop, .dir = dir, .news = news, .arg = arg};
	err = worker_open(&disk->reader, loop);
	if (!err)
		err = worker_open(&disk->writer, loop);
	if (err) {
		worker_close(disk->reader);
		free(disk);
		return err;
	}
	*disk_out = disk;
	return 0;
}

void disk_close(struct disk *disk)
{
	if (!disk)
		return;
	worker_close(disk->reader);
	worker_close(disk->writer);
	free(disk);
}

/* -- what there is -------------------------------------------------------------------------------------------------- */

struct looking {
	struct worker_job job;
	int dir;
	unsigned count;
	void (*done)(void *arg, const struct disk_entry *entries, unsigned count);
	void *arg;
	struct disk_entry entries[DISK_LIST_MAX];
};

static void run_look(struct worker_job *job)
{
	struct looking *looking = list_entry(job, struct looking, job);

	looking->count = disk_list_read(looking->dir, looking->entries, DISK_LIST_MAX);
}

static void on_looked(struct worker_job *job)
{
	struct looking *looking = list_entry(job, struct looking, job);

	looking->done(looking->arg, looking->entries, looking->count);
	free(looking);
}

int disk_look(struct disk *disk, void (*done)(void *arg, const struct disk_entry *entries, unsigned count),
	      void *arg)
{
	struct looking *looking = malloc(sizeof(*looking));

	if (!looking)
		return -ENOMEM;
	looking->job = (struct worker_job){.run = run_look, .done = on_looked};
	looking->dir = disk->dir;
	looking->done = done;
	looking->arg = arg;
	worker_put(disk->reader, &looking->job);
	return 0;
}

/* -- an image's directory ------------------------------------------------------------------------------------------- */

struct opening {
	struct worker_job job;
	struct disk *disk;
	bool may_make;
	struct disk_image *image;
	int err;
	const char *what;
	void (*done)(void *arg, struct disk_image *image, int err, const char *what);
	void *arg;
};

static void free_image(struct disk_image *image)
{
	for (int part = 0; part < DISK_PARTS; part++) {
		if (image->files[part].fd >= 0)
			close(image->files[part].fd);
		blockset_fini(&image->files[part].claims);
	}
	free(image);
}

static void run_open(struct worker_job *job)
{
	struct opening *opening = list_entry(job, struct opening, job);
	struct disk_image *image = opening->image;
	int dir = opening->disk->dir;

	opening->what = image->name;
	if (!opening->may_make && !disk_dir_is_there(dir, image->name))
		opening->err = -ENOENT;
	for (int part = 0; part < DISK_PARTS && !opening->err; part++) {
		struct disk_file *file = &image->files[part];

		file->fd = disk_dir_open(dir, image->name, names[part], &opening->what);
		opening->err = file->fd < 0 ? file->fd : disk_dir_look(file->fd, &file->claims);
	}
	/* Whatever it is, it is not proven. */
	if (!opening->err && pread(image->files[DISK_TREE].fd, image->super, sizeof(image->super), 0) !=
				     (ssize_t)sizeof(image->super))
		memset(image->super, 0, sizeof(image->super));
}

static void on_opened(struct worker_job *job)
{
	struct opening *opening = list_entry(job, struct opening, job);
	struct disk_image *image = opening->image;
	char what[DISK_NAME_MAX + 1];

	snprintf(what, sizeof(what), "%s", opening->err ? opening->what : "");
	if (opening->err) {
		free_image(image);
		image = NULL;
	}
	opening->done(opening->arg, image, opening->err, what);
	free(opening);
}

int disk_image_open(struct disk *disk, const char *name, bool may_make,
		    void (*done)(void *arg, struct disk_image *image, int err, const char *what), void *arg)
{
	struct opening *opening = calloc(1, sizeof(*opening));
	struct disk_image *image = calloc(1, sizeof(*image));

	if (!opening || !image) {
		free(image);
		free(opening);
		return -ENOMEM;
	}
	for (int part = 0; part < DISK_PARTS; part++) {
		image->files[part].disk = disk;
		image->files[part].fd = -1;
	}
	snprintf(image->name, sizeof(image->name), "%s", name);
	*opening = (struct opening){.job = {.run = run_open, .done = on_opened},
				    .disk = disk,
				    .may_make = may_make,
				    .image = image,
				    .done = done,
				    .arg = arg};
	worker_put(disk->reader, &opening->job);
	return 0;
}

int disk_image_fit(struct disk_image *image, const uint64_t counts[DISK_PARTS])
{
	int err = 0;

	for (int part = 0; part < DISK_PARTS && !err; part++)
		err = blockset_resize(&image->files[part].claims, counts[part]);
	return err;
}

/* Closed by the writer, behind what waits to be written. */
struct closing {
	struct worker_job job;
	struct disk_image *image;
};

static void run_close(struct worker_job *job)
{
	struct closing *closing = list_entry(job, struct closing, job);

	for (int part = 0; part < DISK_PARTS; part++)
		(void)fdatasync(closing->image->files[part].fd);
}

static void on_closed(struct worker_job *job)
{
	struct closing *closing = list_entry(job, struct closing, job);

	free_image(closing->image);
	free(closing);
}

void disk_image_close(struct disk_image *image)
{
	struct closing *closing = image ? calloc(1, sizeof(*closing)) : NULL;

	if (!image)
		return;
	for (int part = 0; part < DISK_PARTS; part++) {
		image->files[part].written = NULL;
		image->files[part].is_closed = true;
		loop_disarm(image->files[part].disk->loop, &image->files[part].sync);
	}
	/* Without memory for that it stays open, to the engine's end. */
	if (!closing)
		return;
	*closing = (struct closing){.job = {.run = run_close, .done = on_closed}, .image = image};
	worker_put(image->files[0].disk->writer, &closing->job);
}

/* -- reads ---------------------------------------------------------------------------------------------------------- */

static void run_read(struct worker_job *job)
{
	struct disk_read *read = list_entry(job, struct disk_read, job);
	uint64_t got = 0;

	while (got < read->len) {
		ssize_t part =
			pread(read->file->fd, read->buf + got, read->len - got, (off_t)(read->off + got));

		if (part < 0 && errno == EINTR)
			continue;
		if (part <= 0) {
			read->err = part < 0 ? -errno : -ENODATA;
			break;
		}
		got += (uint64_t)part;
	}
	/* What a reader gets of it is in another page cache. */
	(void)posix_fadvise(read->file->fd, (off_t)read->off, (off_t)read->len, POSIX_FADV_DONTNEED);
}

static void on_read(struct worker_job *job)
{
	struct disk_read *read = list_entry(job, struct disk_read, job);
	struct disk *disk = read->file->disk;

	if (read->err && read->err != -ENODATA) {
		disk->read_failures++;
		if (disk->read_failures == 1 || disk->read_failures == DISK_READ_FAILURES_MAX)
			disk->news(disk->arg, disk->read_failures == 1 ? DISK_READ_FAILS : DISK_LOST,
				   strerror(-read->err));
	}
	read->done(read, read->err);
}

void disk_read_begin(struct disk_read *read)
{
	read->err = 0;
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

	if (--disk->late_reads == 0)
		disk->news(disk->arg, DISK_ANSWERS, "");
}

bool disk_is_readable(const struct disk_file *file)
{
	return file && file->disk->read_failures < DISK_READ_FAILURES_MAX && file->disk->late_reads == 0;
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

static void on_write_error(struct disk *disk, int err)
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
	if (!disk->is_full)
		return;
	disk->is_full = false;
	disk->news(disk->arg, DISK_ROOM, "");
}

static void run_sync(struct worker_job *job)
{
	struct disk_file *file = list_entry(job, struct disk_file, sync_job);

	file->sync_error = fdatasync(file->fd) ? -errno : 0;
}

static void on_synced(struct worker_job *job)
{
	struct disk_file *file = list_entry(job, struct disk_file, sync_job);

	file->is_syncing = false;
	if (file->sync_error)
		on_write_error(file->disk, file->sync_error);
}

/* A host may lose its power at any time, and a virtual one be ended: what it has fetched is for the next boot, too. */
static void sync_soon(void *arg)
{
	struct disk_file *file = arg;

	if (file->is_syncing)
		return;
	file->is_syncing = true;
	file->sync_job = (struct worker_job){.run = run_sync, .done = on_synced};
	worker_put(file->disk->writer, &file->sync_job);
}

static void on_written(struct worker_job *job)
{
	struct writing *writing = list_entry(job, struct writing, job);
	struct disk_file *file = writing->file;
	uint64_t first = writing->off / BLOCK_SIZE, end = first + writing->put / BLOCK_SIZE;

	file->disk->pending -= writing->len;
	if (writing->err)
		on_write_error(file->disk, writing->err);
	else
		on_write_success(file->disk);
	/* An image that is closed is synced there. */
	if (writing->put > 0 && !file->is_closed && !file->sync.is_armed) {
		file->sync = (struct loop_timer){.fn = sync_soon, .arg = file};
		loop_arm(file->disk->loop, &file->sync, DISK_SYNC_MS);
	}
	if (end > first && !blockset_mark(&file->claims, first, end) && file->written)
		file->written(file->arg, first, end);
	free(writing);
}

bool disk_write(struct disk_file *file, const uint8_t *bytes, uint64_t off, uint64_t len)
{
	struct disk *disk = file->disk;
	struct writing *writing;

	if (disk->is_write_bad || disk->pending + len > DISK_PENDING_MAX)
		return false;
	if (disk->is_full && loop_now_ms(disk->loop) < disk->full_ms + DISK_FULL_MS)
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

/* -- small files ---------------------------------------------------------------------------------------------------- */

struct note {
	struct worker_job job;
	struct disk *disk;
	char image[DISK_NAME_MAX + 1];
	const char *name;
	long result; /* bytes that were read, or -errno */
	size_t len;
	void (*done)(void *arg, const uint8_t *bytes, size_t len);
	void *arg;
	uint8_t bytes[];
};

static struct note *note_make(struct disk *disk, const char *image, const char *name, size_t size)
{
	struct note *note = malloc(sizeof(*note) + size);

	if (!note)
		return NULL;
	*note = (struct note){.disk = disk, .name = name, .len = size};
	snprintf(note->image, sizeof(note->image), "%s", image);
	return note;
}

static void run_get(struct worker_job *job)
{
	struct note *note = list_entry(job, struct note, job);

	note->result = disk_note_read(note->disk->dir, note->image, note->name, note->bytes, note->len);
}

static void on_got(struct worker_job *job)
{
	struct note *note = list_entry(job, struct note, job);

	note->done(note->arg, note->bytes, note->result < 0 ? 0 : (size_t)note->result);
	free(note);
}

int disk_note_get(struct disk *disk, const char *image, const char *name,
		  void (*done)(void *arg, const uint8_t *bytes, size_t len), void *arg)
{
	struct note *note = note_make(disk, image, name, DISK_NOTE_MAX);

	if (!note)
		return -ENOMEM;
	note->job = (struct worker_job){.run = run_get, .done = on_got};
	note->done = done;
	note->arg = arg;
	worker_put(disk->reader, &note->job);
	return 0;
}

static void run_put(struct worker_job *job)
{
	struct note *note = list_entry(job, struct note, job);

	note->result = disk_note_write(note->disk->dir, note->image, note->name, note->bytes, note->len);
}

static void on_put(struct worker_job *job)
{
	struct note *note = list_entry(job, struct note, job);

	if (note->result < 0)
		on_write_error(note->disk, (int)note->result);
	free(note);
}

void disk_note_put(struct disk_image *image, const char *name, const void *bytes, size_t len)
{
	struct note *note = note_make(image->files[0].disk, image->name, name, len);

	if (!note)
		return;
	memcpy(note->bytes, bytes, len);
	note->job = (struct worker_job){.run = run_put, .done = on_put};
	worker_put(note->disk->writer, &note->job);
}
