/* SPDX-License-Identifier: MIT */
#include "fetch/tls.h"

#include <errno.h>
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

enum tls_result tls_apply(struct tls *tls, void *ssl, void *ssl_config, bool may_identify,
			  struct chain *chain)
{
	mbedtls_ssl_config *config = ssl_config;
	/* Set by libcurl: the server's, or the proxy's if the handshake is with that. */
	const char *host = ssl ? mbedtls_ssl_get_hostname(ssl) : NULL;

	if (!host || chain_begin(chain, host, tls->has_authorities))
		return TLS_NO_NAME;
	/* Overrides what libcurl sets: a CA chain of its own, and SHA-1 and RSA of 1024 bits allowed. */
	mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_REQUIRED);
	mbedtls_ssl_conf_ca_chain(config, &tls->authorities, NULL);
	mbedtls_ssl_conf_cert_profile(config, &mbedtls_x509_crt_profile_default);
	mbedtls_ssl_conf_verify(config, chain_on_certificate, chain);
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
		[TLS_NO_NAME] = "has no name that can be checked",
		[TLS_NO_MEMORY] = "out of memory",
	};

	return words[result];
}
