/* SPDX-License-Identifier: MIT */
#include "fetch/tls.h"

#include <errno.h>
#include <mbedtls/asn1.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

struct tls {
	mbedtls_x509_crt authorities;
	bool has_authorities;
	struct tls_identity identity; /* cert is NULL: there is none */
};

int tls_open(struct tls **tls_out)
{
	struct tls *tls = calloc(1, sizeof(*tls));

	if (!tls)
		return -ENOMEM;
	mbedtls_x509_crt_init(&tls->authorities);
	*tls_out = tls;
	return 0;
}

static void text_drop(char *text, size_t len)
{
	if (text)
		explicit_bzero(text, len);
	free(text);
}

void tls_close(struct tls *tls)
{
	if (!tls)
		return;
	mbedtls_x509_crt_free(&tls->authorities);
	text_drop(tls->identity.cert, tls->identity.cert_len);
	text_drop(tls->identity.key, tls->identity.key_len);
	free(tls);
}

enum tls_result tls_trust(struct tls *tls, const char *pem, size_t len, unsigned *skipped_out)
{
	int failed = mbedtls_x509_crt_parse(&tls->authorities, (const unsigned char *)pem, len);

	*skipped_out = failed > 0 ? (unsigned)failed : 0;
	if (failed == MBEDTLS_ERR_X509_ALLOC_FAILED)
		return TLS_NO_MEMORY;
	/* A chain without a certificate is one empty element. */
	tls->has_authorities = tls->authorities.raw.p != NULL;
	return tls->has_authorities ? TLS_OK : TLS_NO_CERTIFICATE;
}

static int random_bytes(void *arg, unsigned char *output, size_t len)
{
	(void)arg;
	return getrandom(output, len, 0) == (ssize_t)len ? 0 : -1;
}

/* Do they parse, and belong to each other? */
static enum tls_result check_identity(mbedtls_x509_crt *crt, mbedtls_pk_context *pair, const char *cert,
				      size_t cert_len, const char *key, size_t key_len)
{
	if (mbedtls_x509_crt_parse(crt, (const unsigned char *)cert, cert_len) || !crt->raw.p)
		return TLS_NO_CERTIFICATE;
	/* `Proc-Type: 4,ENCRYPTED` and `BEGIN ENCRYPTED PRIVATE KEY`. */
	if (memmem(key, key_len, "ENCRYPTED", 9))
		return TLS_KEY_LOCKED;
	if (mbedtls_pk_parse_key(pair, (const unsigned char *)key, key_len, NULL, 0, random_bytes, NULL))
		return TLS_NO_KEY;
	if (mbedtls_pk_check_pair(&crt->pk, pair, random_bytes, NULL))
		return TLS_NO_PAIR;
	return TLS_OK;
}

enum tls_result tls_identify(struct tls *tls, const char *cert, size_t cert_len, const char *key,
			     size_t key_len)
{
	struct tls_identity *identity = &tls->identity;
	mbedtls_x509_crt crt;
	mbedtls_pk_context pair;
	enum tls_result result;

	mbedtls_x509_crt_init(&crt);
	mbedtls_pk_init(&pair);
	result = check_identity(&crt, &pair, cert, cert_len, key, key_len);
	mbedtls_x509_crt_free(&crt);
	mbedtls_pk_free(&pair);
	if (result != TLS_OK)
		return result;
	identity->cert = malloc(cert_len);
	identity->key = malloc(key_len);
	if (!identity->cert || !identity->key)
		return TLS_NO_MEMORY;
	memcpy(identity->cert, cert, identity->cert_len = cert_len);
	memcpy(identity->key, key, identity->key_len = key_len);
	return TLS_OK;
}

const struct tls_identity *tls_identity(const struct tls *tls)
{
	return tls->identity.cert ? &tls->identity : NULL;
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
	for (unsigned i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (flags & faults[i].flags)
			return faults[i].fault;
	return CERTIFICATE_FINE;
}

static void format_date(char *date_out, int year, int month, int day)
{
	snprintf(date_out, CERTIFICATE_DATE_MAX, "%04d-%02d-%02d", year, month, day);
}

/* DNS names and addresses of the subjectAltName extension: see RFC 5280, 4.2.1.6, for the tags. */
static void list_names(struct certificate_verdict *verdict, const mbedtls_x509_crt *crt)
{
	enum { DNS = 2, ADDRESS = 7 };

	for (const mbedtls_x509_sequence *at = &crt->subject_alt_names; at && at->buf.p; at = at->next) {
		int tag = at->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK;
		char address[24];

		if (tag == DNS) {
			certificate_add_name(verdict, (const char *)at->buf.p, at->buf.len);
		} else if (tag == ADDRESS && at->buf.len == 4) {
			snprintf(address, sizeof(address), "%u.%u.%u.%u", at->buf.p[0], at->buf.p[1],
				 at->buf.p[2], at->buf.p[3]);
			certificate_add_name(verdict, address, strlen(address));
		} else if (tag == ADDRESS) {
			certificate_add_name(verdict, "an IPv6 address", 15);
		}
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

/* Called for each certificate of the chain, the server's own last. Only records: *flags decides. */
static int on_certificate(void *arg, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
	struct certificate_verdict *verdict = arg;
	enum certificate_fault fault = fault_of(crt, depth, *flags);
	bool is_authority = depth > 0 && fault != CERTIFICATE_UNKNOWN_AUTHORITY;

	if (certificate_is_worse(verdict, fault, is_authority)) {
		verdict->fault = fault;
		verdict->is_authority = is_authority;
		describe(verdict, crt);
	}
	return 0;
}

enum tls_result tls_apply(struct tls *tls, void *ssl_config, bool may_identify,
			  struct certificate_verdict *verdict)
{
	mbedtls_ssl_config *config = ssl_config;

	*verdict = (struct certificate_verdict){.is_without_authorities = !tls->has_authorities};
	/* Overrides what libcurl sets: a CA chain of its own, and SHA-1 and RSA of 1024 bits allowed. */
	mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_REQUIRED);
	mbedtls_ssl_conf_ca_chain(config, &tls->authorities, NULL);
	mbedtls_ssl_conf_cert_profile(config, &mbedtls_x509_crt_profile_default);
	mbedtls_ssl_conf_verify(config, on_certificate, verdict);
	/* A redirect has led to somebody else: without a certificate it clears the list. */
	if (!may_identify && mbedtls_ssl_conf_own_cert(config, NULL, NULL))
		return TLS_NO_MEMORY;
	return TLS_OK;
}

const char *tls_explain(enum tls_result result)
{
	static const char *const words[] = {
		[TLS_OK] = "is fine",
		[TLS_NO_CERTIFICATE] = "holds no certificate (PEM) that can be read",
		[TLS_NO_KEY] = "holds no private key (PEM, RSA or EC) that can be read",
		[TLS_KEY_LOCKED] =
			"its private key has a passphrase, which nobody could type here: take it off",
		[TLS_NO_PAIR] = "its private key is not that of the certificate",
		[TLS_NO_MEMORY] = "out of memory",
	};

	return words[result];
}
