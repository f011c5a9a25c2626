/* SPDX-License-Identifier: MIT */
#include "trust/signature.h"

#include "trust/pkcs7.h"
#include "trust/roothash.h"

#include <mbedtls/md.h>
#include <mbedtls/oid.h>
#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RSA_BITS_MIN = 2048 };

struct signature_certs {
	size_t count;
	mbedtls_x509_crt *list[SIGNATURE_CERTS_MAX];
};

struct signature_certs *signature_certs_new(void)
{
	return calloc(1, sizeof(struct signature_certs));
}

static void cert_free(mbedtls_x509_crt *cert)
{
	mbedtls_x509_crt_free(cert);
	free(cert);
}

void signature_certs_free(struct signature_certs *certs)
{
	for (size_t i = 0; certs && i < certs->count; i++)
		cert_free(certs->list[i]);
	free(certs);
}

size_t signature_certs_count(const struct signature_certs *certs)
{
	return certs->count;
}

/* Maps the parser's code to our result: did it fail because of the key's kind, or because it is no certificate? */
static enum signature_cert_result cert_result(int err)
{
	switch (-(-err & 0x7f80)) {
	case 0:
		/* Positive: how many of several failed. */
		return err > 0 ? SIGNATURE_CERT_SEVERAL : SIGNATURE_CERT_OK;
	case MBEDTLS_ERR_PK_UNKNOWN_PK_ALG:
	case MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE:
	case MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE:
	case MBEDTLS_ERR_PK_INVALID_ALG:
	case MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG:
		return SIGNATURE_CERT_KEY;
	case MBEDTLS_ERR_X509_ALLOC_FAILED:
		return SIGNATURE_CERT_MEMORY;
	default:
		return SIGNATURE_CERT_MALFORMED;
	}
}

static enum signature_cert_result key_result(mbedtls_pk_context *key)
{
	if (mbedtls_pk_can_do(key, MBEDTLS_PK_ECDSA))
		return SIGNATURE_CERT_OK;
	if (!mbedtls_pk_can_do(key, MBEDTLS_PK_RSA))
		return SIGNATURE_CERT_KEY;
	return mbedtls_pk_get_bitlen(key) < RSA_BITS_MIN ? SIGNATURE_CERT_WEAK : SIGNATURE_CERT_OK;
}

static enum signature_cert_result cert_parse(mbedtls_x509_crt *cert, const void *bytes, size_t len)
{
	/* mbedTLS takes PEM only if it ends in NUL. The extra byte does no harm to DER. */
	uint8_t *copy = malloc(len + 1);
	enum signature_cert_result result;

	if (!copy)
		return SIGNATURE_CERT_MEMORY;
	memcpy(copy, bytes, len);
	copy[len] = '\0';
	result = cert_result(mbedtls_x509_crt_parse(cert, copy, len + 1));
	free(copy);
	if (result != SIGNATURE_CERT_OK)
		return result;
	return cert->next ? SIGNATURE_CERT_SEVERAL : key_result(&cert->pk);
}

enum signature_cert_result signature_certs_add(struct signature_certs *certs, const void *bytes, size_t len)
{
	enum signature_cert_result result;
	mbedtls_x509_crt *cert;

	if (len > SIGNATURE_CERT_MAX)
		return SIGNATURE_CERT_TOO_LONG;
	if (len == 0)
		return SIGNATURE_CERT_MALFORMED;
	if (certs->count == SIGNATURE_CERTS_MAX)
		return SIGNATURE_CERT_TOO_MANY;
	cert = malloc(sizeof(*cert));
	if (!cert)
		return SIGNATURE_CERT_MEMORY;
	mbedtls_x509_crt_init(cert);
	result = cert_parse(cert, bytes, len);
	if (result == SIGNATURE_CERT_OK)
		certs->list[certs->count++] = cert;
	else
		cert_free(cert);
	return result;
}

/* -- the verdict ------------------------------------------------------------------------------------------------ */

static enum signature_result digest_find(const struct pkcs7_algorithm *digest, mbedtls_md_type_t *md_out)
{
	const mbedtls_asn1_buf *oid = &digest->oid;

