/* SPDX-License-Identifier: MIT */
#include "engine/confine_filter.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
/* x32 calls have the same AUDIT_ARCH; their numbers begin at 0x40000000, and none is in the table. */
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif /* For another architecture, see which calls musl makes there. */

#define SOCKET(family, type, protocol)                                                                       \
	CALL_IF(socket, IS(0, family), IS_BESIDE(1, type, SOCK_NONBLOCK | SOCK_CLOEXEC), IS(2, protocol))

/* The flags of musl's pthread_create(3): a thread, no process. 0x400000 is CLONE_DETACHED, long ignored. */
#define THREAD                                                                                               \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS |   \
	 CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | 0x400000)

/* Read-only, and only existing files. musl adds O_LARGEFILE. */
#define READING (O_CLOEXEC | O_LARGEFILE | O_NONBLOCK | O_DIRECTORY | O_NOFOLLOW)

/*
 * The calls of blobrootd, musl 1.2.3 to 1.2.5, libcurl 8.14 and mbedTLS 3.6: from the calls that are linked
 * in, musl's source, and strace of the daemon tests. Calls that nothing uses are not listed. A missing one
 * shows as an engine "killed by signal 31". Calls of only one transport are listed with that transport.
 */
static const struct syscall_rule rules[] = {
	/* The transport's requests and answers; log.c; libcurl wakes the loop through an eventfd. */
	CALL(read),
	CALL(write),
	CALL(pwrite64), /* store.c */
	CALL(pwritev2), /* .. as musl after 1.2.5 makes it */
	CALL(lseek),    /* store.c: which blocks are there; stdio: the length of a certificate file */
	/*
	 * Transports, libcurl, musl: close-on-exec; non-blocking sockets. Log and device are shared with the keeper
	 * and later engines: no flag can be taken away there, and no other one set. musl adds O_LARGEFILE.
	 */
	CALL_IF(fcntl, IS(1, F_SETFD)),
	CALL_IF(fcntl, IS(1, F_GETFL)),
	CALL_IF(fcntl, IS(1, F_SETFL), IS_BESIDE(2, O_NONBLOCK, O_RDWR | O_LARGEFILE)),
	CALL(close),

/* loop.c. Newer architectures have only the calls with a p. */
#ifdef SYS_epoll_wait
	CALL(epoll_wait),
#endif
	CALL(epoll_pwait),
	CALL(epoll_ctl),
	CALL(epoll_create1),
	/* If the vDSO cannot read the clock. */
	CALL(clock_gettime),

	/* libcurl. */
	CALL(recvfrom),
	CALL(sendto), /* notice.c, too */
#ifdef SYS_poll
	CALL(poll), /* is an idle connection still good? musl's resolver, too */
#endif
#ifdef SYS_ppoll
	CALL(ppoll),
#endif
	SOCKET(AF_INET, SOCK_STREAM, IPPROTO_TCP),
	SOCKET(AF_INET6, SOCK_STREAM, IPPROTO_TCP),
	CALL(connect),
	CALL(getsockname),
	CALL_IF(getsockopt, IS(1, SOL_SOCKET), IS(2, SO_ERROR)),
	CALL_IF(setsockopt, IS(1, IPPROTO_TCP), IS(2, TCP_NODELAY)),
	CALL_IF(setsockopt, IS(1, IPPROTO_IPV6), IS(2, IPV6_V6ONLY)),
	CALL(eventfd2),
	/* SIGPIPE is ignored while a connection is closed. */
	CALL_IF(rt_sigaction, IS(0, SIGPIPE)),

	/* musl's resolver: UDP, TCP for long answers; it sorts addresses by UDP connects (RFC 3484). */
	SOCKET(AF_INET, SOCK_DGRAM, 0),
	SOCKET(AF_INET6, SOCK_DGRAM, 0),
	SOCKET(AF_INET, SOCK_DGRAM, IPPROTO_UDP),
	SOCKET(AF_INET6, SOCK_DGRAM, IPPROTO_UDP),
	SOCKET(AF_INET, SOCK_STREAM, 0),
	SOCKET(AF_INET6, SOCK_STREAM, 0),
	CALL(bind),
	CALL(recvmsg),
	CALL(sendmsg),
	CALL_IF(setsockopt, IS(1, IPPROTO_TCP), IS(2, TCP_FASTOPEN_CONNECT)),
	CALL_IF(ioctl, IS(1, SIOCGIFINDEX)), /* fe80::1%eth0: zone.c */

/* /etc/hosts and /etc/resolv.conf, certificates, netrc: files of the engine's home. */
#ifdef SYS_open
	CALL_IF(open, HAS_ONLY(1, READING)),
#endif
	CALL_IF(openat, HAS_ONLY(2, READING)),
	CALL(readv), /* stdio */

	/* malloc, thread stacks: nothing executable, no files. */
	CALL(brk),
	CALL_IF(mmap, HAS_ONLY(2, PROT_READ | PROT_WRITE),
		IS_BESIDE(3, MAP_PRIVATE | MAP_ANONYMOUS, MAP_FIXED)),
	CALL(munmap),
	CALL(mremap),
	CALL_IF(mprotect, HAS_ONLY(2, PROT_READ | PROT_WRITE)),
	CALL(madvise),

	/* libcurl's resolver threads. */
	CALL_IF(clone, IS(0, THREAD)),
	CALL(rt_sigprocmask),
	CALL_IF(futex, IS_BESIDE(1, FUTEX_WAIT, FUTEX_PRIVATE_FLAG)),
	CALL_IF(futex, IS_BESIDE(1, FUTEX_WAKE, FUTEX_PRIVATE_FLAG)),
	CALL_IF(futex, IS_BESIDE(1, FUTEX_REQUEUE, FUTEX_PRIVATE_FLAG)), /* condition variables */
	CALL(exit),

	CALL(getrandom),       /* seeds: retry.c; keys: mbedTLS */
	CALL(getpid),          /* mbedTLS: did we fork since the last random number? */
	CALL(restart_syscall), /* made by the kernel after SIGSTOP and SIGCONT */
	CALL(exit_group),
};

