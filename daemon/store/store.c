/* SPDX-License-Identifier: MIT */
#include "store/store.h"

#include "base/block.h"

#include <errno.h>
#include <unistd.h>

bool store_lasts(const struct store *store)
{
	return !store->memory.memory;
}

uint64_t store_lasting(const struct store *store, uint64_t marked_count)
{
	return store_lasts(store) ? marked_count : store->kept.count;
}

static int write_file(int fd, const uint8_t *at, uint64_t off, uint64_t len)
{
	while (len > 0) {
		ssize_t put = pwrite(fd, at, len, (off_t)off);

		if (put < 0 && errno == EINTR)
			continue;
		/* ENOBUFS: the kernel's cache is below its limit of free space. */
		if (put < 0)
			return errno == ENOBUFS || errno == ENOSPC || errno == EDQUOT ? -ENOSPC : -EIO;
		if (put == 0)
			return -EIO;
		at += put;
		off += (uint64_t)put;
		len -= (uint64_t)put;
	}
	return 0;
}

static int write_memory(struct store *store, const uint8_t *at, uint64_t off, uint64_t len)
{
	int err = 0;

	for (uint64_t done = 0; !err && done < len; done += BLOCK_SIZE) {
		uint64_t block = (off + done) / BLOCK_SIZE;

		if (kept_put(&store->kept, block, at + done))
			err = memory_keep(&store->memory, block, at + done);
	}
	return err ? -ENOSPC : 0;
}

int store_write(struct store *store, const void *buf, uint64_t off, uint64_t len)
{
	return store->memory.memory ? write_memory(store, buf, off, len)
				    : write_file(store->fd, buf, off, len);
}

int store_next_data(struct store *store, uint64_t off, uint64_t *start_out, uint64_t *end_out)
{
	off_t start, end;

	if (store->memory.memory)
		return -ENXIO;
	start = lseek(store->fd, (off_t)off, SEEK_DATA);
	if (start < 0)
		return -ENXIO;
	end = lseek(store->fd, start, SEEK_HOLE);
	if (end <= start)
		return -ENXIO;
	*start_out = (uint64_t)start;
	*end_out = (uint64_t)end;
	return 0;
}

/* Adds bytes to the last piece if they follow it, or as a new one. Returns how many pieces there are; 0: too many. */
static unsigned add_piece(struct iovec *pieces, unsigned count, unsigned most, const uint8_t *bytes,
			  uint64_t len)
{
	struct iovec *last = count > 0 ? &pieces[count - 1] : NULL;

	if (last && (const uint8_t *)last->iov_base + last->iov_len == bytes) {
		last->iov_len += len;
		return count;
	}
	if (count == most)
		return 0;
	pieces[count] = (struct iovec){.iov_base = (void *)bytes, .iov_len = len};
	return count + 1;
}

unsigned store_pieces(struct store *store, uint64_t off, uint64_t end, struct iovec *pieces_out,
		      unsigned most)
{
	unsigned count = 0;

	if (!store->memory.memory)
		return 0;
	while (off < end) {
		const uint8_t *bytes = kept_find(&store->kept, off / BLOCK_SIZE);
		uint64_t until = block_floor(off) + BLOCK_SIZE;

		if (!bytes)
			bytes = memory_find(&store->memory, off / BLOCK_SIZE);
		if (!bytes)
			return 0;
		if (until > end)
			until = end;
		count = add_piece(pieces_out, count, most, bytes + off % BLOCK_SIZE, until - off);
		if (count == 0)
			return 0;
		off = until;
	}
	return count;
}

bool store_drop(struct store *store, uint64_t block)
{
	if (store_lasts(store) || kept_find(&store->kept, block))
		return false;
	memory_drop(&store->memory, block);
	return true;
}

void store_close(struct store *store)
{
	if (store->memory.memory)
		memory_drop_all(&store->memory);
	kept_owner_fini(&store->kept);
	if (store->fd >= 0)
		close(store->fd);
	store->fd = -1;
}
