/* SPDX-License-Identifier: MIT */
/*
 * The files of the initramfs' /etc that outlive it: CA certificates, client certificate and key, netrc,
 * signers' certificates. They are copied into the engine's root directory, because switch_root removes the
 * initramfs.
 *
 * Flow: start reads them before it touches the kernel's device, and writes them once the run directory
 * exists; the engine opens the files that layout.h names.
 * Process: keeper
 */
#ifndef BLOBROOT_HOME_H
#define BLOBROOT_HOME_H

#include "base/cmdline.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	HOME_SMALL_MAX = 64 * 1024, /* bytes of each file except LAYOUT_CA */
	HOME_SIGNERS_MAX = 64,      /* as SIGNATURE_CERTS_MAX: keeper/ includes nothing of trust/ */
	HOME_WHY_MAX = 512,
};

struct home_files;

/*
 * Reads the files that exist below the directory etc; files that config names have their own paths. is_native: also how
 * this host finds other hosts' addresses, which in an initramfs is written when there is a network. A signer's
 * certificate that is no readable file is logged, and spoils no other. Returns an exit status, why in why_out
 * (HOME_WHY_MAX) unless it is EXIT_DONE. Owns: freed with home_free.
 */
int home_read(struct home_files **files_out, const char *etc, const struct config *config, bool is_native,
	      char *why_out);

/* Is there a certificate of a signer of root hashes? */
bool home_has_signers(const struct home_files *files);

/* Writes them into the directory home, and removes those of an earlier start. Returns 0 or -errno. */
int home_write(const struct home_files *files, int home);

void home_free(struct home_files *files);

#endif
