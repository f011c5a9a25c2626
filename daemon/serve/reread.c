/* SPDX-License-Identifier: MIT */
#include "serve/reread.h"

#include "base/block.h"
#include "base/loop.h"

#include <errno.h>
#include <stdlib.h>

struct reread {
	struct reread_owner *owner; /* NULL: it is closed */
	uint64_t off, end;          /* not landed yet */
	bool is_check;
	bool is_read;     /* the bytes are here */
	bool is_late;     /* it is not waited for */
	bool has_trouble; /* reported */
	struct disk_read read;
	struct tree_wait hashes; /* for the range */
	struct loop_timer patience;
	struct list link;
};

void reread_owner_init(struct reread_owner *owner, struct loop *loop, struct tree *tree,
		       const struct reread_events *events, void *arg)
{
	*owner = (struct reread_owner){.loop = loop, .tree = tree, .events = events, .arg = arg};
	list_init(&owner->reads);
}

/* Ends it; the disk may still have its buffer. */
static void leave(struct reread *reread)
{
	list_remove(&reread->link);
	loop_disarm(reread->owner->loop, &reread->patience);
	tree_wait_end(&reread->hashes);
	reread->owner = NULL;
	if (!reread->is_read)
		return;
	free(reread->read.buf);
	free(reread);
}

void reread_owner_fini(struct reread_owner *owner)
{
	struct reread *reread;

	while ((reread = list_first(&owner->reads, struct reread, link)))
		leave(reread);
}

void reread_count(const struct reread_owner *owner, unsigned *count_out, uint64_t *bytes_out)
{
	const struct reread *reread;

	*count_out = 0;
	*bytes_out = 0;
	list_for_each(reread, &owner->reads, link) {
		++*count_out;
		*bytes_out += reread->end - reread->off;
	}
}

bool reread_is_reading(const struct reread_owner *owner, uint64_t off)
{
	const struct reread *reread;

	list_for_each(reread, &owner->reads, link)
		if (reread->off <= off && off < reread->end)
			return true;
	return false;
}

bool reread_has(const struct reread_owner *owner, uint64_t off)
{
	return disk_is_readable(owner->file) && blockset_has(&owner->file->claims, off / BLOCK_SIZE);
}

uint64_t reread_next(const struct reread_owner *owner, uint64_t off, uint64_t end)
{
	return disk_is_readable(owner->file)
		       ? blockset_next(&owner->file->claims, off / BLOCK_SIZE, end / BLOCK_SIZE, true) *
				 BLOCK_SIZE
		       : end;
}

static void forget_claims(struct reread *reread, uint64_t off, uint64_t end)
{
	for (; off < end; off += BLOCK_SIZE)
		blockset_clear(&reread->read.file->claims, off / BLOCK_SIZE);
}

/* [off, end) is not there after all. Shape: what has come so far is not in it. */
static void miss(struct reread *reread, uint64_t off, uint64_t end)
{
	const struct reread_owner *owner = reread->owner;
	bool was_read =
		reread->is_read && disk_read_has(&reread->read, (off - reread->read.off) / BLOCK_SIZE);

	forget_claims(reread, off, end);
	(was_read ? owner->events->wrong : owner->events->missed)(owner->arg, off, end);
}

/* Returns as gather_land_fn. */
static int land_some(struct reread *reread, uint64_t len, uint64_t *took_out)
{
	const struct reread_owner *owner = reread->owner;
	const struct reread_events *events = owner->events;
	const uint8_t *bytes = reread->read.buf + (reread->off - reread->read.off);
	bool is_kept = !reread->is_check || events->wanted_until(owner->arg, reread->off, reread->off + len);

	return (is_kept ? events->land : events->check)(owner->arg, bytes, reread->off, len, took_out);
}

/* How many bytes from off on could be read; 0: not the first block. */
static uint64_t readable_from(const struct reread *reread, uint64_t off)
{
	const struct disk_read *read = &reread->read;
	uint64_t at = off;

	while (at < reread->end && disk_read_has(read, (at - read->off) / BLOCK_SIZE))
		at += BLOCK_SIZE;
	return at - off;
}

/* Lands the next blocks. Returns 0, -EAGAIN, -EBADMSG for one that is wrong or was not read, or another -errno. */
static int land_next(struct reread *reread)
{
	uint64_t len = readable_from(reread, reread->off), took = 0;
	int err = len > 0 ? land_some(reread, len, &took) : -EBADMSG;

	reread->off += took;
	return err;
}

