/* SPDX-License-Identifier: MIT */
#include "keeper/start.h"

#include "base/counters.h"
#include "base/exits.h"
#include "base/layout.h"
#include "base/log.h"
#include "base/notice.h"
#include "keeper/home.h"
#include "keeper/keeper.h"
#include "transport/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Refuses what this version of blobroot cannot do. Returns an exit status. */
static int check_possible(const struct config *config, const struct transport **transport_out, char *why_out)
{
	char names[64];

	*transport_out = transport_find(config->transport);
	if (!*transport_out) {
		transport_names(names, sizeof(names));
		snprintf(why_out, WORDS_WHY_MAX, "rd.blob.transport=%s: this version has %s only",
			 config->transport, names);
		return EXIT_PERMANENT;
	}
	if (strcmp(config->profile, "auto") != 0 && strcmp(config->profile, "none") != 0) {
		snprintf(why_out, WORDS_WHY_MAX, "rd.blob.profile=: this version has no profiles yet");
		return EXIT_PERMANENT;
	}
	return EXIT_DONE;
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

/* Creates the run directory and what the keeper will hold. Returns 0, or -errno with the subject in *what. */
static int prepare(const char *run_path, const struct home_files *files, struct handover *keeper,
		   int *run_out, const char **what)
{
	int run, err;

	*what = run_path;
	run = dir_make(AT_FDCWD, run_path);
	if (run < 0)
		return run;
	*run_out = run;
	/* An earlier keeper's PID may be another process by now. */
	unlinkat(run, LAYOUT_PID, 0);
	keeper->engine.home = dir_make(run, LAYOUT_HOME);
	if (keeper->engine.home < 0)
		return keeper->engine.home;
	err = home_write(files, keeper->engine.home);
	if (err)
		return err;
	*what = "control socket";
	keeper->keeper.control = socket_open(run, LAYOUT_CONTROL, SOCK_STREAM);
	if (keeper->keeper.control < 0)
		return keeper->keeper.control;
	*what = "upgrade socket";
	keeper->keeper.upgrades = socket_open(run, LAYOUT_UPGRADE, SOCK_DGRAM);
	if (keeper->keeper.upgrades < 0)
		return keeper->keeper.upgrades;
	*what = "/proc/self/exe";
	keeper->keeper.program = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	if (keeper->keeper.program < 0)
		return -errno;
	*what = "memfd";
	keeper->engine.counters = memory_open("blobroot counters", sizeof(struct counters));
	if (keeper->engine.counters < 0)
		return keeper->engine.counters;
	keeper->engine.hash_cache = memory_open("blobroot hashes", LAYOUT_HASH_CACHE_SIZE);
	return keeper->engine.hash_cache < 0 ? keeper->engine.hash_cache : 0;
}

/*
 * For a service manager that treats the keeper as a service's main process (systemd's Type=forking,
 * PIDFile=). Written whole or not at all: it may be read at any time. Errors: -errno.
 */
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

/* systemd spares a process whose first argument begins with '@' (its "root storage daemons" page). */
static void set_title(int argc, char **argv)
{
	size_t size = (size_t)(argv[argc - 1] + strlen(argv[argc - 1]) - argv[0]);

	memset(argv[0], 0, size);
	snprintf(argv[0], size + 1, "@blobrootd keeper");
}

int start_wait(int fd)
{
	char line[NOTICE_TEXT_MAX + 16];
	size_t have = 0;
	ssize_t got;
	char *why;
	long status;

	while ((got = read(fd, line + have, sizeof(line) - 1 - have)) > 0 || (got < 0 && errno == EINTR))
		if (got > 0)
			have += (size_t)got;
	line[have] = '\0';
	if (have == 0) {
		fprintf(stderr, "keeper: died\n");
		return EXIT_TEMPORARY;
	}
	status = strtol(line, &why, 10);
	if (status != EXIT_DONE)
		fputs(why + (*why == ' '), stderr);
	return (int)status;
}

enum {
	/* Less is too little for what a root reads all the time: it would come up, and fail at its first new page. */
	STORE_ROOM_LEAST_MIB = 12,
	/* What one mount takes of them: 257 for the kernel's volume, and the blobs. */
	STORE_INODES_LEAST = 300,
	/* Of the memory, where there is no store. */
	MEMORY_SHARE = 32,
	MEMORY_LEAST_MIB = 8,
	MEMORY_MOST_MIB = 64,
};

/*
 * MiB that the store can take: its free space, less 1/64 for the file system's maps of a file's blocks, and
 * less 2 % of its size: the kernel stops at 1 % (the transport's bind). 0 if there is none.
 */
static int store_room_mib(const struct statfs *st)
{
	uint64_t bytes = (uint64_t)st->f_bavail * (uint64_t)st->f_bsize, free_mib;

	bytes -= bytes / 64;
	if (bytes < (uint64_t)st->f_blocks * (uint64_t)st->f_bsize / 50)
		return 0;
	free_mib = (bytes - (uint64_t)st->f_blocks * (uint64_t)st->f_bsize / 50) >> 20;
	return free_mib > INT_MAX ? INT_MAX : (int)free_mib;
}

/* Is there room in the store, and how much? Returns an exit status. */
static int store_measure(const char *store, int *room_mib_out, char *why_out)
{
	struct statfs st;

	*room_mib_out = 0;
	if (statfs(store, &st)) {
		snprintf(why_out, WORDS_WHY_MAX, "cache store: %.300s: %s", store, strerror(errno));
		return EXIT_PERMANENT;
	}
	*room_mib_out = store_room_mib(&st);
	if (*room_mib_out < STORE_ROOM_LEAST_MIB) {
		snprintf(
			why_out, WORDS_WHY_MAX,
			"cache store: %.300s has room for %d MiB only, and needs %d: the kernel leaves 2 %% of "
			"its file system free",
			store, *room_mib_out, STORE_ROOM_LEAST_MIB);
		return EXIT_PERMANENT;
	}
	/* Some file systems make inodes as they are needed, and say that they have none. */
	if (st.f_files > 0 && st.f_ffree < STORE_INODES_LEAST) {
		snprintf(
			why_out, WORDS_WHY_MAX,
			"cache store: the file system of %.300s has %d free inodes only, and a mount needs %d",
			store, (int)st.f_ffree, STORE_INODES_LEAST);
		return EXIT_PERMANENT;
	}
	return EXIT_DONE;
}

/* MiB of memory for what the kernel has not asked for yet: a 32nd of what the host has. */
static int memory_room_mib(void)
{
	struct sysinfo info;
	uint64_t mib = sysinfo(&info) ? 0 : ((uint64_t)info.totalram * info.mem_unit) >> 20;

	mib /= MEMORY_SHARE;
	return mib < MEMORY_LEAST_MIB ? MEMORY_LEAST_MIB : mib > MEMORY_MOST_MIB ? MEMORY_MOST_MIB : (int)mib;
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

/* What the command line and the initramfs' /etc say. */
struct request {
	struct config config;
	struct words words;
	const struct transport *transport;
	struct home_files *files;
};

/* Changes nothing outside of this process. Returns an exit status. */
static int read_request(const char *store, const char *etc, int argc, char **argv,
			struct request *request_out, char *why_out)
{
	const struct config *config = &request_out->config;
	int status = words_read(argc, argv, &request_out->config, &request_out->words, why_out);

	if (status == EXIT_DONE)
		status = check_possible(config, &request_out->transport, why_out);
	if (status == EXIT_DONE && request_out->transport->has_files && !store) {
		snprintf(why_out, WORDS_WHY_MAX, "start: --store DIR is missing");
		status = EXIT_USAGE;
	}
	if (status == EXIT_DONE)
		status = home_read(&request_out->files, etc, config, why_out);
	if (status == EXIT_DONE && !config->roothash[0] && !config->is_insecure &&
	    !home_has_signers(request_out->files)) {
		snprintf(why_out, WORDS_WHY_MAX,
			 "image: nothing vouches for it: add rd.blob.roothash=HEX, or a signer's "
			 "certificate in the initramfs' /etc/verity.d, or rd.blob.insecure to accept that");
		status = EXIT_PERMANENT;
	}
	return status;
}

/* The kernel's device, the run directory, and all that the keeper will hold. Returns an exit status. */
static int make_keeper(const struct request *request, const char *store, const char *run_path,
		       struct handover *keeper, int *run_out, char *why_out)
{
	struct engine_options *engine = &keeper->engine;
	struct transport_ends ends;
	const char *what;
	int status, err;

	/* At run time: an initialiser for one member would put all 64 KiB into the program's file. */
	engine->notices = -1;
	snprintf(engine->transport, sizeof(engine->transport), "%s", transport_option(request->transport));
	keeper->words = request->words.list;
	keeper->word_count = request->words.count;
	/* First: only one daemon can have it, and one that fails here must not touch the other's files. */
	status = request->transport->bind(store, &ends, why_out);
	if (status != EXIT_DONE)
		return status;
	engine->device = ends.device;
	keeper->keeper.tree = ends.tree;
	if (request->transport->has_files)
		status = store_measure(store, &engine->room_mib, why_out);
	else
		engine->room_mib = memory_room_mib();
	if (status != EXIT_DONE)
		return status;
	err = prepare(run_path, request->files, keeper, run_out, &what);
	if (err) {
		snprintf(why_out, WORDS_WHY_MAX, "%.400s: %s", what, strerror(-err));
		return EXIT_TEMPORARY;
	}
	return EXIT_DONE;
}

/* Forks the keeper. Returns its PID, or -errno; *answer_out is the pipe on which it reports how it went. */
static pid_t fork_keeper(struct handover *keeper, int run, int argc, char **argv, int *answer_out)
{
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
		close(run);
		become_keeper(keeper, argc, argv, "-1000");
	}
	close(pipe_fds[1]);
	*answer_out = pipe_fds[0];
	return pid;
}

static int run(const char *store, const char *run_path, const char *etc, int argc, char **argv, int words_at)
{
	static struct request request;
	static struct handover keeper;
	char why[WORDS_WHY_MAX];
	int run_dir, answer = -1, err, status;
	pid_t pid;

	log_open();
	status = read_request(store, etc, argc - words_at, argv + words_at, &request, why);
	if (status == EXIT_DONE)
		status = make_keeper(&request, store, run_path, &keeper, &run_dir, why);
	/* They include keys and passwords: freed before the fork. */
	home_free(request.files);
	if (status != EXIT_DONE) {
		fprintf(stderr, "%s\n", why);
		return status;
	}
	if (request.config.is_insecure && !request.config.roothash[0])
		log_error("image: rd.blob.insecure: nothing vouches for %.400s: whoever controls the "
			  "network controls this host",
			  request.config.url);
	pid = fork_keeper(&keeper, run_dir, argc, argv, &answer);
	if (pid < 0) {
		fprintf(stderr, "keeper: cannot start: %s\n", strerror(-pid));
		return EXIT_TEMPORARY;
	}
	status = start_wait(answer);
	err = status == EXIT_DONE ? write_pid(run_dir, pid) : 0;
	if (err)
		log_error("%.400s/" LAYOUT_PID ": %s", run_path, strerror(-err));
	return status;
}

int start_main(int argc, char **argv)
{
	static const struct option options[] = {{"store", required_argument, NULL, 's'},
						{"run", required_argument, NULL, 'r'},
						{"etc", required_argument, NULL, 'e'},
						{NULL, 0, NULL, 0}};
	const char *store = NULL, *run_path = LAYOUT_RUN, *etc = "/etc";
	int c;

	/* argv[1] is the role. */
	optind = 2;
	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (c == 's')
			store = optarg;
		else if (c == 'r')
			run_path = optarg;
		else if (c == 'e')
			etc = optarg;
		else
			return EXIT_USAGE;
	}
	return run(store, run_path, etc, argc, argv, optind);
}
