/* SPDX-License-Identifier: MIT */
#include "engine/kernel_file.h"

#include "base/block.h"
#include "base/log.h"
#include "store/disk_dir.h"
#include "store/disk_reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* -- in the thread -------------------------------------------------------------------------------------------------- */

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
			      .progress = &file->progress};
	int err = disk_dir_look(tree, &tree_claims);

	if (!err)
		err = audit_run(&audit, &file->found);
	blockset_fini(&tree_claims);
	return err;
}

/* Errors: -errno, with what has failed. */
static int prepare(struct kernel_file *file)
{
	const struct disk_file *files = file->image->files;
	int blocks = files[DISK_BLOCKS].fd, err;
	off_t size = (off_t)(file->verity->data_blocks * BLOCK_SIZE);
	struct stat st;

	file->what = "its file system cannot read past the page cache (O_DIRECT)";
	if (fcntl(blocks, F_SETFL, O_RDWR | O_NONBLOCK | O_DIRECT))
		return -errno;
	file->what = "its size cannot be set";
	if (fstat(blocks, &st))
		return -errno;
	/* `store prove` has set it; another one shows what it did not see. */
	file->is_proven = file->is_proven && st.st_size == size;
	if (ftruncate(blocks, size))
		return -errno;
	file->what = "what there is cannot be proven";
	err = disk_dir_look(blocks, &file->claims);
	if (!err)
		err = blockset_resize(&file->claims, file->verity->data_blocks);
	if (!err && !file->is_proven)
		err = prove(file, blocks, files[DISK_TREE].fd);
	if (err)
		return err;
	file->what = "its file system keeps no extended attributes";
	err = file->mark(blocks, file->size);
	if (err)
		return err;
	err = disk_reserve(files[DISK_BLOCKS].room,
			   (file->claims.block_count - file->claims.marked_count) * BLOCK_SIZE);
	file->what = err == -EOPNOTSUPP ? "its file system cannot reserve room"
					: "there is no room for the whole image";
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
	uint64_t progress = file->progress, now_ms = loop_now_ms(file->loop);

	if (progress != file->progress_before) {
		file->progress_before = progress;
		file->last_ms = now_ms;
		if (now_ms - file->began_ms >= KERNEL_FILE_SAY_MS)
			log_note("store: what it has is being proven: %" PRIu64 " s so far",
				 (now_ms - file->began_ms) / 1000);
	}
	if (now_ms - file->last_ms < KERNEL_FILE_PATIENCE_MS) {
		loop_arm(file->loop, &file->patience, KERNEL_FILE_LOOK_MS);
		return;
	}
	file->done = NULL;
	done(file->arg, "the disk does not answer");
}

int kernel_file_begin(const struct kernel_file *wanted)
{
	struct disk *disk = wanted->image->files[DISK_BLOCKS].disk;
	struct kernel_file *file = malloc(sizeof(*file));

	if (!file)
		return -ENOMEM;
	*file = *wanted;
	file->loop = disk->loop;
	file->job = (struct worker_job){.run = run_prepare, .done = on_prepared};
	file->patience = (struct loop_timer){.fn = on_patience, .arg = file};
	file->began_ms = file->last_ms = loop_now_ms(disk->loop);
	loop_arm(file->loop, &file->patience, KERNEL_FILE_LOOK_MS);
	worker_put(disk->reader, &file->job);
	return 0;
}
