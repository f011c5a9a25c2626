/* SPDX-License-Identifier: MIT */
#include "keeper/keeper.h"

#include "base/clock.h"
#include "base/counters.h"
#include "base/exits.h"
#include "base/log.h"
#include "base/notice.h"
#include "keeper/end.h"
#include "keeper/force.h"
#include "keeper/state.h"
#include "keeper/told.h"
#include "keeper/upgrade.h"
#include "transport/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Since Linux 5.6; musl's headers may be older. */
#ifndef PR_SET_IO_FLUSHER
#define PR_SET_IO_FLUSHER 57
#endif

enum {
	NOTICES_A_TURN = 16,
	QUICK_DEATH_MS = 1000, /* an engine that died sooner, and answered nothing, counts towards a pause */
	QUICK_DEATHS_FREE = 4, /* so many in a row are restarted at once */
	PAUSE_FIRST_MS = 100,
	PAUSE_MOST_MS = 5000,
	NO_MEMORY_PAUSE_MS = 10,
	LACKING_MS = 100, /* how often a keeper without signals looks whether its engine lives */
	KEEPER_NICE = -10,
};

struct keeper {
	struct handover *know;
	const struct transport *transport;
	int signals;
	bool is_told;
	bool is_replacing;           /* the engine is the old program's, and must end */
	bool is_lacking;             /* see prepare */
	uint64_t started_ms, due_ms; /* due_ms: when to start the next engine, 0 for none due */
	uint64_t answered_before;    /* requests, by earlier engines */
	uint64_t lost_before;        /* requests that earlier engines have left unanswered */
	unsigned quick_deaths;
	struct told told; /* by the engine */
	struct upgrade upgrade;
	struct end end;
	const struct counters *counters;
};

static struct keeper keeper_state;
static const struct counters no_counters;

static bool is_ready(const struct keeper *keeper)
{
	return keeper->know->keeper.plan[0] != '\0';
}

/* start, or upgrade, waits for this line and exits with its status. */
static void tell(struct keeper *keeper, int status, const char *why)
{
	char line[NOTICE_TEXT_MAX + 16];
	int len = snprintf(line, sizeof(line), "%d %s\n", status, why);
	ssize_t ignored;

	if (keeper->is_told)
		return;
	keeper->is_told = true;
	ignored = write(keeper->know->keeper.ready, line, (size_t)len);
	(void)ignored;
	close(keeper->know->keeper.ready);
}

/* In the child: becomes an engine. Uses only async-signal-safe calls, and snprintf into its own memory. */
static void become_engine(struct keeper *keeper, int notices)
{
	static const int ignored[] = {SIGTERM, SIGINT, SIGHUP};
	static struct option_arguments arguments;
	sigset_t none;

	handover_to_engine(keeper->know, notices, &arguments);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* As in the keeper: at switch_root systemd asks all processes to end, and spares only root's. */
	for (unsigned i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	fexecve(keeper->know->keeper.program, arguments.argv, environ);
	_exit(EXIT_TEMPORARY);
}

static uint64_t count_unanswered(const struct counters *counters)
{
	return counters->misses - counters->answered - counters->failed;
}

static void engine_start(struct keeper *keeper)
{
	struct handover *know = keeper->know;
	int pair[2];

	keeper->due_ms = 0;
	keeper->started_ms = clock_ms();
	keeper->answered_before = keeper->counters->answered;
	keeper->told = (struct told){.failure = ""};
	keeper->lost_before = count_unanswered(keeper->counters);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0) {
		know->keeper.engine_pid = fork();
		if (know->keeper.engine_pid == 0)
			become_engine(keeper, pair[1]);
		close(pair[1]);
		if (know->keeper.engine_pid > 0) {
			know->engine.notices = pair[0];
			return;
		}
		close(pair[0]);
	}
	know->keeper.engine_pid = 0;
	if (!is_ready(keeper)) {
		tell(keeper, EXIT_TEMPORARY, "keeper: cannot start an engine");
		_exit(EXIT_TEMPORARY);
	}
	keeper->due_ms = keeper->started_ms + PAUSE_MOST_MS;
	log_error("keeper: cannot start an engine: %s: trying again", strerror(errno));
}

