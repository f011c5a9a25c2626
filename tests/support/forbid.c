/* SPDX-License-Identifier: MIT
 *
 * Makes another process do what it must not, as code that has taken it over would.
 *
 *   forbid PID execve|netlink|write|connect
 *
 * Attaches to PID as a debugger, and when it waits in a system call lets it make another one instead: execve(2),
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

enum { SYSCALL_CODE = 0x050f, TRIES = 1000 };

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

/* Stopped right behind a syscall instruction? Then that can be used again. */
static int stop(pid_t pid, struct user_regs_struct *regs)
{
	int status;

	if (ptrace(PTRACE_ATTACH, pid, NULL, NULL))
		die("attach");
	if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status))
		die("wait");
	if (ptrace(PTRACE_GETREGS, pid, NULL, regs))
		die("registers");
	errno = 0;
	if ((ptrace(PTRACE_PEEKTEXT, pid, (void *)(regs->rip - 2), NULL) & 0xffff) == SYSCALL_CODE && !errno)
		return 1;
	ptrace(PTRACE_DETACH, pid, NULL, NULL);
	return 0;
}

/* On to the next way into a system call or out of one. */
static int step(pid_t pid)
{
	int status;

	if (ptrace(PTRACE_SYSCALL, pid, NULL, NULL) || waitpid(pid, &status, __WALL) != pid)
		die("step");
	return status;
}

static void try(pid_t pid, const struct attempt *attempt)
{
	struct user_regs_struct before, regs;
	int status, tries = 0;

	while (!stop(pid, &before))
		if (++tries == TRIES)
			die("it never waits in a system call");
	regs = before;
	regs.rip -= 2;
	regs.rax = attempt->number;
	/* Not in a call any more: nothing is to be restarted. */
	regs.orig_rax = ~0ULL;
	regs.rdi = attempt->arguments[0];
	regs.rsi = attempt->arguments[1];
	regs.rdx = attempt->arguments[2];
	if (ptrace(PTRACE_SETREGS, pid, NULL, &regs))
		die("registers");
	/* Into the call, and out of it. A filter that kills lets it seem to come back. */
	status = step(pid);
	if (WIFSTOPPED(status))
		status = step(pid);
	if (WIFSTOPPED(status)) {
		if (ptrace(PTRACE_GETREGS, pid, NULL, &regs))
			die("registers");
		/* As if nothing had been: the call that it was in is made anew, if it lives to make it. */
		before.rip -= 2;
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
