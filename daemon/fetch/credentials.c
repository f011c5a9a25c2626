/* SPDX-License-Identifier: MIT */
#include "fetch/credentials.h"

#include "base/exits.h"
#include "keeper/home.h"
#include "fetch/origin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct text {
	char *bytes;
	size_t len; /* with a NUL behind, which is not of the file */
};

/* A whole file, of those that home.c wrote: no larger than it allows. Returns -errno; 0 with no bytes: not there. */
static int read_text(int home, const char *path, struct text *text_out)
{
	int fd = openat(home, path, O_RDONLY | O_CLOEXEC), err = 0;
	ssize_t got = 1;

	*text_out = (struct text){.bytes = NULL};
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	text_out->bytes = malloc(HOME_CA_MAX + 1);
	if (!text_out->bytes)
		err = -ENOMEM;
	while (!err && got > 0 && text_out->len < HOME_CA_MAX) {
		got = read(fd, text_out->bytes + text_out->len, HOME_CA_MAX - text_out->len);
		if (got < 0)
			err = -errno;
		else
			text_out->len += (size_t)got;
	}
	close(fd);
	if (!err)
		text_out->bytes[text_out->len++] = '\0';
	return err;
}

static void free_text(struct text *text)
{
	if (text->bytes)
		explicit_bzero(text->bytes, text->len);
	free(text->bytes);
}

static int refuse(char *why_out, const char *path, const char *why)
{
	snprintf(why_out, CREDENTIALS_WHY_MAX, "/%s: %s", path, why);
	return EXIT_PERMANENT;
}

static int take_authorities(struct credentials *credentials, const struct text *ca, char *why_out)
{
	enum tls_result result =
		ca->bytes ? tls_trust(credentials->tls, ca->bytes, ca->len, &credentials->skipped) : TLS_OK;

	return result == TLS_OK ? EXIT_DONE : refuse(why_out, HOME_CA, tls_explain(result));
}

/* Names what the operator named: in the home all certificates are called the same. */
static int take_identity(struct credentials *credentials, const struct text *cert, const struct text *key,
			 char *why_out)
{
	const struct config *config = credentials->config;
	const struct text *pem = key->bytes ? key : cert;
	enum tls_result result;
	char subject[CMDLINE_VALUE_MAX + 16];

	if (!cert->bytes)
		return EXIT_DONE;
	result = tls_identify(credentials->tls, cert->bytes, cert->len, pem->bytes, pem->len);
	if (result == TLS_OK)
		return EXIT_DONE;
	if (result != TLS_NO_CERTIFICATE && config->key[0])
		snprintf(subject, sizeof(subject), "rd.blob.key=%s", config->key);
	else if (config->cert[0])
		snprintf(subject, sizeof(subject), "rd.blob.cert=%s", config->cert);
	else
		snprintf(subject, sizeof(subject), "/%s",
			 result != TLS_NO_CERTIFICATE && key->bytes ? HOME_KEY : HOME_CERT);
	snprintf(why_out, CREDENTIALS_WHY_MAX, "%.160s: %s", subject, tls_explain(result));
	return EXIT_PERMANENT;
}

static int take_users(struct credentials *credentials, const struct text *netrc, char *why_out)
{
	enum netrc_result result;
	char why[96];
	unsigned line;

	if (!netrc->bytes)
		return EXIT_DONE;
	result = netrc_parse(netrc->bytes, netrc->len - 1, &credentials->netrc, &line);
	if (result == NETRC_OK)
		return EXIT_DONE;
	snprintf(why, sizeof(why), "line %u: %s", line, netrc_explain(result));
	return refuse(why_out, HOME_NETRC, why);
}

int credentials_open(struct credentials **credentials_out, const struct config *config, int home,
		     char *why_out)
{
	static const char *const paths[] = {HOME_CA, HOME_CERT, HOME_KEY, HOME_NETRC};
	enum { CA, CERT, KEY, NETRC, TEXTS };
	struct credentials *credentials = calloc(1, sizeof(*credentials));
	struct text texts[TEXTS] = {{NULL, 0}};
	int status = EXIT_DONE;

	if (!credentials || tls_open(&credentials->tls)) {
		free(credentials);
		refuse(why_out, HOME_CA, strerror(ENOMEM));
		return EXIT_TEMPORARY;
	}
	credentials->config = config;
	for (int i = 0; i < TEXTS && status == EXIT_DONE; i++) {
		int err = read_text(home, paths[i], &texts[i]);

		if (err)
			status = refuse(why_out, paths[i], strerror(-err));
	}
	if (status == EXIT_DONE)
		status = take_authorities(credentials, &texts[CA], why_out);
	if (status == EXIT_DONE)
		status = take_identity(credentials, &texts[CERT], &texts[KEY], why_out);
	if (status == EXIT_DONE)
		status = take_users(credentials, &texts[NETRC], why_out);
	for (int i = 0; i < TEXTS; i++)
		free_text(&texts[i]);
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
