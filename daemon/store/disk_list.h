/* SPDX-License-Identifier: MIT */
/*
 * The images of a store on a disk: which there are, and what is said about them.
 *
 * Flow: disk has a thread read the list. It may wait for the disk.
 * Process: engine
 */
#ifndef BLOBROOT_DISK_LIST_H
#define BLOBROOT_DISK_LIST_H

#include "store/about.h"

#include <stdbool.h>

enum {
	DISK_NAME_MAX = 64,    /* characters of an image's name: a root hash */
	DISK_LIST_MAX = 256,   /* images that are looked at */
	DISK_NOTE_MAX = 65536, /* bytes of a small file */
};

/* Names of the small files. */
#define DISK_ABOUT    "about"
#define DISK_ROOTHASH "roothash"
#define DISK_P7S      "roothash.p7s"

struct disk_entry {
	char name[DISK_NAME_MAX + 1];
	struct about about; /* zeroed: nothing is said that can be read */
};

/* Is it a root hash, as directories are named? */
bool disk_list_is_name(const char *name);

/* Reads the list, the image that was booted last first. Returns how many there are, at most `most`. */
unsigned disk_list_read(int dir, struct disk_entry *entries_out, unsigned most);

/* Deletes an image's directory. Returns false, with errno, if something of it is left. */
bool disk_list_delete(int dir, const char *image);

/* Reads a small file of an image. Returns its length, or -errno; -EFBIG: it is larger than size. */
long disk_note_read(int dir, const char *image, const char *name, void *buf, size_t size);

/* Writes one, whole or not at all. Errors: -errno. */
int disk_note_write(int dir, const char *image, const char *name, const void *bytes, size_t len);

#endif
