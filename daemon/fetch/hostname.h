/* SPDX-License-Identifier: MIT */
/*
 * Does a name in a certificate cover a host? mbedTLS is more lenient: see chain.h.
 *
 * Flow: chain asks for each name of a server's certificate. Pure.
 * Process: engine
 * Source: RFC 9525, 6.3 (DNS names, wildcards) and 6.5 (addresses)
 */
#ifndef BLOBROOT_HOSTNAME_H
#define BLOBROOT_HOSTNAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HOSTNAME_MAX = 256 };

/* The address that host is, in network order: 4 bytes, 16, or 0: it is a name. */
size_t hostname_address(const char *host, uint8_t address_out[16]);

/*
 * Does the DNS name (len bytes) cover the host? Case does not count. A wildcard is the whole first label, and stands for
 * one label in front of at least two others. No DNS name covers an address.
 */
bool hostname_is_covered(const char *host, const char *name, size_t len);

#endif