static void take_notices(struct keeper *keeper, unsigned most)
{
	told_take(&keeper->told, keeper->know, most);
	if (!is_ready(keeper))
		return;
	/* That was for the boot's first engine: a later one may ask whom it needs. */
	keeper->know->engine.alone[0] = keeper->know->engine.proven[0] = '\0';
	tell(keeper, EXIT_DONE, keeper->know->keeper.plan);
}

/*
 * Before the image is ready, the engine's death ends the boot, or, where one store cannot be used, this start. An engine may die of
 * what such a store has.
 */
static int first_engine_died(struct keeper *keeper, int status, const char *how)
{
	struct handover *know = keeper->know;
	bool has_store = keeper->transport->has_files && know->engine.store >= 0;
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : has_store ? EXIT_STORE : EXIT_TEMPORARY;
	char why[96];

	if (code != EXIT_PERMANENT && code != EXIT_STORE)
		code = EXIT_TEMPORARY;
	snprintf(why, sizeof(why), "engine: %s", how);
	/* Whoever is told may start another one at once, which needs the device. */
	close(know->engine.device);
	if (know->keeper.tree >= 0)
		close(know->keeper.tree);
	tell(keeper, code, keeper->told.failure[0] ? keeper->told.failure : why);
	return code;
}

/*
 * How long to wait before the next start. SIGKILL comes from somebody else, and says nothing of the engine:
 * the out-of-memory killer spares it.
 */
static uint64_t pause_ms(struct keeper *keeper, uint64_t lived_ms, bool is_own_death)
{
	unsigned doublings;
	uint64_t pause;

	if (!is_own_death)
		return 0;
	/* One that lived for a while, or answered a request, is restarted at once: readers wait for it. */
	if (lived_ms >= QUICK_DEATH_MS || keeper->counters->answered != keeper->answered_before)
		keeper->quick_deaths = 0;
	else
		keeper->quick_deaths++;
	if (keeper->quick_deaths <= QUICK_DEATHS_FREE)
		return 0;
	doublings = keeper->quick_deaths - QUICK_DEATHS_FREE - 1;
	pause = doublings < 6 ? (uint64_t)PAUSE_FIRST_MS << doublings : PAUSE_MOST_MS;
	return pause < PAUSE_MOST_MS ? pause : PAUSE_MOST_MS;
}

/* Returns an exit status, or -1: once the image is ready there is always a next one, unless its last user is gone. */
static int engine_died(struct keeper *keeper, int status)
{
	struct handover *know = keeper->know;
	char how[64];
	uint64_t now = clock_ms(), pause;

	/* It is reaped: its number may be another process's by now. */
	know->keeper.engine_pid = 0;
	take_notices(keeper, UINT32_MAX);
	if (know->engine.notices >= 0)
		close(know->engine.notices);
	know->engine.notices = -1;
	if (keeper->told.is_ousted)
		snprintf(how, sizeof(how), "killed: it sent the keeper a malformed message");
	else if (WIFSIGNALED(status))
		snprintf(how, sizeof(how), "killed by signal %d%s", WTERMSIG(status),
			 WTERMSIG(status) == SIGSYS ? " (it made a forbidden system call)" : "");
	else
		snprintf(how, sizeof(how), "ended with status %d", WEXITSTATUS(status));
	if (!is_ready(keeper))
		return first_engine_died(keeper, status, how);
	if (keeper->transport->is_over && keeper->transport->is_over(know->engine.device)) {
		/* Who holds the tree is a user, so it was not the last one's end. */
		if (know->keeper.tree >= 0)
			log_error(
				"%s: the kernel has ended the connection: all reads of what is not cached fail from now "
				"on: reboot this host",
				keeper->transport->name);
		return EXIT_DONE;
	}
	pause = keeper->is_replacing ? 0
				     : pause_ms(keeper, now - keeper->started_ms,
						!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL ||
							keeper->told.is_ousted);
	/* 0 means "none due"; the clock is long past that. */
	keeper->due_ms = now + pause;
	if (!keeper->is_replacing) {
		know->keeper.restarts++;
		log_error("engine: %s%s%.600s: the next one takes over in %" PRIu64 " ms", how,
			  keeper->told.failure[0] ? ": " : "", keeper->told.failure, pause);
	}
	keeper->is_replacing = false;
	return -1;
}

