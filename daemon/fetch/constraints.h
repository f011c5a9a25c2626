/* SPDX-License-Identifier: MIT */
/*
 * Name constraints: for which names an authority may sign certificates. mbedTLS looks at none of them, and refuses a
 * certificate whose constraints are critical.
 *
 * Flow: chain collects those of the authorities of a chain, and holds each certificate below them against these. Pure.
 * Process: engine
 * Source: RFC 5280, 4.2.1.10
 *
 * Kept: constraints of DNS names, addresses and directory names (compared byte by byte). A certificate with a name of
 * another kind that is constrained is refused, and so is all below constraints that are malformed.
 */
#ifndef BLOBROOT_CONSTRAINTS_H
#define BLOBROOT_CONSTRAINTS_H

#include <mbedtls/x509_crt.h>
#include <stdbool.h>

/* Finds the extension in an authority's certificate. Shape: *found_out points into it. Returns false if there is none. */
bool constraints_find(const mbedtls_x509_crt *authority, mbedtls_x509_buf *found_out);

/*
 * Do they allow all names of the certificate? host (or NULL) is the one that it is used for: a wildcard may cover it
 * where the constraints do not.
 */
bool constraints_allow(const mbedtls_x509_buf *constraints, const mbedtls_x509_crt *crt, const char *host);

#endif
