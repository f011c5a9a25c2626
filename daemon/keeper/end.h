/* SPDX-License-Identifier: MIT */
/*
 * The end of the host, when what it needs for that cannot be read: programs that end a host lie on its root.
 *
 * Flow: when the init begins to end the host, units of the initramfs' handover have systemd send a signal (END_POWEROFF ..),
 * and initrd/handover/tell-end sends it for other inits -> keeper -> end_begin; then end_is_stuck each second, until the
 * host is down, or it is for the keeper to end it.
 * Process: keeper. Pure.
 *
 * Stuck is a host that has waited for the network, or failed to read, for END_STUCK_MS while no byte came. What takes
 * long for other reasons is left alone: it is the init's to limit that.
 */
#ifndef BLOBROOT_END_H
#define BLOBROOT_END_H

#include <stdbool.h>
#include <stdint.h>

/* initrd/README.md and blobrootd(8) say it, too. */
enum { END_STUCK_MS = 60 * 1000, END_LOOK_MS = 1000 };

/*
 * Signals' numbers, because libcs disagree on SIGRTMIN; initrd/handover/blobroot-end.service has them. Nothing sends these
 * to all processes, as it does with SIGTERM.
 */
enum end_how { END_NONE = 0, END_POWEROFF = 50, END_REBOOT = 51, END_HALT = 52, END_KEXEC = 53 };

/* What the engine counts. */
struct end_counts {
	uint64_t fetched; /* bytes */
	uint64_t failed;  /* reads */
	bool is_waiting;  /* a read waits */
};

struct end {
	enum end_how how;
	uint64_t failed_before;
	uint64_t fetched, since_ms; /* in vain since then, at this number of bytes; 0: not in vain */
};

/* Is the signal one of end_how? */
bool end_is_signal(int signal);

/* The host begins to end. A second time changes only how. */
void end_begin(struct end *end, enum end_how how, const struct end_counts *counts);

/* Is it time to end the host by force? Shape: call it about each END_LOOK_MS. */
bool end_is_stuck(struct end *end, const struct end_counts *counts, uint64_t now_ms);

/* `powered off`, `restarted` .. */
const char *end_word(enum end_how how);

#endif
