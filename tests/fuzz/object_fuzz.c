/* SPDX-License-Identifier: MIT */
/*
 * An object and its hash tree between a kernel, a clock, a store and mirrors that do what the input says: lie, cut,
 * delay, refuse. No wrong byte is filled, every request is answered once, and when all is well again every read is
 * served and nothing is left on the wire or on the clock.
 *
 * Input: a byte for image and mirrors (see world_open), a byte for the patience of requests, then moves (see step).
 */
#include "fuzz.h"

#include "base/block.h"
#include "fetch/mirror_probe.h"
#include "published.h"
#include "rig.h"
#include "trust/tree.h"

#include <errno.h>

enum { STEPS_MAX = 300, MIRRORS_MAX = 3, ASK_MAX = 512 << 10, SENT_MAX = 4 << 20 };

static struct rig rig;
static const struct published *image;
static struct blob blobs[2]; /* the image's, the tree's */
static struct mirror_probe *probe;
static struct tree *tree;
static struct object *object;
static uint64_t object_size, next_off;
static bool is_misled; /* by a superblock that lies */

static void open_blob(struct blob *blob, const char *suffix, unsigned mirrors, bool is_raced)
{
	char url[64];

	for (unsigned i = 0; i <= mirrors; i++) {
		snprintf(url, sizeof(url), "http://mirror%u/image%s", i, suffix);
		MUST((i == 0 ? blob_init(blob, rig.fetch, rig.loop, url) : blob_add_mirror(blob, url)) == 0,
		     "out of memory");
	}
	blob->is_proven = true;
	blob->is_raced = is_raced;
	/* One finds out for both, as in the engine. */
	if (is_raced && blob == &blobs[0])
		MUST(mirror_probe_open(&probe, blob) == 0, "out of memory");
	if (is_raced && blob == &blobs[1])
		blob_share_pace(blob, &blobs[0]);
}

static void open_object(void)
{
	int file = fake_transport_file(rig.transport, object_size);

	MUST(object_open(&rig.table, (uint64_t)file, file, &blobs[0], false, tree, &object) == 0,
	     "out of memory");
}

/* how % 4: the image's size; 4: a superblock that lies; 16, 32: mirrors beside the first; 128: stalls are raced. */
static void world_open(unsigned how, uint32_t timeout_s, uint64_t claimed)
{
	/* No hash block, one, two levels of them, three. */
	static const uint64_t blocks[] = {1, 128, 700, 16400};
	struct verity verity;

	srand(1);
	rig_open(&rig, timeout_s);
	image = published_image(blocks[how % 4]);
	/* The fake looks at the bytes, which go on behind the image\'s end; nothing vouches for those. */
	rig.transport->fill_limit = image->size;
	is_misled = how & 4 && published_lie(image, claimed, &verity);
	if (!is_misled)
		verity = image->verity;
	open_blob(&blobs[0], "", how >> 4 & 3, how & 128);
	open_blob(&blobs[1], ".verity", how >> 4 & 3, how & 128);
	MUST(tree_open(&tree, rig.loop, &blobs[1], &rig.counters, &verity) == 0, "out of memory");
	object_size = verity.data_blocks * BLOCK_SIZE;
	blob_set_size(&blobs[0], object_size);
	next_off = 0;
	open_object();
}

static void ask(uint64_t off, uint64_t len)
{
	if (len > ASK_MAX)
		len = ASK_MAX;
	rig_ask(&rig, object, off, len);
	next_off = off + len;
}

static bool is_hashes(const struct fetch_transfer *transfer)
{
	return strstr(transfer->url, ".verity") != NULL;
}

/* Files may be longer than what is published in them, and where a superblock lies they are as long as it says. */
static uint64_t published_size(const struct fetch_transfer *transfer)
{
	uint64_t size = is_hashes(transfer) ? image->hashes_len : image->size;
	uint64_t claimed = blobs[is_hashes(transfer)].size;

	return claimed > size ? claimed : size;
}

enum lie { LIE_NONE, LIE_BIT, LIE_ZEROS, LIE_ELSEWHERE, LIES };

