/* SPDX-License-Identifier: MIT */
/*
 * A blob: the bytes published at a URL, in one version, and how to get ranges of exactly that version.
 *
 * Flow: contact and object call blob_get; verified-by-HTTP ranges of the one version come out.
 * Process: engine
 * Source: RFC 9110, 13.1.5 (If-Range)
 */
#ifndef BLOBROOT_BLOB_H
#define BLOBROOT_BLOB_H

#include "fetch.h"
#include "reply.h"

#include <stdbool.h>
#include <stdint.h>

enum { BLOB_URL_MAX = 4096, BLOB_WHY_MAX = 384 };

struct blob {
	struct fetch *fetch;
	char *url;           /* as configured: what messages name */
	char *effective_url; /* where the last redirects led, or NULL; dropped when it fails */
	struct version version;
	bool is_known; /* the version is set: every later answer must be of it */
};

/* What a transfer came to. */
enum blob_result {
	BLOB_DONE,
	BLOB_AGAIN,   /* trouble that time may mend: no connection, silence, 5xx, a body cut short */
	BLOB_WRONG,   /* the server's considered answer: 404, no ranges, .. */
	BLOB_CHANGED, /* another version is published now */
	BLOB_REFUSED, /* the owner's data() said so */
};

struct blob_events {
	/* Bytes of the range, in order; never more than were asked for. Returns as fetch_events' data does;
	 * FETCH_REFUSE ends it: BLOB_REFUSED. */
	size_t (*data)(void *arg, const uint8_t *bytes, size_t len);
	/* The end, exactly once unless cancelled. why is NULL for BLOB_DONE and BLOB_REFUSED. */
	void (*done)(void *arg, enum blob_result result, const char *why, uint32_t retry_after_s);
};

/* One range on its way; embedded in its owner. */
struct blob_transfer {
	struct blob *blob;
	struct fetch_transfer *transfer;
	uint64_t off, len, got;
	struct reply reply;
	enum verdict verdict;
	bool is_overlong;
	const struct blob_events *events;
	void *arg;
};

/* Owns: url is copied; ended with blob_fini. Errors: -ENOMEM, -ENAMETOOLONG. */
int blob_init(struct blob *blob, struct fetch *fetch, const char *url);
void blob_fini(struct blob *blob);

/*
 * Begins to get [off, off + len). While the version is not known the range may reach beyond the end, and the
 * first answer sets the version; afterwards it must lie inside. Errors: -ENOMEM.
 */
int blob_get(struct blob *blob, struct blob_transfer *get, uint64_t off, uint64_t len,
	     const struct blob_events *events, void *arg);
void blob_cancel(struct blob_transfer *get);
/* As fetch_resume. */
void blob_resume(struct blob_transfer *get);

/*
 * The URL of the blob called key beside the one at url: the last part of the path, and any query, replaced.
 * Errors: -EINVAL for a key that could leave the directory, -ENAMETOOLONG.
 */
int blob_sibling_url(const char *url, const char *key, char *url_out, size_t size);

/* A version as one line of text and back; what the keeper remembers for the next engine. */
enum { VERSION_TEXT_MAX = 2 * REPLY_VALIDATOR_MAX + 32 };
void version_format(const struct version *version, char text_out[VERSION_TEXT_MAX]);
bool version_parse(const char *text, struct version *version_out);

#endif
