/* SPDX-License-Identifier: MIT */
#include "keeper/launch.h"

#include "base/counters.h"
#include "base/file.h"
#include "base/exits.h"
#include "base/layout.h"
#include "base/log.h"
#include "base/notice.h"
#include "base/record.h"
#include "keeper/choice.h"
#include "keeper/home.h"
#include "keeper/keeper.h"
#include "keeper/room.h"
#include "keeper/store_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <unistd.h>

/* The transport: the one that a probe has found, or what is found now. Returns an exit status. */
static int choose(struct launch *launch, char *why_out)
{
	int status = EXIT_DONE;

	if (launch->transport_name) {
		launch->transport = transport_find(launch->transport_name);
		if (!launch->transport) {
			snprintf(why_out, LAUNCH_WHY_MAX, "start: --transport %s: there is none of that name",
				 launch->transport_name);
			return EXIT_USAGE;
		}
	} else {
		status = choice_make(&launch->config, launch->is_native, &launch->transport, why_out);
		if (status == EXIT_DONE && !launch->is_native)
			log_note("%s", why_out);
	}
	return status == EXIT_DONE ? choice_check(&launch->config, launch->transport, launch->store != NULL,
						  &launch->cache, why_out)
				   : status;
}

/* Is there a store where one is asked for, and none else? Returns an exit status. */
static int check_store(const struct launch *launch, char *why_out)
{
	bool is_disk = room_is_disk(launch->cache), has_files = launch->transport->has_files;

	if (!launch->store && is_disk && launch->is_native) {
		snprintf(
			why_out, LAUNCH_WHY_MAX,
			"rd.blob.cache=%s: on a host that runs, the store is a directory: mount-image --store DIR",
			launch->cache);
		return EXIT_PERMANENT;
	}
	if (!launch->store && (is_disk || has_files)) {
		snprintf(why_out, LAUNCH_WHY_MAX, "start: --store DIR is missing");
		return EXIT_USAGE;
	}
	if (launch->is_kept && (!has_files || !launch->store)) {
		snprintf(why_out, LAUNCH_WHY_MAX, "start: --keep: with %s there are no files of the kernel's",
			 launch->transport->name);
		return EXIT_USAGE;
	}
	if (launch->store && !has_files && (!is_disk || (launch->is_native && launch->config.cache[0]))) {
		snprintf(why_out, LAUNCH_WHY_MAX, "rd.blob.cache=%s: and --store DIR: one of them",
			 launch->cache);
		return EXIT_PERMANENT;
	}
	return EXIT_DONE;
}

static void on_skipped(void *arg, unsigned line, const char *why)
{
	log_note("%.300s: line %u: %s", (const char *)arg, line, why);
}

/* The limits of a store on a disk: the file's and the command line's. Returns an exit status. */
static int read_limits(struct launch *launch, char *why_out)
{
	char path[512], why[LIMITS_WHY_MAX];
	struct file file;
	bool is_right;
	int err;

	limits_defaults(&launch->limits);
	snprintf(path, sizeof(path), "%.255s/" LAYOUT_LIMITS, launch->etc);
	err = file_read(AT_FDCWD, path, LAUNCH_CONF_MAX, &file);
	if (err && err != -ENOENT && err != -ENOTDIR) {
		snprintf(why_out, LAUNCH_WHY_MAX, "%.400s: %s", path, strerror(-err));
		return EXIT_PERMANENT;
	}
	if (err)
		return EXIT_DONE;
	is_right = limits_parse(&launch->limits, file.bytes, file.len, on_skipped, path, why);
	file_free(&file);
	if (is_right && launch->limits.has_secctx && access("/sys/fs/selinux/enforce", F_OK)) {
		snprintf(why, sizeof(why), "secctx: no policy is loaded here, so that it would mean nothing");
		is_right = false;
	}
	if (is_right)
		return EXIT_DONE;
	snprintf(why_out, LAUNCH_WHY_MAX, "%.400s: %s", path, why);
	return EXIT_PERMANENT;
}

