/* SPDX-License-Identifier: MIT */
/*
 * A system call that the engine may make, and with which arguments.
 *
 * Flow: engine/confine_filter.c has the common rules; each transport adds its own (struct transport). Pure.
 * Process: engine
 * Source: seccomp(2)
 */
#ifndef BLOBROOT_SYSCALL_RULE_H
#define BLOBROOT_SYSCALL_RULE_H

#include <stdint.h>
#include <sys/syscall.h>

enum { SYSCALL_CHECKS_MAX = 3 };

/* Is (argument & mask) == value? A mask of 0 ends the checks. */
struct syscall_check {
	uint32_t mask, value;
	uint8_t argument;
};

struct syscall_rule {
	uint32_t number;
	struct syscall_check checks[SYSCALL_CHECKS_MAX];
};

/* Only the low 32 bits are compared: the kernel takes these arguments as int, or has no flags above. */
#define IS(n, what)                                                                                          \
	{                                                                                                    \
		.mask = UINT32_MAX, .value = (uint32_t)(what), .argument = (n)                               \
	}
#define HAS_ONLY(n, flags)                                                                                   \
	{                                                                                                    \
		.mask = ~(uint32_t)(flags), .value = 0, .argument = (n)                                      \
	}
#define IS_BESIDE(n, w, fl)                                                                                  \
	{                                                                                                    \
		.mask = ~(uint32_t)(fl), .value = (uint32_t)(w), .argument = (n)                             \
	}

#define CALL(name)                                                                                           \
	{                                                                                                    \
		.number = SYS_##name                                                                         \
	}
#define CALL_IF(name, ...)                                                                                   \
	{                                                                                                    \
		.number = SYS_##name, .checks = { __VA_ARGS__ }                                              \
	}

#endif
