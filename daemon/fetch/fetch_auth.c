/* SPDX-License-Identifier: MIT */
#include "fetch/fetch_auth.h"

#include "fetch/credentials.h"
#include "fetch/origin.h"

#include <string.h>
#include <strings.h>

static const char *effective_url(CURL *easy)
{
	char *url = NULL;

	curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &url);
	return url ? url : "";
}

/* Called before each TLS handshake, including those after a redirect and with a proxy. */
static CURLcode on_handshake(CURL *easy, void *ssl_config, void *arg)
{
	struct fetch_auth *auth = arg;
	const char *url = effective_url(easy), *host;
	size_t len = origin_find_host(url, &host);
	struct certificate_verdict *verdict = &auth->chain.verdict;
	struct curl_tlssessioninfo *session = NULL;
	long has_proxy = 0;

	memset(&auth->chain, 0, sizeof(auth->chain));
	if (!auth->credentials)
		return CURLE_OK;
	curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &session);
	curl_easy_getinfo(easy, CURLINFO_USED_PROXY, &has_proxy);
	if (tls_apply(auth->credentials->tls, session ? session->internals : NULL, ssl_config,
		      credentials_are_for(auth->credentials, url), &auth->chain) != TLS_OK)
		return CURLE_SSL_CONNECT_ERROR;
	/* For the message. */
	verdict->is_proxy =
		has_proxy && (strlen(verdict->host) != len || strncasecmp(verdict->host, host, len) != 0);
	return CURLE_OK;
}

/*
 * TLS: no parameter weakens any of this. Sessions are not resumed, so that every connection verifies the
 * server's certificate again, by the current time.
 */
static CURLcode set_tls(struct fetch_auth *auth)
{
	CURL *easy = auth->easy;
	CURLcode err = CURLE_OK;

	err |= curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	err |= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	err |= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	err |= curl_easy_setopt(easy, CURLOPT_PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	err |= curl_easy_setopt(easy, CURLOPT_PROXY_SSL_VERIFYPEER, 1L);
	err |= curl_easy_setopt(easy, CURLOPT_PROXY_SSL_VERIFYHOST, 2L);
	err |= curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	err |= curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_handshake);
	err |= curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, auth);
	return err;
}

/* Called when there is a connection, before each request that has a password. A proxy reads what is not in TLS. */
static int on_connection(void *arg, char *address, char *local, int port, int local_port)
{
	struct fetch_auth *auth = arg;
	const char *url = effective_url(auth->easy);
	long has_proxy = 1;

	(void)address, (void)local, (void)port, (void)local_port;
	curl_easy_getinfo(auth->easy, CURLINFO_USED_PROXY, &has_proxy);
	auth->is_password_kept =
		has_proxy && !origin_is_https(url) && credentials_find_user(auth->credentials, url);
	return auth->is_password_kept ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

/* User and password for url. libcurl drops them when a redirect leads to another scheme, host or port. */
static CURLcode set_user(struct fetch_auth *auth, const struct netrc_entry *entry)
{
	CURL *easy = auth->easy;
	CURLcode err = CURLE_OK;

	err |= curl_easy_setopt(easy, CURLOPT_USERNAME, entry->login);
	err |= curl_easy_setopt(easy, CURLOPT_PASSWORD, entry->password);
	err |= curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
	err |= curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connection);
	err |= curl_easy_setopt(easy, CURLOPT_PREREQDATA, auth);
	return err;
}

/* libcurl shows this to servers and to no proxy. on_handshake takes it away again after a redirect. */
static CURLcode set_identity(CURL *easy, const struct tls_identity *identity)
{
	struct curl_blob cert = {.data = identity->cert, .len = identity->cert_len},
			 key = {.data = identity->key, .len = identity->key_len};
	CURLcode err = CURLE_OK;

	err |= curl_easy_setopt(easy, CURLOPT_SSLCERT_BLOB, &cert);
	err |= curl_easy_setopt(easy, CURLOPT_SSLKEY_BLOB, &key);
	return err;
}

CURLcode fetch_auth_begin(struct fetch_auth *auth, CURL *easy, const struct credentials *credentials,
			  const char *url)
{
	const struct netrc_entry *entry;
	const struct tls_identity *identity;
	CURLcode err;

	auth->easy = easy;
	auth->credentials = credentials;
	err = set_tls(auth);
	if (!credentials || !credentials_are_for(credentials, url))
		return err;
	entry = credentials_find_user(credentials, url);
	identity = tls_identity(credentials->tls);
	if (entry)
		err |= set_user(auth, entry);
	if (identity)
		err |= set_identity(easy, identity);
	return err;
}
