/* SPDX-License-Identifier: MIT */
/*
 * The filter's program, run here as the kernel would run it, for calls that no test can make.
 */
#include "unit.h"

#include "engine/confine_filter.h"
#include "store/disk.h"
#include "transport/cachefiles.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/cachefiles.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#ifdef __aarch64__
enum { OURS = AUDIT_ARCH_AARCH64, OTHER = AUDIT_ARCH_ARM };
#else
enum { OURS = (int)AUDIT_ARCH_X86_64, OTHER = AUDIT_ARCH_I386 };
#endif

enum { NUMBERS = 1024 };

static struct sock_filter program[CONFINE_FILTER_MAX];
static unsigned length;
static const struct syscall_rule *more; /* of a transport */
static unsigned more_count;

static uint32_t run(const struct seccomp_data *call)
{
	uint32_t accumulator = 0;

	length = confine_filter_build(more, more_count, program);
	ATF_REQUIRE(length > 0);
	for (unsigned at = 0; at < length; at++) {
		const struct sock_filter *filter = &program[at];

		switch (filter->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			ATF_REQUIRE(filter->k % 4 == 0 && filter->k < sizeof(*call));
			memcpy(&accumulator, (const char *)call + filter->k, sizeof(accumulator));
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			accumulator &= filter->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			at += accumulator == filter->k ? filter->jt : filter->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			at += accumulator >= filter->k ? filter->jt : filter->jf;
			break;
		case BPF_RET | BPF_K:
			return filter->k;
		default:
			atf_tc_fail("instruction %u: %#x", at, filter->code);
		}
	}
	atf_tc_fail("it runs off its end");
}

/* Each verdict is one of two. */
static bool passes(const struct seccomp_data *call)
{
	uint32_t verdict = run(call);

	ATF_REQUIRE(verdict == SECCOMP_RET_ALLOW || verdict == SECCOMP_RET_KILL_PROCESS);
	return verdict == SECCOMP_RET_ALLOW;
}

static bool allows(long number, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	return passes(
		&(struct seccomp_data){.nr = (int)number, .arch = (uint32_t)OURS, .args = {a, b, c, d}});
}

CASE(calls_of_another_machine_never_pass)
{
	for (int number = 0; number < NUMBERS; number++) {
		ATF_CHECK(!passes(&(struct seccomp_data){.nr = number, .arch = (uint32_t)OTHER}));
		ATF_CHECK(!allows(0x40000000L | number, 0, 0, 0, 0));
		ATF_CHECK(!allows(0x80000000L | number, 0, 0, 0, 0));
	}
	ATF_CHECK(allows(SYS_read, 0, 0, 0, 0));
}

/* A handful more is a table to look at again. */
CASE(of_all_the_kernels_calls_few_pass)
{
	unsigned count = 0;

	for (int number = 0; number < NUMBERS; number++)
		count += allows(number, 0, 0, 0, 0);
	ATF_CHECK_MSG(count > 20 && count <= 40, "%u", count);
	ATF_CHECK_MSG(length < CONFINE_FILTER_MAX / 2 + CONFINE_FILTER_MAX / 4, "%u", length);
}

CASE(files_open_for_reading_only)
{
	static const uint64_t bad[] = {O_WRONLY, O_RDWR, O_CREAT,   O_TRUNC,
				       O_APPEND, O_PATH, O_TMPFILE, O_WRONLY | O_RDWR};

	ATF_CHECK(allows(SYS_openat, (uint64_t)AT_FDCWD, 1, O_RDONLY | O_CLOEXEC, 0));
	ATF_CHECK(allows(SYS_openat, 3, 1, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0));
	for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		ATF_CHECK(!allows(SYS_openat, 3, 1, bad[i] | O_CLOEXEC, 0));
#ifdef SYS_open
		ATF_CHECK(!allows(SYS_open, 1, bad[i], 0, 0));
#endif
	}
}

