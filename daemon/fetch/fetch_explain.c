/* SPDX-License-Identifier: MIT */
#include "fetch/fetch_explain.h"

#include "fetch/fetch_limits.h"
#include "fetch/origin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* mbedTLS's error for a failed handshake or connection, as libcurl prints it: `.. returned: (-0x7780) ..` */
static unsigned long tls_error(const struct fetch_failure *failure)
{
	const char *number = strstr(failure->text, "returned: (-0x");

	return number ? strtoul(number + 14, NULL, 16) : 0;
}

const char *fetch_explain_distrust(const struct fetch_failure *failure, char *buf, size_t size)
{
	/* ssl.h: MBEDTLS_ERR_SSL_..; x509.h has the numbers of a certificate that cannot be parsed. */
	enum {
		X509_FIRST = 0x2080,
		X509_LAST = 0x27ff,
		INVALID_RECORD = 0x7200,
		FATAL_ALERT = 0x7780,
		BAD_VERSION = 0x6E80,
		HANDSHAKE_FAILURE = 0x6E00
	};
	unsigned long error = failure->code == CURLE_SSL_CONNECT_ERROR || failure->code == CURLE_RECV_ERROR
				      ? tls_error(failure)
				      : 0;

	if (failure->code == CURLE_PEER_FAILED_VERIFICATION) {
		certificate_explain(failure->verdict, buf, size);
		return buf;
	}
	if (failure->is_password_kept)
		return "the initramfs' netrc has a password for this server, which the proxy would see: use "
		       "https";
	if (failure->code == CURLE_UNSUPPORTED_PROTOCOL && failure->is_https &&
	    !origin_is_https(failure->url))
		return "from https only https is followed";
	if (failure->code == CURLE_URL_MALFORMAT)
		return failure->is_redirected ? "redirected to a URL that is not valid"
					      : "this URL is not valid";
	if (error == FATAL_ALERT && failure->code == CURLE_RECV_ERROR)
		return "the server ended the TLS connection: does it want a client certificate "
		       "(rd.blob.cert=), or another one?";
	if (error == FATAL_ALERT || error == HANDSHAKE_FAILURE)
		return "the server refused the TLS handshake: it may be too old for TLS 1.2, or want a "
		       "client certificate (rd.blob.cert=)";
	if (error >= X509_FIRST && error <= X509_LAST) {
		snprintf(
			buf, size,
			"a certificate of the server cannot be read (mbedTLS' error -0x%04lX): it may have a critical "
			"extension that is not supported, such as name constraints",
			error);
		return buf;
	}
	if (error == BAD_VERSION)
		return "the server does not speak TLS 1.2 or newer";
	if (error == INVALID_RECORD)
		return "the server does not speak TLS at this port";
	return NULL;
}

static const char *explain_no_connection(const struct fetch_failure *failure, char *buf, size_t size)
{
	snprintf(buf, size, "no connection to the %s: %s", failure->has_proxy ? "proxy" : "server",
		 failure->os_errno ? strerror(failure->os_errno)
		 : *failure->text  ? failure->text
				   : "it has no address of the kind that was asked for");
	return buf;
}

/* libcurl's text says in which state the time-out came. */
static const char *explain_timeout(const struct fetch_failure *failure, char *buf, size_t size)
{
	if (strncmp(failure->text, "Resolving", 9) == 0)
		snprintf(buf, size, "the %s name does not resolve: no answer for %d s",
			 failure->has_proxy ? "proxy's" : "host's", FETCH_CONNECT_MS / 1000);
	else if (strncmp(failure->text, "Connection", 10) == 0)
		snprintf(buf, size, "no connection to the %s: no answer for %d s",
			 failure->has_proxy ? "proxy" : "server", FETCH_CONNECT_MS / 1000);
	else if (failure->os_errno == ETIMEDOUT)
		return explain_no_connection(failure, buf, size);
	else
		snprintf(buf, size, "the server is silent, not a byte for %d s", FETCH_SILENCE_S);
	return buf;
}

const char *fetch_explain(const struct fetch_failure *failure, char *buf, size_t size)
{
	if (failure->is_head_endless)
		return "the answer's headers are not valid HTTP";
	if (failure->is_redirect_endless) {
		snprintf(buf, size, "a redirect with a body of more than %d KiB", FETCH_REDIRECT_BODY / 1024);
		return buf;
	}
	/* libcurl uses the same code for this and for a reset. */
	if (failure->tunnel_status >= 300) {
		snprintf(buf, size, "the proxy refuses: it answers %ld to CONNECT", failure->tunnel_status);
		return buf;
	}
	switch (failure->code) {
	case CURLE_COULDNT_RESOLVE_HOST:
		return "the host's name does not resolve";
	case CURLE_COULDNT_RESOLVE_PROXY:
		return "the proxy's name does not resolve";
	case CURLE_COULDNT_CONNECT:
		return explain_no_connection(failure, buf, size);
	case CURLE_OPERATION_TIMEDOUT:
		return explain_timeout(failure, buf, size);
	case CURLE_OUT_OF_MEMORY:
		return "out of memory";
	case CURLE_PARTIAL_FILE:
		return "the answer ended early, with fewer bytes than the server promised";
	case CURLE_GOT_NOTHING:
		return "the server closed the connection without an answer";
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		return "the connection was reset";
	case CURLE_SSL_CONNECT_ERROR:
		if (tls_error(failure) == 0x7280) /* MBEDTLS_ERR_SSL_CONN_EOF */
			return "the server closed the connection during the TLS handshake";
		snprintf(buf, size, "the TLS handshake failed: %s", failure->text);
		return buf;
	case CURLE_TOO_MANY_REDIRECTS:
		snprintf(buf, size, "more than %d redirects: a redirect loop?", FETCH_REDIRECTS);
		return buf;
	case CURLE_UNSUPPORTED_PROTOCOL:
		/* libcurl's code for an answer without a status line (HTTP/0.9), too. */
		return strncmp(failure->url, "http", 4) == 0 ? "the answer's headers are not valid HTTP"
							     : "only http and https are followed";
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_TOO_LARGE:
	case CURLE_BAD_FUNCTION_ARGUMENT:
		return "the answer's headers are not valid HTTP";
	default:
		snprintf(buf, size, "transfer failed (libcurl's code %d)%s%s", (int)failure->code,
			 failure->text[0] ? ": " : "", failure->text);
		return buf;
	}
}