	*md_out = MBEDTLS_MD_NONE;
	/* By name, so that no configuration of mbedTLS can allow them. */
	if (MBEDTLS_OID_CMP(MBEDTLS_OID_DIGEST_ALG_MD5, oid) == 0 ||
	    MBEDTLS_OID_CMP(MBEDTLS_OID_DIGEST_ALG_SHA1, oid) == 0)
		return SIGNATURE_WEAK;
	if (MBEDTLS_OID_CMP(MBEDTLS_OID_DIGEST_ALG_SHA256, oid) == 0)
		*md_out = MBEDTLS_MD_SHA256;
	else if (MBEDTLS_OID_CMP(MBEDTLS_OID_DIGEST_ALG_SHA384, oid) == 0)
		*md_out = MBEDTLS_MD_SHA384;
	else if (MBEDTLS_OID_CMP(MBEDTLS_OID_DIGEST_ALG_SHA512, oid) == 0)
		*md_out = MBEDTLS_MD_SHA512;
	return *md_out != MBEDTLS_MD_NONE && digest->is_plain ? SIGNATURE_OK : SIGNATURE_ALGORITHM;
}

/*
 * The kind of key. One OID is accepted for each: RSA's own, and for ECDSA that with the digest. To accept RSA
 * with the digest as well would allow two encodings of one signature.
 */
static enum signature_result key_find(const struct pkcs7_algorithm *key, mbedtls_md_type_t md,
				      mbedtls_pk_type_t *pk_out)
{
	mbedtls_md_type_t named;

	if (!key->is_plain)
		return SIGNATURE_ALGORITHM;
	if (MBEDTLS_OID_CMP(MBEDTLS_OID_PKCS1_RSA, &key->oid) == 0) {
		*pk_out = MBEDTLS_PK_RSA;
		return SIGNATURE_OK;
	}
	if (mbedtls_oid_get_sig_alg(&key->oid, &named, pk_out) != 0 || named != md ||
	    *pk_out != MBEDTLS_PK_ECDSA)
		return SIGNATURE_ALGORITHM;
	return SIGNATURE_OK;
}

static bool key_signed(mbedtls_pk_context *key, mbedtls_md_type_t md, const void *text, size_t len,
		       const mbedtls_asn1_buf *signature)
{
	const mbedtls_md_info_t *info = mbedtls_md_info_from_type(md);
	uint8_t hash[MBEDTLS_MD_MAX_SIZE];

	return info && mbedtls_md(info, text, len, hash) == 0 &&
	       mbedtls_pk_verify(key, md, hash, mbedtls_md_get_size(info), signature->p, signature->len) == 0;
}

/* What must be signed, in either form. */
struct message {
	const void *text;
	size_t len;
	char roothash[ROOTHASH_DIGITS + 1];
};

static enum signature_result signer_check(const struct signature_certs *certs,
					  const struct pkcs7_signer *signer, const struct message *message)
{
	enum signature_result result = SIGNATURE_UNTRUSTED;
	enum signature_result unfit;
	mbedtls_md_type_t md;
	mbedtls_pk_type_t pk;

	if (signer->has_attributes)
		return SIGNATURE_ATTRIBUTES;
	unfit = digest_find(&signer->digest, &md);
	if (unfit == SIGNATURE_OK)
		unfit = key_find(&signer->key, md, &pk);
	if (unfit != SIGNATURE_OK)
		return unfit;
	/* A reissued certificate may have the same issuer and serial number: try each. */
	for (size_t i = 0; i < certs->count; i++) {
		mbedtls_x509_crt *cert = certs->list[i];

		if (!pkcs7_is_same(&signer->issuer, &cert->issuer_raw) ||
		    !pkcs7_is_same(&signer->serial, &cert->serial))
			continue;
		result = SIGNATURE_WRONG;
		if (!mbedtls_pk_can_do(&cert->pk, pk))
			continue;
		if (key_signed(&cert->pk, md, message->roothash, ROOTHASH_DIGITS, &signer->signature) ||
		    key_signed(&cert->pk, md, message->text, message->len, &signer->signature))
			return SIGNATURE_OK;
	}
	return result;
}