/* The bytes are here: lands what can be proven, and ends when nothing is left. Neighbours that are wrong are missed together. */
static void land(struct reread *reread)
{
	const struct reread_owner *owner = reread->owner;
	uint64_t wrong = UINT64_MAX;
	int err = 0;

	while (reread->off < reread->end && err != -EAGAIN) {
		uint64_t before = reread->off;

		err = land_next(reread);
		if (wrong < before && (reread->off > before || err != -EBADMSG)) {
			miss(reread, wrong, before);
			wrong = UINT64_MAX;
		}
		if (err == -EBADMSG) {
			wrong = wrong == UINT64_MAX ? reread->off : wrong;
			reread->off += BLOCK_SIZE;
		} else if (err && err != -EAGAIN) {
			owner->events->lost(owner->arg, reread->off, reread->end, err);
			reread->off = reread->end;
		}
	}
	if (wrong < reread->off)
		miss(reread, wrong, reread->off);
	if (reread->off < reread->end)
		return;
	if (reread->has_trouble)
		owner->events->trouble(owner->arg, reread->read.off, reread->end, NULL);
	leave(reread);
}

static void on_read(struct disk_read *read)
{
	struct reread *reread = list_entry(read, struct reread, read);
	struct disk_file *file = read->file;
	bool was_late = reread->is_late;

	reread->is_read = true;
	reread->is_late = false;
	if (reread->owner) {
		loop_disarm(reread->owner->loop, &reread->patience);
		land(reread);
	} else {
		free(reread->read.buf);
		free(reread);
	}
	/* Last: whoever waits for the disk may land what is left of this read, and end it. */
	if (was_late)
		disk_late_end(file);
}

/* The disk does not answer. */
static void on_patience(void *arg)
{
	struct reread *reread = arg;

	reread->is_late = true;
	disk_late_begin(reread->read.file);
	reread->owner->events->missed(reread->owner->arg, reread->off, reread->end);
}

/* Nothing can prove the blocks of [begin, end): a flight will say so to who waits. */
static void on_false(struct reread *reread, uint64_t begin, uint64_t end)
{
	uint64_t off = reread->off, until = reread->end;

	if (begin < off)
		begin = off;
	if (end > until)
		end = until;
	if (begin >= end)
		return;
	/* What is behind it gets another read, if anybody waits for it. */
	reread->end = begin;
	forget_claims(reread, begin, end);
	reread->owner->events->missed(reread->owner->arg, begin, end);
	if (end < until)
		reread->owner->events->missed(reread->owner->arg, end, until);
	if (reread->is_read)
		land(reread);
}

static void on_tree(void *arg, enum tree_event event, uint64_t begin, uint64_t end, const char *why)
{
	struct reread *reread = arg;
	const struct reread_owner *owner = reread->owner;

	switch (event) {
	case TREE_CAME:
		if (reread->is_read)
			land(reread);
		break;
	case TREE_TROUBLE:
		reread->has_trouble = true;
		owner->events->trouble(owner->arg, reread->off, reread->end, why);
		if (reread->is_read && !owner->events->wanted_until(owner->arg, reread->off, reread->end))
			leave(reread);
		break;
	case TREE_FALSE:
		on_false(reread, begin * BLOCK_SIZE, end * BLOCK_SIZE);
		break;
	}
}

/* The read that is waited for, and has the block at off, or the next one behind it; NULL: there is none. */
static struct reread *find(const struct reread_owner *owner, uint64_t off, uint64_t end)
{
	struct reread *reread, *first = NULL;

	list_for_each(reread, &owner->reads, link)
		if (!reread->is_late && reread->end > off && reread->off < end &&
		    (!first || reread->off < first->off))
			first = reread;
	return first;
}

/* Errors: -ENOMEM. */
static int begin(struct reread_owner *owner, uint64_t off, uint64_t end, bool is_check)
{
	struct reread *reread = calloc(1, sizeof(*reread));
	uint8_t *buf = aligned_alloc(BLOCK_SIZE, end - off);

	if (!reread || !buf) {
		free(reread);
		free(buf);
		return -ENOMEM;
	}
	*reread = (struct reread){
		.owner = owner,
		.off = off,
		.end = end,
		.is_check = is_check,
		.read = {.file = owner->file, .buf = buf, .off = off, .len = end - off, .done = on_read},
		.hashes = {.fn = on_tree, .arg = reread},
		.patience = {.fn = on_patience, .arg = reread}};
	list_append(&owner->reads, &reread->link);
	loop_arm(owner->loop, &reread->patience, REREAD_PATIENCE_MS);
	disk_read_begin(&reread->read);
	tree_wait_begin(owner->tree, &reread->hashes, off / BLOCK_SIZE, end / BLOCK_SIZE);
	return 0;
}

uint64_t reread_get(struct reread_owner *owner, uint64_t off, uint64_t end, bool is_check)
{
	const struct reread *other = find(owner, off, end);

	if (other && other->off <= off)
		return other->end;
	if (!reread_has(owner, off))
		return off;
	if (other)
		end = other->off;
	end = blockset_next(&owner->file->claims, off / BLOCK_SIZE, end / BLOCK_SIZE, false) * BLOCK_SIZE;
	if (end - off > REREAD_MOST)
		end = off + REREAD_MOST;
	return begin(owner, off, end, is_check) ? off : end;
}
