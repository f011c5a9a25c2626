/* SPDX-License-Identifier: MIT */
#include "store/disk_dir.h"

#include "base/block.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PROBE_AT = 1024 * 1024 }; /* a block here, and nothing before it, takes less */

int disk_dir_at(int dir, const char *image)
{
	int fd = openat(dir, image, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* The image's directory. Errors: -errno. */
static int make_dir(int dir, const char *image)
{
	int fd = disk_dir_at(dir, image);

	if (fd == -ENOTDIR || fd == -ELOOP)
		(void)unlinkat(dir, image, 0);
	if (fd >= 0)
		return fd;
	return mkdirat(dir, image, 0700) == 0 || errno == EEXIST ? disk_dir_at(dir, image) : -errno;
}

/* Is it a file that only we can have made? Where the disk does not say, it may be. */
static bool is_ours(int fd, uid_t us)
{
	struct stat st;

	return fstat(fd, &st) || (S_ISREG(st.st_mode) && st.st_nlink == 1 && st.st_uid == us);
}

/* An empty file: does the file system keep holes? On a full one that is not known. Errors: -errno, -EOPNOTSUPP. */
static int check_sparse(int fd)
{
	static const char byte;
	struct stat st;
	int err = 0;

	if (pwrite(fd, &byte, 1, PROBE_AT) != 1 || fsync(fd) || fstat(fd, &st))
		err = errno == ENOSPC || errno == EDQUOT ? 0 : -errno;
	else if ((uint64_t)st.st_blocks * 512 >= PROBE_AT)
		err = -EOPNOTSUPP;
	if (ftruncate(fd, 0) && !err)
		err = -errno;
	return err;
}

/* The file in the image's directory. */
static int make_file(int dir, const char *name, uid_t us)
{
	/* Not to wait for the other end of a pipe. */
	const int flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	int fd = openat(dir, name, flags), err = 0;
	bool is_new;

	if (fd >= 0 && !is_ours(fd, us)) {
		close(fd);
		fd = -1;
		errno = EPERM;
	}
	/* Anything else may pass: out of memory, of files; a disk that fails. */
	if (fd < 0 && errno != ENOENT && errno != EPERM && errno != ELOOP && errno != ENXIO &&
	    errno != EISDIR && errno != EACCES)
		return -errno;
	is_new = fd < 0;
	if (is_new && errno != ENOENT && unlinkat(dir, name, 0) && errno == EISDIR)
		(void)unlinkat(dir, name, AT_REMOVEDIR);
	if (is_new)
		fd = openat(dir, name, flags | O_CREAT | O_EXCL, 0600);
	if (fd < 0)
		return -errno;
	if (is_new)
		err = check_sparse(fd);
	if (err) {
		close(fd);
		unlinkat(dir, name, 0);
		return err;
	}
	return fd;
}

int disk_dir_open(int dir, const char *image, const char *name, const char **what_out)
{
	int at = make_dir(dir, image), fd;
	struct stat st;

	*what_out = image;
	if (at < 0)
		return at;
	*what_out = name;
	/* We are who may write here. */
	fd = fstat(dir, &st) ? -errno : make_file(at, name, st.st_uid);
	close(at);
	return fd;
}

int disk_dir_file(int dir, const char *image, const char *name)
{
	int at = disk_dir_at(dir, image), fd;

	if (at < 0)
		return at;
	fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		fd = -errno;
	close(at);
	return fd;
}

int disk_dir_look(int fd, struct blockset *claims)
{
	/* 256 GiB: a made-up file system must not take the memory away. What is beyond counts as missing. */
	const uint64_t most = UINT64_C(1) << 26;
	off_t start = 0, end;
	struct stat st;
	int err;

	if (fstat(fd, &st))
		return -errno;
	err = blockset_init(
		claims, block_count((uint64_t)st.st_size) < most ? block_count((uint64_t)st.st_size) : most);
	while (!err && (start = lseek(fd, start, SEEK_DATA)) >= 0 &&
	       (end = lseek(fd, start, SEEK_HOLE)) > start) {
		err = blockset_mark(claims, block_ceil((uint64_t)start) / BLOCK_SIZE,
				    (uint64_t)end / BLOCK_SIZE);
		start = end;
	}
	/* Anything but that there is no more data hides what there may be. */
	if (!err && (start >= 0 || errno != ENXIO))
		err = start < 0 ? -errno : -EIO;
	return err;
}

int disk_dir_read(int fd, uint8_t *buf, uint64_t off, uint64_t len)
{
	while (len > 0) {
		ssize_t part = pread(fd, buf, len, (off_t)off);

		if (part < 0 && errno == EINTR)
			continue;
		if (part <= 0)
			return part < 0 ? -errno : -ENODATA;
		buf += part;
		off += (uint64_t)part;
		len -= (uint64_t)part;
	}
	return 0;
}
