/* SPDX-License-Identifier: MIT */
/*
 * The trusted certificates from their directory: the files `*.crt` in /etc/verity.d.
 *
 * Flow: engine opens the directory at its start and calls certdir_load; signature.h has the certificates.
 * Process: engine
 * Source: systemd's place for them, validate_signature_userspace in its src/shared/dissect-image.c.
 */
#ifndef BLOBROOT_CERTDIR_H
#define BLOBROOT_CERTDIR_H

#include "trust/signature.h"

/* A file of this name is not used, and why: a predicate, "is not a certificate in PEM". */
typedef void certdir_complaint(void *context, const char *name, const char *why);

/*
 * Adds each certificate of the directory to certs, in the order of the names' bytes.
 *
 * Shape: names that begin with a dot are passed over, as by a shell; names of directories and such are complained
 * about; a symbolic link counts as what it leads to.
 * Owns: dirfd stays the caller's, and its offset is not moved.
 * Errors: -errno of reading the directory, -ENOMEM. A file that cannot be used is no error: the others are there.
 */
int certdir_load(int dirfd, struct signature_certs *certs, certdir_complaint *complain, void *context);

#endif
