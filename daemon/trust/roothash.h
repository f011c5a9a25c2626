/* SPDX-License-Identifier: MIT */
/*
 * The published root hash: what stands in `URL.roothash`.
 *
 * Flow: engine hands in the file's bytes; 64 lower-case hex digits come out. Pure.
 * Process: engine
 * Source: our own form, which is what images/mkimage writes: the root hash that `veritysetup format` prints, as
 *         64 hex digits, and at most one line end (LF or CRLF) behind them.
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
 * Shape: text need not end in NUL; roothash_out gets 64 lower-case digits and a NUL, for OK only: it is empty
 * otherwise.
 */
enum roothash_result roothash_decode(const void *text, size_t len, char roothash_out[ROOTHASH_DIGITS + 1]);

/* Why, for a message that begins with the file's name; uses buf where it must. text is what was decoded. */
const char *roothash_explain(enum roothash_result result, const void *text, size_t len, char *buf,
			     size_t size);

#endif
