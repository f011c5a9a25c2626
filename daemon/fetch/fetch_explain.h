/* SPDX-License-Identifier: MIT */
/*
 * Explains why a transfer failed: from libcurl's code and text, and the TLS verdict. Our own libcurl is built
 * without its messages for errors (--disable-verbose).
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
	const char *text; /* libcurl's CURLOPT_ERRORBUFFER: nothing else has mbedTLS's error of a handshake */
	const char *url;  /* where it failed, after redirects */
	bool is_https;    /* the requested URL is */
	bool is_head_endless, is_redirect_endless;
	bool has_proxy;                            /* the connection is, or would have been, to a proxy */
	bool is_redirected;                        /* the latest answer was a redirect */
	int os_errno;                              /* of connect(2); 0: it was not that */
	bool is_password_kept;                     /* a proxy would have seen it */
	long tunnel_status;                        /* a proxy's answer to CONNECT; 0: there was none */
	const struct certificate_verdict *verdict; /* of the latest handshake */
};

/* Why the server is not trusted, or a redirect not followed; NULL: it may be temporary. May use buf. */
const char *fetch_explain_distrust(const struct fetch_failure *failure, char *buf, size_t size);

/* The reason of any other failure. Shape: code is not CURLE_OK. May use buf. */
const char *fetch_explain(const struct fetch_failure *failure, char *buf, size_t size);

#endif
