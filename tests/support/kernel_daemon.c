/* SPDX-License-Identifier: MIT */
#include "kernel_daemon.h"

#include "kernel_filter.h"
#include "kernel_keeper.h"
#include "kernel_model.h"
#include "kernel_trap.h"

#include "trust/hash_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 256, LINES_MAX = 65536, LINE_MAX_BYTES = 2048 };

static struct {
	struct kernel_daemon_options options;
	pid_t pid; /* the engine, or start; 0: none runs */
	int status;
	int listener, notices, log, pidfd; /* -1: none */
	int counters_fd, hashes_fd;
	const struct counters *counters;
	struct hash_cache *hash_cache;
	char line[LINE_MAX_BYTES];
	size_t line_len;
	char *lines[LINES_MAX];
	size_t line_count;
	bool is_ready;
	char failure[LINE_MAX_BYTES];
	char image_key[256];
} daemon_state = {.status = -1, .listener = -1, .notices = -1, .log = -1, .pidfd = -1};

void kernel_daemon_init(const struct kernel_daemon_options *options)
{
	daemon_state.options = *options;
	daemon_state.counters_fd = memfd_create("counters", 0);
	if (daemon_state.counters_fd < 0 || ftruncate(daemon_state.counters_fd, sizeof(struct counters)))
		kernel_broken("memfd: %s", strerror(errno));
	daemon_state.counters =
		mmap(NULL, sizeof(struct counters), PROT_READ, MAP_SHARED, daemon_state.counters_fd, 0);
	if (daemon_state.counters == MAP_FAILED)
		kernel_broken("mmap: %s", strerror(errno));
	daemon_state.hashes_fd = memfd_create("hashes", 0);
	if (daemon_state.hashes_fd < 0 || ftruncate(daemon_state.hashes_fd, sizeof(struct hash_cache)))
		kernel_broken("memfd: %s", strerror(errno));
	daemon_state.hash_cache = mmap(NULL, sizeof(struct hash_cache), PROT_READ | PROT_WRITE, MAP_SHARED,
				       daemon_state.hashes_fd, 0);
	if (daemon_state.hash_cache == MAP_FAILED)
		kernel_broken("mmap: %s", strerror(errno));
	/* Whatever the daemon leaves behind becomes ours to end. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	signal(SIGPIPE, SIG_IGN);
}

/* In the child: tells the parent the listener's number, and waits until the parent has it. */
static void hand_listener(int link)
{
	int listener = kernel_filter_install(daemon_state.options.is_start);
	char ack;

	if (listener < 0)
		perror("kernel: seccomp filter");
	if (write(link, &listener, sizeof(listener)) != sizeof(listener) || read(link, &ack, 1) != 1)
		_exit(99);
}

static void become_daemon(int link, int log, int notices)
{
	char *argv[ARGUMENTS_MAX];
	unsigned argc = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(log, STDERR_FILENO);
	setenv("BLOBROOT_LOG_STDERR", "1", 1);
	argv[argc++] = "blobrootd";
	if (daemon_state.options.is_start) {
		argv[argc++] = "start";
		/* What a probe would have found; it asks the kernel that runs. */
		argv[argc++] = "--transport";
		argv[argc++] = "cachefiles";
		argv[argc++] = "--store";
		argv[argc++] = "cache";
		argv[argc++] = "--run";
		argv[argc++] = "run";
		/* The machine's own authorities are no business of a test. */
		argv[argc++] = "--etc";
		argv[argc++] = "etc";
	} else {
		dup2(kernel_model_device(), KERNEL_FILTER_DEVICE);
		argc += kernel_keeper_arguments(argv + argc, ARGUMENTS_MAX / 2, KERNEL_FILTER_DEVICE, notices,
						daemon_state.counters_fd, daemon_state.hashes_fd);
	}
	for (char **word = daemon_state.options.words; *word && argc < ARGUMENTS_MAX - 1; word++)
		argv[argc++] = *word;
	argv[argc] = NULL;
	hand_listener(link);
	execv(daemon_state.options.program, argv);
	perror(daemon_state.options.program);
	_exit(99);
}

static void take_listener(int link)
{
	int number;

	daemon_state.pidfd = (int)syscall(SYS_pidfd_open, daemon_state.pid, 0);
	if (read(link, &number, sizeof(number)) != sizeof(number) || number < 0)
		kernel_broken("no seccomp listener");
	daemon_state.listener = (int)syscall(SYS_pidfd_getfd, daemon_state.pidfd, number, 0);
	if (daemon_state.listener < 0)
		kernel_broken("pidfd_getfd: %s", strerror(errno));
	if (write(link, "", 1) != 1)
		kernel_broken("the daemon died at its start");
}

void kernel_daemon_start(void)
{
	int link[2], log[2], notices[2] = {-1, -1};

	if (daemon_state.pid || (daemon_state.options.is_start && daemon_state.is_ready))
		kernel_broken("start: an engine runs already");
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, link) || pipe2(log, O_CLOEXEC) ||
	    (!daemon_state.options.is_start && socketpair(AF_UNIX, SOCK_SEQPACKET, 0, notices)))
		kernel_broken("socketpair: %s", strerror(errno));
	if (!daemon_state.options.is_start)
		fcntl(notices[0], F_SETFD, FD_CLOEXEC);
	daemon_state.status = -1;
	daemon_state.failure[0] = '\0';
	kernel_model_restore();
	fflush(stdout);
	daemon_state.pid = fork();
	if (daemon_state.pid == 0)
		become_daemon(link[1], log[1], notices[1]);
	if (daemon_state.pid < 0)
		kernel_broken("fork: %s", strerror(errno));
	close(link[1]);
	close(log[1]);
	close(notices[1]);
	fcntl(log[0], F_SETFL, O_NONBLOCK);
	daemon_state.log = log[0];
	daemon_state.notices = notices[0];
	take_listener(link[0]);
	close(link[0]);
}