int launch_read(struct launch *launch, int argc, char *const *argv, char *why_out)
{
	const struct config *config = &launch->config;
	int status = words_read(argc, argv, &launch->config, &launch->words, why_out);

	if (status == EXIT_DONE)
		status = choose(launch, why_out);
	if (status == EXIT_DONE)
		status = check_store(launch, why_out);
	if (status == EXIT_DONE && launch->store)
		status = read_limits(launch, why_out);
	if (status == EXIT_DONE)
		status = home_read(&launch->files, launch->etc, config, launch->is_native, why_out);
	if (status == EXIT_DONE && !config->roothash[0] && !config->is_insecure &&
	    !home_has_signers(launch->files)) {
		snprintf(why_out, LAUNCH_WHY_MAX,
			 "image: nothing vouches for it: add rd.blob.roothash=HEX, or a signer's "
			 "certificate in %s, or rd.blob.insecure to accept that",
			 launch->is_native ? "/etc/verity.d" : "the initramfs' /etc/verity.d");
		status = EXIT_PERMANENT;
	}
	return status;
}

void launch_forget(struct launch *launch)
{
	home_free(launch->files);
	launch->files = NULL;
}

static int socket_open(int run, const char *name, int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), yes = 1;

	if (fd < 0)
		return -errno;
	/* Relative to the run directory: its path may be longer than sun_path. */
	strcpy(address.sun_path, name);
	unlinkat(run, name, 0);
	if (fchdir(run) || bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    fchmodat(run, name, 0600, 0) || chdir("/") ||
	    (type == SOCK_STREAM ? listen(fd, 16)
				 : setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &yes, sizeof(yes)))) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

static int dir_make(int at, const char *path)
{
	int fd;

	if (mkdirat(at, path, 0755) && errno != EEXIST)
		return -errno;
	fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Memory that outlives engines. Sealed: a compromised engine could cut it short, and so kill the keeper. */
static int memory_open(const char *name, off_t size)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING), err;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, size) || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

/* A file system that is attached nowhere: it ends with its last descriptor. Returns its root, or -errno. */
static int tmpfs_make(void)
{
	int fs = (int)syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC), root, err = 0;

	if (fs < 0)
		return -errno;
	if (syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "mode", "0755", 0) ||
	    syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		err = -errno;
	root = err ? -1
		   : (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC,
				  MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	if (!err && root < 0)
		err = -errno;
	close(fs);
	return err ? err : root;
}

/* The run directory, with the sockets in it. Returns 0, or -errno with the subject in *what. */
static int make_run(const char *path, struct keeper_options *keeper, int *run_out, const char **what)
{
	int run;

	*what = path;
	run = dir_make(AT_FDCWD, path);
	if (run < 0)
		return run;
	*run_out = run;
	/* An earlier keeper's PID may be another process by now. */
	unlinkat(run, LAYOUT_PID, 0);
	*what = "control socket";
	keeper->control = socket_open(run, LAYOUT_CONTROL, SOCK_STREAM);
	if (keeper->control < 0)
		return keeper->control;
	*what = "upgrade socket";
	keeper->upgrades = socket_open(run, LAYOUT_UPGRADE, SOCK_DGRAM);
	return keeper->upgrades < 0 ? keeper->upgrades : 0;
}

