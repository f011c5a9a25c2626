/* SPDX-License-Identifier: MIT */
/*
 * Judges the chain of a server's certificate, certificate by certificate, beside mbedTLS: records the most important
 * fault of those that mbedTLS finds, and finds those that it does not look for.
 *
 * Flow: tls makes mbedTLS call chain_on_certificate for each certificate of a chain; fetch explains the verdict.
 * Process: engine
 * Source: RFC 5280, 4.2.1.10 (name constraints) and 4.2.1.12 (extended key usage); RFC 9525, 6 (names)
 *
 * mbedTLS 3.6 checks dates, signatures, the CA bit, path lengths and key usage. It takes a common name for the name of a
 * server where there is no subjectAltName, a DNS name or wildcard for an address, and a URI for a host; name constraints
 * and the extended key usage of authorities mean nothing to it.
 */
#ifndef BLOBROOT_CHAIN_H
#define BLOBROOT_CHAIN_H

#include "fetch/certificate.h"
#include "fetch/hostname.h"

#include <mbedtls/x509_crt.h>
#include <stdint.h>

/* As many as mbedTLS puts into a chain, with the server's own: MBEDTLS_X509_MAX_VERIFY_CHAIN_SIZE. */
enum { CHAIN_MAX = 10 };

struct chain {
	struct certificate_verdict verdict;
	const mbedtls_x509_crt *authorities[CHAIN_MAX]; /* that have name constraints */
	unsigned count;
};

/* Begins a chain of the server host. has_authorities: are there any to be trusted? Errors: -ENAMETOOLONG. */
int chain_begin(struct chain *chain, const char *host, bool has_authorities);

/*
 * A callback for mbedtls_ssl_conf_verify: called for each certificate of the chain, the server's own (depth 0) last. arg
 * is the chain. Adds to *flags what mbedTLS has not found.
 */
int chain_on_certificate(void *arg, mbedtls_x509_crt *crt, int depth, uint32_t *flags);

#endif
