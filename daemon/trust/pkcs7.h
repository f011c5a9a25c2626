/* SPDX-License-Identifier: MIT */
/*
 * Parses a detached PKCS #7 SignedData in DER: who signed, and how. signature.h verifies that. Pure.
 *
 * Flow: signature -> pkcs7_read.
 * Process: engine
 * Source: RFC 2315; why it is not mbedtls/pkcs7.h: signature.h
 *
 * All of it is parsed before any of it is used: malformed data after a good signer is malformed, too.
 */
#ifndef BLOBROOT_PKCS7_H
#define BLOBROOT_PKCS7_H

#include <mbedtls/asn1.h>
#include <stdbool.h>
#include <stddef.h>

enum { PKCS7_SIGNERS_MAX = 16 };

/* An AlgorithmIdentifier. */
struct pkcs7_algorithm {
	mbedtls_asn1_buf oid;
	bool is_plain; /* parameters absent or NULL */
};

/* Points into the bytes that were parsed. */
struct pkcs7_signer {
	mbedtls_asn1_buf issuer, serial; /* issuer with its header, serial without: as mbedTLS has them */
	struct pkcs7_algorithm digest, key;
	mbedtls_asn1_buf signature;
	bool has_attributes;
};

struct pkcs7 {
	struct pkcs7_signer signers[PKCS7_SIGNERS_MAX];
	size_t count;
};

enum pkcs7_result {
	PKCS7_OK,
	PKCS7_MALFORMED, /* not a SignedData in DER, or truncated, or with data after it */
	PKCS7_VERSION,   /* not version 1: CMS with something that PKCS #7 1.5 does not have */
	PKCS7_ENCLOSED,  /* not detached: the signed data is inside */
	PKCS7_SIGNERS,   /* more than PKCS7_SIGNERS_MAX */
};

enum pkcs7_result pkcs7_read(const void *bytes, size_t len, struct pkcs7 *pkcs7_out);

bool pkcs7_is_same(const mbedtls_asn1_buf *a, const mbedtls_asn1_buf *b);

#endif
