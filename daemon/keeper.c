/* SPDX-License-Identifier: MIT */
#include "keeper.h"

#include "counters.h"
#include "device.h"
#include "engine.h"
#include "exits.h"
#include "log.h"
#include "notice.h"
#include "start.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	ENGINE_OPTIONS = 24, /* arguments before them */
	REMEMBERED_MAX = NOTICE_TEXT_MAX,
	QUICK_DEATH_MS = 1000, /* an engine that lived shorter than this counts towards a pause */
	QUICK_DEATHS_FREE = 4, /* so many in a row are started again at once */
	PAUSE_FIRST_MS = 100,
	PAUSE_MOST_MS = 5000,
	KEEPER_NICE = -10,
};

struct keeper {
	const struct keeper_start *start;
	int signals;
	sigset_t mask_before;
	int notices; /* our end of the socketpair; -1 while no engine runs */
	pid_t engine;
	bool is_ready, is_told;
	uint64_t started_ms, due_ms; /* due_ms: when to start the next engine, 0 for none due */
	unsigned quick_deaths, restarts;
	char plan[NOTICE_TEXT_MAX];
	char failure[NOTICE_TEXT_MAX];
	char remembered[ENGINE_REMEMBER_MAX][REMEMBERED_MAX];
	unsigned remembered_count;
	const struct counters *counters;
};

static struct keeper keeper_state;

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* start waits for this line and ends with its status. */
static void tell_start(struct keeper *keeper, int status, const char *why)
{
	char line[NOTICE_TEXT_MAX + 16];
	int len = snprintf(line, sizeof(line), "%d %s\n", status, why);
	ssize_t ignored;

	if (keeper->is_told)
		return;
	keeper->is_told = true;
	ignored = write(keeper->start->ready, line, (size_t)len);
	(void)ignored;
	close(keeper->start->ready);
}

static void keep_open(int fd)
{
	if (fd >= 0)
		fcntl(fd, F_SETFD, 0);
}

/* In the child: becomes an engine. Only async-signal-safe calls and snprintf into the stack. */
static void become_engine(struct keeper *keeper, int notices)
{
	const struct keeper_start *start = keeper->start;
	char *argv[ENGINE_OPTIONS + 2 * ENGINE_REMEMBER_MAX + START_WORDS_MAX + 1];
	/* The first are descriptors, which have to outlive the exec; the last is not. */
	enum { DESCRIPTORS = 6, NUMBERS = DESCRIPTORS + 1 };
	static const char *const names[NUMBERS] = {"--device", "--notices", "--counters",     "--home",
						   "--kmsg",   "--console", "--console-level"};
	static const int ignored[] = {SIGTERM, SIGINT, SIGHUP};
	int values[NUMBERS] = {start->device, notices, start->counters_fd, start->home};
	char numbers[NUMBERS][16];
	unsigned argc = 0;

	log_descriptors(&values[4], &values[5], &values[6]);
	argv[argc++] = "@blobrootd";
	argv[argc++] = "engine";
	for (int i = 0; i < NUMBERS; i++) {
		if (i < DESCRIPTORS)
			keep_open(values[i]);
		snprintf(numbers[i], sizeof(numbers[i]), "%d", values[i]);
		argv[argc++] = (char *)names[i];
		argv[argc++] = numbers[i];
	}
	for (unsigned i = 0; i < keeper->remembered_count; i++) {
		argv[argc++] = "--remember";
		argv[argc++] = keeper->remembered[i];
	}
	for (unsigned i = 0; i < start->word_count && i < START_WORDS_MAX; i++)
		argv[argc++] = start->words[i];
	argv[argc] = NULL;
	sigprocmask(SIG_SETMASK, &keeper->mask_before, NULL);
	/* As for the keeper. systemd asks all to end at the switch, and spares root's processes only. */
	for (unsigned i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	fexecve(start->program, argv, environ);
	_exit(EXIT_TEMPORARY);
}

static void engine_start(struct keeper *keeper)
{
	int pair[2];

	keeper->due_ms = 0;
	keeper->started_ms = now_ms();
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0) {
		keeper->engine = fork();
		if (keeper->engine == 0)
			become_engine(keeper, pair[1]);
		close(pair[1]);
		if (keeper->engine > 0) {
			keeper->notices = pair[0];
			return;
		}
		close(pair[0]);
	}
	keeper->engine = 0;
	if (!keeper->is_ready) {
		tell_start(keeper, EXIT_TEMPORARY, "keeper: cannot start an engine");
		_exit(EXIT_TEMPORARY);
	}
	keeper->due_ms = keeper->started_ms + PAUSE_MOST_MS;
	log_error("keeper: cannot start an engine: %s: trying again", strerror(errno));
}

static void remember(struct keeper *keeper, const char *text)
{
	size_t key_len = strcspn(text, "\t");
	unsigned i = 0;

	while (i < keeper->remembered_count && strncmp(keeper->remembered[i], text, key_len + 1) != 0)
		i++;
	if (i == ENGINE_REMEMBER_MAX)
		return;
	if (i == keeper->remembered_count)
		keeper->remembered_count++;
	snprintf(keeper->remembered[i], REMEMBERED_MAX, "%s", text);
}

static void take_notices(struct keeper *keeper)
{
	struct notice notice;
	int got;

	while (keeper->notices >= 0 && (got = notice_receive(keeper->notices, &notice)) != -EAGAIN) {
		if (got <= 0) {
			close(keeper->notices);
			keeper->notices = -1;
		} else if (notice.type == NOTICE_REMEMBER) {
			remember(keeper, notice.text);
		} else if (notice.type == NOTICE_FAILED) {
			snprintf(keeper->failure, sizeof(keeper->failure), "%s", notice.text);
		} else if (!keeper->is_ready) {
			keeper->is_ready = true;
			snprintf(keeper->plan, sizeof(keeper->plan), "%s", notice.text);
			tell_start(keeper, EXIT_DONE, "");
		}
	}
}

