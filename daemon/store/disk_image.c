/* SPDX-License-Identifier: MIT */
#include "store/disk_image.h"

#include "base/block.h"
#include "store/disk_dir.h"
#include "store/disk_reserve.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

const char *const disk_part_names[DISK_PARTS] = {[DISK_BLOCKS] = "blocks", [DISK_TREE] = "tree"};

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
	if (image->dir >= 0)
		close(image->dir);
	for (int part = 0; part < DISK_PARTS; part++) {
		if (image->files[part].fd >= 0)
			close(image->files[part].fd);
		if (image->files[part].room >= 0)
			close(image->files[part].room);
		blockset_fini(&image->files[part].claims);
	}
	free(image);
}

static bool is_there(int dir, const char *name)
{
	int fd = disk_dir_at(dir, name);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void run_open(struct worker_job *job)
{
	struct opening *opening = list_entry(job, struct opening, job);
	struct disk_image *image = opening->image;
	int dir = opening->disk->dir;

	opening->what = image->name;
	if (!opening->may_make && !is_there(dir, image->name))
		opening->err = -ENOENT;
	for (int part = 0; part < DISK_PARTS && !opening->err; part++) {
		struct disk_file *file = &image->files[part];

		/* The kernel has a name for it, too. */
		file->fd = part == DISK_BLOCKS && opening->disk->use == DISK_KERNELS
				   ? disk_dir_file(dir, image->name, disk_part_names[part])
				   : disk_dir_open(dir, image->name, disk_part_names[part], &opening->what);
		opening->err = file->fd < 0 ? file->fd : disk_dir_look(file->fd, &file->claims);
	}
	if (!opening->err && opening->disk->use != DISK_OURS) {
		image->files[DISK_BLOCKS].room =
			disk_dir_open(dir, image->name, DISK_RESERVE, &opening->what);
		if (image->files[DISK_BLOCKS].room < 0)
			opening->err = image->files[DISK_BLOCKS].room;
	}
	if (!opening->err) {
		image->dir = disk_dir_at(dir, image->name);
		opening->err = image->dir < 0                         ? image->dir
			       : flock(image->dir, LOCK_SH | LOCK_NB) ? -errno
								      : 0;
	}
	/* Left by a boot over another transport. */
	if (!opening->err && opening->disk->use == DISK_OURS)
		(void)unlinkat(image->dir, DISK_RESERVE, 0);
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
	if (image)
		opening->disk->files = image->files;
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
		image->files[part].room = -1;
	}
	image->dir = -1;
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

/* Closed behind what waits to be read, and then behind what waits to be written. */
struct closing {
	struct worker_job job;
	struct disk_image *image;
};

static void run_close(struct worker_job *job)
{
	struct closing *closing = list_entry(job, struct closing, job);

	for (int part = 0; part < DISK_PARTS; part++)
		if (closing->image->files[part].fd >= 0)
			(void)fdatasync(closing->image->files[part].fd);
}

static void run_nothing(struct worker_job *job)
{
	(void)job;
}

static void on_closed(struct worker_job *job)
{
	struct closing *closing = list_entry(job, struct closing, job);

	free_image(closing->image);
	free(closing);
}

static void on_reads_over(struct worker_job *job)
{
	struct closing *closing = list_entry(job, struct closing, job);

	closing->job = (struct worker_job){.run = run_close, .done = on_closed};
	worker_put(closing->image->files[0].disk->writer, &closing->job);
}

void disk_image_close(struct disk_image *image)
{
	struct closing *closing = image ? calloc(1, sizeof(*closing)) : NULL;

	if (!image)
		return;
	if (image->files[0].disk->files == image->files)
		image->files[0].disk->files = NULL;
	for (int part = 0; part < DISK_PARTS; part++) {
		image->files[part].written = NULL;
		image->files[part].readable = NULL;
		image->files[part].is_closed = true;
		loop_disarm(image->files[part].disk->loop, &image->files[part].sync);
	}
	/* Without memory for that it stays open, to the engine's end. */
	if (!closing)
		return;
	*closing = (struct closing){.job = {.run = run_nothing, .done = on_reads_over}, .image = image};
	worker_put(image->files[0].disk->reader, &closing->job);
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

	/* What lies in the way of a small file says nothing of the disk. */
	if (note->result == -ENOSPC || note->result == -EDQUOT || note->result == -EIO ||
	    note->result == -EROFS)
		disk_write_failed(note->disk, (int)note->result);
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
