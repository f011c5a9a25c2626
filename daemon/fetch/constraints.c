/* SPDX-License-Identifier: MIT */
#include "fetch/constraints.h"

#include "fetch/hostname.h"

#include <mbedtls/asn1.h>
#include <mbedtls/oid.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

/* No tag of GeneralName (RFC 5280, 4.2.1.6). */
enum { NO_KIND = 31 };

enum { SEQUENCE = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE };

struct bytes {
	unsigned char *at;
	const unsigned char *end;
};

/* Enters the next element, and moves outer past it. Returns false if it is malformed, or has another tag. */
static bool enter(struct bytes *outer, int tag, struct bytes *inner_out)
{
	size_t len;

	if (mbedtls_asn1_get_tag(&outer->at, outer->end, &len, tag))
		return false;
	inner_out->at = outer->at;
	inner_out->end = outer->at + len;
	outer->at += len;
	return true;
}

static bool is_done(const struct bytes *bytes)
{
	return bytes->at == bytes->end;
}

bool constraints_find(const mbedtls_x509_crt *authority, mbedtls_x509_buf *found_out)
{
	struct bytes all = {.at = authority->v3_ext.p, .end = authority->v3_ext.p + authority->v3_ext.len};
	struct bytes list, one, oid, value;
	bool is_found = false;

	if (!authority->v3_ext.p || !enter(&all, SEQUENCE, &list))
		return false;
	while (!is_done(&list)) {
		int is_critical;

		/* mbedTLS has parsed them. If we cannot, or if they are there twice, they stay empty: nothing is allowed. */
		if (!enter(&list, SEQUENCE, &one) || !enter(&one, MBEDTLS_ASN1_OID, &oid)) {
			*found_out = (mbedtls_x509_buf){.p = authority->v3_ext.p};
			return true;
		}
		if ((size_t)(oid.end - oid.at) != MBEDTLS_OID_SIZE(MBEDTLS_OID_NAME_CONSTRAINTS) ||
		    memcmp(oid.at, MBEDTLS_OID_NAME_CONSTRAINTS, (size_t)(oid.end - oid.at)) != 0)
			continue;
		(void)mbedtls_asn1_get_bool(&one.at, one.end, &is_critical);
		*found_out = (mbedtls_x509_buf){.p = one.at};
		if (!is_found && enter(&one, MBEDTLS_ASN1_OCTET_STRING, &value))
			*found_out = (mbedtls_x509_buf){.p = value.at, .len = (size_t)(value.end - value.at)};
		is_found = true;
	}
	return is_found;
}

/* A name, or the base of a subtree. */
struct name {
	int kind;
	const unsigned char *p;
	size_t len;
};

/* host.example and example are below example, and .example is what is below it only. */
static bool is_below(const struct name *name, const struct name *base)
{
	const char *end = (const char *)name->p + name->len - base->len;

	if (base->len == 0)
		return true;
	if (base->len > name->len || strncasecmp(end, (const char *)base->p, base->len) != 0)
		return false;
	return base->len == name->len || base->p[0] == '.' || end[-1] == '.';
}

/* The base is an address and a mask. */
static bool is_in_network(const struct name *address, const struct name *base)
{
	if (base->len != 2 * address->len)
		return false;
	for (size_t i = 0; i < address->len; i++)
		if ((address->p[i] ^ base->p[i]) & base->p[address->len + i])
			return false;
	return true;
}

/* Both are sequences of relative names: a beginning of the longer one that is equal ends between two of them. */
static bool is_in_directory(const struct name *name, const struct name *base)
{
	return base->len <= name->len && memcmp(name->p, base->p, base->len) == 0;
}

/* Shape: both are of the same kind. */
static bool is_within(const struct name *name, const struct name *base)
{
	switch (name->kind) {
	case MBEDTLS_X509_SAN_DNS_NAME:
		return is_below(name, base);
	case MBEDTLS_X509_SAN_IP_ADDRESS:
		return is_in_network(name, base);
	case MBEDTLS_X509_SAN_DIRECTORY_NAME:
		return is_in_directory(name, base);
	default:
		return false;
	}
}

static bool is_known(int kind)
{
	return kind == MBEDTLS_X509_SAN_DNS_NAME || kind == MBEDTLS_X509_SAN_IP_ADDRESS ||
	       kind == MBEDTLS_X509_SAN_DIRECTORY_NAME;
}

