/* SPDX-License-Identifier: MIT */
/*
 * The mount options that are not a filesystem's own: mount(8)'s "filesystem-independent" ones.
 *
 * Flow: fs_mount asks of each option; the others go to the filesystem. Pure.
 * Process: keeper's side: `blobrootd mount`
 * Source: mount(8) of util-linux; Linux, include/uapi/linux/mount.h (MOUNT_ATTR_*)
 */
#ifndef BLOBROOT_MOUNT_WORDS_H
#define BLOBROOT_MOUNT_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mount_word {
	MOUNT_WORD_OTHER, /* the filesystem's own, or nobody's */
	MOUNT_WORD_TAKEN, /* part of the attributes from now on, or says what holds anyway */
	MOUNT_WORD_WRITE, /* asks for a mount that can be written to */
};

/* Shape: attributes are MOUNT_ATTR_*; a later word undoes an earlier one. */
enum mount_word mount_words_take(const char *word, uint64_t *attributes);

/* The value of the last option NAME=VALUE of a list with commas. Returns false: there is none, or it is longer than size allows. */
bool mount_words_find(const char *options, const char *name, char *value_out, size_t size);

#endif
