/* SPDX-License-Identifier: MIT */
/*
 * How mirrors are named in messages, and the servers that redirects led to.
 *
 * Flow: whoever says why bytes do not come, or are wrong, asks. Pure.
 * Process: engine
 */
#ifndef BLOBROOT_MIRROR_NAME_H
#define BLOBROOT_MIRROR_NAME_H

#include <stddef.h>
#include <stdint.h>

struct mirror;

/*
 * Why a mirror's bytes do not come: why, and where a redirect led to, if that is another server. url is the one that was
 * asked last, or NULL: where an earlier redirect led to. Returns why or buf.
 */
const char *mirror_name_explain(const struct mirror *mirror, const char *url, const char *why, char *buf,
				size_t size);

/* Lists the URLs of a set of mirrors, and where they redirect to, for a message; truncated to size bytes. */
void mirror_name_list(const struct mirror *mirrors, unsigned count, uint32_t set, char *text_out,
		      size_t size);

#endif