/* Reads one GeneralSubtree. minimum and maximum are not used in this profile: RFC 5280 has them 0 and absent. */
static bool read_base(struct bytes *list, struct name *base_out)
{
	struct bytes subtree, base, name;
	int tag;

	if (!enter(list, SEQUENCE, &subtree) || is_done(&subtree))
		return false;
	tag = *subtree.at;
	if ((tag & MBEDTLS_ASN1_TAG_CLASS_MASK) != MBEDTLS_ASN1_CONTEXT_SPECIFIC ||
	    !enter(&subtree, tag, &base) || !is_done(&subtree))
		return false;
	base_out->kind = tag & MBEDTLS_ASN1_TAG_VALUE_MASK;
	if (base_out->kind == MBEDTLS_X509_SAN_DIRECTORY_NAME) {
		if (!enter(&base, SEQUENCE, &name) || !is_done(&base))
			return false;
		base = name;
	}
	base_out->p = base.at;
	base_out->len = (size_t)(base.end - base.at);
	return base_out->kind != MBEDTLS_X509_SAN_IP_ADDRESS || base_out->len == 8 || base_out->len == 32;
}

/* Is the name allowed by these subtrees? */
static bool is_allowed(struct bytes permitted, struct bytes excluded, const struct name *name)
{
	bool is_constrained = false, is_permitted = false;
	struct name base;

	while (!is_done(&excluded)) {
		if (!read_base(&excluded, &base))
			return false;
		if (base.kind == name->kind && (!is_known(name->kind) || is_within(name, &base)))
			return false;
	}
	while (!is_done(&permitted)) {
		if (!read_base(&permitted, &base))
			return false;
		is_constrained |= base.kind == name->kind;
		is_permitted |= base.kind == name->kind && is_within(name, &base);
	}
	return !is_constrained || is_permitted;
}

/* Splits the extension into its two lists; either may be absent. */
static bool split(const mbedtls_x509_buf *constraints, struct bytes *permitted_out,
		  struct bytes *excluded_out)
{
	enum { LIST = MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_ASN1_CONSTRUCTED };
	struct bytes all = {.at = constraints->p, .end = constraints->p + constraints->len}, body;

	*permitted_out = *excluded_out = (struct bytes){.at = NULL};
	if (!enter(&all, SEQUENCE, &body) || !is_done(&all))
		return false;
	if (!is_done(&body) && *body.at == (LIST | 0) && !enter(&body, LIST | 0, permitted_out))
		return false;
	if (!is_done(&body) && *body.at == (LIST | 1) && !enter(&body, LIST | 1, excluded_out))
		return false;
	return is_done(&body);
}

static bool host_is_allowed(struct bytes permitted, struct bytes excluded, const char *host)
{
	uint8_t address[16];
	size_t len = hostname_address(host, address);
	struct name name = {.kind = MBEDTLS_X509_SAN_IP_ADDRESS, .p = address, .len = len};

	if (len == 0)
		name = (struct name){.kind = MBEDTLS_X509_SAN_DNS_NAME,
				     .p = (const unsigned char *)host,
				     .len = strlen(host)};
	return is_allowed(permitted, excluded, &name);
}

bool constraints_allow(const mbedtls_x509_buf *constraints, const mbedtls_x509_crt *crt, const char *host)
{
	struct bytes permitted, excluded, subject = {.at = crt->subject_raw.p}, inner;
	/* Of no kind: finds out whether the lists are well-formed. */
	struct name name = {.kind = NO_KIND};

	if (!split(constraints, &permitted, &excluded) || !is_allowed(permitted, excluded, &name))
		return false;
	for (const mbedtls_x509_sequence *at = &crt->subject_alt_names; at && at->buf.p; at = at->next) {
		struct bytes value = {.at = at->buf.p, .end = at->buf.p + at->buf.len}, directory;

		name.kind = at->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK;
		if (name.kind == MBEDTLS_X509_SAN_DIRECTORY_NAME) {
			if (!enter(&value, SEQUENCE, &directory))
				return false;
			value = directory;
		}
		name.p = value.at;
		name.len = (size_t)(value.end - value.at);
		if (!is_allowed(permitted, excluded, &name))
			return false;
	}
	subject.end = crt->subject_raw.p + crt->subject_raw.len;
	if (!subject.at || !enter(&subject, SEQUENCE, &inner))
		return false;
	name = (struct name){.kind = MBEDTLS_X509_SAN_DIRECTORY_NAME,
			     .p = inner.at,
			     .len = (size_t)(inner.end - inner.at)};
	if (name.len > 0 && !is_allowed(permitted, excluded, &name))
		return false;
	return !host || host_is_allowed(permitted, excluded, host);
}
