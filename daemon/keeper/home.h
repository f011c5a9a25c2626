/* SPDX-License-Identifier: MIT */
/*
 * What of the initramfs' /etc outlives it: authorities, client certificate and key, netrc, signers' certificates.
 * They are copied into the engine's root directory, because at the switch the initramfs goes.
 *
 * Flow: start reads before it touches the kernel's device, and writes when the run directory is there; the engine
 * opens the files that layout.h names.
 * Process: keeper
 */
#ifndef BLOBROOT_HOME_H
#define BLOBROOT_HOME_H

#include "base/cmdline.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	HOME_SMALL_MAX = 64 * 1024, /* bytes of each file but LAYOUT_CA */
	HOME_VERITY_FILES_MAX = 64,
	HOME_WHY_MAX = 512,
};

struct home_files;

/*
 * Reads what there is below the directory etc; files that config names have their own paths. Returns an exit
 * status, why in why_out (HOME_WHY_MAX) unless it is EXIT_DONE. Owns: freed with home_free.
 */
int home_read(struct home_files **files_out, const char *etc, const struct config *config, char *why_out);

/* Is there a certificate of somebody who may sign root hashes? */
bool home_has_signers(const struct home_files *files);

/* Puts them into the directory home, in place of an earlier start's. Returns -errno. */
int home_write(const struct home_files *files, int home);

void home_free(struct home_files *files);

#endif
