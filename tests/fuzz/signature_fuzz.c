/* SPDX-License-Identifier: MIT */
/*
 * A signed root hash: for whatever root hash and signature come, nothing is accepted but the one that was signed. And
 * a certificate: whatever is taken for one can be checked with.
 *
 * Input: a byte (odd: a certificate follows), a byte how long the root hash's file is, that file, the signature.
 */
#include "fuzz.h"

#include "signature_certs.h"
#include "trust/roothash.h"
#include "trust/signature.h"

/* By both keys, and they are not kept: no other root hash can have a signature. */
static const char signed_roothash[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

static struct signature_certs *trusted(void)
{
	static struct signature_certs *certs;

	if (certs)
		return certs;
	certs = signature_certs_new();
	MUST(certs, "out of memory");
	MUST(signature_certs_add(certs, EC_CERT, strlen(EC_CERT)) == SIGNATURE_CERT_OK, "EC_CERT");
	MUST(signature_certs_add(certs, RSA_CERT, strlen(RSA_CERT)) == SIGNATURE_CERT_OK, "RSA_CERT");
	MUST(signature_certs_count(certs) == 2, "not both");
	return certs;
}

static enum signature_result judge(const struct signature_certs *certs, struct fuzz_input input)
{
	size_t len = (size_t)fuzz_take(&input, 1);
	enum signature_result result;
	char roothash[ROOTHASH_DIGITS + 1], buf[128];
	bool is_roothash;

	if (len > input.left)
		len = input.left;
	is_roothash = roothash_decode(input.at, len, roothash) == ROOTHASH_OK;
	result = signature_check(certs, input.at, len, input.at + len, input.left - len);
	must_be_a_line(signature_explain(result, certs, buf, sizeof(buf)));
	if (result == SIGNATURE_OK)
		MUST(is_roothash && strcmp(roothash, signed_roothash) == 0, "nobody signed %s", roothash);
	MUST(is_roothash || result == SIGNATURE_ROOTHASH || result == SIGNATURE_NO_CERTS, "result %d",
	     (int)result);
	return result;
}

static void check_certificate(struct fuzz_input input)
{
	struct signature_certs *certs = signature_certs_new();
	enum signature_cert_result result;

	MUST(certs, "out of memory");
	result = signature_certs_add(certs, input.at, input.left);
	must_be_a_line(signature_cert_explain(result));
	MUST(signature_certs_count(certs) == (result == SIGNATURE_CERT_OK), "result %d", (int)result);
	if (result != SIGNATURE_CERT_OK)
		MUST(judge(certs, input) == SIGNATURE_NO_CERTS, "by nobody");
	signature_certs_free(certs);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {.at = data, .left = size};

	if (fuzz_take(&input, 1) & 1)
		check_certificate(input);
	else
		judge(trusted(), input);
	return 0;
}
