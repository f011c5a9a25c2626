/* SPDX-License-Identifier: MIT */
#include "blob.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int blob_init(struct blob *blob, struct fetch *fetch, const char *url)
{
	memset(blob, 0, sizeof(*blob));
	if (strlen(url) >= BLOB_URL_MAX)
		return -ENAMETOOLONG;
	blob->fetch = fetch;
	blob->url = strdup(url);
	return blob->url ? 0 : -ENOMEM;
}

void blob_fini(struct blob *blob)
{
	free(blob->url);
	free(blob->effective_url);
	memset(blob, 0, sizeof(*blob));
}

/* Where redirects led is worth a round trip for every later range, and is forgotten at the first trouble. */
static void learn_effective_url(struct blob *blob, const char *url)
{
	if (strcmp(url, blob->effective_url ? blob->effective_url : blob->url) == 0)
		return;
	free(blob->effective_url);
	blob->effective_url = strcmp(url, blob->url) == 0 ? NULL : strdup(url);
}

static bool on_head(void *arg, const struct reply *reply)
{
	struct blob_transfer *get = arg;
	struct blob *blob = get->blob;

	get->reply = *reply;
	get->verdict = reply_judge(reply, get->off, get->len, blob->is_known ? &blob->version : NULL);
	if (get->verdict != VERDICT_OK)
		return false;
	if (!blob->is_known) {
		reply_version(reply, &blob->version);
		blob->is_known = true;
	}
	if (get->off + get->len > blob->version.size)
		get->len = blob->version.size - get->off;
	learn_effective_url(blob, fetch_effective_url(get->transfer));
	return true;
}

static size_t on_data(void *arg, const uint8_t *bytes, size_t len)
{
	struct blob_transfer *get = arg;
	size_t took;

	if (len > get->len - get->got) {
		get->is_overlong = true;
		return FETCH_REFUSE;
	}
	took = get->events->data(get->arg, bytes, len);
	if (took != FETCH_REFUSE)
		get->got += took;
	return took;
}

/* Trying again makes sense for what servers answer when they are overloaded, restarting or behind a gateway.
 */
static bool is_passing_status(int status)
{
	return status >= 500 || status == 408 || status == 425 || status == 429;
}

static enum blob_result judge(const struct blob_transfer *get, const char **why, enum fetch_result ended,
			      char *buf, size_t size)
{
	bool is_refused = ended == FETCH_REFUSED;

	if (ended == FETCH_UNTRUSTED)
		return BLOB_WRONG;
	if (get->is_overlong) {
		*why = "the answer is longer than the server promised";
		return BLOB_AGAIN;
	}
	if (is_refused && get->verdict == VERDICT_OK) {
		*why = NULL;
		return BLOB_REFUSED;
	}
	if (is_refused) {
		*why = reply_explain(get->verdict, &get->reply, buf, size);
		if (get->verdict == VERDICT_CHANGED)
			return BLOB_CHANGED;
		if (get->verdict == VERDICT_NO_RANGES || get->verdict == VERDICT_ENCODED)
			return BLOB_WRONG;
		if (get->verdict == VERDICT_STATUS)
			return is_passing_status(get->reply.status) ? BLOB_AGAIN : BLOB_WRONG;
		return BLOB_AGAIN;
	}
	if (!*why && get->got < get->len)
		*why = "the answer ended early, with fewer bytes than the server promised";
	return *why ? BLOB_AGAIN : BLOB_DONE;
}

static void on_done(void *arg, enum fetch_result ended, const char *why)
{
	struct blob_transfer *get = arg;
	char buf[BLOB_WHY_MAX];
	enum blob_result result = judge(get, &why, ended, buf, sizeof(buf));

	get->transfer = NULL;
	if (result != BLOB_DONE && result != BLOB_REFUSED) {
		free(get->blob->effective_url);
		get->blob->effective_url = NULL;
	}
	get->events->done(get->arg, result, why, get->reply.retry_after_s);
}

int blob_get(struct blob *blob, struct blob_transfer *get, uint64_t off, uint64_t len,
	     const struct blob_events *events, void *arg)
{
	static const struct fetch_events own = {.head = on_head, .data = on_data, .done = on_done};
	const char *url = blob->effective_url ? blob->effective_url : blob->url;
	const char *if_range = blob->is_known ? version_if_range(&blob->version) : NULL;

	*get = (struct blob_transfer){.blob = blob, .off = off, .len = len, .events = events, .arg = arg};
	get->verdict = VERDICT_GARBAGE;
	return fetch_begin(blob->fetch, url, off, len, if_range, &own, get, &get->transfer);
}

void blob_cancel(struct blob_transfer *get)
{
	if (get->transfer)
		fetch_cancel(get->transfer);
	get->transfer = NULL;
}

void blob_resume(struct blob_transfer *get)
{
	fetch_resume(get->transfer);
}

int blob_sibling_url(const char *url, const char *key, char *url_out, size_t size)
{
	const char *end = url + strcspn(url, "?"), *host = strstr(url, "://") + 3;
	const char *path = memchr(host, '/', (size_t)(end - host));
	size_t len;

	if (!*key || *key == '.')
		return -EINVAL;
	while (path && end > path && end[-1] != '/')
		end--;
	len = (size_t)(end - url);
	if (len + 2 >= size)
		return -ENAMETOOLONG;
	memcpy(url_out, url, len);
	if (!path)
		url_out[len++] = '/';
	for (; *key; key++) {
		unsigned char c = (unsigned char)*key;

		if (c == '/')
			return -EINVAL;
		if (len + 4 >= size)
			return -ENAMETOOLONG;
		if (isalnum(c) || strchr("-._~", c))
			url_out[len++] = (char)c;
		else
			len += (size_t)snprintf(url_out + len, 4, "%%%02X", c);
	}
	url_out[len] = '\0';
	return 0;
}

void version_format(const struct version *version, char text_out[VERSION_TEXT_MAX])
{
	snprintf(text_out, VERSION_TEXT_MAX, "%" PRIu64 "\t%s\t%s", version->size, version->etag,
		 version->last_modified);
}

bool version_parse(const char *text, struct version *version_out)
{
	const char *etag = strchr(text, '\t');
	const char *modified = etag ? strchr(etag + 1, '\t') : NULL;
	char *end;

	memset(version_out, 0, sizeof(*version_out));
	if (!modified || !isdigit((unsigned char)*text))
		return false;
	errno = 0;
	version_out->size = strtoull(text, &end, 10);
	etag++;
	if (errno || end != etag - 1 || version_out->size > INT64_MAX)
		return false;
	if ((size_t)(modified - etag) >= REPLY_VALIDATOR_MAX || strlen(modified + 1) >= REPLY_VALIDATOR_MAX)
		return false;
	memcpy(version_out->etag, etag, (size_t)(modified - etag));
	strcpy(version_out->last_modified, modified + 1);
	return true;
}