/* The transfer's next bytes, or something like them. Returns false when it is gone, or pauses. */
static bool send_some(struct fetch_transfer *transfer, uint64_t len, enum lie lie, uint64_t where)
{
	static uint8_t bytes[65536];

	while (len > 0) {
		size_t piece = len < sizeof(bytes) ? (size_t)len : sizeof(bytes);
		uint64_t off =
			transfer->off + transfer->sent + (lie == LIE_ELSEWHERE ? where * BLOCK_SIZE : 0);

		published_read(image, is_hashes(transfer), off, bytes, piece);
		if (lie == LIE_ZEROS)
			memset(bytes, 0, piece);
		if (lie == LIE_BIT)
			bytes[where % piece] ^= (uint8_t)(1 << where % 8);
		if (!fake_fetch_bytes(transfer, bytes, piece))
			return false;
		len -= piece;
	}
	return true;
}

/* What is left of an answer that is as it should be. */
static void serve(struct fetch_transfer *transfer)
{
	uint64_t size = published_size(transfer), end = transfer->off + transfer->len;

	if (end > size)
		end = size;
	if (!transfer->is_head_told && !fake_fetch_head_206(transfer, size, RIG_ETAG))
		return;
	if (transfer->off + transfer->sent >= end ||
	    send_some(transfer, end - transfer->off - transfer->sent, LIE_NONE, 0))
		fake_fetch_end(transfer, NULL);
}

/* The how-th of the ways to begin an answer; the last is right. */
static void send_head(struct fetch_transfer *transfer, unsigned how)
{
	static const int statuses[] = {200, 301, 404, 408, 416, 429, 500, 503};
	uint64_t size = published_size(transfer), off = transfer->off, len = transfer->len;
	char lines[256];

	if (how < 8) {
		fake_fetch_status(transfer, statuses[how]);
	} else if (how < 10) {
		snprintf(lines, sizeof(lines), "HTTP/1.1 503 Later\nRetry-After: %u\n", how * 100 - 795);
		if (fake_fetch_head(transfer, lines))
			fake_fetch_end(transfer, NULL);
	} else if (how < 12) {
		snprintf(lines, sizeof(lines),
			 "HTTP/1.1 206 Part\nContent-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64 "\n",
			 off + (how & 1) * BLOCK_SIZE, off + len - 1 + BLOCK_SIZE, off + len + (1 << 20));
		fake_fetch_head(transfer, lines);
	} else if (how < 14) {
		/* Another version, which may even be right. */
		fake_fetch_head_206(transfer, size + (how & 1 ? BLOCK_SIZE : 0), "\"two\"");
	} else if (how == 14) {
		/* Fewer bytes than the image has. */
		fake_fetch_head_206(transfer, off + len / 2 + 1, RIG_ETAG);
	} else if (how < 18) {
		/* A part of the range. Its size is said, or not. */
		transfer->len = len / (how - 13) + 1 < len ? len / (how - 13) + 1 : len;
		snprintf(lines, sizeof(lines),
			 "HTTP/1.1 206 Part\nContent-Range: bytes %" PRIu64 "-%" PRIu64 "/", off,
			 off + transfer->len - 1);
		if (how & 1)
			strcat(lines, "*");
		else
			snprintf(lines + strlen(lines), 32, "%" PRIu64, size);
		fake_fetch_head(transfer, lines);
	} else if (how == 18) {
		snprintf(lines, sizeof(lines), "HTTP/1.1 416 Beyond\nContent-Range: bytes */%" PRIu64 "\n",
			 off + len);
		fake_fetch_head(transfer, lines);
	} else {
		fake_fetch_head_206(transfer, size, how & 1 ? RIG_ETAG : NULL);
	}
}

static struct fetch_transfer *pick_transfer(unsigned n)
{
	unsigned flying = fake_fetch_flying(rig.fetch);

	for (unsigned i = 0; i < flying; i++) {
		struct fetch_transfer *transfer = fake_fetch_at(rig.fetch, (n + i) % flying);

		/* The kernel keeps what comes for one that pauses. */
		if (!transfer->kept)
			return transfer;
	}
	return NULL;
}

/* A mirror's move. */
static void answer(struct fuzz_input *input, unsigned what)
{
	struct fetch_transfer *transfer = pick_transfer((unsigned)fuzz_take(input, 1));
	enum lie lie = LIE_NONE;

	if (!transfer)
		return;
	if (what == 0) {
		serve(transfer);
	} else if (!transfer->is_head_told) {
		send_head(transfer, (unsigned)fuzz_take(input, 1) % 32);
	} else if (what == 1) {
		fake_fetch_end(transfer, fuzz_take(input, 1) & 1 ? "reset" : NULL);
	} else {
		uint64_t len = fuzz_take_number(input, 2) * (what == 2 ? 16 : 1) + 1;

		if (what > 3)
			lie = (enum lie)(fuzz_take(input, 1) % LIES);
		send_some(transfer, len, lie, lie ? fuzz_take_number(input, 2) : 0);
	}
}

