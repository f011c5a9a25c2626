/* SPDX-License-Identifier: MIT */
#include "engine/disk_store.h"

#include "base/block.h"
#include "base/hex.h"
#include "base/log.h"
#include "trust/verity.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static void on_news(void *arg, enum disk_news news, const char *why)
{
	(void)arg;
	switch (news) {
	case DISK_FULL:
		log_error("store: the disk is full: %s: nothing more is kept until there is room", why);
		break;
	case DISK_ROOM:
		log_note("store: there is room on the disk again");
		break;
	case DISK_WRITE_FAILS:
		log_error("store: the disk cannot be written to: %s: nothing more is kept", why);
		break;
	case DISK_READ_FAILS:
		log_error("store: the disk cannot be read: %s: such blocks are fetched again", why);
		break;
	case DISK_LOST:
		log_error("store: the disk cannot be read, again and again: %s: it is not used any more",
			  why);
		break;
	case DISK_LATE:
		log_error("store: the disk does not answer: blocks are fetched until it does");
		break;
	case DISK_ANSWERS:
		log_note("store: the disk answers again");
		break;
	}
}

int disk_store_open(struct disk_store *store, struct loop *loop, int dir)
{
	*store = (struct disk_store){.loop = loop};
	return dir < 0 ? 0 : disk_open(&store->disk, loop, dir, on_news, NULL);
}

static void finish(struct disk_store *store)
{
	loop_disarm(store->loop, &store->patience);
	store->is_done = true;
	store->done(store->arg);
}

static void on_patience(void *arg)
{
	log_error("store: the disk does not answer: going on without it");
	finish(arg);
}

static void on_open(void *arg, struct disk_image *image, int err, const char *what)
{
	struct disk_store *store = arg;
	const struct blockset *claims;

	if (store->is_done) {
		disk_image_close(image);
		return;
	}
	store->image = image;
	if (image) {
		claims = &image->files[DISK_BLOCKS].claims;
		if (claims->marked_count > 0)
			log_note("store: %" PRIu64 " of the image's %" PRIu64 " bytes are there",
				 claims->marked_count * BLOCK_SIZE, store->size);
	} else {
		log_error("store: %.200s: %s: going on without it", what,
			  err == -EOPNOTSUPP ? "its file system keeps no holes (sparse files)"
					     : strerror(-err));
	}
	finish(store);
}

void disk_store_begin(struct disk_store *store, const struct verity *verity, void (*done)(void *arg),
		      void *arg)
{
	uint64_t counts[DISK_PARTS];
	int err;

	store->done = done;
	store->arg = arg;
	if (!store->disk || !verity) {
		if (store->disk)
			log_error(
				"store: nothing vouches for the image, nor for what lies on a disk: going on without it");
		finish(store);
		return;
	}
	hex_encode(verity->root, SHA256_SIZE, store->name);
	store->size = verity->data_blocks * BLOCK_SIZE;
	counts[DISK_BLOCKS] = verity->data_blocks;
	counts[DISK_TREE] = verity->hash_blocks + 1;
	store->patience = (struct loop_timer){.fn = on_patience, .arg = store};
	err = disk_image_open(store->disk, store->name, counts, on_open, store);
	if (err) {
		log_error("store: %s: going on without it", strerror(-err));
		finish(store);
		return;
	}
	loop_arm(store->loop, &store->patience, DISK_STORE_PATIENCE_MS);
}

struct disk_file *disk_store_file(const struct disk_store *store, enum disk_part part)
{
	return store->image ? &store->image->files[part] : NULL;
}
