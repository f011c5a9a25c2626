/* SPDX-License-Identifier: MIT */
/*
 * Why a transfer failed, in words: libcurl's code, what it says of it, and what TLS found out.
 *
 * Flow: fetch fills in a failure when a transfer has ended, and asks. Pure.
 * Process: engine
 * Source: libcurl-errors(3); mbedTLS' ssl.h for the numbers
 */
#ifndef BLOBROOT_FETCH_EXPLAIN_H
#define BLOBROOT_FETCH_EXPLAIN_H

#include "fetch/certificate.h"

#include <curl/curl.h>

struct fetch_failure {
	CURLcode code;
	const char *
		text; /* libcurl's CURLOPT_ERRORBUFFER: no other place has the number that ended a handshake */
	const char *url; /* where it failed, redirects behind it */
	bool is_https;   /* the URL that was asked for is */
	bool is_head_endless;
	long tunnel_status;                        /* a proxy's answer to CONNECT; 0: there was none */
	const struct certificate_verdict *verdict; /* of the newest handshake */
};

/* What TLS has against a server; NULL: nothing, and it may be trouble that passes. Uses buf where it must. */
const char *fetch_explain_distrust(const struct fetch_failure *failure, char *buf, size_t size);

/* What else it may be. Shape: code is not CURLE_OK. Uses buf where it must. */
const char *fetch_explain(const struct fetch_failure *failure, char *buf, size_t size);

#endif
