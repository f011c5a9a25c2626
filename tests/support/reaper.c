/* SPDX-License-Identifier: MIT
 *
 * Kills the daemon's engines: as root, in a booted host, or where REAPER_RUN names a run directory.
 *
 *   reaper random TIMES LEAST_MS MOST_MS     SIGKILL at a random time of an engine's life, again and again
 *   reaper POINT TIMES                       stop each engine at a point of its work, and kill it there
 *
 * POINT is one of
 *   born      it has been forked, `restore` was written just before, and it has done nothing
 *   opening   an OPEN was read, and copen is not written
 *   opened    copen is written
 *   asked     a READ was read
 *   filling   half of what was to be written to a cache file is written
 *   filled    all of it is, and the answer is not given
 *   answered  the answer (CREAD) is given
 *
 * With the transport fuse, `asked`, `filled` and `answered` are about its READs and their answers; `opening`, `opened` and
 * `filling` do not come: the kernel looks a file up once, and an answer carries the bytes.
 *
 * Prints `reaper: POINT: N`. The engine is what ships: it is watched from outside, as a debugger does, from its fork
 * on, because the keeper is watched too. Every second engine is killed when it has answered something, or the keeper
 * would slow down engines that do nothing but die. For how long an engine does not come to the point does not matter: somebody
 * has to read the root meanwhile.
 *
 * Source: ptrace(2). Only for x86-64.
 */
#include <errno.h>
#include <linux/cachefiles.h>
#include <linux/fuse.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

/* After so many seconds without its end, again and again, it says what keeper and engine are doing. */
enum { LATE_S = 120 };

enum point { BORN, OPENING, OPENED, ASKED, FILLING, FILLED, ANSWERED, POINTS };

static const char *const names[POINTS] = {"born",    "opening", "opened",  "asked",
					  "filling", "filled",  "answered"};

static void die(const char *what)
{
	printf("reaper: %s: %s\n", what, strerror(errno));
	exit(2);
}

static long number_in(const char *path)
{
	FILE *file = fopen(path, "re");
	long number = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%ld", &number) != 1)
		number = 0;
	fclose(file);
	return number;
}

static pid_t keeper(void)
{
	const char *run = getenv("REAPER_RUN");
	char path[4096];
	long pid;

	snprintf(path, sizeof(path), "%s/keeper.pid", run ? run : "/run/blobroot");
	pid = number_in(path);
	if (pid <= 0)
		die("keeper.pid");
	return (pid_t)pid;
}

static pid_t engine(pid_t parent)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)parent, (int)parent);
	return (pid_t)number_in(path);
}

static void kill_at_random(unsigned times, unsigned least_ms, unsigned most_ms)
{
	pid_t parent = keeper(), last = 0;

	for (unsigned done = 0; done < times;) {
		pid_t pid = engine(parent);

		/* Each engine once: the one that is dead may still be there to see. */
		if (pid <= 0 || pid == last) {
			usleep(1000);
			continue;
		}
		usleep(1000 * (least_ms + (unsigned)rand() % (most_ms - least_ms + 1)));
		if (kill(pid, SIGKILL) == 0)
			done++;
		last = pid;
	}
}

/* What an engine is about to do, or has done: the call as it was at its entry. */
struct call {
	unsigned long long number, args[3];
	int is_halved;
};

/* The value of an engine's option; "": it has none. */
static const char *option(pid_t pid, const char *name)
{
	static char text[1024];
	char path[64];
	size_t len;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	file = fopen(path, "re");
	len = file ? fread(text, 1, sizeof(text) - 1, file) : 0;
	if (file)
		fclose(file);
	text[len] = '\0';
	for (size_t at = 0; at < len; at += strlen(text + at) + 1)
		if (strcmp(text + at, name) == 0 && at + strlen(name) + 1 < len)
			return text + at + strlen(name) + 1;
	return "";
}

static unsigned long long device_of(pid_t pid)
{
	const char *number = option(pid, "--device");

	return *number ? strtoull(number, NULL, 10) : ~0ULL;
}

static int is_fuse(pid_t pid)
{
	return strcmp(option(pid, "--transport"), "fuse") == 0;
}

static long peek(pid_t pid, unsigned long long address)
{
	return ptrace(PTRACE_PEEKDATA, pid, (void *)address, NULL);
}

static int is_copen(pid_t pid, const struct call *call)
{
	long word;

	if (call->number != SYS_write || call->args[0] != device_of(pid))
		return 0;
	word = peek(pid, call->args[1]);
	return memcmp(&word, "copen ", 6) == 0;
}

/* A message's opcode, -1 if none was read. It is the second of its 32-bit numbers. */
static int opcode(pid_t pid, const struct call *call, long long result)
{
	if (call->number != SYS_read || call->args[0] != device_of(pid) || result <= 0)
		return -1;
	return (int)((unsigned long)peek(pid, call->args[1]) >> 32);
}

/* Both kinds of messages have their opcode in the same place. */
static int is_read(pid_t pid, const struct call *call, long long result)
{
	return opcode(pid, call, result) == (is_fuse(pid) ? FUSE_READ : CACHEFILES_OP_READ);
}

