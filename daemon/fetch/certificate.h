/* SPDX-License-Identifier: MIT */
/*
 * Explains why a server's certificate is refused.
 *
 * Flow: tls records the faults of a chain; fetch turns the verdict into a message for its owner. Pure.
 * Process: engine
 * Source: RFC 5280 (6.1 path validation), RFC 9525 (names)
 */
#ifndef BLOBROOT_CERTIFICATE_H
#define BLOBROOT_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>

enum { CERTIFICATE_DATE_MAX = 40, CERTIFICATE_NAME_MAX = 128, CERTIFICATE_WHY_MAX = 512 };

/* From the most important on: of several faults, the first is reported. */
enum certificate_fault {
	CERTIFICATE_FINE,
	CERTIFICATE_SELF_SIGNED,
	CERTIFICATE_UNKNOWN_AUTHORITY,
	CERTIFICATE_NO_NAME, /* no subjectAltName that is a host */
	CERTIFICATE_OTHER_NAME,
	CERTIFICATE_CONSTRAINED, /* an authority may not sign for its names */
	CERTIFICATE_EXPIRED,
	CERTIFICATE_NOT_YET_VALID,
	CERTIFICATE_WEAK_SIGNATURE, /* SHA-1, MD5 */
	CERTIFICATE_WEAK_KEY,
	CERTIFICATE_OTHER_PURPOSE, /* its key or extended key usage is not a server's */
	CERTIFICATE_OTHER_FAULT,
};

/* The most important fault of a chain. */
struct certificate_verdict {
	enum certificate_fault fault;
	bool is_authority; /* a CA certificate has the fault, not the server's own */
	bool is_without_authorities;
	bool is_proxy;  /* it is a proxy's certificate */
	char host[256]; /* whose certificate it should be, without port */
	char from[CERTIFICATE_DATE_MAX], until[CERTIFICATE_DATE_MAX], today[CERTIFICATE_DATE_MAX];
	/* issuer: of CERTIFICATE_CONSTRAINED the authority that has the constraints */
	char subject[CERTIFICATE_NAME_MAX], issuer[CERTIFICATE_NAME_MAX];
	char names[CERTIFICATE_NAME_MAX]; /* that it is valid for, or empty */
};

/* Is the fault more important than the one in the verdict? */
bool certificate_is_worse(const struct certificate_verdict *verdict, enum certificate_fault fault,
			  bool is_authority);

/* Adds a name to names. Unprintable characters become `?`; a name that does not fit becomes `..`. */
void certificate_add_name(struct certificate_verdict *verdict, const char *name, size_t len);

/* Writes the message, `the server's certificate ..`. */
void certificate_explain(const struct certificate_verdict *verdict, char *buf, size_t size);

#endif