/* What the keeper will hold. Returns as make_run. */
static int make_holdings(struct launch *launch, const char **what)
{
	struct engine_options *engine = &launch->keeper.engine;
	struct keeper_options *keeper = &launch->keeper.keeper;
	int err = 0;

	keeper->control = keeper->upgrades = launch->run = -1;
	if (launch->run_path)
		err = make_run(launch->run_path, keeper, &launch->run, what);
	if (err)
		return err;
	*what = launch->run_path ? launch->run_path : "tmpfs";
	engine->home = launch->run_path ? dir_make(launch->run, LAYOUT_HOME) : tmpfs_make();
	if (engine->home < 0)
		return engine->home;
	err = home_write(launch->files, engine->home);
	if (err)
		return err;
	*what = "/proc/self/exe";
	keeper->program = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	if (keeper->program < 0)
		return -errno;
	*what = "/proc";
	keeper->proc = launch->transport->has_files ? -1 : open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (keeper->proc < 0 && !launch->transport->has_files)
		return -errno;
	*what = "memfd";
	engine->counters = memory_open("blobroot counters", sizeof(struct counters));
	if (engine->counters < 0)
		return engine->counters;
	engine->hash_cache = memory_open("blobroot hashes", LAYOUT_HASH_CACHE_SIZE);
	if (engine->hash_cache < 0)
		return engine->hash_cache;
	engine->record = memory_open("blobroot record", sizeof(struct record));
	if (engine->record < 0)
		return engine->record;
	engine->kept = -1;
	if (launch->kept_kib == 0)
		return 0;
	engine->kept = memory_open("blobroot blocks", (off_t)(launch->kept_kib << 10));
	return engine->kept < 0 ? engine->kept : 0;
}

/* Are images kept for later boots where the kernel's files are? Not what nothing vouches for: it could not be proven. */
static bool keeps_images(const struct launch *launch)
{
	return launch->is_kept && (launch->config.roothash[0] || !launch->config.is_insecure);
}

/* How much there may be of blocks, in a store or in memory. Returns an exit status. */
static int make_room(struct launch *launch, char *why_out)
{
	struct engine_options *engine = &launch->keeper.engine;

	if (launch->transport->has_files)
		return room_in_store(launch->store, keeps_images(launch), &engine->room_mib, why_out);
	engine->room_mib = room_in_memory();
	return room_of_ram(launch->cache, room_available_kib(), &launch->kept_kib, why_out);
}

/* rd.blob.cache.limit=, of which a percentage is one of the device. */
static void set_limit(struct launch *launch, int store)
{
	const char *limit = launch->config.cache_limit;
	struct statfs st;

	if (!*limit)
		return;
	launch->limits.most_kib = limits_kib(
		limit, fstatfs(store, &st) ? 0 : (uint64_t)st.f_blocks * (uint64_t)st.f_bsize >> 10);
	/* 0 would be no limit, and what is more than any disk is none. */
	if (launch->limits.most_kib == 0)
		launch->limits.most_kib = 1;
	if (launch->limits.most_kib > UINT64_C(1) << 50)
		launch->limits.most_kib = 0;
}

/*
 * Opens the store on a disk. A host that boots goes on without one that cannot be used; whoever names a directory wants to know.
 * Returns an exit status.
 */
static int open_store(struct launch *launch, char *why_out)
{
	int *store = &launch->keeper.engine.store, status;
	char path[512];

	*store = -1;
	/* Empty: whoever calls has found that there is none, and said so. */
	if (!launch->store || !*launch->store || (launch->transport->has_files && !keeps_images(launch)))
		return EXIT_DONE;
	snprintf(path, sizeof(path), "%.400s%s", launch->store, launch->is_kept ? "/.." : "");
	status = store_dir_open(path, store, why_out);
	if (status == EXIT_DONE) {
		set_limit(launch, *store);
		limits_format(&launch->limits, launch->keeper.engine.limits);
	}
	if (status != EXIT_DONE && launch->is_kept)
		return EXIT_STORE;
	if (status == EXIT_DONE || launch->is_native || launch->is_alone)
		return status;
	log_error("%s: going on without it", why_out);
	return EXIT_DONE;
}

