/* SPDX-License-Identifier: MIT */
#include "store/disk_reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t size_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) ? 0 : (uint64_t)st.st_size;
}

int disk_reserve(int fd, uint64_t bytes)
{
	int err = ftruncate(fd, (off_t)bytes) ? -errno : 0;

	if (!err && bytes > 0 && fallocate(fd, 0, 0, (off_t)bytes))
		err = -errno;
	if (err)
		(void)!ftruncate(fd, 0);
	return err;
}

void disk_reserve_shrink(int fd, uint64_t bytes)
{
	if (size_of(fd) > bytes)
		(void)!ftruncate(fd, (off_t)bytes);
}

bool disk_reserve_give(int fd, uint64_t len)
{
	uint64_t size = size_of(fd), step = len > DISK_RESERVE_STEP ? len : DISK_RESERVE_STEP;

	return size > 0 && ftruncate(fd, (off_t)(size > step ? size - step : 0)) == 0;
}
