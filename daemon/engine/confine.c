/* SPDX-License-Identifier: MIT */
#include "engine/confine.h"

#include "base/layout.h"
#include "engine/confine_filter.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Closes the descriptors first to last. */
static int close_between(unsigned first, unsigned last)
{
	return first > last || syscall(SYS_close_range, first, last, 0) == 0 ? 0 : -errno;
}

static int close_others(const int *keep, unsigned keep_count)
{
	unsigned first = STDERR_FILENO + 1;
	int err = 0;

	/* Closes the gaps between those to keep, from the bottom up. */
	for (unsigned round = 0; round < keep_count && !err; round++) {
		int next = -1;

		for (unsigned i = 0; i < keep_count; i++)
			if (keep[i] >= (int)first && (next < 0 || keep[i] < next))
				next = keep[i];
		if (next < 0)
			break;
		err = close_between(first, (unsigned)next - 1);
		first = (unsigned)next + 1;
	}
	return err ? err : close_between(first, ~0U);
}

static int set_limits(void)
{
	const struct rlimit none = {0, 0}, all = {RLIM_INFINITY, RLIM_INFINITY};

	/*
	 * Image data and keys must not end up in a core file. Without capabilities, locked memory is limited,
	 * and a mapping beyond that fails. If the limit cannot be lifted, no lock is better than no memory.
	 */
	if (setrlimit(RLIMIT_CORE, &none))
		return -errno;
	return setrlimit(RLIMIT_MEMLOCK, &all) && munlockall() ? -errno : 0;
}

static int drop_bounding_set(void)
{
	for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0))
			return -errno;
	return 0;
}

/* Not dumpable: no process of the same user may ptrace it, or read its /proc. */
static int drop_user(void)
{
	return setgroups(0, NULL) || setresgid(LAYOUT_ENGINE_ID, LAYOUT_ENGINE_ID, LAYOUT_ENGINE_ID) ||
			       setresuid(LAYOUT_ENGINE_ID, LAYOUT_ENGINE_ID, LAYOUT_ENGINE_ID) ||
			       prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
		       ? -errno
		       : 0;
}

/* This clears the ambient set, too: it is a subset of both the permitted and the inheritable one. */
static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};

	return syscall(SYS_capset, &header, none) ? -errno : 0;
}

/* Checks that root cannot be regained, whatever the kernel's securebits are. */
static int check_user(void)
{
	return setresuid(-1, 0, -1) == 0 || setresgid(-1, 0, -1) == 0 ? -EPERM : 0;
}

static int install_filter(const struct syscall_rule *rules, unsigned rule_count)
{
	static struct sock_filter instructions[CONFINE_FILTER_MAX];
	struct sock_fprog program = {.len = confine_filter_build(rules, rule_count, instructions),
				     .filter = instructions};

	if (program.len == 0)
		return -E2BIG;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) ? -errno
												  : 0;
}

int confine_engine(const int *keep, unsigned keep_count, const struct syscall_rule *rules,
		   unsigned rule_count, const char **what_out)
{
	bool is_root = geteuid() == 0;
	int err;

	*what_out = "descriptors";
	err = close_others(keep, keep_count);
	if (!err) {
		*what_out = "limits";
		err = set_limits();
	}
	if (!err && is_root) {
		*what_out = "bounding set";
		err = drop_bounding_set();
	}
	if (!err && is_root) {
		*what_out = "user";
		err = drop_user();
	}
	if (!err) {
		*what_out = "capabilities";
		err = drop_capabilities();
	}
	if (!err && is_root) {
		*what_out = "user";
		err = check_user();
	}
	if (!err) {
		*what_out = "seccomp filter";
		err = install_filter(rules, rule_count);
	}
	return err;
}
