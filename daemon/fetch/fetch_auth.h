/* SPDX-License-Identifier: MIT */
/*
 * How one transfer authenticates servers, and itself to them: libcurl's options for TLS, client certificate and password.
 *
 * Flow: fetch calls fetch_auth_begin for each transfer, and explains its failure with what was recorded.
 * Process: engine
 * Source: CURLOPT_SSL_CTX_FUNCTION(3), CURLOPT_PREREQFUNCTION(3)
 */
#ifndef BLOBROOT_FETCH_AUTH_H
#define BLOBROOT_FETCH_AUTH_H

#include "fetch/chain.h"

#include <curl/curl.h>
#include <stdbool.h>

struct credentials;

struct fetch_auth {
	CURL *easy;
	const struct credentials *credentials;
	struct chain chain; /* of the latest handshake */
	/* The request was not made: a proxy would have seen the password. */
	bool is_password_kept;
};

/* Shape: credentials may be NULL: nobody is trusted then. Owns: auth must live as long as easy. */
CURLcode fetch_auth_begin(struct fetch_auth *auth, CURL *easy, const struct credentials *credentials,
			  const char *url);

#endif
