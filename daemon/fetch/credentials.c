/* SPDX-License-Identifier: MIT */
#include "fetch/credentials.h"

#include "base/exits.h"
#include "base/file.h"
#include "base/layout.h"
#include "fetch/origin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Reads a file that the keeper wrote, up to its limit. Errors: as file_read; if missing: 0 and no bytes. */
static int read_text(int home, const char *path, struct file *file_out)
{
	int err = file_read(home, path, LAYOUT_CA_MAX, file_out);

	return err == -ENOENT ? 0 : err;
}

static int refuse(char *why_out, const char *path, const char *why)
{
	snprintf(why_out, CREDENTIALS_WHY_MAX, "/%s: %s", path, why);
	return EXIT_PERMANENT;
}

static int take_authorities(struct credentials *credentials, const struct file *ca, char *why_out)
{
	enum tls_result result =
		ca->bytes ? tls_trust(credentials->tls, ca->bytes, ca->len + 1, &credentials->skipped)
			  : TLS_OK;

	return result == TLS_OK ? EXIT_DONE : refuse(why_out, LAYOUT_CA, tls_explain(result));
}

/* Messages name the operator's path: in the engine's root the file names are fixed. */
static int take_identity(struct credentials *credentials, const struct file *cert, const struct file *key,
			 char *why_out)
{
	const struct config *config = credentials->config;
	const struct file *pem = key->bytes ? key : cert;
	enum tls_result result;
	char subject[CMDLINE_VALUE_MAX + 16];

	if (!cert->bytes)
		return EXIT_DONE;
	result = tls_identify(credentials->tls, cert->bytes, cert->len + 1, pem->bytes, pem->len + 1);
	if (result == TLS_OK)
		return EXIT_DONE;
	if (result != TLS_NO_CERTIFICATE && config->key[0])
		snprintf(subject, sizeof(subject), "rd.blob.key=%s", config->key);
	else if (config->cert[0])
		snprintf(subject, sizeof(subject), "rd.blob.cert=%s", config->cert);
	else
		snprintf(subject, sizeof(subject), "/%s",
			 result != TLS_NO_CERTIFICATE && key->bytes ? LAYOUT_KEY : LAYOUT_CERT);
	snprintf(why_out, CREDENTIALS_WHY_MAX, "%.160s: %s", subject, tls_explain(result));
	return EXIT_PERMANENT;
}

static int take_users(struct credentials *credentials, const struct file *netrc, char *why_out)
{
	enum netrc_result result;
	char why[96];
	unsigned line;

	if (!netrc->bytes)
		return EXIT_DONE;
	result = netrc_parse(netrc->bytes, netrc->len, &credentials->netrc, &line);
	if (result == NETRC_OK)
		return EXIT_DONE;
	snprintf(why, sizeof(why), "line %u: %s", line, netrc_explain(result));
	return refuse(why_out, LAYOUT_NETRC, why);
}

int credentials_open(struct credentials **credentials_out, const struct config *config, int home,
		     char *why_out)
{
	static const char *const paths[] = {LAYOUT_CA, LAYOUT_CERT, LAYOUT_KEY, LAYOUT_NETRC};
	enum { CA, CERT, KEY, NETRC, FILES };
	struct credentials *credentials = calloc(1, sizeof(*credentials));
	struct file files[FILES] = {{NULL, 0}};
	int status = EXIT_DONE;

	if (!credentials || tls_open(&credentials->tls)) {
		free(credentials);
		refuse(why_out, LAYOUT_CA, strerror(ENOMEM));
		return EXIT_TEMPORARY;
	}
	credentials->config = config;
	for (int i = 0; i < FILES && status == EXIT_DONE; i++) {
		int err = read_text(home, paths[i], &files[i]);

		if (err)
			status = refuse(why_out, paths[i], strerror(-err));
	}
	if (status == EXIT_DONE)
		status = take_authorities(credentials, &files[CA], why_out);
	if (status == EXIT_DONE)
		status = take_identity(credentials, &files[CERT], &files[KEY], why_out);
	if (status == EXIT_DONE)
		status = take_users(credentials, &files[NETRC], why_out);
	for (int i = 0; i < FILES; i++)
		file_free(&files[i]);
	if (status == EXIT_DONE)
		*credentials_out = credentials;
	else
		credentials_close(credentials);
	return status;
}

void credentials_close(struct credentials *credentials)
{
	if (!credentials)
		return;
	tls_close(credentials->tls);
	explicit_bzero(&credentials->netrc, sizeof(credentials->netrc));
	free(credentials);
}

bool credentials_are_for(const struct credentials *credentials, const char *url)
{
	const struct config *config = credentials->config;

	for (unsigned i = 0; i < config->mirror_count; i++)
		if (origin_is_same(config->mirrors[i], url))
			return true;
	return origin_is_same(config->url, url) || origin_is_same(config->verity_url, url) ||
	       origin_is_same(config->profile, url);
}

const struct netrc_entry *credentials_find_user(const struct credentials *credentials, const char *url)
{
	const char *host;
	size_t len = origin_find_host(url, &host);

	return len && credentials_are_for(credentials, url) ? netrc_find(&credentials->netrc, host, len)
							    : NULL;
}
