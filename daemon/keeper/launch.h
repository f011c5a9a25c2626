/* SPDX-License-Identifier: MIT */
/*
 * How a keeper comes to be: what is asked for, the kernel's device, what the keeper will hold, the fork.
 *
 * Flow: start and mount_image -> launch_read -> launch_prepare -> launch_keeper -> launch_wait, which the keeper answers.
 * Process: keeper
 */
#ifndef BLOBROOT_LAUNCH_H
#define BLOBROOT_LAUNCH_H

#include "base/limits.h"
#include "base/words.h"
#include "keeper/choice.h"
#include "keeper/handover.h"
#include "transport/transport.h"

#include <sys/types.h>

enum { LAUNCH_WHY_MAX = CHOICE_WHY_MAX, LAUNCH_CONF_MAX = 64 * 1024 };

struct home_files;

/* Zeroed, but for what the caller asks for. */
struct launch {
	/* What the caller asks for. */
	const char *store; /* a directory: of the transport's files, else of a store on a disk; NULL: none */
	bool is_alone;     /* no server is asked: see engine/vouch.h */
	bool is_kept; /* a transport's files: the images they are of are kept in store's ../images, for later boots */
	const char *proven;   /* an image there that `blobrootd store prove` has looked at; NULL: none */
	const char *run_path; /* the run directory; NULL: none, and no sockets */
	const char *etc;
	const char *transport_name; /* what a probe has found; NULL: probe now */
	bool is_native;             /* on a host that runs already: its own name servers are used */
	bool keeps_tree; /* for `blobrootd mount`; else the caller mounts, and the keeper ends with the last mount */

	struct config config;
	struct limits limits; /* of a store on a disk */
	struct words words;
	const struct transport *transport;
	const char *cache; /* where blocks are: config's, or the transport's own */
	uint64_t kept_kib; /* of them in memory that outlives engines */
	struct home_files *files;
	int run;  /* the run directory; -1: none */
	int tree; /* the transport's */
	struct handover keeper;
};

/*
 * Reads the command line's words (argc 0: /proc/cmdline's), and the files below etc. Changes nothing outside of this
 * process. Returns an exit status, and why (LAUNCH_WHY_MAX) unless it is EXIT_DONE.
 */
int launch_read(struct launch *launch, int argc, char *const *argv, char *why_out);

/* Binds the kernel's device, and makes what the keeper will hold. Returns as launch_read. */
int launch_prepare(struct launch *launch, char *why_out);

/*
 * Forks the keeper. argv is main's: the keeper's title takes its place. Returns its PID, or -errno; *answer_out is the pipe
 * for launch_wait.
 */
pid_t launch_keeper(struct launch *launch, int argc, char **argv, int *answer_out);

/*
 * Waits for the line by which a keeper reports whether it serves. Returns an exit status; text_out (NOTICE_TEXT_MAX bytes):
 * how to mount the image if it is EXIT_DONE, else why. Shape: fd is the read end of struct keeper_options' ready.
 */
int launch_wait(int fd, char *text_out);

/*
 * Writes the keeper's process ID into the run directory, for a service manager that treats it as a service's main process
 * (systemd's Type=forking, PIDFile=). Logs a failure.
 */
void launch_write_pid(const struct launch *launch, pid_t pid);

/* The secrets in it are freed. */
void launch_forget(struct launch *launch);

#endif
