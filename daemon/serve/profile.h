/* SPDX-License-Identifier: MIT */
/*
 * A boot profile: the extents that earlier boots of an image read, in order.
 *
 * Flow: replay passes in the text of `URL.profile`; prefetch takes the extents. Pure.
 * Process: engine
 * Source: blobroot.profile(5)
 *
 * Nothing vouches for it: it can cost time, and never memory or trust. Shape: see PROFILE_*_MAX; all extents together have no
 * more blocks than the image.
 */
#ifndef BLOBROOT_PROFILE_H
#define BLOBROOT_PROFILE_H

#include <stddef.h>
#include <stdint.h>

enum {
	PROFILE_TEXT_MAX = 1024 * 1024, /* bytes; Debian 13's has 20 thousand */
	PROFILE_EXTENTS_MAX = 32768,
};

struct profile_extent {
	uint32_t first, count; /* blocks of the image */
	uint32_t weight;       /* of the boots that read it */
	uint32_t ms;           /* when they did, on average; of one boot since it knew the image */
};

/* Zeroed: there is none. */
struct profile {
	struct profile_extent *extents;
	uint32_t count;
	uint32_t weight; /* of all boots together */
};

enum profile_result {
	PROFILE_OK,
	PROFILE_NOT_ONE,     /* it does not begin as one */
	PROFILE_VERSION,     /* of another version of the format */
	PROFILE_OTHER_IMAGE, /* its root hash or size is another image's */
	PROFILE_MALFORMED,   /* a line makes no sense */
	PROFILE_BEYOND,      /* an extent reaches beyond the image's end */
	PROFILE_TOO_MUCH,    /* more extents than PROFILE_EXTENTS_MAX, or more blocks than the image has */
	PROFILE_CUT,         /* its last line is missing */
	PROFILE_NO_MEMORY,
};

/*
 * Parses len bytes of text, which need not end in NUL, for the image of that root hash and so many blocks. *line_out: where it
 * stopped, counted from 1. Owns: profile_fini, if the result is PROFILE_OK; else *profile_out is empty.
 */
enum profile_result profile_parse(const char *text, size_t len, const char *roothash, uint64_t blocks,
				  struct profile *profile_out, unsigned *line_out);
void profile_fini(struct profile *profile);

/* Why, for a message that begins with the file's name; may use buf. */
const char *profile_explain(enum profile_result result, unsigned line, char *buf, size_t size);

#endif
