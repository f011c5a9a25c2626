/* SPDX-License-Identifier: MIT */
/*
 * The URLs of what belongs to a blob: blobs beside it, and files that are published with it.
 *
 * Flow: engine and proof ask. Pure.
 * Process: engine
 * Source: RFC 3986, 2 and 3 (percent-encoding, path and query)
 */
#ifndef BLOBROOT_BLOB_URL_H
#define BLOBROOT_BLOB_URL_H

#include <stddef.h>

/*
 * The URL of the blob called key beside the one at url: key replaces the last path segment and any query.
 * Errors: -EINVAL for a key that could leave the directory, -ENAMETOOLONG.
 */
int blob_url_sibling(const char *url, const char *key, char *url_out, size_t size);

/*
 * The URL of a file that is published with a blob: inserts suffix before any query, and behind "/" if there is no path.
 * Errors: -ENAMETOOLONG.
 */
int blob_url_companion(const char *url, const char *suffix, char *url_out, size_t size);

#endif
