/* SPDX-License-Identifier: MIT */
/*
 * How a blob's mirrors are named in messages, and the servers that redirects led to.
 *
 * Flow: whoever says why bytes do not come, or are wrong, asks. Pure.
 * Process: engine
 */
#ifndef BLOBROOT_BLOB_NAME_H
#define BLOBROOT_BLOB_NAME_H

#include <stddef.h>
#include <stdint.h>

struct blob;

/*
 * Why a mirror's bytes do not come: why, and where a redirect led to, if that is another server. url is the one that was
 * asked last, or NULL: where an earlier redirect led to. Returns why or buf.
 */
const char *blob_explain(const struct blob *blob, unsigned mirror, const char *url, const char *why,
			 char *buf, size_t size);

/* Lists the URLs of a set of mirrors, and where they redirect to, for a message; truncated to size bytes. */
void blob_name_mirrors(const struct blob *blob, uint32_t mirrors, char *text_out, size_t size);

#endif
