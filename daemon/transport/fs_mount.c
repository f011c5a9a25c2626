/* SPDX-License-Identifier: MIT */
#include "transport/fs_mount.h"

#include "transport/mount_words.h"

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

static int set_option(int fs, char *option, uint64_t *attributes, enum fs_mount_step *step_out)
{
	char *value;

	switch (mount_words_take(option, attributes)) {
	case MOUNT_WORD_TAKEN:
		return 0;
	case MOUNT_WORD_WRITE:
		*step_out = FS_MOUNT_WRITE;
		return -EROFS;
	case MOUNT_WORD_OTHER:
		break;
	}
	value = strchr(option, '=');
	if (value)
		*value++ = '\0';
	return set(fs, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, option, value);
}

static int set_options(int fs, const char *options, uint64_t *attributes, enum fs_mount_step *step_out)
{
	char *copy = strdup(options), *rest = copy, *option;
	int err = copy ? 0 : -ENOMEM;

	while (!err && (option = strsep(&rest, ",")))
		if (*option)
			err = set_option(fs, option, attributes, step_out);
	free(copy);
	return err;
}

/* What no longer fits is cut. */
static void add_message(const char *message, size_t len, char *said, size_t size)
{
	size_t have = strlen(said);

	snprintf(said + have, size - have, "%s%.*s", have ? "; " : "", (int)len, message);
}

/* Each read returns one message, "e erofs: why"; the letter is its severity. */
static void read_messages(int fs, char *said, size_t size)
{
	char message[256];
	ssize_t got;

	while ((got = read(fs, message, sizeof(message))) > 2)
		add_message(message + 2, (size_t)(message[got - 1] == '\n' ? got - 1 : got) - 2, said, size);
}

/* The end of the kernel's log; -1: it cannot be read. */
static int open_log(void)
{
	int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (log >= 0)
		lseek(log, 0, SEEK_END);
	return log;
}

/* Many of EROFS's errors go there only. Each read returns one record, "PRIORITY,..;TYPE: why"; worse than a warning counts. */
static void read_log(int log, const char *type, char *said, size_t size)
{
	char record[1024];
	size_t type_len = strlen(type);
	ssize_t got;

	while ((got = read(log, record, sizeof(record) - 1)) > 0 || (got < 0 && errno == EPIPE)) {
		char *text;

		record[got > 0 ? got : 0] = '\0';
		text = strchr(record, ';');
		if (text && strtoul(record, NULL, 10) % 8 < 4 && strncmp(text + 1, type, type_len) == 0 &&
		    text[1 + type_len] == ':')
			add_message(text + 1, strcspn(text + 1, "\n"), said, size);
	}
}

/* Makes the filesystem ready to be attached. */
static int create(int fs, const char *source, const char *options, uint64_t *attributes,
		  enum fs_mount_step *step_out)
{
	int err;

	*step_out = FS_MOUNT_OPTIONS;
	err = set(fs, FSCONFIG_SET_STRING, "source", source);
	if (!err)
		err = set(fs, FSCONFIG_SET_FLAG, "ro", NULL);
	if (!err)
		err = set_options(fs, options, attributes, step_out);
	if (err)
		return err;
	*step_out = FS_MOUNT_SOURCE;
	return set(fs, FSCONFIG_CMD_CREATE, NULL, NULL);
}

int fs_make(const char *type, const char *source, const char *options, enum fs_mount_step *step_out,
	    char *said_out, size_t size)
{
	int fs = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC), log, mount = -1, err;
	uint64_t attributes = MOUNT_ATTR_RDONLY;

	said_out[0] = '\0';
	*step_out = FS_MOUNT_TYPE;
	if (fs < 0)
		return -errno;
	log = open_log();
	err = create(fs, source, options, &attributes, step_out);
	if (!err) {
		mount = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, (unsigned)attributes);
		err = mount < 0 ? -errno : 0;
	}
	read_messages(fs, said_out, size);
	if (err && log >= 0)
		read_log(log, type, said_out, size);
	if (log >= 0)
		close(log);
	close(fs);
	return err ? err : mount;
}

int fs_mount(const char *type, const char *source, const char *options, const char *dir,
	     enum fs_mount_step *step_out, char *said_out, size_t size)
{
	int on = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC), mount, err = 0;

	said_out[0] = '\0';
	*step_out = FS_MOUNT_DIR;
	if (on < 0)
		return -errno;
	mount = fs_make(type, source, options, step_out, said_out, size);
	if (mount < 0) {
		close(on);
		return mount;
	}
	*step_out = FS_MOUNT_DIR;
	if (syscall(SYS_move_mount, mount, "", on, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH))
		err = -errno;
	close(mount);
	close(on);
	return err;
}
