/* SPDX-License-Identifier: MIT */
/*
 * Why a server's certificate is refused, in words.
 *
 * Flow: tls takes note of each certificate of the chain; fetch makes words of it for its owner. Pure.
 * Process: engine
 * Source: RFC 5280 (6.1 path validation), RFC 9525 (names)
 */
#ifndef BLOBROOT_CERTIFICATE_H
#define BLOBROOT_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>

enum { CERTIFICATE_DATE_MAX = 40, CERTIFICATE_NAME_MAX = 128, CERTIFICATE_WHY_MAX = 512 };

/* In the order of their weight: of several the first is named. */
enum certificate_fault {
	CERTIFICATE_FINE,
	CERTIFICATE_SELF_SIGNED,
	CERTIFICATE_UNKNOWN_AUTHORITY,
	CERTIFICATE_OTHER_NAME,
	CERTIFICATE_EXPIRED,
	CERTIFICATE_NOT_YET_VALID,
	CERTIFICATE_WEAK_SIGNATURE, /* SHA-1, MD5 */
	CERTIFICATE_WEAK_KEY,
	CERTIFICATE_OTHER_PURPOSE, /* its key or extended key usage is not a server's */
	CERTIFICATE_OTHER_FAULT,
};

/* The weightiest fault of a chain. */
struct certificate_verdict {
	enum certificate_fault fault;
	bool is_authority; /* the certificate of an authority has it, not the server's own */
	bool is_without_authorities;
	char from[CERTIFICATE_DATE_MAX], until[CERTIFICATE_DATE_MAX], today[CERTIFICATE_DATE_MAX];
	char subject[CERTIFICATE_NAME_MAX], issuer[CERTIFICATE_NAME_MAX];
	char names[CERTIFICATE_NAME_MAX]; /* that it is for, or empty */
};

/* Does a fault outweigh what stands in the verdict? */
bool certificate_is_worse(const struct certificate_verdict *verdict, enum certificate_fault fault,
			  bool is_authority);

/* Adds a name to names, with what no console should show as `?`; one that finds no room becomes `..`. */
void certificate_add_name(struct certificate_verdict *verdict, const char *name, size_t len);

/* `the server's certificate ..`; host is what the URL names. */
void certificate_explain(const struct certificate_verdict *verdict, const char *host, char *buf, size_t size);

#endif
