/* SPDX-License-Identifier: MIT */
/*
 * tests/support/confined confines itself as the engine does, and tries things: it has to end by SIGSYS, or well.
 */
#include "unit.h"

#include "base/layout.h"
#include "engine/confine.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static char text[16384];

/* Runs it; what it printed is in text. Returns what waitpid(2) says. */
static int attempt(const atf_tc_t *tc, const char *name)
{
	char program[4096];
	size_t have = 0;
	ssize_t got;
	int out[2], status;
	pid_t pid;

	snprintf(program, sizeof(program), "%s/../../support/confined", atf_tc_get_config_var(tc, "srcdir"));
	MUST_EQ(0, pipe(out));
	pid = fork();
	if (pid == 0) {
		dup2(out[1], STDOUT_FILENO);
		execl(program, "confined", name, NULL);
		_exit(99);
	}
	close(out[1]);
	while ((got = read(out[0], text + have, sizeof(text) - 1 - have)) > 0)
		have += (size_t)got;
	text[have] = '\0';
	close(out[0]);
	MUST_EQ(pid, waitpid(pid, &status, 0));
	return status;
}

static void ends_by(const atf_tc_t *tc, const char *name, int number)
{
	int status = attempt(tc, name);

	ATF_CHECK_MSG(WIFSIGNALED(status) && WTERMSIG(status) == number, "%s: %#x", name, (unsigned)status);
}

static void is_stopped(const atf_tc_t *tc, const char *name)
{
	ends_by(tc, name, SIGSYS);
}

static void goes_well(const atf_tc_t *tc, const char *name)
{
	int status = attempt(tc, name);

	ATF_CHECK_MSG(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: %#x", name, (unsigned)status);
}

/* Is there a line of /proc/self/status or limits that is this, runs of white space taken as one blank? */
static bool has_line(const char *line)
{
	char squeezed[sizeof(text) + 1], wanted[256];
	size_t len = 0;

	for (const char *at = text; *at; at++) {
		bool is_blank = *at == ' ' || *at == '\t';

		if (is_blank && (len == 0 || squeezed[len - 1] == ' '))
			continue;
		if (*at == '\n' && len > 0 && squeezed[len - 1] == ' ')
			len--;
		squeezed[len++] = is_blank ? ' ' : *at;
	}
	squeezed[len] = '\0';
	snprintf(wanted, sizeof(wanted), "\n%s\n", line);
	return strstr(squeezed, wanted);
}

static void stops_all(const atf_tc_t *tc, const char *const *names)
{
	for (; *names; names++)
		is_stopped(tc, *names);
}

CASE(no_program_and_no_process_can_be_started)
{
	stops_all(tc,
		  (const char *const[]){"execve", "execveat", "fork", "clone-of-a-process", "clone3", NULL});
}

CASE(no_other_process_can_be_touched)
{
	stops_all(tc, (const char *const[]){"ptrace", "process_vm_readv", "kill", "tgkill", NULL});
}

CASE(sockets_are_of_the_internet_only_and_nobody_can_connect_to_them)
{
	stops_all(tc, (const char *const[]){"netlink", "unix-socket", "packet-socket", "raw-socket", "listen",
					    NULL});
}

CASE(files_can_be_read_only)
{
	stops_all(tc, (const char *const[]){"open-for-writing", "open-for-both", "create", "unlink",
					    "truncate-a-descriptor", NULL});
}

CASE(memory_is_never_code)
{
	stops_all(tc, (const char *const[]){"map-code", "map-a-file", "make-data-code", NULL});
}

CASE(the_kernel_is_not_asked_for_more)
{
	stops_all(tc, (const char *const[]){"mount", "chroot", "become-root", "unshare", "bpf", "io_uring",
					    "keyctl", "type-into-a-terminal", "prctl", NULL});
}

#ifdef __x86_64__
/* What becomes of a process that nobody confines at a 32-bit getpid(2)? Some hypervisors let no guest have those. */
static bool has_32_bit_calls(void)
{
	long number = 20;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		/* Not the sanitizer's. */
		signal(SIGSEGV, SIG_DFL);
		__asm__ volatile("int $0x80" : "+a"(number) : : "memory");
		_exit(number == getpid() ? 0 : 99);
	}
	MUST_EQ(pid, waitpid(pid, &status, 0));
	ATF_REQUIRE_MSG(status == 0 || (WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV), "%#x",
			(unsigned)status);
	return status == 0;
}
#endif

CASE(the_calls_of_other_machines_are_no_way_around)
{
#ifdef __x86_64__
	ends_by(tc, "32-bit-fork", has_32_bit_calls() ? SIGSYS : SIGSEGV);
	is_stopped(tc, "x32-read");
#endif
}

CASE(a_thread_from_before_is_confined_too)
{
	is_stopped(tc, "execve-in-an-early-thread");
}

CASE(memory_grows_in_threads_although_it_is_locked)
{
	goes_well(tc, "grow-in-threads");
}

CASE(names_and_zones_resolve)
{
	goes_well(tc, "resolve");
	goes_well(tc, "find-a-zone");
}

CASE(descriptors_that_are_not_named_are_closed)
{
	goes_well(tc, "keep-and-close");
}

CASE(no_user_no_group_no_capability_is_left)
{
	char line[64];

	goes_well(tc, "status");
	for (unsigned i = 0; i < 2; i++) {
		unsigned id = geteuid() == 0 ? LAYOUT_ENGINE_ID : i == 0 ? geteuid() : getegid();

		snprintf(line, sizeof(line), "%cid: %u %u %u %u", i == 0 ? 'U' : 'G', id, id, id, id);
		ATF_CHECK_MSG(has_line(line), "%s", line);
	}
	for (unsigned i = 0; i < 5; i++) {
		/* Whoever is not root cannot empty the bounding set, and gets nothing out of it. */
		if (i == 0 && geteuid() != 0)
			continue;
		snprintf(line, sizeof(line), "Cap%.3s: 0000000000000000", "BndInhPrmEffAmb" + 3 * i);
		ATF_CHECK_MSG(has_line(line), "%s", line);
	}
	ATF_CHECK(geteuid() != 0 || has_line("Groups:"));
	ATF_CHECK(has_line("NoNewPrivs: 1"));
	ATF_CHECK(has_line("Seccomp: 2"));
	ATF_CHECK(has_line("Max core file size 0 0 bytes"));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, no_program_and_no_process_can_be_started);
	ATF_TP_ADD_TC(tp, no_other_process_can_be_touched);
	ATF_TP_ADD_TC(tp, sockets_are_of_the_internet_only_and_nobody_can_connect_to_them);
	ATF_TP_ADD_TC(tp, files_can_be_read_only);
	ATF_TP_ADD_TC(tp, memory_is_never_code);
	ATF_TP_ADD_TC(tp, the_kernel_is_not_asked_for_more);
	ATF_TP_ADD_TC(tp, the_calls_of_other_machines_are_no_way_around);
	ATF_TP_ADD_TC(tp, a_thread_from_before_is_confined_too);
	ATF_TP_ADD_TC(tp, memory_grows_in_threads_although_it_is_locked);
	ATF_TP_ADD_TC(tp, names_and_zones_resolve);
	ATF_TP_ADD_TC(tp, descriptors_that_are_not_named_are_closed);
	ATF_TP_ADD_TC(tp, no_user_no_group_no_capability_is_left);
	return atf_no_error();
}
