/* SPDX-License-Identifier: MIT
 *
 * Makes another process do what it must not, as code that has taken it over would.
 *
 *   forbid PID execve|netlink|write|32-bit-fork|connect
 *
 * Attaches to PID as a debugger, and lets its next system call be another one: execve(2),
 * socket(2) of netlink, open(2) for writing, fork(2) by the table of 32-bit programs, in which it has the number that
 * open(2) has in ours; or socket(2) of TCP, which is allowed. Prints how that ended:
 * `forbid: NAME: killed by signal N` or `forbid: NAME: returned N`.
 *
 * Source: ptrace(2), syscall(2): the number is in rax, the arguments in rdi, rsi, rdx; of a 32-bit call in rbx, rcx, rdx.
 * Only for x86-64.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
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
	bool is_32_bit;
} attempts[] = {
	{"execve", SYS_execve, {0, 0, 0}, false},
	{"netlink", SYS_socket, {AF_NETLINK, SOCK_RAW, 0}, false},
	{"write", SYS_open, {0, O_WRONLY | O_CREAT, 0600}, false},
	{"32-bit-fork", 2, {0, 0, 0}, true},
	{"connect", SYS_socket, {AF_INET, SOCK_STREAM, IPPROTO_TCP}, false},
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

/*
 * The call that it is about to make, as `at` has it, is not made, but one that does nothing and is allowed: the filter
 * judges no call at all, too. Where its instruction was, the 32-bit one is entered then.
 */
static void enter_32_bit(pid_t pid, const struct user_regs_struct *at, unsigned long long number)
{
	const long int_80 = 0x80cd, mask = 0xffff;
	struct user_regs_struct regs = *at;
	long code;

	regs.orig_rax = SYS_close;
	regs.rdi = ~0ULL;
	if (ptrace(PTRACE_SETREGS, pid, NULL, &regs))
		die("registers");
	step(pid);
	regs = *at;
	regs.orig_rax = ~0ULL;
	regs.rip -= SYSCALL_SIZE;
	regs.rax = number;
	errno = 0;
	code = ptrace(PTRACE_PEEKTEXT, pid, (void *)regs.rip, NULL);
	if (errno || ptrace(PTRACE_POKETEXT, pid, (void *)regs.rip, (void *)((code & ~mask) | int_80)))
		die("code");
	if (ptrace(PTRACE_SETREGS, pid, NULL, &regs))
		die("registers");
	if (!WIFSTOPPED(step(pid)) || !is_entering(pid))
		die("no 32-bit call");
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
	if (attempt->is_32_bit)
		enter_32_bit(pid, &before, attempt->number);
	regs = before;
	regs.orig_rax = attempt->number;
	regs.rdi = attempt->arguments[0];
	regs.rsi = attempt->arguments[1];
	if (attempt->is_32_bit) {
		regs.rbx = attempt->arguments[0];
		regs.rcx = attempt->arguments[1];
	}
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
	dprintf(2, "usage: forbid PID execve|netlink|write|32-bit-fork|connect\n");
	return 2;
}
