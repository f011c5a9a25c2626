/* SPDX-License-Identifier: MIT */
/*
 * What a store on a disk says about one of its images, beside the blocks: when it was booted, and from where. Pure.
 *
 * Flow: disk_list has the file; disk_store writes it when the image is mounted.
 * Process: engine
 * Source: blobroot-store(5)
 *
 * The file is untrusted input. What it says decides only which image is tried first, and which is deleted first.
 */
#ifndef BLOBROOT_ABOUT_H
#define BLOBROOT_ABOUT_H

#include "base/cmdline.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ABOUT_VERSION = 1,
	ABOUT_MAX = CMDLINE_URL_MAX + 128, /* bytes of the file */
};

/* More digits are not taken. */
#define ABOUT_BOOTED_MAX UINT64_C(99999999999999999)

struct about {
	uint64_t booted; /* the higher, the later */
	char url[CMDLINE_URL_MAX];
};

/* Returns false for what we, in this version, cannot have written; about_out is zeroed then. */
bool about_parse(const void *text, size_t len, struct about *about_out);

/* Returns the length. */
size_t about_format(const struct about *about, char text_out[ABOUT_MAX]);

#endif
