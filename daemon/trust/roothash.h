/* SPDX-License-Identifier: MIT */
/*
 * The published root hash: the contents of `URL.roothash`.
 *
 * Flow: proof and signature pass in the file's bytes; 64 lower-case hex digits come out. Pure.
 * Process: engine
 * Source: our own format, as images/mkimage writes it: the root hash that `veritysetup format` prints, as
 *         64 hex digits, and at most one line end (LF or CRLF) after them.
 */
#ifndef BLOBROOT_ROOTHASH_H
#define BLOBROOT_ROOTHASH_H

#include <stddef.h>
#include <stdint.h>

enum { ROOTHASH_DIGITS = 64 };

enum roothash_result {
	ROOTHASH_OK,
	ROOTHASH_EMPTY,
	ROOTHASH_LENGTH, /* hex digits, but not 64 of them */
	ROOTHASH_NOT_HEX,
};

/*
 * Shape: text need not end in NUL; roothash_out gets 64 lower-case digits and a NUL if the result is
 * ROOTHASH_OK, and is empty otherwise.
 */
enum roothash_result roothash_decode(const void *text, size_t len, char roothash_out[ROOTHASH_DIGITS + 1]);

/* Why, for a message that begins with the file's name; may use buf. text is what was decoded. */
const char *roothash_explain(enum roothash_result result, const void *text, size_t len, char *buf,
			     size_t size);

#endif