static enum signature_result data_check(const struct signature_certs *certs, const void *p7s, size_t len,
					const struct message *message)
{
	static const enum signature_result results[] = {[PKCS7_MALFORMED] = SIGNATURE_MALFORMED,
							[PKCS7_VERSION] = SIGNATURE_VERSION,
							[PKCS7_ENCLOSED] = SIGNATURE_ENCLOSED,
							[PKCS7_SIGNERS] = SIGNATURE_SIGNERS};
	enum signature_result result = SIGNATURE_UNSIGNED;
	struct pkcs7 pkcs7;
	enum pkcs7_result read = pkcs7_read(p7s, len, &pkcs7);

	if (read != PKCS7_OK)
		return results[read];
	for (size_t i = 0; i < pkcs7.count; i++) {
		enum signature_result one = signer_check(certs, &pkcs7.signers[i], message);

		if (one == SIGNATURE_OK)
			return SIGNATURE_OK;
		if (one > result)
			result = one;
	}
	return result;
}

static bool begins_with(const void *bytes, size_t len, const char *word)
{
	return len >= strlen(word) && memcmp(bytes, word, strlen(word)) == 0;
}

enum signature_result signature_check(const struct signature_certs *certs, const void *text, size_t text_len,
				      const void *p7s, size_t len)
{
	struct message message = {.text = text, .len = text_len};

	if (certs->count == 0)
		return SIGNATURE_NO_CERTS;
	if (roothash_decode(text, text_len, message.roothash) != ROOTHASH_OK)
		return SIGNATURE_ROOTHASH;
	if (len > SIGNATURE_MAX)
		return SIGNATURE_TOO_LONG;
	if (begins_with(p7s, len, "-----BEGIN ") || begins_with(p7s, len, "MIME-Version:"))
		return SIGNATURE_TEXT;
	return len == 0 ? SIGNATURE_MALFORMED : data_check(certs, p7s, len, &message);
}

/* -- words ------------------------------------------------------------------------------------------------------ */

const char *signature_cert_explain(enum signature_cert_result result)
{
	switch (result) {
	case SIGNATURE_CERT_OK:
		return "is fine";
	case SIGNATURE_CERT_TOO_LONG:
		return "is longer than 64 KiB: it is no certificate";
	case SIGNATURE_CERT_MALFORMED:
		return "is not a certificate in PEM";
	case SIGNATURE_CERT_SEVERAL:
		return "holds several certificates: a file for each";
	case SIGNATURE_CERT_KEY:
		return "has a key or a signature of a kind that is not supported: RSA, P-256, "
		       "P-384 and P-521 are";
	case SIGNATURE_CERT_WEAK:
		return "has a weak key: RSA takes 2048 bits or more";
	case SIGNATURE_CERT_TOO_MANY:
		return "is one too many: 64 certificates are the most";
	case SIGNATURE_CERT_MEMORY:
		return "cannot be kept: out of memory";
	}
	return "?";
}

const char *signature_explain(enum signature_result result, const struct signature_certs *certs, char *buf,
			      size_t size)
{
	switch (result) {
	case SIGNATURE_OK:
		return "is fine";
	case SIGNATURE_NO_CERTS:
		return "cannot be checked: no certificate is trusted";
	case SIGNATURE_ROOTHASH:
		return "cannot be checked: what it should sign is not a root hash";
	case SIGNATURE_TOO_LONG:
		return "is longer than 64 KiB: it is no signature";
	case SIGNATURE_TEXT:
		return "is text: sign with openssl smime -outform der";
	case SIGNATURE_MALFORMED:
		return "is not a PKCS #7 signature in DER, or not a whole one";
	case SIGNATURE_VERSION:
		return "is not PKCS #7 of version 1: sign with openssl smime, or without -keyid";
	case SIGNATURE_ENCLOSED:
		return "holds what it signs: sign without -nodetach";
	case SIGNATURE_UNSIGNED:
		return "is signed by nobody";
	case SIGNATURE_SIGNERS:
		return "has more than 16 signers";
	case SIGNATURE_ATTRIBUTES:
		return "has attributes: sign with -noattr";
	case SIGNATURE_WEAK:
		return "is over MD5 or SHA-1, which are not safe: sign with -md sha256";
	case SIGNATURE_ALGORITHM:
		return "is of a kind that is not supported: RSA (PKCS #1 v1.5) and ECDSA with SHA-256, "
		       "-384 or -512 are";
	case SIGNATURE_UNTRUSTED:
		if (signature_certs_count(certs) == 1)
			return "is not by the trusted certificate";
		snprintf(buf, size, "is by none of the %zu trusted certificates",
			 signature_certs_count(certs));
		return buf;
	case SIGNATURE_WRONG:
		return "is wrong: its certificate is trusted, but it did not sign this root hash";
	}
	return "?";
}