static void close_all(void)
{
	close(daemon_state.listener);
	close(daemon_state.notices);
	close(daemon_state.log);
	close(daemon_state.pidfd);
	daemon_state.listener = daemon_state.pidfd = daemon_state.notices = daemon_state.log = -1;
}

static void take_line(void)
{
	daemon_state.line[daemon_state.line_len] = '\0';
	daemon_state.line_len = 0;
	printf("log: %s\n", daemon_state.line);
	if (daemon_state.line_count == LINES_MAX)
		kernel_broken("the daemon says too much");
	daemon_state.lines[daemon_state.line_count++] = strdup(daemon_state.line);
	if (daemon_state.options.is_start && strncmp(daemon_state.line, "blobroot: ", 10) != 0)
		snprintf(daemon_state.failure, sizeof(daemon_state.failure), "%s", daemon_state.line);
}

static void take_log(void)
{
	char text[4096];
	ssize_t got;

	while ((got = read(daemon_state.log, text, sizeof(text))) > 0) {
		for (ssize_t i = 0; i < got; i++) {
			if (text[i] == '\n' || daemon_state.line_len == LINE_MAX_BYTES - 1)
				take_line();
			if (text[i] != '\n')
				daemon_state.line[daemon_state.line_len++] = text[i];
		}
	}
	if (got == 0) {
		close(daemon_state.log);
		daemon_state.log = -1;
	}
}

static void take_ready(const char *plan)
{
	const char *at = strstr(plan, "fsid=");

	daemon_state.is_ready = true;
	printf("ready %s\n", plan);
	if (!at || sscanf(at, "fsid=%255[^\t,]", daemon_state.image_key) != 1)
		kernel_broken("mount plan without an fsid: %s", plan);
}

static void take_notices(void)
{
	struct notice notice;
	ssize_t got = recv(daemon_state.notices, &notice, sizeof(notice), MSG_DONTWAIT);

	if (got < 0 && errno == EAGAIN)
		return;
	if (got < 0 ||
	    (got > 0 && (got <= (ssize_t)offsetof(struct notice, text) || ((char *)&notice)[got - 1])))
		kernel_broken("a malformed notice");
	if (got == 0) {
		close(daemon_state.notices);
		daemon_state.notices = -1;
	} else if (notice.type == NOTICE_READY) {
		take_ready(notice.text);
	} else if (notice.type == NOTICE_REMEMBER) {
		kernel_keeper_remember(notice.text);
	} else if (notice.type == NOTICE_FAILED) {
		printf("failed %s\n", notice.text);
		snprintf(daemon_state.failure, sizeof(daemon_state.failure), "%s", notice.text);
	} else {
		kernel_broken("a notice of the unknown kind %u", notice.type);
	}
}

static void take_end(bool may_end)
{
	int status;

	if (waitpid(daemon_state.pid, &status, WNOHANG) != daemon_state.pid)
		return;
	daemon_state.pid = 0;
	close(daemon_state.pidfd);
	daemon_state.pidfd = -1;
	while (daemon_state.notices >= 0)
		take_notices();
	take_log();
	daemon_state.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	printf("exit %d\n", daemon_state.status);
	if (daemon_state.options.is_start && daemon_state.status == 0)
		take_ready(kernel_keeper_ask("mount"));
	else if (!may_end)
		kernel_broken("the daemon ended with status %d", daemon_state.status);
}

