/* SPDX-License-Identifier: MIT */
#include "store/disk_list.h"

#include "store/disk_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

bool disk_list_is_name(const char *name)
{
	return strspn(name, "0123456789abcdef") == DISK_NAME_MAX && !name[DISK_NAME_MAX];
}

long disk_note_read(int dir, const char *image, const char *name, void *buf, size_t size)
{
	int at = disk_dir_at(dir, image), fd;
	struct stat st;
	ssize_t got;
	long result;

	if (at < 0)
		return at;
	fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	result = fd < 0 ? -errno : 0;
	close(at);
	if (fd < 0)
		return result;
	if (fstat(fd, &st))
		result = -errno;
	else if (!S_ISREG(st.st_mode))
		result = -EINVAL;
	else if ((uint64_t)st.st_size > size)
		result = -EFBIG;
	else
		result = (got = pread(fd, buf, size, 0)) < 0 ? -errno : (long)got;
	close(fd);
	return result;
}

int disk_note_write(int dir, const char *image, const char *name, const void *bytes, size_t len)
{
	char unfinished[64];
	int at = disk_dir_at(dir, image), fd, err = 0;

	if (at < 0)
		return at;
	snprintf(unfinished, sizeof(unfinished), "%s.new", name);
	if (unlinkat(at, unfinished, 0) && errno == EISDIR)
		(void)unlinkat(at, unfinished, AT_REMOVEDIR);
	fd = openat(at, unfinished, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0) {
		err = -errno;
		close(at);
		return err;
	}
	errno = EIO;
	if (pwrite(fd, bytes, len, 0) != (ssize_t)len || fsync(fd))
		err = -errno;
	close(fd);
	if (!err && renameat(at, unfinished, at, name)) {
		/* A directory in its place, if it is empty. */
		(void)unlinkat(at, name, AT_REMOVEDIR);
		err = renameat(at, unfinished, at, name) ? -errno : 0;
	}
	close(at);
	return err;
}

static int by_boot(const void *a, const void *b)
{
	const struct disk_entry *one = a, *other = b;

	return one->about.booted > other->about.booted ? -1 : one->about.booted < other->about.booted;
}

static void read_about(int dir, struct disk_entry *entry)
{
	char text[ABOUT_MAX];
	long len = disk_note_read(dir, entry->name, DISK_ABOUT, text, sizeof(text));

	if (len >= 0)
		(void)about_parse(text, (size_t)len, &entry->about);
}

unsigned disk_list_read(int dir, struct disk_entry *entries_out, unsigned most)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	unsigned count = 0;

	if (!list) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	while (count < most && (entry = readdir(list))) {
		if (!disk_list_is_name(entry->d_name))
			continue;
		entries_out[count] = (struct disk_entry){.about = {.booted = 0}};
		memcpy(entries_out[count].name, entry->d_name, DISK_NAME_MAX);
		read_about(dir, &entries_out[count++]);
	}
	closedir(list);
	qsort(entries_out, count, sizeof(*entries_out), by_boot);
	return count;
}

bool disk_list_delete(int dir, const char *image)
{
	int fd = disk_dir_at(dir, image);
	bool is_used = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB);
	DIR *list = fd < 0 || is_used ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (fd >= 0 && !list)
		close(fd);
	if (is_used) {
		errno = EBUSY;
		return false;
	}
	/* A file that goes meanwhile may hide another one: the directory is then not empty, and is tried again later. */
	while (list && (entry = readdir(list)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    unlinkat(dirfd(list), entry->d_name, 0))
			(void)unlinkat(dirfd(list), entry->d_name, AT_REMOVEDIR);
	if (list)
		closedir(list);
	return unlinkat(dir, image, AT_REMOVEDIR) == 0;
}
