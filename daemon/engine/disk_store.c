/* SPDX-License-Identifier: MIT */
#include "engine/disk_store.h"

#include "base/block.h"
#include "base/hex.h"
#include "base/log.h"
#include "engine/kernel_file.h"
#include "trust/verity.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
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
	case DISK_LIMIT:
		log_error("store: %s: nothing more is kept until there is room", why);
		break;
	case DISK_DELETED:
		log_note("store: image %s is deleted, to make room", why);
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

int disk_store_open(struct disk_store *store, struct loop *loop, int dir, const struct limits *limits,
		    enum disk_use use, const char *url)
{
	*store = (struct disk_store){.loop = loop, .url = url};
	return dir < 0 ? 0 : disk_open(&store->disk, loop, dir, limits, use, on_news, NULL);
}

/* -- questions to the disk, one at a time --------------------------------------------------------------------------- */

/* On the heap: a disk may answer when nobody waits any more. */
struct question {
	struct disk_store *store;
	unsigned number;
};

static void finish(struct disk_store *store)
{
	loop_disarm(store->loop, &store->patience);
	store->asked++;
	store->done(store->arg);
}

/* It is not used. The kernel can do nothing without it, so there the engine ends, and says why. */
static void go_without(struct disk_store *store, const char *why)
{
	if (store->disk->use == DISK_KERNELS_SOON)
		snprintf(store->why, sizeof(store->why), "%s", why);
	else
		log_error("store: %s: going on without it", why);
	if (store->image)
		disk_image_close(store->image);
	store->image = NULL;
}

static void on_patience(void *arg)
{
	go_without(arg, "the disk does not answer");
	finish(arg);
}

/* NULL: no memory. */
static struct question *ask(struct disk_store *store, void (*done)(void *arg), void *arg)
{
	struct question *question = malloc(sizeof(*question));

	store->done = done;
	store->arg = arg;
	/* One question may lead to the next. */
	loop_disarm(store->loop, &store->patience);
	store->patience = (struct loop_timer){.fn = on_patience, .arg = store};
	if (!question)
		return NULL;
	*question = (struct question){.store = store, .number = store->asked};
	loop_arm(store->loop, &store->patience, DISK_STORE_PATIENCE_MS);
	return question;
}

/* Whose answer this is; NULL: nobody waits for it any more. */
static struct disk_store *answered(struct question *question)
{
	struct disk_store *store = question->number == question->store->asked ? question->store : NULL;

	free(question);
	return store;
}

static void give_up(struct disk_store *store, struct question *question, int err)
{
	go_without(store, strerror(-err));
	free(question);
	finish(store);
}

static void on_looked(void *arg, const struct disk_entry *entries, unsigned count)
{
	struct disk_store *store = answered(arg);

	for (unsigned i = 0; store && i < count; i++) {
		if (entries[i].about.booted > store->booted)
			store->booted = entries[i].about.booted;
		if (strcmp(entries[i].about.url, store->url) == 0 &&
		    store->candidate_count < DISK_STORE_CANDIDATES_MAX)
			snprintf(store->candidates[store->candidate_count++], DISK_NAME_MAX + 1, "%s",
				 entries[i].name);
	}
	if (!store)
		return;
	store->has_list = true;
	finish(store);
}

void disk_store_look(struct disk_store *store, void (*done)(void *arg), void *arg)
{
	struct question *question = ask(store, done, arg);
	int err = question ? disk_look(store->disk, on_looked, question) : -ENOMEM;

	if (err)
		give_up(store, question, err);
}

static void on_note(void *arg, const uint8_t *bytes, size_t len)
{
	struct disk_store *store = answered(arg);

	if (!store)
		return;
	memcpy(store->note, bytes, len);
	store->note_len = len;
	finish(store);
}

void disk_store_read(struct disk_store *store, const char *image, const char *name, void (*done)(void *arg),
		     void *arg)
{
	struct question *question = ask(store, done, arg);
	int err = question ? 0 : -ENOMEM;

	store->note_len = 0;
	if (!store->note)
		store->note = malloc(DISK_NOTE_MAX);
	if (!err)
		err = store->note ? disk_note_get(store->disk, image, name, on_note, question) : -ENOMEM;
	if (err)
		give_up(store, question, err);
}

/* The files have as many blocks as the image, if that is known. */
static void fit(struct disk_store *store)
{
	const struct disk_file *files = store->image ? store->image->files : NULL;

	/* One that was proven from the disk is in use already, and fits. */
	if (!files || store->counts[DISK_BLOCKS] == 0 ||
	    (files[DISK_BLOCKS].claims.block_count == store->counts[DISK_BLOCKS] &&
	     files[DISK_TREE].claims.block_count == store->counts[DISK_TREE]) ||
	    !disk_image_fit(store->image, store->counts))
		return;
	go_without(store, strerror(ENOMEM));
}

static void on_ready_for_kernel(void *arg, const char *why)
{
	struct disk_store *store = arg;

	if (why)
		go_without(store, why);
	finish(store);
}

