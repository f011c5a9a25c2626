/* SPDX-License-Identifier: MIT */
/*
 * The daemon under test as a process: started under the filter, listened to, killed, started again.
 *
 * Flow: kernel_script.c waits here; meanwhile caught system calls go to kernel_trap.c.
 * Process: the fake kernel, which plays keeper too unless the daemon's own keeper runs (--start).
 */
#ifndef KERNEL_DAEMON_H
#define KERNEL_DAEMON_H

#include "base/counters.h"
#include "base/notice.h"

#include <stdbool.h>
#include <stddef.h>

struct kernel_daemon_options {
	const char *program;
	bool is_start; /* run `blobrootd start`, with its own keeper; else `blobrootd engine`, and we are the
			  keeper */
	char **words;  /* of the kernel command line, NULL at the end */
	unsigned patience_s;
};

void kernel_daemon_init(const struct kernel_daemon_options *options);

/* Starts an engine (or, the first time and with --start, the whole daemon). It knows what earlier ones
 * remembered. */
void kernel_daemon_start(void);
/* SIGKILL to the engine, which is gone afterwards. With --start its keeper starts the next one. */
void kernel_daemon_kill(void);
/* Ends whatever runs. */
void kernel_daemon_end(void);

/* Serves the daemon until is_so, or until patience is over, which breaks the run. May the daemon end
 * meanwhile? */
void kernel_daemon_wait(bool (*is_so)(const void *arg), const void *arg, bool may_end, const char *what);

bool kernel_daemon_is_ready(void);
int kernel_daemon_status(void);          /* exit status of the engine or of start; -1 while it runs */
const char *kernel_daemon_failure(void); /* what: why, of the engine's last notice or start's stderr */
const char *kernel_daemon_image_key(void);
size_t kernel_daemon_log_count(void);
const char *kernel_daemon_log(size_t index);
struct counters kernel_daemon_counters(void);
/* The hash blocks that the next engine finds are wrong ones, and all are there. */
void kernel_daemon_spoil_hashes(void);
/* What it finds of mirrors is any bytes: zeros, small numbers, times about now, large ones. */
void kernel_daemon_spoil_stats(uint32_t seed);

/* The most memory that the engine has had, in bytes. Not with --start. */
uint64_t kernel_daemon_memory(void);
unsigned kernel_daemon_port_count(void); /* descriptors of cache files that the engine has open; --start: 0 */

#endif
