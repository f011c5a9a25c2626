/* SPDX-License-Identifier: MIT */
/*
 * What every fuzz target shares: a broken promise ends the process, and bytes become texts and decisions.
 *
 * Flow: X_fuzz.c has fuzz_one; libFuzzer (`make fuzz`) or replay.c (`make check`) calls it.
 * Process: tests
 * Source: https://llvm.org/docs/LibFuzzer.html
 */
#ifndef BLOBROOT_FUZZ_H
#define BLOBROOT_FUZZ_H

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The target. Returns 0, as libFuzzer wants it. */
#define fuzz_one LLVMFuzzerTestOneInput
int fuzz_one(const uint8_t *data, size_t size);

/* What must be true, whatever the input. */
#define MUST(condition, ...)                                                                                 \
	do {                                                                                                 \
		if (!(condition)) {                                                                          \
			fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #condition);                      \
			fprintf(stderr, __VA_ARGS__);                                                        \
			fputc('\n', stderr);                                                                 \
			abort();                                                                             \
		}                                                                                            \
	} while (0)

/* Input as decisions; when it is used up all are 0. */
struct fuzz_input {
	const uint8_t *at;
	size_t left;
};

/* The next bytes, little-endian. Shape: bytes <= 8. */
static inline uint64_t fuzz_take(struct fuzz_input *input, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes && input->left > 0; i++, input->at++, input->left--)
		value |= (uint64_t)*input->at << 8 * i;
	return value;
}

/* A number of any size, small ones more often: a byte says how many bytes it has, at most max. */
static inline uint64_t fuzz_take_number(struct fuzz_input *input, unsigned max)
{
	return fuzz_take(input, (unsigned)fuzz_take(input, 1) % max + 1);
}

/*
 * Bytes as a string: up to the first NUL, or all of them. Owns: the caller frees it. It is as long as it must be, so
 * that the sanitizer sees a byte read too far.
 */
static inline char *fuzz_text(const uint8_t *bytes, size_t len)
{
	const uint8_t *nul = len ? memchr(bytes, 0, len) : NULL;
	char *text;

	len = nul ? (size_t)(nul - bytes) : len;
	text = malloc(len + 1);
	MUST(text, "out of memory");
	if (len)
		memcpy(text, bytes, len);
	text[len] = '\0';
	return text;
}

/* Messages go to the console: one line of text, and none that ends a line early or moves the cursor. */
static inline void must_be_a_line(const char *text)
{
	MUST(text && text[0], "no words");
	for (const char *at = text; *at; at++)
		MUST((unsigned char)*at >= ' ' && *at != 0x7f, "a control character in: %s", text);
}

#endif
