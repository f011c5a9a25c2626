/* SPDX-License-Identifier: MIT */
/*
 * The directory of a store on a disk, for engines: below one that bears blobroot's mark, and nowhere else.
 *
 * Flow: launch opens it -> keeper -> each engine, which alone looks at what lies there.
 * Process: keeper
 * Source: blobroot-store(5); the mark is also initrd/lib/disk.sh's
 */
#ifndef BLOBROOT_STORE_DIR_H
#define BLOBROOT_STORE_DIR_H

/*
 * Opens the images' directory in path, and makes it. path has our mark, or is empty and gets it. The engine may write there,
 * and can reach nothing outside of it through the descriptor. Returns an exit status, and why (WORDS_WHY_MAX) unless it is
 * EXIT_DONE.
 */
int store_dir_open(const char *path, int *fd_out, char *why_out);

#endif