int launch_prepare(struct launch *launch, char *why_out)
{
	struct engine_options *engine = &launch->keeper.engine;
	struct transport_ends ends;
	const char *what;
	int status, err;

	engine->notices = -1;
	snprintf(engine->alone, sizeof(engine->alone), "%s", launch->is_alone ? "yes" : "");
	snprintf(engine->proven, sizeof(engine->proven), "%s", launch->proven ? launch->proven : "");
	snprintf(engine->transport, sizeof(engine->transport), "%s", transport_option(launch->transport));
	launch->keeper.words = launch->words.list;
	launch->keeper.word_count = launch->words.count;
	/* First: only one daemon can have it, and one that fails here must not touch the other's files. */
	status = launch->transport->bind(launch->store, keeps_images(launch) ? &launch->limits : NULL,
					 launch->config.records_exactly, &ends, why_out);
	if (status != EXIT_DONE)
		return status;
	engine->device = ends.device;
	launch->tree = ends.tree;
	launch->keeper.keeper.tree = launch->keeps_tree ? ends.tree : -1;
	status = make_room(launch, why_out);
	/* Another store may have more. */
	if (status == EXIT_PERMANENT && launch->is_kept)
		status = EXIT_STORE;
	if (status == EXIT_DONE)
		status = open_store(launch, why_out);
	if (status != EXIT_DONE)
		return status;
	err = make_holdings(launch, &what);
	if (err) {
		snprintf(why_out, LAUNCH_WHY_MAX, "%.400s: %s", what, strerror(-err));
		return EXIT_TEMPORARY;
	}
	return EXIT_DONE;
}

/* systemd spares a process whose first argument begins with '@' (its "root storage daemons" page). */
static void set_title(int argc, char **argv)
{
	size_t size = (size_t)(argv[argc - 1] + strlen(argv[argc - 1]) - argv[0]);

	memset(argv[0], 0, size);
	snprintf(argv[0], size + 1, "@blobrootd keeper");
}

/* In the child: detaches from start as far as possible. */
static void become_keeper(struct handover *keeper, int argc, char **argv, const char *oom)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), fd;

	setsid();
	if (!getenv(LOG_STDERR_ENV) && null >= 0) {
		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
	}
	fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		ssize_t ignored = write(fd, oom, strlen(oom));

		(void)ignored;
		close(fd);
	}
	set_title(argc, argv);
	_exit(keeper_run(keeper));
}

pid_t launch_keeper(struct launch *launch, int argc, char **argv, int *answer_out)
{
	struct handover *keeper = &launch->keeper;
	int pipe_fds[2];
	pid_t pid;

	if (pipe2(pipe_fds, O_CLOEXEC))
		return -errno;
	keeper->keeper.ready = pipe_fds[1];
	pid = fork();
	if (pid < 0)
		pid = -errno;
	if (pid == 0) {
		close(pipe_fds[0]);
		if (launch->run >= 0)
			close(launch->run);
		if (launch->tree >= 0 && !launch->keeps_tree)
			close(launch->tree);
		become_keeper(keeper, argc, argv, "-1000");
	}
	close(pipe_fds[1]);
	*answer_out = pipe_fds[0];
	return pid;
}

int launch_wait(int fd, char *text_out)
{
	char line[NOTICE_TEXT_MAX + 16];
	size_t have = 0;
	ssize_t got;
	char *text;
	long status;

	while ((got = read(fd, line + have, sizeof(line) - 1 - have)) > 0 || (got < 0 && errno == EINTR))
		if (got > 0)
			have += (size_t)got;
	line[have] = '\0';
	if (have == 0) {
		snprintf(text_out, NOTICE_TEXT_MAX, "keeper: died");
		return EXIT_TEMPORARY;
	}
	line[strcspn(line, "\n")] = '\0';
	status = strtol(line, &text, 10);
	snprintf(text_out, NOTICE_TEXT_MAX, "%s", text + (*text == ' '));
	return (int)status;
}

/* Written whole or not at all: it may be read at any time. Errors: -errno. */
static int write_pid(int run, pid_t pid)
{
	static const char unfinished[] = LAYOUT_PID ".new";
	int fd = openat(run, unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644),
	    err = 0;

	if (fd < 0)
		return -errno;
	if (dprintf(fd, "%d\n", (int)pid) < 0 || fchmod(fd, 0644))
		err = -errno;
	close(fd);
	if (!err && renameat(run, unfinished, run, LAYOUT_PID))
		err = -errno;
	return err;
}

void launch_write_pid(const struct launch *launch, pid_t pid)
{
	int err = launch->run < 0 ? 0 : write_pid(launch->run, pid);

	if (err)
		log_error("%.400s/" LAYOUT_PID ": %s", launch->run_path, strerror(-err));
}