CASE(sockets_are_TCP_and_UDP)
{
	for (uint64_t family = 0; family < 64; family++) {
		bool is_ours = family == AF_INET || family == AF_INET6;

		for (uint64_t protocol = 0; protocol < 300; protocol++) {
			EQ(is_ours && (protocol == 0 || protocol == IPPROTO_TCP),
			   allows(SYS_socket, family, SOCK_STREAM | SOCK_NONBLOCK, protocol, 0));
			EQ(is_ours && (protocol == 0 || protocol == IPPROTO_UDP),
			   allows(SYS_socket, family, SOCK_DGRAM | SOCK_CLOEXEC, protocol, 0));
			ATF_CHECK(!allows(SYS_socket, family, SOCK_RAW, protocol, 0));
			ATF_CHECK(!allows(SYS_socket, family, SOCK_SEQPACKET, protocol, 0));
		}
	}
	ATF_CHECK(allows(SYS_setsockopt, 3, IPPROTO_TCP, TCP_NODELAY, 0));
	ATF_CHECK(!allows(SYS_setsockopt, 3, SOL_SOCKET, TCP_NODELAY, 0));
	ATF_CHECK(!allows(SYS_setsockopt, 3, IPPROTO_TCP, TCP_ULP, 0));
}

CASE(memory_is_private_and_no_code)
{
	for (uint64_t prot = 0; prot < 8; prot++) {
		EQ(!(prot & PROT_EXEC), allows(SYS_mmap, 0, 4096, prot, MAP_PRIVATE | MAP_ANONYMOUS));
		EQ(!(prot & PROT_EXEC), allows(SYS_mprotect, 0, 4096, prot, 0));
	}
	ATF_CHECK(allows(SYS_mmap, 4096, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED));
	ATF_CHECK(!allows(SYS_mmap, 0, 4096, PROT_READ, MAP_PRIVATE));
	ATF_CHECK(!allows(SYS_mmap, 0, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS));
}

CASE(a_clone_is_a_thread)
{
	static const uint64_t thread = 0x7d0f00; /* musl's, as strace shows it */

	ATF_CHECK(allows(SYS_clone, thread, 0, 0, 0));
	ATF_CHECK(!allows(SYS_clone, SIGCHLD, 0, 0, 0));
	for (unsigned bit = 0; bit < 32; bit++)
		ATF_CHECK(!allows(SYS_clone, thread ^ UINT64_C(1) << bit, 0, 0, 0));
	ATF_CHECK(allows(SYS_futex, 0, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, 0));
	ATF_CHECK(!allows(SYS_futex, 0, FUTEX_LOCK_PI, 1, 0));
}

CASE(a_transport_adds_its_own_calls_and_no_engine_has_those_of_another)
{
	ATF_CHECK(!allows(SYS_ioctl, 3, CACHEFILES_IOC_READ_COMPLETE, 7, 0));
	more = cachefiles_transport.rules;
	more_count = cachefiles_transport.rule_count;
	ATF_CHECK(allows(SYS_ioctl, 3, CACHEFILES_IOC_READ_COMPLETE, 7, 0));
	ATF_CHECK(!allows(SYS_ioctl, 3, TIOCSTI, 0, 0));
}

CASE(only_an_engine_with_a_disk_writes_files_and_it_makes_nothing_else)
{
	static const uint64_t bad[] = {O_WRONLY, O_TRUNC, O_APPEND, O_PATH, O_TMPFILE, O_DIRECT | O_SYNC};

	more = disk_rules;
	more_count = disk_rule_count;
	ATF_CHECK(allows(SYS_openat, 3, 1, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0));
	for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ATF_CHECK(!allows(SYS_openat, 3, 1, bad[i] | O_CLOEXEC, 0));
	ATF_CHECK(allows(SYS_pread64, 3, 1, 1, 0) && allows(SYS_fdatasync, 3, 0, 0, 0));
	ATF_CHECK(!allows(SYS_symlinkat, 1, 3, 1, 0) && !allows(SYS_linkat, 3, 1, 3, 1));
	ATF_CHECK(!allows(SYS_mknodat, 3, 1, 0, 0) && !allows(SYS_fchmod, 3, 0, 0, 0) &&
		  !allows(SYS_fchown, 3, 0, 0, 0));
	more_count = 0;
	ATF_CHECK(!allows(SYS_unlinkat, 3, 1, 0, 0) && !allows(SYS_mkdirat, 3, 1, 0, 0));
}

