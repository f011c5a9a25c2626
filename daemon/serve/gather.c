/* SPDX-License-Identifier: MIT */
#include "serve/gather.h"

#include "base/block.h"

#include <string.h>

uint64_t gather_at(const struct gather *gather)
{
	return gather->off + gather->len;
}

bool gather_is_full(const struct gather *gather)
{
	return gather->len == gather->size;
}

size_t gather_put(struct gather *gather, const uint8_t *bytes, size_t len)
{
	size_t room = gather->size - gather->len;
	uint64_t left = gather->end - gather_at(gather);

	if (len > room)
		len = room;
	if (len > left)
		len = (size_t)left;
	memcpy(gather->buf + gather->len, bytes, len);
	gather->len += len;
	return len;
}

void gather_cut(struct gather *gather, uint64_t end)
{
	gather->end = end;
	if (gather_at(gather) > end)
		gather->len = (size_t)(end - gather->off);
}

int gather_land(struct gather *gather, uint64_t blob_size, gather_land_fn *land, void *arg,
		size_t *landed_out)
{
	uint64_t len = block_floor(gather->len), took = 0;
	int err = 0;

	if (gather_at(gather) == blob_size && len < gather->len) {
		len += BLOCK_SIZE;
		memset(gather->buf + gather->len, 0, len - gather->len);
	}
	if (len > 0)
		err = land(arg, gather->buf, gather->off, len, &took);
	/* The padding does not count as bytes of the blob. */
	if (took > gather->len)
		took = gather->len;
	*landed_out = (size_t)took;
	gather->off += took;
	gather->len -= took;
	if (gather->len > 0 && took > 0)
		memmove(gather->buf, gather->buf + took, gather->len);
	return err;
}