static void step(struct fuzz_input *input)
{
	static const int store_errors[] = {0, 0, -ENOSPC, -EIO};
	unsigned what = (unsigned)fuzz_take(input, 1) % 16;

	if (what < 2) {
		uint64_t off = fuzz_take_number(input, 3) * (what ? BLOCK_SIZE : 1);

		ask(off, fuzz_take_number(input, 3) * (what ? BLOCK_SIZE : 1) + 1);
	} else if (what == 2) {
		ask(next_off, 131072);
	} else if (what < 12) {
		answer(input, (what - 3) % 6);
	} else if (what == 12) {
		fake_loop_advance(rig.loop, fuzz_take_number(input, 2));
	} else if (what == 13) {
		fake_loop_advance(rig.loop, fuzz_take(input, 1) * 4000);
	} else if (what == 14) {
		rig.transport->fill_error = store_errors[fuzz_take(input, 1) % 4];
		fake_fetch_refuse(rig.fetch, (unsigned)fuzz_take(input, 1) % 4);
	} else if (rig.transport->file_count < FAKE_FILES_MAX) {
		object_close(object);
		open_object();
	}
}

/* From now on all goes well. */
static void drain(void)
{
	rig.transport->fill_error = 0;
	fake_fetch_refuse(rig.fetch, 0);
	for (int i = 0; fake_fetch_flying(rig.fetch) > 0 || fake_loop_armed(rig.loop) > 0; i++) {
		struct fetch_transfer *transfer = pick_transfer(0);

		MUST(i < 20000, "it never comes to an end");
		MUST(transfer || fake_loop_armed(rig.loop) > 0,
		     "all transfers pause, and nothing will wake them");
		if (transfer)
			serve(transfer);
		else
			fake_loop_advance(rig.loop, fake_loop_next_ms(rig.loop));
	}
	MUST(fake_transport_unanswered(rig.transport) == 0 && rig.table.requests.count == 0,
	     "requests without an answer");
}

/* Whatever was before: a read of what is published is served. */
static void read_again(uint64_t off)
{
	uint32_t id = rig_ask(&rig, object, off % object_size, 131072);

	drain();
	MUST(is_misled || rig_state(&rig, id) == RIG_SERVED,
	     "a read of %" PRIu64 " fails when all is well: %s", off % object_size, rig.why);
}

static void world_close(void)
{
	unsigned partial = 0;

	/* Hash blocks fit one number of blocks only: with another the last of them is never proven. */
	MUST(!is_misled || !fake_transport_has(rig.transport, object->requests.file, object_size - BLOCK_SIZE,
					       BLOCK_SIZE),
	     "as many blocks as a lie says");
	object_close(object);
	for (unsigned id = 1; id < rig.transport->request_count; id++)
		partial += !rig.transport->requests[id].was_whole;
	MUST(partial <= rig.counters.failed, "%u without their bytes, %" PRIu64 " told so", partial,
	     rig.counters.failed);
	tree_close(tree);
	mirror_probe_close(probe);
	probe = NULL;
	blob_fini(&blobs[0]);
	blob_fini(&blobs[1]);
	rig_close(&rig);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {.at = data, .left = size};
	unsigned how = (unsigned)fuzz_take(&input, 1), patience = (unsigned)fuzz_take(&input, 1);

	world_open(how, patience % 4 ? 0 : patience / 4, how & 4 ? fuzz_take_number(&input, 2) : 0);
	for (int i = 0; input.left > 0 && i < STEPS_MAX && fake_fetch_sent(rig.fetch) < SENT_MAX; i++)
		step(&input);
	/* Or it is closed in the middle of it. */
	if (how & 64) {
		drain();
		/* A time that a server has named may be longer than a request's patience. */
		fake_loop_advance(rig.loop, (REPLY_RETRY_MOST_S + 2) * 1000);
		read_again(0);
		read_again(next_off);
	}
	world_close();
	return 0;
}
