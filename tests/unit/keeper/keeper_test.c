/* SPDX-License-Identifier: MIT */
/*
 * The keeper as a process of its own, with what an upgrade has left it, and system calls that fail. Its engines are
 * processes that do nothing.
 */
#include "unit.h"

#include "base/counters.h"
#include "base/exits.h"
#include "keeper/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* In memory that test and keeper share. */
static struct {
	bool fails_mmap, fails_signalfd;
} * call;

void *__real_mmap(void *at, size_t size, int prot, int flags, int fd, off_t off);
void *__wrap_mmap(void *at, size_t size, int prot, int flags, int fd, off_t off);
int __real_signalfd(int fd, const sigset_t *mask, int flags);
int __wrap_signalfd(int fd, const sigset_t *mask, int flags);

void *__wrap_mmap(void *at, size_t size, int prot, int flags, int fd, off_t off)
{
	if (!call->fails_mmap)
		return __real_mmap(at, size, prot, flags, fd, off);
	errno = ENOMEM;
	return MAP_FAILED;
}

int __wrap_signalfd(int fd, const sigset_t *mask, int flags)
{
	if (!call->fails_signalfd)
		return __real_signalfd(fd, mask, flags);
	errno = ENFILE;
	return -1;
}

static struct {
	pid_t pid;
	int ready, device, said;
	struct sockaddr_un control;
} rig;

static int control_open(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	rig.control = (struct sockaddr_un){.sun_family = AF_UNIX, .sun_path = "control"};
	MUST_EQ(0, bind(fd, (struct sockaddr *)&rig.control, sizeof(rig.control)));
	MUST_EQ(0, listen(fd, 16));
	return fd;
}

/* Forks the keeper. plan: as after an upgrade; empty: as at the boot. */
static void begin(const atf_tc_t *tc, const char *plan, bool fails_mmap, bool fails_signalfd)
{
	static struct handover know;
	static char *words[] = {"root=blob:http://h/x"};
	char deaf[4096];
	struct counters counters = {.fetched_bytes = 7};
	int ready[2], said[2];

	call = __real_mmap(NULL, sizeof(*call), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ATF_REQUIRE(call != MAP_FAILED);
	call->fails_mmap = fails_mmap;
	call->fails_signalfd = fails_signalfd;
	MUST_EQ(0, pipe2(ready, O_CLOEXEC));
	MUST_EQ(0, pipe2(said, O_CLOEXEC));
	rig.device = open("device", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	know.words = words;
	know.word_count = 1;
	know.engine.device = rig.device;
	know.engine.notices = know.engine.hash_cache = know.engine.home = know.keeper.upgrades = -1;
	know.engine.counters = memfd_create("counters", MFD_CLOEXEC);
	MUST_EQ((ssize_t)sizeof(counters), write(know.engine.counters, &counters, sizeof(counters)));
	know.keeper.control = control_open();
	snprintf(deaf, sizeof(deaf), "%s/../../support/deaf", atf_tc_get_config_var(tc, "srcdir"));
	know.keeper.program = open(deaf, O_RDONLY | O_CLOEXEC);
	ATF_REQUIRE(know.keeper.program >= 0);
	know.keeper.ready = ready[1];
	strcpy(know.keeper.plan, plan);
	rig.pid = fork();
	if (rig.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(said[1], STDERR_FILENO);
		_exit(keeper_run(&know));
	}
	close(ready[1]);
	close(said[1]);
	close(know.keeper.control);
	rig.ready = ready[0];
	rig.said = said[0];
}

/* The number behind key in what the keeper says to who connects. */
static long status(const char *key)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char text[8192], *at;
	size_t have = 0;
	ssize_t got;

	MUST_EQ(0, connect(fd, (struct sockaddr *)&rig.control, sizeof(rig.control)));
	while ((got = read(fd, text + have, sizeof(text) - 1 - have)) > 0)
		have += (size_t)got;
	close(fd);
	text[have] = '\0';
	at = strstr(text, key);
	ATF_REQUIRE_MSG(at, "%s: %s", key, text);
	return strtol(at + strlen(key), NULL, 10);
}

/* Asks until the number is another one. */
static long status_but(const char *key, long number)
{
	long now;

	while ((now = status(key)) == number)
		poll(NULL, 0, 10);
	return now;
}

/* The keeper lives, and replaces engines. */
static void check_it_keeps_engines(void)
{
	long first = status_but("\nengine=", 0), restarts = status("\nrestarts=");
	off_t told = lseek(rig.device, 0, SEEK_END);

	MUST_EQ(0, kill((pid_t)first, SIGKILL));
	/* Nobody asks for its status, which would wake it up: `restore` is written before the next engine starts. */
	while (lseek(rig.device, 0, SEEK_END) == told)
		poll(NULL, 0, 10);
	EQ(restarts + 1, status_but("\nrestarts=", restarts));
	ATF_CHECK(status_but("\nengine=", 0) != first);
	EQ(0, waitpid(rig.pid, NULL, WNOHANG));
}

static void end(void)
{
	long engine = status("\nengine=");

	kill(rig.pid, SIGKILL);
	waitpid(rig.pid, NULL, 0);
	kill((pid_t)engine, SIGKILL);
}

static const char *hear(int fd)
{
	static char text[4096];
	ssize_t got = read(fd, text, sizeof(text) - 1);

	text[got > 0 ? got : 0] = '\0';
	return text;
}

CASE(after_an_upgrade_no_lack_of_memory_ends_it)
{
	for (unsigned lacks = 1; lacks < 4; lacks++) {
		unlink("control");
		begin(tc, "none\tfsid=x\t-", lacks & 1, lacks & 2);
		ATF_CHECK_STREQ("0 \n", hear(rig.ready));
		ATF_CHECK(strstr(hear(rig.said), "it goes on without counters or signals"));
		check_it_keeps_engines();
		EQ(lacks & 1 ? 0 : 7, status("\nfetched="));
		/* And when there is memory again, it takes what it lacked. */
		call->fails_mmap = call->fails_signalfd = false;
		EQ(7, lacks & 1 ? status_but("\nfetched=", 0) : status("\nfetched="));
		check_it_keeps_engines();
		end();
	}
}

CASE(at_the_boot_lack_of_memory_is_told)
{
	int ended;

	begin(tc, "", true, false);
	ATF_CHECK_STREQ("111 keeper: out of memory\n", hear(rig.ready));
	MUST_EQ(rig.pid, waitpid(rig.pid, &ended, 0));
	EQ(EXIT_TEMPORARY, WEXITSTATUS(ended));
}

CASE(it_takes_over_without_a_word_when_nothing_lacks)
{
	begin(tc, "none\tfsid=x\t-", false, false);
	ATF_CHECK_STREQ("0 \n", hear(rig.ready));
	ATF_CHECK(!strstr(hear(rig.said), "without"));
	EQ(7, status("\nfetched="));
	check_it_keeps_engines();
	end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, after_an_upgrade_no_lack_of_memory_ends_it);
	ATF_TP_ADD_TC(tp, at_the_boot_lack_of_memory_is_told);
	ATF_TP_ADD_TC(tp, it_takes_over_without_a_word_when_nothing_lacks);
	return atf_no_error();
}
