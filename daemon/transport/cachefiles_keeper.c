/* SPDX-License-Identifier: MIT */
#include "base/exits.h"
#include "base/limits.h"
#include "base/log.h"
#include "transport/cachefiles.h"
#include "transport/cachefiles_kept.h"
#include "transport/erofs_features.h"
#include "transport/erofs_mount.h"
#include "transport/mount_words.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
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

static int command_number(int fd, const char *word, unsigned number, const char *unit)
{
	char text[64];

	snprintf(text, sizeof(text), "%s %u%s", word, number, unit);
	return command(fd, text);
}

/* In this order, because each is checked against its neighbours' old values (fs/cachefiles/daemon.c). */
static int set_shares(int fd, const char *const words[3], unsigned stop, unsigned cull, unsigned run)
{
	int err = command_number(fd, words[0], stop, "%");

	if (!err)
		err = command_number(fd, words[1], stop + 1, "%");
	if (!err)
		err = command_number(fd, words[2], run, "%");
	return err ? err : command_number(fd, words[1], cull, "%");
}

/*
 * On-demand mode never culls; the limits say how little space may be left. In a store that keeps images they are the engine's
 * matter: there is room for the whole image before the kernel needs it. So the kernel stops at nothing, where it would fail reads.
 */
static int prepare(int fd, const char *store, const struct limits *limits)
{
	static const char *const blocks[] = {"bstop", "bcull", "brun"}, *const files[] = {"fstop", "fcull",
											  "frun"};
	char text[512];
	int err;

	snprintf(text, sizeof(text), "dir %s", store);
	err = command(fd, text);
	if (!err)
		err = limits ? set_shares(fd, blocks, 0, limits->bcull, limits->brun)
			     : set_shares(fd, blocks, 1, 2, 3);
	if (!err && limits)
		err = set_shares(fd, files, 0, limits->fcull, limits->frun);
	if (!err && limits && limits->debug)
		err = command_number(fd, "debug", limits->debug, "");
	snprintf(text, sizeof(text), "tag %s", limits ? limits->tag : "blobroot");
	return err ? err : command(fd, text);
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

/*
 * The kernel's EROFS has the option that names the image only where cachefiles.ko was built with on-demand mode, too. Without
 * the mode Linux 6.12 takes the option all the same, and says in the context's log that it is not supported.
 */
static bool has_mode(void)
{
	int fs = (int)syscall(SYS_fsopen, "erofs", FSOPEN_CLOEXEC);
	bool is_known = fs >= 0 && syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "fsid", "probe", 0) == 0;
	char said[128];

	if (is_known && read(fs, said, sizeof(said)) >= 0)
		is_known = false;
	if (fs >= 0)
		close(fs);
	return is_known;
}

/* To bind, too, needs a store; and the kernel would print errors on the console when it is given none. */
int cachefiles_probe(char *why_out)
{
	char buf[TRANSPORT_WHY_MAX];
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC);

	if (fd < 0) {
		snprintf(why_out, TRANSPORT_WHY_MAX, "%s", explain_open(errno, buf));
		return EXIT_PERMANENT;
	}
	close(fd);
	*why_out = '\0';
	if (!has_mode()) {
		snprintf(
			why_out, TRANSPORT_WHY_MAX,
			"kernel: its erofs.ko lacks on-demand mode (CONFIG_EROFS_FS_ONDEMAND): build the modules "
			"with `make modules KVER=..`");
		return EXIT_PERMANENT;
	}
	/* cachefiles_mount refuses such images. */
	if (access(SPLIT_READ_MARKER, F_OK) || access(HOLES_MARKER, F_OK))
		snprintf(
			why_out, TRANSPORT_WHY_MAX,
			"kernel: its erofs.ko cannot have compressed or chunked images: build the modules with "
			"`make modules KVER=..`");
	return EXIT_DONE;
}

