/* SPDX-License-Identifier: MIT */
/*
 * Name constraints: whatever an authority's certificate has there, nothing outside of it is read, and what is not
 * well-formed allows nothing.
 *
 * Input: a byte for the kind of a name, a byte how long it is, the name; the same for the subject (without a kind) and
 * for the host; the extensions of an authority, or (odd kind's bit 7) the constraints themselves.
 */
#include "fuzz.h"

#include "fetch/constraints.h"

static mbedtls_x509_buf take(struct fuzz_input *input)
{
	size_t len = (size_t)fuzz_take(input, 1);
	mbedtls_x509_buf bytes;

	if (len > input->left)
		len = input->left;
	bytes = (mbedtls_x509_buf){.p = (unsigned char *)input->at, .len = len};
	input->at += len;
	input->left -= len;
	return bytes;
}

/* From a copy that ends where they do: the sanitizer sees a byte read too far. */
static bool allows(const unsigned char *bytes, size_t len, const mbedtls_x509_crt *crt, const char *host)
{
	unsigned char *copy = malloc(len + !len);
	mbedtls_x509_buf constraints = {.p = copy, .len = len};
	bool is_allowed;

	memcpy(copy, bytes, len);
	is_allowed = constraints_allow(&constraints, crt, host);
	free(copy);
	return is_allowed;
}

static void check(const mbedtls_x509_buf *constraints, const mbedtls_x509_crt *crt, const char *host)
{
	unsigned char *longer = malloc(constraints->len + 1);
	bool is_allowed = allows(constraints->p, constraints->len, crt, host);

	memcpy(longer, constraints->p, constraints->len);
	longer[constraints->len] = 0;
	if (is_allowed) {
		MUST(allows(constraints->p, constraints->len, crt, NULL), "a host allows more");
		MUST(!allows(longer, constraints->len + 1, crt, host), "a byte too many is allowed");
		MUST(!allows(constraints->p, constraints->len - 1, crt, host), "a byte less is allowed");
	}
	free(longer);
}

/* The same extensions twice: which constraints are meant? */
static void check_twice(const mbedtls_x509_buf *extensions, const mbedtls_x509_crt *crt)
{
	size_t len = extensions->len - 2;
	unsigned char twice[2 + 2 * 63] = {extensions->p[0], (unsigned char)(2 * len)};
	mbedtls_x509_crt authority = {.version = 3, .v3_ext = {.p = twice, .len = 2 + 2 * len}};
	mbedtls_x509_buf found;

	memcpy(twice + 2, extensions->p + 2, len);
	memcpy(twice + 2 + len, extensions->p + 2, len);
	MUST(constraints_find(&authority, &found) && !constraints_allow(&found, crt, NULL),
	     "twice, and allowed");
}

int fuzz_one(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {.at = data, .left = size};
	int kind = (int)fuzz_take(&input, 1);
	mbedtls_x509_crt crt = {.version = 3}, authority = {.version = 3};
	mbedtls_x509_buf host_bytes, rest, found;
	char host[256];

	crt.subject_alt_names.buf = take(&input);
	crt.subject_alt_names.buf.tag = MBEDTLS_ASN1_CONTEXT_SPECIFIC | (kind & MBEDTLS_ASN1_TAG_VALUE_MASK);
	crt.subject_raw = take(&input);
	host_bytes = take(&input);
	memcpy(host, host_bytes.p, host_bytes.len);
	host[host_bytes.len] = '\0';
	rest = (mbedtls_x509_buf){.p = (unsigned char *)input.at, .len = input.left};
	if (kind & 0x80) {
		check(&rest, &crt, host);
		return 0;
	}
	authority.v3_ext = rest;
	if (constraints_find(&authority, &found)) {
		MUST(found.p >= rest.p && found.p + found.len <= rest.p + rest.len,
		     "outside of the extensions");
		check(&found, &crt, host);
		if (found.len > 0 && rest.p[1] < 64 && rest.len == 2u + rest.p[1])
			check_twice(&rest, &crt);
	}
	return 0;
}
