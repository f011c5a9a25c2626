/* SPDX-License-Identifier: MIT */
/*
 * A published state of a blob, as a server describes it.
 *
 * Flow: reply reads one from an answer; blob compares; the keeper remembers it as text. Pure.
 * Process: engine
 * Source: RFC 9110 (8.8.2 Last-Modified, 8.8.3 ETag, 13.1.5 If-Range)
 */
#ifndef BLOBROOT_VERSION_H
#define BLOBROOT_VERSION_H

#include <stdbool.h>
#include <stdint.h>

enum { VERSION_VALIDATOR_MAX = 160 };

/* One published state of a blob. Without a root hash, bytes of two of them are never mixed. */
struct version {
	uint64_t size;
	char etag[VERSION_VALIDATOR_MAX];          /* as sent, quotes and W/ included; empty: none */
	char last_modified[VERSION_VALIDATOR_MAX]; /* as sent; empty: none */
};

/* What to send as If-Range: a strong validator or NULL. A weak ETag must not be used there (RFC 9110 13.1.5).
 */
const char *version_if_range(const struct version *version);

/* A version to one line of text and back; the keeper stores it for the next engine. */
enum { VERSION_TEXT_MAX = 2 * VERSION_VALIDATOR_MAX + 32 };
void version_format(const struct version *version, char text_out[VERSION_TEXT_MAX]);
bool version_parse(const char *text, struct version *version_out);

#endif
