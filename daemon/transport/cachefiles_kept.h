/* SPDX-License-Identifier: MIT */
/*
 * Has the kernel's cache find an image that a store on a disk keeps (blobroot-store(5)): its file gets the name, and the extended
 * attribute, of one that the kernel made there itself.
 *
 * Flow: kernel_file -> cachefiles_mark; `blobrootd mount` -> cachefiles_keep, before the kernel looks for the file.
 * Process: engine, mount
 * Source: Linux 6.12: fs/cachefiles/{key,namei,volume,xattr}.c, fscache_hash in fs/netfs/fscache_main.c (whose results "might
 * appear on disk", so they do not change), fs/erofs/fscache.c
 *
 * The directory that the kernel was given is new at each boot and has nothing in it, so that the kernel finds nothing but this one
 * link, which is exactly as it wants it. One without the attribute could not be mounted, nor replaced.
 */
#ifndef BLOBROOT_CACHEFILES_KEPT_H
#define BLOBROOT_CACHEFILES_KEPT_H

#include <stdint.h>

/*
 * store is the directory that the kernel was given, kept a mount plan's (a directory below ../images), key the blob's name, and
 * domain the volume's. Returns what has failed, or NULL; errno is set. The mount works all the same then: the kernel makes a file
 * of its own. So it does for a volume more of the same blob, because it reads no file for two. Shape: the file is marked.
 */
const char *cachefiles_keep(int store, const char *kept, const char *key, const char *domain);

/* Gives the file of a blob of size bytes the attribute that the kernel looks for. Errors: -errno. */
int cachefiles_mark(int file, uint64_t size);

/* The kernel's number for a key in a volume; its lowest byte names a directory. Shape: shorter than 256 bytes each. */
uint32_t cachefiles_hash(const char *volume, const char *key);

#endif