static struct end_counts end_counts_of(const struct keeper *keeper)
{
	const struct counters *counters = keeper->counters;

	return (struct end_counts){.fetched = counters->fetched_bytes,
				   .failed = counters->failed,
				   .is_waiting = count_unanswered(counters) != keeper->lost_before};
}

static void look_at_end(struct keeper *keeper)
{
	struct end_counts counts = end_counts_of(keeper);

	if (end_is_stuck(&keeper->end, &counts, clock_ms())) {
		force_end(keeper->end.how);
		keeper->end.how = END_NONE;
	}
}

static int reap(struct keeper *keeper)
{
	struct signalfd_siginfo info;
	int status, result = -1;
	bool may_upgrade = false;
	pid_t pid;

	while (read(keeper->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		struct end_counts counts = end_counts_of(keeper);

		if (end_is_signal((int)info.ssi_signo))
			end_begin(&keeper->end, (enum end_how)info.ssi_signo, &counts);
	}
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == keeper->know->keeper.engine_pid)
			result = engine_died(keeper, status);
		else if (pid == keeper->upgrade.trial)
			may_upgrade = upgrade_ended(&keeper->upgrade, status);
	}
	/* Only after all are reaped: SIGCHLD of later deaths stays pending for the next keeper. */
	if (may_upgrade && result < 0)
		upgrade_exec(&keeper->upgrade, keeper->know);
	return result;
}

static void start_if_due(struct keeper *keeper)
{
	int err;

	if (!keeper->due_ms || clock_ms() < keeper->due_ms)
		return;
	err = keeper->transport->resume(keeper->know->engine.device);
	engine_start(keeper);
	if (err)
		log_error("keeper: the kernel does not repeat what the last engine left: %s: such reads hang",
			  strerror(-err));
}

/*
 * A root storage daemon ends with the host: a stray kill must not take the root away. Pending signals do no
 * harm, and an exec keeps the mask.
 */
static void block_signals(void)
{
	sigset_t mask;

	/* Not sigfillset: musl's omits three that it reserves for itself, and they would kill. */
	memset(&mask, 0xff, sizeof(mask));
	sigprocmask(SIG_BLOCK, &mask, NULL);
}

/*
 * Gets what the loop can do without after an upgrade, when nothing may end it any more: the counters, which are
 * then zeros, and the signals, without which it looks for dead engines every LACKING_MS. Errors: -errno: call it
 * again.
 */
static int prepare(struct keeper *keeper)
{
	sigset_t mask;
	void *map;
	int err = 0;

	if (keeper->signals < 0) {
		sigemptyset(&mask);
		sigaddset(&mask, SIGCHLD);
		for (int number = END_POWEROFF; number <= END_KEXEC; number++)
			sigaddset(&mask, number);
		keeper->signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
		err = keeper->signals < 0 ? -errno : 0;
	}
	if (keeper->counters == &no_counters) {
		map = mmap(NULL, sizeof(struct counters), PROT_READ, MAP_SHARED,
			   keeper->know->engine.counters, 0);
		if (map == MAP_FAILED)
			return -errno;
		keeper->counters = map;
		keeper->answered_before = keeper->counters->answered;
		/* What waits now cannot be told from what earlier engines have left. */
		keeper->lost_before = count_unanswered(keeper->counters);
	}
	return err;
}

/* Takes over from the earlier keeper. Its engine is the old program: replaced as if it had died. */
static void take_over(struct keeper *keeper)
{
	struct handover *know = keeper->know;

	handover_reclaim(know, know->keeper.program, know->keeper.ready);
	log_note("keeper: blobrootd " BLOBROOT_VERSION " takes over");
	keeper->is_replacing = know->keeper.engine_pid > 0;
	keeper->answered_before = keeper->counters->answered;
	if (keeper->is_replacing)
		kill(know->keeper.engine_pid, SIGKILL);
	else
		keeper->due_ms = clock_ms();
	tell(keeper, EXIT_DONE, "");
}

