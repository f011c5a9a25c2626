/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* If the file shrinks meanwhile, the result is shorter; if it grows, the rest is not read. */
static int take(int fd, size_t size, struct file *file)
{
	file->bytes = malloc(size + 1);
	if (!file->bytes)
		return -ENOMEM;
	while (file->len < size) {
		ssize_t got = read(fd, file->bytes + file->len, size - file->len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		file->len += (size_t)got;
	}
	file->bytes[file->len] = '\0';
	return 0;
}

int file_read(int dirfd, const char *path, size_t max, struct file *file_out)
{
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), err = 0;
	struct stat st;

	*file_out = (struct file){.bytes = NULL};
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		err = -errno;
	else if (!S_ISREG(st.st_mode))
		err = -EINVAL;
	else if (st.st_size > (off_t)max)
		err = -EFBIG;
	else
		err = take(fd, (size_t)st.st_size, file_out);
	close(fd);
	if (err)
		file_free(file_out);
	return err;
}

void file_free(struct file *file)
{
	if (file->bytes)
		explicit_bzero(file->bytes, file->len);
	free(file->bytes);
	*file = (struct file){.bytes = NULL};
}
