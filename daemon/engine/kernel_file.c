/* SPDX-License-Identifier: MIT */
#include "engine/kernel_file.h"

#include "base/block.h"
#include "base/log.h"
#include "store/disk_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* -- in the thread -------------------------------------------------------------------------------------------------- */

/* What only waits for its bytes is given back. */
static void free_rest(int fd, const struct blockset *claims)
{
	uint64_t at = 0, until, end = claims->block_count;

	while ((at = blockset_next(claims, at, end, false)) < end) {
		until = blockset_next(claims, at, end, true);
		(void)fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)(at * BLOCK_SIZE),
				(off_t)((until - at) * BLOCK_SIZE));
		at = until;
	}
}

/* The loop may write to the tree meanwhile, so what it claims is not looked at. Errors: -errno. */
static int prove(struct kernel_file *file, int blocks, int tree)
{
	struct blockset tree_claims = {.block_count = 0};
	struct audit audit = {.verity = file->verity,
			      .blocks = blocks,
			      .tree = tree,
			      .block_claims = &file->claims,
			      .tree_claims = &tree_claims,
			      .is_mending = true,
			      .progress = &file->looked_at};
	int err = disk_dir_look(blocks, &file->claims);

	if (!err)
		err = blockset_resize(&file->claims, file->verity->data_blocks);
	/* Nobody has touched it since. */
	if (file->is_proven)
		return err;
	if (!err)
		err = disk_dir_look(tree, &tree_claims);
	if (!err)
		err = audit_run(&audit, &file->found);
	blockset_fini(&tree_claims);
	return err;
}

/* Errors: -errno, with what has failed. */
static int prepare(struct kernel_file *file)
{
	int blocks = file->image->files[DISK_BLOCKS].fd, err;
	off_t size = (off_t)(file->verity->data_blocks * BLOCK_SIZE);

	file->what = "its file system cannot read past the page cache (O_DIRECT)";
	if (fcntl(blocks, F_SETFL, O_RDWR | O_NONBLOCK | O_DIRECT))
		return -errno;
	file->what = "its size cannot be set";
	if (ftruncate(blocks, size))
		return -errno;
	file->what = "what is wrong there cannot be taken away";
	err = prove(file, blocks, file->image->files[DISK_TREE].fd);
	if (err)
		return err;
	file->what = "no room for the whole image";
	if (fallocate(blocks, 0, 0, size)) {
		err = -errno;
		free_rest(blocks, &file->claims);
	}
	return err;
}

static void run_prepare(struct worker_job *job)
{
	struct kernel_file *file = list_entry(job, struct kernel_file, job);

	file->err = prepare(file);
}

/* -- in the loop ---------------------------------------------------------------------------------------------------- */

static void say_what_was_found(const struct kernel_file *file)
{
	const struct audit_found *found = &file->found;
	char text[AUDIT_TEXT_MAX];

	audit_format(found, loop_now_ms(file->loop) - file->began_ms, text);
	if (found->right < found->there)
		log_error("store: %s", text);
	else if (found->there > 0)
		log_note("store: %s", text);
}

static void on_prepared(struct worker_job *job)
{
	struct kernel_file *file = list_entry(job, struct kernel_file, job);
	char why[256];

	loop_disarm(file->loop, &file->patience);
	if (file->done && file->err) {
		snprintf(why, sizeof(why), "%s: %s", file->what, strerror(-file->err));
		file->done(file->arg, why);
	} else if (file->done) {
		say_what_was_found(file);
		blockset_fini(&file->image->files[DISK_BLOCKS].claims);
		file->image->files[DISK_BLOCKS].claims = file->claims;
		file->claims = (struct blockset){.block_count = 0};
		file->done(file->arg, NULL);
	}
	blockset_fini(&file->claims);
	free(file);
}

static void on_patience(void *arg)
{
	struct kernel_file *file = arg;
	void (*done)(void *arg, const char *why) = file->done;
	uint64_t looked_at = file->looked_at;

	if (looked_at != file->looked_at_before) {
		file->looked_at_before = looked_at;
		loop_arm(file->loop, &file->patience, KERNEL_FILE_PATIENCE_MS);
		return;
	}
	file->done = NULL;
	done(file->arg, "the disk does not answer");
}

int kernel_file_begin(struct disk_image *image, const struct verity *verity, bool is_proven,
		      void (*done)(void *arg, const char *why), void *arg)
{
	struct disk *disk = image->files[DISK_BLOCKS].disk;
	struct kernel_file *file = calloc(1, sizeof(*file));

	if (!file)
		return -ENOMEM;
	*file = (struct kernel_file){.image = image,
				     .verity = verity,
				     .is_proven = is_proven,
				     .loop = disk->loop,
				     .job = {.run = run_prepare, .done = on_prepared},
				     .patience = {.fn = on_patience, .arg = file},
				     .began_ms = loop_now_ms(disk->loop),
				     .done = done,
				     .arg = arg};
	loop_arm(file->loop, &file->patience, KERNEL_FILE_PATIENCE_MS);
	worker_put(disk->reader, &file->job);
	return 0;
}
