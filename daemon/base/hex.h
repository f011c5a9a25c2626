/* SPDX-License-Identifier: MIT */
/*
 * Hexadecimal digits to bytes and back.
 *
 * Flow: whoever reads or writes a hash. Pure, and independent of the locale.
 * Process: keeper, engine
 */
#ifndef BLOBROOT_HEX_H
#define BLOBROOT_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The value of a digit in either case; -1 for any other character. */
int hex_digit(char c);

/* Shape: exactly 2 * len digits are read. Returns false at the first character that is not a digit. */
bool hex_decode(const char *text, uint8_t *bytes_out, size_t len);

/* Shape: text_out gets 2 * len lower-case digits and a NUL. */
void hex_encode(const uint8_t *bytes, size_t len, char *text_out);

#endif