static int timeout_until(uint64_t due_ms, uint64_t now)
{
	return !due_ms ? -1 : due_ms > now ? (int)(due_ms - now) : 0;
}

/* How long the loop may wait for an event; -1: for ever. */
static int find_timeout(const struct keeper *keeper)
{
	uint64_t now = clock_ms();
	int timeouts[] = {timeout_until(keeper->due_ms, now),
			  keeper->upgrade.trial ? timeout_until(keeper->upgrade.due_ms, now) : -1,
			  keeper->is_lacking ? LACKING_MS : -1, keeper->end.how ? END_LOOK_MS : -1};
	int least = -1;

	for (unsigned i = 0; i < sizeof(timeouts) / sizeof(*timeouts); i++)
		if (timeouts[i] >= 0 && (least < 0 || timeouts[i] < least))
			least = timeouts[i];
	return least;
}

int keeper_run(struct handover *know)
{
	struct keeper *keeper = &keeper_state;
	int status, err;

	keeper->know = know;
	keeper->signals = -1;
	keeper->counters = &no_counters;
	keeper->transport = transport_find(know->engine.transport);
	block_signals();
	/* Not after an upgrade: its trial asks for the transport first. */
	if (!keeper->transport) {
		tell(keeper, EXIT_PERMANENT, "keeper: it does not know the transport");
		return EXIT_PERMANENT;
	}
	err = prepare(keeper);
	if (err && !is_ready(keeper)) {
		tell(keeper, EXIT_TEMPORARY, "keeper: out of memory");
		return EXIT_TEMPORARY;
	}
	if (err)
		log_error("keeper: %s: it goes on without counters or signals, and tries again",
			  strerror(-err));
	keeper->is_lacking = err != 0;
	/* Readers of the root wait for us, however busy the host is; engines inherit the priority. */
	setpriority(PRIO_PROCESS, 0, KEEPER_NICE);
	/*
	 * Nor may the kernel wait for us when it makes memory free for us: it must start no I/O to the root for that.
	 * Engines inherit it. Without the right to it (a test), or before Linux 5.6, it stays off.
	 */
	prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0);
	/* None of our pages may have to be read back from disk: the root may depend on us for that. */
	mlockall(MCL_CURRENT | MCL_FUTURE);
	if (is_ready(keeper))
		take_over(keeper);
	else
		engine_start(keeper);
	for (;;) {
		struct pollfd fds[5] = {{.fd = keeper->signals, .events = POLLIN},
					{.fd = know->engine.notices, .events = POLLIN},
					{.fd = know->keeper.control, .events = POLLIN},
					{.fd = know->keeper.upgrades, .events = POLLIN},
					{.fd = is_ready(keeper) ? -1 : know->keeper.ready}};

		/* If it fails, no event is known, and dead children are reaped all the same. */
		(void)poll(fds, 5, find_timeout(keeper));
		/* Nobody would mount the image. */
		if (fds[4].revents & POLLERR) {
			kill(know->keeper.engine_pid, SIGKILL);
			return EXIT_TEMPORARY;
		}
		if (keeper->is_lacking)
			keeper->is_lacking = prepare(keeper) != 0;
		if (fds[1].revents)
			take_notices(keeper, NOTICES_A_TURN);
		status = reap(keeper);
		if (status >= 0)
			return status;
		start_if_due(keeper);
		look_at_end(keeper);
		if (fds[2].revents)
			state_tell(know, keeper->transport, keeper->counters);
		if (fds[3].revents)
			upgrade_take(&keeper->upgrade, know, clock_ms());
		if (keeper->upgrade.trial && keeper->upgrade.due_ms && clock_ms() >= keeper->upgrade.due_ms)
			upgrade_expire(&keeper->upgrade);
	}
}
