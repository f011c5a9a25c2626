/* SPDX-License-Identifier: MIT */
/* The store behind the fake transport, in place of daemon/store/store.c: see fake_transport.h. */
#include "fake_transport.h"

#include "base/block.h"
#include "fake_fetch.h"
#include "store/store.h"
#include "unit.h"

#include <errno.h>

int store_write(struct store *store, const void *buf, uint64_t off, uint64_t len)
{
	struct fake_file *file = fake_transport_file_at(fake_store_channel, store->fd);
	const uint8_t *bytes = buf;

	ATF_REQUIRE_MSG(len > 0 && off % BLOCK_SIZE == 0 && len % BLOCK_SIZE == 0 &&
				(uintptr_t)buf % BLOCK_SIZE == 0,
			"an unaligned fill: %" PRIu64 "+%" PRIu64, off, len);
	ATF_REQUIRE_MSG(off + len <= fake_transport_blocks(file) * BLOCK_SIZE,
			"a fill beyond the file's end");
	ATF_REQUIRE_MSG(!fake_store_channel->fill_limit || off + len <= fake_store_channel->fill_limit,
			"a fill beyond the image's end");
	if (fake_store_channel->fill_error) {
		fake_store_channel->fill_failures++;
		return fake_store_channel->fill_error;
	}
	for (uint64_t block = off / BLOCK_SIZE; block < (off + len) / BLOCK_SIZE; block++) {
		fake_store_channel->refills += file->blocks[block];
		file->blocks[block] = true;
	}
	for (uint64_t i = 0; i < len; i++)
		ATF_REQUIRE_MSG(bytes[i] == (off + i < file->size ? fake_byte(off + i) : 0),
				"the byte at %" PRIu64 " is wrong", off + i);
	fake_store_channel->fills++;
	fake_store_channel->filled += len;
	return 0;
}

int store_next_data(struct store *store, uint64_t off, uint64_t *start_out, uint64_t *end_out)
{
	struct fake_file *file = fake_transport_file_at(fake_store_channel, store->fd);

	for (int i = 0; i < FAKE_STRETCHES_MAX; i++) {
		if (file->old[i][1] > off) {
			*start_out = file->old[i][0] > off ? file->old[i][0] : off;
			*end_out = file->old[i][1];
			return 0;
		}
	}
	return -ENXIO;
}

bool store_lasts(const struct store *store)
{
	(void)store;
	return true;
}

unsigned store_pieces(struct store *store, uint64_t off, uint64_t end, struct iovec *pieces_out,
		      unsigned most)
{
	(void)store;
	(void)off;
	(void)end;
	(void)pieces_out;
	(void)most;
	return 0;
}

uint64_t store_lasting(const struct store *store, uint64_t marked_count)
{
	(void)store;
	return marked_count;
}

bool store_drop(struct store *store, uint64_t block)
{
	(void)store;
	(void)block;
	return false;
}

void store_close(struct store *store)
{
	fake_transport_file_at(fake_store_channel, store->fd)->is_open = false;
}
