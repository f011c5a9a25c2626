/* SPDX-License-Identifier: MIT */
#include "kernel_load.h"

#include "kernel_daemon.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* xorshift64*, so that a seed means the same reads everywhere. */
static uint64_t dice;

static uint64_t throw(uint64_t sides)
{
	dice ^= dice >> 12;
	dice ^= dice << 25;
	dice ^= dice >> 27;
	return dice * UINT64_C(2685821657736338717) % sides;
}

static uint64_t blob_size(const struct kernel_object *object)
{
	if (!object->source)
		kernel_broken("object %" PRIu32 " has no source", object->id);
	return object->source->size;
}

static bool is_over(const void *arg)
{
	const struct kernel_request *const *request = arg;

	return (*request)->state == KERNEL_OVER;
}

static void finish_as(struct kernel_request *request, bool is_good)
{
	kernel_daemon_wait(is_over, &request, false, "read");
	if (request->is_good != is_good)
		kernel_broken("read of object %" PRIu32 " at %" PRIu64 "+%" PRIu64 ": %s", request->object_id,
			      request->off, request->len,
			      request->is_good ? "ok, though a block of it is spoilt" : "eio");
	request->is_looked_at = true;
}

static void finish(struct kernel_request *request)
{
	finish_as(request, true);
}

void kernel_load_scan(struct kernel_object *object, uint64_t len)
{
	uint64_t size = blob_size(object);

	for (uint64_t off = 0; off < size; off += len)
		finish(kernel_model_read(object, off, len < size - off ? len : size - off, ""));
}

void kernel_load_random(struct kernel_object *object, unsigned count, uint64_t seed, uint64_t len)
{
	uint64_t blocks = (blob_size(object) + KERNEL_BLOCK - 1) / KERNEL_BLOCK;
	struct kernel_request **reads = calloc(count, sizeof(struct kernel_request *));

	if (!reads)
		kernel_broken("out of memory");
	dice = seed | UINT64_C(1) << 32;
	for (unsigned i = 0; i < count; i++) {
		uint64_t off = throw(blocks), most = len / KERNEL_BLOCK;

		if (most > blocks - off)
			most = blocks - off;
		reads[i] =
			kernel_model_read(object, off * KERNEL_BLOCK, (1 + throw(most)) * KERNEL_BLOCK, "");
	}
	for (unsigned i = 0; i < count; i++)
		finish(reads[i]);
	free(reads);
}

void kernel_load_sample(struct kernel_object *object, unsigned percent, uint64_t seed, uint64_t len)
{
	/* One piece at a random place of each of so many equal parts of the blob. */
	uint64_t size = blob_size(object), count = size * percent / 100 / len, part = size / count;

	dice = seed | UINT64_C(1) << 32;
	for (uint64_t i = 0; i < count; i++) {
		uint64_t room = (part - len) / KERNEL_BLOCK;

		finish(kernel_model_read(object, (i * part / KERNEL_BLOCK + throw(room)) * KERNEL_BLOCK, len,
					 ""));
	}
}

/* One byte a block: 1 where it is spoilt. */
static uint8_t *spoilt_load(const char *path, uint64_t blocks)
{
	uint8_t *is_spoilt = calloc(1, blocks);
	FILE *file = fopen(path, "re");
	uint64_t first, last;

	if (!is_spoilt || !file)
		kernel_broken("%s: %s", path, strerror(errno));
	while (fscanf(file, "%" SCNu64 "-%" SCNu64, &first, &last) == 2) {
		if (first > last || last >= blocks)
			kernel_broken("%s: %" PRIu64 "-%" PRIu64 " of %" PRIu64 " blocks", path, first, last,
				      blocks);
		memset(is_spoilt + first, 1, last - first + 1);
	}
	if (!feof(file))
		kernel_broken("%s: a line is not FIRST-LAST", path);
	fclose(file);
	return is_spoilt;
}

void kernel_load_judge(struct kernel_object *object, uint64_t len, const char *path, unsigned at_once)
{
	uint64_t size = blob_size(object), blocks = (size + KERNEL_BLOCK - 1) / KERNEL_BLOCK;
	uint8_t *is_spoilt = spoilt_load(path, blocks);
	struct kernel_request **reads = calloc(at_once, sizeof(struct kernel_request *));
	uint64_t asked = 0, judged = 0, count = (size + len - 1) / len;

	if (!reads)
		kernel_broken("out of memory");
	while (judged < count) {
		const struct kernel_request *read;
		uint64_t first, end;

		for (; asked < count && asked - judged < at_once; asked++)
			reads[asked % at_once] = kernel_model_read(
				object, asked * len, len < size - asked * len ? len : size - asked * len, "");
		read = reads[judged % at_once];
		first = read->off / KERNEL_BLOCK;
		end = (read->off + read->len + KERNEL_BLOCK - 1) / KERNEL_BLOCK;
		finish_as(reads[judged % at_once], !memchr(is_spoilt + first, 1, end - first));
		judged++;
	}
	free(reads);
	free(is_spoilt);
}
