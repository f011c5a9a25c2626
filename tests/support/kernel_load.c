/* SPDX-License-Identifier: MIT */
#include "kernel_load.h"

#include "kernel_daemon.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

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

static void finish(struct kernel_request *request)
{
	kernel_daemon_wait(is_over, &request, false, "read");
	if (!request->is_good)
		kernel_broken("read of object %" PRIu32 " at %" PRIu64 "+%" PRIu64 ": eio",
			      request->object_id, request->off, request->len);
	request->is_looked_at = true;
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
