/* SPDX-License-Identifier: MIT */
/*
 * Loads the trusted certificates from their directory: the files `*.crt` in /etc/verity.d.
 *
 * Flow: engine opens the directory at its start and calls certdir_load; signature.h has the certificates.
 * Process: engine
 * Source: systemd's directory for them, validate_signature_userspace in its src/shared/dissect-image.c.
 */
#ifndef BLOBROOT_CERTDIR_H
#define BLOBROOT_CERTDIR_H

#include "trust/signature.h"

/* Reports that a file is not used; why is a predicate, "is not a certificate in PEM". */
typedef void certdir_complaint(void *context, const char *name, const char *why);

/*
 * Adds each certificate of the directory to certs, sorted by the bytes of the names.
 *
 * Shape: skips names that begin with a dot, like a shell; complains about directories and the like; follows
 * symbolic links.
 * Owns: dirfd stays the caller's, and its offset is not moved.
 * Errors: -errno of reading the directory, -ENOMEM. A file that cannot be used is no error: the others are loaded.
 */
int certdir_load(int dirfd, struct signature_certs *certs, certdir_complaint *complain, void *context);

#endif