static int is_answer(pid_t pid, const struct call *call)
{
	if (call->number == SYS_writev)
		return is_fuse(pid) && call->args[0] == device_of(pid);
	return call->number == SYS_ioctl && (unsigned)call->args[1] == CACHEFILES_IOC_READ_COMPLETE;
}

/* Lets only half of it be written. */
static void halve(pid_t pid, struct call *call)
{
	struct user_regs_struct regs;

	if (call->number != SYS_pwrite64 || call->args[2] < 8192 || ptrace(PTRACE_GETREGS, pid, NULL, &regs))
		return;
	regs.rdx = regs.rdx / 8192 * 4096;
	call->is_halved = ptrace(PTRACE_SETREGS, pid, NULL, &regs) == 0;
}

/* Is the engine, which stands at a system call's begin or end, at the point? */
static int is_there(pid_t pid, enum point point, struct call *call)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <= 0)
		return 0;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
		*call = (struct call){.number = info.entry.nr};
		memcpy(call->args, info.entry.args, sizeof(call->args));
		if (point == FILLING)
			halve(pid, call);
		return (point == OPENING && is_copen(pid, call)) || (point == FILLED && is_answer(pid, call));
	}
	if (info.op != PTRACE_SYSCALL_INFO_EXIT)
		return 0;
	return (point == OPENED && is_copen(pid, call)) || (point == ANSWERED && is_answer(pid, call)) ||
	       (point == ASKED && is_read(pid, call, info.exit.rval)) ||
	       (point == FILLING && call->is_halved);
}

/* From now on each engine is watched from its birth on. */
static void watch(pid_t parent)
{
	pid_t unwatched;
	int status;

	if (ptrace(PTRACE_SEIZE, parent, NULL, PTRACE_O_TRACEFORK | PTRACE_O_TRACESYSGOOD) ||
	    ptrace(PTRACE_INTERRUPT, parent, NULL, NULL))
		die("keeper");
	/* It stops outside of the kernel, where it is in no fork: an engine that it began unseen is there to be seen. */
	while (waitpid(parent, &status, __WALL) == parent && status >> 16 != PTRACE_EVENT_STOP)
		ptrace(PTRACE_CONT, parent, NULL, NULL);
	unwatched = engine(parent);
	if (unwatched > 0)
		kill(unwatched, SIGKILL);
	ptrace(PTRACE_CONT, parent, NULL, NULL);
}

static void on_alarm(int number)
{
	(void)number;
}

/* What a process does, and who stops it. */
static void say_state(const char *who, pid_t pid)
{
	static const char *const files[] = {"status", "wchan", "syscall"};
	char path[64], line[256];

	for (unsigned i = 0; i < sizeof(files) / sizeof(*files); i++) {
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, files[i]);
		file = fopen(path, "re");
		while (file && fgets(line, sizeof(line), file))
			if (i > 0 || strncmp(line, "State", 5) == 0 || strncmp(line, "TracerPid", 9) == 0)
				printf("reaper: late: %s %d: %s: %.*s\n", who, (int)pid, files[i],
				       (int)strcspn(line, "\n"), line);
		if (file)
			fclose(file);
	}
}

static void kill_at(enum point point, unsigned times)
{
	pid_t parent = keeper();
	struct sigaction late = {.sa_handler = on_alarm};
	struct call call = {0};
	enum point at = point;
	unsigned done = 0;
	int status;

	watch(parent);
	sigaction(SIGALRM, &late, NULL);
	alarm(LATE_S);
	while (done < times) {
		pid_t pid = waitpid(-1, &status, __WALL);

		if (pid < 0 && errno == EINTR) {
			say_state("keeper", parent);
			say_state("engine", engine(parent));
			fflush(stdout);
			alarm(LATE_S);
			continue;
		}
		if (pid < 0)
			die("wait");
		if (!WIFSTOPPED(status))
			continue;
		if (pid == parent) {
			ptrace(PTRACE_CONT, pid, NULL, NULL);
			continue;
		}
		/* A child of the keeper; its first stop is its birth. */
		if ((at == BORN && status >> 16 == PTRACE_EVENT_STOP) ||
		    (WSTOPSIG(status) == (SIGTRAP | 0x80) && is_there(pid, at, &call))) {
			done += at == point;
			at = at == point ? ANSWERED : point;
			kill(pid, SIGKILL);
			continue;
		}
		ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
	}
}

int main(int argc, char **argv)
{
	unsigned times = argc > 2 ? (unsigned)atoi(argv[2]) : 0;

	srand(1);
	if (argc == 5 && strcmp(argv[1], "random") == 0) {
		kill_at_random(times, (unsigned)atoi(argv[3]), (unsigned)atoi(argv[4]));
		printf("reaper: random: %u\n", times);
		return 0;
	}
	for (int point = 0; argc == 3 && point < POINTS; point++) {
		if (strcmp(argv[1], names[point]) == 0) {
			kill_at((enum point)point, times);
			printf("reaper: %s: %u\n", names[point], times);
			return 0;
		}
	}
	fputs("usage: reaper POINT TIMES | reaper random TIMES LEAST_MS MOST_MS\n", stderr);
	return 2;
}