/* The low half of an argument; all machines that we build for are little-endian. */
#define ARGUMENT(n) ((uint32_t)(offsetof(struct seccomp_data, args) + 8UL * (n)))
#define NUMBER      ((uint32_t)offsetof(struct seccomp_data, nr))

struct program {
	struct sock_filter *at;
	unsigned short len;
};

static void put(struct program *program, struct sock_filter instruction)
{
	/* Counts on beyond the end, so that the caller sees the length needed. */
	if (program->len < CONFINE_FILTER_MAX)
		program->at[program->len] = instruction;
	program->len++;
}

static void put_load(struct program *program, uint32_t at)
{
	put(program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at));
}

static void put_return(struct program *program, uint32_t verdict)
{
	put(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, verdict));
}

/* Continues if the accumulator equals value, else skips so many instructions. */
static void put_unless(struct program *program, uint32_t value, uint8_t skip)
{
	put(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip));
}

/* The accumulator holds the call's number, before and after. */
static void put_rule(struct program *program, const struct syscall_rule *rule)
{
	uint8_t count = 0;

	while (count < SYSCALL_CHECKS_MAX && rule->checks[count].mask)
		count++;
	if (count == 0) {
		put_unless(program, rule->number, 1);
		put_return(program, SECCOMP_RET_ALLOW);
		return;
	}
	/* Three instructions per check, then the verdict and the load of the number. */
	put_unless(program, rule->number, (uint8_t)(3 * count + 2));
	for (uint8_t i = 0; i < count; i++) {
		const struct syscall_check *check = &rule->checks[i];

		put_load(program, ARGUMENT(check->argument));
		put(program, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, check->mask));
		put_unless(program, check->value, (uint8_t)(3 * (count - 1 - i) + 1));
	}
	put_return(program, SECCOMP_RET_ALLOW);
	put_load(program, NUMBER);
}

static void put_rules(struct program *program, const struct syscall_rule *list, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		put_rule(program, &list[i]);
}

unsigned short confine_filter_build(const struct syscall_rule *more, unsigned more_count,
				    struct sock_filter program_out[CONFINE_FILTER_MAX])
{
	struct program program = {.at = program_out};

	put_load(&program, (uint32_t)offsetof(struct seccomp_data, arch));
	put(&program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0));
	put_return(&program, SECCOMP_RET_KILL_PROCESS);
	put_load(&program, NUMBER);
	put_rules(&program, rules, sizeof(rules) / sizeof(*rules));
	put_rules(&program, more, more_count);
	put_return(&program, SECCOMP_RET_KILL_PROCESS);
	return program.len <= CONFINE_FILTER_MAX ? program.len : 0;
}
