/* SPDX-License-Identifier: MIT */
#include "fetch/chain.h"

#include "fetch/constraints.h"

#include <arpa/inet.h>
#include <errno.h>
#include <mbedtls/oid.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* mbedTLS leaves this flag to callbacks. */
enum { BADCERT_CONSTRAINED = MBEDTLS_X509_BADCERT_OTHER };

int chain_begin(struct chain *chain, const char *host, bool has_authorities)
{
	*chain = (struct chain){.verdict.is_without_authorities = !has_authorities};
	if (strlen(host) >= sizeof(chain->verdict.host))
		return -ENAMETOOLONG;
	strcpy(chain->verdict.host, host);
	return 0;
}

static int kind_of(const mbedtls_x509_sequence *name)
{
	return name->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK;
}

static bool has_names(const mbedtls_x509_crt *crt)
{
	for (const mbedtls_x509_sequence *at = &crt->subject_alt_names; at && at->buf.p; at = at->next)
		if (kind_of(at) == MBEDTLS_X509_SAN_DNS_NAME || kind_of(at) == MBEDTLS_X509_SAN_IP_ADDRESS)
			return true;
	return false;
}

static bool is_for(const mbedtls_x509_crt *crt, const char *host)
{
	uint8_t address[16];
	size_t len = hostname_address(host, address);

	for (const mbedtls_x509_sequence *at = &crt->subject_alt_names; at && at->buf.p; at = at->next) {
		if (kind_of(at) == MBEDTLS_X509_SAN_IP_ADDRESS && len > 0 && at->buf.len == len &&
		    memcmp(at->buf.p, address, len) == 0)
			return true;
		if (kind_of(at) == MBEDTLS_X509_SAN_DNS_NAME &&
		    hostname_is_covered(host, (const char *)at->buf.p, at->buf.len))
			return true;
	}
	return false;
}

static bool is_self_issued(const mbedtls_x509_crt *crt)
{
	return crt->subject_raw.len == crt->issuer_raw.len &&
	       memcmp(crt->subject_raw.p, crt->issuer_raw.p, crt->subject_raw.len) == 0;
}

/* The most important of a certificate's flags. */
static enum certificate_fault fault_of(const mbedtls_x509_crt *crt, int depth, uint32_t flags)
{
	static const struct {
		uint32_t flags;
		enum certificate_fault fault;
	} faults[] = {
		{MBEDTLS_X509_BADCERT_CN_MISMATCH, CERTIFICATE_OTHER_NAME},
		{BADCERT_CONSTRAINED, CERTIFICATE_CONSTRAINED},
		{MBEDTLS_X509_BADCERT_EXPIRED, CERTIFICATE_EXPIRED},
		{MBEDTLS_X509_BADCERT_FUTURE, CERTIFICATE_NOT_YET_VALID},
		{MBEDTLS_X509_BADCERT_BAD_MD, CERTIFICATE_WEAK_SIGNATURE},
		{MBEDTLS_X509_BADCERT_BAD_KEY | MBEDTLS_X509_BADCERT_BAD_PK, CERTIFICATE_WEAK_KEY},
		{MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE |
			 MBEDTLS_X509_BADCERT_NS_CERT_TYPE,
		 CERTIFICATE_OTHER_PURPOSE},
		{UINT32_MAX, CERTIFICATE_OTHER_FAULT},
	};

