/* SPDX-License-Identifier: MIT */
#include "kernel_trap.h"

#include "kernel_answer.h"
#include "kernel_filter.h"
#include "kernel_model.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { BYTES_MAX = 16 * 1024 * 1024 };

/* An answer of its own to these: the real system call goes ahead. */
enum { GO_ON = -100000 };

static struct {
	int listener;
	struct seccomp_notif call;
	int open_error;
} trap;

static uint8_t bytes[BYTES_MAX];

void kernel_trap_fail_open(int error)
{
	trap.open_error = error;
}

/* Copies size bytes at the daemon's address into bytes[]; less where its memory ends. */
static size_t peek(uint64_t address, size_t size)
{
	struct iovec here = {bytes, size < BYTES_MAX ? size : BYTES_MAX};
	struct iovec there = {(void *)(uintptr_t)address, here.iov_len};
	ssize_t got = process_vm_readv((pid_t)trap.call.pid, &here, 1, &there, 1, 0);

	if (got < 0)
		kernel_broken("the daemon's memory cannot be read: %s", strerror(errno));
	return (size_t)got;
}

static void poke(uint64_t address, size_t size)
{
	struct iovec here = {bytes, size};
	struct iovec there = {(void *)(uintptr_t)address, size};

	if (process_vm_writev((pid_t)trap.call.pid, &here, 1, &there, 1, 0) != (ssize_t)size)
		kernel_broken("the daemon's buffer is bad: %s", strerror(errno));
}

/* As the kernel makes an anonymous descriptor inside read(2): the lowest free number, write-only. */
static int give_to(int file, int number)
{
	struct seccomp_notif_addfd give = {.id = trap.call.id, .srcfd = (uint32_t)file};
	int got;

	if (number >= 0) {
		give.flags = SECCOMP_ADDFD_FLAG_SETFD;
		give.newfd = (uint32_t)number;
		give.newfd_flags = O_CLOEXEC;
	}
	got = ioctl(trap.listener, SECCOMP_IOCTL_NOTIF_ADDFD, &give);
	return got < 0 ? -errno : got;
}

static int give_port(int file)
{
	char path[64];
	int write_only, port;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	write_only = open(path, O_WRONLY | O_CLOEXEC);
	if (write_only < 0)
		kernel_broken("%s: %s", path, strerror(errno));
	port = give_to(write_only, -1);
	close(write_only);
	return port;
}

static int64_t take_message(const struct seccomp_data *call)
{
	size_t size = call->args[2] < BYTES_MAX ? (size_t)call->args[2] : BYTES_MAX;
	ssize_t got = kernel_model_take(bytes, size, give_port);

	if (got > 0)
		poke(call->args[1], (size_t)got);
	return got;
}

static int64_t take_command(const struct seccomp_data *call)
{
	size_t len = (size_t)call->args[2];
	char text[PATH_MAX];

	if (len >= sizeof(text) || peek(call->args[1], len) != len || memchr(bytes, '\0', len))
		return -EINVAL;
	memcpy(text, bytes, len);
	text[len] = '\0';
	return kernel_answer_command(text, len);
}

static int64_t take_fill(const struct seccomp_data *call)
{
	if (call->args[2] > BYTES_MAX || peek(call->args[1], (size_t)call->args[2]) != call->args[2])
		return -EFAULT;
	return kernel_answer_fill((int)call->args[0], bytes, call->args[3], call->args[2], call->args[1]);
}

static int64_t take_open(uint64_t path)
{
	static const char device[] = "/dev/cachefiles";

	/* A short path may stand at the end of readable memory. */
	if (peek(path, sizeof(device)) < sizeof(device) || memcmp(bytes, device, sizeof(device)) != 0)
		return GO_ON;
	if (trap.open_error)
		return -trap.open_error;
	return give_to(kernel_model_device(), KERNEL_FILTER_DEVICE);
}

static int64_t answer(const struct seccomp_data *call)
{
	switch (call->nr) {
	case SYS_read:
		return take_message(call);
	case SYS_write:
		return take_command(call);
	case SYS_pwrite64:
		return take_fill(call);
	case SYS_ioctl:
		return kernel_answer_complete((int)call->args[0], (uint32_t)call->args[2]);
#ifdef SYS_open
	case SYS_open:
		return take_open(call->args[0]);
#endif
	case SYS_openat:
		return take_open(call->args[1]);
	default:
		return GO_ON;
	}
}

pid_t kernel_trap_answer(int listener)
{
	struct seccomp_notif_resp reply = {0};
	int64_t result;

	trap.listener = listener;
	memset(&trap.call, 0, sizeof(trap.call));
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &trap.call)) {
		if (errno == ENOENT || errno == EINTR)
			return 0;
		kernel_broken("seccomp: %s", strerror(errno));
	}
	result = answer(&trap.call.data);
	reply.id = trap.call.id;
	if (result == GO_ON)
		reply.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	else if (result < 0)
		reply.error = (int32_t)result;
	else
		reply.val = result;
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply) && errno != ENOENT)
		kernel_broken("seccomp: %s", strerror(errno));
	return (pid_t)trap.call.pid;
}
