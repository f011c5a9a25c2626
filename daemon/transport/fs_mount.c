/* SPDX-License-Identifier: MIT */
#include "transport/fs_mount.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* musl has no wrappers. */

static int set(int fs, unsigned command, const char *key, const char *value)
{
	return syscall(SYS_fsconfig, fs, command, key, value, 0) ? -errno : 0;
}

static int set_options(int fs, const char *options)
{
	char *copy = strdup(options), *rest = copy, *option;
	int err = copy ? 0 : -ENOMEM;

	while (!err && (option = strsep(&rest, ","))) {
		char *value = strchr(option, '=');

		if (!*option)
			continue;
		if (value)
			*value++ = '\0';
		err = set(fs, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, option, value);
	}
	free(copy);
	return err;
}

/* Each read returns one message, "e erofs: why"; the letter is its severity. Shape: said_out is empty. */
static void read_messages(int fs, char *said_out, size_t size)
{
	char message[256];
	size_t have = 0;
	ssize_t got;

	while ((got = read(fs, message, sizeof(message))) > 2) {
		int len = (int)(message[got - 1] == '\n' ? got - 1 : got) - 2;
		int put =
			snprintf(said_out + have, size - have, "%s%.*s", have ? "; " : "", len, message + 2);

		if (put < 0 || (size_t)put >= size - have)
			return;
		have += (size_t)put;
	}
}

static int attach(int fs, int dir)
{
	int mount = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY), err = 0;

	if (mount < 0)
		return -errno;
	if (syscall(SYS_move_mount, mount, "", dir, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH))
		err = -errno;
	close(mount);
	return err;
}

/* Makes the filesystem ready to be attached. */
static int create(int fs, const char *source, const char *options, enum fs_mount_step *step_out)
{
	int err;

	*step_out = FS_MOUNT_OPTIONS;
	err = set(fs, FSCONFIG_SET_STRING, "source", source);
	if (!err)
		err = set(fs, FSCONFIG_SET_FLAG, "ro", NULL);
	if (!err)
		err = set_options(fs, options);
	if (err)
		return err;
	*step_out = FS_MOUNT_SOURCE;
	return set(fs, FSCONFIG_CMD_CREATE, NULL, NULL);
}

int fs_mount(const char *type, const char *source, const char *options, const char *dir,
	     enum fs_mount_step *step_out, char *said_out, size_t size)
{
	int on = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC), fs, err;

	said_out[0] = '\0';
	*step_out = FS_MOUNT_DIR;
	if (on < 0)
		return -errno;
	fs = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
	if (fs < 0) {
		err = -errno;
		*step_out = FS_MOUNT_TYPE;
		close(on);
		return err;
	}
	err = create(fs, source, options, step_out);
	if (!err) {
		*step_out = FS_MOUNT_DIR;
		err = attach(fs, on);
	}
	read_messages(fs, said_out, size);
	close(fs);
	close(on);
	return err;
}
