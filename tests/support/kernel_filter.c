/* SPDX-License-Identifier: MIT */
#include "kernel_filter.h"

#include <linux/cachefiles.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The low half of an argument; the machines that we build for are little-endian. */
#define ARGUMENT(n) ((uint32_t)(offsetof(struct seccomp_data, args) + 8 * (n)))

#define LOAD(at)            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (at))
#define UNLESS(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), 0, (skip))
#define RETURN(action)      BPF_STMT(BPF_RET | BPF_K, (action))

/* Each group is skipped unless the number fits; a group that loads an argument ends in a verdict. */
#define CATCH(number) UNLESS(number, 1), RETURN(SECCOMP_RET_USER_NOTIF)
#define CATCH_IF(number, argument, value)                                                                    \
	UNLESS(number, 4), LOAD(ARGUMENT(argument)), UNLESS(value, 1), RETURN(SECCOMP_RET_USER_NOTIF),       \
		RETURN(SECCOMP_RET_ALLOW)
#define PRETEND(number) UNLESS(number, 1), RETURN(SECCOMP_RET_ERRNO)

int kernel_filter_install(bool is_start)
{
	struct sock_filter of_engine[] = {
		LOAD(offsetof(struct seccomp_data, nr)),
		CATCH_IF(SYS_read, 0, KERNEL_FILTER_DEVICE),
		CATCH_IF(SYS_write, 0, KERNEL_FILTER_DEVICE),
		CATCH_IF(SYS_ioctl, 1, CACHEFILES_IOC_READ_COMPLETE),
		CATCH(SYS_pwrite64),
		RETURN(SECCOMP_RET_ALLOW),
	};
	struct sock_filter of_start[] = {
		LOAD(offsetof(struct seccomp_data, nr)),
		CATCH_IF(SYS_read, 0, KERNEL_FILTER_DEVICE),
		CATCH_IF(SYS_write, 0, KERNEL_FILTER_DEVICE),
		CATCH_IF(SYS_ioctl, 1, CACHEFILES_IOC_READ_COMPLETE),
		CATCH(SYS_pwrite64),
#ifdef SYS_open
		CATCH(SYS_open),
#endif
		CATCH(SYS_openat),
		PRETEND(SYS_setsid),
		PRETEND(SYS_chroot),
		RETURN(SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = sizeof(of_engine) / sizeof(*of_engine), .filter = of_engine};

	if (is_start)
		program =
			(struct sock_fprog){.len = sizeof(of_start) / sizeof(*of_start), .filter = of_start};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}
