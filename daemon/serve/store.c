/* SPDX-License-Identifier: MIT */
#include "serve/store.h"

#include <errno.h>
#include <unistd.h>

int store_write(struct store *store, const void *buf, uint64_t off, uint64_t len)
{
	const char *at = buf;

	while (len > 0) {
		ssize_t put = pwrite(store->fd, at, len, (off_t)off);

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

int store_next_data(struct store *store, uint64_t off, uint64_t *start_out, uint64_t *end_out)
{
	off_t start = lseek(store->fd, (off_t)off, SEEK_DATA), end;

	if (start < 0)
		return -ENXIO;
	end = lseek(store->fd, start, SEEK_HOLE);
	if (end <= start)
		return -ENXIO;
	*start_out = (uint64_t)start;
	*end_out = (uint64_t)end;
	return 0;
}

void store_close(struct store *store)
{
	if (store->fd >= 0)
		close(store->fd);
	store->fd = -1;
}
