/* SPDX-License-Identifier: MIT */
#include "base/exits.h"
#include "transport/cachefiles.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define DEVICE "/dev/cachefiles"

/* Our erofs.ko has it (hooks/modules/patches): its on-demand mode survives a read that is partly cached. */
#define SPLIT_READ_MARKER "/sys/fs/erofs/features/fscache_split_read"

static int command(int fd, const char *text)
{
	return write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

static const char *explain_failure(int err, char *buf)
{
	snprintf(buf, TRANSPORT_WHY_MAX, "kernel: cannot bind the cache: %s", strerror(err));
	return buf;
}

static const char *explain_open(int err, char *buf)
{
	switch (err) {
	case ENOENT:
	case ENXIO:
	case ENODEV:
		return "kernel: there is no " DEVICE ": the module cachefiles.ko is not in this initramfs";
	case EBUSY:
		return "kernel: " DEVICE " is in use by another daemon";
	default:
		return explain_failure(err, buf);
	}
}

static const char *explain_bind(int err, char *buf)
{
	switch (err) {
	case EINVAL: /* "bind ondemand" is an unknown argument to a kernel without the mode */
		return "kernel: its cachefiles.ko lacks on-demand mode (CONFIG_CACHEFILES_ONDEMAND): build "
		       "the "
		       "modules with `make modules KVER=..`";
	case EOPNOTSUPP: /* no xattrs, tmpfile or such on the store */
	case EPERM:
	case EROFS:
		return "cache store: its filesystem will not do: it needs extended attributes and O_TMPFILE, "
		       "as "
		       "ext4 has";
	default:
		return explain_failure(err, buf);
	}
}

/*
 * Culling is not for on-demand mode; the limits say how little space may be left. In this order, because each is checked
 * against its neighbours' old values (fs/cachefiles/daemon.c).
 */
static int prepare(int fd, const char *store)
{
	static const char *const commands[] = {"bstop 1%", "bcull 2%", "brun 3%", "tag blobroot"};
	char dir[512];
	int err;

	snprintf(dir, sizeof(dir), "dir %s", store);
	err = command(fd, dir);
	for (unsigned i = 0; !err && i < sizeof(commands) / sizeof(*commands); i++)
		err = command(fd, commands[i]);
	return err;
}

int cachefiles_bind(const char *store, int *device_out, char *why_out)
{
	char buf[TRANSPORT_WHY_MAX];
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC), err;
	const char *why = NULL;

	if (fd < 0) {
		snprintf(why_out, TRANSPORT_WHY_MAX, "%s", explain_open(errno, buf));
		return EXIT_PERMANENT;
	}
	if ((err = prepare(fd, store)))
		why = explain_failure(-err, buf);
	else if ((err = command(fd, "bind ondemand")))
		why = explain_bind(-err, buf);
	if (why) {
		snprintf(why_out, TRANSPORT_WHY_MAX, "%s", why);
		close(fd);
		return EXIT_PERMANENT;
	}
	*device_out = fd;
	return EXIT_DONE;
}

int cachefiles_resume(int device)
{
	return command(device, "restore");
}

static const char *explain_mount(int err)
{
	switch (err) {
	case ENODEV:
		return "the kernel has no EROFS: the module erofs.ko is not in this initramfs";
	case EINVAL:
	case ENOENT:
	case ENOTBLK:
		return "the kernel's erofs.ko lacks on-demand mode (CONFIG_EROFS_FS_ONDEMAND), or does not "
		       "know a mount "
		       "option or feature of this image: build the modules with `make modules KVER=..`";
	default:
		return strerror(err);
	}
}

int cachefiles_mount(const struct mount_plan *plan, const char *dir, const char *options, char *why_out)
{
	char all[1024];

	if (plan->is_compressed && access(SPLIT_READ_MARKER, F_OK)) {
		snprintf(why_out, TRANSPORT_WHY_MAX,
			 "kernel: its on-demand EROFS hangs on compressed images: build the modules with "
			 "`make modules KVER=..`, or the image without compression");
		return EXIT_PERMANENT;
	}
	snprintf(all, sizeof(all), "%s%s%s", plan->options, *options ? "," : "", options);
	if (mount(plan->source, dir, "erofs", MS_RDONLY, all)) {
		int err = errno;

		snprintf(why_out, TRANSPORT_WHY_MAX, "mount: %s", explain_mount(err));
		return err == EIO ? EXIT_TEMPORARY : EXIT_PERMANENT;
	}
	return EXIT_DONE;
}