int cachefiles_bind(const char *store, const struct limits *limits, bool is_exact,
		    struct transport_ends *ends_out, char *why_out)
{
	char buf[TRANSPORT_WHY_MAX];
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC), tree = -1, err = 0;
	const char *why = NULL;

	/* It never asks for more. */
	(void)is_exact;
	if (fd < 0) {
		snprintf(why_out, TRANSPORT_WHY_MAX, "%s", explain_open(errno, buf));
		return EXIT_PERMANENT;
	}
	*why_out = '\0';
	if (!is_empty(store, why_out)) {
		close(fd);
		return EXIT_PERMANENT;
	}
	if ((err = prepare(fd, store, limits)))
		why = explain_failure(-err, buf);
	else if (limits && (tree = open(store, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
		why = explain_failure(errno, buf);
	else if ((err = command(fd, "bind ondemand")))
		why = explain_bind(-err, buf);
	if (why) {
		snprintf(why_out, TRANSPORT_WHY_MAX, "%s", why);
		if (tree >= 0)
			close(tree);
		close(fd);
		/* What is not the kernel's fault may be the file system's. */
		return limits && err && err != -EINVAL && err != -EBUSY && err != -ENOMEM ? EXIT_STORE
											  : EXIT_PERMANENT;
	}
	*ends_out = (struct transport_ends){.device = fd, .tree = tree};
	return EXIT_DONE;
}

int cachefiles_resume(int device)
{
	return command(device, "restore");
}

static const char *explain_mount(enum fs_mount_step step, int err, const char *said)
{
	(void)step;
	(void)err;
	return strstr(said, "fsid option not supported") || strstr(said, "Unknown parameter 'fsid'")
		       ? "the kernel's erofs.ko lacks on-demand mode (CONFIG_EROFS_FS_ONDEMAND): build the modules "
			 "with `make modules KVER=..`"
		       : NULL;
}

/* What is known to read wrong bytes, or to hang. */
static bool is_dangerous(const struct mount_plan *plan, char *why_out)
{
	if (plan->is_compressed && access(SPLIT_READ_MARKER, F_OK))
		snprintf(why_out, TRANSPORT_WHY_MAX,
			 "kernel: its on-demand EROFS hangs on compressed images: build the modules with "
			 "`make modules KVER=..`, or the image without compression");
	else if (plan->features & EROFS_FEATURE_CHUNKED && access(HOLES_MARKER, F_OK))
		snprintf(
			why_out, TRANSPORT_WHY_MAX,
			"kernel: its on-demand EROFS reads zeros behind the holes of chunked files: build the "
			"modules with `make modules KVER=..`, or the image without chunks");
	else
		return false;
	return true;
}

/* Plans come from the engine, which may have been taken over: it must not add options, or name another source. */
static bool is_ours(const struct mount_plan *plan)
{
	return strcmp(plan->source, "none") == 0 && strncmp(plan->options, "fsid=", 5) == 0 &&
	       plan->options[5] && !strchr(plan->options, ',');
}

/* What the store has of the image is the kernel's from now on. */
static void keep(int tree, const struct mount_plan *plan, const char *options)
{
	const char *key = strchr(plan->options, '=') + 1;
	char domain[256];
	const char *what;

	if (!mount_words_find(options, "domain_id", domain, sizeof(domain)))
		snprintf(domain, sizeof(domain), "%s", key);
	what = cachefiles_keep(tree, plan->kept, key, domain);
	if (what)
		log_error(
			"store: %s: %s: the kernel makes a file of its own for this boot, and nothing is kept",
			what, strerror(errno));
}

int cachefiles_mount(int tree, const struct mount_plan *plan, const char *dir, const char *options,
		     char *why_out)
{
	const struct erofs_mount mount = {.plan = plan,
					  .source = plan->source,
					  .own = plan->options,
					  .options = options,
					  .dir = dir,
					  .explain = explain_mount};

	if (!is_ours(plan)) {
		snprintf(why_out, TRANSPORT_WHY_MAX,
			 "mount: the engine's plan asks for more than the image: was it taken over?");
		return EXIT_PERMANENT;
	}
	if (is_dangerous(plan, why_out))
		return EXIT_PERMANENT;
	if (tree >= 0 && plan->kept[0])
		keep(tree, plan, options);
	return erofs_mount(&mount, why_out);
}
