/* SPDX-License-Identifier: MIT */
#include "base/exits.h"
#include "base/layout.h"
#include "base/log.h"
#include "transport/erofs_mount.h"
#include "transport/fuse.h"
#include "transport/fuse_msg.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DEVICE "/dev/fuse"
/* What /proc/mounts says that the image is on: a name that leads to the served file while EROFS opens it. */
#define SOURCE_NAME "image"
#define SOURCE      LAYOUT_RUN "/" SOURCE_NAME

enum {
	INIT_MS = 10000,  /* the kernel's first message is there at once; this is for hosts that hardly run */
	SOURCE_TRIES = 8, /* another mount may remove the directory meanwhile */
};

/* -- bind ----------------------------------------------------------------------------------------------------------- */

static void explain(char *why_out, const char *what, int err)
{
	snprintf(why_out, TRANSPORT_WHY_MAX, "kernel: %s: %s", what, strerror(err));
}

static int set(int fs, const char *key, const char *value)
{
	return syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, key, value, 0) ? -errno : 0;
}

/* Only root's processes may open the files, and only through the mount that we have. */
static int configure(int fs, int device)
{
	char number[16], read_max[16];
	const char *const options[][2] = {{"source", "blobroot"}, {"fd", number},    {"rootmode", "40000"},
					  {"user_id", "0"},       {"group_id", "0"}, {"max_read", read_max},
					  {"subtype", "blobroot"}};
	int err = 0;

	snprintf(number, sizeof(number), "%d", device);
	snprintf(read_max, sizeof(read_max), "%d", (int)FUSE_MSG_READ_MAX);
	for (unsigned i = 0; !err && i < sizeof(options) / sizeof(*options); i++)
		err = set(fs, options[i][0], options[i][1]);
	if (!err && syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		err = -errno;
	return err;
}

/*
 * A mount that is attached nowhere: it ends with the last descriptor, and the last file that is open in it. An engine that
 * was taken over may serve anything in it, and nothing of that may lead out of it, or do anything.
 */
static int make_tree(int device)
{
	int fs = (int)syscall(SYS_fsopen, "fuse", FSOPEN_CLOEXEC), tree, err;

	if (fs < 0)
		return -errno;
	err = configure(fs, device);
	tree = err ? -1
		   : (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC,
				  MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
					  MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSYMFOLLOW);
	if (!err && tree < 0)
		err = -errno;
	close(fs);
	return err ? err : tree;
}

/*
 * A host's sysctl.d may set how long an answer takes at most (Linux 6.15), after which the kernel ends the connection: an
 * outage of the network would end the root. What holds when the first message is answered holds for ever, so these are 0
 * meanwhile.
 */
static const char *const time_limits[] = {"/proc/sys/fs/fuse/max_request_timeout",
					  "/proc/sys/fs/fuse/default_request_timeout"};
enum { TIME_LIMITS = sizeof(time_limits) / sizeof(*time_limits), TIME_LIMIT_MAX = 32 };

/* Errors: -errno. */
static int write_limit(unsigned i, const char *text)
{
	int fd = open(time_limits[i], O_WRONLY | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return err;
}

/* What was taken away; empty: nothing. */
static void lift_limits(char limits_out[TIME_LIMITS][TIME_LIMIT_MAX])
{
	for (unsigned i = 0; i < TIME_LIMITS; i++) {
		int fd = open(time_limits[i], O_RDONLY | O_CLOEXEC);
		ssize_t got = fd < 0 ? 0 : read(fd, limits_out[i], TIME_LIMIT_MAX - 1);
		unsigned long seconds;
		int err;

		limits_out[i][got > 0 ? got : 0] = '\0';
		if (fd >= 0)
			close(fd);
		seconds = strtoul(limits_out[i], NULL, 10);
		if (seconds == 0)
			limits_out[i][0] = '\0';
		else if ((err = write_limit(i, "0")))
			log_error(
				"fuse: %s is %lu, and cannot be lifted: %s: the root ends when the network is away for longer",
				time_limits[i], seconds, strerror(-err));
	}
}

static void put_limits_back(char limits[TIME_LIMITS][TIME_LIMIT_MAX])
{
	for (unsigned i = 0; i < TIME_LIMITS; i++)
		if (limits[i][0])
			(void)write_limit(i, limits[i]);
}

/* Answers the kernel's first message, so that engines never see it. Returns NULL, or why not. */
static const char *agree(int device, bool reads_ahead)
{
	struct {
		struct fuse_out_header header;
		struct fuse_init_out init;
	} out = {.header = {.len = sizeof(out)}};
	struct pollfd wait = {.fd = device, .events = POLLIN};
	char limits[TIME_LIMITS][TIME_LIMIT_MAX];
	uint8_t message[FUSE_MSG_MAX];
	ssize_t got;
	int err;

	if (poll(&wait, 1, INIT_MS) <= 0)
		return "its FUSE says nothing";
	got = read(device, message, sizeof(message));
	if (got < 0)
		return strerror(errno);
	switch (fuse_msg_agree(message, (size_t)got, reads_ahead ? (uint32_t)sysconf(_SC_PAGESIZE) : 0,
			       &out.header.unique, &out.init)) {
	case FUSE_MSG_INIT_OK:
		break;
	case FUSE_MSG_INIT_OTHER:
		return "its FUSE says something else than what it should begin with";
	case FUSE_MSG_INIT_OLD:
		return "its FUSE is too old";
	case FUSE_MSG_INIT_FORGETS:
		return "its FUSE cannot repeat requests when an engine has died (Linux 6.9 can)";
	}
	lift_limits(limits);
	err = write(device, &out, sizeof(out)) < 0 ? errno : 0;
	put_limits_back(limits);
	return err ? strerror(err) : NULL;
}

static int open_device(char *why_out)
{
	int device = open(DEVICE, O_RDWR | O_CLOEXEC | O_NONBLOCK);

	if (device >= 0)
		return device;
	if (errno == ENOENT || errno == ENXIO || errno == ENODEV)
		snprintf(why_out, TRANSPORT_WHY_MAX,
			 "kernel: there is no " DEVICE
			 ": it has no FUSE, or the module fuse.ko is not in this initramfs");
	else
		explain(why_out, DEVICE, errno);
	return -1;
}

int fuse_open(bool reads_ahead, struct transport_ends *ends_out, char *why_out)
{
	int device = open_device(why_out), tree;
	const char *why;

	if (device < 0)
		return EXIT_PERMANENT;
	tree = make_tree(device);
	if (tree < 0) {
		explain(why_out, "cannot make a FUSE mount", -tree);
		close(device);
		return EXIT_PERMANENT;
	}
	why = agree(device, reads_ahead);
	if (why) {
		snprintf(why_out, TRANSPORT_WHY_MAX, "kernel: %s", why);
		close(tree);
		close(device);
		return EXIT_PERMANENT;
	}
	*ends_out = (struct transport_ends){.device = device, .tree = tree};
	return EXIT_DONE;
}

int fuse_bind(const char *store, const struct limits *limits, bool is_exact, struct transport_ends *ends_out,
	      char *why_out)
{
	(void)store;
	(void)limits;
	return fuse_open(!is_exact, ends_out, why_out);
}

/* -- afterwards ----------------------------------------------------------------------------------------------------- */

int fuse_resume(int device)
{
	struct fuse_out_header resend = fuse_msg_resend();
	int err = write(device, &resend, sizeof(resend)) < 0 ? -errno : 0;

	/* It says so in different ways if nobody is left who waits. */
	return err == -ENODEV || err == -ENOTCONN || fuse_is_over(device) ? 0 : err;
}

bool fuse_is_over(int device)
{
	struct pollfd state = {.fd = device};

	return poll(&state, 1, 0) == 1 && state.revents & POLLERR;
}

/* -- mount ---------------------------------------------------------------------------------------------------------- */

/* Plans come from the engine, which may have been taken over: it must not lead anywhere else. */
static bool is_ours(const struct mount_plan *plan)
{
	return !strchr(plan->source, '/') && strcmp(plan->source, ".") != 0 &&
	       strcmp(plan->source, "..") != 0 && strcmp(plan->options, "-") == 0;
}

const char *fuse_explain_mount(enum fs_mount_step step, int err, const char *said)
{
	(void)said;
	return step == FS_MOUNT_SOURCE && err == ENOTBLK
		       ? "the kernel's EROFS cannot read from a file (CONFIG_EROFS_FS_BACKED_BY_FILE, Linux 6.12)"
		       : NULL;
}

/*
 * Makes SOURCE lead to the file, while nobody else can. Returns the directory of SOURCE, to be given to source_end, or
 * -errno.
 */
static int source_begin(int file)
{
	char target[32];
	int dir, err;

	snprintf(target, sizeof(target), "/proc/self/fd/%d", file);
	for (unsigned tries = 0; tries < SOURCE_TRIES; tries++) {
		if (mkdir(LAYOUT_RUN, 0755) && errno != EEXIST)
			return -errno;
		dir = open(LAYOUT_RUN, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (dir < 0 && errno != ENOENT)
			return -errno;
		if (dir < 0)
			continue;
		if (flock(dir, LOCK_EX)) {
			err = -errno;
			close(dir);
			return err;
		}
		unlinkat(dir, SOURCE_NAME, 0);
		if (symlinkat(target, dir, SOURCE_NAME) == 0)
			return dir;
		err = -errno;
		close(dir);
		if (err != -ENOENT)
			return err;
	}
	return -EAGAIN;
}

static void source_end(int dir)
{
	unlinkat(dir, SOURCE_NAME, 0);
	/* It stays if anything else is in it. */
	rmdir(LAYOUT_RUN);
	close(dir);
}

/* Blobs beside the image have names without a path, which lead into the tree from there. */
static int mount_file(int tree, int file, const struct mount_plan *plan, const char *dir, const char *options,
		      char *why_out)
{
	const struct erofs_mount mount = {.plan = plan,
					  .source = SOURCE,
					  .own = "",
					  .options = options,
					  .dir = dir,
					  .explain = fuse_explain_mount};
	int source = source_begin(file), status;

	if (source < 0 || fchdir(tree)) {
		explain(why_out, SOURCE, source < 0 ? -source : errno);
		if (source >= 0)
			source_end(source);
		return EXIT_TEMPORARY;
	}
	status = erofs_mount(&mount, why_out);
	source_end(source);
	return status;
}

int fuse_mount(int tree, const struct mount_plan *plan, const char *dir, const char *options, char *why_out)
{
	char path[4096];
	int file, status;

	if (!is_ours(plan)) {
		snprintf(why_out, TRANSPORT_WHY_MAX,
			 "mount: the engine's plan asks for more than the image: was it taken over?");
		return EXIT_PERMANENT;
	}
	/* Before the working directory changes. */
	if (!realpath(dir, path)) {
		snprintf(why_out, TRANSPORT_WHY_MAX, "mount: %.400s: %s", dir, strerror(errno));
		return EXIT_PERMANENT;
	}
	file = openat(tree, plan->source, O_RDONLY | O_CLOEXEC);
	if (file < 0) {
		snprintf(why_out, TRANSPORT_WHY_MAX, "mount: the served file cannot be opened: %s",
			 strerror(errno));
		return EXIT_TEMPORARY;
	}
	status = mount_file(tree, file, plan, path, options, why_out);
	close(file);
	return status;
}