CASE(only_the_first_engine_makes_a_disks_file_ready_for_the_kernel)
{
	more = disk_rules;
	more_count = disk_rule_count;
	ATF_CHECK(!allows(SYS_fallocate, 3, 0, 0, 1) && !allows(SYS_fsetxattr, 3, 1, 1, 1) &&
		  !allows(SYS_fcntl, 3, F_SETFL, O_RDWR | O_NONBLOCK | O_DIRECT, 0));
	more = disk_mend_rules;
	more_count = disk_mend_rule_count;
	ATF_CHECK(allows(SYS_fallocate, 3, 0, 0, 1) &&
		  allows(SYS_fallocate, 3, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 1));
	ATF_CHECK(!allows(SYS_fallocate, 3, FALLOC_FL_COLLAPSE_RANGE, 0, 1) &&
		  !allows(SYS_fallocate, 3, FALLOC_FL_ZERO_RANGE, 0, 1));
	ATF_CHECK(!allows(SYS_setxattr, 1, 1, 1, 1) && !allows(SYS_fcntl, 3, F_SETFL, O_DIRECT | O_ASYNC, 0));
}

CASE(devices_are_told_nothing_else)
{
	ATF_CHECK(!allows(SYS_ioctl, 3, TIOCSTI, 0, 0));
	ATF_CHECK(!allows(SYS_ioctl, 3, TIOCLINUX, 0, 0));
	ATF_CHECK(!allows(SYS_fcntl, 3, F_SETOWN, 1, 0));
	ATF_CHECK(!allows(SYS_rt_sigaction, SIGSEGV, 0, 0, 0));
}

CASE_ABOUT(a_descriptor_can_be_made_non_blocking_and_nothing_else,
	   "log and device are open file descriptions that it shares with the keeper and with later engines")
{
	static const uint64_t bad[] = {0, O_WRONLY, O_RDWR, O_APPEND, O_ASYNC, O_DIRECT, O_NOATIME, O_SYNC};

	ATF_CHECK(allows(SYS_fcntl, 3, F_SETFL, O_RDWR | O_NONBLOCK, 0));
	ATF_CHECK(allows(SYS_fcntl, 3, F_SETFL, O_NONBLOCK, 0));
	ATF_CHECK(allows(SYS_fcntl, 3, F_GETFL, 0, 0));
	for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ATF_CHECK(!allows(SYS_fcntl, 3, F_SETFL, bad[i], 0));
	for (unsigned i = 3; i < sizeof(bad) / sizeof(*bad); i++)
		ATF_CHECK(!allows(SYS_fcntl, 3, F_SETFL, bad[i] | O_NONBLOCK, 0));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, calls_of_another_machine_never_pass);
	ATF_TP_ADD_TC(tp, of_all_the_kernels_calls_few_pass);
	ATF_TP_ADD_TC(tp, files_open_for_reading_only);
	ATF_TP_ADD_TC(tp, sockets_are_TCP_and_UDP);
	ATF_TP_ADD_TC(tp, memory_is_private_and_no_code);
	ATF_TP_ADD_TC(tp, a_clone_is_a_thread);
	ATF_TP_ADD_TC(tp, a_transport_adds_its_own_calls_and_no_engine_has_those_of_another);
	ATF_TP_ADD_TC(tp, only_an_engine_with_a_disk_writes_files_and_it_makes_nothing_else);
	ATF_TP_ADD_TC(tp, only_the_first_engine_makes_a_disks_file_ready_for_the_kernel);
	ATF_TP_ADD_TC(tp, devices_are_told_nothing_else);
	ATF_TP_ADD_TC(tp, a_descriptor_can_be_made_non_blocking_and_nothing_else);
	return atf_no_error();
}
