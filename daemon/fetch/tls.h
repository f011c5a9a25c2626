/* SPDX-License-Identifier: MIT */
/*
 * How servers, and this host to them, are authenticated: CA certificates, client certificate and key, for
 * mbedTLS below libcurl. They are parsed once and shared by all connections.
 *
 * Flow: credentials fills it in; fetch applies it to each connection, and gets the verdict on a certificate back.
 * Process: engine
 * Source: mbedTLS 3.6; CURLOPT_SSL_CTX_FUNCTION(3), which libcurl calls after its own settings
 */
#ifndef BLOBROOT_TLS_H
#define BLOBROOT_TLS_H

#include "fetch/chain.h"

#include <stdbool.h>
#include <stddef.h>

struct tls;

enum tls_result {
	TLS_OK,
	TLS_NO_CERTIFICATE,
	TLS_NO_KEY,
	TLS_KEY_LOCKED, /* by a passphrase */
	TLS_NO_PAIR,    /* another certificate's key */
	TLS_NO_NAME,    /* of the server: too long */
	TLS_NO_MEMORY,
};

/* Errors: -ENOMEM. Owns: the caller closes it with tls_close, when no connection uses it any more. */
int tls_open(struct tls **tls_out);
void tls_close(struct tls *tls);

/*
 * Trusts these CA certificates. Shape: pem ends in a NUL, which len counts. *skipped_out: how many of them
 * mbedTLS cannot parse, for their form or algorithm. Returns TLS_NO_CERTIFICATE if none is left.
 */
enum tls_result tls_trust(struct tls *tls, const char *pem, size_t len, unsigned *skipped_out);

/* Sets the certificate, and any chain after it, to send to servers that ask for one. Shape: as above. */
enum tls_result tls_identify(struct tls *tls, const char *cert, size_t cert_len, const char *key,
			     size_t key_len);

/* Certificate, chain and key in PEM. Shape: each ends in a NUL, which its length counts. */
struct tls_identity {
	char *cert, *key;
	size_t cert_len, key_len;
};

/*
 * What tls_identify has set, or NULL. For libcurl's own options, CURLOPT_SSLCERT_BLOB and CURLOPT_SSLKEY_BLOB: only
 * libcurl knows whether a handshake is with the server or with a proxy in front of it. Owns: valid until tls_close.
 */
const struct tls_identity *tls_identity(const struct tls *tls);

/*
 * Configures one connection, before its handshake. ssl is what CURLINFO_TLS_SSL_PTR says, ssl_config what
 * CURLOPT_SSL_CTX_FUNCTION passes; unless may_identify, the certificate that libcurl has put there is taken away. chain
 * is filled in during the handshake, and must live until its end.
 */
enum tls_result tls_apply(struct tls *tls, void *ssl, void *ssl_config, bool may_identify,
			  struct chain *chain);

const char *tls_explain(enum tls_result result);

#endif
