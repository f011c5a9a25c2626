/* SPDX-License-Identifier: MIT */
#include "transport/device.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int command(int fd, const char *text)
{
	return write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

static enum device_result bind_result(int err)
{
	switch (err) {
	case 0:
		return DEVICE_OK;
	case -EINVAL: /* "bind ondemand" is an unknown argument to a kernel without the mode */
		return DEVICE_NO_ONDEMAND;
	case -EOPNOTSUPP: /* no xattrs, tmpfile or such on the store */
	case -EPERM:
	case -EROFS:
		return DEVICE_BAD_STORE;
	default:
		errno = -err;
		return DEVICE_FAILED;
	}
}

enum device_result device_bind(const char *path, const char *store, int *fd_out)
{
	char dir[512];
	int fd = open(path, O_RDWR | O_CLOEXEC), err;
	enum device_result result;

	if (fd < 0)
		return errno == ENOENT || errno == ENXIO || errno == ENODEV ? DEVICE_MISSING
		       : errno == EBUSY                                     ? DEVICE_BUSY
									    : DEVICE_FAILED;
	snprintf(dir, sizeof(dir), "dir %s", store);
	err = command(fd, dir);
	/*
	 * Culling is not for on-demand mode; the limits say how little space may be left. In this order,
	 * because each is checked against its neighbours' old values (fs/cachefiles/daemon.c).
	 */
	if (!err)
		err = command(fd, "bstop 1%");
	if (!err)
		err = command(fd, "bcull 2%");
	if (!err)
		err = command(fd, "brun 3%");
	if (!err)
		err = command(fd, "tag blobroot");
	result = err ? DEVICE_FAILED : bind_result(command(fd, "bind ondemand"));
	if (result != DEVICE_OK) {
		int saved = err ? -err : errno;

		close(fd);
		errno = saved;
		return result;
	}
	*fd_out = fd;
	return DEVICE_OK;
}

int device_restore(int fd)
{
	return command(fd, "restore");
}

const char *device_explain(enum device_result result)
{
	switch (result) {
	case DEVICE_OK:
		return "kernel: is fine";
	case DEVICE_MISSING:
		return "kernel: there is no /dev/cachefiles: the module cachefiles.ko is not in this "
		       "initramfs";
	case DEVICE_BUSY:
		return "kernel: /dev/cachefiles is in use by another daemon";
	case DEVICE_NO_ONDEMAND:
		return "kernel: its cachefiles.ko lacks on-demand mode (CONFIG_CACHEFILES_ONDEMAND): "
		       "build the modules with `make modules KVER=..`";
	case DEVICE_BAD_STORE:
		return "cache store: its filesystem will not do: it needs extended attributes and O_TMPFILE, "
		       "as ext4 has";
	case DEVICE_FAILED:
		return "kernel: cannot bind the cache";
	}
	return "?";
}
