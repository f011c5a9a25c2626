/* SPDX-License-Identifier: MIT */
/*
 * The origin of a URL: scheme, host and port.
 *
 * Flow: credentials, fetch, fetch_auth, fetch_explain and blob ask. Pure.
 * Process: engine
 * Source: RFC 3986, 3.2; RFC 6454 (origins)
 */
#ifndef BLOBROOT_ORIGIN_H
#define BLOBROOT_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The host of an http or https URL, without port and brackets. Shape: *host_out points into url. Returns its
 * length, or 0 if it is no such URL or has a user in it.
 */
size_t origin_find_host(const char *url, const char **host_out);

/* Are scheme, host (case-insensitive) and port (by default 80 or 443) the same? */
bool origin_is_same(const char *url, const char *other);

bool origin_is_https(const char *url);

/*
 * The URL for a message, without what may be a secret (user, password, query) and cut at size: bytes that are not
 * printable ASCII become `?`.
 */
void origin_describe(const char *url, char *text_out, size_t size);

#endif