	if (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED)
		return depth == 0 && is_self_issued(crt) ? CERTIFICATE_SELF_SIGNED
							 : CERTIFICATE_UNKNOWN_AUTHORITY;
	if (flags & MBEDTLS_X509_BADCERT_CN_MISMATCH && !has_names(crt))
		return CERTIFICATE_NO_NAME;
	for (unsigned i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (flags & faults[i].flags)
			return faults[i].fault;
	return CERTIFICATE_FINE;
}

static void format_date(char *date_out, int year, int month, int day)
{
	snprintf(date_out, CERTIFICATE_DATE_MAX, "%04d-%02d-%02d", year, month, day);
}

static void list_names(struct certificate_verdict *verdict, const mbedtls_x509_crt *crt)
{
	for (const mbedtls_x509_sequence *at = &crt->subject_alt_names; at && at->buf.p; at = at->next) {
		int kind = kind_of(at);
		char address[INET6_ADDRSTRLEN];

		if (kind == MBEDTLS_X509_SAN_DNS_NAME)
			certificate_add_name(verdict, (const char *)at->buf.p, at->buf.len);
		else if (kind == MBEDTLS_X509_SAN_IP_ADDRESS && (at->buf.len == 4 || at->buf.len == 16) &&
			 inet_ntop(at->buf.len == 4 ? AF_INET : AF_INET6, at->buf.p, address,
				   sizeof(address)))
			certificate_add_name(verdict, address, strlen(address));
	}
}

static void describe(struct certificate_verdict *verdict, const mbedtls_x509_crt *crt)
{
	time_t now = time(NULL);
	struct tm today;

	verdict->names[0] = '\0';
	format_date(verdict->from, crt->valid_from.year, crt->valid_from.mon, crt->valid_from.day);
	format_date(verdict->until, crt->valid_to.year, crt->valid_to.mon, crt->valid_to.day);
	if (gmtime_r(&now, &today))
		format_date(verdict->today, today.tm_year + 1900, today.tm_mon + 1, today.tm_mday);
	/* These escape unprintable characters, and truncate a name that is too long. */
	mbedtls_x509_dn_gets(verdict->subject, sizeof(verdict->subject), &crt->subject);
	mbedtls_x509_dn_gets(verdict->issuer, sizeof(verdict->issuer), &crt->issuer);
	list_names(verdict, crt);
}

/* What mbedTLS does not look at, or only after this, when it says nothing but that the handshake has failed. */
static uint32_t more_flags(const struct chain *chain, const mbedtls_x509_crt *crt, int depth)
{
	uint32_t flags = 0;

	/* An authority for mail alone, say, vouches for no server. */
	if (mbedtls_x509_crt_check_extended_key_usage(crt, MBEDTLS_OID_SERVER_AUTH,
						      MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH)))
		flags |= MBEDTLS_X509_BADCERT_EXT_KEY_USAGE;
	/* All handshakes of ours are signed: mbedtls_user_config.h. */
	if (depth == 0 && mbedtls_x509_crt_check_key_usage(crt, MBEDTLS_X509_KU_DIGITAL_SIGNATURE))
		flags |= MBEDTLS_X509_BADCERT_KEY_USAGE;
	if (depth == 0 && !is_for(crt, chain->verdict.host))
		flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
	return flags;
}

/* The authority whose constraints do not allow this certificate, or NULL. */
static const mbedtls_x509_crt *find_breach(const struct chain *chain, const mbedtls_x509_crt *crt, int depth)
{
	mbedtls_x509_buf constraints;

	/* RFC 5280, 6.1.3 (b): an authority that has another certificate, with another key, is the same one. */
	if (depth > 0 && is_self_issued(crt))
		return NULL;
	for (unsigned i = 0; i < chain->count; i++)
		if (constraints_find(chain->authorities[i], &constraints) &&
		    !constraints_allow(&constraints, crt, depth == 0 ? chain->verdict.host : NULL))
			return chain->authorities[i];
	return NULL;
}

int chain_on_certificate(void *arg, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
	struct chain *chain = arg;
	struct certificate_verdict *verdict = &chain->verdict;
	const mbedtls_x509_crt *breached = find_breach(chain, crt, depth);
	enum certificate_fault fault;
	mbedtls_x509_buf constraints;
	bool is_authority;

	*flags |= more_flags(chain, crt, depth) | (breached ? BADCERT_CONSTRAINED : 0);
	fault = fault_of(crt, depth, *flags);
	is_authority = depth > 0 && fault != CERTIFICATE_UNKNOWN_AUTHORITY;
	if (certificate_is_worse(verdict, fault, is_authority)) {
		verdict->fault = fault;
		verdict->is_authority = is_authority;
		describe(verdict, crt);
		if (fault == CERTIFICATE_CONSTRAINED)
			mbedtls_x509_dn_gets(verdict->issuer, sizeof(verdict->issuer), &breached->subject);
	}
	if (depth > 0 && chain->count < CHAIN_MAX && constraints_find(crt, &constraints))
		chain->authorities[chain->count++] = crt;
	return 0;
}
