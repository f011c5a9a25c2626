/* SPDX-License-Identifier: MIT */
/*
 * How much the store can hold, which is what engines are told.
 *
 * Flow: launch asks, once.
 * Process: keeper
 */
#ifndef BLOBROOT_ROOM_H
#define BLOBROOT_ROOM_H

/*
 * Is there room in the directory store, and how many MiB? Returns an exit status, and why (WORDS_WHY_MAX) unless it is
 * EXIT_DONE.
 */
int room_in_store(const char *store, int *room_mib_out, char *why_out);

/* MiB of memory for blocks that the kernel has not taken yet, where there is no store. */
int room_in_memory(void);

#endif
