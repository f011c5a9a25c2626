/* SPDX-License-Identifier: MIT
 *
 * Makes another process do what it must not, as code that has taken it over would.
 *
 *   forbid PID execve|netlink|write|connect
 *
 * Attaches to PID as a debugger, and lets its next system call be another one: execve(2),
 * socket(2) of netlink, open(2) for writing; or socket(2) of TCP, which is allowed. Prints how that ended:
 * `forbid: NAME: killed by signal N` or `forbid: NAME: returned N`.
 *
 * Source: ptrace(2), syscall(2): the number is in rax, the arguments in rdi, rsi, rdx. Only for x86-64.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SYSCALL_SIZE = 2 }; /* bytes of the instruction */

static const struct attempt {
	const char *name;
	unsigned long long number, arguments[3];
} attempts[] = {
	{"execve", SYS_execve, {0, 0, 0}},
	{"netlink", SYS_socket, {AF_NETLINK, SOCK_RAW, 0}},
	{"write", SYS_open, {0, O_WRONLY | O_CREAT, 0600}},
	{"connect", SYS_socket, {AF_INET, SOCK_STREAM, IPPROTO_TCP}},
};

static void die(const char *what)
{
	printf("forbid: %s: %s\n", what, strerror(errno));
	exit(2);
}

/* On to the next way into a system call or out of one. */
static int step(pid_t pid)
{
	int status;

	if (ptrace(PTRACE_SYSCALL, pid, NULL, NULL) || waitpid(pid, &status, __WALL) != pid)
		die("step");
	return status;
}

static void attach(pid_t pid)
{
	int status;

	if (ptrace(PTRACE_ATTACH, pid, NULL, NULL))
		die("attach");
	if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status))
		die("wait");
	if (ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD))
		die("options");
}

static int is_entering(pid_t pid)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <= 0)
		die("system call");
	return info.op == PTRACE_SYSCALL_INFO_ENTRY;
}

/* The kernel looks at the filter after the debugger has been: it is the changed call that is judged. */
static void try(pid_t pid, const struct attempt *attempt)
{
	struct user_regs_struct before, regs;
	int status;

	attach(pid);
	do {
		status = step(pid);
		if (!WIFSTOPPED(status))
			die("it has ended by itself");
	} while (!is_entering(pid));
	if (ptrace(PTRACE_GETREGS, pid, NULL, &before))
		die("registers");
	regs = before;
	regs.orig_rax = attempt->number;
	regs.rdi = attempt->arguments[0];
	regs.rsi = attempt->arguments[1];
	regs.rdx = attempt->arguments[2];
	if (ptrace(PTRACE_SETREGS, pid, NULL, &regs))
		die("registers");
	/* Out of it. A filter that kills may let it seem to come back. */
	status = step(pid);
	if (WIFSTOPPED(status)) {
		if (ptrace(PTRACE_GETREGS, pid, NULL, &regs))
			die("registers");
		/* As if nothing had been: the call that it was about to make is made anew, if it lives to make it. */
		before.rip -= SYSCALL_SIZE;
		before.rax = before.orig_rax;
		before.orig_rax = ~0ULL;
		ptrace(PTRACE_SETREGS, pid, NULL, &before);
		status = step(pid);
	}
	if (WIFSIGNALED(status)) {
		printf("forbid: %s: killed by signal %d\n", attempt->name, WTERMSIG(status));
		return;
	}
	printf("forbid: %s: returned %lld\n", attempt->name, (long long)regs.rax);
	ptrace(PTRACE_DETACH, pid, NULL, NULL);
}

int main(int argc, char **argv)
{
	pid_t pid = argc == 3 ? (pid_t)atoi(argv[1]) : 0;

	for (unsigned i = 0; pid > 0 && i < sizeof(attempts) / sizeof(*attempts); i++) {
		if (strcmp(attempts[i].name, argv[2]) == 0) {
			try(pid, &attempts[i]);
			return 0;
		}
	}
	dprintf(2, "usage: forbid PID execve|netlink|write|connect\n");
	return 2;
}