static void turn(bool may_end)
{
	struct pollfd fds[4] = {{.fd = daemon_state.listener, .events = POLLIN},
				{.fd = daemon_state.notices, .events = POLLIN},
				{.fd = daemon_state.log, .events = POLLIN},
				{.fd = daemon_state.pidfd, .events = POLLIN}};

	if (poll(fds, 4, 1000) < 0 && errno != EINTR)
		kernel_broken("poll: %s", strerror(errno));
	if (fds[0].revents & POLLIN)
		kernel_trap_answer(daemon_state.listener);
	if (fds[1].revents)
		take_notices();
	if (fds[2].revents)
		take_log();
	if (fds[3].revents)
		take_end(may_end);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void kernel_daemon_wait(bool (*is_so)(const void *arg), const void *arg, bool may_end, const char *what)
{
	int64_t until = now_ms() + daemon_state.options.patience_s * INT64_C(1000);

	while (!is_so(arg)) {
		turn(may_end);
		if (now_ms() > until)
			kernel_broken("waited %u s for: %s", daemon_state.options.patience_s, what);
	}
	fflush(stdout);
}

void kernel_daemon_kill(void)
{
	bool is_keepers = daemon_state.options.is_start;
	pid_t pid = is_keepers ? (pid_t)atoi(kernel_keeper_ask("engine")) : daemon_state.pid;
	struct pollfd end = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};

	if (pid <= 0 || end.fd < 0)
		kernel_broken("kill: no engine runs");
	printf("kill\n");
	kill(pid, SIGKILL);
	/* What it had begun is void once it is dead; the next one gets no answer before that. */
	poll(&end, 1, -1);
	close(end.fd);
	kernel_model_orphan();
	if (is_keepers)
		return;
	waitpid(pid, NULL, 0);
	daemon_state.pid = 0;
	take_log();
	while (daemon_state.notices >= 0)
		take_notices();
	close_all();
}

void kernel_daemon_end(void)
{
	if (daemon_state.pid > 0)
		kill(daemon_state.pid, SIGKILL);
	if (daemon_state.options.is_start)
		kernel_keeper_end_children();
	while (waitpid(-1, NULL, 0) > 0)
		;
}

bool kernel_daemon_is_ready(void)
{
	return daemon_state.is_ready;
}

int kernel_daemon_status(void)
{
	return daemon_state.status;
}

const char *kernel_daemon_failure(void)
{
	return daemon_state.failure;
}

const char *kernel_daemon_image_key(void)
{
	return daemon_state.image_key;
}

size_t kernel_daemon_log_count(void)
{
	return daemon_state.line_count;
}

const char *kernel_daemon_log(size_t index)
{
	return daemon_state.lines[index];
}

struct counters kernel_daemon_counters(void)
{
	struct counters counters = *daemon_state.counters;

	if (daemon_state.options.is_start) {
		counters.fetched_bytes = strtoull(kernel_keeper_ask("fetched"), NULL, 10);
		counters.requests = strtoull(kernel_keeper_ask("requests"), NULL, 10);
		counters.misses = strtoull(kernel_keeper_ask("misses"), NULL, 10);
		counters.failed = strtoull(kernel_keeper_ask("failed"), NULL, 10);
	}
	return counters;
}

unsigned kernel_daemon_port_count(void)
{
	return kernel_keeper_ports(daemon_state.pid);
}

void kernel_daemon_spoil_hashes(void)
{
	memset(daemon_state.hash_cache->has, 0xff, sizeof(daemon_state.hash_cache->has));
	for (size_t i = 0; i < 64; i++)
		memset(daemon_state.hash_cache->blocks[i], (int)i, BLOCK_SIZE);
}

void kernel_daemon_spoil_stats(uint32_t seed)
{
	struct mirror_stats *stats = &daemon_state.hash_cache->stats;
	uint32_t *words = (uint32_t *)stats, dice = seed;

	for (size_t i = 0; i < sizeof(*stats) / sizeof(*words); i++) {
		dice = dice * 1664525 + 1013904223;
		switch (dice >> 28 & 3) {
		case 0:
			words[i] = 0;
			break;
		case 1:
			words[i] = dice >> 8 & 15;
			break;
		case 2:
			/* A minute before and after. */
			words[i] = (uint32_t)now_ms() + (dice >> 8 & 0x1ffff) - 0x10000;
			break;
		default:
			words[i] = dice;
		}
	}
	stats->format = MIRROR_STATS_FORMAT;
}

uint64_t kernel_daemon_memory(void)
{
	char path[64], line[256];
	uint64_t kib = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)daemon_state.pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file) && sscanf(line, "VmHWM: %" SCNu64 " kB", &kib) != 1)
		;
	if (!file || kib == 0)
		kernel_broken("%s: it tells nothing of memory", path);
	fclose(file);
	return kib << 10;
}
