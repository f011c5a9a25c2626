/* SPDX-License-Identifier: MIT */
/*
 * How servers prove who they are, and how this host does: authorities, client certificate and key, for mbedTLS
 * below libcurl. All is parsed once and shared by every connection.
 *
 * Flow: credentials fills it in; fetch applies it to each connection, and gets the verdict on a certificate back.
 * Process: engine
 * Source: mbedTLS 3.6; CURLOPT_SSL_CTX_FUNCTION(3), which libcurl calls behind everything that it sets itself
 */
#ifndef BLOBROOT_TLS_H
#define BLOBROOT_TLS_H

#include "fetch/certificate.h"

#include <stdbool.h>
#include <stddef.h>

struct tls;

enum tls_result {
	TLS_OK,
	TLS_NO_CERTIFICATE,
	TLS_NO_KEY,
	TLS_KEY_LOCKED, /* by a passphrase */
	TLS_NO_PAIR,    /* another certificate's key */
	TLS_NO_MEMORY,
};

/* Errors: -ENOMEM. Owns: ended with tls_close, when no connection uses it any more. */
int tls_open(struct tls **tls_out);
void tls_close(struct tls *tls);

/*
 * Trusts these authorities. Shape: pem ends in a NUL, which len counts. *skipped_out: so many certificates of it
 * have a form or an algorithm that mbedTLS does not know. Returns TLS_NO_CERTIFICATE if none is left.
 */
enum tls_result tls_trust(struct tls *tls, const char *pem, size_t len, unsigned *skipped_out);

/* Shows this certificate to servers that ask for one, with what may stand behind it in its chain. Shape: as above. */
enum tls_result tls_identify(struct tls *tls, const char *cert, size_t cert_len, const char *key,
			     size_t key_len);

/*
 * For one connection, before its handshake. ssl_config is what CURLOPT_SSL_CTX_FUNCTION hands out; verdict must
 * live until the handshake's end, and is filled in during it.
 */
enum tls_result tls_apply(struct tls *tls, void *ssl_config, bool may_identify,
			  struct certificate_verdict *verdict);

const char *tls_explain(enum tls_result result);

#endif
