/* SPDX-License-Identifier: MIT */
#include "base/exits.h"
#include "transport/cachefiles.h"
#include "transport/erofs_features.h"
#include "transport/fs_mount.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DEVICE "/dev/cachefiles"

/* Only our erofs.ko has them (hooks/modules/patches): its on-demand mode survives a partly cached read, and ends a hole. */
#define SPLIT_READ_MARKER EROFS_FEATURES_DIR "/fscache_split_read"
#define HOLES_MARKER      EROFS_FEATURES_DIR "/fscache_holes"

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
		       "the modules with `make modules KVER=..`";
	case EOPNOTSUPP: /* no xattrs, tmpfile or such on the store */
	case EPERM:
	case EROFS:
		return "cache store: its filesystem will not do: it needs extended attributes and "
		       "O_TMPFILE, as ext4 has";
	default:
		return explain_failure(err, buf);
	}
}

/*
 * On-demand mode never culls; the limits say how little space may be left. In this order, because each is
 * checked against its neighbours' old values (fs/cachefiles/daemon.c).
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

/* The kernel reads what lies there under the right name without asking, so nobody would have verified it. */
static bool is_empty(const char *store, char *why_out)
{
	DIR *dir = opendir(store);
	struct dirent *entry = NULL;

	errno = 0;
	while (dir && (entry = readdir(dir)) &&
	       (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0))
		;
	if (entry)
		snprintf(
			why_out, TRANSPORT_WHY_MAX,
			"cache store: %.300s is not empty: the kernel would use what lies there, and nothing "
			"has verified it",
			store);
	else if (errno)
		snprintf(why_out, TRANSPORT_WHY_MAX, "cache store: %.300s: %s", store, strerror(errno));
	if (dir)
		closedir(dir);
	return !*why_out;
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
	*why_out = '\0';
	if (!is_empty(store, why_out)) {
		close(fd);
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

/* Does the kernel not know the option that names the image? */
static bool lacks_mode(const char *said)
{
	return strstr(said, "fsid option not supported") || strstr(said, "Unknown parameter 'fsid'");
}

/* Errors with which EROFS refuses an image: damaged, an unknown feature, a missing blob. */
static bool is_refusal(int err)
{
	return err == EINVAL || err == EBADMSG || err == EUCLEAN || err == EOPNOTSUPP;
}

static unsigned count_devices(const char *options)
{
	unsigned count = 0;

	for (const char *at = options; at; at = strchr(at, ','), at += at != NULL)
		count += strncmp(at, "device=", strlen("device=")) == 0;
	return count;
}

/* What is known to fail, or to read wrong bytes, before the kernel is asked. */
static bool is_hopeless(const struct mount_plan *plan, const char *options, char *why_out)
{
	char names[TRANSPORT_WHY_MAX / 2];

	if (plan->is_compressed && access(SPLIT_READ_MARKER, F_OK))
		snprintf(why_out, TRANSPORT_WHY_MAX,
			 "kernel: its on-demand EROFS hangs on compressed images: build the modules with "
			 "`make modules KVER=..`, or the image without compression");
	else if (plan->features & EROFS_FEATURE_CHUNKED && access(HOLES_MARKER, F_OK))
		snprintf(
			why_out, TRANSPORT_WHY_MAX,
			"kernel: its on-demand EROFS reads zeros behind the holes of chunked files: build the "
			"modules with `make modules KVER=..`, or the image without chunks");
	else if (erofs_features_missing(plan->features, EROFS_FEATURES_DIR, names, sizeof(names)))
		snprintf(why_out, TRANSPORT_WHY_MAX,
			 "mount: the image needs what this kernel's EROFS does not have: %s", names);
	else if (plan->nameless && !count_devices(options))
		snprintf(
			why_out, TRANSPORT_WHY_MAX,
			"mount: the image goes on in %u blobs beside it, and does not have their names: name each, "
			"in order: rootflags=device=NAME,..",
			(unsigned)plan->nameless);
	else
		return false;
	return true;
}

/* The kernel's own messages, where there are any, go before errno's text. */
static void explain_mount(enum fs_mount_step step, int err, const char *said, char *why_out)
{
	const char *colon = *said ? ": " : "";

	if (step == FS_MOUNT_TYPE && err == ENODEV)
		snprintf(why_out, TRANSPORT_WHY_MAX,
			 "mount: the kernel has no EROFS: the module erofs.ko is not in this initramfs");
	else if (lacks_mode(said))
		snprintf(why_out, TRANSPORT_WHY_MAX,
			 "mount: the kernel's erofs.ko lacks on-demand mode (CONFIG_EROFS_FS_ONDEMAND): "
			 "build the modules with `make modules KVER=..`: it says: %s",
			 said);
	else if (step == FS_MOUNT_WRITE)
		snprintf(
			why_out, TRANSPORT_WHY_MAX,
			"mount: rw: an image is read-only: leave it out; what is written goes to rd.blob.overlay=");
	else if (step == FS_MOUNT_SOURCE && err == ENODEV)
		snprintf(why_out, TRANSPORT_WHY_MAX, "mount: a blob beside the image cannot be opened%s%s",
			 colon, said);
	else if (step == FS_MOUNT_SOURCE && is_refusal(err))
		snprintf(why_out, TRANSPORT_WHY_MAX,
			 "mount: the kernel's EROFS refuses the image, or rootflags=: %s%s%s", said, colon,
			 strerror(err));
	else
		snprintf(why_out, TRANSPORT_WHY_MAX, "mount: %s%s%s", said, colon, strerror(err));
}

/* Plans come from the engine, which may have been taken over: it must not add options, or name another source. */
static bool is_ours(const struct mount_plan *plan)
{
	return strcmp(plan->source, "none") == 0 && strncmp(plan->options, "fsid=", 5) == 0 &&
	       plan->options[5] && !strchr(plan->options, ',');
}

int cachefiles_mount(const struct mount_plan *plan, const char *dir, const char *options, char *why_out)
{
	char all[1024], said[TRANSPORT_WHY_MAX / 2];
	enum fs_mount_step step;
	int err;

	if (!is_ours(plan)) {
		snprintf(why_out, TRANSPORT_WHY_MAX,
			 "mount: the engine's plan asks for more than the image: was it taken over?");
		return EXIT_PERMANENT;
	}
	if (is_hopeless(plan, options, why_out))
		return EXIT_PERMANENT;
	snprintf(all, sizeof(all), "%s%s%s", plan->options, *options ? "," : "", options);
	err = fs_mount("erofs", plan->source, all, dir, &step, said, sizeof(said));
	if (!err)
		return EXIT_DONE;
	explain_mount(step, -err, said, why_out);
	return err == -EIO ? EXIT_TEMPORARY : EXIT_PERMANENT;
}