/* Before the image is ready an engine's end is the boot's; afterwards there is always a next one. */
static int engine_died(struct keeper *keeper, int status)
{
	char how[64];
	uint64_t now = now_ms();

	take_notices(keeper);
	if (keeper->notices >= 0)
		close(keeper->notices);
	keeper->notices = -1;
	keeper->engine = 0;
	if (WIFSIGNALED(status))
		snprintf(how, sizeof(how), "killed by signal %d%s", WTERMSIG(status),
			 WTERMSIG(status) == SIGSYS ? " (it made a forbidden system call)" : "");
	else
		snprintf(how, sizeof(how), "ended with status %d", WEXITSTATUS(status));
	if (!keeper->is_ready) {
		int code = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_PERMANENT ? EXIT_PERMANENT
										      : EXIT_TEMPORARY;
		char why[96];

		snprintf(why, sizeof(why), "engine: %s", how);
		tell_start(keeper, code, keeper->failure[0] ? keeper->failure : why);
		return code;
	}
	keeper->restarts++;
	if (now - keeper->started_ms >= QUICK_DEATH_MS)
		keeper->quick_deaths = 0;
	else
		keeper->quick_deaths++;
	keeper->due_ms = now;
	if (keeper->quick_deaths > QUICK_DEATHS_FREE) {
		unsigned doublings = keeper->quick_deaths - QUICK_DEATHS_FREE - 1;
		uint64_t pause = doublings < 6 ? (uint64_t)PAUSE_FIRST_MS << doublings : PAUSE_MOST_MS;

		keeper->due_ms += pause < PAUSE_MOST_MS ? pause : PAUSE_MOST_MS;
	}
	log_error("engine: %s: the next one takes over in %" PRIu64 " ms", how, keeper->due_ms - now);
	return -1;
}

static int take_signals(struct keeper *keeper)
{
	struct signalfd_siginfo info;
	int status, result = -1;
	pid_t pid;

	while (read(keeper->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == keeper->engine)
			result = engine_died(keeper, status);
	return result;
}

/* Whoever connects gets the state as lines of key=value, and is not listened to. */
static void take_control(struct keeper *keeper)
{
	int client = accept4(keeper->start->control, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	char text[2 * NOTICE_TEXT_MAX];
	int len;

	if (client < 0)
		return;
	len = snprintf(text, sizeof(text),
		       "state=%s\ntransport=cachefiles\nfetched=%" PRIu64 "\nrequests=%" PRIu64
		       "\nmisses=%" PRIu64 "\nfailed=%" PRIu64 "\nhashes=%" PRIu64 "\nwrong=%" PRIu64
		       "\nrestarts=%u\nkeeper=%d\nengine=%d\nmount=%s\n",
		       keeper->is_ready ? "ready" : "starting", keeper->counters->fetched_bytes,
		       keeper->counters->requests, keeper->counters->misses, keeper->counters->failed,
		       keeper->counters->hash_bytes, keeper->counters->wrong_blocks, keeper->restarts,
		       (int)getpid(), (int)keeper->engine, keeper->plan);
	send(client, text, (size_t)len, MSG_NOSIGNAL);
	close(client);
}

static void block_signals(struct keeper *keeper)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	/* A root storage daemon ends when the host does: a stray kill must not take the root away. */
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGHUP);
	sigaddset(&mask, SIGPIPE);
	sigprocmask(SIG_BLOCK, &mask, &keeper->mask_before);
	keeper->signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
}

int keeper_run(const struct keeper_start *start)
{
	struct keeper *keeper = &keeper_state;
	void *map = mmap(NULL, sizeof(struct counters), PROT_READ, MAP_SHARED, start->counters_fd, 0);

	keeper->start = start;
	keeper->notices = -1;
	block_signals(keeper);
	if (map == MAP_FAILED || keeper->signals < 0) {
		tell_start(keeper, EXIT_TEMPORARY, "keeper: out of memory");
		return EXIT_TEMPORARY;
	}
	keeper->counters = map;
	/* Whoever reads the root waits for us, however busy the host is; the engines inherit it. */
	setpriority(PRIO_PROCESS, 0, KEEPER_NICE);
	/* Nothing of ours may have to be read back from anywhere: the root may depend on us for it. */
	mlockall(MCL_CURRENT | MCL_FUTURE);
	engine_start(keeper);
	for (;;) {
		struct pollfd fds[3] = {{.fd = keeper->signals, .events = POLLIN},
					{.fd = keeper->notices, .events = POLLIN},
					{.fd = start->control, .events = POLLIN}};
		uint64_t now = now_ms();
		int timeout = !keeper->due_ms ? -1 : keeper->due_ms > now ? (int)(keeper->due_ms - now) : 0;
		int status = -1;

		if (poll(fds, 3, timeout) < 0 && errno != EINTR)
			continue;
		if (fds[1].revents)
			take_notices(keeper);
		if (fds[0].revents)
			status = take_signals(keeper);
		if (status >= 0)
			return status;
		if (fds[2].revents)
			take_control(keeper);
		if (keeper->due_ms && now_ms() >= keeper->due_ms) {
			int err;

			/* Before the engine reads: what it had taken by then would be asked of it again. */
			err = device_restore(start->device);
			engine_start(keeper);
			if (err)
				log_error("keeper: restore: %s: reads that were under way hang (Linux before "
					  "6.8)",
					  strerror(-err));
		}
	}
}