/* The kernel is to read the image's file by itself. */
static void make_ready(struct disk_store *store)
{
	const struct disk_room *room = &store->disk->room;
	char identity[VERITY_IDENTITY_MAX];
	int err;

	/* Where all of it is there, there need be no room. */
	if (room->budget == 0 && !blockset_is_full(&store->image->files[DISK_BLOCKS].claims)) {
		on_ready_for_kernel(store, room->tended.why);
		return;
	}
	verity_identify(store->verity, identity);
	err = kernel_file_begin(&(struct kernel_file){.image = store->image,
						      .verity = store->verity,
						      .size = store->size,
						      .mark = store->mark,
						      .is_proven = strcmp(identity, store->proven) == 0,
						      .done = on_ready_for_kernel,
						      .arg = store});
	if (err)
		on_ready_for_kernel(store, strerror(-err));
	else
		/* It has a patience of its own. */
		loop_disarm(store->loop, &store->patience);
}

/* With the image known, and its directory open: what may be written is found out before anything is. */
static void on_tended(void *arg)
{
	struct disk_store *store = answered(arg);

	if (!store)
		return;
	if (store->disk->use == DISK_KERNELS_SOON)
		make_ready(store);
	else
		finish(store);
}

static void tend(struct disk_store *store)
{
	bool is_kernels = store->disk->use == DISK_KERNELS_SOON;
	uint64_t size = (store->counts[DISK_BLOCKS] + store->counts[DISK_TREE]) * BLOCK_SIZE;
	struct question *question;

	if (!store->image || store->counts[DISK_BLOCKS] == 0) {
		finish(store);
		return;
	}
	question = ask(store, store->done, store->arg);
	if (!question) {
		give_up(store, NULL, -ENOMEM);
		return;
	}
	disk_room_begin(&store->disk->room, store->image->name,
			size + (is_kernels ? DISK_STORE_KERNELS_OWN : 0), is_kernels, on_tended, question);
}

static void say_what_is_there(const struct disk_store *store)
{
	uint64_t there = store->image ? store->image->files[DISK_BLOCKS].claims.marked_count : 0;

	if (there > 0 && store->counts[DISK_BLOCKS] > 0)
		log_note("store: %" PRIu64 " of the image's %" PRIu64 " bytes are there", there * BLOCK_SIZE,
			 store->counts[DISK_BLOCKS] * BLOCK_SIZE);
}

static void on_open(void *arg, struct disk_image *image, int err, const char *what)
{
	struct disk_store *store = answered(arg);
	char why[256];

	if (!store) {
		disk_image_close(image);
		return;
	}
	store->image = image;
	if (err && err != -ENOENT) {
		snprintf(why, sizeof(why), "%.200s: %s", what,
			 err == -EOPNOTSUPP ? "its file system keeps no holes (sparse files)"
					    : strerror(-err));
		go_without(store, why);
	}
	fit(store);
	say_what_is_there(store);
	tend(store);
}

/* Another image that is open is closed. */
static void open_image(struct disk_store *store, const char *name, bool may_make, void (*done)(void *arg),
		       void *arg)
{
	struct question *question;
	int err;

	if (store->image) {
		disk_image_close(store->image);
		store->image = NULL;
	}
	question = ask(store, done, arg);
	err = question ? disk_image_open(store->disk, name, may_make, on_open, question) : -ENOMEM;
	if (err)
		give_up(store, question, err);
}

void disk_store_peek(struct disk_store *store, const char *name, void (*done)(void *arg), void *arg)
{
	memset(store->counts, 0, sizeof(store->counts));
	open_image(store, name, false, done, arg);
}

void disk_store_begin(struct disk_store *store, const struct verity *verity, uint64_t size,
		      void (*done)(void *arg), void *arg)
{
	char name[DISK_NAME_MAX + 1];

	if (!store->disk || !verity) {
		if (store->disk)
			log_error(
				"store: nothing vouches for the image, nor for what lies on a disk: going on without it");
		done(arg);
		return;
	}
	hex_encode(verity->root, SHA256_SIZE, name);
	store->verity = verity;
	store->size = size;
	store->counts[DISK_BLOCKS] = verity->data_blocks;
	store->counts[DISK_TREE] = verity->hash_blocks + 1;
	if (!store->image || strcmp(store->image->name, name) != 0) {
		open_image(store, name, true, done, arg);
		return;
	}
	store->done = done;
	store->arg = arg;
	fit(store);
	say_what_is_there(store);
	tend(store);
}

const char *disk_store_find_fault(const struct disk_store *store)
{
	if (store->image)
		return NULL;
	return store->why[0] ? store->why : "it cannot be used";
}

void disk_store_booted(struct disk_store *store)
{
	struct about about = {.booted = store->booted < ABOUT_BOOTED_MAX ? store->booted + 1
									 : ABOUT_BOOTED_MAX};
	char text[ABOUT_MAX];

	/* Without the list it would become the oldest. */
	if (!store->image || !store->has_list)
		return;
	snprintf(about.url, sizeof(about.url), "%s", store->url);
	disk_note_put(store->image, DISK_ABOUT, text, about_format(&about, text));
}
