/* SPDX-License-Identifier: MIT */
#include "keeper/store_dir.h"

#include "base/exits.h"
#include "base/layout.h"
#include "base/words.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define UNFINISHED LAYOUT_MARK ".new"
#define IMAGES     "images"
static const char mark_text[] = LAYOUT_MARK_TEXT;

static bool has_mark(int dir)
{
	char text[sizeof(mark_text)];
	int fd = openat(dir, LAYOUT_MARK, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof(text));
	struct stat st;

	/* Somebody else's file of that name is no mark. */
	if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_uid != geteuid()))
		got = -1;
	if (fd >= 0)
		close(fd);
	return got == (ssize_t)sizeof(mark_text) - 1 && memcmp(text, mark_text, sizeof(mark_text) - 1) == 0;
}

/* Is there nothing, but for what a start that was cut short leaves? */
static bool is_empty(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry = NULL;

	if (!list)
		return false;
	while ((entry = readdir(list)) &&
	       (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		strcmp(entry->d_name, UNFINISHED) == 0 || strcmp(entry->d_name, "lost+found") == 0))
		;
	closedir(list);
	return !entry;
}

/* On the disk before it gets its name. Errors: -errno. */
static int write_mark(int dir)
{
	int fd, err = 0;

	unlinkat(dir, UNFINISHED, 0);
	fd = openat(dir, UNFINISHED, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	errno = EIO;
	if (write(fd, mark_text, sizeof(mark_text) - 1) != sizeof(mark_text) - 1 || fsync(fd))
		err = -errno;
	close(fd);
	if (!err && renameat(dir, UNFINISHED, dir, LAYOUT_MARK))
		err = -errno;
	return err;
}

/* Is it a directory of the engine's? Gives it to that. Errors: -errno. */
static int give_away(int dir)
{
	struct stat st;

	if (fstat(dir, &st))
		return -errno;
	/* Without root, the engine runs as the same user. */
	if (geteuid() != 0)
		return 0;
	return (st.st_uid != LAYOUT_ENGINE_ID && fchown(dir, LAYOUT_ENGINE_ID, LAYOUT_ENGINE_ID)) ||
			       fchmod(dir, 0700)
		       ? -errno
		       : 0;
}

/*
 * A mount of its own that is attached nowhere: there is nothing above its root, and it ends with its last descriptor. Without
 * the right to mount (a test) it is the directory itself. Returns a descriptor, or -errno.
 */
static int detach(int dir)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
					      MOUNT_ATTR_NOATIME,
				  .attr_clr = MOUNT_ATTR__ATIME};
	int fd = (int)syscall(SYS_open_tree, dir, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);

	if (fd < 0)
		return geteuid() == 0 ? -errno : fcntl(dir, F_DUPFD_CLOEXEC, 0);
	/* Since Linux 5.12. The engine opens nothing there that these would matter for. */
	(void)syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &attr, sizeof(attr));
	return fd;
}

/* The images' directory in dir. Returns a descriptor, or -errno. */
static int open_images(int dir)
{
	int images, fd, err;

	if (mkdirat(dir, IMAGES, 0700) && errno != EEXIST)
		return -errno;
	images = openat(dir, IMAGES, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (images < 0)
		return -errno;
	err = give_away(images);
	fd = err ? err : detach(images);
	close(images);
	return fd;
}

int store_dir_open(const char *path, int *fd_out, char *why_out)
{
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err;

	if (dir < 0) {
		snprintf(why_out, WORDS_WHY_MAX, "store: %.400s: %s", path, strerror(errno));
		return EXIT_PERMANENT;
	}
	if (!has_mark(dir) && !is_empty(dir)) {
		snprintf(why_out, WORDS_WHY_MAX,
			 "store: %.400s: is not empty, and has no mark (" LAYOUT_MARK
			 "), so it is not blobroot's: use another directory",
			 path);
		close(dir);
		return EXIT_PERMANENT;
	}
	err = has_mark(dir) ? 0 : write_mark(dir);
	*fd_out = err ? err : open_images(dir);
	close(dir);
	if (*fd_out >= 0)
		return EXIT_DONE;
	snprintf(why_out, WORDS_WHY_MAX, "store: %.400s: %s", path, strerror(-*fd_out));
	*fd_out = -1;
	return EXIT_PERMANENT;
}
