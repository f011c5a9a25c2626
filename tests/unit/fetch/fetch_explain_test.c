/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "fetch/fetch_explain.h"

#include <errno.h>

static struct certificate_verdict verdict;
static char words[CERTIFICATE_WHY_MAX];

static struct fetch_failure failed(CURLcode code, const char *text)
{
	return (struct fetch_failure){.code = code, .text = text, .url = "http://h/x", .verdict = &verdict};
}

/* As fetch asks. *is_final_out: it is about trust. */
static const char *explain(const struct fetch_failure *failure, bool *is_final_out)
{
	const char *why = fetch_explain_distrust(failure, words, sizeof(words));

	*is_final_out = why != NULL;
	return why ? why : fetch_explain(failure, words, sizeof(words));
}

static void check(bool is_final, const char *expected, struct fetch_failure failure)
{
	bool is_so;
	const char *why = explain(&failure, &is_so);

	ATF_CHECK_STREQ(expected, why);
	ATF_CHECK_EQ_MSG(is_final, is_so, "%s", expected);
}

CASE(no_connection_has_the_systems_reason)
{
	struct fetch_failure failure = failed(CURLE_COULDNT_CONNECT, "Failed to connect to h port 80: Error");

	failure.os_errno = ECONNREFUSED;
	check(false, "no connection to the server: Connection refused", failure);
	failure.has_proxy = true;
	failure.os_errno = EHOSTUNREACH;
	check(false, "no connection to the proxy: No route to host", failure);
	/* It may be none of the system's. */
	failure.os_errno = 0;
	failure.text = "Unsupported proxy scheme";
	check(false, "no connection to the proxy: Unsupported proxy scheme", failure);
}

CASE(a_time_out_says_who_is_silent)
{
	struct fetch_failure failure = failed(CURLE_OPERATION_TIMEDOUT, "Resolving timed out after 10 ms");

	check(false, "the host's name does not resolve: no answer for 10 s", failure);
	failure.has_proxy = true;
	check(false, "the proxy's name does not resolve: no answer for 10 s", failure);
	failure.text = "Connection timed out after 10000 milliseconds";
	check(false, "no connection to the proxy: no answer for 10 s", failure);
	failure.has_proxy = false;
	check(false, "no connection to the server: no answer for 10 s", failure);
	failure.text = "Operation too slow. Less than 1 bytes/sec transferred the last 10 seconds";
	check(false, "the server is silent, not a byte for 10 s", failure);
	/* The kernel's. */
	failure.text = "Failed to connect to h port 80 after 9 ms: Error";
	failure.os_errno = ETIMEDOUT;
	check(false, "no connection to the server: Connection timed out", failure);
}

CASE(what_no_server_can_change_is_final)
{
	struct fetch_failure failure = failed(CURLE_URL_MALFORMAT, "");

	check(true, "this URL is not valid", failure);
	failure.is_redirected = true;
	check(true, "redirected to a URL that is not valid", failure);
	failure = failed(CURLE_UNSUPPORTED_PROTOCOL, "");
	failure.is_https = true;
	check(true, "from https only https is followed", failure);
	failure.is_https = false;
	failure.url = "ftp://h/x";
	check(false, "only http and https are followed", failure);
	failure.url = "http://h/x";
	check(false, "the answer's headers are not valid HTTP", failure);
	failure = failed(CURLE_ABORTED_BY_CALLBACK, "operation aborted by pre-request callback");
	failure.is_password_kept = true;
	check(true,
	      "the initramfs' netrc has a password for this server, which the proxy would see: use https",
	      failure);
}

CASE(a_handshake_has_the_libraries_number)
{
	struct fetch_failure failure =
		failed(CURLE_SSL_CONNECT_ERROR, "ssl_handshake returned: (-0x7200) SSL - x");

	check(true, "the server does not speak TLS at this port", failure);
	failure.text = "ssl_handshake returned: (-0x6E80) SSL - x";
	check(true, "the server does not speak TLS 1.2 or newer", failure);
	failure.text = "ssl_handshake returned: (-0x7280) SSL - x";
	check(false, "the server closed the connection during the TLS handshake", failure);
	failure.text = "ssl_handshake returned: (-0x4e80) ECP - x";
	check(false, "the TLS handshake failed: ssl_handshake returned: (-0x4e80) ECP - x", failure);
	failure.text = "ssl_handshake returned: (-0x2562) X509 - x";
	check(true,
	      "a certificate of the server cannot be read (mbedTLS' error -0x2562): it may have a critical "
	      "extension that is not supported, such as name constraints",
	      failure);
	failure = failed(CURLE_PEER_FAILED_VERIFICATION, "");
	strcpy(verdict.host, "a.example");
	verdict.fault = CERTIFICATE_OTHER_NAME;
	strcpy(verdict.names, "b.example");
	check(true, "the server's certificate is for other names than a.example: b.example", failure);
}

CASE(each_other_code_has_words)
{
	struct fetch_failure failure = failed(CURLE_RECV_ERROR, "");
	bool is_final;

	failure.tunnel_status = 403;
	check(false, "the proxy refuses: it answers 403 to CONNECT", failure);
	check(false, "out of memory", failed(CURLE_OUT_OF_MEMORY, ""));
	check(false, "transfer failed (libcurl's code 42): x", failed(CURLE_ABORTED_BY_CALLBACK, "x"));
	for (int code = 1; code < CURL_LAST; code++) {
		failure = failed((CURLcode)code, "");
		ATF_CHECK_MSG(strlen(explain(&failure, &is_final)) > 10, "%d", code);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, no_connection_has_the_systems_reason);
	ATF_TP_ADD_TC(tp, a_time_out_says_who_is_silent);
	ATF_TP_ADD_TC(tp, what_no_server_can_change_is_final);
	ATF_TP_ADD_TC(tp, a_handshake_has_the_libraries_number);
	ATF_TP_ADD_TC(tp, each_other_code_has_words);
	return atf_no_error();
}
