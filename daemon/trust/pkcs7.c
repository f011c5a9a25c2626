/* SPDX-License-Identifier: MIT */
#include "trust/pkcs7.h"

#include <mbedtls/oid.h>
#include <string.h>

enum {
	TAG_SEQUENCE = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE,
	TAG_SET = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SET,
	/* SignedData: certificates [0], CRLs [1]; SignerInfo: attributes [0], key identifier [0]. */
	TAG_0 = MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_ASN1_CONSTRUCTED,
	TAG_1 = MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_ASN1_CONSTRUCTED | 1,
};

/*
 * The unread rest of a value. Errors are sticky, so that one check at the end is enough: all readers of a
 * signature share *bad, and once that is set, all are empty.
 */
struct der {
	unsigned char *at;
	const unsigned char *end;
	bool *bad;
};

static bool der_is_done(const struct der *der)
{
	return *der->bad || der->at == der->end;
}

/* The tags that we look for have one byte. */
static bool der_next_is(const struct der *der, int tag)
{
	return !der_is_done(der) && *der->at == tag;
}

/* The contents of the next value, which must have this tag. */
static struct der der_enter(struct der *der, int tag)
{
	struct der inner = {.at = NULL, .end = NULL, .bad = der->bad};
	size_t len = 0;

	if (*der->bad || mbedtls_asn1_get_tag(&der->at, der->end, &len, tag)) {
		*der->bad = true;
		return inner;
	}
	inner.at = der->at;
	inner.end = der->at + len;
	der->at += len;
	return inner;
}

/* It is an error if anything is left. */
static void der_leave(const struct der *der)
{
	if (!der_is_done(der))
		*der->bad = true;
}

static void der_skip(struct der *der)
{
	if (!der_is_done(der))
		der_enter(der, *der->at);
}

static mbedtls_asn1_buf der_bytes(struct der *der, int tag)
{
	struct der inner = der_enter(der, tag);
	mbedtls_asn1_buf bytes = {.tag = tag, .len = (size_t)(inner.end - inner.at), .p = inner.at};

	return bytes;
}

bool pkcs7_is_same(const mbedtls_asn1_buf *a, const mbedtls_asn1_buf *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->p, b->p, a->len) == 0);
}

static bool der_next_is_version_1(struct der *der)
{
	mbedtls_asn1_buf version = der_bytes(der, MBEDTLS_ASN1_INTEGER);

	return version.len == 1 && version.p[0] == 1;
}

static struct pkcs7_algorithm der_algorithm(struct der *der)
{
	static const unsigned char null[] = {MBEDTLS_ASN1_NULL, 0};
	struct der inner = der_enter(der, TAG_SEQUENCE);
	struct pkcs7_algorithm algorithm = {.oid = der_bytes(&inner, MBEDTLS_ASN1_OID)};
	size_t rest = (size_t)(inner.end - inner.at);

	algorithm.is_plain = rest == 0 || (rest == sizeof(null) && memcmp(inner.at, null, sizeof(null)) == 0);
	return algorithm;
}

struct signed_data {
	struct der digests, signers;
	bool is_version_1, is_enclosed;
};

/* ContentInfo { signedData, [0] { SignedData } } */
static struct signed_data signed_data_read(struct der *der)
{
	static const mbedtls_asn1_buf signed_oid = {.len = MBEDTLS_OID_SIZE(MBEDTLS_OID_PKCS7_SIGNED_DATA),
						    .p = (unsigned char *)MBEDTLS_OID_PKCS7_SIGNED_DATA};
	static const mbedtls_asn1_buf data_oid = {.len = MBEDTLS_OID_SIZE(MBEDTLS_OID_PKCS7_DATA),
						  .p = (unsigned char *)MBEDTLS_OID_PKCS7_DATA};
	struct der outer = der_enter(der, TAG_SEQUENCE);
	mbedtls_asn1_buf type = der_bytes(&outer, MBEDTLS_ASN1_OID);
	struct der wrapped = der_enter(&outer, TAG_0);
	struct der body = der_enter(&wrapped, TAG_SEQUENCE);
	struct signed_data data = {.is_version_1 = der_next_is_version_1(&body)};
	struct der content;
	mbedtls_asn1_buf content_type;

	data.digests = der_enter(&body, TAG_SET);
	content = der_enter(&body, TAG_SEQUENCE);
	content_type = der_bytes(&content, MBEDTLS_ASN1_OID);
	data.is_enclosed = !der_is_done(&content);
	if (der_next_is(&body, TAG_0))
		der_skip(&body);
	if (der_next_is(&body, TAG_1))
		der_skip(&body);
	data.signers = der_enter(&body, TAG_SET);
	der_leave(&body);
	der_leave(&wrapped);
	der_leave(&outer);
	der_leave(der);
	if (!pkcs7_is_same(&type, &signed_oid) || !pkcs7_is_same(&content_type, &data_oid))
		*der->bad = true;
	return data;
}

static struct pkcs7_signer signer_read(struct der *signers)
{
	struct der der = der_enter(signers, TAG_SEQUENCE);
	struct pkcs7_signer signer = {.has_attributes = false};
	struct der name;

	if (!der_next_is_version_1(&der))
		*der.bad = true;
	name = der_enter(&der, TAG_SEQUENCE);
	signer.issuer.p = name.at;
	der_enter(&name, TAG_SEQUENCE);
	signer.issuer.len = (size_t)(name.at - signer.issuer.p);
	signer.serial = der_bytes(&name, MBEDTLS_ASN1_INTEGER);
	der_leave(&name);
	signer.digest = der_algorithm(&der);
	if (der_next_is(&der, TAG_0)) {
		signer.has_attributes = true;
		der_skip(&der);
	}
	signer.key = der_algorithm(&der);
	signer.signature = der_bytes(&der, MBEDTLS_ASN1_OCTET_STRING);
	if (der_next_is(&der, TAG_1)) {
		signer.has_attributes = true;
		der_skip(&der);
	}
	der_leave(&der);
	return signer;
}

/* Is the signer's digest among those announced? digests is a copy: each signer reads them from the start. */
static bool digest_is_announced(struct der digests, const struct pkcs7_algorithm *digest)
{
	bool is_there = false;

	while (!der_is_done(&digests)) {
		struct pkcs7_algorithm one = der_algorithm(&digests);

		is_there |= one.is_plain && pkcs7_is_same(&one.oid, &digest->oid);
	}
	return is_there;
}

enum pkcs7_result pkcs7_read(const void *bytes, size_t len, struct pkcs7 *pkcs7_out)
{
	bool bad = false;
	/* mbedTLS's reader takes no const pointer, but writes nothing. */
	struct der der = {
		.at = (unsigned char *)bytes, .end = (const unsigned char *)bytes + len, .bad = &bad};
	struct signed_data data = signed_data_read(&der);

	pkcs7_out->count = 0;
	if (bad)
		return PKCS7_MALFORMED;
	if (!data.is_version_1)
		return PKCS7_VERSION;
	if (data.is_enclosed)
		return PKCS7_ENCLOSED;
	while (!der_is_done(&data.signers)) {
		struct pkcs7_signer *signer = &pkcs7_out->signers[pkcs7_out->count];

		if (pkcs7_out->count == PKCS7_SIGNERS_MAX)
			return PKCS7_SIGNERS;
		*signer = signer_read(&data.signers);
		if (!digest_is_announced(data.digests, &signer->digest))
			bad = true;
		pkcs7_out->count++;
	}
	return bad ? PKCS7_MALFORMED : PKCS7_OK;
}
